//! Base64 as a slice of the request: checked once, repaired while it is written.
//!
//! Well-formed base64 is nearly everything there is, so it costs one pass to check and one copy to write. The check takes
//! eight characters at a time (a table costs four times as much natively, twice as much in wasm).
//! <https://www.rfc-editor.org/rfc/rfc4648#section-4>

use std::borrow::Cow;
use std::fmt;
use std::iter;

use serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::wire::base64::{Joiner, clean};
use crate::wire::literal::Characters;

const ALPHABET: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// How many characters are decoded in order to see what they are: 48 bytes.
const SNIFFED: usize = 64;

/// Base64 in the standard alphabet with padding, never empty.
#[derive(Clone, Debug)]
pub struct Base64<'a>(Source<'a>);

#[derive(Clone, Debug)]
enum Source<'a> {
    /// As it is.
    Whole(Cow<'a, str>),
    /// The inside of a JSON literal: its runs, and then padding.
    Repaired { inner: &'a str, padding: &'static str },
}

/// What is wrong with base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    Empty,
    Character,
    Length,
}

impl Fault {
    pub(super) const fn message(self) -> &'static str {
        match self {
            Self::Empty => "The media are empty.",
            Self::Character => {
                "The media are not valid base64: there is a character that does not belong there."
            }
            Self::Length => "The media are not valid base64: they are cut off.",
        }
    }
}

impl<'a> Base64<'a> {
    /// Checks the inside of a JSON literal.
    pub(super) fn read(inner: &'a str) -> Result<Self, Fault> {
        if is_well_formed(inner.as_bytes()) {
            return Ok(Self(Source::Whole(Cow::Borrowed(inner))));
        }
        let mut count = 0_usize;
        let mut ended = false;
        for token in Tokens(inner) {
            match token {
                Token::Run(run) if !ended => count = count.saturating_add(run.len()),
                Token::Space => {}
                Token::Padding => ended = true,
                Token::Run(_) | Token::Other => return Err(Fault::Character),
            }
        }
        let padding = match count & 3 {
            _ if count == 0 => return Err(Fault::Empty),
            1 => return Err(Fault::Length),
            2 => "==",
            3 => "=",
            _ => "",
        };
        Ok(Self(Source::Repaired { inner, padding }))
    }

    /// Encodes what came in another form than base64.
    pub(super) fn encode(bytes: &[u8]) -> Result<Self, Fault> {
        if bytes.is_empty() {
            return Err(Fault::Empty);
        }
        let mut text = Vec::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
        let mut joiner = Joiner::default();
        joiner.bytes(bytes, &mut text);
        joiner.end(&mut text);
        let text = String::from_utf8(text).map_err(|_| Fault::Character)?;
        Ok(Self(Source::Whole(Cow::Owned(text))))
    }

    /// The text in pieces, most of them slices of the request. None holds a character that JSON escapes.
    pub fn pieces(&self) -> impl Iterator<Item = &str> {
        let (whole, inner, padding) = match &self.0 {
            Source::Whole(text) => (&**text, "", ""),
            Source::Repaired { inner, padding } => ("", *inner, *padding),
        };
        let runs = Tokens(inner).filter_map(|token| match token {
            Token::Run(run) => Some(run),
            _ => None,
        });
        iter::once(whole).chain(runs).chain(iter::once(padding)).filter(|piece| !piece.is_empty())
    }

    /// Up to 48 decoded bytes.
    pub(super) fn first_bytes(&self) -> Vec<u8> {
        let letters: Vec<u32> = self.pieces().flat_map(str::bytes).take(SNIFFED).map_while(value).collect();
        let decode = |group: &[u32]| {
            let bits = (0..4).fold(0, |bits, at| (bits << 6) | group.get(at).copied().unwrap_or(0));
            let [_, bytes @ ..] = bits.to_be_bytes();
            bytes.into_iter().take(group.len().saturating_sub(1)).collect::<Vec<u8>>()
        };
        letters.chunks(4).flat_map(decode).collect()
    }
}

impl fmt::Display for Base64<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| formatter.write_str(piece))
    }
}

impl Serialize for Base64<'_> {
    /// Writes a JSON string, for serde_json's writers only (not for `to_value`).
    ///
    /// This is how serde_json's own `RawValue` serializes, in several fragments rather than one: `serialize_str` would
    /// search for characters to escape, of which there are none, at seven times the cost of the copy (20 MB in a wasm
    /// VM: 21 ms against 3). A `RawValue` itself would have to be made from a copy with quotes. The name is
    /// private to serde_json; were it to change, `Formatter::collect_str` does the same and pays for the search.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const RAW: &str = "$serde_json::private::RawValue";
        let mut literal = serializer.serialize_struct(RAW, 1)?;
        literal.serialize_field(RAW, "\"")?;
        for piece in self.pieces() {
            literal.serialize_field(RAW, piece)?;
        }
        literal.serialize_field(RAW, "\"")?;
        literal.end()
    }
}

/// What a repair distinguishes.
enum Token<'a> {
    /// Characters of the standard alphabet, or what stands for one.
    Run(&'a str),
    Space,
    Padding,
    Other,
}

/// Reads the inside of a JSON literal: escaped (`\/` of PHP, `\u002B` of .NET), percent-encoded, URL-safe.
struct Tokens<'a>(&'a str);

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        let (run, rest) = self.0.split_at_checked(clean(self.0.as_bytes()))?;
        if !run.is_empty() {
            self.0 = rest;
            return Some(Token::Run(run));
        }
        let mut characters = Characters(rest);
        let character = match characters.next()? {
            '%' => percent(&mut characters),
            character => Some(character),
        };
        self.0 = characters.0;
        Some(match character {
            Some('=') => Token::Padding,
            Some('-') => Token::Run("+"),
            Some('_') => Token::Run("/"),
            Some(space) if space.is_ascii_whitespace() => Token::Space,
            Some(other) => {
                let found = ALPHABET.find(other).and_then(|at| ALPHABET.get(at..)?.get(..1));
                found.map_or(Token::Other, Token::Run)
            }
            None => Token::Other,
        })
    }
}

fn percent(characters: &mut Characters<'_>) -> Option<char> {
    let high = characters.next()?.to_digit(16)?;
    let low = characters.next()?.to_digit(16)?;
    char::from_u32((high << 4) | low)
}

fn value(byte: u8) -> Option<u32> {
    ALPHABET.find(char::from(byte)).and_then(|at| u32::try_from(at).ok())
}

fn is_well_formed(text: &[u8]) -> bool {
    let unpadded = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    !text.is_empty() && text.len() & 3 == 0 && clean(unpadded) == unpadded.len()
}

#[cfg(test)]
mod tests;
