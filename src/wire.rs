//! JSON of each side, typed where we read and raw where we carry.

pub mod gemini;
pub mod json;
pub mod lenient;
pub mod openai;
pub mod text;
