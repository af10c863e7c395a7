//! Reads JSON that is known to be valid: separators are passed over like spaces.

use super::Walk;
use crate::wire::scan::first_of;

/// A string literal without its quotes.
pub(super) struct Literal<'a> {
    pub(super) inner: &'a str,
    pub(super) escapes: Escapes,
}

#[derive(PartialEq, PartialOrd)]
pub(super) enum Escapes {
    None,
    /// As they are written anyway.
    Usual,
    Others,
}

impl<'a> Walk<'a> {
    /// The next key of an object, or its end.
    #[expect(clippy::option_option, reason = "the outer one ends the walk")]
    pub(super) fn key(&mut self) -> Option<Option<&'a str>> {
        if self.peek()? == b'}' {
            self.step();
            return Some(None);
        }
        self.plain().map(Some)
    }

    /// A string without escapes.
    pub(super) fn plain(&mut self) -> Option<&'a str> {
        self.string().filter(|literal| literal.escapes == Escapes::None).map(|literal| literal.inner)
    }

    /// A string, at its first quote.
    pub(super) fn string(&mut self) -> Option<Literal<'a>> {
        if self.peek()? != b'"' {
            return None;
        }
        self.step();
        let start = self.at;
        let mut escapes = Escapes::None;
        loop {
            let rest = self.text.as_bytes().get(self.at..)?;
            let found = first_of(rest, [b'"', b'\\'])?;
            let end = self.at.saturating_add(found);
            self.at = end.saturating_add(1);
            if rest.get(found) == Some(&b'"') {
                return Some(Literal { inner: self.text.get(start..end)?, escapes });
            }
            if matches!(self.text.as_bytes().get(self.at)?, b'u' | b'/') {
                escapes = Escapes::Others;
            } else if escapes == Escapes::None {
                escapes = Escapes::Usual;
            }
            self.step();
        }
    }

    /// Passes over any value that a tree could hold.
    pub(super) fn value(&mut self) -> Option<&'a str> {
        self.peek()?;
        let start = self.at;
        let mut depth = 0_usize;
        loop {
            let first = self.peek()?;
            let from = self.at;
            match first {
                b'"' => {
                    if self.string()?.escapes == Escapes::Others {
                        serde_json::from_str::<String>(self.text.get(from..self.at)?).ok()?;
                    }
                }
                b'{' | b'[' => {
                    depth = depth.saturating_add(1);
                    self.step();
                }
                b'}' | b']' => {
                    depth = depth.checked_sub(1)?;
                    self.step();
                }
                _ => {
                    self.at = from.saturating_add(1);
                    while self
                        .text
                        .as_bytes()
                        .get(self.at)
                        .is_some_and(|byte| *byte > b' ' && !b",]}".contains(byte))
                    {
                        self.step();
                    }
                    let scalar = self.text.get(from..self.at)?;
                    if first <= b'9' && !is_whole(scalar) && !is_decimal(scalar) {
                        return None;
                    }
                }
            }
            if depth == 0 {
                return self.text.get(start..self.at);
            }
            if depth > MOST_SKIPPED {
                return None;
            }
        }
    }

    /// The byte that comes next, spaces and separators aside.
    pub(super) fn peek(&mut self) -> Option<u8> {
        loop {
            match self.text.as_bytes().get(self.at)? {
                b' ' | b'\t' | b'\r' | b'\n' | b',' | b':' => self.step(),
                byte => return Some(*byte),
            }
        }
    }

    /// Passes over a byte.
    pub(super) fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }
}

/// Whether a number is an integer as it is written anyway.
pub(super) fn is_whole(number: &str) -> bool {
    let digits = number.strip_prefix('-').unwrap_or(number);
    digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit()) && number != "-0"
}

/// Whether a number is a decimal as it is written anyway: short, without an exponent and zeros that say nothing.
pub(super) fn is_decimal(number: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = number.strip_prefix('-').unwrap_or(number);
    let Some((whole, fraction)) = unsigned.split_once('.').filter(|_| unsigned.len() <= 15) else {
        return false;
    };
    let usual = fraction == "0" || (!fraction.ends_with('0') && !fraction.starts_with("000"));
    usual && digits(whole) && digits(fraction)
}

/// Below [`super::super::MAX_LEVELS`], values that are dropped may be nested as deeply as this before a tree might be too deep.
const MOST_SKIPPED: usize = 30;
