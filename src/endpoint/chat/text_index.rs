//! Where Google's byte offsets are in the text the client sees.
//!
//! Google counts bytes of UTF-8 within a part, OpenAI counts characters of the whole message. What the recorded replies
//! show (`../shared/corpus`, 81 segments, none of which names a part):
//!
//! * A part that is not named, which is part 0, means **the visible text from its start**, whatever the candidate's
//!   first part is: a thought and tool calls (`pydantic-pydantic-ai__eb78b004c4cd`), a tool call
//!   (`…__0223cd4c995c`, streamed `…__b965c4994bdf`) or code (streamed `…__8bd6e85dc6a3`).
//! * The pieces of a stream are not parts of their own: segments span them (`…__f8f068c9b02b`, ten events), as do
//!   citations (`langchain-ai-langchainjs__6a590a819847`).
//!
//! So a part is counted in a stream only where it does not continue the last text of the event before. A part that is
//! named and is visible text is counted from its own start; any other means the visible text from its start.
//! <https://ai.google.dev/api/generate-content#Segment>

use crate::wire::gemini::CandidatePart;
use crate::wire::text::{Run, Text};

/// What is remembered of the visible text of one choice: at most a bit for each byte, and a number for each part.
#[derive(Debug, Default)]
pub(super) struct TextIndex {
    /// Bytes of visible text so far.
    bytes: usize,
    /// Bit n of these is set where byte n continues a character. Ends with the last such byte: empty for ASCII.
    continuing: Vec<u64>,
    /// Where each part starts in the visible text; `None` where it is something else.
    parts: Vec<Option<usize>>,
    /// Whether the last part is text, and if so whether it is thinking.
    last: Option<bool>,
}

impl TextIndex {
    /// Takes the next parts of the candidate: all of them, or those of one event.
    pub(super) fn push(&mut self, parts: &[CandidatePart<'_>]) {
        for (place, part) in parts.iter().enumerate() {
            let text = part.text.and_then(Text::verbatim);
            let kind = text.as_ref().map(|_| part.is_thought());
            let continues = place == 0 && kind.is_some() && kind == self.last;
            let visible = text.filter(|_| kind == Some(false));
            if !continues {
                self.parts.push(visible.as_ref().map(|_| self.bytes));
                self.last = kind;
            }
            if let Some(text) = visible {
                self.text(&text);
            }
        }
    }

    fn text(&mut self, text: &Text<'_>) {
        for run in text.runs() {
            match run {
                Run::Plain(plain) if plain.is_ascii() => {
                    self.bytes = self.bytes.saturating_add(plain.len());
                }
                Run::Plain(plain) => plain.chars().for_each(|character| self.character(character)),
                Run::Escaped(character) => self.character(character),
            }
        }
    }

    fn character(&mut self, character: char) {
        let next = self.bytes.saturating_add(character.len_utf8());
        for byte in self.bytes.saturating_add(1)..next {
            let (word, bit) = place(byte);
            if self.continuing.len() <= word {
                self.continuing.resize(word.saturating_add(1), 0);
            }
            if let Some(word) = self.continuing.get_mut(word) {
                *word |= bit;
            }
        }
        self.bytes = next;
    }

    /// Bytes kept.
    pub(super) fn held(&self) -> usize {
        std::mem::size_of_val(&*self.continuing).saturating_add(std::mem::size_of_val(&*self.parts))
    }

    /// The characters, from 0 and end excluded, that bytes `start..end` of part `part` are in. An offset inside a
    /// character takes that in, one beyond the text means its end. `None` where nothing of the text is left.
    pub(super) fn locate(&self, part: u64, start: u64, end: u64) -> Option<(usize, usize)> {
        let part = usize::try_from(part).ok().filter(|part| *part > 0);
        let base = part.and_then(|part| self.parts.get(part).copied().flatten()).unwrap_or(0);
        let byte = |offset| {
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            base.saturating_add(offset).min(self.bytes)
        };
        let (mut start, mut end) = (byte(start), byte(end));
        while self.continues(start) {
            start = start.saturating_sub(1);
        }
        while self.continues(end) {
            end = end.saturating_add(1);
        }
        (start < end).then(|| (self.characters(start), self.characters(end)))
    }

    fn continues(&self, byte: usize) -> bool {
        let (word, bit) = place(byte);
        self.continuing.get(word).is_some_and(|word| word & bit != 0)
    }

    /// How many characters start before `byte`.
    fn characters(&self, byte: usize) -> usize {
        let (last, bit) = place(byte);
        let before = self.continuing.iter().take(last).map(|word| word.count_ones());
        let within = self.continuing.get(last).map(|word| (word & bit.wrapping_sub(1)).count_ones());
        let continuing = before
            .chain(within)
            .fold(0_usize, |sum, ones| sum.saturating_add(usize::try_from(ones).unwrap_or(0)));
        byte.saturating_sub(continuing)
    }
}

/// The word and the bit of a byte.
fn place(byte: usize) -> (usize, u64) {
    let bit = u32::try_from(byte % 64).ok().and_then(|shift| 1_u64.checked_shl(shift));
    (byte / 64, bit.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// Events, each a list of parts in JSON.
    fn index(events: &[&str]) -> TextIndex {
        let mut index = TextIndex::default();
        for event in events {
            index.push(&serde_json::from_str::<Vec<CandidatePart<'_>>>(event).unwrap());
        }
        index
    }

    #[test]
    fn bytes_become_characters() {
        // é 2 bytes, 你 3, 😀 4.
        let index = index(&[r#"[{"text":"aé你😀b"}]"#]);
        for (bytes, expected) in [
            ((0, 1), Some((0, 1))),
            ((0, 3), Some((0, 2))),
            ((1, 6), Some((1, 3))),
            ((3, 10), Some((2, 4))),
            ((10, 11), Some((4, 5))),
            // Inside a character.
            ((2, 4), Some((1, 3))),
            ((7, 8), Some((3, 4))),
            // Beyond the text.
            ((6, 99), Some((3, 5))),
            ((0, u64::MAX), Some((0, 5))),
            ((11, 99), None),
            ((3, 3), None),
            ((4, 1), None),
            ((0, 0), None),
        ] {
            assert_eq!(index.locate(0, bytes.0, bytes.1), expected, "{bytes:?}");
        }
    }

    #[test]
    fn escapes_count_as_what_they_stand_for() {
        let index = index(&[r#"[{"text":"\n\"\u00e9\ud83d\ude00\u4f60"},{"text":"\u003cx"}]"#]);
        for (bytes, expected) in [((0, 2), (0, 2)), ((2, 4), (2, 3)), ((4, 8), (3, 4)), ((8, 13), (4, 7))] {
            assert_eq!(index.locate(0, bytes.0, bytes.1), Some(expected), "{bytes:?}");
        }
    }

    #[test]
    fn a_named_part_is_counted_from_its_start() {
        let parts = r#"[{"text":"Müll","thought":true},{"text":"é1"},{"functionCall":{"name":"f"}},{"text":"é2"},{"text":"é3"}]"#;
        let index = index(&[parts]);
        for (part, expected) in [
            (0, (0, 1)),
            (1, (0, 1)),
            (3, (2, 3)),
            (4, (4, 5)),
            // Not visible text, or not there: the whole text.
            (2, (0, 1)),
            (9, (0, 1)),
            (u64::MAX, (0, 1)),
        ] {
            assert_eq!(index.locate(part, 0, 2), Some(expected), "{part}");
        }
        assert_eq!(index.locate(3, 2, 5), Some((3, 5)), "runs on into the next part");
    }

    #[test]
    fn pieces_of_a_stream_are_one_part() {
        let streamed = index(&[
            r#"[{"text":"think","thought":true}]"#,
            r#"[{"text":"ing","thought":true},{"text":"é"}]"#,
            r#"[{"text":"é"}]"#,
            r"[]",
            r#"[{"text":""},{"functionCall":{"name":"f"}}]"#,
            r#"[{"functionCall":{"name":"g"}}]"#,
            r#"[{"text":"é"}]"#,
            r#"[{"text":"x"}]"#,
        ]);
        let whole = index(&[
            r#"[{"text":"thinking","thought":true},{"text":"éé"},{"functionCall":{"name":"f"}},{"functionCall":{"name":"g"}},{"text":"éx"}]"#,
        ]);
        assert_eq!(streamed.parts, whole.parts);
        for part in 0..6 {
            for start in 0..8 {
                for end in start..9 {
                    assert_eq!(streamed.locate(part, start, end), whole.locate(part, start, end));
                }
            }
        }
    }

    #[test]
    fn parts_without_text_are_counted_and_nothing_else() {
        let index = index(&[r#"[{},{"text":null},{"text":7},{"thoughtSignature":"c2ln"},{"text":"ab"}]"#]);
        assert_eq!(index.parts, [None, None, None, None, Some(0)]);
        assert_eq!(index.locate(4, 1, 2), Some((1, 2)));
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest::proptest! {
        #[test]
        fn every_segment_is_found(texts in proptest::collection::vec("[a-c\n\"é你😀]{0,40}", 1..6), cut in 0_usize..200, length in 0_usize..90) {
            let mut index = TextIndex::default();
            for text in &texts {
                let event = serde_json::json!([{"text": text}]).to_string();
                index.push(&serde_json::from_str::<Vec<CandidatePart<'_>>>(&event).unwrap());
            }
            let whole = texts.concat();
            let start = whole.floor_char_boundary(cut);
            let end = whole.floor_char_boundary(start.saturating_add(length));
            let characters = |end| whole.get(..end).unwrap().chars().count();
            let expected = (start < end).then(|| (characters(start), characters(end)));
            proptest::prop_assert_eq!(index.locate(0, start as u64, end as u64), expected);
        }
    }
}
