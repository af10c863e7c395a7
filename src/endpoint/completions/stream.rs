//! A streamed reply.
//!
//! For each choice: the prompt where it is echoed, then the text with its likelihoods, then one chunk with the finish
//! reason. That, the usage and the end are told as in chat.
//! <https://platform.openai.com/docs/api-reference/completions>

use super::logprobs;
use crate::endpoint::chat::envelope::{Envelope, MOST_CANDIDATES, Shape};
use crate::endpoint::chat::finish::{self, Told};
use crate::endpoint::chat::usage::Usage;
use crate::error::Error;
use crate::headers::Headers;
use crate::pipe::{Hold, Reader, Sink};
use crate::wire::gemini::{Candidate, GenerateContentResponse};

/// The reader of one stream.
pub(in crate::endpoint) struct CompletionStream {
    envelope: Envelope,
    include_usage: bool,
    /// What every chunk begins with, up to `"choices":[`; empty before the first event.
    head: Vec<u8>,
    /// In the order of their indices.
    choices: Vec<Choice>,
    usage: Usage,
}

/// What is known of one choice.
struct Choice {
    index: u64,
    usable: bool,
    /// Characters whose likelihood was told.
    offset: usize,
    finish: Option<Told>,
}

const NO_FINISH: &[u8] = b"\"finish_reason\":null";

impl CompletionStream {
    pub(in crate::endpoint) fn new(envelope: Envelope, include_usage: bool) -> Self {
        Self { envelope, include_usage, head: Vec::new(), choices: Vec::new(), usage: Usage::default() }
    }

    /// Takes out the choice `index`, which begins with the prompt where that is echoed.
    fn choice(&mut self, index: u64, out: &mut Sink) -> Choice {
        if let Some(place) = self.choices.iter().position(|choice| choice.index == index) {
            return self.choices.remove(place);
        }
        if let Shape::Completion { echo } = &self.envelope.shape
            && !echo.is_empty()
        {
            self.chunk(index, &[echo], b"null", NO_FINISH, out);
        }
        Choice { index, usable: false, offset: 0, finish: None }
    }

    /// Keeps the choices in the order of their indices.
    fn put_back(&mut self, choice: Choice) {
        let place = self.choices.partition_point(|before| before.index < choice.index);
        self.choices.insert(place, choice);
    }

    fn candidate(&mut self, index: u64, candidate: &Candidate<'_>, out: &mut Sink) -> Result<(), Error> {
        let mut choice = self.choice(index, out);
        let said = candidate.parts().iter().filter_map(|part| part.said());
        let said: Vec<_> = said.filter(|(_, thought)| !thought).map(|(text, _)| text).collect();
        choice.usable |= !said.is_empty();
        if !said.is_empty() || candidate.logprobs_result.is_some() {
            let pieces: Vec<&str> = said.iter().map(|text| text.inner()).collect();
            let mut likelihoods = Vec::new();
            logprobs::push(&[candidate], &mut choice.offset, &mut likelihoods);
            self.chunk(index, &pieces, &likelihoods, NO_FINISH, out);
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

    fn blocked(&mut self, reply: &GenerateContentResponse<'_>, out: &mut Sink) {
        let feedback = reply.prompt_feedback.0.as_ref();
        let Some((feedback, reason)) =
            feedback.and_then(|feedback| Some((feedback, feedback.block_reason.as_deref()?)))
        else {
            return;
        };
        let mut choice = self.choice(0, out);
        let message = feedback.block_reason_message.as_deref().map(str::to_owned);
        choice.finish = Some(Told { reason: reason.to_owned(), message, blocked: true });
        out.hold = Hold::Ended;
        self.put_back(choice);
    }

    /// A chunk; `text` are pieces of a JSON literal.
    fn chunk(&self, index: u64, text: &[&str], logprobs: &[u8], finish: &[u8], out: &mut Sink) {
        let bytes = &mut out.bytes;
        bytes.extend_from_slice(&self.head);
        bytes.extend_from_slice(b"{\"text\":\"");
        for piece in text {
            bytes.extend_from_slice(piece.as_bytes());
        }
        bytes.extend_from_slice(format!("\",\"index\":{index},\"logprobs\":").as_bytes());
        bytes.extend_from_slice(logprobs);
        bytes.push(b',');
        bytes.extend_from_slice(finish);
        bytes.extend_from_slice(if self.include_usage { b"}],\"usage\":null}\n\n" } else { b"}]}\n\n" });
    }
}

impl Reader for CompletionStream {
    fn head(&mut self, headers: &Headers) {
        self.envelope.head(headers);
    }

    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reply = self.envelope.read(json)?;
        if self.head.is_empty() {
            self.head = b"data: ".to_vec();
            self.head.extend(self.envelope.open("text_completion", std::slice::from_ref(&reply)));
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
        let usable = self.choices.iter().any(|choice| choice.usable);
        let mut finishes = Vec::with_capacity(self.choices.len());
        for choice in &self.choices {
            let mut members = Vec::new();
            finish::push_told(choice.finish.as_ref(), usable, None, &self.envelope, &mut members)?;
            finishes.push(members);
        }
        for (choice, finish) in self.choices.iter().zip(finishes) {
            self.chunk(choice.index, &[], b"null", &finish, out);
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
}
