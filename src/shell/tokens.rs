//! Tokens for requests: calls go out from the plugin's own context, since a stream's would die with its client, and
//! whoever waits is resumed on a tick.

use std::cell::{Cell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::{Action, Status};

use super::abi::{self, Refused, Side};
use super::calls::Calls;
use super::tick::{MOST_AT_ONCE, Tick, Who};
use super::{apply, body, trailers};
use crate::credentials::keeper::{Host, Keeper, NotCalled};
use crate::credentials::sign::{self, Unsigned};
use crate::credentials::{Call, LEASES, NO_LEASE, Reply, Source, Token, Tokens, lease_name};
use crate::exchange::{Act, Exchange};
use crate::headers::Headers;

/// Milliseconds between looks at what is waited for.
const PERIOD: u64 = 20;

/// How long one call may take.
const CALL_TIMEOUT: Duration = Duration::from_secs(10);

/// The most that is read of a reply, in bytes.
const MOST_READ: usize = 64 << 10;

/// Tokens of one plugin configuration in one VM, and the requests that wait for them.
pub(super) struct Desk {
    /// The plugin's.
    context_id: u32,
    keeper: Keeper,
    tick: Rc<Tick>,
    calls: Rc<Calls>,
    waiting: RefCell<Vec<Waiting>>,
    /// Not all that could be resumed were.
    backlog: Cell<bool>,
}

struct Waiting {
    context_id: u32,
    exchange: Weak<RefCell<Exchange>>,
    /// Milliseconds since 1970.
    deadline: u64,
    /// The request ended with trailers.
    trailers: bool,
}

impl Desk {
    pub(super) fn new(context_id: u32, tick: &Rc<Tick>, calls: &Rc<Calls>) -> Self {
        Self {
            keeper: Keeper::new(Box::new(Envoy)),
            context_id,
            tick: Rc::clone(tick),
            calls: Rc::clone(calls),
            waiting: RefCell::default(),
            backlog: Cell::default(),
        }
    }

    /// A request waits for a token; one that does so already may have come to its trailers.
    pub(super) fn add(&self, context_id: u32, exchange: &Rc<RefCell<Exchange>>, trailers: bool) {
        let wait = u64::try_from(exchange.borrow().token_wait().as_millis()).unwrap_or(u64::MAX);
        let deadline = now().saturating_add(wait);
        let mut waiting = self.waiting.borrow_mut();
        if let Some(known) = waiting.iter_mut().find(|known| known.context_id == context_id) {
            known.trailers |= trailers;
            return;
        }
        waiting.push(Waiting { context_id, exchange: Rc::downgrade(exchange), deadline, trailers });
        drop(waiting);
        self.rearm();
    }

    /// Fetches what is wanted, and resumes who has waited for what is there now.
    pub(super) fn on_tick(&self) {
        // First, while calls still go out from the plugin's context.
        self.keeper.on_tick();
        self.resume();
        self.rearm();
    }

    /// A call was answered.
    pub(super) fn on_reply(&self, call: u32) {
        let headers = abi::headers(Side::Call).map(Headers::decode).unwrap_or_default();
        let reply = Reply {
            status: headers.text(":status").and_then(|status| status.parse().ok()).unwrap_or(0),
            date: headers.text("date").map(str::to_owned),
            body: abi::body_up_to(Side::Call, MOST_READ).unwrap_or_default(),
        };
        self.keeper.on_reply(call, &reply);
        self.resume();
        self.rearm();
    }

    fn resume(&self) {
        let mut waiting = std::mem::take(&mut *self.waiting.borrow_mut()).into_iter();
        let now = now();
        let mut let_go = 0;
        while let_go < MOST_AT_ONCE
            && let Some(waiter) = waiting.next()
        {
            let Some(exchange) = waiter.exchange.upgrade() else { continue };
            let late = waiter.deadline <= now;
            let act = exchange.borrow_mut().on_token(late, || match abi::act_on(waiter.context_id) {
                Ok(()) => body(Side::Request),
                Err(Refused(_)) => Vec::new(),
            });
            if matches!(act, Act::AwaitToken) {
                self.waiting.borrow_mut().push(waiter);
            } else if abi::act_on(waiter.context_id).is_ok() {
                let_go = let_go.saturating_add(1);
                let action = match act {
                    Act::Call(calls) => {
                        let Waiting { context_id, trailers, .. } = waiter;
                        self.calls.start(context_id, self.context_id, &exchange, trailers, calls)
                    }
                    act if waiter.trailers => trailers(act, Side::Request),
                    act => apply(act, Side::Request),
                };
                if action == Action::Continue && abi::resume().is_err() {
                    log::error!("the host refused to resume a request");
                }
            }
        }
        self.backlog.set(waiting.len() > 0);
        self.waiting.borrow_mut().extend(waiting);
    }

    fn rearm(&self) {
        let next = match self.waiting.borrow().is_empty() {
            true => self.keeper.next_tick(),
            false if self.backlog.get() => Some(1),
            false => Some(PERIOD),
        };
        let period = next.map_or(0, |next| u32::try_from(next).unwrap_or(u32::MAX));
        self.tick.every(Who::Tokens, period);
    }
}

impl Tokens for Desk {
    fn get(&self, source: &Rc<Source>) -> Token {
        let token = self.keeper.get(source);
        if self.keeper.is_wanted() {
            self.rearm();
        }
        token
    }

    fn reject(&self, source: &Rc<Source>, token: &str) {
        self.keeper.reject(source, token);
    }
}

/// Creates the leases, where they are not there yet: a compare-and-swap on a missing key would let everybody win.
pub(super) fn create_leases() {
    for name in (0..LEASES).map(lease_name) {
        if abi::shared(&name).is_err() && abi::share(&name, NO_LEASE, 0).is_err() {
            log::error!("the host shares no data: every worker fetches tokens for itself");
            return;
        }
    }
}

/// Whether the host can sign for `source`.
///
/// # Errors
/// What the operator should be told.
pub(super) fn try_signing(source: &Source) -> Result<(), &'static str> {
    let Some(key) = source.private_key() else { return Ok(()) };
    Envoy.sign(key, "").map(drop).map_err(Unsigned::message)
}

fn now() -> u64 {
    abi::now() / 1_000_000
}

/// The host as a keeper sees it.
struct Envoy;

impl Host for Envoy {
    fn now(&self) -> u64 {
        now()
    }

    fn random(&self) -> u64 {
        super::random()
    }

    fn shared(&self, key: &str) -> Option<(Vec<u8>, u32)> {
        abi::shared(key).ok()
    }

    fn share(&self, key: &str, value: &[u8], version: u32) -> bool {
        abi::share(key, value, version).is_ok()
    }

    fn call(&self, call: &Call) -> Result<u32, NotCalled> {
        let headers = call.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let body = Some(call.body.as_slice()).filter(|body| !body.is_empty());
        // The SDK has to know of the call, or it would panic at the reply. It panics at statuses that Envoy does not give.
        hostcalls::dispatch_http_call(&call.cluster, headers, body, Vec::new(), CALL_TIMEOUT).map_err(
            |status| match status {
                Status::BadArgument => NotCalled::NoCluster,
                _ => NotCalled::Failed,
            },
        )
    }

    fn sign(&self, private_key: &str, text: &str) -> Result<Vec<u8>, Unsigned> {
        sign::sign(private_key, text, |argument| {
            abi::call_function(sign::FUNCTION, argument).map_err(|Refused(status)| status)
        })
    }
}
