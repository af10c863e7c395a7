//! Replies with files in them: JSON, of which the files are the greatest part.
//!
//! The files are taken out as they come and held once; what is left is small and read at the end.

use super::{JSON, Pipe, Sink};
use crate::error::Error;
use crate::headers::Headers;
use crate::rope::Rope;
use crate::wire::base64::{Check, Decoder};
use crate::wire::lift::{Lift, Lifted};

/// What a reply with files in it is turned into.
pub trait Files {
    /// Whether it wants the files' bytes; else it gets base64 as it stands in the JSON, escapes included.
    fn decodes(&self) -> bool {
        false
    }

    /// The type of what the client gets.
    fn content_type(&self) -> &'static str {
        JSON
    }

    /// Takes the reply. The strings of its members `data` and `bytesBase64Encoded` are the indices of `files`.
    ///
    /// # Errors
    /// What the client must be told instead.
    fn read(&mut self, json: &[u8], files: Vec<Rope>, out: &mut Sink) -> Result<(), Error>;
}

/// A pipe that gives `reader` the reply at its end, with the files beside it.
#[must_use]
pub fn lifted<F: Files + 'static>(reader: F) -> Box<dyn Pipe> {
    let files = Vec::new();
    Box::new(Taken {
        lift: Lift::default(),
        decoder: Decoder::default(),
        check: Check::default(),
        broken: false,
        files,
        streams: false,
        begun: false,
        reader,
    })
}

/// A pipe that gives the client the bytes of the reply's first file as they come, and `reader` a reply without one.
#[must_use]
pub fn decoded<F: Files + 'static>(reader: F) -> Box<dyn Pipe> {
    let files = Vec::new();
    Box::new(Taken {
        lift: Lift::default(),
        decoder: Decoder::default(),
        check: Check::default(),
        broken: false,
        files,
        streams: true,
        begun: false,
        reader,
    })
}

struct Taken<F> {
    lift: Lift,
    decoder: Decoder,
    /// Of the file that is coming.
    check: Check,
    /// Whether one before it was no base64.
    broken: bool,
    files: Vec<Rope>,
    /// Whether the first file goes to the client as it comes.
    streams: bool,
    /// Whether some of it has.
    begun: bool,
    reader: F,
}

impl<F: Files> Pipe for Taken<F> {
    fn folds(&self) -> bool {
        !self.begun
    }

    fn content_type(&self) -> &'static str {
        self.reader.content_type()
    }

    fn head(&mut self, _: &Headers) {}

    fn push(&mut self, chunk: &[u8], out: &mut Sink) -> Result<(), Error> {
        let Self { lift, decoder, check, broken, files, streams, begun, reader } = self;
        lift.push(chunk, &mut |event| match event {
            Lifted::Begin => {
                files.push(Rope::default());
                *decoder = Decoder::default();
                *broken |= !std::mem::take(check).is_complete();
            }
            Lifted::Piece(_) if *streams && files.len() > 1 => {}
            Lifted::Piece(piece) => {
                check.json(piece);
                if *streams {
                    decoder.json(piece, &mut out.bytes);
                } else if let Some(file) = files.last_mut() {
                    if reader.decodes() { decoder.json(piece, file.tail()) } else { file.extend(piece) }
                }
            }
        });
        if *streams && !check.is_good() {
            return Err(Error::file_unreadable());
        }
        *begun |= !out.bytes.is_empty();
        Ok(())
    }

    fn end(&mut self, out: &mut Sink) -> Result<(), Error> {
        let broken = self.broken || !self.check.is_complete();
        if !self.begun {
            // What Google says against it comes first.
            self.reader.read(self.lift.rest(), std::mem::take(&mut self.files), out)?;
        } else if !self.lift.rest().trim_ascii_end().ends_with(b"}") {
            // Google's JSON is complete where it ends as it began.
            return Err(Error::stream_cut());
        }
        if broken { Err(Error::file_unreadable()) } else { Ok(()) }
    }

    fn held(&self) -> usize {
        let files = self.files.iter().map(Rope::len);
        files.fold(self.lift.rest().len(), usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    struct Shown {
        decodes: bool,
    }

    impl Files for Shown {
        fn decodes(&self) -> bool {
            self.decodes
        }

        fn read(&mut self, json: &[u8], files: Vec<Rope>, out: &mut Sink) -> Result<(), Error> {
            out.bytes.extend_from_slice(json);
            for file in files {
                out.body.extend(b"|");
                out.body.append(file);
            }
            Ok(())
        }
    }

    const REPLY: &str = r#"{"a":[{"data":"Zm9v"},{"data":"YmFyYmF6"}]}"#;

    #[test]
    fn files_come_beside_the_rest() {
        for (decodes, expected) in [(false, "|Zm9v|YmFyYmF6"), (true, "|foo|barbaz")] {
            for size in 1..REPLY.len() {
                let (mut pipe, mut out) = (lifted(Shown { decodes }), Sink::default());
                for piece in REPLY.as_bytes().chunks(size) {
                    pipe.push(piece, &mut out).unwrap();
                    assert!(pipe.folds() && out.bytes.is_empty() && pipe.held() > 0);
                }
                pipe.end(&mut out).unwrap();
                assert_eq!(out.bytes, br#"{"a":[{"data":"0"},{"data":"1"}]}"#);
                assert_eq!(out.body.into_bytes(), expected.as_bytes());
            }
        }
    }

    #[test]
    fn the_first_file_goes_as_it_comes() {
        for size in 1..REPLY.len() {
            let (mut pipe, mut out) = (decoded(Shown { decodes: true }), Sink::default());
            for piece in REPLY.as_bytes().chunks(size) {
                pipe.push(piece, &mut out).unwrap();
                assert_eq!(pipe.folds(), out.bytes.is_empty());
            }
            pipe.end(&mut out).unwrap();
            assert_eq!(out.bytes, b"foo");
        }
        let (mut pipe, mut out) = (decoded(Shown { decodes: true }), Sink::default());
        pipe.push(br#"{"done":false}"#, &mut out).unwrap();
        pipe.end(&mut out).unwrap();
        assert_eq!(out.bytes, br#"{"done":false}"#);
        let (mut pipe, mut out) = (decoded(Shown { decodes: true }), Sink::default());
        pipe.push(br#"{"data":"Zm9v"#, &mut out).unwrap();
        assert!(pipe.end(&mut out).is_err());
    }

    #[test]
    fn what_is_no_base64_is_an_error() {
        for data in ["!!!!", "A", "A!A-_", "AA==AAAA", r"Zm9v\n"] {
            for reply in [
                format!(r#"{{"a":[{{"data":"{data}"}},{{"data":"Zm9v"}}]}}"#),
                format!(r#"{{"a":[{{"data":"Zm9v"}},{{"data":"{data}"}}]}}"#),
            ] {
                for decodes in [false, true] {
                    let (mut pipe, mut out) = (lifted(Shown { decodes }), Sink::default());
                    pipe.push(reply.as_bytes(), &mut out).unwrap();
                    assert_eq!(pipe.end(&mut out).unwrap_err().status(), 502, "{reply}");
                }
            }
            for size in 1..40 {
                let (mut pipe, mut out) = (decoded(Shown { decodes: true }), Sink::default());
                let reply = format!(r#"{{"data":"Zm9v{data}"}}"#);
                let mut pieces = reply.as_bytes().chunks(size);
                let pushed = pieces.try_for_each(|piece| pipe.push(piece, &mut out));
                assert_eq!(pushed.and_then(|()| pipe.end(&mut out)).unwrap_err().status(), 502, "{reply}");
            }
        }
    }
}
