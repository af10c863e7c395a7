//! How likely each token of a reply was.
//!
//! <https://ai.google.dev/api/generate-content#LogprobsResult>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json::Object;
use super::lenient::List;

/// How likely each token was, and which others were likely.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LogprobsResult<'a> {
    /// The tokens of the reply.
    #[serde(borrow)]
    pub chosen_candidates: List<Option<Object<TokenLogprob<'a>>>>,
    /// For each of them the likeliest ones; may be absent, or of another length.
    pub top_candidates: List<Option<Object<TopCandidates<'a>>>>,
}

/// The likeliest tokens at one place.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TopCandidates<'a> {
    /// The likeliest first.
    #[serde(borrow)]
    pub candidates: List<Option<Object<TokenLogprob<'a>>>>,
}

/// One token.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenLogprob<'a> {
    /// Its text, as a JSON literal.
    #[serde(borrow)]
    pub token: Option<&'a RawValue>,
    /// The natural logarithm of its probability; infinities are strings.
    pub log_probability: Option<&'a RawValue>,
}
