//! What workers share about a token: the token itself, and who may fetch it.
//!
//! Envoy's shared data cannot delete keys, and a compare-and-swap on a missing key always succeeds. So the leases are a
//! fixed number of keys that are there from the start, and principals hash to them.

use super::Source;

/// How many leases there are.
pub const LEASES: u8 = 32;

/// A lease that nobody has.
pub const NO_LEASE: &[u8] = &[0; 16];

/// Milliseconds for which a lease is taken or prolonged: so long after its owner's death another may have it.
const TERM: u64 = 2000;

/// Milliseconds before a token's expiry at which it is fetched anew: google-auth's 3:45 minutes, and up to one more so
/// that not everybody comes at once. The metadata server gives the same token again until 5 minutes before its expiry.
const EARLY: (u64, u64) = (225_000, 60_000);

/// Milliseconds before its expiry at which a token is not used any more.
const SLACK: u64 = 10_000;

/// Milliseconds in which only one token that Google refuses is replaced.
const REJECTION: u64 = 10_000;

/// Milliseconds between attempts that failed: of the first pause and of the longest, by whether the reason passes.
const PASSING: (u64, u64) = (500, 30_000);
const PERMANENT: (u64, u64) = (5000, 60_000);

/// The key of the lease with this number.
#[must_use]
pub fn lease_name(number: u8) -> String {
    format!("gemini_filter.lease.{number}")
}

/// The keys of a source: its lease's and its token's.
pub(super) fn names(source: &Source) -> (String, String) {
    let [.., low] = source.key().to_be_bytes();
    (lease_name(low % LEASES), format!("gemini_filter.token.{:032x}", source.key()))
}

/// The right to fetch; times in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) owner: u64,
    pub(super) expiry: u64,
}

impl Lease {
    pub(super) fn of(owner: u64, now: u64) -> Self {
        Self { owner, expiry: now.saturating_add(TERM) }
    }

    /// What is unreadable belongs to nobody.
    pub(super) fn read(bytes: &[u8]) -> Self {
        let read = || {
            let (owner, rest) = bytes.split_first_chunk()?;
            let (expiry, _) = rest.split_first_chunk()?;
            Some(Self { owner: u64::from_be_bytes(*owner), expiry: u64::from_be_bytes(*expiry) })
        };
        read().unwrap_or_default()
    }

    pub(super) fn write(self) -> Vec<u8> {
        [self.owner.to_be_bytes(), self.expiry.to_be_bytes()].concat()
    }

    /// Whether nobody has it: an expiry further away than any that is given comes from a clock that was set back.
    pub(super) fn is_free(self, now: u64) -> bool {
        self.expiry <= now || self.expiry > now.saturating_add(TERM)
    }

    /// Whether it is time to prolong it.
    pub(super) fn is_ending(self, now: u64) -> bool {
        self.expiry <= now.saturating_add(TERM / 2)
    }
}

/// A token and how the last attempts to get one went; times in milliseconds since 1970.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Empty when there is none.
    pub(super) token: String,
    /// When it must not be used any more.
    pub(super) until: u64,
    /// When a new one should be fetched.
    pub(super) refresh: u64,
    /// Before which no attempt should be made.
    pub(super) retry: u64,
    /// When Google last refused a token that was then given up.
    pub(super) rejected: u64,
    /// Attempts that failed since the last that did not.
    pub(super) failures: u8,
    /// The last failure will not pass by itself.
    pub(super) permanent: bool,
}

impl Record {
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        let (until, rest) = bytes.split_first_chunk()?;
        let (refresh, rest) = rest.split_first_chunk()?;
        let (retry, rest) = rest.split_first_chunk()?;
        let (rejected, rest) = rest.split_first_chunk()?;
        let ([failures, permanent], token) = rest.split_first_chunk()?;
        Some(Self {
            token: std::str::from_utf8(token).ok()?.to_owned(),
            until: u64::from_be_bytes(*until),
            refresh: u64::from_be_bytes(*refresh),
            retry: u64::from_be_bytes(*retry),
            rejected: u64::from_be_bytes(*rejected),
            failures: *failures,
            permanent: *permanent == 1,
        })
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let times = [self.until, self.refresh, self.retry, self.rejected].map(u64::to_be_bytes).concat();
        let last = [self.failures, u8::from(self.permanent)];
        [&times[..], &last, self.token.as_bytes()].concat()
    }

    /// A token that came `now` and lives `lifetime` seconds; `random` is any number.
    pub(super) fn fetched(token: String, lifetime: u64, now: u64, random: u64) -> Self {
        let lifetime = lifetime.saturating_mul(1000);
        let (early, spread) = EARLY;
        let early = early.saturating_add(below(random, spread)).min(lifetime / 4);
        let slack = SLACK.min(lifetime / 10);
        Self {
            token,
            until: now.saturating_add(lifetime.saturating_sub(slack)),
            refresh: now.saturating_add(lifetime.saturating_sub(early)),
            ..Self::default()
        }
    }

    /// The same without its token, which Google refused. What the last attempts came to stays.
    pub(super) fn rejected(self, now: u64) -> Self {
        Self { token: String::new(), until: 0, refresh: 0, rejected: now, ..self }
    }

    /// The same, remembering when the last token was given up.
    pub(super) fn rejected_at(self, rejected: u64) -> Self {
        Self { rejected, ..self }
    }

    /// The same after an attempt that failed: a token that there is stays. Pauses double and vary by half.
    pub(super) fn failed(mut self, permanent: bool, now: u64, random: u64) -> Self {
        let (first, longest) = if permanent { PERMANENT } else { PASSING };
        let pause = first.saturating_mul(1_u64.checked_shl(self.failures.into()).unwrap_or(u64::MAX));
        let half = pause.min(longest) / 2;
        self.retry = now.saturating_add(half).saturating_add(below(random, half));
        self.failures = self.failures.saturating_add(1);
        self.permanent = permanent;
        self
    }

    /// Whether it is long enough since a token was given up; a time yet to come is from a clock that was set back.
    pub(super) fn may_be_rejected(&self, now: u64) -> bool {
        now.checked_sub(self.rejected).is_none_or(|passed| passed >= REJECTION)
    }

    pub(super) fn is_usable(&self, now: u64) -> bool {
        !self.token.is_empty() && now < self.until
    }

    /// Whether a new token should be fetched, failures aside.
    pub(super) fn is_due(&self, now: u64) -> bool {
        self.token.is_empty() || now >= self.refresh
    }

    /// Whether an attempt would come too early after one that failed. A pause longer than any comes from a clock that
    /// was set back.
    pub(super) fn is_pausing(&self, now: u64) -> bool {
        now < self.retry && self.retry <= now.saturating_add(PERMANENT.1)
    }
}

fn below(random: u64, limit: u64) -> u64 {
    random.checked_rem(limit).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn records_and_leases_are_read_as_written() {
        let record = Record {
            token: "t".to_owned(),
            until: 1,
            refresh: 2,
            retry: 3,
            rejected: 5,
            failures: 4,
            permanent: true,
        };
        assert!(Record::read(&record.write()) == Some(record));
        assert!(Record::read(b"short").is_none());
        let lease = Lease::of(7, 100);
        assert_eq!(Lease::read(&lease.write()), lease);
        assert!(Lease::read(NO_LEASE).is_free(1));
        assert!(Lease::read(b"x").is_free(1));
        assert!(
            !lease.is_free(100) && lease.is_free(2100) && !lease.is_ending(1099) && lease.is_ending(1100)
        );
        assert!(Lease { owner: 1, expiry: 1 << 60 }.is_free(100), "the clock was set back");
    }

    #[test]
    fn tokens_are_refreshed_well_before_they_expire() {
        for (lifetime, random, refresh, until) in [
            (3600, 0, 3_375_000, 3_590_000),
            (3600, 59_999, 3_315_001, 3_590_000),
            (3600, u64::MAX, 3_323_385, 3_590_000),
            (100, 0, 75_000, 90_000),
            (2, 0, 1500, 1800),
            (1, 5, 750, 900),
        ] {
            let record = Record::fetched("t".to_owned(), lifetime, 1000, random);
            assert_eq!((record.refresh - 1000, record.until - 1000), (refresh, until), "{lifetime} {random}");
        }
    }

    #[test]
    fn pauses_grow_and_are_bounded() {
        for (permanent, longest) in [(false, 30_000), (true, 60_000)] {
            let mut record = Record::default();
            let mut pauses = Vec::new();
            for _ in 0..300 {
                record = record.failed(permanent, 1000, 0);
                pauses.push(record.retry - 1000);
                assert!(record.is_pausing(1000) && !record.is_pausing(record.retry));
            }
            assert!(pauses.is_sorted());
            assert_eq!(pauses.last(), Some(&(longest / 2)), "{pauses:?}");
            assert_eq!(pauses.first(), Some(if permanent { &2500 } else { &250 }));
        }
        let varied = Record::default().failed(false, 0, 249);
        assert_eq!(varied.retry, 499);
    }
}
