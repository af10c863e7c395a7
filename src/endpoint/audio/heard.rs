//! The reply to a request of a transcription or translation, in one piece or as it comes.
//!
//! A stream begins with its first words, so that a refusal before them keeps its status. One of speakers is told at its end:
//! its times come as JSON, which is whole only then.
//! <https://platform.openai.com/docs/api-reference/audio/transcript-text-delta-event>

use super::ending::Ending;
use super::render::{Format, Plan, push_segment, script, tokens};
use super::transcript::{Transcript, Turn, plain};
use crate::endpoint::chat::envelope::{push_string, read};
use crate::endpoint::chat::usage::Usage;
use crate::error::Error;
use crate::pipe::{EVENTS, Hold, Reader, Sink};

/// What has been heard so far.
struct Heard {
    plan: Plan,
    ending: Ending,
    usage: Usage,
    text: String,
    turns: Vec<Turn>,
}

impl Heard {
    fn new(plan: Plan) -> Self {
        let (ending, usage) = (Ending::new(&plan.config), Usage::default());
        Self { plan, ending, usage, text: String::new(), turns: Vec::new() }
    }

    /// Takes a reply, or an event of one; true where it tells an end.
    fn take(&mut self, json: &[u8], out: &mut Sink) -> Result<bool, Error> {
        let reply = read(json, &self.plan.config)?;
        if let Some(metadata) = &reply.usage_metadata.0 {
            self.usage.add(metadata);
            out.usage = self.usage.tokens();
        }
        for part in reply.candidates.first().map_or(&[][..], |candidate| candidate.parts()) {
            if let Some(turn) = Turn::of(part) {
                // A turn has no space around it.
                if !self.text.is_empty() && !turn.text.is_empty() {
                    self.text.push(' ');
                }
                self.text.push_str(&turn.text);
                self.turns.push(turn);
            } else if let Some((text, false)) = part.said() {
                self.text.push_str(&plain(&text));
            }
        }
        Ok(self.ending.see(&reply))
    }

    /// The transcript with times.
    fn transcript(&mut self) -> Result<Transcript, Error> {
        let turns = std::mem::take(&mut self.turns);
        let transcript = if !turns.is_empty() {
            Transcript::of_turns(turns, self.plan.format == Format::DiarizedJson)
        } else if self.text.trim().is_empty() {
            Some(Transcript::default())
        } else {
            Transcript::of_answer(&self.text)
        };
        transcript.ok_or_else(|| self.ending.failed("The model's transcript has no times that could be read"))
    }

    /// The reply has ended.
    fn check(&self) -> Result<(), Error> {
        self.ending.check()
    }
}

/// The reader of a transcript in one piece.
pub(super) struct TranscriptReply(Heard);

impl TranscriptReply {
    pub(super) fn new(plan: Plan) -> Self {
        Self(Heard::new(plan))
    }
}

impl Reader for TranscriptReply {
    fn content_type(&self) -> Option<&'static str> {
        Some(self.0.plan.format.content_type())
    }

    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let heard = &mut self.0;
        heard.take(json, out)?;
        heard.check()?;
        out.bytes = if heard.plan.format.has_times() {
            let transcript = heard.transcript()?;
            heard.plan.timed(&transcript, &heard.usage)
        } else {
            heard.plan.plain(heard.text.trim(), &heard.usage)
        };
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// The reader of a transcript as it comes.
pub(super) struct TranscriptStream {
    heard: Heard,
    /// Whether anything was told.
    begun: bool,
}

impl TranscriptStream {
    pub(super) fn new(plan: Plan) -> Self {
        Self { heard: Heard::new(plan), begun: false }
    }
}

impl Reader for TranscriptStream {
    fn folds(&self) -> bool {
        !self.begun
    }

    fn content_type(&self) -> Option<&'static str> {
        Some(EVENTS)
    }

    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let before = self.heard.text.len();
        let again = self.heard.ending.is_told();
        let ended = self.heard.take(json, out)?;
        let delta = self.heard.text.get(before..).unwrap_or_default();
        if !delta.is_empty() && !self.heard.plan.format.has_times() {
            self.begun = true;
            out.bytes.extend_from_slice(b"data: {\"type\":\"transcript.text.delta\",\"delta\":");
            push_string(&mut out.bytes, delta);
            out.bytes.extend_from_slice(b"}\n\n");
        }
        if ended {
            out.hold = out.hold.max(if again { Hold::Again } else { Hold::Ended });
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        if !self.heard.ending.is_told() {
            return Err(Error::stream_cut());
        }
        self.heard.check()?;
        let mut text = std::mem::take(&mut self.heard.text);
        if self.heard.plan.format.has_times() {
            self.heard.text = text;
            let transcript = self.heard.transcript()?;
            for (index, segment) in transcript.segments.iter().enumerate() {
                out.bytes.extend_from_slice(b"data: ");
                push_segment(&mut out.bytes, segment, index);
                out.bytes.extend_from_slice(b"\n\n");
            }
            text = script(&transcript);
        }
        out.bytes.extend_from_slice(b"data: {\"type\":\"transcript.text.done\",\"text\":");
        push_string(&mut out.bytes, &text);
        out.bytes.extend(tokens(&self.heard.usage));
        out.bytes.extend_from_slice(b"}\n\n");
        Ok(())
    }

    fn held(&self) -> usize {
        let turns = self.heard.turns.iter().map(Turn::held).fold(0, usize::saturating_add);
        self.heard.text.len().saturating_add(turns)
    }
}
