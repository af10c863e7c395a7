//! A stream folded into one reply, for a client that did not ask for a stream where Google was asked for one.
//!
//! The events are kept as they came, each looked at for errors and token counts at once. At the end `whole` makes of all
//! of them what it makes of one reply: text, calls, media, metadata and likelihoods go on from event to event; of
//! everything else counts what was told first or, of why it ended, last. What is not complete is an error, as in `stream`.
//! <https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent>

use super::envelope::Envelope;
use super::usage::Usage;
use super::whole::Whole;
use crate::error::Error;
use crate::headers::Headers;
use crate::pipe::{Hold, Reader, Sink};
use crate::wire::gemini::Candidate;
use crate::wire::json;

/// The reader of a stream that becomes one `chat.completion`.
pub(super) struct ChatFold {
    envelope: Envelope,
    usage: Usage,
    events: Vec<Vec<u8>>,
    /// Bytes of them.
    size: usize,
}

impl ChatFold {
    pub(super) fn new(envelope: Envelope) -> Self {
        Self { envelope, usage: Usage::default(), events: Vec::new(), size: 0 }
    }
}

impl Reader for ChatFold {
    fn folds(&self) -> bool {
        true
    }

    fn head(&mut self, headers: &Headers) {
        self.envelope.head(headers);
    }

    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reply = self.envelope.read(json)?;
        if let Some(metadata) = &reply.usage_metadata.0 {
            self.usage.add(metadata);
            out.usage = self.usage.tokens();
        }
        let ends = |candidate: &Candidate<'_>| candidate.finish_reason.is_some();
        if reply.candidates.is_empty() || reply.candidates.iter().any(ends) {
            out.hold = Hold::Ended;
        }
        self.size = self.size.saturating_add(json.len());
        self.events.push(json.to_vec());
        Ok(())
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        let (events, size) = (std::mem::take(&mut self.events), std::mem::take(&mut self.size));
        if json::are_too_heavy(&events) {
            return Err(Error::reply_unreadable());
        }
        let replies =
            events.iter().map(|event| self.envelope.read(event)).collect::<Result<Vec<_>, Error>>()?;
        let whole = Whole { envelope: &self.envelope, usage: &self.usage, size, streamed: true };
        out.bytes = whole.json(&replies)?;
        Ok(())
    }

    fn held(&self) -> usize {
        let each = std::mem::size_of::<Vec<u8>>().saturating_mul(self.events.len());
        self.size.saturating_add(each)
    }
}
