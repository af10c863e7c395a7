//! Ranking of both sides: Cohere's and Jina's request, and Google's reply, read leniently.
//!
//! <https://docs.cohere.com/reference/rerank>, <https://api.jina.ai/redoc#tag/rerank>,
//! <https://cloud.google.com/generative-ai-app-builder/docs/reference/rest/v1/projects.locations.rankingConfigs/rank>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::embeddings::Single;
use super::lenient::{Objects, Word};
use super::text::Str;

/// The request body. Every member may be `null`, which is absent.
#[derive(Debug, Deserialize)]
pub struct RerankRequest<'a> {
    /// The model's name.
    #[serde(borrow)]
    pub model: Option<Str<'a>>,
    /// What is looked for.
    pub query: Option<&'a RawValue>,
    /// What is ranked: strings and objects.
    pub documents: Option<Vec<&'a RawValue>>,
    /// How many results are wanted.
    pub top_n: Option<i64>,
    /// Whether results come with their documents.
    pub return_documents: Option<bool>,
    /// Which members of a document count.
    pub rank_fields: Option<Vec<Str<'a>>>,
}

/// Google's reply.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RankReply<'a> {
    /// The best first.
    #[serde(borrow)]
    pub records: Objects<RankedRecord<'a>>,
    /// An error in place of a reply, which can come with status 200.
    pub error: Option<&'a RawValue>,
}

/// A document that was ranked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct RankedRecord<'a> {
    /// Its index in the request.
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    /// How well it fits, 0 to 1; proto3 JSON leaves 0 out.
    pub score: Option<Single>,
}
