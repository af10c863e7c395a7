//! A multipart body cut at its boundaries, however it was cut before.

use super::head::Head;
use crate::error::Error;

/// The longest head of a part, in bytes.
const MOST_HEAD: usize = 16 << 10;

/// What a body is made of.
pub(super) enum Event<'a> {
    /// A part begins.
    Begin(Head),
    /// A stretch of it.
    Piece(&'a [u8]),
    /// It has ended.
    End,
}

/// Cuts a body.
#[derive(Debug)]
pub(super) struct Parts {
    /// What ends a part: a line break, two dashes, the boundary.
    delimiter: Vec<u8>,
    state: State,
    /// What could not be told yet.
    carry: Vec<u8>,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    /// Before the first boundary.
    Preamble,
    /// Behind a boundary.
    Boundary,
    Head,
    Body,
    /// Behind the last boundary.
    Complete,
}

impl Parts {
    pub(super) fn new(boundary: &str) -> Self {
        let delimiter = format!("\r\n--{boundary}").into_bytes();
        // The first boundary needs no line break before it.
        Self { delimiter, state: State::Preamble, carry: b"\r\n".to_vec() }
    }

    pub(super) fn is_complete(&self) -> bool {
        self.state == State::Complete
    }

    pub(super) fn push(
        &mut self,
        piece: &[u8],
        out: &mut dyn FnMut(Event<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut joined = std::mem::take(&mut self.carry);
        let mut bytes = if joined.is_empty() {
            piece
        } else {
            joined.extend_from_slice(piece);
            joined.as_slice()
        };
        while let Some(rest) = self.step(bytes, out)? {
            bytes = rest;
        }
        self.carry = match self.state {
            State::Complete => Vec::new(),
            _ => bytes.to_vec(),
        };
        Ok(())
    }

    /// What is left of `bytes` after another step; `None` where that takes more bytes, and nothing was taken.
    fn step<'b>(
        &mut self,
        bytes: &'b [u8],
        out: &mut dyn FnMut(Event<'_>) -> Result<(), Error>,
    ) -> Result<Option<&'b [u8]>, Error> {
        match self.state {
            State::Preamble | State::Body => {
                let body = self.state == State::Body;
                let (before, rest) = match find(bytes, &self.delimiter) {
                    Found::At(at) => {
                        self.state = State::Boundary;
                        let (before, rest) = bytes.split_at_checked(at).unwrap_or((bytes, &[]));
                        (before, rest.get(self.delimiter.len()..).unwrap_or_default())
                    }
                    Found::Perhaps(0) => return Ok(None),
                    Found::Perhaps(at) => bytes.split_at_checked(at).unwrap_or((bytes, &[])),
                };
                if body {
                    if !before.is_empty() {
                        out(Event::Piece(before))?;
                    }
                    if self.state == State::Boundary {
                        out(Event::End)?;
                    }
                }
                Ok(Some(rest))
            }
            State::Boundary => {
                // Blanks may follow a boundary.
                let blanks = bytes.iter().take_while(|byte| b" \t".contains(byte)).count();
                let rest = bytes.get(blanks..).unwrap_or_default();
                match rest {
                    [b'-', b'-', ..] => {
                        self.state = State::Complete;
                        Ok(None)
                    }
                    [b'\r', b'\n', rest @ ..] => {
                        self.state = State::Head;
                        Ok(Some(rest))
                    }
                    [] | [b'-' | b'\r'] if bytes.len() < MOST_HEAD => Ok(None),
                    _ => Err(Error::invalid("The multipart form is malformed at one of its boundaries.")),
                }
            }
            State::Head => {
                // A part may have no header lines at all; then it has no name either.
                let none = bytes.starts_with(b"\r\n").then_some(0);
                let end = none.or_else(|| bytes.windows(4).position(|window| window == b"\r\n\r\n"));
                let Some(end) = end else {
                    if bytes.len() > MOST_HEAD {
                        return Err(Error::invalid("The head of a part of the form is too long."));
                    }
                    return Ok(None);
                };
                let (lines, rest) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
                out(Event::Begin(Head::parse(lines)?))?;
                self.state = State::Body;
                Ok(Some(rest.get(4..).unwrap_or_default()))
            }
            State::Complete => Ok(None),
        }
    }
}

enum Found {
    /// The delimiter begins here.
    At(usize),
    /// It may begin here, in bytes that are the last so far; or at their end.
    Perhaps(usize),
}

fn find(bytes: &[u8], delimiter: &[u8]) -> Found {
    let mut from = 0_usize;
    while let Some(at) = bytes.get(from..).and_then(|rest| rest.iter().position(|byte| *byte == b'\r')) {
        let at = from.saturating_add(at);
        let rest = bytes.get(at..).unwrap_or_default();
        if rest.starts_with(delimiter) {
            return Found::At(at);
        }
        if delimiter.starts_with(rest) {
            return Found::Perhaps(at);
        }
        from = at.saturating_add(1);
    }
    Found::Perhaps(bytes.len())
}
