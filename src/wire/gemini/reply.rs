//! Replies of `generateContent`, read leniently: only what is used, `null` is absent, the unknown is ignored.
//!
//! <https://ai.google.dev/api/generate-content#generatecontentresponse>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::wire::lenient::{Count, Maybe, Objects, Word};
use crate::wire::text::Text;

/// The reply, or one event of a streamed one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct GenerateContentResponse<'a> {
    /// One per choice; none where the prompt was blocked.
    #[serde(borrow)]
    pub candidates: Objects<Candidate<'a>>,
    /// Why the prompt was blocked.
    pub prompt_feedback: Maybe<PromptFeedback<'a>>,
    /// Token counts so far.
    pub usage_metadata: Maybe<UsageMetadata<'a>>,
    /// The model that answered.
    pub model_version: Option<Word<'a>>,
    /// Google's id of the reply.
    pub response_id: Option<Word<'a>>,
    /// RFC 3339; Vertex only.
    pub create_time: Option<Word<'a>>,
    /// An error in place of a reply, which can come with status 200.
    pub error: Option<&'a RawValue>,
}

impl GenerateContentResponse<'_> {
    /// The choice that `candidate` is: its index, which proto3 JSON leaves out where it is 0. Where several have none, or
    /// another has 0, it is where it stands.
    #[must_use]
    pub fn place(&self, candidate: &Candidate<'_>, position: usize) -> u64 {
        if let Some(index) = candidate.index {
            return index.0;
        }
        let count = |index| self.candidates.iter().filter(|other| other.index == index).count();
        let position = Count(u64::try_from(position).unwrap_or(0));
        let first = count(None) == 1 && count(Some(Count(0))) == 0;
        if first || count(Some(position)) > 0 { 0 } else { position.0 }
    }
}

/// One choice.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Candidate<'a> {
    /// Absent for 0, as proto3 JSON leaves out zeroes.
    pub index: Option<Count>,
    /// What the model said.
    #[serde(borrow)]
    pub content: Maybe<CandidateContent<'a>>,
    /// Why it stopped.
    pub finish_reason: Option<Word<'a>>,
    /// The same in words.
    pub finish_message: Option<Word<'a>>,
    /// What was searched and found, and which words rest on it: [`crate::wire::grounding::GroundingMetadata`].
    pub grounding_metadata: Option<&'a RawValue>,
    /// Which URLs were read.
    pub url_context_metadata: Option<&'a RawValue>,
    /// Which words are somebody else's: [`crate::wire::grounding::CitationMetadata`].
    pub citation_metadata: Option<&'a RawValue>,
    /// How likely the reply is harmful.
    pub safety_ratings: Option<&'a RawValue>,
    /// How likely each token was: [`crate::wire::logprobs::LogprobsResult`].
    pub logprobs_result: Option<&'a RawValue>,
    /// The mean of that; Vertex only.
    pub avg_logprobs: Option<&'a RawValue>,
}

impl<'a> Candidate<'a> {
    /// What the model said, in order.
    #[must_use]
    pub fn parts(&self) -> &[CandidatePart<'a>] {
        self.content.0.as_ref().map_or(&[], |content| &content.parts)
    }
}

/// What the model said.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CandidateContent<'a> {
    /// In order; may be absent.
    #[serde(borrow)]
    pub parts: Objects<CandidatePart<'a>>,
}

/// One piece of what the model said.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct CandidatePart<'a> {
    /// Text, as a JSON literal.
    #[serde(borrow)]
    pub text: Option<&'a RawValue>,
    /// The text is the model's thinking.
    pub thought: Option<Word<'a>>,
    /// A call of one of the client's functions.
    pub function_call: Maybe<FunctionCall<'a>>,
    /// What Google wants back with this part in the next request.
    pub thought_signature: Option<Word<'a>>,
    /// An image, sound or other file.
    pub inline_data: Maybe<InlineData<'a>>,
    /// A file by its address.
    pub file_data: Maybe<FileData<'a>>,
    /// A turn of speech as a transcription model heard it: `{text, speakerLabel?, languageCode?, words?}`.
    pub audio_transcription: Option<&'a RawValue>,
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
        Some((text, self.is_thought()))
    }

    /// What Google wants back with this part, where that is not empty.
    #[must_use]
    pub fn signature(&self) -> Option<&str> {
        self.thought_signature.as_deref().filter(|signature| !signature.is_empty())
    }

    /// The signature of the answer's text: of a text part, or of one that holds nothing else. Calls, files and steps
    /// have theirs, and thinking does not go back.
    #[must_use]
    pub fn text_signature(&self) -> Option<&str> {
        let other = self.is_thought()
            || self.function_call.0.is_some()
            || self.inline_data.0.is_some()
            || self.file_data.0.is_some()
            || [self.executable_code, self.code_execution_result, self.tool_call, self.tool_response]
                .iter()
                .any(Option::is_some);
        self.signature().filter(|_| !other)
    }

    /// Whether the part is the model's thinking.
    #[must_use]
    pub fn is_thought(&self) -> bool {
        self.thought.as_deref() == Some("true")
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

/// A call of one of the client's functions, or a piece of one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct FunctionCall<'a> {
    /// Google's name for the call, from Gemini 3 on.
    #[serde(borrow)]
    pub id: Option<Word<'a>>,
    /// The function; only the first piece of a call has it.
    pub name: Option<Word<'a>>,
    /// An object; absent where it is empty.
    pub args: Option<&'a RawValue>,
    /// The arguments in pieces; Vertex only.
    pub partial_args: Objects<PartialArg<'a>>,
    /// More pieces of this call follow.
    pub will_continue: Option<Word<'a>>,
}

impl FunctionCall<'_> {
    /// Whether more pieces of this call follow.
    #[must_use]
    pub fn continues(&self) -> bool {
        self.will_continue.as_deref() == Some("true")
    }
}

/// One value of a call's arguments, or a piece of a string.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct PartialArg<'a> {
    /// Where it belongs: `$.a[0].b`, as in RFC 9535.
    #[serde(borrow)]
    pub json_path: Option<Word<'a>>,
    /// Text, as a JSON literal.
    pub string_value: Option<&'a RawValue>,
    /// A number.
    pub number_value: Option<&'a RawValue>,
    /// `true` or `false`. Where there is none of the three, the value is `null`.
    pub bool_value: Option<&'a RawValue>,
    /// More of this string follows.
    pub will_continue: Option<Word<'a>>,
}

impl PartialArg<'_> {
    /// Whether more of this string follows.
    #[must_use]
    pub fn continues(&self) -> bool {
        self.will_continue.as_deref() == Some("true")
    }
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
    pub prompt_tokens_details: Objects<ModalityTokenCount<'a>>,
    pub candidates_tokens_details: Objects<ModalityTokenCount<'a>>,
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
