//! One timer for all that a plugin configuration looks after: it ticks as often as the most impatient wants.

use std::cell::Cell;

use super::abi;

/// Most requests that one callback may answer or resume: Envoy does so after the callback, each within the one before,
/// and some hundreds overflow its stack.
pub(super) const MOST_AT_ONCE: usize = 32;

/// Who wants to be called.
#[derive(Clone, Copy)]
pub(super) enum Who {
    Watch,
    Tokens,
}

/// The timer of one plugin configuration in one VM.
#[derive(Default)]
pub(super) struct Tick {
    /// Milliseconds; 0 for not at all.
    watch: Cell<u32>,
    tokens: Cell<u32>,
    /// What the host was told.
    period: Cell<u32>,
}

impl Tick {
    /// Calls `who` every so many milliseconds; 0 stops it.
    pub(super) fn every(&self, who: Who, milliseconds: u32) {
        match who {
            Who::Watch => self.watch.set(milliseconds),
            Who::Tokens => self.tokens.set(milliseconds),
        }
        let wishes = [self.watch.get(), self.tokens.get()].into_iter().filter(|wish| *wish > 0);
        let period = wishes.min().unwrap_or(0);
        // Telling the host the same again would start the period anew.
        if self.period.replace(period) != period && abi::tick_every(period).is_err() {
            log::error!("the host keeps no time: requests may wait for ever");
        }
    }
}
