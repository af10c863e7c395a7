//! Looks through long text for a few bytes, eight at a time.
//!
//! Media of 20 MB are gone through several times on their way, and byte by byte costs five times as much in wasm.
//! The test for a zero byte is Mycroft's, as in serde_json's own search for the end of a string.

/// Where the first of the bytes `wanted` stands in `text`.
#[must_use]
pub fn first_of<const N: usize>(text: &[u8], wanted: [u8; N]) -> Option<usize> {
    let (words, _) = text.as_chunks::<8>();
    let hits = |word: &[u8; 8]| hits(u64::from_le_bytes(*word), wanted);
    let without = words.iter().take_while(|word| hits(word) == 0).count();
    let start = without.saturating_mul(8);
    if let Some(word) = words.get(without) {
        // Borrows may mark what stands behind the first hit, but never what is before it.
        return Some(start.saturating_add(hits(word).trailing_zeros() as usize / 8));
    }
    let at = text.get(start..)?.iter().position(|byte| wanted.contains(byte))?;
    Some(start.saturating_add(at))
}

/// The high bit of each byte that is one of `wanted`.
fn hits<const N: usize>(word: u64, wanted: [u8; N]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let found = wanted.into_iter().fold(0, |found, byte| {
        let zero_if_there = word ^ ONES.wrapping_mul(u64::from(byte));
        found | (zero_if_there.wrapping_sub(ONES) & !zero_if_there)
    });
    found & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn the_first_is_found_wherever_it_stands() {
        assert_eq!(first_of(b"", [b'"']), None);
        for length in 0..40 {
            // Neighbours of the wanted bytes, and bytes that differ from them in the high bit alone.
            let mut text: Vec<u8> = b"!#[]\xA2\xDC \xFF\0".iter().copied().cycle().take(length).collect();
            assert_eq!(first_of(&text, [b'"', b'\\']), None);
            for at in (0..length).rev() {
                text[at] = if at % 2 == 0 { b'"' } else { b'\\' };
                assert_eq!(first_of(&text, [b'"', b'\\']), Some(at));
            }
        }
    }
}
