//! From the offset serde_json stopped at to the path of the value it refused.
//!
//! Measured with serde_json 1.0.154 (`de.rs`: `error`, `peek_error`, `fix_position`; the table in `tests.rs` pins it):
//!
//! | refused | it stops |
//! |---|---|
//! | a scalar | right after it |
//! | an array or object by a visitor that wants a scalar | at its bracket |
//! | the same through `deserialize_any` | at its first element or key, or after it when it is empty |
//! | an object as a whole (missing field) | after its `}` |
//! | a key (unknown or duplicate field) | at the `:` |
//! | a value read first and judged later | at the `,` of an object, after the `,` of an array |
//!
//! Only the document's prefix is read again, without recursion.

use super::push_element;
use super::words::shortened;

/// Byte offset of serde's line (from 1) and column (in bytes); 0 when it knows no position.
pub(super) fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let lines = bytes.split(|b| *b == b'\n').take(line.saturating_sub(1));
    let start = lines.map(|l| l.len().saturating_add(1)).fold(0, usize::saturating_add);
    start.saturating_add(column).min(bytes.len())
}

/// Line (from 1) and column (in characters) of the last character before `offset`.
pub(super) fn line_and_column(bytes: &[u8], offset: usize) -> (usize, usize) {
    let before = bytes.get(..offset).unwrap_or(bytes);
    let last = before.rsplit(|b| *b == b'\n').next().unwrap_or_default();
    let newlines = before.iter().filter(|b| **b == b'\n').count();
    let starts_character = |b: &&u8| **b & 0b1100_0000 != 0b1000_0000;
    (newlines.saturating_add(1), last.iter().filter(starts_character).count())
}

/// Path of the value that a data error at `offset` is about; `found` is the JSON type of a type error.
pub(super) fn data(bytes: &[u8], offset: usize, found: &str) -> String {
    let scan = Scan::up_to(bytes, offset);
    let starts_here = match bytes.get(offset) {
        Some(b'[') => found == "an array",
        Some(b'{') => found == "an object",
        _ => false,
    };
    match scan.last {
        Last::Value | Last::Colon => scan.path_of_value(),
        Last::Open | Last::Comma if starts_here => scan.path_of_value(),
        Last::Comma => scan.path_of_element_before(),
        Last::Start | Last::Open | Last::Key => scan.path_of_container(),
    }
}

/// An enum refuses all but strings with the parser's `expected value`, one byte after the value's first. Path and
/// type of that value, or `None` where no value stands at all and the syntax is what is wrong.
pub(super) fn refused_by_enum(bytes: &[u8], offset: usize) -> Option<(String, &'static str)> {
    let start = offset.checked_sub(1)?;
    let rest = bytes.get(start..)?;
    let scan = Scan::up_to(bytes, start);
    let in_object = matches!(scan.frames.last(), Some(Frame::Object(_)));
    let empty_object = scan.last == Last::Open && in_object && rest.starts_with(b"}");
    if empty_object {
        return Some((scan.path_of_container(), "an object"));
    }
    let value_expected = match scan.last {
        Last::Start | Last::Colon => true,
        Last::Open | Last::Comma => !in_object,
        Last::Value | Last::Key => false,
    };
    let found = match rest.first()? {
        b'[' => "an array",
        b'-' | b'0'..=b'9' => "a number",
        b't' | b'f' if rest.starts_with(b"true") || rest.starts_with(b"false") => "a boolean",
        b'n' if rest.starts_with(b"null") => "null",
        _ => return None,
    };
    value_expected.then(|| (scan.path_of_value(), found))
}

/// The tokens before an offset: where in the tree they lead, and what the last of them was.
struct Scan<'a> {
    frames: Vec<Frame<'a>>,
    /// Open brackets inside the deepest frame: paths beyond `DEEPEST` are of no use, and a document of nothing but
    /// brackets must not cost more memory than itself.
    deeper: usize,
    last: Last,
}

enum Frame<'a> {
    /// Index of the current element.
    Array(usize),
    /// The current key as written, with its quotes; empty before the first one.
    Object(&'a [u8]),
}

#[derive(Clone, Copy, PartialEq)]
enum Last {
    Start,
    Open,
    Key,
    Colon,
    Comma,
    /// A scalar, or the end of an array or object.
    Value,
}

impl<'a> Scan<'a> {
    fn up_to(bytes: &'a [u8], offset: usize) -> Self {
        let mut scan = Scan { frames: Vec::new(), deeper: 0, last: Last::Start };
        let mut at = 0;
        while let Some(byte) = bytes.get(at).filter(|_| at < offset) {
            let rest = bytes.get(at..).unwrap_or_default();
            let token = token(rest);
            at = at.saturating_add(token.len().max(1));
            if !byte.is_ascii_whitespace() {
                scan.take(*byte, token);
            }
        }
        scan
    }

    fn take(&mut self, first: u8, token: &'a [u8]) {
        match first {
            b'[' | b'{' if self.frames.len() >= DEEPEST => self.deeper = self.deeper.saturating_add(1),
            b'[' => self.open(Frame::Array(0)),
            b'{' => self.open(Frame::Object(b"")),
            b']' | b'}' if self.deeper > 0 => self.deeper = self.deeper.saturating_sub(1),
            b']' | b'}' => {
                self.frames.pop();
                self.last = Last::Value;
            }
            _ if self.deeper > 0 => {}
            b':' => self.last = Last::Colon,
            b',' => {
                if let Some(Frame::Array(index)) = self.frames.last_mut() {
                    *index = index.saturating_add(1);
                }
                self.last = Last::Comma;
            }
            _ => self.scalar(token),
        }
    }

    fn open(&mut self, frame: Frame<'a>) {
        self.frames.push(frame);
        self.last = Last::Open;
    }

    fn scalar(&mut self, token: &'a [u8]) {
        self.last = match self.frames.last_mut() {
            Some(Frame::Object(key)) if matches!(self.last, Last::Open | Last::Comma) => {
                *key = token;
                Last::Key
            }
            _ => Last::Value,
        };
    }

    fn path_of_value(&self) -> String {
        path(&self.frames)
    }

    fn path_of_container(&self) -> String {
        path(self.frames.split_last().map_or(&[], |(_, outer)| outer))
    }

    fn path_of_element_before(&self) -> String {
        match self.frames.split_last() {
            Some((Frame::Array(index), outer)) => {
                format!("{}[{}]", path(outer), index.saturating_sub(1))
            }
            _ => self.path_of_container(),
        }
    }
}

/// The token at the start of `rest`: a bracket or separator, a whole string with its quotes, or a run of other bytes.
fn token(rest: &[u8]) -> &[u8] {
    let length = match rest.first() {
        Some(b'"') => string_length(rest),
        Some(b'[' | b']' | b'{' | b'}' | b',' | b':') => 1,
        Some(b' ' | b'\t' | b'\r' | b'\n') => rest.iter().take_while(|b| b.is_ascii_whitespace()).count(),
        _ => rest.iter().take_while(|b| !ends_scalar(**b)).count(),
    };
    rest.get(..length).unwrap_or(rest)
}

fn string_length(rest: &[u8]) -> usize {
    let mut escaped = false;
    let end = rest.iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    end.map_or(rest.len(), |inner| inner.saturating_add(2))
}

fn ends_scalar(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, b'[' | b']' | b'{' | b'}' | b',' | b':' | b'"')
}

fn path(frames: &[Frame<'_>]) -> String {
    let mut path = String::new();
    for frame in frames {
        match frame {
            Frame::Array(index) => push_element(&mut path, *index),
            Frame::Object(key) => push_member(&mut path, &super::read::<String>(key).unwrap_or_default()),
        }
    }
    path
}

/// See [`super::push_member`].
pub(super) fn push_member(path: &mut String, name: &str) {
    let key = shortened(name);
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '…');
    if key.is_empty() || !key.chars().all(plain) {
        path.push_str(&format!("[{}]", serde_json::Value::from(key)));
        return;
    }
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&key);
}

/// serde_json's recursion limit: whatever it hands to a visitor lies less deep.
const DEEPEST: usize = 128;
