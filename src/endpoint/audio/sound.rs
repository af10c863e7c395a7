//! The reply to a request of speech: sound in one piece, as bytes while they come, or as events.
//!
//! Gemini speaks PCM; a WAV header goes before it. The length in that of a stream is unknown, which its largest number
//! says. Nothing is told before the first sound, so that a refusal keeps its status; afterwards bytes can only be cut off.
//! <https://platform.openai.com/docs/api-reference/audio/speech-audio-delta-event>

use std::rc::Rc;

use super::ending::Ending;
use crate::config::{Config, RequestMode};
use crate::endpoint::chat::audio_out::sound;
use crate::endpoint::chat::envelope::read;
use crate::endpoint::chat::usage::Usage;
use crate::error::Error;
use crate::pipe::{EVENTS, Files, Hold, Reader, Sink};
use crate::rope::Rope;
use crate::wire::base64::{Decoder, Joiner, is_valid};
use crate::wire::wav::{self, Pcm};

/// What the client gets.
#[derive(Clone, Copy)]
pub(super) enum Format {
    /// Samples behind a header.
    Wav,
    /// Samples.
    Pcm,
}

impl Format {
    fn content_type(self) -> &'static str {
        match self {
            Self::Wav => "audio/wav",
            Self::Pcm => "audio/pcm",
        }
    }

    /// What goes before `length` bytes of the MIME type `kind`.
    fn header(self, kind: &str, length: usize, ending: &Ending) -> Result<Vec<u8>, Error> {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        match (self, Pcm::of(kind)) {
            (Self::Wav, Some(pcm)) => Ok(pcm.wav_header(length)),
            (Self::Pcm, Some(_)) => Ok(Vec::new()),
            (Self::Wav, None) if essence.eq_ignore_ascii_case("audio/wav") => Ok(Vec::new()),
            _ => Err(ending.failed(&format!("The model spoke '{essence}', which is not what was asked for"))),
        }
    }
}

/// The reader of sound in one piece.
pub(super) struct SpeechReply {
    format: Format,
    ending: Ending,
}

impl SpeechReply {
    pub(super) fn new(config: &Rc<Config>, format: Format) -> Self {
        Self { format, ending: Ending::new(config) }
    }
}

impl Files for SpeechReply {
    fn decodes(&self) -> bool {
        true
    }

    fn content_type(&self) -> &'static str {
        self.format.content_type()
    }

    fn read(&mut self, json: &[u8], mut files: Vec<Rope>, out: &mut Sink) -> Result<(), Error> {
        let reply = read(json, self.ending.config())?;
        let mut usage = Usage::default();
        if let Some(metadata) = &reply.usage_metadata.0 {
            usage.add(metadata);
        }
        out.usage = usage.tokens();
        self.ending.see(&reply);
        let parts = reply.candidates.first().map_or(&[][..], |candidate| candidate.parts());
        let mut kind = None;
        for (this, data) in parts.iter().filter_map(sound) {
            let file = data.inner().parse().ok().and_then(|index: usize| files.get_mut(index));
            out.body.append(file.map(std::mem::take).unwrap_or_default());
            kind = kind.or(Some(this));
        }
        self.ending.check()?;
        let kind = kind.filter(|_| !out.body.is_empty()).ok_or_else(|| self.ending.failed(SILENT))?;
        out.bytes = self.format.header(kind, out.body.len(), &self.ending)?;
        Ok(())
    }
}

/// The reader of sound as it comes.
pub(super) struct SpeechStream {
    format: Format,
    /// What carries it.
    carrier: Carrier,
    ending: Ending,
    usage: Usage,
    /// Whether there was any.
    begun: bool,
}

enum Carrier {
    Bytes,
    Events(Joiner),
}

impl SpeechStream {
    /// In `events`, or as bytes.
    pub(super) fn new(config: &Rc<Config>, format: Format, events: bool) -> Self {
        let carrier = match events {
            true => Carrier::Events(Joiner::default()),
            false => Carrier::Bytes,
        };
        Self { format, carrier, ending: Ending::new(config), usage: Usage::default(), begun: false }
    }

    /// One event, of the base64 that `write` writes; none where that is nothing.
    fn delta(out: &mut Sink, write: impl FnOnce(&mut Vec<u8>)) {
        const DELTA: &[u8] = b"data: {\"type\":\"speech.audio.delta\",\"audio\":\"";
        let before = out.bytes.len();
        out.bytes.extend_from_slice(DELTA);
        let empty = out.bytes.len();
        write(&mut out.bytes);
        if out.bytes.len() == empty {
            out.bytes.truncate(before);
        } else {
            out.bytes.extend_from_slice(b"\"}\n\n");
        }
    }
}

impl Reader for SpeechStream {
    fn folds(&self) -> bool {
        // Where the head has gone already, there is nothing to hold back for.
        !self.begun && self.ending.config().request_mode != RequestMode::Headers
    }

    fn content_type(&self) -> Option<&'static str> {
        Some(match self.carrier {
            Carrier::Bytes => self.format.content_type(),
            Carrier::Events(_) => EVENTS,
        })
    }

    fn event(&mut self, json: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reply = read(json, self.ending.config())?;
        if let Some(metadata) = &reply.usage_metadata.0 {
            self.usage.add(metadata);
            out.usage = self.usage.tokens();
        }
        let parts = reply.candidates.first().map_or(&[][..], |candidate| candidate.parts());
        for (kind, data) in parts.iter().filter_map(sound) {
            if !is_valid(data.inner().as_bytes()) {
                return Err(Error::file_unreadable());
            }
            let mut header = Vec::new();
            if !self.begun {
                header = self.format.header(kind, wav::UNKNOWN, &self.ending)?;
                self.begun = true;
            }
            match &mut self.carrier {
                Carrier::Bytes => {
                    out.bytes.append(&mut header);
                    Decoder::default().json(data.inner().as_bytes(), &mut out.bytes);
                }
                Carrier::Events(joiner) => Self::delta(out, |base64| {
                    joiner.bytes(&header, base64);
                    joiner.base64(&data, base64);
                }),
            }
        }
        let again = self.ending.is_told();
        if self.ending.see(&reply) {
            out.hold = out.hold.max(if again { Hold::Again } else { Hold::Ended });
        }
        Ok(())
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        if !self.ending.is_told() {
            return Err(Error::stream_cut());
        }
        self.ending.check()?;
        if !self.begun {
            return Err(self.ending.failed(SILENT));
        }
        if let Carrier::Events(joiner) = &mut self.carrier {
            Self::delta(out, |base64| joiner.end(base64));
            let tokens = self.usage.tokens().unwrap_or_default();
            let (input, output) = (tokens.prompt, tokens.completion);
            let total = input.saturating_add(output);
            let done = format!(
                "data: {{\"type\":\"speech.audio.done\",\"usage\":{{\"input_tokens\":{input},\
                 \"output_tokens\":{output},\"total_tokens\":{total}}}}}\n\n"
            );
            out.bytes.extend_from_slice(done.as_bytes());
        }
        Ok(())
    }
}

const SILENT: &str = "The model gave no sound";
