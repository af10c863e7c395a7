//! Speech, transcriptions and translations, by models that speak and models that hear: `generateContent` for all.
//!
//! | concern | file |
//! |---|---|
//! | a request of speech | `speech` |
//! | its reply: sound in one piece or as it comes | `sound` |
//! | voices | `voices` |
//! | a request of a transcription or translation | `hearing`, its form `asked`, what the model is told `prompt` |
//! | its reply, in one piece or as it comes | `heard` |
//! | what was said, when and by whom | `transcript` |
//! | the same in each format of OpenAI's | `render` |
//! | times | `time` |
//! | why a reply ended | `ending` |
//!
//! <https://platform.openai.com/docs/api-reference/audio>,
//! <https://ai.google.dev/gemini-api/docs/speech-generation>, <https://ai.google.dev/gemini-api/docs/audio>

mod asked;
mod ending;
mod heard;
mod hearing;
mod prompt;
mod render;
mod sound;
mod speech;
mod time;
mod transcript;
pub(super) mod voices;

pub use hearing::{transcriptions, translations};
pub use speech::speech;

#[cfg(test)]
mod tests;
