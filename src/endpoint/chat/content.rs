//! What a message says: text and media to parts.
//!
//! <https://platform.openai.com/docs/api-reference/chat/create>, <https://ai.google.dev/api/caching#Part>

use serde_json::value::RawValue;

use super::media_in::MediaReader;
use super::signatures;
use crate::error::Error;
use crate::wire::gemini::{Data, Part};
use crate::wire::json::{self, Object};
use crate::wire::openai::{ContentPart, Message, Origin};
use crate::wire::text::Text;

/// Whose message it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Speaker {
    System,
    User,
    Assistant,
    Tool,
}

/// Where in the request a message stands, for errors.
#[derive(Clone, Copy)]
pub(super) struct At {
    pub(super) index: usize,
    pub(super) origin: Origin,
}

impl At {
    pub(super) fn param(self, member: &str) -> String {
        match self.origin {
            Origin::Messages => format!("messages[{}].{member}", self.index),
            Origin::Input { before } => format!("input[{}].{member}", self.index.saturating_sub(before)),
        }
    }

    fn invalid_type(self, member: &str, expected: &str) -> Error {
        let param = self.param(member);
        Error::invalid(format!("Invalid type for '{param}': expected {expected}."))
            .param(param)
            .code("invalid_type")
    }
}

/// What a message says.
#[derive(Default)]
pub(super) struct Said<'a> {
    /// In order; empty text says nothing and is left out.
    pub(super) parts: Vec<Part<'a>>,
    /// The signature of thinking that stood among the parts.
    pub(super) signature: Option<Text<'a>>,
}

/// Reads a message of `speaker`.
pub(super) fn said<'a>(
    message: &Message<'a>,
    speaker: Speaker,
    at: At,
    media: &mut MediaReader,
) -> Result<Said<'a>, Error> {
    let assistant = speaker == Speaker::Assistant;
    let mut said = match message.content {
        Some(content) if content.get().starts_with('[') => list(content, speaker, at, media)?,
        Some(content) => match Text::from_raw(content) {
            Some(text) => Said { parts: vec![Part::text(text)], signature: None },
            None => return Err(at.invalid_type("content", "a string or an array of content parts")),
        },
        None if assistant => Said::default(),
        None => {
            return Err(at.invalid_type("content", "a string or an array of content parts, but got null"));
        }
    };
    if assistant {
        let spoken = message.audio.as_ref().and_then(|Object(audio)| audio.transcript);
        let more = [message.refusal, spoken].into_iter().flatten().filter_map(Text::from_raw);
        said.parts.extend(more.map(Part::text));
        for (index, raw) in message.images.iter().flatten().enumerate() {
            let path = at.param(&format!("images[{index}]"));
            said.parts.push(media.image(raw, &path)?);
        }
    }
    said.parts.retain(|part| !matches!(&part.data, Data::Text(text) if text.is_empty()));
    Ok(said)
}

fn list<'a>(
    content: &'a RawValue,
    speaker: Speaker,
    at: At,
    media: &mut MediaReader,
) -> Result<Said<'a>, Error> {
    let list: Vec<Object<ContentPart<'a>>> = json::from_raw(content, &at.param("content"))?;
    let mut said = Said { parts: Vec::with_capacity(list.len()), signature: None };
    for (index, Object(part)) in list.iter().enumerate() {
        let member = |name: &str| format!("content[{index}].{name}");
        let string = |raw: Option<&'a RawValue>, name: &str| {
            raw.and_then(Text::from_raw)
                .map(Part::text)
                .ok_or_else(|| at.invalid_type(&member(name), "a string"))
        };
        let invalid = |message: &str| {
            Err(Error::invalid(message).param(at.param(&member("type"))).code("invalid_value"))
        };
        let mut piece = match (part.r#type.as_deref(), speaker) {
            (Some("text" | "input_text" | "output_text"), _) => string(part.text, "text")?,
            (Some("refusal"), Speaker::Assistant) => string(part.refusal, "refusal")?,
            (Some("thinking" | "redacted_thinking" | "reasoning"), Speaker::Assistant) => {
                said.signature = said.signature.or_else(|| signatures::valid(part.signature));
                continue;
            }
            (Some(_), Speaker::System) => return invalid("System and developer messages hold only text."),
            (kind, _) => match media.part(part, || at.param(&format!("content[{index}]")))? {
                Some(part) => part,
                None if kind.is_none() => return Err(Error::missing(at.param(&member("type")))),
                None => return invalid("This type of content part is not known."),
            },
        };
        if speaker == Speaker::Assistant {
            piece.thought_signature = signatures::google(part.extra_content.as_deref());
        }
        said.parts.push(piece);
    }
    Ok(said)
}
