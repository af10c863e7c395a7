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
#[derive(Debug, Deserialize)]
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
    /// Whether tokens come with their log probabilities.
    pub logprobs: Option<bool>,
    /// How many alternatives each token comes with.
    pub top_logprobs: Option<i64>,
    /// How much a model thinks.
    pub reasoning_effort: Option<&'a RawValue>,
    /// Tool declarations.
    pub tools: Option<Vec<&'a RawValue>>,
    /// Tool declarations, legacy form.
    pub functions: Option<Vec<&'a RawValue>>,
    /// Web search as an option.
    pub web_search_options: Option<&'a RawValue>,
    /// Google's own options.
    pub extra_body: Option<&'a RawValue>,
}

/// How sound is spoken.
#[derive(Debug, Deserialize)]
pub struct AudioOptions<'a> {
    /// `pcm16` or `wav`.
    #[serde(borrow)]
    pub format: Option<Str<'a>>,
}

/// How a stream ends.
#[derive(Debug, Deserialize)]
pub struct StreamOptions {
    /// Whether the last chunk tells the token counts.
    pub include_usage: Option<bool>,
}

/// One message. Its content is read by role.
#[derive(Debug, Deserialize)]
pub struct Message<'a> {
    /// `system`, `developer`, `user`, `assistant`, `tool` or `function`.
    #[serde(borrow)]
    pub role: Option<Str<'a>>,
    /// A string, a list of parts, or `null`.
    pub content: Option<&'a RawValue>,
    /// What the assistant refused with.
    pub refusal: Option<&'a RawValue>,
    /// Calls the assistant made.
    pub tool_calls: Option<Vec<&'a RawValue>>,
    /// The call the assistant made, legacy form.
    pub function_call: Option<&'a RawValue>,
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
}
