//! A streamed reply.
//!
//! For each choice: one chunk with the role, then deltas, then one chunk with the finish reason. That reason is told
//! only when Google's stream has ended, because older models repeat it on every event. Then the usage if it was asked
//! for, then `[DONE]`. After an error nothing follows.
//! <https://platform.openai.com/docs/api-reference/chat/streaming>

use super::envelope::{Envelope, MOST_CANDIDATES, push_string};
use super::extras::{Extras, Piece};
use super::finish::{self, Told};
use super::{calls::Calls, logprobs, usage::Usage};
use crate::error::Error;
use crate::headers::Headers;
use crate::pipe::{Hold, Reader, Sink};
use crate::wire::gemini::{Candidate, CandidatePart, GenerateContentResponse};

/// The reader of one stream.
pub(super) struct ChatStream {
    envelope: Envelope,
    include_usage: bool,
    asked: u64,
    /// What every chunk begins with, up to `"choices":[`; empty before the first event.
    head: Vec<u8>,
    /// In the order of their indices.
    choices: Vec<Choice>,
    usage: Usage,
}

/// What is known of one choice; its role has been told.
struct Choice {
    index: u64,
    usable: bool,
    calls: Calls,
    extras: Extras,
    finish: Option<Told>,
}

const NO_FINISH: &[u8] = b"\"finish_reason\":null";

impl ChatStream {
    /// `asked` is how many choices the client asked for.
    pub(super) fn new(envelope: Envelope, include_usage: bool, asked: u64) -> Self {
        Self {
            envelope,
            include_usage,
            asked,
            head: Vec::new(),
            choices: Vec::new(),
            usage: Usage::default(),
        }
    }

    /// The choice `index`, which begins with its role; `content` is what that chunk says of the content.
    ///
    /// Those before it that the client asked for have begun by then: OpenAI's Python SDK counts on it.
    fn choice(&mut self, index: u64, content: &str, out: &mut Sink) -> Choice {
        for before in 0..index.min(self.asked) {
            if !self.choices.iter().any(|choice| choice.index == before) {
                let choice = self.begin(before, "\"\"", out);
                self.put_back(choice);
            }
        }
        match self.choices.iter().position(|choice| choice.index == index) {
            Some(place) => self.choices.remove(place),
            None => self.begin(index, content, out),
        }
    }

    fn begin(&self, index: u64, content: &str, out: &mut Sink) -> Choice {
        let role = format!(r#""role":"assistant","content":{content},"refusal":null"#);
        self.delta(index, role.as_bytes(), out);
        let extras = Extras::new(self.envelope.audio(index));
        Choice { index, usable: false, calls: Calls::new(index), extras, finish: None }
    }

    /// Keeps the choices in the order of their indices.
    fn put_back(&mut self, choice: Choice) {
        let place = self.choices.partition_point(|before| before.index < choice.index);
        self.choices.insert(place, choice);
    }

    fn candidate(&mut self, index: u64, candidate: &Candidate<'_>, out: &mut Sink) -> Result<(), Error> {
        let parts = candidate.parts();
        let silent = parts.first().is_some_and(|part| part.function_call.0.is_some());
        let mut choice = self.choice(index, if silent { "null" } else { "\"\"" }, out);
        choice.extras.add(candidate);
        for part in parts {
            // Written where it stays: an image is large.
            let before = out.bytes.len();
            self.open(choice.index, out);
            let members = &mut out.bytes;
            match part.said() {
                Some((text, thought)) => {
                    choice.usable |= !thought;
                    members.extend_from_slice(if thought {
                        b"\"reasoning_content\":\""
                    } else {
                        b"\"content\":\""
                    });
                    members.extend_from_slice(text.inner().as_bytes());
                    members.push(b'"');
                }
                None => match choice.extras.push_piece(part, members) {
                    Piece::Shown => choice.usable = true,
                    Piece::Step => {}
                    Piece::Other => {
                        members.truncate(before);
                        self.called(&mut choice, Some(part), out)?;
                        continue;
                    }
                },
            }
            self.close(b"null", NO_FINISH, out);
        }
        if candidate.logprobs_result.is_some() {
            let mut logprobs = Vec::new();
            logprobs::push(&[candidate], &mut logprobs);
            self.chunk(choice.index, b"", &logprobs, NO_FINISH, out);
        }
        if let Some(reason) = candidate.finish_reason.as_deref() {
            let message = candidate.finish_message.as_deref().map(str::to_owned);
            out.hold = out.hold.max(if choice.finish.is_none() { Hold::Ended } else { Hold::Again });
            choice.finish = Some(Told { reason: reason.to_owned(), message, blocked: false });
        }
        self.put_back(choice);
        // Google gives at most eight; a lookup among many more would take the worker's time.
        if self.choices.len() > MOST_CANDIDATES { Err(Error::stream_unreadable()) } else { Ok(()) }
    }

    /// The chunk with the calls that `part` completes, or that the end of the stream does.
    fn called(
        &self,
        choice: &mut Choice,
        part: Option<&CandidatePart<'_>>,
        out: &mut Sink,
    ) -> Result<(), Error> {
        let calling = &self.envelope.calling;
        let mut calls = Vec::new();
        match part {
            Some(part) => choice.calls.push(part, calling, true, self.envelope.id(), &mut calls)?,
            None => {
                let told = choice.finish.as_ref().map(|told| &*told.reason);
                choice.calls.end(finish::rest(told), calling, true, &mut calls);
            }
        }
        if !calls.is_empty() {
            choice.usable = true;
            self.open(choice.index, out);
            let (before, after): (&[u8], &[u8]) =
                if calling.legacy { (b"\"function_call\":", b"") } else { (b"\"tool_calls\":[", b"]") };
            for piece in [before, &calls, after] {
                out.bytes.extend_from_slice(piece);
            }
            self.close(b"null", NO_FINISH, out);
        }
        Ok(())
    }

    fn blocked(&mut self, reply: &GenerateContentResponse<'_>, out: &mut Sink) {
        let feedback = reply.prompt_feedback.0.as_ref();
        let Some((feedback, reason)) =
            feedback.and_then(|feedback| Some((feedback, feedback.block_reason.as_deref()?)))
        else {
            return;
        };
        let mut choice = self.choice(0, "\"\"", out);
        if let Some(message) = feedback.block_reason_message.as_deref() {
            let mut refusal = b"\"refusal\":".to_vec();
            push_string(&mut refusal, message);
            self.delta(0, &refusal, out);
        }
        choice.finish = Some(Told { reason: reason.to_owned(), message: None, blocked: true });
        out.hold = Hold::Ended;
        self.put_back(choice);
    }

    fn delta(&self, index: u64, members: &[u8], out: &mut Sink) {
        self.chunk(index, members, b"null", NO_FINISH, out);
    }

    fn chunk(&self, index: u64, members: &[u8], logprobs: &[u8], finish: &[u8], out: &mut Sink) {
        self.open(index, out);
        out.bytes.extend_from_slice(members);
        self.close(logprobs, finish, out);
    }

    /// A chunk up to the members of its delta.
    fn open(&self, index: u64, out: &mut Sink) {
        let bytes = &mut out.bytes;
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(b"{\"index\":");
        bytes.extend_from_slice(index.to_string().as_bytes());
        bytes.extend_from_slice(b",\"delta\":{");
    }

    /// The rest of a chunk.
    fn close(&self, logprobs: &[u8], finish: &[u8], out: &mut Sink) {
        let bytes = &mut out.bytes;
        bytes.extend_from_slice(b"},\"logprobs\":");
        bytes.extend_from_slice(logprobs);
        bytes.push(b',');
        bytes.extend_from_slice(finish);
        bytes.extend_from_slice(if self.include_usage { b"}],\"usage\":null}\n\n" } else { b"}]}\n\n" });
    }
}

impl Reader for ChatStream {
    fn head(&mut self, headers: &Headers) {
        self.envelope.head(headers);
    }

    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reply = self.envelope.read(json)?;
        if self.head.is_empty() {
            self.head = b"data: ".to_vec();
            self.head.extend(self.envelope.open("chat.completion.chunk", std::slice::from_ref(&reply)));
            self.head.extend_from_slice(b",\"choices\":[");
        }
        if let Some(metadata) = &reply.usage_metadata.0 {
            self.usage.add(metadata);
            out.usage = self.usage.tokens();
        }
        for (position, candidate) in reply.candidates.iter().enumerate() {
            self.candidate(reply.place(candidate, position), candidate, out)?;
        }
        if reply.candidates.is_empty() {
            self.blocked(&reply, out);
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        if !self.choices.iter().any(|choice| choice.finish.is_some()) {
            return Err(Error::stream_cut());
        }
        let mut choices = std::mem::take(&mut self.choices);
        for choice in &mut choices {
            self.called(choice, None, out)?;
        }
        let usable = choices.iter().any(|choice| choice.usable);
        let mut finishes = Vec::with_capacity(choices.len());
        for choice in &choices {
            let called = (choice.calls.count() > 0).then(|| self.envelope.calling.finish());
            let mut members = Vec::new();
            finish::push_told(choice.finish.as_ref(), usable, called, &self.envelope, &mut members)?;
            finishes.push(members);
        }
        for (choice, finish) in choices.iter_mut().zip(finishes) {
            let mut members = Vec::new();
            choice.extras.push_end(&mut members);
            if !members.is_empty() {
                self.delta(choice.index, &members, out);
            }
            self.chunk(choice.index, b"", b"null", &finish, out);
        }
        if self.include_usage {
            out.bytes.extend_from_slice(&self.head);
            out.bytes.extend_from_slice(b"],\"usage\":");
            out.bytes.extend_from_slice(&self.usage.json());
            out.bytes.extend_from_slice(b"}\n\n");
        }
        out.bytes.extend_from_slice(b"data: [DONE]\n\n");
        Ok(())
    }

    fn held(&self) -> usize {
        let kept = |choice: &Choice| choice.calls.held().saturating_add(choice.extras.held());
        self.choices.iter().map(kept).fold(0, usize::saturating_add)
    }
}
