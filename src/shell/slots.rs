//! Signatures in Envoy's shared data, which all workers of a `vm_id` see.
//!
//! Shared data cannot delete keys, so there is a fixed number of slots of fixed sizes, which together are the budget. A
//! signature goes to one of the few slots its key hashes to: its own, else an empty or expired one, else the oldest. What
//! is larger than every slot is counted and not kept.

use std::cell::Cell;

use super::abi;
use crate::memory::{Key, Memory};

/// Slots of one size.
struct Class {
    /// The largest signature.
    size: usize,
    /// The part of the budget: one in so many.
    share: usize,
    /// Among how many slots a key may choose.
    ways: usize,
}

/// Most signatures are short, recorded ones reach 139 KB.
const CLASSES: [Class; 3] = [
    Class { size: 2 << 10, share: 4, ways: 4 },
    Class { size: 16 << 10, share: 4, ways: 4 },
    Class { size: 256 << 10, share: 2, ways: 2 },
];

/// Bytes before the signature: its key, when it was kept and when it expires.
const HEAD: usize = 32;

const SECRET: &str = "gemini_filter.signatures.secret";
const SKIPPED: &str = "gemini_filter.signatures_skipped";

/// The slots of one configuration's budget.
pub(super) struct Slots {
    /// Bytes in all.
    budget: usize,
    /// Counts what was too large; defined when first needed.
    skipped: Cell<Option<u32>>,
}

/// What a slot holds.
struct Kept {
    owner: [u8; 16],
    /// Nanoseconds since 1970: of two signatures of one call the later one counts.
    at: u64,
    /// Seconds since 1970.
    expiry: u64,
    signature: Vec<u8>,
}

impl Kept {
    fn read(slot: &str) -> Option<Self> {
        let (value, _) = abi::shared(slot).ok()?;
        let (owner, rest) = value.split_first_chunk()?;
        let (at, rest) = rest.split_first_chunk()?;
        let (expiry, signature) = rest.split_first_chunk()?;
        let (at, expiry) = (u64::from_be_bytes(*at), u64::from_be_bytes(*expiry));
        Some(Self { owner: *owner, at, expiry, signature: signature.to_vec() })
    }
}

impl Slots {
    pub(super) fn new(budget: usize) -> Self {
        Self { budget, skipped: Cell::new(None) }
    }

    /// The slots of `class` that `key` may be in; none where the budget has no room for one.
    fn slots(&self, key: Key, class: &Class) -> impl Iterator<Item = String> + use<> {
        let (share, size) = (class.share, class.size);
        let part = self.budget.checked_div(share).unwrap_or(0);
        let count = part.checked_div(size.saturating_add(HEAD)).unwrap_or(0);
        let ways = class.ways.min(count);
        let sets = count.checked_div(ways).and_then(|sets| u128::try_from(sets).ok());
        let set = sets.and_then(|sets| u128::from_be_bytes(key.to_bytes()).checked_rem(sets));
        let name = move |way| set.map(|set| format!("gemini_filter.signatures.{size}.{set}.{way}"));
        (0..ways).filter_map(name)
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
        let slots = CLASSES.iter().flat_map(|class| self.slots(key, class));
        let ours = slots.filter_map(|slot| Kept::read(&slot)).filter(|kept| kept.owner == key.to_bytes());
        let newest = ours.max_by_key(|kept| kept.at).filter(|kept| now <= kept.expiry)?;
        String::from_utf8(newest.signature).ok()
    }

    fn keep(&self, key: Key, signature: &str, expiry: u64) {
        let at = abi::now();
        let fits = CLASSES.iter().find(|class| signature.len() <= class.size);
        let slots = fits.into_iter().flat_map(|class| self.slots(key, class));
        let slot = slots.min_by_key(|slot| match Kept::read(slot) {
            Some(kept) if kept.owner == key.to_bytes() => (0, 0),
            Some(kept) if kept.expiry >= at / 1_000_000_000 => (2, kept.at),
            Some(_) | None => (1, 0),
        });
        let owner = key.to_bytes();
        let value = [&owner[..], &at.to_be_bytes(), &expiry.to_be_bytes(), signature.as_bytes()].concat();
        if slot.is_none_or(|slot| abi::share(&slot, &value, 0).is_err()) {
            self.skip();
        }
    }

    fn secret(&self) -> [u8; 16] {
        let shared = || abi::shared(SECRET).ok().and_then(|(secret, _)| <[u8; 16]>::try_from(secret).ok());
        shared().unwrap_or_else(|| {
            let mut secret = [0; 16];
            // Without randomness keys can be aimed at: then nothing is shared, and nothing found.
            if getrandom::fill(&mut secret).is_ok() && abi::share(SECRET, &secret, 0).is_err() {
                log::error!("the host shares no data: thought signatures are not kept");
            }
            shared().unwrap_or(secret)
        })
    }
}
