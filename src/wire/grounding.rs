//! What a grounded reply rests on, and which words of it are quoted.
//!
//! <https://ai.google.dev/api/generate-content#GroundingMetadata>, <https://ai.google.dev/api/generate-content#citationmetadata>

use serde::Deserialize;

use super::json::Object;
use super::lenient::{Count, List, Word};

/// The sources of a reply, and which words rest on which.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroundingMetadata<'a> {
    /// In a stream these continue from event to event.
    #[serde(borrow)]
    pub grounding_chunks: List<Option<Object<GroundingChunk<'a>>>>,
    /// Which words rest on which chunks.
    pub grounding_supports: List<Option<Object<GroundingSupport>>>,
}

/// One source; recorded replies also hold `{}`.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroundingChunk<'a> {
    /// A page of the web.
    #[serde(borrow)]
    pub web: Option<Object<Source<'a>>>,
    /// A document of the client's own.
    pub retrieved_context: Option<Object<Source<'a>>>,
    /// A place.
    pub maps: Option<Object<Source<'a>>>,
    /// An image of the web.
    pub image: Option<Object<Source<'a>>>,
}

/// Where a source is; which members there are depends on its kind.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Source<'a> {
    /// Its address.
    #[serde(borrow)]
    pub uri: Option<Word<'a>>,
    /// The page an image is on.
    pub source_uri: Option<Word<'a>>,
    /// The image itself.
    pub image_uri: Option<Word<'a>>,
    /// Its title.
    pub title: Option<Word<'a>>,
    /// Its host.
    pub domain: Option<Word<'a>>,
}

/// Words and the sources they rest on.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GroundingSupport {
    /// The words.
    pub segment: Option<Object<Segment>>,
    /// The sources, as places in `groundingChunks`.
    pub grounding_chunk_indices: List<Count>,
}

/// Where words are; zeroes are left out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Segment {
    /// The part, counted over all parts of the candidate.
    pub part_index: Count,
    /// Their first byte of UTF-8.
    pub start_index: Count,
    /// The byte after their last.
    pub end_index: Count,
}

/// Which words are somebody else's.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CitationMetadata<'a> {
    /// As the Developer API names them.
    #[serde(borrow)]
    pub citation_sources: List<Option<Object<Citation<'a>>>>,
    /// As Vertex names them.
    pub citations: List<Option<Object<Citation<'a>>>>,
}

/// Quoted words.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Citation<'a> {
    /// Their first byte of UTF-8; absent for 0.
    pub start_index: Count,
    /// The byte after their last.
    pub end_index: Count,
    /// Where they are from.
    #[serde(borrow)]
    pub uri: Option<Word<'a>>,
    /// Its title; Vertex only.
    pub title: Option<Word<'a>>,
}
