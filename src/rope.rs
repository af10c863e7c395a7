//! A body in pieces, so that what is large in it is moved and never copied.

/// A body in pieces. Small bytes are gathered in the last one; a large piece stays the allocation it was made as.
#[derive(Clone, Debug, Default)]
pub struct Rope {
    done: Vec<Vec<u8>>,
    tail: Vec<u8>,
}

/// Bytes up to which a piece is rather copied than kept by itself.
const SMALL: usize = 4 << 10;

/// Bytes at which a piece is full: growing it would copy what is in it.
const FULL: usize = 64 << 10;

impl Rope {
    /// Where small bytes are written.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        if self.tail.len() >= FULL {
            self.done.push(std::mem::take(&mut self.tail));
        }
        &mut self.tail
    }

    /// Appends a copy of `bytes`.
    pub fn extend(&mut self, bytes: &[u8]) {
        self.tail().extend_from_slice(bytes);
    }

    /// Appends a piece.
    pub fn push(&mut self, piece: Vec<u8>) {
        if piece.len() <= SMALL {
            return self.extend(&piece);
        }
        if !self.tail.is_empty() {
            self.done.push(std::mem::take(&mut self.tail));
        }
        self.done.push(piece);
    }

    /// Appends all of `other`.
    pub fn append(&mut self, other: Self) {
        for piece in other.done {
            self.push(piece);
        }
        self.push(other.tail);
    }

    /// Bytes in all pieces.
    #[must_use]
    pub fn len(&self) -> usize {
        self.done.iter().map(Vec::len).fold(self.tail.len(), usize::saturating_add)
    }

    /// Whether there are no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The first bytes, as far as they are in one piece.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        self.done.first().unwrap_or(&self.tail)
    }

    /// The pieces in order, each given away.
    pub fn into_pieces(self) -> impl Iterator<Item = Vec<u8>> {
        self.done.into_iter().chain(std::iter::once(self.tail))
    }

    /// All bytes in one allocation, which copies them unless there is only one piece.
    #[must_use]
    pub fn into_bytes(mut self) -> Vec<u8> {
        if self.done.is_empty() {
            return self.tail;
        }
        if self.done.len() == 1 && self.tail.is_empty() {
            return self.done.pop().unwrap_or_default();
        }
        let mut bytes = Vec::with_capacity(self.len());
        for piece in self.into_pieces() {
            bytes.extend_from_slice(&piece);
        }
        bytes
    }
}

impl From<Vec<u8>> for Rope {
    fn from(bytes: Vec<u8>) -> Self {
        Self { done: Vec::new(), tail: bytes }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn pieces_keep_their_order() {
        let mut rope = Rope::default();
        assert!(rope.is_empty() && rope.head().is_empty());
        let mut expected = Vec::new();
        for (byte, size) in [(b'a', 3), (b'b', SMALL + 1), (b'c', 1), (b'd', FULL), (b'e', 2), (b'f', SMALL)]
        {
            let piece = vec![byte; size];
            expected.extend_from_slice(&piece);
            if size % 2 == 0 { rope.extend(&piece) } else { rope.push(piece) }
        }
        let mut twice = Rope::from(b"x".to_vec());
        twice.append(rope.clone());
        assert_eq!(rope.head(), b"aaa");
        assert_eq!(rope.len(), expected.len());
        assert_eq!(rope.clone().into_pieces().flatten().collect::<Vec<u8>>(), expected);
        assert_eq!(rope.into_bytes(), expected);
        expected.insert(0, b'x');
        assert_eq!(twice.into_bytes(), expected);
    }

    #[test]
    fn a_large_piece_is_not_copied() {
        let piece = vec![b'p'; 1 << 20];
        let address = piece.as_ptr();
        let mut rope = Rope::default();
        rope.push(piece);
        let mut other = Rope::default();
        other.append(rope);
        let bytes = other.into_bytes();
        assert_eq!(bytes.as_ptr(), address);
    }
}
