//! Long strings taken out of a JSON text as it comes, so that they are held once and never parsed.
//!
//! What is left is the same text with the string `"0"` in place of the first, `"1"` of the second, and so on. Taken are
//! the strings of members that hold files: `data` (<https://ai.google.dev/api/caching#Blob>) and `bytesBase64Encoded`
//! (<https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/imagen-api>).

use super::scan::first_of;

/// The members whose strings are taken.
const MEMBERS: [&[u8]; 2] = [b"data", b"bytesBase64Encoded"];

/// What is taken.
#[derive(Debug, PartialEq, Eq)]
pub enum Lifted<'a> {
    /// A string begins.
    Begin,
    /// A stretch of it, still escaped; no escape is cut.
    Piece(&'a [u8]),
}

/// Takes strings out of one JSON text.
#[derive(Debug, Default)]
pub struct Lift {
    rest: Vec<u8>,
    state: State,
    /// The string read last, where it may be a member's name.
    name: Vec<u8>,
    /// Whether a colon came after it.
    colon: bool,
    count: usize,
    /// The beginning of an escape.
    escape: Vec<u8>,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Between,
    String,
    Escaped,
    Lifting,
}

impl Lift {
    /// Reads the next bytes of the text.
    pub fn push(&mut self, mut bytes: &[u8], out: &mut dyn FnMut(Lifted<'_>)) {
        while let Some((first, rest)) = bytes.split_first() {
            bytes = match self.state {
                State::Between => {
                    self.between(*first);
                    if self.state == State::Lifting {
                        out(Lifted::Begin);
                    }
                    rest
                }
                State::String => self.string(bytes),
                State::Escaped => {
                    self.rest.push(*first);
                    self.state = State::String;
                    rest
                }
                State::Lifting => self.lift(bytes, out),
            };
        }
    }

    /// The text without what was taken.
    #[must_use]
    pub fn rest(&self) -> &[u8] {
        &self.rest
    }

    fn between(&mut self, byte: u8) {
        match byte {
            b'"' if self.colon && MEMBERS.contains(&self.name.as_slice()) => {
                self.rest.extend_from_slice(format!("\"{}\"", self.count).as_bytes());
                self.count = self.count.saturating_add(1);
                self.state = State::Lifting;
            }
            b'"' => {
                self.rest.push(byte);
                self.name.clear();
                self.state = State::String;
            }
            _ => self.rest.push(byte),
        }
        if !byte.is_ascii_whitespace() {
            self.colon = byte == b':';
        }
    }

    fn string<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let end = first_of(bytes, [b'"', b'\\']);
        let (plain, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or((bytes, &[]));
        self.rest.extend_from_slice(plain);
        let room = LONGEST.saturating_sub(self.name.len()).min(plain.len());
        self.name.extend_from_slice(plain.get(..room).unwrap_or_default());
        let Some((end, rest)) = rest.split_first() else {
            return rest;
        };
        self.rest.push(*end);
        self.state = if *end == b'"' { State::Between } else { State::Escaped };
        if *end != b'"' {
            // No name that is looked for has an escape in it.
            self.name.push(*end);
        }
        rest
    }

    fn lift<'a>(&mut self, bytes: &'a [u8], out: &mut dyn FnMut(Lifted<'_>)) -> &'a [u8] {
        if let Some((first, rest)) = bytes.split_first()
            && !self.escape.is_empty()
        {
            self.escape.push(*first);
            let whole = match self.escape.get(1) {
                Some(b'u') => self.escape.len() == 6,
                _ => true,
            };
            if whole {
                out(Lifted::Piece(&self.escape));
                self.escape.clear();
            }
            return rest;
        }
        let end = first_of(bytes, [b'"', b'\\']);
        let (plain, rest) = bytes.split_at_checked(end.unwrap_or(bytes.len())).unwrap_or((bytes, &[]));
        if !plain.is_empty() {
            out(Lifted::Piece(plain));
        }
        let Some((end, rest)) = rest.split_first() else {
            return rest;
        };
        if *end == b'"' {
            self.state = State::Between;
        } else {
            self.escape.push(*end);
        }
        rest
    }
}

/// A name longer than this is none that is looked for.
const LONGEST: usize = 32;

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn lifted(text: &str, sizes: usize) -> (String, Vec<String>) {
        let (mut lift, mut files) = (Lift::default(), Vec::<String>::new());
        for piece in text.as_bytes().chunks(sizes) {
            lift.push(piece, &mut |event| match event {
                Lifted::Begin => files.push(String::new()),
                Lifted::Piece(piece) => {
                    let piece = std::str::from_utf8(piece).unwrap();
                    assert!(!piece.is_empty() && piece != "\\");
                    files.last_mut().unwrap().push_str(piece);
                }
            });
        }
        (String::from_utf8(lift.rest().to_vec()).unwrap(), files)
    }

    #[test]
    fn files_are_taken_out_at_every_cut() {
        for (text, rest, files) in [
            (r#"{"data":"QUJD"}"#, r#"{"data":"0"}"#, &["QUJD"][..]),
            (r#"{"data" : "" , "x":1}"#, r#"{"data" : "0" , "x":1}"#, &[""]),
            (
                r#"[{"mimeType":"a","data":"AA\/\u003d"},{"bytesBase64Encoded":"Qg=="}]"#,
                r#"[{"mimeType":"a","data":"0"},{"bytesBase64Encoded":"1"}]"#,
                &[r"AA\/\u003d", "Qg=="],
            ),
            (r#"{"data":["data","x"],"a":"data"}"#, r#"{"data":["data","x"],"a":"data"}"#, &[]),
            (
                r#"{"data":{"data":7,"text":"\"data\":\"x\\"}}"#,
                r#"{"data":{"data":7,"text":"\"data\":\"x\\"}}"#,
                &[],
            ),
            (r#"{"\u0064ata":"x","dataa":"y"}"#, r#"{"\u0064ata":"x","dataa":"y"}"#, &[]),
            (r#"{"data":"a\"b\\","b":"data"}"#, r#"{"data":"0","b":"data"}"#, &[r#"a\"b\\"#]),
            (r#"{"data":"cut"#, r#"{"data":"0""#, &["cut"]),
        ] {
            for size in 1..text.len() {
                let files: Vec<String> = files.iter().map(|file| (*file).to_owned()).collect();
                assert_eq!(lifted(text, size), (rest.to_owned(), files), "{text} by {size}");
            }
        }
    }
}
