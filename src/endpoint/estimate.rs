//! Token counts where Google tells none.

/// About as many tokens as `text` has, the inside of a JSON literal: a token has some four bytes in every script, and
/// nothing is free.
pub(super) fn tokens(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(4)).unwrap_or(u64::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn about_as_google_counts() {
        // The recorded count of "Hello, world!" is 4.
        for (text, expected) in [("", 1), ("a", 1), ("hello", 2), ("Hello, world!", 4), ("日本語", 3)] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }
}
