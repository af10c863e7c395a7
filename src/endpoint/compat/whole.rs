//! A reply in one piece.
//!
//! <https://platform.openai.com/docs/api-reference/chat/object>

use serde_json::value::RawValue;

use super::calls::Calls;
use super::envelope::{Envelope, Head, elements, finish, joined, text};
use super::usage;
use crate::error::Error;
use crate::pipe::{Reader, Sink};
use crate::wire::edit::{Change, Edits, quoted};
use crate::wire::lenient::Members;

/// The reader of one `chat.completion`.
pub(super) struct Whole {
    pub(super) envelope: Envelope,
}

/// The choices of a reply that has none, since Google let nothing through: SDKs read the first without looking.
const FILTERED: &str = r#"[{"index":0,"message":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":"content_filter"}]"#;

impl Reader for Whole {
    fn event(&mut self, reply: &[u8], out: &mut Sink) -> Result<(), Error> {
        let (body, members) = self.envelope.read(reply)?;
        let Head { id, created, model } = self.envelope.head(&members);
        let mut changes: Vec<Change<'_>> = vec![
            ("id", Some(id)),
            ("object", Some("\"chat.completion\"".to_owned())),
            ("created", Some(created)),
            ("model", Some(model)),
        ];
        let mut edits = Edits::new(body);
        let choices = elements(members.get("choices"));
        if choices.is_empty() {
            changes.push(("choices", Some(FILTERED.to_owned())));
        }
        for (position, choice) in choices.into_iter().enumerate() {
            self.choice(choice, position, &mut edits)?;
        }
        if let Some(usage) = members.get("usage") {
            out.usage = usage::repair(&mut edits, usage.get());
        }
        edits.change(body, &members, &changes);
        out.bytes = edits.finish();
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

impl Whole {
    fn choice<'a>(&self, raw: &'a RawValue, position: usize, edits: &mut Edits<'a>) -> Result<(), Error> {
        let choice = Members::of(raw.get()).ok_or_else(Error::reply_unreadable)?;
        let mut changes: Vec<Change<'_>> = Vec::new();
        let mut said = Said { called: None, usable: false };
        match choice.get("message") {
            Some(message) => said = self.message(message, position, edits)?,
            None => changes.push(("message", Some(EMPTY.to_owned()))),
        }
        let reason = text(choice.get("finish_reason"));
        let finish = finish(reason.as_deref(), said.usable, said.called)?;
        changes.push(("finish_reason", Some(quoted(finish))));
        if choice.get("index").is_none() {
            changes.push(("index", Some(position.to_string())));
        }
        if choice.get("logprobs").is_none() {
            changes.push(("logprobs", Some("null".to_owned())));
        }
        edits.change(raw.get(), &choice, &changes);
        Ok(())
    }

    fn message<'a>(&self, raw: &'a RawValue, position: usize, edits: &mut Edits<'a>) -> Result<Said, Error> {
        let message = Members::of(raw.get()).ok_or_else(Error::reply_unreadable)?;
        let mut calls = Calls::default();
        let choice = u64::try_from(position).unwrap_or(u64::MAX);
        for call in elements(message.get("tool_calls")) {
            calls.repair(call, choice, false, &self.envelope, edits);
        }
        calls.sign_first(&message, &self.envelope);
        let called = match message.get("function_call") {
            _ if !calls.is_empty() => Some("tool_calls"),
            Some(_) => Some("function_call"),
            None => None,
        };
        let content = message.get("content");
        let usable = called.is_some() || content.is_some_and(|content| content.get() != "\"\"");
        let mut changes: Vec<Change<'_>> = Vec::new();
        if message.get("role").is_none() {
            changes.push(("role", Some("\"assistant\"".to_owned())));
        }
        match joined(content) {
            Some(content) => changes.push(("content", Some(content))),
            None if content.is_none() => {
                let none = if called.is_some() { "null" } else { "\"\"" };
                changes.push(("content", Some(none.to_owned())));
            }
            None => {}
        }
        if message.get("refusal").is_none() {
            changes.push(("refusal", Some("null".to_owned())));
        }
        edits.change(raw.get(), &message, &changes);
        Ok(Said { called, usable })
    }
}

/// What a choice came with.
struct Said {
    /// Why it ended, if it was to call.
    called: Option<&'static str>,
    /// Whether there is anything a client can use.
    usable: bool,
}

const EMPTY: &str = r#"{"role":"assistant","content":"","refusal":null}"#;
