//! Bytes held in memory across callbacks, counted for the whole VM.
//!
//! A VM's memory never shrinks and ends at 1 GiB, and running out is a trap that takes every stream with it.

use std::cell::Cell;
use std::rc::Rc;

/// The VM's total; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Total(Rc<Cell<usize>>);

/// One exchange's share of the total, given back when dropped.
#[derive(Debug)]
pub struct Share {
    total: Total,
    bytes: usize,
}

impl Total {
    /// A share of nothing yet.
    #[must_use]
    pub fn share(&self) -> Share {
        Share { total: self.clone(), bytes: 0 }
    }

    /// Bytes held now.
    #[cfg(test)]
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.get()
    }
}

impl Share {
    /// Sets this share to `bytes` and returns the total.
    pub fn set(&mut self, bytes: usize) -> usize {
        let total = self.total.0.get().saturating_sub(self.bytes).saturating_add(bytes);
        self.total.0.set(total);
        self.bytes = bytes;
        total
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.set(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn shares_add_up_and_are_given_back() {
        let total = Total::default();
        let (mut one, mut two) = (total.share(), total.share());
        assert_eq!((one.set(5), two.set(7), one.set(1)), (5, 12, 8));
        drop(two);
        assert_eq!(total.bytes(), 1);
    }
}
