//! A reply in one piece: Google's, or folded out of a stream by `fold`.
//!
//! <https://platform.openai.com/docs/api-reference/chat/object>

use super::audio_out::Audio;
use super::envelope::{Envelope, MOST_CANDIDATES, Shape, push_string};
use super::{calls::Calls, extras, finish, logprobs, usage::Usage};
use crate::endpoint::completions;
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
        out.usage = usage.tokens();
        let whole = Whole { envelope: &self.envelope, usage: &usage, size, streamed: false };
        out.bytes = whole.json(&[reply])?;
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// What a `chat.completion` is made with.
pub(super) struct Whole<'e> {
    pub(super) envelope: &'e Envelope,
    pub(super) usage: &'e Usage,
    /// Bytes of Google's JSON.
    pub(super) size: usize,
    /// Whether it was a stream, which tells of each choice that it has ended.
    pub(super) streamed: bool,
}

impl Whole<'_> {
    /// The `chat.completion` of a reply, or of all events of a stream.
    ///
    /// # Errors
    /// 502 where the model failed and left nothing, or where a stream is not complete.
    pub(super) fn json(&self, replies: &[GenerateContentResponse<'_>]) -> Result<Vec<u8>, Error> {
        let choices = gathered(replies).ok_or_else(Error::stream_unreadable)?;
        if self.streamed && choices.iter().all(|choice| choice.native.is_none()) {
            return Err(Error::stream_cut());
        }
        let mut json = self.envelope.open(self.envelope.shape.object(), replies);
        // About as long as Google's: grown step by step, a long one would be held three times.
        json.reserve(self.size.saturating_add(4096));
        json.extend_from_slice(b",\"choices\":[");
        self.push_choices(&mut json, &choices)?;
        json.extend_from_slice(b"],\"usage\":");
        json.extend_from_slice(&self.usage.json());
        json.push(b'}');
        Ok(json)
    }

    fn push_choices(&self, json: &mut Vec<u8>, choices: &[Choice<'_, '_>]) -> Result<(), Error> {
        let said =
            choices.iter().map(|choice| self.said(choice)).collect::<Result<Vec<Said<'_>>, Error>>()?;
        let usable = said.iter().any(|said| !said.content.is_empty() || !said.calls.is_empty() || said.shown);
        for (position, (choice, said)) in choices.iter().zip(said).enumerate() {
            if position > 0 {
                json.push(b',');
            }
            let called = (!said.calls.is_empty()).then(|| self.envelope.calling.finish());
            let finish = match choice.native {
                _ if choice.blocked => "content_filter",
                // Cut while others finished: not a stop.
                None if self.streamed => "length",
                native => finish::reason(native, choice.message, usable, called)
                    .map_err(|error| self.envelope.redacted(error))?,
            };
            match &self.envelope.shape {
                Shape::Chat => choice.push(said, finish, self.envelope.calling.legacy, json),
                Shape::Completion { echo } => choice.push_text(echo, &said.content, finish, json),
            }
        }
        Ok(())
    }

    fn said<'a>(&self, choice: &Choice<'_, 'a>) -> Result<Said<'a>, Error> {
        let (calling, id) = (&self.envelope.calling, self.envelope.id());
        let mut calls = Calls::new(choice.index);
        // A completion has no place for calls and media, and ends as if there were none.
        let is_chat = matches!(self.envelope.shape, Shape::Chat);
        let mut said = Said {
            content: Vec::new(),
            reasoning: Vec::new(),
            calls: Vec::new(),
            shown: is_chat && choice.candidates.iter().any(|candidate| extras::shows(candidate)),
            audio: self.envelope.audio(choice.index),
        };
        for part in choice.candidates.iter().flat_map(|candidate| candidate.parts()) {
            match part.said() {
                Some((text, true)) => said.reasoning.push(text),
                Some((text, false)) => said.content.push(text),
                None if is_chat => calls.push(part, calling, false, id, &mut said.calls)?,
                None => {}
            }
        }
        let told = choice.native.or(if self.streamed { None } else { Some("STOP") });
        calls.end(finish::rest(told), calling, false, &mut said.calls);
        Ok(said)
    }
}

/// One choice: its candidate, or in a stream one of each event that tells of it.
#[derive(Default)]
struct Choice<'c, 'a> {
    index: u64,
    candidates: Vec<&'c Candidate<'a>>,
    /// Why the prompt was blocked, in words.
    refusal: Option<&'c str>,
    /// Google's finish reason, or why the prompt was blocked.
    native: Option<&'c str>,
    message: Option<&'c str>,
    blocked: bool,
}

/// The choices in the order of their indices; `None` where they are too many. Never empty: SDKs read the first choice
/// without looking.
fn gathered<'c, 'a>(replies: &'c [GenerateContentResponse<'a>]) -> Option<Vec<Choice<'c, 'a>>> {
    let mut choices = Vec::new();
    for reply in replies {
        for (position, candidate) in reply.candidates.iter().enumerate() {
            let choice = of_index(&mut choices, reply.place(candidate, position))?;
            choice.candidates.push(candidate);
            let native = candidate.finish_reason.as_deref();
            if native.is_some() || choice.native.is_none() {
                (choice.native, choice.blocked) = (native, false);
                choice.message = candidate.finish_message.as_deref();
            }
        }
        let feedback = reply.prompt_feedback.0.as_ref().filter(|_| reply.candidates.is_empty());
        if let Some((feedback, native)) =
            feedback.and_then(|feedback| Some((feedback, feedback.block_reason.as_deref()?)))
        {
            let choice = of_index(&mut choices, 0)?;
            (choice.native, choice.blocked) = (Some(native), true);
            choice.refusal = feedback.block_reason_message.as_deref();
        }
    }
    if choices.is_empty() {
        choices.push(Choice::default());
    }
    Some(choices)
}

/// The choice `index`. Google gives at most eight; a lookup among many more would take the worker's time.
fn of_index<'v, 'c, 'a>(choices: &'v mut Vec<Choice<'c, 'a>>, index: u64) -> Option<&'v mut Choice<'c, 'a>> {
    let place = choices.partition_point(|before| before.index < index);
    let known = choices.get(place).is_some_and(|choice| choice.index == index);
    if !known && choices.len() < MOST_CANDIDATES {
        choices.insert(place, Choice { index, ..Choice::default() });
    }
    choices.get_mut(place).filter(|choice| choice.index == index)
}

/// What a choice says, as pieces of JSON literals, and the elements of its `tool_calls`.
struct Said<'a> {
    content: Vec<Text<'a>>,
    reasoning: Vec<Text<'a>>,
    calls: Vec<u8>,
    /// Whether there is something to see or hear.
    shown: bool,
    /// What its sound begins as.
    audio: Audio,
}

impl Choice<'_, '_> {
    /// Media are written last, so that they are not copied twice.
    fn push(&self, said: Said<'_>, finish: &'static str, legacy: bool, json: &mut Vec<u8>) {
        json.extend_from_slice(
            format!("{{\"index\":{},\"message\":{{\"role\":\"assistant\",\"content\":", self.index)
                .as_bytes(),
        );
        let silent = finish == "content_filter" || !said.calls.is_empty() || said.shown;
        if said.content.is_empty() && silent {
            json.extend_from_slice(b"null");
        } else {
            push_joined(json, &said.content);
        }
        json.extend_from_slice(b",\"refusal\":");
        push_optional(json, self.refusal);
        if !said.reasoning.is_empty() {
            json.extend_from_slice(b",\"reasoning_content\":");
            push_joined(json, &said.reasoning);
        }
        if !said.calls.is_empty() {
            json.extend_from_slice(if legacy { b",\"function_call\":" } else { b",\"tool_calls\":[" });
            json.extend_from_slice(&said.calls);
            if !legacy {
                json.push(b']');
            }
        }
        extras::push_whole(&self.candidates, said.audio, json);
        json.extend_from_slice(b"},\"logprobs\":");
        logprobs::push(&self.candidates, json);
        json.push(b',');
        finish::push(json, finish, self.native, self.message);
        json.push(b'}');
    }
}

impl Choice<'_, '_> {
    /// The same for legacy completions: nothing but text.
    fn push_text(&self, echo: &str, content: &[Text<'_>], finish: &'static str, json: &mut Vec<u8>) {
        json.extend_from_slice(b"{\"text\":\"");
        json.extend_from_slice(echo.as_bytes());
        for piece in content {
            json.extend_from_slice(piece.inner().as_bytes());
        }
        json.extend_from_slice(format!("\",\"index\":{},\"logprobs\":", self.index).as_bytes());
        completions::logprobs::push(&self.candidates, &mut 0, json);
        json.push(b',');
        finish::push(json, finish, self.native, self.message.or(self.refusal));
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
