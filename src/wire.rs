//! JSON of each side, typed where we read and raw where we carry.

pub mod base64;
pub mod edit;
pub mod embeddings;
pub mod gemini;
pub mod grounding;
pub mod json;
pub mod lenient;
pub mod lift;
pub(crate) mod literal;
pub mod logprobs;
pub mod nesting;
pub mod openai;
pub mod rerank;
pub mod scan;
pub mod speech;
pub mod text;
pub mod wav;
