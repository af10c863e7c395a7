//! Google's `generateContent` request and reply.
//!
//! Requests hold only what Google knows (an unknown name is a 400); replies are read leniently.
//! <https://ai.google.dev/api/generate-content>

use serde::{Deserialize, Serialize};
use serde_json::Number;
use serde_json::value::RawValue;

use super::lenient::{Count, List, Word};
use super::text::Text;

/// The request body.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateContentRequest<'a> {
    /// The conversation.
    pub contents: Vec<Content<'a>>,
    /// What system and developer messages said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_instruction: Option<Content<'a>>,
    /// Sampling parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_config: Option<GenerationConfig<'a>>,
}

/// One turn.
#[derive(Debug, Serialize)]
pub struct Content<'a> {
    /// Absent in a system instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Never empty on the wire.
    pub parts: Vec<Part<'a>>,
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// The client's.
    User,
    /// The assistant's.
    Model,
}

/// One piece of a turn.
#[derive(Debug, Serialize)]
pub struct Part<'a> {
    /// Plain text.
    pub text: Text<'a>,
}

/// Sampling parameters, all optional.
#[derive(Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the names are Google's, and `chat/sampling.rs` says what fills them")]
pub struct GenerationConfig<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_k: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidate_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<Text<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub presence_penalty: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency_penalty: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i64>,
}

/// The reply, or one event of a streamed one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GenerateContentResponse<'a> {
    /// One per choice; none where the prompt was blocked.
    #[serde(borrow)]
    pub candidates: List<Candidate<'a>>,
    /// Why the prompt was blocked.
    pub prompt_feedback: Option<PromptFeedback<'a>>,
    /// Token counts so far.
    pub usage_metadata: Option<UsageMetadata<'a>>,
    /// The model that answered.
    pub model_version: Option<Word<'a>>,
    /// Google's id of the reply.
    pub response_id: Option<Word<'a>>,
    /// RFC 3339; Vertex only.
    pub create_time: Option<Word<'a>>,
    /// An error in place of a reply, which can come with status 200.
    pub error: Option<&'a RawValue>,
}

/// One choice.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Candidate<'a> {
    /// Absent for 0, as proto3 JSON leaves out zeroes.
    pub index: Option<Count>,
    /// What the model said.
    #[serde(borrow)]
    pub content: Option<CandidateContent<'a>>,
    /// Why it stopped.
    pub finish_reason: Option<Word<'a>>,
    /// The same in words.
    pub finish_message: Option<Word<'a>>,
    /// What was searched and found, and which words rest on it: [`super::grounding::GroundingMetadata`].
    pub grounding_metadata: Option<&'a RawValue>,
    /// Which URLs were read.
    pub url_context_metadata: Option<&'a RawValue>,
    /// Which words are somebody else's: [`super::grounding::CitationMetadata`].
    pub citation_metadata: Option<&'a RawValue>,
    /// How likely the reply is harmful.
    pub safety_ratings: Option<&'a RawValue>,
    /// How likely each token was: [`super::logprobs::LogprobsResult`].
    pub logprobs_result: Option<&'a RawValue>,
    /// The mean of that; Vertex only.
    pub avg_logprobs: Option<&'a RawValue>,
}

impl<'a> Candidate<'a> {
    /// The choice this is: its index, else where it stands.
    #[must_use]
    pub fn place(&self, position: usize) -> u64 {
        self.index.map_or(u64::try_from(position).unwrap_or(u64::MAX), |index| index.0)
    }

    /// What the model said, in order.
    #[must_use]
    pub fn parts(&self) -> &[CandidatePart<'a>] {
        self.content.as_ref().map_or(&[], |content| &content.parts)
    }
}

/// What the model said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CandidateContent<'a> {
    /// In order; may be absent.
    #[serde(borrow)]
    pub parts: List<CandidatePart<'a>>,
}

/// One piece of what the model said.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CandidatePart<'a> {
    /// Text, as a JSON literal.
    #[serde(borrow)]
    pub text: Option<&'a RawValue>,
    /// The text is the model's thinking.
    pub thought: Option<bool>,
    /// A call of one of the client's functions.
    pub function_call: Option<FunctionCall<'a>>,
    /// What Google wants back with this part in the next request.
    pub thought_signature: Option<Word<'a>>,
    /// An image, sound or other file.
    pub inline_data: Option<InlineData<'a>>,
    /// A file by its address.
    pub file_data: Option<FileData<'a>>,
    /// Code that Google ran: `{language, code, id?}`.
    pub executable_code: Option<&'a RawValue>,
    /// What came of it: `{outcome, output?, id?}`.
    pub code_execution_result: Option<&'a RawValue>,
    /// A call of one of Google's tools: `{toolType, id, args?}`.
    pub tool_call: Option<&'a RawValue>,
    /// What came of it: `{toolType, id, response?}`.
    pub tool_response: Option<&'a RawValue>,
}

impl<'a> CandidatePart<'a> {
    /// What the client sees of a text part, and whether it is thinking. Empty text is nothing to see.
    #[must_use]
    pub fn said(&self) -> Option<(Text<'a>, bool)> {
        let text = self.text.and_then(Text::verbatim).filter(|text| !text.is_empty())?;
        Some((text, self.thought == Some(true)))
    }
}

/// An image, sound or other file.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct InlineData<'a> {
    /// `image/png`, `audio/L16;codec=pcm;rate=24000`, …
    #[serde(borrow)]
    pub mime_type: Option<Word<'a>>,
    /// Base64, as a JSON literal.
    pub data: Option<&'a RawValue>,
}

/// A file by its address.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FileData<'a> {
    /// Its type.
    #[serde(borrow)]
    pub mime_type: Option<Word<'a>>,
    /// `gs://…`, `https://…`.
    pub file_uri: Option<Word<'a>>,
}

/// A call of one of the client's functions.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FunctionCall<'a> {
    /// Google's name for the call, from Gemini 3 on.
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    /// The function.
    pub name: Option<Word<'a>>,
    /// An object; absent where it is empty.
    pub args: Option<&'a RawValue>,
}

/// Why a prompt was blocked.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PromptFeedback<'a> {
    /// `SAFETY`, `PROHIBITED_CONTENT`, …
    #[serde(borrow)]
    pub block_reason: Option<Word<'a>>,
    /// The same in words; Vertex only.
    pub block_reason_message: Option<Word<'a>>,
}

/// Token counts; each may be absent, which is 0.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(missing_docs, reason = "the names are Google's, and `chat/usage.rs` says what they mean")]
pub struct UsageMetadata<'a> {
    pub prompt_token_count: Count,
    pub candidates_token_count: Count,
    pub thoughts_token_count: Count,
    pub tool_use_prompt_token_count: Count,
    pub cached_content_token_count: Count,
    pub total_token_count: Count,
    #[serde(borrow)]
    pub prompt_tokens_details: List<ModalityTokenCount<'a>>,
    pub candidates_tokens_details: List<ModalityTokenCount<'a>>,
    pub service_tier: Option<Word<'a>>,
}

/// The share of one modality in a count.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ModalityTokenCount<'a> {
    /// `TEXT`, `IMAGE`, `AUDIO`, `VIDEO` or `DOCUMENT`.
    #[serde(borrow)]
    pub modality: Option<Word<'a>>,
    /// Tokens.
    pub token_count: Count,
}
