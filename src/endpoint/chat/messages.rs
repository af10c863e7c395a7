//! Messages to turns.
//!
//! System and developer messages become the system instruction, wherever they stand. Consecutive messages of one side
//! become one turn. Results go right after the turn whose calls they answer. What Google would refuse (no turn, an
//! empty turn, a model's turn first or last, a call without its result) is repaired.
//! <https://ai.google.dev/api/caching#Content>

use serde_json::value::RawValue;

use super::history::{self, Pending};
use super::names::Names;
use super::signatures;
use crate::error::Error;
use crate::memory::Signatures;
use crate::model::Model;
use crate::wire::gemini::{Content, Part, Role};
use crate::wire::json::{self, Object};
use crate::wire::openai::{ChatRequest, ContentPart, Message};
use crate::wire::text::Text;

/// A conversation as Google takes it.
pub(super) struct Conversation<'a> {
    pub(super) contents: Vec<Content<'a>>,
    /// The system instruction.
    pub(super) system: Vec<Part<'a>>,
}

/// One side's words.
enum Turn<'a> {
    User(Vec<Part<'a>>),
    Model { parts: Vec<Part<'a>>, calls: Vec<Pending<'a>> },
}

/// Translates every message.
pub(super) fn translate<'a>(
    chat: &ChatRequest<'a>,
    model: &Model,
    names: &mut Names,
    kept: &Signatures,
) -> Result<Conversation<'a>, Error> {
    let mut system = Vec::new();
    let mut turns: Vec<Turn<'a>> = Vec::new();
    for (index, Object(message)) in messages(chat)?.iter().enumerate() {
        let at = At { index };
        match at.role(message)? {
            Speaker::System => system.extend(at.parts(message, Speaker::System)?),
            Speaker::User => {
                let said = at.parts(message, Speaker::User)?;
                match turns.last_mut() {
                    Some(Turn::User(parts)) => parts.extend(said),
                    _ => turns.push(Turn::User(said)),
                }
            }
            Speaker::Assistant => {
                let (said, called) = at.assistant(message, model, names)?;
                match turns.last_mut() {
                    Some(Turn::Model { parts, calls }) if !calls.iter().any(Pending::is_answered) => {
                        parts.extend(said);
                        calls.extend(called);
                    }
                    // An assistant that said nothing took no turn.
                    _ if said.is_empty() => {}
                    _ => turns.push(Turn::Model { parts: said, calls: called }),
                }
            }
            Speaker::Tool => at.result(message, names, &mut turns)?,
        }
    }
    if model.is_gemini_3() {
        sign(&mut turns, kept);
    }
    let contents = turns.into_iter().flat_map(contents).collect();
    Ok(Conversation { contents, system })
}

fn messages<'c, 'a>(chat: &'c ChatRequest<'a>) -> Result<&'c [Object<Message<'a>>], Error> {
    let missing = |message: &str, code| Err(Error::invalid(message).param("messages").code(code));
    match &chat.messages {
        None if chat.prompt.is_some() => missing(
            "'prompt' belongs to completions; chat completions take 'messages'.",
            "missing_required_parameter",
        ),
        None => missing("Missing required parameter: 'messages'.", "missing_required_parameter"),
        Some(messages) if messages.is_empty() => missing(
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "empty_array",
        ),
        Some(messages) => Ok(messages),
    }
}

/// A turn as it goes on the wire: a model's calls are followed by a turn with their results and nothing else.
fn contents(turn: Turn<'_>) -> Vec<Content<'_>> {
    match turn {
        Turn::User(parts) => vec![Content { role: Some(Role::User), parts }],
        Turn::Model { parts, calls } => {
            let results: Vec<Part<'_>> = calls.into_iter().map(Pending::part).collect();
            let mut contents = vec![Content { role: Some(Role::Model), parts }];
            if !results.is_empty() {
                contents.push(Content { role: Some(Role::User), parts: results });
            }
            contents
        }
    }
}

/// Gives the first call of each step since the user last spoke its signature back, where the client lost it: the one
/// that was kept, else the stand-in.
fn sign(turns: &mut [Turn<'_>], kept: &Signatures) {
    let spoke = turns.iter().rposition(|turn| matches!(turn, Turn::User(_)));
    for turn in turns.iter_mut().skip(spoke.unwrap_or(0)) {
        let Turn::Model { parts, calls } = turn else {
            continue;
        };
        let kept = || calls.first().and_then(|call| Text::from_plain(&kept.recall(call.id(), call.name())?));
        if let Some(first) = parts.iter_mut().find(|part| part.function_call.is_some())
            && first.thought_signature.is_none()
        {
            first.thought_signature = kept().or_else(signatures::dummy);
        }
    }
}

impl<'a> Conversation<'a> {
    /// Makes the conversation acceptable to Google without changing what was said.
    pub(super) fn repair(&mut self, model: &Model) {
        let Self { contents, system } = self;
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
        if model.is_gemini_3() && contents.last().is_some_and(|last| last.role == Some(Role::Model)) {
            contents.push(Content { role: Some(Role::User), parts: text("Continue.") });
        }
        for content in contents.iter_mut().filter(|content| content.parts.is_empty()) {
            content.parts = text(" ");
        }
    }

    /// The system instruction, where there is one.
    pub(super) fn take_system(&mut self) -> Option<Content<'a>> {
        let parts = std::mem::take(&mut self.system);
        (!parts.is_empty()).then_some(Content { role: None, parts })
    }
}

fn text(plain: &str) -> Vec<Part<'static>> {
    Text::from_plain(plain).map(Part::text).into_iter().collect()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Speaker {
    System,
    User,
    Assistant,
    Tool,
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
            Some("tool" | "function") => Ok(Speaker::Tool),
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

    /// What an assistant said and called. A signature of the whole message belongs to its first call.
    fn assistant<'a>(
        &self,
        message: &Message<'a>,
        model: &Model,
        names: &mut Names,
    ) -> Result<(Vec<Part<'a>>, Vec<Pending<'a>>), Error> {
        let mut said = self.parts(message, Speaker::Assistant)?;
        let place = said.len();
        let mut pending = Vec::new();
        for (part, call) in history::calls(message, &format!("messages[{}]", self.index), model, names)? {
            said.push(part);
            pending.push(call);
        }
        let unsigned = said.iter().skip(place).all(|part| part.thought_signature.is_none());
        let signed = if pending.is_empty() { place.checked_sub(1) } else { Some(place).filter(|_| unsigned) };
        if let Some(part) = signed.and_then(|place| said.get_mut(place)) {
            part.thought_signature = signatures::of_message(message);
        }
        Ok((said, pending))
    }

    /// Gives a result to the call it answers: of the latest turn that awaits it.
    fn result<'a>(
        &self,
        message: &Message<'a>,
        names: &mut Names,
        turns: &mut [Turn<'a>],
    ) -> Result<(), Error> {
        let id = signatures::bare_id(message.tool_call_id.as_deref().unwrap_or_default());
        let name = message.name.as_deref().map(|name| names.emit(name));
        let calls = turns.iter_mut().rev().filter_map(|turn| match turn {
            Turn::Model { calls, .. } => Some(calls),
            Turn::User(_) => None,
        });
        match calls.flatten().find(|call| call.awaits(id, name.as_deref())) {
            Some(call) => {
                call.answer(message.content);
                Ok(())
            }
            None => Err(Error::invalid(
                "Messages with role 'tool' must be a response to a preceding message with 'tool_calls'.",
            )
            .param(self.param("role"))),
        }
    }

    /// What a message says; empty text says nothing.
    fn parts<'a>(&self, message: &Message<'a>, speaker: Speaker) -> Result<Vec<Part<'a>>, Error> {
        let assistant = speaker == Speaker::Assistant;
        let mut parts = match message.content {
            Some(content) if content.get().starts_with('[') => self.list(content, speaker)?,
            Some(content) => match Text::from_raw(content) {
                Some(text) => vec![Part::text(text)],
                None => return Err(self.invalid_type("content", "a string or an array of content parts")),
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
            parts.extend(more.map(Part::text));
        }
        parts.retain(|part| part.text.as_ref().is_none_or(|text| !text.is_empty()));
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
            parts.push(Part::text(text));
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
