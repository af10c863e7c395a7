//! Whether text is base64, without decoding it.

use crate::wire::literal::Characters;

/// Checks one text that comes in pieces: of either alphabet, padded or not, with nothing else in it.
#[derive(Debug, Default)]
pub struct Check {
    characters: usize,
    padding: usize,
    /// Whether something does not belong there.
    broken: bool,
}

/// Whether `text`, the inside of a JSON string, is base64.
#[must_use]
pub fn is_valid(text: &[u8]) -> bool {
    let mut check = Check::default();
    check.json(text);
    check.is_complete()
}

impl Check {
    /// Takes the next piece, the inside of a JSON string of which no escape is cut.
    pub fn json(&mut self, piece: &[u8]) {
        let mut rest = piece;
        loop {
            let count = clean(rest);
            if count > 0 {
                self.broken |= self.padding > 0;
                self.characters = self.characters.saturating_add(count);
            }
            let Some((first, after)) = rest.get(count..).and_then(<[u8]>::split_first) else {
                return;
            };
            rest =
                if *first == b'\\' { self.escaped(after) } else { self.character(char::from(*first), after) };
        }
    }

    /// Whether nothing came so far that does not belong there.
    #[must_use]
    pub fn is_good(&self) -> bool {
        !self.broken
    }

    /// Whether the text is base64, now that it has ended.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        let fits = match self.characters % 4 {
            0 => self.padding == 0,
            1 => false,
            over => self.padding == 0 || over.saturating_add(self.padding) == 4,
        };
        fits && !self.broken
    }

    fn character<'t>(&mut self, character: char, after: &'t [u8]) -> &'t [u8] {
        match character {
            '=' => self.padding = self.padding.saturating_add(1),
            '-' | '_' | '+' | '/' | '0'..='9' | 'A'..='Z' | 'a'..='z' => {
                self.broken |= self.padding > 0;
                self.characters = self.characters.saturating_add(1);
            }
            _ => self.broken = true,
        }
        after
    }

    /// `\/`, `\u003d` and the like; `after` is what follows the backslash.
    fn escaped<'t>(&mut self, after: &'t [u8]) -> &'t [u8] {
        let length = if after.first() == Some(&b'u') { 5 } else { 1 };
        let (escape, after) = after.split_at_checked(length).unwrap_or((after, &[]));
        let literal = format!("\\{}", std::str::from_utf8(escape).unwrap_or_default());
        let character = Characters(&literal).next().unwrap_or_default();
        self.character(character, after)
    }
}

/// How many bytes at the start are of the standard alphabet: looks at eight at a time.
#[must_use]
pub fn clean(text: &[u8]) -> usize {
    let (words, _) = text.as_chunks::<8>();
    let words = words.iter().take_while(|word| is_clean(u64::from_le_bytes(**word))).count();
    let start = words.saturating_mul(8);
    let is_letter = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
    let rest = text.get(start..).unwrap_or_default().iter().take_while(is_letter).count();
    start.saturating_add(rest)
}

/// Whether all eight bytes are of the standard alphabet.
fn is_clean(word: u64) -> bool {
    const HIGH: u64 = 0x8080_8080_8080_8080;
    const CASE: u64 = 0x2020_2020_2020_2020;
    let letters = within::<b'a', b'z'>(word | CASE);
    let digits = within::<b'/', b'9'>(word);
    let plus = within::<b'+', b'+'>(word);
    (letters | digits | plus) & !word & HIGH == HIGH
}

/// Sets the high bit of every byte from `LOW` to `TOP`. Right for ASCII; other bytes spoil their neighbours' bits, and
/// show themselves by their own high bit.
fn within<const LOW: u8, const TOP: u8>(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    let from = ONES.wrapping_mul(u64::from(0x80_u8.wrapping_sub(LOW)));
    let beyond = ONES.wrapping_mul(u64::from(0x7F_u8.wrapping_sub(TOP)));
    word.wrapping_add(from) & !word.wrapping_add(beyond)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_is_base64() {
        for (text, expected) in [
            ("", true),
            ("Zg==", true),
            ("Zm8=", true),
            ("Zm9vYmFyYmF6Zm9v", true),
            ("Zg", true),
            ("Zm8", true),
            (r"Zg\u003d\u003D", true),
            (r"-_\/+", true),
            ("----____----____", true),
            ("A", false),
            ("Zm9vY", false),
            ("Zg=", false),
            ("Zm8==", false),
            ("Zm9v=", false),
            ("AA==AAAA", false),
            ("AAAA====AAAA", false),
            (r"AA==\/AAA", false),
            ("!!!!", false),
            ("A!A-_", false),
            ("Zm9v Zm9v", false),
            (r"Zm9v\nZm9v", false),
            (r"Zm9v\u000aZm9v", false),
            (r"Zm9v\u", false),
            ("Zm9vYmFyY\u{e9}F6", false),
            ("\u{e9}", false),
            ("=", false),
        ] {
            assert_eq!(is_valid(text.as_bytes()), expected, "{text}");
            if !text.contains('\\') {
                let mut check = Check::default();
                for byte in text.as_bytes().chunks(1) {
                    check.json(byte);
                }
                assert_eq!(check.is_complete(), expected, "{text} byte by byte");
            }
        }
    }

    #[test]
    fn every_byte_is_judged_alike_in_a_word_and_alone() {
        for byte in u8::MIN..=u8::MAX {
            let belongs = crate::wire::base64::ALPHABET.contains(&byte);
            for at in 0..8 {
                for filler in [b'A', b'z', b'0', b'/', b'+'] {
                    let mut word = [filler; 8];
                    word[at] = byte;
                    assert_eq!(is_clean(u64::from_le_bytes(word)), belongs, "{byte:#x} at {at}");
                }
            }
            assert_eq!(clean(&[byte]), usize::from(belongs), "{byte:#x}");
        }
    }
}
