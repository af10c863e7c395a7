//! Messages to turns.
//!
//! System and developer messages become the system instruction, wherever they stand. Consecutive messages of one side
//! become one turn. What Google would refuse (no turn, an empty turn, a model's turn first or last) is repaired.
//! <https://ai.google.dev/api/caching#Content>

use serde_json::value::RawValue;

use crate::error::Error;
use crate::model::Model;
use crate::wire::gemini::{Content, Part, Role};
use crate::wire::json::{self, Object};
use crate::wire::openai::{ChatRequest, ContentPart, Message};
use crate::wire::text::Text;

/// A conversation as Google takes it.
pub(super) struct Turns<'a> {
    pub(super) contents: Vec<Content<'a>>,
    pub(super) system: Option<Content<'a>>,
}

/// Translates every message.
pub(super) fn translate<'a>(chat: &ChatRequest<'a>, model: &Model) -> Result<Turns<'a>, Error> {
    let messages = match &chat.messages {
        None if chat.prompt.is_some() => {
            return Err(Error::invalid("'prompt' belongs to completions; chat completions take 'messages'.")
                .param("messages")
                .code("missing_required_parameter"));
        }
        None => {
            return Err(Error::invalid("Missing required parameter: 'messages'.")
                .param("messages")
                .code("missing_required_parameter"));
        }
        Some(messages) if messages.is_empty() => {
            return Err(Error::invalid(
                "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            )
            .param("messages")
            .code("empty_array"));
        }
        Some(messages) => messages,
    };

    let mut system = Vec::new();
    let mut contents: Vec<Content<'a>> = Vec::new();
    for (index, Object(message)) in messages.iter().enumerate() {
        let at = At { index };
        let role = match at.role(message)? {
            Speaker::System => {
                system.extend(at.parts(message, Speaker::System)?);
                continue;
            }
            Speaker::User => Role::User,
            Speaker::Assistant => Role::Model,
        };
        let speaker = if role == Role::User { Speaker::User } else { Speaker::Assistant };
        let parts = at.parts(message, speaker)?;
        match contents.last_mut() {
            Some(last) if last.role == Some(role) => last.parts.extend(parts),
            // An assistant that said nothing took no turn; a user who said nothing still did.
            _ if parts.is_empty() && role == Role::Model => {}
            _ => contents.push(Content { role: Some(role), parts }),
        }
    }
    repair(&mut contents, &mut system, model);
    let system = (!system.is_empty()).then_some(Content { role: None, parts: system });
    Ok(Turns { contents, system })
}

/// Makes a conversation acceptable to Google without changing what was said.
fn repair<'a>(contents: &mut Vec<Content<'a>>, system: &mut Vec<Part<'a>>, model: &Model) {
    if contents.is_empty() {
        contents.push(Content { role: Some(Role::User), parts: std::mem::take(system) });
    }
    if contents.first().is_some_and(|first| first.role == Some(Role::Model)) {
        contents.insert(0, Content { role: Some(Role::User), parts: Vec::new() });
    }
    if !model.has_system_instruction()
        && let Some(first) = contents.first_mut()
    {
        first.parts.splice(0..0, std::mem::take(system));
    }
    if model.needs_user_last() && contents.last().is_some_and(|last| last.role == Some(Role::Model)) {
        contents.push(Content { role: Some(Role::User), parts: text("Continue.") });
    }
    for content in contents.iter_mut().filter(|content| content.parts.is_empty()) {
        content.parts = text(" ");
    }
}

fn text(plain: &str) -> Vec<Part<'static>> {
    Text::from_plain(plain).map(|text| Part { text }).into_iter().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    System,
    User,
    Assistant,
}

/// Where in the request a message stands, for errors.
struct At {
    index: usize,
}

impl At {
    fn param(&self, member: &str) -> String {
        format!("messages[{}].{member}", self.index)
    }

    fn role(&self, message: &Message<'_>) -> Result<Speaker, Error> {
        let param = self.param("role");
        match message.role.as_deref() {
            Some("system" | "developer") => Ok(Speaker::System),
            Some("user") => Ok(Speaker::User),
            // Google's own examples say `model`.
            Some("assistant" | "model") => Ok(Speaker::Assistant),
            Some("tool" | "function") => Err(Error::not_supported_yet(param, "Tool results are")),
            Some(_) => Err(Error::invalid(
                "Invalid value. Supported values are: 'system', 'developer', 'user', 'assistant', 'tool' and 'function'.",
            )
            .param(param)
            .code("invalid_value")),
            None => Err(Error::invalid(format!("Missing required parameter: '{param}'."))
                .param(param)
                .code("missing_required_parameter")),
        }
    }

    /// What a message says; empty text says nothing.
    fn parts<'a>(&self, message: &Message<'a>, speaker: Speaker) -> Result<Vec<Part<'a>>, Error> {
        let assistant = speaker == Speaker::Assistant;
        if assistant
            && (message.function_call.is_some() || message.tool_calls.as_ref().is_some_and(|c| !c.is_empty()))
        {
            return Err(Error::not_supported_yet(self.param("tool_calls"), "Tool calls are"));
        }
        let mut parts = match message.content {
            Some(content) if content.get().starts_with('[') => self.list(content, speaker)?,
            Some(content) => match Text::from_raw(content) {
                Some(text) => vec![Part { text }],
                None => {
                    return Err(self.invalid_type("content", "a string or an array of content parts"));
                }
            },
            None if assistant => Vec::new(),
            None => {
                return Err(
                    self.invalid_type("content", "a string or an array of content parts, but got null")
                );
            }
        };
        if assistant {
            let spoken = message.audio.as_ref().and_then(|Object(audio)| audio.transcript);
            let more = [message.refusal, spoken].into_iter().flatten().filter_map(Text::from_raw);
            parts.extend(more.map(|text| Part { text }));
        }
        parts.retain(|part| !part.text.is_empty());
        Ok(parts)
    }

    fn list<'a>(&self, content: &'a RawValue, speaker: Speaker) -> Result<Vec<Part<'a>>, Error> {
        let list: Vec<Object<ContentPart<'a>>> = json::from_slice(content.get().as_bytes())
            .map_err(|problem| problem.under(&self.param("content")))?;
        let mut parts = Vec::with_capacity(list.len());
        for (index, Object(part)) in list.iter().enumerate() {
            let member = |name: &str| format!("content[{index}].{name}");
            let text = match (part.r#type.as_deref(), speaker) {
                (Some("text"), _) => part
                    .text
                    .and_then(Text::from_raw)
                    .ok_or_else(|| self.invalid_type(&member("text"), "a string"))?,
                (Some("refusal"), Speaker::Assistant) => part
                    .refusal
                    .and_then(Text::from_raw)
                    .ok_or_else(|| self.invalid_type(&member("refusal"), "a string"))?,
                (Some("image_url" | "input_audio" | "file" | "video_url" | "input_video"), Speaker::User) => {
                    return Err(Error::not_supported_yet(self.param(&member("type")), "Media are"));
                }
                (Some(_), Speaker::System) => {
                    return Err(Error::invalid("System and developer messages hold only text.")
                        .param(self.param(&member("type")))
                        .code("invalid_value"));
                }
                (Some(_), _) => {
                    return Err(Error::invalid("This type of content part is not known for this role.")
                        .param(self.param(&member("type")))
                        .code("invalid_value"));
                }
                (None, _) => {
                    let param = self.param(&member("type"));
                    return Err(Error::invalid(format!("Missing required parameter: '{param}'."))
                        .param(param)
                        .code("missing_required_parameter"));
                }
            };
            parts.push(Part { text });
        }
        Ok(parts)
    }

    fn invalid_type(&self, member: &str, expected: &str) -> Error {
        let param = self.param(member);
        Error::invalid(format!("Invalid type for '{param}': expected {expected}."))
            .param(param)
            .code("invalid_type")
    }
}
