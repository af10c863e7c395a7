//! The beginning of a value whose rest has not come yet.
//!
//! It is kept in pieces that are joined once: a long value that grew in one buffer would be held three times over, as
//! such a buffer is moved to one of twice its length when it is full.

/// How long a piece grows, unless more comes at once.
const PIECE: usize = 1 << 20;

/// Bytes, to be taken all at once.
#[derive(Debug, Default)]
pub(super) struct Carry {
    full: Vec<Vec<u8>>,
    /// Empty only where all is.
    last: Vec<u8>,
}

impl Carry {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        if !self.last.is_empty() && self.last.len().saturating_add(bytes.len()) > PIECE {
            self.full.push(std::mem::take(&mut self.last));
        }
        self.last.extend_from_slice(bytes);
    }

    /// All of it, in one.
    pub(super) fn take(&mut self) -> Vec<u8> {
        let last = std::mem::take(&mut self.last);
        if self.full.is_empty() {
            return last;
        }
        self.full.push(last);
        std::mem::take(&mut self.full).concat()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.last.is_empty()
    }

    /// In bytes.
    pub(super) fn len(&self) -> usize {
        self.full.iter().map(Vec::len).fold(self.last.len(), usize::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn what_was_pushed_is_taken_however_long() {
        let mut carry = Carry::default();
        for lengths in [&[][..], &[0], &[1, 2], &[PIECE, 0, 1], &[PIECE - 1, 1, 1], &[5, 3 * PIECE, 7, PIECE]]
        {
            let mut expected = Vec::new();
            for (index, length) in lengths.iter().enumerate() {
                let bytes = vec![u8::try_from(index).unwrap(); *length];
                carry.push(&bytes);
                expected.extend(bytes);
                assert_eq!((carry.len(), carry.is_empty()), (expected.len(), expected.is_empty()));
            }
            assert!(carry.take() == expected);
            assert_eq!((carry.len(), carry.is_empty()), (0, true));
        }
    }
}
