//! Calls that decide what becomes of a request.
//!
//! They go out from the request's own context, so that Envoy gives them up with their client; after a wait for a token,
//! from the plugin's, whose callback lets that request go on.

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::{Action, Status};

use super::abi::{self, Side};
use super::{apply, text, trailers};
use crate::endpoint::MOST_CALLS;
use crate::exchange::{Act, Called, Exchange, SideCall};
use crate::headers::Headers;

/// How long one call may take.
const TIMEOUT: Duration = Duration::from_secs(120);

/// Where the name of the cluster of a request's route is.
const CLUSTER: &str = "xds\0cluster_name";

/// The calls of all requests of one plugin configuration in one VM.
#[derive(Default)]
pub(super) struct Calls {
    waiting: RefCell<Vec<Waiting>>,
}

/// A request that waits for calls.
struct Waiting {
    context_id: u32,
    /// The context its calls go out from.
    via: u32,
    exchange: Weak<RefCell<Exchange>>,
    /// The request ended with trailers.
    trailers: bool,
    /// The cluster of its route.
    cluster: String,
    /// Calls under way: the host's id and the number among all of the request.
    under_way: Vec<(u32, usize)>,
    /// The others, the next one last.
    left: Vec<(usize, SideCall)>,
}

impl Calls {
    /// Makes the calls of a request, as many as may be under way at a time. They go out from the context `via`, which must
    /// be the one whose callback this is: it gets the replies.
    pub(super) fn start(
        &self,
        context_id: u32,
        via: u32,
        exchange: &Rc<RefCell<Exchange>>,
        trailers: bool,
        calls: Vec<SideCall>,
    ) -> Action {
        let mut waiting = Waiting {
            context_id,
            via,
            exchange: Rc::downgrade(exchange),
            trailers,
            // Only the request's own context knows its route.
            cluster: abi::act_on(context_id).ok().and_then(|()| text(CLUSTER)).unwrap_or_default(),
            under_way: Vec::new(),
            left: calls.into_iter().enumerate().rev().collect(),
        };
        let failed = abi::act_on(via).ok().and_then(|()| waiting.dispatch());
        if abi::act_on(context_id).is_err() {
            return Action::Pause;
        }
        match failed {
            None => {
                self.waiting.borrow_mut().push(waiting);
                Action::Pause
            }
            Some((index, failed)) => {
                let act = exchange.borrow_mut().on_called(index, failed);
                if trailers { super::trailers(act, Side::Request) } else { apply(act, Side::Request) }
            }
        }
    }

    /// A call came to an end; whether it was one of these.
    pub(super) fn on_reply(&self, call: u32, size: usize) -> bool {
        let mut all = self.waiting.borrow_mut();
        let ours = |waiting: &Waiting| waiting.under_way.iter().any(|(id, _)| *id == call);
        let Some(at) = all.iter().position(ours) else {
            return false;
        };
        let mut waiting = all.swap_remove(at);
        // Requests that have ended since.
        all.retain(|waiting| waiting.exchange.strong_count() > 0);
        drop(all);
        let Some(exchange) = waiting.exchange.upgrade() else {
            return true;
        };
        let index = waiting.under_way.iter().find(|(id, _)| *id == call).map_or(0, |(_, index)| *index);
        waiting.under_way.retain(|(id, _)| *id != call);
        let called = reply(size);
        // Before another context acts than the one that got this reply.
        let failed = waiting.dispatch();
        let mut act = exchange.borrow_mut().on_called(index, called);
        if let (Act::Wait, Some((index, failed))) = (&act, failed) {
            act = exchange.borrow_mut().on_called(index, failed);
        }
        if abi::act_on(waiting.context_id).is_err() {
            return true;
        }
        let action = match act {
            Act::Wait => {
                self.waiting.borrow_mut().push(waiting);
                return true;
            }
            Act::Call(calls) => {
                self.start(waiting.context_id, waiting.via, &exchange, waiting.trailers, calls)
            }
            act if waiting.trailers => trailers(act, Side::Request),
            act => apply(act, Side::Request),
        };
        if action == Action::Continue && abi::resume().is_err() {
            log::error!("the host refused to resume a request");
        }
        true
    }

    /// A request has ended.
    pub(super) fn remove(&self, context_id: u32) {
        self.waiting.borrow_mut().retain(|waiting| waiting.context_id != context_id);
    }
}

impl Waiting {
    /// Makes as many calls as may be under way; the number of the one that could not be made, and why.
    fn dispatch(&mut self) -> Option<(usize, Called)> {
        while self.under_way.len() < MOST_CALLS
            && let Some((index, call)) = self.left.pop()
        {
            let cluster = call.cluster.as_deref().unwrap_or(&self.cluster);
            let map = Headers::decode(call.headers);
            let text = |bytes| std::str::from_utf8(bytes).ok();
            let headers = map.iter().filter_map(|(name, value)| Some((text(name)?, text(value)?))).collect();
            let body = Some(call.body.as_slice()).filter(|body| !body.is_empty());
            // The SDK has to know of the call, or it would panic at the reply.
            match hostcalls::dispatch_http_call(cluster, headers, body, Vec::new(), TIMEOUT) {
                Ok(id) => self.under_way.push((id, index)),
                Err(Status::BadArgument) => return Some((index, Called::NoCluster)),
                Err(_) => return Some((index, Called::Failed)),
            }
        }
        None
    }
}

/// What came back.
fn reply(size: usize) -> Called {
    let headers = abi::headers(Side::Call).map(Headers::decode).unwrap_or_default();
    match headers.text(":status").and_then(|status| status.parse().ok()) {
        Some(status) if size == 0 => Called::Reply { status, body: Vec::new() },
        Some(status) => match abi::body(Side::Call) {
            Ok(body) => Called::Reply { status, body },
            Err(_) => Called::Failed,
        },
        None => Called::Failed,
    }
}
