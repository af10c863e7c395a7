//! OpenAI's request of speech.
//!
//! An allow-list: members not named here never reach Google.
//! <https://platform.openai.com/docs/api-reference/audio/createSpeech>

use serde::Deserialize;
use serde_json::Number;
use serde_json::value::RawValue;

use super::text::Str;

/// The request body. Every member may be `null`, which is absent.
#[derive(Debug, Deserialize)]
pub struct SpeechRequest<'a> {
    /// The model's name.
    #[serde(borrow)]
    pub model: Option<Str<'a>>,
    /// What is spoken: a string.
    pub input: Option<&'a RawValue>,
    /// How: a string.
    pub instructions: Option<&'a RawValue>,
    /// OpenAI's name of a voice or Google's; an object is a custom voice.
    pub voice: Option<&'a RawValue>,
    /// Extension: the spoken language, such as `de-DE`.
    pub language_code: Option<Str<'a>>,
    /// `wav` or `pcm`.
    pub response_format: Option<Str<'a>>,
    /// 0.25 to 4.
    pub speed: Option<Number>,
    /// `audio` or `sse`: the sound comes as it is spoken.
    pub stream_format: Option<Str<'a>>,
}
