//! Text as the JSON string literal it arrived as.
//!
//! Both dialects are JSON, so a message goes from one body to the other without being unescaped and escaped again.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use super::literal::Characters;
use super::scan::first_of;

/// A JSON string literal, quotes included.
#[derive(Clone, Debug)]
pub struct Text<'a>(Cow<'a, RawValue>);

impl<'a> Text<'a> {
    /// The literal in `raw` as it is, or `None` where `raw` is not a JSON string. For what Google said.
    #[must_use]
    pub fn verbatim(raw: &'a RawValue) -> Option<Self> {
        raw.get().starts_with('"').then_some(Self(Cow::Borrowed(raw)))
    }

    /// The literal in `raw`, or `None` where `raw` is not a JSON string. For what goes to Google.
    ///
    /// Google refuses unpaired surrogates and NUL: the former become U+FFFD, the latter go.
    #[must_use]
    pub fn from_raw(raw: &'a RawValue) -> Option<Self> {
        let text = Self::verbatim(raw)?;
        let repaired = repaired(raw.get()).and_then(|literal| RawValue::from_string(literal).ok());
        Some(repaired.map_or(text, |repaired| Self(Cow::Owned(repaired))))
    }

    /// The literal for `text`.
    #[must_use]
    pub fn from_plain(text: &str) -> Option<Self> {
        serde_json::value::to_raw_value(text).ok().map(|raw| Self(Cow::Owned(raw)))
    }

    /// Whether the text has no characters.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.inner().is_empty()
    }

    /// The literal without its quotes, still escaped: such pieces concatenate into one literal.
    #[must_use]
    pub fn inner(&self) -> &str {
        let literal = self.0.get();
        literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default()
    }

    /// The text as it reads once unescaped, in order. An unpaired surrogate reads U+FFFD.
    pub fn runs(&self) -> impl Iterator<Item = Run<'_>> {
        Runs(self.inner())
    }
}

/// A stretch of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Run<'a> {
    /// Characters that stand for themselves.
    Plain(&'a str),
    /// A character written as an escape.
    Escaped(char),
}

struct Runs<'a>(&'a str);

impl<'a> Iterator for Runs<'a> {
    type Item = Run<'a>;

    fn next(&mut self) -> Option<Run<'a>> {
        let text = self.0;
        match text.find('\\') {
            Some(0) => {
                let mut characters = Characters(text);
                let character = characters.next()?;
                self.0 = characters.0;
                Some(Run::Escaped(character))
            }
            escape => {
                let (plain, rest) = text.split_at_checked(escape.unwrap_or(text.len()))?;
                self.0 = rest;
                (!plain.is_empty()).then_some(Run::Plain(plain))
            }
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Serialize for Text<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// A string that is read, borrowed from the body unless it holds escapes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Str<'a>(pub Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Str<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Str<'de>;

            fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Str<'de>, E> {
                Ok(Str(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Visitor)
    }
}

impl std::ops::Deref for Str<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

/// `text` as a JSON object for Google, `None` where it is none.
#[must_use]
pub fn object(text: &str) -> Option<Box<RawValue>> {
    let text = text.trim();
    let object = || repaired(text).unwrap_or_else(|| text.to_owned());
    text.starts_with('{').then(object).and_then(|object| RawValue::from_string(object).ok())
}

/// JSON without unpaired surrogates and NUL in its strings, or `None` where there are none (nearly always).
#[must_use]
pub fn repaired(literal: &str) -> Option<String> {
    let mut repaired = None::<String>;
    let (mut kept, mut at) = (0, 0_usize);
    while let Some(found) = literal.as_bytes().get(at..).and_then(|rest| first_of(rest, [b'\\'])) {
        let escape = at.wrapping_add(found);
        if literal.as_bytes().get(escape.wrapping_add(1)) != Some(&b'u') {
            at = escape.wrapping_add(2);
            continue;
        }
        let next = escape.wrapping_add(6);
        let (end, replacement) = match unit(literal, escape) {
            None => (escape.wrapping_add(2), None),
            Some(0) => (next, Some("")),
            Some(0xD800..=0xDBFF) if matches!(unit(literal, next), Some(0xDC00..=0xDFFF)) => {
                (next.wrapping_add(6), None)
            }
            Some(0xD800..=0xDFFF) => (next, Some("\\ufffd")),
            Some(_) => (next, None),
        };
        if let Some(replacement) = replacement {
            let repaired = repaired.get_or_insert_default();
            repaired.push_str(literal.get(kept..escape).unwrap_or_default());
            repaired.push_str(replacement);
            kept = end;
        }
        at = end;
    }
    let mut repaired = repaired?;
    repaired.push_str(literal.get(kept..).unwrap_or_default());
    Some(repaired)
}

/// The UTF-16 unit of the escape `\uXXXX` at `at`, where there is one.
fn unit(literal: &str, at: usize) -> Option<u16> {
    let digits = literal.get(at..)?.strip_prefix("\\u")?.get(..4)?;
    u16::from_str_radix(digits, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn through(literal: &str) -> String {
        let raw: &RawValue = serde_json::from_str(literal).unwrap();
        serde_json::to_string(&Text::from_raw(raw).unwrap()).unwrap()
    }

    #[test]
    fn well_formed_literals_pass_as_they_are() {
        for literal in [
            r#""""#,
            r#""plain""#,
            r#""tab\t quote\" slash\\u0000 \u00e9""#,
            r#""\ud83d\ude00""#,
            "\"\u{2028}é\"",
        ] {
            assert_eq!(through(literal), literal);
        }
    }

    #[test]
    fn lone_surrogates_become_the_replacement_character_and_nul_goes() {
        for (literal, expected) in [
            (r#""a\ud83d""#, r#""a\ufffd""#),
            (r#""\ude00b""#, r#""\ufffdb""#),
            (r#""\ud83d\ud83d\ude00""#, r#""\ufffd\ud83d\ude00""#),
            (r#""a\u0000b\n""#, r#""ab\n""#),
            (r#""\ud83dx\\""#, r#""\ufffdx\\""#),
        ] {
            assert_eq!(through(literal), expected);
        }
    }

    #[test]
    fn runs_read_as_the_unescaped_text() {
        for literal in [
            r#""""#,
            r#""plain é""#,
            r#""\"\\\/\b\f\n\r\t""#,
            r#""a\u00e9b\ud83d\ude00c\u0000""#,
            r#""\n\n""#,
        ] {
            let raw: &RawValue = serde_json::from_str(literal).unwrap();
            let text = Text::verbatim(raw).unwrap();
            let mut read = String::new();
            for run in text.runs() {
                match run {
                    Run::Plain(plain) => read.push_str(plain),
                    Run::Escaped(character) => read.push(character),
                }
            }
            assert_eq!(read, serde_json::from_str::<String>(literal).unwrap(), "{literal}");
        }
        let raw: &RawValue = serde_json::from_str(r#""\ud83dx\ude00""#).unwrap();
        let text = Text::verbatim(raw).unwrap();
        let lone = Run::Escaped(char::REPLACEMENT_CHARACTER);
        assert!(text.runs().eq([lone, Run::Plain("x"), lone]));
    }

    #[test]
    fn only_strings_are_text() {
        for literal in ["null", "1", "[]", "{}"] {
            let raw: &RawValue = serde_json::from_str(literal).unwrap();
            assert!(Text::from_raw(raw).is_none());
        }
    }
}
