//! What a choice has beside text, thinking and calls: media, annotations, and what only Google has.
//!
//! Members of a message or a delta, in this order: `images`, `files`, `extra_content`, `audio`, `annotations`,
//! `provider_specific_fields`. A stream tells media and steps as they come, each list element with its `index`; the
//! rest once, when the stream has ended: OpenAI's clients fail at a second delta with a list whose elements have none,
//! and make one string of two, which no signature survives. Where several parts of text are signed, the last counts.

use super::audio_out::{self, Audio};
use super::envelope::push_signature;
use super::media_out::{self, Files};
use super::metadata::Metadata;
use super::server_tools::Step;
use super::text_index::TextIndex;
use crate::wire::gemini::{Candidate, CandidatePart};

/// Whether `candidate` has something to see or hear.
pub(super) fn shows(candidate: &Candidate<'_>) -> bool {
    candidate.parts().iter().any(|part| media_out::list(part).is_some() || audio_out::is_sound(part))
}

/// Appends the members for a whole reply, each after a comma; of a stream, all `candidates` of one choice.
pub(super) fn push_whole(candidates: &[&Candidate<'_>], audio: Audio, json: &mut Vec<u8>) {
    let all: Vec<&CandidatePart<'_>> = candidates.iter().flat_map(|candidate| candidate.parts()).collect();
    let mut files = Files::default();
    for list in ["images", "files"] {
        let mut parts = all.iter().filter(|part| media_out::list(part) == Some(list)).peekable();
        if parts.peek().is_none() {
            continue;
        }
        json.extend_from_slice(format!(",\"{list}\":[").as_bytes());
        while let Some(part) = parts.next() {
            files.push(part, json);
            json.push(if parts.peek().is_some() { b',' } else { b']' });
        }
    }
    if let Some(signature) = candidates.iter().rev().find_map(|candidate| text_signature(candidate)) {
        json.push(b',');
        push_signature(json, signature);
    }
    json.push(b',');
    if !audio.push_whole(&all, json) {
        json.pop();
    }
    let mut steps = Lists::default();
    for Step { list, members } in all.iter().filter_map(|part| Step::of(part)) {
        steps.add(list, &[b"{", &members[..], b"}"].concat());
    }
    let (mut text, mut metadata) = (TextIndex::default(), Metadata::default());
    for candidate in candidates {
        metadata.add(candidate);
    }
    if metadata.annotates() {
        for candidate in candidates {
            text.push(candidate.parts());
        }
    }
    let mut told = Vec::new();
    push_told(&text, &metadata, &steps, &mut told);
    if !told.is_empty() {
        json.push(b',');
        json.extend_from_slice(&told);
    }
}

/// The last signature of text in `candidate`.
fn text_signature<'c>(candidate: &'c Candidate<'_>) -> Option<&'c str> {
    candidate.parts().iter().rev().find_map(CandidatePart::text_signature)
}

/// The same of one choice of a stream.
#[derive(Debug)]
pub(super) struct Extras {
    text: TextIndex,
    metadata: Metadata,
    files: Files,
    audio: Audio,
    /// The last signature of text.
    signature: Option<String>,
    /// How many steps each list has.
    steps: Vec<(&'static str, usize)>,
}

/// What a part was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Nothing of this kind.
    Other,
    /// Something to see or hear.
    Shown,
    /// Something Google did.
    Step,
}

impl Extras {
    pub(super) fn new(audio: Audio) -> Self {
        Self {
            text: TextIndex::default(),
            metadata: Metadata::default(),
            files: Files::default(),
            audio,
            signature: None,
            steps: Vec::new(),
        }
    }

    /// Takes what one event says of the choice as a whole.
    pub(super) fn add(&mut self, candidate: &Candidate<'_>) {
        self.text.push(candidate.parts());
        self.metadata.add(candidate);
        if let Some(signature) = text_signature(candidate) {
            self.signature = Some(signature.to_owned());
        }
    }

    /// Bytes kept, about.
    pub(super) fn held(&self) -> usize {
        let signature = self.signature.as_ref().map_or(0, String::len);
        self.text.held().saturating_add(self.metadata.held()).saturating_add(signature)
    }

    /// Appends the member of a delta for `part`; nothing where it is neither media nor a step.
    pub(super) fn push_piece(&mut self, part: &CandidatePart<'_>, json: &mut Vec<u8>) -> Piece {
        if let Some(list) = media_out::list(part) {
            json.extend_from_slice(format!("\"{list}\":[").as_bytes());
            self.files.push(part, json);
            json.push(b']');
            return Piece::Shown;
        }
        if self.audio.push_piece(part, json) {
            return Piece::Shown;
        }
        let Some(Step { list, members }) = Step::of(part) else {
            return Piece::Other;
        };
        let index = self.number(list);
        json.extend_from_slice(
            format!("\"provider_specific_fields\":{{\"{list}\":[{{\"index\":{index},").as_bytes(),
        );
        json.extend_from_slice(&members);
        json.extend_from_slice(b"}]}");
        Piece::Step
    }

    fn number(&mut self, list: &'static str) -> usize {
        match self.steps.iter_mut().find(|(name, _)| *name == list) {
            Some((_, count)) => {
                *count = count.saturating_add(1);
                *count
            }
            None => {
                self.steps.push((list, 0));
                0
            }
        }
    }

    /// Appends the members of the last delta, where there are any.
    pub(super) fn push_end(&mut self, json: &mut Vec<u8>) {
        if let Some(signature) = &self.signature {
            json.extend_from_slice(b"\"content\":\"\",");
            push_signature(json, signature);
            json.push(b',');
        }
        if self.audio.push_end(json) {
            json.push(b',');
        }
        push_told(&self.text, &self.metadata, &Lists::default(), json);
        if json.last() == Some(&b',') {
            json.pop();
        }
    }
}

/// `annotations` and `provider_specific_fields`.
fn push_told(text: &TextIndex, metadata: &Metadata, steps: &Lists, json: &mut Vec<u8>) {
    let mut annotations = Vec::new();
    metadata.push_annotations(text, &mut annotations);
    if !annotations.is_empty() {
        push_list(&("annotations", annotations), json);
    }
    let mut fields = Vec::new();
    metadata.push_fields(&mut fields);
    for member in &steps.0 {
        if !fields.is_empty() {
            fields.push(b',');
        }
        push_list(member, &mut fields);
    }
    if !fields.is_empty() {
        if json.last() == Some(&b']') {
            json.push(b',');
        }
        json.extend_from_slice(b"\"provider_specific_fields\":{");
        json.extend_from_slice(&fields);
        json.push(b'}');
    }
}

/// Names of lists, and their elements with commas between.
#[derive(Default)]
struct Lists(Vec<(&'static str, Vec<u8>)>);

impl Lists {
    fn add(&mut self, list: &'static str, element: &[u8]) {
        match self.0.iter_mut().find(|(name, _)| *name == list) {
            Some((_, elements)) => {
                elements.push(b',');
                elements.extend_from_slice(element);
            }
            None => self.0.push((list, element.to_vec())),
        }
    }
}

fn push_list((name, elements): &(&'static str, Vec<u8>), json: &mut Vec<u8>) {
    json.extend_from_slice(format!("\"{name}\":[").as_bytes());
    json.extend_from_slice(elements);
    json.push(b']');
}
