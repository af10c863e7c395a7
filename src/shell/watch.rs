//! Finds requests that wait for a body which Envoy was not told to deliver.
//!
//! A plugin cannot ask whether `allow_on_headers_stop_iteration` is set. Without it no body callback ever comes after a
//! pause in the headers, and the request would hang. The first body callback proves the setting, for every worker that
//! runs this configuration, and the watch ends.

use std::cell::{Cell, RefCell};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::{Rc, Weak};
use std::time::Duration;

use super::abi;
use super::tick::{MOST_AT_ONCE, Tick, Who};
use crate::exchange::Exchange;

/// How often to look.
const PERIOD_MS: u32 = 250;

/// What is shared about a configuration.
const PROVEN: &[u8] = b"1";
const UNKNOWN: &[u8] = b"0";

/// The requests of one plugin configuration that have not been proven to get bodies.
pub(super) struct Watch {
    tick: Rc<Tick>,
    proven: Cell<bool>,
    wait: Cell<Duration>,
    /// Where workers share what has been proven.
    key: RefCell<String>,
    waiting: RefCell<Vec<Waiting>>,
}

struct Waiting {
    context_id: u32,
    exchange: Weak<RefCell<Exchange>>,
    /// Nanoseconds since 1970.
    deadline: u64,
}

impl Watch {
    pub(super) fn new(tick: &Rc<Tick>) -> Self {
        Self {
            tick: Rc::clone(tick),
            proven: Cell::default(),
            wait: Cell::default(),
            key: RefCell::default(),
            waiting: RefCell::default(),
        }
    }

    /// Sets how long a body may take before the setting is proven; `json` is the configuration watched.
    pub(super) fn configure(&self, wait: Duration, json: &[u8]) {
        let mut hasher = DefaultHasher::new();
        json.hash(&mut hasher);
        let key = format!("gemini_filter.bodies.{:016x}", hasher.finish());
        // The same configuration may come back with the setting changed.
        share(&key, UNKNOWN);
        self.wait.set(wait);
        self.key.replace(key);
    }

    /// A request waits for its body.
    pub(super) fn add(&self, context_id: u32, exchange: &Rc<RefCell<Exchange>>, now: fn() -> u64) {
        if self.proven.get() {
            return;
        }
        let wait = u64::try_from(self.wait.get().as_nanos()).unwrap_or(u64::MAX);
        let mut waiting = self.waiting.borrow_mut();
        if waiting.is_empty() {
            self.tick.every(Who::Watch, PERIOD_MS);
        }
        waiting.push(Waiting {
            context_id,
            exchange: Rc::downgrade(exchange),
            deadline: now().saturating_add(wait),
        });
    }

    /// A body came. It proves something where its headers are held back.
    pub(super) fn proven(&self, context_id: u32) {
        if !self.proven.get() && self.waiting.borrow().iter().any(|waiting| waiting.context_id == context_id)
        {
            self.prove();
        }
    }

    fn prove(&self) {
        if !self.proven.replace(true) {
            share(&self.key.borrow(), PROVEN);
            self.waiting.borrow_mut().clear();
            self.tick.every(Who::Watch, 0);
        }
    }

    /// A stream is gone.
    pub(super) fn remove(&self, context_id: u32) {
        if !self.proven.get() {
            self.waiting.borrow_mut().retain(|waiting| waiting.context_id != context_id);
        }
    }

    /// Takes requests that have waited too long, as many as may be answered at once.
    pub(super) fn overdue(&self, now: u64) -> Vec<(u32, Rc<RefCell<Exchange>>)> {
        if self.waiting.borrow().is_empty() {
            self.tick.every(Who::Watch, 0);
            return Vec::new();
        }
        if abi::shared(&self.key.borrow()).is_ok_and(|(value, _)| value == PROVEN) {
            self.prove();
        }
        let mut waiting = self.waiting.borrow_mut();
        let overdue = waiting.extract_if(.., |waiting| waiting.deadline <= now).take(MOST_AT_ONCE);
        let overdue =
            overdue.filter_map(|waiting| Some((waiting.context_id, waiting.exchange.upgrade()?))).collect();
        let period = match waiting.is_empty() {
            true => 0,
            false if waiting.iter().any(|waiting| waiting.deadline <= now) => 1,
            false => PERIOD_MS,
        };
        self.tick.every(Who::Watch, period);
        overdue
    }
}

fn share(key: &str, value: &[u8]) {
    if abi::share(key, value, 0).is_err() {
        log::error!(
            "the host shares no data: every worker finds out for itself whether bodies are delivered"
        );
    }
}
