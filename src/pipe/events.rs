//! Cuts a stream into JSON values, whatever frames them.
//!
//! Google frames a stream as server-sent events (`alt=sse`) or as one JSON array, and a stream that fails half-way may
//! print a bare, pretty-printed error after its last event. One scanner reads all of them: outside a value it knows
//! lines (fields, comments), inside it only balances brackets. Each byte is looked at once; a value that a chunk holds
//! whole is handed over as a slice of that chunk.
//!
//! Server-sent events: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>

use super::carry::Carry;
use crate::error::Error;
use crate::wire::scan::first_of;

const FIELD: &[u8] = b"data:";

/// What ends a run of text inside a string.
const ENDS_RUN: [u8; 4] = [b'"', b'\\', b'\r', b'\n'];

/// An incremental scanner; bytes may be cut anywhere, even inside a character or a line end.
#[derive(Debug, Default)]
pub struct Splitter {
    place: Place,
    /// Open brackets of the current value; 0 between values.
    depth: usize,
    in_string: bool,
    escaped: bool,
    /// The current value stands on `data:` lines, so that line starts inside it are framing.
    framed: bool,
    after_cr: bool,
    after_bracket: bool,
    /// `[DONE]` was said.
    done: bool,
    /// The beginning of a value that is not complete yet.
    carry: Carry,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    LineStart,
    /// So many bytes of `data:` have been seen.
    Field(usize),
    /// A comment or a field of no interest.
    SkippedLine,
    Content,
}

enum Step {
    Nothing,
    /// A value begins with this byte.
    Open,
    /// The value is interrupted by framing, from this byte on.
    Interrupt,
    /// The value goes on after this byte.
    Resume,
    /// The value ends with this byte.
    Close,
}

impl Splitter {
    /// Gives every value that `chunk` completes to `value`, in order.
    ///
    /// # Errors
    /// Content that is not JSON, and whatever `value` returns.
    pub fn push(
        &mut self,
        chunk: &[u8],
        value: &mut dyn FnMut(&[u8]) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut start = (self.depth > 0 && self.place == Place::Content).then_some(0);
        let mut at = 0;
        while let Some(&byte) = chunk.get(at) {
            let next = at.wrapping_add(1);
            match self.step(byte)? {
                Step::Nothing => {}
                Step::Open => start = Some(at),
                Step::Resume => start = Some(next),
                Step::Interrupt => self.keep(chunk, start.take(), at),
                Step::Close => {
                    let from = start.take();
                    if self.carry.is_empty() {
                        value(from.and_then(|from| chunk.get(from..next)).unwrap_or_default())?;
                    } else {
                        self.keep(chunk, from, next);
                        let carried = self.carry.take();
                        value(&carried)?;
                    }
                }
            }
            at = if self.in_string && !self.escaped {
                // Most of a stream is text: run to the next byte that matters.
                let text = chunk.get(next..).unwrap_or_default();
                next.wrapping_add(first_of(text, ENDS_RUN).unwrap_or(text.len()))
            } else {
                next
            };
        }
        self.keep(chunk, start, chunk.len());
        Ok(())
    }

    /// The stream is over.
    ///
    /// # Errors
    /// A value was not complete.
    pub fn end(&self) -> Result<(), Error> {
        if self.depth > 0 {
            return Err(Error::stream_cut());
        }
        Ok(())
    }

    /// Whether the stream said that it is complete, `[DONE]`.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done
    }

    /// Bytes kept for the next chunk.
    #[must_use]
    pub fn held(&self) -> usize {
        self.carry.len()
    }

    fn keep(&mut self, chunk: &[u8], from: Option<usize>, to: usize) {
        if let Some(piece) = from.and_then(|from| chunk.get(from..to)) {
            self.carry.push(piece);
        }
    }

    fn step(&mut self, byte: u8) -> Result<Step, Error> {
        match self.place {
            Place::Content if self.depth > 0 => self.inside(byte),
            Place::Content => self.between(byte),
            Place::LineStart => self.line_start(byte),
            Place::Field(seen) => {
                if FIELD.get(seen) != Some(&byte) {
                    self.place = Place::SkippedLine;
                    return Ok(self.skipped(byte));
                }
                let seen = seen.wrapping_add(1);
                if seen < FIELD.len() {
                    self.place = Place::Field(seen);
                    return Ok(Step::Nothing);
                }
                self.place = Place::Content;
                self.framed = true;
                Ok(if self.depth > 0 { Step::Resume } else { Step::Nothing })
            }
            Place::SkippedLine => Ok(self.skipped(byte)),
        }
    }

    fn line_start(&mut self, byte: u8) -> Result<Step, Error> {
        let after_cr = std::mem::take(&mut self.after_cr);
        match byte {
            b'\n' if after_cr => {}
            // A blank line ends an event, so a value that is still open never will be whole.
            b'\r' | b'\n' if self.depth > 0 => return Err(Error::stream_unreadable()),
            b'\r' | b'\n' => self.after_cr = byte == b'\r',
            b'd' => self.place = Place::Field(1),
            b'{' | b'[' | b']' | b',' if self.depth == 0 => {
                self.place = Place::Content;
                self.framed = false;
                return self.between(byte);
            }
            // White space before a bare value, or a byte order mark.
            b' ' | b'\t' | 0xEF | 0xBB | 0xBF if self.depth == 0 => {}
            _ => self.place = Place::SkippedLine,
        }
        Ok(Step::Nothing)
    }

    fn skipped(&mut self, byte: u8) -> Step {
        if is_line_end(byte) {
            self.place = Place::LineStart;
            self.after_cr = byte == b'\r';
        }
        Step::Nothing
    }

    /// Content between two values: white space, the brackets and commas of an array, or `[DONE]`.
    fn between(&mut self, byte: u8) -> Result<Step, Error> {
        let after_bracket = std::mem::take(&mut self.after_bracket);
        match byte {
            b'{' => {
                self.depth = 1;
                return Ok(Step::Open);
            }
            b'[' => self.after_bracket = true,
            b']' | b',' | b' ' | b'\t' => {}
            b'\r' | b'\n' => {
                self.skipped(byte);
            }
            b'D' if after_bracket => {
                self.done = true;
                self.place = Place::SkippedLine;
            }
            _ => return Err(Error::stream_unreadable()),
        }
        Ok(Step::Nothing)
    }

    fn inside(&mut self, byte: u8) -> Result<Step, Error> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                b'\r' | b'\n' => return Err(Error::stream_unreadable()),
                _ => {}
            }
            return Ok(Step::Nothing);
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    return Ok(Step::Close);
                }
            }
            b'\r' | b'\n' if self.framed => {
                self.skipped(byte);
                return Ok(Step::Interrupt);
            }
            _ => {}
        }
        Ok(Step::Nothing)
    }
}

fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The values of a stream that arrives in `pieces`, or `None` where it is refused.
    fn split<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Option<Vec<String>> {
        let mut splitter = Splitter::default();
        let mut values = Vec::new();
        for piece in pieces {
            splitter
                .push(piece, &mut |json| {
                    let json: serde_json::Value = serde_json::from_slice(json).unwrap();
                    values.push(json.to_string());
                    Ok(())
                })
                .ok()?;
        }
        splitter.end().ok()?;
        Some(values)
    }

    const A: &str = r#"{"a":"é \" } \n\\"}"#;
    const B: &str = r#"{"b":[1,{"c":null}]}"#;

    #[test]
    fn every_framing_gives_the_same_values_wherever_it_is_cut() {
        let streams = [
            format!("data: {A}\n\ndata: {B}\n\n"),
            format!("data:{A}\n\ndata:{B}"),
            format!("\u{feff}: hello\nevent: x\nid: 1\nretry\ndata: {A}\n\ndata: {B}\n\ndata: [DONE]\n\n"),
            format!("data: {A}{B}\n\n"),
            format!("data: {A}\n\n{B}\n"),
            format!("data: {A}\n\n{{\n  \"b\": [\n    1,\n    {{\"c\": null}}\n  ]\n}}\n"),
            format!("[{A}\n,\n{B}\n]\n"),
            format!("[{{\n  \"a\": \"é \\\" }} \\n\\\\\"\n}}\n,\n{B}]"),
            format!("data: {A}\n\ndata: {{\"b\":\ndata: [1,\n: ping\nid\ndata:{{\"c\":null}}]}}\n\n"),
            format!("data\ndatax: 1\ndata:\ndata: {A}\n\n  {B}"),
        ];
        for stream in streams {
            for newline in ["\n", "\r\n", "\r"] {
                let stream = stream.replace('\n', newline).into_bytes();
                let expected = Some(vec![A.to_owned(), B.to_owned()]);
                let shown = String::from_utf8_lossy(&stream).into_owned();
                assert_eq!(split([&stream[..]]), expected, "{shown}");
                assert_eq!(split(stream.chunks(1)), expected, "{shown}");
                for cut in 0..stream.len() {
                    let (head, tail) = stream.split_at(cut);
                    assert_eq!(split([head, tail]), expected, "{shown} cut at {cut}");
                }
            }
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for stream in [
            "data: oops\n\n",
            "data: {\"a\":\"tru\n\ndata: {}\n\n",
            "data: {\"a\":\n\ndata: {}\n\n",
            "data: {\"a\":\r\n\r\n",
            "data: 1\n\n",
            "data: {} x\n\n",
            "data: {\"a\":1",
            "[{}\n,{",
        ] {
            assert_eq!(split([stream.as_bytes()]), None, "{stream}");
            assert_eq!(split(stream.as_bytes().chunks(1)), None, "{stream}");
        }
    }

    #[test]
    fn unframed_text_is_no_value() {
        assert_eq!(split([&b"<html>\n<body>{}</body>\n"[..]]), Some(vec![]));
        assert_eq!(split([&b""[..]]), Some(vec![]));
    }

    #[cfg(not(target_arch = "wasm32"))]
    mod properties {
        use super::*;
        use proptest::prelude::*;

        proptest! {
            #[test]
            fn any_bytes_are_read_without_panic_and_without_regard_to_cuts(
                pieces in proptest::collection::vec("[{}\\[\\]\",:\\\\\r\n adDONE1é]{0,6}", 0..24)
            ) {
                let run = |pieces: &mut dyn Iterator<Item = &[u8]>| {
                    let mut splitter = Splitter::default();
                    let mut values = Vec::new();
                    let mut failed = false;
                    for piece in pieces {
                        failed = failed || splitter.push(piece, &mut |json| {
                            values.push(json.to_vec());
                            Ok(())
                        }).is_err();
                    }
                    (values, failed || splitter.end().is_err())
                };
                let whole = pieces.concat().into_bytes();
                let (mut at_once, mut bytewise) = ([&whole[..]].into_iter(), whole.chunks(1));
                let mut as_cut = pieces.iter().map(String::as_bytes);
                let expected = run(&mut at_once);
                prop_assert_eq!(&run(&mut bytewise), &expected);
                prop_assert_eq!(&run(&mut as_cut), &expected);
            }
        }
    }
}
