//! What was said, when and by whom: read in every form that models give it, but none of it is made up.
//!
//! A model that was told to answers with JSON, see `prompt`. A model that does nothing but transcribe gives a part for each
//! turn, `{"text","audioTranscription":{"text","speakerLabel","languageCode","words":[{"word","startOffset","endOffset"}]}}`,
//! whose words alone have times: stretches are made of them here.
//! <https://ai.google.dev/gemini-api/docs/generate-content/transcribe>

use serde_json::value::RawValue;

use super::time::{self, Time};
use crate::wire::gemini::CandidatePart;
use crate::wire::json;
use crate::wire::lenient::Members;
use crate::wire::text::{Run, Str, Text};

/// A transcript with times.
#[derive(Default)]
pub(super) struct Transcript {
    /// A name or a code, where the model told it.
    pub(super) language: Option<String>,
    pub(super) duration: Time,
    pub(super) segments: Vec<Segment>,
    pub(super) words: Vec<Word>,
}

/// A stretch of speech.
pub(super) struct Segment {
    pub(super) start: Time,
    pub(super) end: Time,
    pub(super) text: String,
    /// `A`, `B`, …; empty where nobody asked.
    pub(super) speaker: String,
}

/// A word of it.
pub(super) struct Word {
    pub(super) start: Time,
    pub(super) end: Time,
    pub(super) text: String,
}

/// What one speaker said without a break.
pub(super) struct Turn {
    pub(super) text: String,
    /// Google's label.
    speaker: String,
    language: Option<String>,
    words: Vec<Word>,
    /// Whether each word and its times could be read.
    readable: bool,
}

impl Turn {
    /// The turn that `part` is, where a model that does nothing but transcribe gave it.
    pub(super) fn of(part: &CandidatePart<'_>) -> Option<Self> {
        let heard = Members::of(part.audio_transcription?.get())?;
        let text = |name| heard.get(name).and_then(string);
        let told = heard.get("words").map_or_else(|| Some(Vec::new()), list);
        let mut readable = told.is_some();
        let mut words = Vec::new();
        for word in told.unwrap_or_default() {
            let word = Members::of(word.get()).and_then(|word| {
                // A beginning of zero may be left out.
                let (start, end) = (word.get("startOffset"), word.get("endOffset"));
                let start = if start.is_none() && words.is_empty() { Some(0) } else { time::read(start?) }?;
                Some(Word { start, end: time::read(end?)?.max(start), text: string(word.get("word")?)? })
            });
            readable &= word.is_some();
            words.extend(word);
        }
        let said = part.said().map(|(text, _)| plain(&text));
        Some(Self {
            text: said.or_else(|| text("text")).unwrap_or_default(),
            speaker: text("speakerLabel").unwrap_or_default(),
            language: text("languageCode").filter(|code| !code.is_empty()),
            words,
            readable,
        })
    }

    /// Its bytes in memory, about.
    pub(super) fn held(&self) -> usize {
        self.words.len().saturating_mul(64).saturating_add(self.text.len())
    }

    /// Its sentences: each ends with its mark, before a pause, or when it has become too long to be read at a glance.
    fn sentences(&self) -> Vec<Segment> {
        let mut sentences: Vec<Segment> = Vec::new();
        let mut open = false;
        let mut rest = self.text.as_str();
        for word in &self.words {
            let (piece, after) = cut(rest, &word.text).unwrap_or_else(|| (format!(" {}", word.text), rest));
            rest = after;
            match sentences.last_mut().filter(|last| open && word.start.saturating_sub(last.end) < PAUSE) {
                Some(last) => {
                    last.text.push_str(&piece);
                    last.end = word.end.max(last.end);
                }
                None => sentences.push(Segment {
                    start: word.start,
                    end: word.end,
                    text: piece,
                    speaker: String::new(),
                }),
            }
            open = sentences.last().is_some_and(|last| {
                let ended = last.text.ends_with(['.', '?', '!', '…', '。', '？', '！', '।']);
                !ended && last.end.saturating_sub(last.start) < LONGEST
            });
        }
        if let Some(last) = sentences.last_mut() {
            last.text.push_str(rest);
        }
        sentences
    }
}

/// Splits `text` after `word` and the marks that follow it; `None` where it does not begin with it, nearly.
fn cut<'t>(text: &'t str, word: &str) -> Option<(String, &'t str)> {
    const NEAR: usize = 16;
    let near = text.floor_char_boundary(word.len().saturating_add(NEAR));
    let found = text.get(..near)?.find(word)?;
    let end = found.saturating_add(word.len());
    let marks = text.get(end..)?;
    let marks = marks.find(|c: char| c.is_alphanumeric() || c.is_whitespace()).unwrap_or(marks.len());
    let (piece, rest) = text.split_at_checked(end.saturating_add(marks))?;
    Some((piece.to_owned(), rest))
}

impl Transcript {
    /// Reads what a model answered that was told to write JSON; `None` where any text or time of it cannot be read.
    pub(super) fn of_answer(answer: &str) -> Option<Self> {
        // Models that cannot be made to write JSON put it between fences.
        let object = answer.get(answer.find('{')?..=answer.rfind('}')?)?;
        if json::is_too_heavy(object.as_bytes()) {
            return None;
        }
        let told = Members::of(object)?;
        let mut segments = Vec::new();
        for segment in list(told.get("segments")?)? {
            let segment = Members::of(segment.get())?;
            let (start, end) = (time::read(segment.get("start")?)?, time::read(segment.get("end")?)?);
            let text = string(segment.get("text")?)?;
            let speaker = segment.get("speaker").and_then(string).unwrap_or_default();
            // Nothing ends before it began.
            segments.push(Segment { start, end: end.max(start), text, speaker });
        }
        let duration = told.get("duration").and_then(time::read);
        let language = told.get("language").and_then(string).filter(|language| !language.is_empty());
        let transcript = Self { language, segments, ..Self::default() };
        Some(transcript.tidied(duration))
    }

    /// Makes stretches of `turns`: themselves, each with its speaker, or their sentences. `None` where a word
    /// has no time that can be read, or no word has one.
    pub(super) fn of_turns(turns: Vec<Turn>, by_speaker: bool) -> Option<Self> {
        let mut transcript = Self::default();
        let mut speakers: Vec<String> = Vec::new();
        for turn in turns {
            if !turn.readable {
                return None;
            }
            if by_speaker {
                let first = turn.words.first()?;
                let last = turn.words.last()?;
                let known = speakers.iter().position(|speaker| *speaker == turn.speaker);
                let number = known.unwrap_or(speakers.len());
                transcript.segments.push(Segment {
                    start: first.start,
                    end: last.end,
                    text: turn.text.clone(),
                    speaker: letter(number),
                });
                if known.is_none() {
                    speakers.push(turn.speaker.clone());
                }
            } else if turn.words.is_empty() && !turn.text.trim().is_empty() {
                return None;
            } else {
                transcript.segments.extend(turn.sentences());
            }
            transcript.language = transcript.language.or(turn.language);
            transcript.words.extend(turn.words);
        }
        Some(transcript.tidied(None))
    }

    /// All that was said.
    pub(super) fn text(&self) -> String {
        let texts: Vec<&str> = self.segments.iter().map(|segment| segment.text.as_str()).collect();
        texts.join(" ")
    }

    fn tidied(mut self, duration: Option<Time>) -> Self {
        for segment in &mut self.segments {
            segment.text = segment.text.trim().to_owned();
        }
        self.segments.retain(|segment| !segment.text.is_empty());
        let last = self.segments.iter().map(|segment| segment.end).max().unwrap_or(0);
        self.duration = duration.unwrap_or(0).max(last);
        self
    }
}

/// `A` to `Z`, then numbers.
fn letter(number: usize) -> String {
    let letter = u8::try_from(number).ok().and_then(|number| b'A'.checked_add(number));
    match letter.filter(u8::is_ascii_uppercase) {
        Some(letter) => char::from(letter).to_string(),
        None => number.saturating_add(1).to_string(),
    }
}

fn list(raw: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(raw.get()).ok()
}

fn string(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok().map(|Str(text)| text.into_owned())
}

/// The text as it reads.
pub(super) fn plain(text: &Text<'_>) -> String {
    let mut plain = String::with_capacity(text.inner().len());
    for run in text.runs() {
        match run {
            Run::Plain(text) => plain.push_str(text),
            Run::Escaped(character) => plain.push(character),
        }
    }
    plain
}

/// Milliseconds of silence that end a sentence.
const PAUSE: Time = 2000;

/// Milliseconds that are too long for one line of subtitles.
const LONGEST: Time = 7000;

#[cfg(test)]
mod tests;
