//! OpenAI's chat completions request.
//!
//! An allow-list: members not named here never reach Google.
//! <https://platform.openai.com/docs/api-reference/chat/create>

use serde::Deserialize;
use serde_json::Number;
use serde_json::value::RawValue;

use super::json::Object;
use super::text::Str;

/// The request body. Every member may be `null`, which is absent.
#[derive(Debug, Default, Deserialize)]
pub struct ChatRequest<'a> {
    /// The model's name.
    #[serde(borrow)]
    pub model: Option<Str<'a>>,
    /// The conversation, oldest first.
    pub messages: Option<Vec<Object<Message<'a>>>>,
    /// A legacy prompt; only here to be refused.
    pub prompt: Option<&'a RawValue>,

    /// 0 to 2.
    pub temperature: Option<Number>,
    /// 0 to 1.
    pub top_p: Option<Number>,
    /// Extension: how many tokens to sample from.
    pub top_k: Option<Number>,
    /// How many choices to generate.
    pub n: Option<i64>,
    /// Any 64-bit number.
    pub seed: Option<i64>,
    /// A string or a list of strings.
    pub stop: Option<&'a RawValue>,
    /// Most tokens to generate; the older name.
    pub max_tokens: Option<i64>,
    /// Most tokens to generate, thinking included.
    pub max_completion_tokens: Option<i64>,
    /// -2 to 2.
    pub presence_penalty: Option<Number>,
    /// -2 to 2.
    pub frequency_penalty: Option<Number>,

    /// Whether the reply is a stream.
    pub stream: Option<bool>,
    /// How the stream ends.
    pub stream_options: Option<Object<StreamOptions>>,

    /// `{"type":"text"}` or a JSON format.
    pub response_format: Option<&'a RawValue>,
    /// Output kinds.
    pub modalities: Option<Vec<Str<'a>>>,
    /// How sound is spoken.
    pub audio: Option<Object<AudioOptions<'a>>>,
    /// Whether tokens come with their log probabilities; of legacy completions, with how many alternatives.
    pub logprobs: Option<&'a RawValue>,
    /// How many alternatives each token comes with.
    pub top_logprobs: Option<i64>,
    /// LiteLLM's extension: the schema of a reply in JSON.
    pub response_schema: Option<&'a RawValue>,
    /// vLLM's extension: the strings of which one is the reply.
    pub guided_choice: Option<Vec<Str<'a>>>,
    /// vLLM's extension: the schema of a reply in JSON.
    pub guided_json: Option<&'a RawValue>,
    /// vLLM's extension; only here to be refused.
    pub guided_regex: Option<&'a RawValue>,
    /// How much a model thinks.
    pub reasoning_effort: Option<&'a RawValue>,
    /// The same as an object.
    pub reasoning: Option<&'a RawValue>,
    /// The same in Anthropic's form.
    pub thinking: Option<&'a RawValue>,
    /// Tool declarations.
    pub tools: Option<Vec<&'a RawValue>>,
    /// Tool declarations, legacy form.
    pub functions: Option<Vec<&'a RawValue>>,
    /// Which tool may or must be used: a word or an object.
    pub tool_choice: Option<&'a RawValue>,
    /// The same for `functions`.
    pub function_call: Option<&'a RawValue>,
    /// Web search as an option.
    pub web_search_options: Option<&'a RawValue>,
    /// Google's own options; see `endpoint::chat::google`.
    pub extra_body: Option<&'a RawValue>,
    /// The same.
    pub google: Option<&'a RawValue>,
    /// The same.
    #[serde(alias = "generationConfig")]
    pub generation_config: Option<&'a RawValue>,
    /// The same.
    #[serde(alias = "safetySettings")]
    pub safety_settings: Option<&'a RawValue>,
    /// The same.
    #[serde(alias = "cachedContent")]
    pub cached_content: Option<Str<'a>>,
    /// The same.
    #[serde(alias = "thinkingConfig")]
    pub thinking_config: Option<&'a RawValue>,
    /// The same.
    #[serde(alias = "mediaResolution")]
    pub media_resolution: Option<&'a RawValue>,
    /// The same: an object of strings.
    pub labels: Option<&'a RawValue>,
    /// Anything the client wants to find its request by.
    pub metadata: Option<&'a RawValue>,
    /// How soon, and at what price.
    pub service_tier: Option<Str<'a>>,
    /// What the client calls the messages.
    #[serde(skip)]
    pub origin: Origin,
}

/// What the client calls the messages, for errors.
#[derive(Clone, Copy, Debug, Default)]
pub enum Origin {
    /// `messages`
    #[default]
    Messages,
    /// `input`, a list of items of the Responses API, each of which is a message.
    Input {
        /// How many messages stand before them.
        before: usize,
    },
}

/// How sound is spoken.
#[derive(Debug, Deserialize)]
pub struct AudioOptions<'a> {
    /// `pcm16` or `wav`.
    #[serde(borrow)]
    pub format: Option<Str<'a>>,
    /// OpenAI's name of a voice or Google's; an object is a custom voice.
    pub voice: Option<&'a RawValue>,
    /// Extension: the spoken language, such as `de-DE`.
    pub language_code: Option<Str<'a>>,
}

/// How a stream ends.
#[derive(Debug, Deserialize)]
pub struct StreamOptions {
    /// Whether the last chunk tells the token counts.
    pub include_usage: Option<bool>,
}

/// One message. Its content is read by role.
#[derive(Debug, Default, Deserialize)]
pub struct Message<'a> {
    /// `system`, `developer`, `user`, `assistant`, `tool` or `function`.
    #[serde(borrow)]
    pub role: Option<Str<'a>>,
    /// A string, a list of parts, or `null`.
    pub content: Option<&'a RawValue>,
    /// What the assistant refused with.
    pub refusal: Option<&'a RawValue>,
    /// What the assistant drew: `image_url` parts.
    pub images: Option<Vec<&'a RawValue>>,
    /// What the assistant said aloud.
    pub audio: Option<Object<Spoken<'a>>>,
    /// Calls the assistant made.
    pub tool_calls: Option<Vec<Object<ToolCall<'a>>>>,
    /// The call the assistant made, legacy form.
    pub function_call: Option<Object<CalledFunction<'a>>>,
    /// Of a tool's message: the call it answers.
    pub tool_call_id: Option<Str<'a>>,
    /// Of a function's message: the function it answers.
    pub name: Option<Str<'a>>,
    /// Google's thought signature for the message's text.
    pub extra_content: Option<Object<ExtraContent<'a>>>,
    /// Where LiteLLM puts signatures of the message.
    pub provider_specific_fields: Option<Object<ProviderFields<'a>>>,
    /// Where OpenRouter puts signatures, matched to calls by id.
    pub reasoning_details: Option<Vec<Object<ReasoningDetail<'a>>>>,
    /// Where Anthropic-like gateways put the signature of the first call.
    pub thinking_blocks: Option<Vec<Object<ThinkingBlock<'a>>>>,
}

/// What the assistant said aloud; the sound itself stays with OpenAI.
#[derive(Debug, Deserialize)]
pub struct Spoken<'a> {
    /// The same as text.
    #[serde(borrow)]
    pub transcript: Option<&'a RawValue>,
}

/// A call the assistant made.
#[derive(Debug, Default, Deserialize)]
pub struct ToolCall<'a> {
    /// The client's id of the call.
    #[serde(borrow)]
    pub id: Option<Str<'a>>,
    /// `function` or `custom`.
    pub r#type: Option<Str<'a>>,
    /// The called function.
    pub function: Option<Object<CalledFunction<'a>>>,
    /// The called custom tool.
    pub custom: Option<Object<CalledFunction<'a>>>,
    /// Google's place for the thought signature.
    pub extra_content: Option<Object<ExtraContent<'a>>>,
    /// LiteLLM's place for it.
    pub provider_specific_fields: Option<Object<ProviderFields<'a>>>,
    /// Portkey's place for it.
    pub thought_signature: Option<&'a RawValue>,
}

/// What was called, and with what.
#[derive(Debug, Default, Deserialize)]
pub struct CalledFunction<'a> {
    /// The function's name.
    #[serde(borrow)]
    pub name: Option<Str<'a>>,
    /// A string that holds JSON.
    pub arguments: Option<&'a RawValue>,
    /// Of a custom tool: a string.
    pub input: Option<&'a RawValue>,
    /// Another place for the thought signature.
    pub thought_signature: Option<&'a RawValue>,
    /// Another place for it.
    pub provider_specific_fields: Option<Object<ProviderFields<'a>>>,
}

/// Google's extension of OpenAI's messages.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ExtraContent<'a> {
    /// By Google's own gateway.
    #[serde(borrow)]
    pub google: Option<Object<Signed<'a>>>,
    /// By gateways in front of Vertex AI.
    pub vertex: Option<Object<Signed<'a>>>,
}

/// What holds a thought signature.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Signed<'a> {
    /// Base64.
    #[serde(borrow)]
    pub thought_signature: Option<&'a RawValue>,
}

/// LiteLLM's extension.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ProviderFields<'a> {
    /// Base64.
    #[serde(borrow)]
    pub thought_signature: Option<&'a RawValue>,
    /// Of a message.
    pub thought_signatures: Option<Vec<&'a RawValue>>,
    /// What we told of code that Google ran.
    pub code_execution: Option<Vec<&'a RawValue>>,
    /// What we told of tools that Google called.
    pub server_side_tool_invocations: Option<Vec<&'a RawValue>>,
}

/// OpenRouter's extension.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ReasoningDetail<'a> {
    /// `reasoning.encrypted` holds a signature.
    #[serde(borrow)]
    pub r#type: Option<Str<'a>>,
    /// The call it belongs to.
    pub id: Option<Str<'a>>,
    /// Base64.
    pub data: Option<&'a RawValue>,
}

/// A block of thinking with its signature.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ThinkingBlock<'a> {
    /// Base64.
    #[serde(borrow)]
    pub signature: Option<&'a RawValue>,
}

/// One part of a message's content.
#[derive(Debug, Deserialize)]
pub struct ContentPart<'a> {
    /// `text`, `refusal`, `image_url`, …
    #[serde(borrow)]
    pub r#type: Option<Str<'a>>,
    /// Of a `text` part.
    pub text: Option<&'a RawValue>,
    /// Of a `refusal` part.
    pub refusal: Option<&'a RawValue>,
    /// Of an `image_url` part: a URL, or an object that holds it.
    pub image_url: Option<&'a RawValue>,
    /// Of an `input_audio` part.
    pub input_audio: Option<&'a RawValue>,
    /// Of a `file` part.
    pub file: Option<&'a RawValue>,
    /// Of an `input_image` or `input_file` part in the form of the Responses API, whose members stand in the part itself.
    pub file_id: Option<&'a RawValue>,
    /// Of such an `input_file` part.
    pub file_url: Option<&'a RawValue>,
    /// The same.
    pub filename: Option<&'a RawValue>,
    /// Of such an `input_image` part.
    pub detail: Option<&'a RawValue>,
    /// Extension, like `image_url`.
    pub video_url: Option<&'a RawValue>,
    /// Extension: the same.
    pub input_video: Option<&'a RawValue>,
    /// Google's own form of a part.
    #[serde(alias = "inlineData")]
    pub inline_data: Option<&'a RawValue>,
    /// The same; of an `input_file` part as above, its data.
    #[serde(alias = "fileData")]
    pub file_data: Option<&'a RawValue>,
    /// Extension: which stretch of a video.
    #[serde(alias = "videoMetadata")]
    pub video_metadata: Option<&'a RawValue>,
    /// Of a part that is thinking, in Anthropic's form.
    pub signature: Option<&'a RawValue>,
    /// Google's thought signature for the part.
    pub extra_content: Option<Object<ExtraContent<'a>>>,
}

/// An image, a recording, a video or a file; which members there are tells where.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct MediaReference<'a> {
    /// A URL of any kind.
    #[serde(borrow, alias = "file_url", alias = "fileUri", alias = "file_uri")]
    pub url: Option<&'a RawValue>,
    /// Base64, or a data URL.
    #[serde(alias = "file_data")]
    pub data: Option<&'a RawValue>,
    /// An uploaded file.
    pub file_id: Option<&'a RawValue>,
    /// Its name tells its type.
    pub filename: Option<Str<'a>>,
    /// `wav`, `mp3`, …, or a MIME type.
    pub format: Option<Str<'a>>,
    /// Extension: the MIME type.
    #[serde(alias = "mimeType")]
    pub mime_type: Option<Str<'a>>,
    /// How closely an image is looked at.
    pub detail: Option<Str<'a>>,
    /// Extension: which stretch of a video.
    pub video_metadata: Option<&'a RawValue>,
}

/// Which stretch of a video.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct VideoStretch<'a> {
    /// Frames per second.
    #[serde(borrow)]
    pub fps: Option<&'a RawValue>,
    /// Seconds.
    #[serde(alias = "startOffset")]
    pub start_offset: Option<&'a RawValue>,
    /// Seconds.
    #[serde(alias = "endOffset")]
    pub end_offset: Option<&'a RawValue>,
}
