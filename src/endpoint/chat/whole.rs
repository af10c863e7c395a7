//! A reply in one piece.
//!
//! <https://platform.openai.com/docs/api-reference/chat/object>

use super::audio_out::Audio;
use super::envelope::{Envelope, push_string};
use super::{calls::Calls, extras, finish, logprobs, usage::Usage};
use crate::error::Error;
use crate::headers::Headers;
use crate::pipe::{Reader, Sink};
use crate::wire::gemini::{Candidate, GenerateContentResponse};
use crate::wire::text::Text;

/// The reader of one `chat.completion`.
pub(super) struct ChatReply {
    pub(super) envelope: Envelope,
}

impl Reader for ChatReply {
    fn head(&mut self, headers: &Headers) {
        self.envelope.head(headers);
    }

    fn event(&mut self, reply: &[u8], out: &mut Sink) -> Result<(), Error> {
        let size = reply.len();
        let reply = self.envelope.read(reply)?;
        let mut usage = Usage::default();
        if let Some(metadata) = &reply.usage_metadata.0 {
            usage.add(metadata);
        }
        let mut json = self.envelope.open("chat.completion", &reply);
        // About as long as Google's: grown step by step, a long one would be held three times.
        json.reserve(size.saturating_add(4096));
        json.extend_from_slice(b",\"choices\":[");
        push_choices(&mut json, &reply, &self.envelope)?;
        json.extend_from_slice(b"],\"usage\":");
        json.extend_from_slice(&usage.json());
        json.push(b'}');
        out.bytes = json;
        out.usage = usage.tokens();
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// Never empty: SDKs read the first choice without looking.
fn push_choices(
    json: &mut Vec<u8>,
    reply: &GenerateContentResponse<'_>,
    envelope: &Envelope,
) -> Result<(), Error> {
    if reply.candidates.is_empty() {
        let feedback = reply.prompt_feedback.0.as_ref();
        let blocked = feedback.filter(|feedback| feedback.block_reason.is_some());
        let refusal = blocked.and_then(|feedback| feedback.block_reason_message.as_deref());
        let native = blocked.and_then(|feedback| feedback.block_reason.as_deref());
        let finish = if blocked.is_some() { "content_filter" } else { "stop" };
        Choice { index: 0, said: Said::default(), refusal, finish, native, message: None }.push(json, false);
        return Ok(());
    }
    let mut candidates = Vec::with_capacity(reply.candidates.len());
    for (position, candidate) in reply.candidates.iter().enumerate() {
        let index = reply.place(candidate, position);
        let place = candidates.partition_point(|(before, _)| *before <= index);
        candidates.insert(place, (index, candidate));
    }
    let said = candidates
        .iter()
        .map(|(index, candidate)| Said::of(candidate, *index, envelope))
        .collect::<Result<Vec<Said<'_, '_>>, Error>>()?;
    let usable = said.iter().any(|said| !said.content.is_empty() || !said.calls.is_empty() || said.shown);
    for (position, ((index, candidate), said)) in candidates.into_iter().zip(said).enumerate() {
        if position > 0 {
            json.push(b',');
        }
        let native = candidate.finish_reason.as_deref();
        let called = (!said.calls.is_empty()).then(|| envelope.calling.finish());
        let message = candidate.finish_message.as_deref();
        let finish =
            finish::reason(native, message, usable, called).map_err(|error| envelope.redacted(error))?;
        Choice { index, said, refusal: None, finish, native, message }.push(json, envelope.calling.legacy);
    }
    Ok(())
}

/// What one candidate said, as pieces of JSON literals, and the elements of its `tool_calls`.
#[derive(Default)]
struct Said<'c, 'a> {
    content: Vec<Text<'a>>,
    reasoning: Vec<Text<'a>>,
    calls: Vec<u8>,
    /// Whether there is something to see or hear.
    shown: bool,
    /// What else there is, written last: media are not copied twice.
    rest: Option<(&'c Candidate<'a>, Audio)>,
}

impl<'c, 'a> Said<'c, 'a> {
    fn of(candidate: &'c Candidate<'a>, index: u64, envelope: &Envelope) -> Result<Self, Error> {
        let mut said = Self::default();
        let mut calls = Calls::new(index);
        said.shown = extras::shows(candidate);
        said.rest = Some((candidate, envelope.audio(index)));
        for part in candidate.parts() {
            match part.said() {
                Some((text, true)) => said.reasoning.push(text),
                Some((text, false)) => said.content.push(text),
                None => calls.push(part, &envelope.calling, false, envelope.id(), &mut said.calls)?,
            }
        }
        let rest = finish::rest(candidate.finish_reason.as_deref().or(Some("STOP")));
        calls.end(rest, &envelope.calling, false, &mut said.calls);
        Ok(said)
    }
}

struct Choice<'c, 'a> {
    index: u64,
    said: Said<'c, 'a>,
    refusal: Option<&'c str>,
    finish: &'static str,
    native: Option<&'c str>,
    message: Option<&'c str>,
}

impl Choice<'_, '_> {
    fn push(self, json: &mut Vec<u8>, legacy: bool) {
        json.extend_from_slice(
            format!("{{\"index\":{},\"message\":{{\"role\":\"assistant\",\"content\":", self.index)
                .as_bytes(),
        );
        let silent = self.finish == "content_filter" || !self.said.calls.is_empty() || self.said.shown;
        if self.said.content.is_empty() && silent {
            json.extend_from_slice(b"null");
        } else {
            push_joined(json, &self.said.content);
        }
        json.extend_from_slice(b",\"refusal\":");
        push_optional(json, self.refusal);
        if !self.said.reasoning.is_empty() {
            json.extend_from_slice(b",\"reasoning_content\":");
            push_joined(json, &self.said.reasoning);
        }
        if !self.said.calls.is_empty() {
            json.extend_from_slice(if legacy { b",\"function_call\":" } else { b",\"tool_calls\":[" });
            json.extend_from_slice(&self.said.calls);
            if !legacy {
                json.push(b']');
            }
        }
        let logprobs = self.said.rest.as_ref().and_then(|(candidate, _)| candidate.logprobs_result);
        if let Some((candidate, audio)) = self.said.rest {
            extras::push_whole(candidate, audio, json);
        }
        json.extend_from_slice(b"},\"logprobs\":");
        logprobs::push(logprobs, json);
        json.push(b',');
        finish::push(json, self.finish, self.native, self.message);
        json.push(b'}');
    }
}

/// One literal out of several.
fn push_joined(json: &mut Vec<u8>, pieces: &[Text<'_>]) {
    json.push(b'"');
    for piece in pieces {
        json.extend_from_slice(piece.inner().as_bytes());
    }
    json.push(b'"');
}

fn push_optional(json: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => push_string(json, text),
        None => json.extend_from_slice(b"null"),
    }
}
