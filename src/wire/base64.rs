//! Base64 from several pieces and bytes as one, decoding as little as possible.
//!
//! <https://www.rfc-editor.org/rfc/rfc4648#section-4>

mod check;
mod decoder;

use super::text::{Run, Text};

pub use check::{Check, clean, is_valid};
pub use decoder::Decoder;

/// Writes base64 in groups of four characters and holds what does not fill one.
///
/// So each output decodes by itself, and all of them concatenated do too. A piece that starts on a group's boundary is
/// copied as it is; one that does not is shifted, character by character.
#[derive(Debug, Default)]
pub struct Joiner {
    /// The lowest `held` bits are not yet written.
    bits: u32,
    /// 0, 8 or 16 between calls.
    held: u32,
}

impl Joiner {
    /// Appends bytes.
    pub fn bytes(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut rest = bytes;
        while self.held == 0
            && let Some(([a, b, c], after)) = rest.split_first_chunk::<3>()
        {
            out.extend_from_slice(&encode(u32::from_be_bytes([0, *a, *b, *c])));
            rest = after;
        }
        let (group, after) = rest.split_at_checked(2).unwrap_or((rest, &[]));
        for byte in group {
            self.push(u32::from(*byte), 8, out);
        }
        if !after.is_empty() {
            self.bytes(after, out);
        }
    }

    /// Appends what the base64 text `piece` stands for. Characters outside the alphabet are skipped, padding too.
    pub fn base64(&mut self, piece: &Text<'_>, out: &mut Vec<u8>) {
        for run in piece.runs() {
            match run {
                Run::Plain(text) => self.run(text.trim_end_matches('=').as_bytes(), out),
                Run::Escaped(character) => {
                    if let Some(sextet) = u8::try_from(character).ok().and_then(sextet) {
                        self.push(sextet, 6, out);
                    }
                }
            }
        }
        // The last character of a piece may carry bits beyond its last byte.
        let beyond = self.held % 8;
        self.bits = self.bits.checked_shr(beyond).unwrap_or(0);
        self.held = self.held.saturating_sub(beyond);
    }

    fn run(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let mut rest = text;
        if self.held == 0 {
            let groups = text.len().saturating_sub(text.len() % 4);
            let (verbatim, tail) = text.split_at_checked(groups).unwrap_or((&[], text));
            out.extend_from_slice(verbatim);
            rest = tail;
        }
        for sextet in rest.iter().copied().filter_map(sextet) {
            self.push(sextet, 6, out);
        }
    }

    /// Ends the text: what is held goes out with padding.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        let padding: &[u8] = match self.held {
            0 => return,
            8 => b"==",
            _ => b"=",
        };
        let missing = 24_u32.saturating_sub(self.held);
        let characters = encode(self.bits.checked_shl(missing).unwrap_or(0));
        let kept = characters.len().saturating_sub(padding.len());
        out.extend(characters.iter().take(kept));
        out.extend_from_slice(padding);
        *self = Self::default();
    }

    fn push(&mut self, value: u32, width: u32, out: &mut Vec<u8>) {
        self.bits = self.bits.checked_shl(width).unwrap_or(0) | value;
        self.held = self.held.saturating_add(width);
        if let Some(left) = self.held.checked_sub(24) {
            out.extend_from_slice(&encode(self.bits.checked_shr(left).unwrap_or(0)));
            self.bits &= 1_u32.checked_shl(left).unwrap_or(1).saturating_sub(1);
            self.held = left;
        }
    }
}

/// How many bytes the base64 text `piece` stands for.
#[must_use]
pub fn decoded_length(piece: &Text<'_>) -> usize {
    let sextets = piece.runs().map(|run| match run {
        Run::Plain(text) => text.trim_end_matches('=').len(),
        Run::Escaped(character) => usize::from(u8::try_from(character).ok().and_then(sextet).is_some()),
    });
    let bits = sextets.fold(0_usize, usize::saturating_add).saturating_mul(6);
    bits / 8
}

/// Base64 for URLs without padding, <https://www.rfc-editor.org/rfc/rfc4648#section-5>.
#[must_use]
pub fn url_safe(bytes: &[u8]) -> String {
    let (mut joiner, mut out) = (Joiner::default(), Vec::new());
    joiner.bytes(bytes, &mut out);
    joiner.end(&mut out);
    let url_safe = |byte: u8| match byte {
        b'+' => '-',
        b'/' => '_',
        byte => char::from(byte),
    };
    out.into_iter().filter(|byte| *byte != b'=').map(url_safe).collect()
}

/// The lowest 24 bits as four characters.
fn encode(bits: u32) -> [u8; 4] {
    [18_u32, 12, 6, 0].map(|shift| {
        let sextet = bits.checked_shr(shift).unwrap_or(0) & 63;
        usize::try_from(sextet).ok().and_then(|sextet| ALPHABET.get(sextet).copied()).unwrap_or(b'A')
    })
}

/// What a character stands for; the URL-safe alphabet is read too.
fn sextet(character: u8) -> Option<u32> {
    let (first, value) = match character {
        b'A'..=b'Z' => (b'A', 0),
        b'a'..=b'z' => (b'a', 26),
        b'0'..=b'9' => (b'0', 52),
        b'+' | b'-' => return Some(62),
        b'/' | b'_' => return Some(63),
        _ => return None,
    };
    Some(u32::from(character.wrapping_sub(first)).wrapping_add(value))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::value::RawValue;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn encoded(bytes: &[u8]) -> String {
        let (mut joiner, mut out) = (Joiner::default(), Vec::new());
        joiner.bytes(bytes, &mut out);
        joiner.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    fn joined(pieces: &[&str]) -> String {
        let (mut joiner, mut out) = (Joiner::default(), Vec::new());
        for piece in pieces {
            let literal = format!("\"{piece}\"");
            let raw: &RawValue = serde_json::from_str(&literal).unwrap();
            joiner.base64(&Text::verbatim(raw).unwrap(), &mut out);
            assert_eq!(out.len() % 4, 0, "{pieces:?}");
        }
        joiner.end(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn bytes_are_encoded() {
        // RFC 4648, section 10.
        for (bytes, expected) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("fooba", "Zm9vYmE="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(encoded(bytes.as_bytes()), expected);
        }
        assert_eq!(encoded(&[0xFB, 0xFF, 0xFE]), "+//+");
    }

    #[test]
    fn base64_for_urls() {
        for (bytes, expected) in [(&[][..], ""), (b"f", "Zg"), (b"fo", "Zm8"), (&[0xFB, 0xFF, 0xFE], "-__-")]
        {
            assert_eq!(url_safe(bytes), expected);
        }
    }

    #[test]
    fn pieces_are_joined_at_every_cut() {
        let bytes: Vec<u8> = (0..=255).collect();
        let whole = encoded(&bytes);
        for first in 0..9 {
            for second in first..18 {
                let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]].map(encoded);
                assert_eq!(joined(&pieces.each_ref().map(String::as_str)), whole, "{first} {second}");
            }
        }
    }

    #[test]
    fn other_spellings_are_read() {
        for (pieces, expected) in [
            (&[r"Zg\u003d\u003d", "bw=="][..], "Zm8="),
            (&[r"+\/\/+"], "+//+"),
            (&["Zg==", "-_-_"], "Zvv/vw=="),
            (&["Zg", "bw"], "Zm8="),
            (&["Zh==", "bw=="], "Zm8="),
            (&["Zg==", "b\\nw=="], "Zm8="),
            (&["="], ""),
        ] {
            assert_eq!(joined(pieces), expected, "{pieces:?}");
        }
    }

    #[test]
    fn lengths_are_known_without_decoding() {
        for (piece, expected) in
            [("", 0), ("Zg==", 1), ("Zm8=", 2), ("Zm9v", 3), (r"Zg\u003d\u003d", 1), ("Zm9vYg", 4)]
        {
            let literal = format!("\"{piece}\"");
            let raw: &RawValue = serde_json::from_str(&literal).unwrap();
            assert_eq!(decoded_length(&Text::verbatim(raw).unwrap()), expected, "{piece}");
        }
    }
}
