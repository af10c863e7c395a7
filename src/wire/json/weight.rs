//! How much memory a document may take once it is parsed.
//!
//! Three bytes of `{},` become hundreds in memory, so a body within its size limit could exhaust a VM, which is a trap
//! that takes every stream with it. Small documents cannot; large ones are counted first.

use crate::wire::scan::first_of;

/// Documents up to this size are not counted.
const SMALL: usize = 1 << 20;

/// Most values in a large document: at a few hundred bytes each, well below what a VM has.
const MOST: usize = 500_000;

/// Whether a document has more values than could be parsed safely.
#[must_use]
pub fn is_too_heavy(json: &[u8]) -> bool {
    has_more_values(json, MOST)
}

/// Whether a document, unless it is a small one, has more than `most` values.
#[must_use]
pub fn has_more_values(json: &[u8], most: usize) -> bool {
    json.len() > SMALL && count(json) > most
}

/// The same of documents that are kept together.
#[must_use]
pub fn are_too_heavy(documents: &[Vec<u8>]) -> bool {
    let sum = |size: fn(&[u8]) -> usize| {
        documents.iter().map(|document| size(document)).fold(0_usize, usize::saturating_add)
    };
    sum(<[u8]>::len) > SMALL && sum(count) > MOST
}

/// Brackets and commas outside strings: an upper bound of the values.
fn count(json: &[u8]) -> usize {
    let mut count = 0_usize;
    let mut rest = json;
    while let Some(at) = rest.iter().position(|byte| matches!(byte, b'"' | b'{' | b'[' | b',')) {
        let (byte, after) = rest.get(at..).and_then(<[u8]>::split_first).unwrap_or((&b' ', &[]));
        rest = if *byte == b'"' {
            after_string(after)
        } else {
            count = count.saturating_add(1);
            after
        };
    }
    count
}

/// What follows the closing quote of a string.
fn after_string(text: &[u8]) -> &[u8] {
    let mut rest = text;
    while let Some(at) = first_of(rest, [b'"', b'\\']) {
        let escape = rest.get(at) == Some(&b'\\');
        rest = rest.get(at.saturating_add(if escape { 2 } else { 1 })..).unwrap_or_default();
        if !escape {
            return rest;
        }
    }
    &[]
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_structure_counts() {
        for (json, expected) in
            [("", 0), ("{}", 1), (r#"[1,{"a":"[,\"{\\"},2]"#, 4), (r#""unterminated, [ \"#, 0)]
        {
            assert_eq!(count(json.as_bytes()), expected, "{json}");
        }
    }

    #[test]
    fn long_text_is_light_and_many_values_are_not() {
        assert!(!is_too_heavy(format!("\"{}\"", ",".repeat(3 << 20)).as_bytes()));
        assert!(!is_too_heavy(&b"{},".repeat(1000)));
        assert!(is_too_heavy(&b"{},".repeat(1 << 20)));
    }
}
