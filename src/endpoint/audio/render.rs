//! A transcript in each of OpenAI's formats.
//!
//! | format | what | its type |
//! |---|---|---|
//! | `json` | text and token counts | JSON |
//! | `text` | text | `text/plain` |
//! | `verbose_json` | text, segments, words; what Whisper alone knows is zero | JSON |
//! | `diarized_json` | text, turns of speakers, token counts | JSON |
//! | `srt`, `vtt` | subtitles | `text/plain`, `text/vtt` |
//!
//! <https://platform.openai.com/docs/api-reference/audio/json-object>, <https://www.w3.org/TR/webvtt1/>

use std::rc::Rc;

use super::time::{clock, number};
use super::transcript::{Segment, Transcript, Word};
use crate::config::Config;
use crate::endpoint::chat::envelope::push_string;
use crate::endpoint::chat::usage::Usage;
use crate::error::Error;

/// What becomes of speech.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    /// The same words.
    Transcribe,
    /// English.
    Translate,
}

/// How the client gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Format {
    #[default]
    Json,
    Text,
    VerboseJson,
    DiarizedJson,
    Srt,
    Vtt,
}

/// What the request leaves for its reply.
pub(super) struct Plan {
    pub(super) format: Format,
    pub(super) task: Task,
    /// Words with times.
    pub(super) words: bool,
    /// Segments with times.
    pub(super) segments: bool,
    /// The spoken language, where the client told it.
    pub(super) language: Option<String>,
    pub(super) config: Rc<Config>,
}

impl Format {
    /// Reads `response_format`.
    ///
    /// # Errors
    /// 400 for what the endpoint does not have.
    pub(super) fn read(asked: &str, task: Task) -> Result<Self, Error> {
        let message = match (asked, task) {
            ("json", _) => return Ok(Self::Json),
            ("text", _) => return Ok(Self::Text),
            ("verbose_json", _) => return Ok(Self::VerboseJson),
            ("srt", _) => return Ok(Self::Srt),
            ("vtt", _) => return Ok(Self::Vtt),
            ("diarized_json", Task::Transcribe) => return Ok(Self::DiarizedJson),
            (_, Task::Transcribe) => {
                "Invalid value. Supported values are: 'json', 'text', 'srt', 'verbose_json', 'vtt' and 'diarized_json'."
            }
            (_, Task::Translate) => {
                "Invalid value. Supported values are: 'json', 'text', 'srt', 'verbose_json' and 'vtt'."
            }
        };
        Err(Error::invalid(message).param("response_format").code("invalid_value"))
    }

    /// Whether it tells times.
    pub(super) fn has_times(self) -> bool {
        !matches!(self, Self::Json | Self::Text)
    }

    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json | Self::VerboseJson | Self::DiarizedJson => "application/json",
            Self::Text | Self::Srt => "text/plain; charset=utf-8",
            Self::Vtt => "text/vtt; charset=utf-8",
        }
    }
}

impl Plan {
    /// A transcript without times.
    pub(super) fn plain(&self, text: &str, usage: &Usage) -> Vec<u8> {
        if self.format == Format::Text {
            return [text.as_bytes(), b"\n"].concat();
        }
        let mut json = b"{\"text\":".to_vec();
        push_string(&mut json, text);
        json.extend(tokens(usage));
        json.push(b'}');
        json
    }

    /// A transcript with times.
    pub(super) fn timed(&self, transcript: &Transcript, usage: &Usage) -> Vec<u8> {
        match self.format {
            Format::Srt => srt(&transcript.segments).into_bytes(),
            Format::Vtt => vtt(&transcript.segments).into_bytes(),
            Format::DiarizedJson => diarized(transcript, usage),
            _ => self.verbose(transcript),
        }
    }

    fn verbose(&self, transcript: &Transcript) -> Vec<u8> {
        let (task, language) = match self.task {
            Task::Transcribe => ("transcribe", transcript.language.as_ref().or(self.language.as_ref())),
            Task::Translate => ("translate", None),
        };
        let mut json = format!("{{\"task\":\"{task}\",\"language\":").into_bytes();
        let unknown = if self.task == Task::Translate { "english" } else { "unknown" };
        push_string(&mut json, language.map_or(unknown, String::as_str));
        json.extend(format!(",\"duration\":{},\"text\":", number(transcript.duration)).into_bytes());
        push_string(&mut json, &transcript.text());
        if self.words {
            json.extend_from_slice(b",\"words\":[");
            for (index, Word { start, end, text }) in transcript.words.iter().enumerate() {
                json.extend_from_slice(if index > 0 { b",{\"word\":" } else { b"{\"word\":" });
                push_string(&mut json, text);
                json.extend(format!(",\"start\":{},\"end\":{}}}", number(*start), number(*end)).into_bytes());
            }
            json.push(b']');
        }
        if self.segments {
            json.extend_from_slice(b",\"segments\":[");
            for (index, Segment { start, end, text, .. }) in transcript.segments.iter().enumerate() {
                let comma = if index > 0 { "," } else { "" };
                let (start, end) = (number(*start), number(*end));
                let head =
                    format!("{comma}{{\"id\":{index},\"seek\":0,\"start\":{start},\"end\":{end},\"text\":");
                json.extend(head.into_bytes());
                push_string(&mut json, text);
                json.extend_from_slice(
                    b",\"tokens\":[],\"temperature\":0.0,\"avg_logprob\":0.0,\"compression_ratio\":0.0,\
                      \"no_speech_prob\":0.0}",
                );
            }
            json.push(b']');
        }
        // Whisper is billed by time.
        let seconds = transcript.duration.div_ceil(1000);
        json.extend(format!(",\"usage\":{{\"type\":\"duration\",\"seconds\":{seconds}}}}}").into_bytes());
        json
    }
}

fn diarized(transcript: &Transcript, usage: &Usage) -> Vec<u8> {
    let mut json =
        format!("{{\"task\":\"transcribe\",\"duration\":{},\"text\":", number(transcript.duration))
            .into_bytes();
    push_string(&mut json, &script(transcript));
    json.extend_from_slice(b",\"segments\":[");
    for (index, segment) in transcript.segments.iter().enumerate() {
        if index > 0 {
            json.push(b',');
        }
        push_segment(&mut json, segment, index);
    }
    json.push(b']');
    json.extend(tokens(usage));
    json.push(b'}');
    json
}

/// Who said what, a line each.
pub(super) fn script(transcript: &Transcript) -> String {
    let lines = transcript.segments.iter().map(|segment| format!("{}: {}", speaker(segment), segment.text));
    lines.collect::<Vec<_>>().join("\n")
}

/// Appends a turn of a speaker.
pub(super) fn push_segment(json: &mut Vec<u8>, segment: &Segment, index: usize) {
    let (start, end) = (number(segment.start), number(segment.end));
    let id = index.saturating_add(1);
    let head = format!(
        "{{\"type\":\"transcript.text.segment\",\"id\":\"seg_{id:03}\",\"start\":{start},\"end\":{end},\"text\":"
    );
    json.extend(head.into_bytes());
    push_string(json, &segment.text);
    json.extend_from_slice(b",\"speaker\":");
    push_string(json, speaker(segment));
    json.push(b'}');
}

fn speaker(segment: &Segment) -> &str {
    if segment.speaker.is_empty() { "unknown" } else { &segment.speaker }
}

/// The member `usage` with a comma before it, where Google told token counts.
pub(super) fn tokens(usage: &Usage) -> Vec<u8> {
    let Some(tokens) = usage.tokens() else {
        return Vec::new();
    };
    let (input, output, audio) = (tokens.prompt, tokens.completion, usage.heard());
    let (text, total) = (input.saturating_sub(audio), input.saturating_add(output));
    let details = match audio {
        0 => String::new(),
        _ => format!("\"input_token_details\":{{\"text_tokens\":{text},\"audio_tokens\":{audio}}},"),
    };
    format!(
        ",\"usage\":{{\"type\":\"tokens\",\"input_tokens\":{input},{details}\"output_tokens\":{output},\
         \"total_tokens\":{total}}}"
    )
    .into_bytes()
}

fn srt(segments: &[Segment]) -> String {
    let mut file = String::new();
    for (index, Segment { start, end, text, .. }) in segments.iter().enumerate() {
        let (number, start, end) = (index.saturating_add(1), clock(*start, ','), clock(*end, ','));
        let text = line(text).replace("-->", "->");
        file.push_str(&format!("{number}\n{start} --> {end}\n{text}\n\n"));
    }
    file
}

fn vtt(segments: &[Segment]) -> String {
    let mut file = "WEBVTT\n\n".to_owned();
    for Segment { start, end, text, .. } in segments {
        let (start, end) = (clock(*start, '.'), clock(*end, '.'));
        let text = line(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        file.push_str(&format!("{start} --> {end}\n{text}\n\n"));
    }
    file
}

/// On one line: an empty one would end the cue.
fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
