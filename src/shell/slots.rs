//! Signatures in Envoy's shared data, which all workers of a `vm_id` see.
//!
//! Shared data cannot delete keys, so there is a fixed number of slots of fixed sizes, which together are the budget. A
//! signature goes to the slot its key hashes to and replaces what was there; what is larger than every slot is counted
//! and not kept.

use std::cell::Cell;

use super::abi;
use crate::memory::{Key, Memory};

/// Largest signature of each size, and the part of the budget it gets: most are short, recorded ones reach 139 KB.
const SIZES: [(usize, usize); 3] = [(2 << 10, 4), (16 << 10, 4), (256 << 10, 2)];

/// Bytes before the signature: its key and when it expires.
const HEAD: usize = 24;

const SECRET: &str = "gemini_filter.signatures.secret";
const SKIPPED: &str = "gemini_filter.signatures_skipped";

/// The slots of one configuration's budget.
pub(super) struct Slots {
    /// Bytes in all.
    budget: usize,
    /// Counts what was too large; defined when first needed.
    skipped: Cell<Option<u32>>,
}

impl Slots {
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, skipped: Cell::new(None) }
    }

    /// The slot for `key` among those of `size`; none where the budget has no room for one.
    fn slot(&self, key: Key, size: usize, share: usize) -> Option<String> {
        let count =
            u128::try_from(self.budget.checked_div(share)?.checked_div(size.saturating_add(HEAD))?).ok()?;
        let number = u128::from_be_bytes(key.to_bytes()).checked_rem(count)?;
        Some(format!("gemini_filter.signatures.{size}.{number}"))
    }

    fn skip(&self) {
        let metric = self.skipped.get().or_else(|| abi::define_counter(SKIPPED).ok());
        self.skipped.set(metric);
        if let Some(metric) = metric {
            abi::count(metric);
        }
    }
}

impl Memory for Slots {
    fn recall(&self, key: Key, now: u64) -> Option<String> {
        let slots = SIZES.iter().filter_map(|(size, share)| self.slot(key, *size, *share));
        slots.into_iter().find_map(|slot| {
            let kept = kept(&slot, key)?;
            let (expiry, signature) = kept.split_first_chunk()?;
            let alive = now <= u64::from_be_bytes(*expiry);
            alive.then(|| String::from_utf8(signature.to_vec()).ok()).flatten()
        })
    }

    fn keep(&self, key: Key, signature: &str, expiry: u64) {
        let value = [&key.to_bytes()[..], &expiry.to_be_bytes(), signature.as_bytes()].concat();
        let mut done = false;
        for (size, share) in SIZES {
            let Some(slot) = self.slot(key, size, share) else {
                continue;
            };
            if !done && signature.len() <= size {
                done = abi::share(&slot, &value).is_ok();
            } else if kept(&slot, key).is_some() && abi::share(&slot, &[]).is_err() {
                // What this call was signed with before would be found first.
                log::warn!("an outdated thought signature could not be forgotten");
            }
        }
        if !done {
            self.skip();
        }
    }

    fn secret(&self) -> [u8; 16] {
        let shared = || abi::shared(SECRET).ok().and_then(|secret| <[u8; 16]>::try_from(secret).ok());
        shared().unwrap_or_else(|| {
            let mut secret = [0; 16];
            // Without randomness keys can be aimed at: then nothing is shared, and nothing found.
            if getrandom::fill(&mut secret).is_ok() && abi::share(SECRET, &secret).is_err() {
                log::error!("the host shares no data: thought signatures are not kept");
            }
            shared().unwrap_or(secret)
        })
    }
}

/// What the slot holds for `key`: when it expires, and the signature.
fn kept(slot: &str, key: Key) -> Option<Vec<u8>> {
    abi::shared(slot).ok()?.strip_prefix(&key.to_bytes()).map(<[u8]>::to_vec)
}
