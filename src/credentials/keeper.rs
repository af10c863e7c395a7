//! One fetch at a time for all workers of a VM's id.
//!
//! Every VM keeps what it knows of each source. A request that finds no token, or one that should be refreshed, leaves a
//! mark; the next tick looks at what workers share, and who gets the source's lease fetches. The others see the outcome in
//! the shared data on their own ticks. The owner prolongs its lease while it lives: once its VM is gone, the lease ends
//! and another takes over. A token stays in use while a new one is fetched, and after attempts that failed.

use std::cell::RefCell;
use std::rc::Rc;

use super::fetch::{Fetch, Step};
use super::record::{Lease, Record, names};
use super::sign::Unsigned;
use super::{Call, Failure, Reply, Source, Token, unavailable};

/// What a keeper needs of the host.
pub trait Host {
    /// Milliseconds since 1970.
    fn now(&self) -> u64;

    /// Any number.
    fn random(&self) -> u64;

    /// What is shared under `key`, and its version.
    fn shared(&self, key: &str) -> Option<(Vec<u8>, u32)>;

    /// Shares `value` if the version is still this one; 0 replaces any. Whether it did.
    fn share(&self, key: &str, value: &[u8], version: u32) -> bool;

    /// Makes a call whose reply comes later, with the number given here.
    ///
    /// # Errors
    /// When it was not made.
    fn call(&self, call: &Call) -> Result<u32, NotCalled>;

    /// Signs a text with a private key in PEM.
    ///
    /// # Errors
    /// When the host cannot, or not with this key.
    fn sign(&self, private_key: &str, text: &str) -> Result<Vec<u8>, Unsigned>;
}

/// Why a call was not made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCalled {
    /// There is no such cluster.
    NoCluster,
    /// The cluster has nobody to call right now.
    Failed,
}

/// The tokens of one plugin configuration in one VM.
pub struct Keeper {
    host: Box<dyn Host>,
    entries: RefCell<Vec<Entry>>,
}

/// What is known of one source.
struct Entry {
    source: Rc<Source>,
    record: Record,
    /// A request asked for a token that has to be fetched.
    wanted: bool,
    /// The token was asked for since it is here.
    used: bool,
    /// This VM fetched the token, and sees to it that the next one comes in time.
    ours: bool,
    running: Option<Running>,
}

/// A fetch of this VM.
struct Running {
    fetch: Fetch,
    /// The call whose reply is awaited.
    call: u32,
    /// As it was last taken or prolonged.
    lease: Lease,
}

/// How often to look while something is awaited, in milliseconds.
const OFTEN: u64 = 20;

/// How often to look after the lease of a fetch that nobody awaits, in milliseconds.
const SOMETIMES: u64 = 500;

/// Sources that are remembered although nothing goes on with them.
const REMEMBERED: usize = 64;

impl Keeper {
    /// A keeper that knows nothing yet.
    #[must_use]
    pub fn new(host: Box<dyn Host>) -> Self {
        Self { host, entries: RefCell::new(Vec::new()) }
    }

    /// The token of `source`, good now. Who is told to wait asks again, for as long as it may.
    pub fn get(&self, source: &Rc<Source>) -> Token {
        let now = self.host.now();
        let mut entries = self.entries.borrow_mut();
        remember(&mut entries, source);
        let known = entries.iter_mut().find(|entry| entry.source.key() == source.key());
        let Some(entry) = known else { return Token::Failed(unavailable(1000)) };
        entry.used = true;
        if entry.record.is_due(now) {
            entry.reload(&*self.host);
        }
        let pausing = entry.record.is_pausing(now);
        if entry.record.is_usable(now) {
            entry.wanted |= !pausing && entry.record.is_due(now);
            return Token::Ready(entry.record.token.clone());
        }
        let wait = u64::try_from(source.wait().as_millis()).unwrap_or(u64::MAX);
        let pause = entry.record.retry.saturating_sub(now);
        // Who would only wait for an attempt that comes too late is told at once.
        if pausing && (entry.record.permanent || pause >= wait) {
            return Token::Failed(unavailable(pause.max(1000)));
        }
        entry.wanted |= !pausing;
        Token::Wait
    }

    /// Google refused this token. If workers still use it, the next request fetches another; not again within ten
    /// seconds, since it may be the request that Google refuses whatever token it has.
    pub fn reject(&self, source: &Source, token: &str) {
        let (host, now) = (&*self.host, self.host.now());
        let mut entries = self.entries.borrow_mut();
        let uses = |entry: &&mut Entry| entry.source.key() == source.key() && entry.record.token == token;
        let Some(entry) = entries.iter_mut().find(uses) else { return };
        let version = entry.reload(host);
        if entry.record.token != token || !entry.record.may_be_rejected(now) {
            return;
        }
        entry.record = std::mem::take(&mut entry.record).rejected(now);
        let (_, name) = names(source);
        // Who shared something in between has a token that this VM will find there.
        host.share(&name, &entry.record.write(), version);
        log::warn!(
            "auth: Google refused the token of the {source}, another one is fetched for the next request"
        );
    }

    /// Looks what there is to do: fetches what is wanted and prolongs leases.
    pub fn on_tick(&self) {
        let (host, now) = (&*self.host, self.host.now());
        for entry in self.entries.borrow_mut().iter_mut() {
            if let Some(running) = &mut entry.running {
                if running.lease.is_ending(now) {
                    running.prolong(host, &entry.source, now);
                }
                continue;
            }
            let is_due = entry.ours && entry.record.is_due(now);
            let refreshes = is_due && entry.used;
            entry.ours &= refreshes || !is_due;
            if !(std::mem::take(&mut entry.wanted) || refreshes) {
                continue;
            }
            entry.reload(host);
            if !entry.record.is_due(now) {
                entry.ours = false;
            } else if !entry.record.is_pausing(now)
                && let Some(lease) = take_lease(host, &entry.source, now)
            {
                entry.start(host, lease, now);
            }
        }
    }

    /// A reply came; the number is the call's.
    pub fn on_reply(&self, call: u32, reply: &Reply) {
        let (host, now) = (&*self.host, self.host.now());
        let mut entries = self.entries.borrow_mut();
        let is_awaited =
            |entry: &&mut Entry| entry.running.as_ref().is_some_and(|running| running.call == call);
        let Some(entry) = entries.iter_mut().find(is_awaited) else { return };
        let Some(mut running) = entry.running.take() else { return };
        let step = running.fetch.next(reply, now / 1000, &|key, text| host.sign(key, text));
        entry.go_on(host, running, step, now);
    }

    /// Milliseconds until the next tick is needed; `None` while nothing goes on.
    #[must_use]
    pub fn next_tick(&self) -> Option<u64> {
        let entries = self.entries.borrow();
        if entries.iter().any(|entry| entry.wanted) {
            return Some(OFTEN);
        }
        if entries.iter().any(|entry| entry.running.is_some()) {
            return Some(SOMETIMES);
        }
        let ours = entries.iter().filter(|entry| entry.ours);
        let next = ours.map(|entry| entry.record.refresh.max(entry.record.retry)).min()?;
        Some(next.saturating_sub(self.host.now()).max(SOMETIMES))
    }

    /// Whether a request left a mark for the next tick.
    #[must_use]
    pub fn is_wanted(&self) -> bool {
        self.entries.borrow().iter().any(|entry| entry.wanted)
    }
}

impl Drop for Keeper {
    /// The calls of a configuration that is taken away are never answered: another may fetch at once.
    fn drop(&mut self) {
        for entry in self.entries.borrow().iter() {
            if let Some(running) = &entry.running {
                running.release(&*self.host, &entry.source);
            }
        }
    }
}

impl Entry {
    fn of(source: &Rc<Source>) -> Self {
        let source = Rc::clone(source);
        Self { source, record: Record::default(), wanted: false, used: false, ours: false, running: None }
    }

    /// Takes over what workers share, where there is something; its version, or 0.
    fn reload(&mut self, host: &dyn Host) -> u32 {
        let (_, name) = names(&self.source);
        let Some((bytes, version)) = host.shared(&name) else { return 0 };
        if let Some(record) = Record::read(&bytes) {
            self.record = record;
        }
        version
    }

    fn start(&mut self, host: &dyn Host, lease: Lease, now: u64) {
        let (fetch, step) = Fetch::start(&self.source, now / 1000, &|key, text| host.sign(key, text));
        self.go_on(host, Running { fetch, call: 0, lease }, step, now);
    }

    fn go_on(&mut self, host: &dyn Host, mut running: Running, step: Step, now: u64) {
        let outcome = match step {
            Step::Call(call) => match host.call(&call) {
                Ok(number) => {
                    running.call = number;
                    self.running = Some(running);
                    return;
                }
                Err(why) => Err(not_called(why, &call.cluster, running.fetch.asked())),
            },
            Step::Done { token, lifetime } => Ok((token, lifetime)),
            Step::Failed(failure) => Err(failure),
        };
        let random = host.random();
        self.record = match outcome {
            Ok((token, lifetime)) => {
                log::info!("auth: fetched a token for the {}, valid for {lifetime} s", self.source);
                Record::fetched(token, lifetime, now, random).rejected_at(self.record.rejected)
            }
            Err(Failure { permanent, reason }) => {
                // The token that is there may have been refused meanwhile.
                self.reload(host);
                let record = std::mem::take(&mut self.record).failed(permanent, now, random);
                let pause = record.retry.saturating_sub(now);
                log::error!(
                    "auth: no token for the {}: {reason}; not asked again for {pause} ms",
                    self.source
                );
                record
            }
        };
        // The next one is fetched in time if somebody uses this one.
        (self.ours, self.used) = (true, false);
        let (_, name) = names(&self.source);
        if !host.share(&name, &self.record.write(), 0) {
            log::error!("auth: the host shares no data, every worker fetches tokens for itself");
        }
        running.release(host, &self.source);
    }
}

impl Running {
    fn prolong(&mut self, host: &dyn Host, source: &Source, now: u64) {
        let lease = Lease::of(self.lease.owner, now);
        // One that was lost to somebody else is not fought for: two fetches are no harm.
        self.replace(host, source, lease);
        self.lease = lease;
    }

    fn release(&self, host: &dyn Host, source: &Source) {
        self.replace(host, source, Lease::default());
    }

    fn replace(&self, host: &dyn Host, source: &Source, lease: Lease) {
        let (name, _) = names(source);
        if let Some((bytes, version)) = host.shared(&name)
            && Lease::read(&bytes).owner == self.lease.owner
        {
            host.share(&name, &lease.write(), version);
        }
    }
}

fn not_called(why: NotCalled, cluster: &str, asked: &str) -> Failure {
    match why {
        NotCalled::NoCluster => {
            Failure::permanent(format!("Envoy has no cluster `{cluster}`, through which {asked} is reached"))
        }
        NotCalled::Failed => {
            Failure::passing(format!("cluster `{cluster}` has no healthy host, {asked} was not asked"))
        }
    }
}

/// The lease of `source`, unless somebody else has it.
fn take_lease(host: &dyn Host, source: &Source, now: u64) -> Option<Lease> {
    let (name, _) = names(source);
    let lease = Lease::of(host.random(), now);
    // Without shared data every VM is alone.
    let Some((bytes, version)) = host.shared(&name) else { return Some(lease) };
    (Lease::read(&bytes).is_free(now) && host.share(&name, &lease.write(), version)).then_some(lease)
}

/// Sees to it that there is an entry for `source`.
fn remember(entries: &mut Vec<Entry>, source: &Rc<Source>) {
    if entries.iter().any(|entry| entry.source.key() == source.key()) {
        return;
    }
    if entries.len() >= REMEMBERED {
        entries.retain(|entry| entry.running.is_some() || entry.wanted);
    }
    entries.push(Entry::of(source));
}

#[cfg(test)]
mod tests;
