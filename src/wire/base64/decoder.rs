//! Bytes from base64 that comes in pieces, as it stands in JSON.

use super::sextet;
use crate::wire::literal::Characters;

/// Decodes one base64 text. Characters outside the alphabet are skipped, padding too; the URL-safe alphabet is read.
#[derive(Debug, Default)]
pub struct Decoder {
    /// The lowest `held` bits are not yet written.
    bits: u32,
    held: u32,
}

impl Decoder {
    /// Appends what `piece` stands for, the inside of a JSON string of which no escape is cut.
    pub fn json(&mut self, piece: &[u8], out: &mut Vec<u8>) {
        out.reserve(piece.len().saturating_mul(3).wrapping_div(4).saturating_add(3));
        if !piece.contains(&b'\\') {
            return self.plain(piece, out);
        }
        for character in Characters(std::str::from_utf8(piece).unwrap_or_default()) {
            if let Ok(byte) = u8::try_from(character) {
                self.push(byte, out);
            }
        }
    }

    fn plain(&mut self, text: &[u8], out: &mut Vec<u8>) {
        let mut rest = text;
        while self.held == 0
            && let Some((group, after)) = rest.split_first_chunk::<4>()
            && let [Some(a), Some(b), Some(c), Some(d)] = group.map(sextet)
        {
            let [_, bytes @ ..] = (a << 18 | b << 12 | c << 6 | d).to_be_bytes();
            out.extend_from_slice(&bytes);
            rest = after;
        }
        for (index, byte) in rest.iter().enumerate() {
            self.push(*byte, out);
            // Back to whole groups as soon as what is in between is over.
            if self.held == 0 && index >= 3 {
                let rest = rest.get(index.saturating_add(1)..).unwrap_or_default();
                return self.plain(rest, out);
            }
        }
    }

    fn push(&mut self, byte: u8, out: &mut Vec<u8>) {
        let Some(sextet) = sextet(byte) else {
            return;
        };
        self.bits = self.bits << 6 | sextet;
        self.held = self.held.saturating_add(6);
        if let Some(left) = self.held.checked_sub(8) {
            let byte = self.bits.checked_shr(left).unwrap_or(0) & 255;
            out.push(u8::try_from(byte).unwrap_or(0));
            self.bits &= 255_u32.checked_shr(8_u32.saturating_sub(left)).unwrap_or(0);
            self.held = left;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::base64::Joiner;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn decoded(pieces: &[&[u8]]) -> Vec<u8> {
        let (mut decoder, mut out) = (Decoder::default(), Vec::new());
        for piece in pieces {
            decoder.json(piece, &mut out);
        }
        out
    }

    #[test]
    fn base64_is_decoded_at_every_cut() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            let (mut joiner, mut text) = (Joiner::default(), Vec::new());
            joiner.bytes(&bytes, &mut text);
            joiner.end(&mut text);
            for cut in 0..=text.len() {
                let (head, tail) = text.split_at(cut);
                assert_eq!(decoded(&[head, tail]), bytes, "{length} {cut}");
            }
            assert_eq!(decoded(&text.chunks(1).collect::<Vec<_>>()), bytes);
        }
    }

    #[test]
    fn other_spellings_are_read() {
        for (text, expected) in [
            (r"Zm9v", &b"foo"[..]),
            (r"-_\/+", &[0xFB, 0xFF, 0xFE]),
            (r"Zg\u003d\u003d", b"f"),
            ("Zm\n9v\r\nYg", b"foob"),
            ("Zm9v!Zm9vZm9vZm9v", b"foofoofoofoo"),
            ("=", b""),
        ] {
            assert_eq!(decoded(&[text.as_bytes()]), expected, "{text}");
        }
    }
}
