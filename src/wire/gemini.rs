//! Google's `generateContent` request and reply.
//!
//! Requests hold only what Google knows (an unknown name is a 400); replies are read leniently.
//! <https://ai.google.dev/api/generate-content>

use std::borrow::Cow;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};
use serde_json::Number;
use serde_json::value::RawValue;

use super::text::{Str, Text};
use crate::media::{Media, MediaResolution, VideoMetadata};

pub use reply::*;

mod reply;

/// The request body.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerateContentRequest<'a> {
    /// The conversation.
    pub contents: Vec<Content<'a>>,
    /// What system and developer messages said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_instruction: Option<Content<'a>>,
    /// What the model may call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool<'a>>,
    /// How it may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_config: Option<ToolConfig>,
    /// A [`GenerationConfig`], with the client's own laid over it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation_config: Option<Box<RawValue>>,
    /// What is blocked; a list of the client's, as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub safety_settings: Option<&'a RawValue>,
    /// What the request is billed under; Vertex AI only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub labels: Option<Labels<'a>>,
    /// A cache that holds the beginning of the conversation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cached_content: Option<Str<'a>>,
    /// `standard`, `flex` or `priority`; Developer API only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_tier: Option<&'static str>,
}

/// What a request is billed under, each name once.
#[derive(Debug, PartialEq, Eq)]
pub struct Labels<'a>(pub Vec<(Cow<'a, str>, Str<'a>)>);

impl Serialize for Labels<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
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

/// One piece of a turn, with what goes beside it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Part<'a> {
    /// The piece.
    #[serde(flatten)]
    pub data: Data<'a>,
    /// How closely an image is looked at; from Gemini 3 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<PartResolution>,
    /// Which stretch of a video.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub video_metadata: Option<Box<VideoMetadata>>,
    /// What Google gave with this part, and wants back with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thought_signature: Option<Text<'a>>,
}

/// What a part is. All but text is boxed: a conversation may have hundreds of thousands of parts.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Data<'a> {
    /// Plain text.
    Text(Text<'a>),
    /// A call the model made.
    FunctionCall(Box<Call<'a>>),
    /// What the client answered it.
    FunctionResponse(Box<CallResult<'a>>),
    /// An image, sound or other file: `inlineData` or `fileData`.
    #[serde(untagged)]
    Media(Box<Media<'a>>),
    /// Code that Google ran or a tool of its own that it called, and what came of it.
    #[serde(untagged)]
    Step(Box<Member>),
}

/// An object of one member: its name and its value.
#[derive(Debug)]
pub struct Member(pub &'static str, pub Box<RawValue>);

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(1))?;
        map.serialize_entry(self.0, &self.1)?;
        map.end()
    }
}

/// `mediaResolution` of a part.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct PartResolution {
    /// How closely.
    pub level: MediaResolution,
}

impl<'a> Part<'a> {
    /// A part that is this and nothing more.
    #[must_use]
    pub fn new(data: Data<'a>) -> Self {
        Self { data, media_resolution: None, video_metadata: None, thought_signature: None }
    }

    /// A part that is text.
    #[must_use]
    pub fn text(text: Text<'a>) -> Self {
        Self::new(Data::Text(text))
    }

    /// Whether it is a call.
    #[must_use]
    pub fn is_call(&self) -> bool {
        matches!(self.data, Data::FunctionCall(_))
    }
}

/// A call the model made.
#[derive(Debug, Serialize)]
pub struct Call<'a> {
    /// From Gemini 3 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Google's name of the function.
    pub name: String,
    /// An object.
    pub args: Cow<'a, RawValue>,
}

/// What the client answered a call.
#[derive(Debug, Serialize)]
pub struct CallResult<'a> {
    /// That of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// That of the call.
    pub name: String,
    /// An object.
    pub response: Cow<'a, RawValue>,
    /// Images and documents that belong to it; from Gemini 3 on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<Media<'a>>,
}

/// One kind of tool.
#[derive(Debug)]
pub enum Tool<'a> {
    /// The client's functions; at most one such tool.
    Functions(Vec<FunctionDeclaration<'a>>),
    /// One of Google's, with its options.
    BuiltIn(Member),
}

impl Serialize for Tool<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Functions(declarations) => {
                let mut map = serializer.serialize_map(Some(1))?;
                map.serialize_entry("functionDeclarations", declarations)?;
                map.end()
            }
            Self::BuiltIn(tool) => tool.serialize(serializer),
        }
    }
}

/// One of the client's functions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionDeclaration<'a> {
    /// Google's name of the function.
    pub name: String,
    /// What it does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<Text<'a>>,
    /// Its arguments as JSON Schema.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters_json_schema: Option<Box<RawValue>>,
    /// Its arguments as Google's own `Schema`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parameters: Option<Box<RawValue>>,
}

/// How tools may be used.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolConfig {
    /// Which functions may or must be called.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function_calling_config: Option<FunctionCallingConfig>,
    /// Where the user is, for maps.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retrieval_config: Option<Box<RawValue>>,
    /// Built-in tools and functions in one request; Developer API only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_server_side_tool_invocations: Option<bool>,
}

impl ToolConfig {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.function_calling_config.is_none()
            && self.retrieval_config.is_none()
            && self.include_server_side_tool_invocations.is_none()
    }
}

/// Which functions may or must be called.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FunctionCallingConfig {
    /// `AUTO`, `ANY`, `NONE` or `VALIDATED`.
    pub mode: &'static str,
    /// Only these, in Google's names.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub allowed_function_names: Vec<String>,
    /// The arguments of calls are to come in pieces; Vertex only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_function_call_arguments: Option<bool>,
}

/// Sampling parameters, all optional.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(
    missing_docs,
    reason = "the names are Google's, and `chat/sampling.rs` says what fills most of them"
)]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mime_type: Option<Str<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_json_schema: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_schema: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_format: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_logprobs: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<i64>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub response_modalities: &'static [&'static str],
    #[serde(skip_serializing_if = "Option::is_none")]
    pub speech_config: Option<SpeechConfig<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_timestamp: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audio_transcription_config: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_config: Option<ThinkingConfig>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub media_resolution: Option<MediaResolution>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_config: Option<ImageConfig<'a>>,
}

/// How images are drawn; an empty one is none.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageConfig<'a> {
    /// `1:1`, `16:9`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aspect_ratio: Option<Str<'a>>,
    /// `512`, `1K`, `2K` or `4K`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<Str<'a>>,
    /// The file; Vertex AI only, and Imagen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_output_options: Option<ImageOutputOptions>,
}

/// The file an image comes in.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageOutputOptions {
    /// `image/png` or `image/jpeg`.
    pub mime_type: &'static str,
    /// 0 to 100, of JPEG.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compression_quality: Option<i64>,
}

/// How sound is spoken, by one speaker.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SpeechConfig<'a> {
    /// The speaker.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub voice_config: Option<VoiceConfig<'a>>,
    /// BCP 47.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language_code: Option<Str<'a>>,
}

/// A speaker: one of Google's voices.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VoiceConfig<'a> {
    /// The voice.
    pub prebuilt_voice_config: PrebuiltVoiceConfig<'a>,
}

/// One of Google's voices.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PrebuiltVoiceConfig<'a> {
    /// `Kore`, …
    pub voice_name: Str<'a>,
}

/// How much the model thinks: a budget or a level, never both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThinkingConfig {
    /// Whether thinking is part of the reply.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub include_thoughts: Option<bool>,
    /// Tokens; -1 lets the model choose, 0 turns thinking off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_budget: Option<i64>,
    /// `MINIMAL`, `LOW`, `MEDIUM` or `HIGH`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_level: Option<&'static str>,
}
