//! A streamed reply.
//!
//! Each chunk goes on as it is, but for what belongs elsewhere: why a choice ended is told when Google's stream has
//! ended, since calls may follow a stop; then the usage, where it was asked for, and `[DONE]`.
//! <https://platform.openai.com/docs/api-reference/chat/streaming>

use serde_json::value::RawValue;

use super::calls::Calls;
use super::envelope::{Envelope, Head, elements, finish, joined, number, text};
use super::usage;
use crate::endpoint::chat::calls::compact;
use crate::error::Error;
use crate::pipe::{Hold, Reader, Sink};
use crate::wire::edit::{Change, Edits, quoted};
use crate::wire::lenient::Members;

/// Google gives at most eight.
const MOST_CHOICES: usize = 128;

/// The reader of one stream.
pub(super) struct Stream {
    envelope: Envelope,
    include_usage: bool,
    /// Nothing before the first event.
    head: Option<Head>,
    /// In the order of their indices.
    choices: Vec<Choice>,
    /// The latest, repaired, as JSON.
    usage: Option<String>,
    /// Google said that it is.
    done: bool,
}

/// What is known of one choice.
#[derive(Default)]
struct Choice {
    index: u64,
    calls: Calls,
    /// A call in the legacy form came.
    legacy: bool,
    usable: bool,
    finish: Option<String>,
}

impl Stream {
    pub(super) fn new(envelope: Envelope, include_usage: bool) -> Self {
        Self { envelope, include_usage, head: None, choices: Vec::new(), usage: None, done: false }
    }

    /// Repairs a choice of a chunk; tells whether it says anything.
    fn choice<'a>(
        &mut self,
        raw: &'a RawValue,
        edits: &mut Edits<'a>,
        out: &mut Sink,
    ) -> Result<bool, Error> {
        let choice = Members::of(raw.get()).ok_or_else(Error::stream_unreadable)?;
        if choice.get("message").is_some() {
            return Err(Error::stream_unreadable());
        }
        let index = number(choice.get("index")).unwrap_or_default();
        let place = self.choices.partition_point(|before| before.index < index);
        let first = self.choices.get(place).is_none_or(|found| found.index != index);
        if first {
            // Each of very many would take the worker's time.
            if self.choices.len() >= MOST_CHOICES {
                return Err(Error::stream_unreadable());
            }
            self.choices.insert(place, Choice { index, ..Choice::default() });
        }
        let Some(state) = self.choices.get_mut(place) else {
            return Err(Error::stream_unreadable());
        };
        let mut changes: Vec<Change<'_>> = vec![("index", Some(index.to_string()))];
        let mut says = first || choice.get("logprobs").is_some();
        match choice.get("delta") {
            Some(delta) => says |= state.delta(delta, first, &self.envelope, edits)?,
            None => {
                let delta = if first { ROLE } else { "{}" };
                changes.push(("delta", Some(delta.to_owned())));
            }
        }
        changes.push(("finish_reason", Some("null".to_owned())));
        edits.change(raw.get(), &choice, &changes);
        if let Some(reason) = text(choice.get("finish_reason")) {
            out.hold = out.hold.max(if state.finish.is_none() { Hold::Ended } else { Hold::Again });
            state.finish = Some(reason.0.into_owned());
            // Something has to be held back, for the end to be appended to.
            says = true;
        }
        Ok(says)
    }

    /// A chunk of our own, with these choices and this usage.
    fn chunk(&self, choices: &str, usage: Option<&str>, out: &mut Sink) {
        let Some(Head { id, created, model }) = &self.head else {
            return;
        };
        let usage = usage.map_or_else(String::new, |usage| format!(",\"usage\":{usage}"));
        let chunk = format!(
            "data: {{\"id\":{id},\"object\":{OBJECT},\"created\":{created},\"model\":{model},\"choices\":[{choices}]{usage}}}\n\n"
        );
        out.bytes.extend_from_slice(chunk.as_bytes());
    }

    fn no_usage(&self) -> Option<&'static str> {
        self.include_usage.then_some("null")
    }
}

impl Choice {
    /// Repairs a delta; tells whether it says anything. The role is in the `first` alone.
    fn delta<'a>(
        &mut self,
        raw: &'a RawValue,
        first: bool,
        envelope: &Envelope,
        edits: &mut Edits<'a>,
    ) -> Result<bool, Error> {
        let delta = Members::of(raw.get()).ok_or_else(Error::stream_unreadable)?;
        let role = first.then(|| "\"assistant\"".to_owned());
        let mut changes: Vec<Change<'_>> = vec![("role", role)];
        let content = delta.get("content");
        if let Some(content) = joined(content) {
            changes.push(("content", Some(content)));
        }
        for call in elements(delta.get("tool_calls")) {
            self.calls.repair(call, self.index, true, envelope, edits);
        }
        self.calls.sign_first(&delta, envelope);
        self.legacy |= delta.get("function_call").is_some();
        self.usable |= self.called().is_some() || content.is_some_and(|content| content.get() != "\"\"");
        edits.change(raw.get(), &delta, &changes);
        Ok(delta.0.iter().any(|(name, _)| name != "role"))
    }

    /// Why it ends, if it is to call.
    fn called(&self) -> Option<&'static str> {
        match (self.calls.is_empty(), self.legacy) {
            (false, _) => Some("tool_calls"),
            (true, true) => Some("function_call"),
            (true, false) => None,
        }
    }
}

impl Reader for Stream {
    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let (event, members) = self.envelope.read(json)?;
        let no_usage = self.no_usage();
        let head = self.head.get_or_insert_with(|| self.envelope.head(&members));
        let mut changes: Vec<Change<'_>> = vec![
            ("id", Some(head.id.clone())),
            ("object", Some(OBJECT.to_owned())),
            ("created", Some(head.created.clone())),
            ("model", Some(head.model.clone())),
            ("usage", no_usage.map(str::to_owned)),
        ];
        if let Some(usage) = members.get("usage") {
            let mut repaired = Edits::new(usage.get());
            out.usage = usage::repair(&mut repaired, usage.get()).or(out.usage);
            self.usage = String::from_utf8(repaired.finish()).ok();
        }
        let mut edits = Edits::new(event);
        let choices = elements(members.get("choices"));
        if members.get("choices").is_none() {
            changes.push(("choices", Some("[]".to_owned())));
        }
        let mut says = choices.is_empty() && members.get("usage").is_none();
        for choice in choices {
            says |= self.choice(choice, &mut edits, out)?;
        }
        edits.change(event, &members, &changes);
        if says {
            let chunk = edits.finish();
            out.bytes.extend_from_slice(b"data: ");
            if event.contains(['\n', '\r']) {
                out.bytes.extend_from_slice(compact(&String::from_utf8_lossy(&chunk)).as_bytes());
            } else {
                out.bytes.extend_from_slice(&chunk);
            }
            out.bytes.extend_from_slice(b"\n\n");
        }
        Ok(())
    }

    fn done(&mut self) {
        self.done = true;
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        let finished = self.choices.iter().any(|choice| choice.finish.is_some());
        let complete = finished || (self.done && self.head.is_some());
        if !complete {
            return Err(Error::stream_cut());
        }
        if self.choices.is_empty() {
            let begun = format!(r#"{{"index":0,"delta":{ROLE},"logprobs":null,"finish_reason":null}}"#);
            self.chunk(&begun, self.no_usage(), out);
            let finish = Some("content_filter".to_owned());
            self.choices.push(Choice { finish, ..Choice::default() });
        }
        let usable = self.choices.iter().any(|choice| choice.usable);
        for choice in &self.choices {
            let finish = match choice.finish.as_deref() {
                // Cut while others finished: not a stop.
                None if finished && !self.done => "length",
                told => finish(told, usable, choice.called())?,
            };
            let (index, finish) = (choice.index, quoted(finish));
            let choice =
                format!(r#"{{"index":{index},"delta":{{}},"logprobs":null,"finish_reason":{finish}}}"#);
            self.chunk(&choice, self.no_usage(), out);
        }
        if let Some(usage) = self.usage.as_deref().filter(|_| self.include_usage) {
            self.chunk("", Some(usage), out);
        }
        out.bytes.extend_from_slice(b"data: [DONE]\n\n");
        Ok(())
    }

    fn held(&self) -> usize {
        let kept = |choice: &Choice| choice.calls.held();
        self.choices.iter().map(kept).fold(0, usize::saturating_add)
    }
}

const OBJECT: &str = "\"chat.completion.chunk\"";

/// The delta that a choice begins with.
const ROLE: &str = r#"{"role":"assistant","content":""}"#;
