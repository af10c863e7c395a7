//! A memory that forgets only what has expired.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::memory::{Key, Memory};

#[derive(Default)]
pub(crate) struct Remembered(RefCell<HashMap<Key, (String, u64)>>);

impl Memory for Remembered {
    fn recall(&self, key: Key, now: u64) -> Option<String> {
        self.0.borrow().get(&key).filter(|(_, expiry)| now <= *expiry).map(|(signature, _)| signature.clone())
    }

    fn keep(&self, key: Key, signature: &str, expiry: u64) {
        self.0.borrow_mut().insert(key, (signature.to_owned(), expiry));
    }

    fn secret(&self) -> [u8; 16] {
        *b"a fixed secret!!"
    }
}
