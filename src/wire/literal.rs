//! The inside of a JSON string literal, unescaped only as far as it is read.

use std::borrow::Cow;

use serde_json::value::RawValue;

/// What stands between the quotes, still escaped; `None` where `raw` is not a string.
pub(crate) fn inner(raw: &RawValue) -> Option<&str> {
    raw.get().strip_prefix('"')?.strip_suffix('"')
}

/// The text, borrowed unless something is escaped in it.
pub(crate) fn unescape(inner: &str) -> Cow<'_, str> {
    if inner.contains('\\') { Cow::Owned(Characters(inner).collect()) } else { Cow::Borrowed(inner) }
}

/// The characters of a literal. What is left of it, still escaped, is the field.
pub(crate) struct Characters<'a>(pub(crate) &'a str);

impl Iterator for Characters<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = self.bare()?;
        if first != '\\' {
            return Some(first);
        }
        Some(match self.bare() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => self.unicode(),
            Some(other) => other,
            None => char::REPLACEMENT_CHARACTER,
        })
    }
}

impl Characters<'_> {
    fn bare(&mut self) -> Option<char> {
        let mut characters = self.0.chars();
        let first = characters.next();
        self.0 = characters.as_str();
        first
    }

    /// The character of `\uXXXX` or of a pair; unpaired surrogates are replaced.
    fn unicode(&mut self) -> char {
        let unit = self.unit();
        if let Some(0xD800..=0xDBFF) = unit
            && let Some(low) = self.0.strip_prefix("\\u")
        {
            let mut ahead = Characters(low);
            let pair = unit.into_iter().chain(ahead.unit());
            if let Some(Ok(character)) = char::decode_utf16(pair).next() {
                self.0 = ahead.0;
                return character;
            }
        }
        unit.and_then(|unit| char::from_u32(unit.into())).unwrap_or(char::REPLACEMENT_CHARACTER)
    }

    fn unit(&mut self) -> Option<u16> {
        let (digits, rest) = self.0.split_at_checked(4)?;
        self.0 = rest;
        u16::from_str_radix(digits, 16).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(not(target_arch = "wasm32"))]
    use proptest::prelude::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn escapes_are_read_and_anything_else_is_borrowed() {
        for (inner, expected) in [
            ("plain é", "plain é"),
            (r#"a\/b\\c\"d"#, r#"a/b\c"d"#),
            (r"\b\f\n\r\t", "\u{8}\u{c}\n\r\t"),
            (r"\u0041\u00e9\ud83d\ude00!", "Aé😀!"),
            (r"\ud83dx \ude00 \ud83d\u0041", "\u{fffd}x \u{fffd} \u{fffd}A"),
            // Not JSON, and yet no reason to stop.
            (r"\", "\u{fffd}"),
            (r"\u12", "\u{fffd}12"),
            (r"\uzzzz", "\u{fffd}"),
        ] {
            let text = unescape(inner);
            assert_eq!(text, expected);
            assert_eq!(matches!(text, Cow::Borrowed(_)), !inner.contains('\\'));
        }
    }

    #[cfg(not(target_arch = "wasm32"))]
    proptest! {
        #[test]
        fn what_serde_escapes_is_unescaped(text: String) {
            let literal = serde_json::to_string(&text).unwrap();
            let raw: &RawValue = serde_json::from_str(&literal).unwrap();
            prop_assert_eq!(unescape(inner(raw).unwrap()), text);
        }

        #[test]
        fn nothing_panics(text in r#"(\\|u|[0-9a-fD]|é|.)*"#) {
            let _ = unescape(&text);
        }
    }
}
