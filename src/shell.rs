//! The edge to Envoy: callbacks in, host calls out, no decisions.
//!
//! Only host calls that return a status are used, since most of the SDK's wrappers panic on what a client controls. An
//! exchange is asked first and the host called after, never within: a host that calls back would find it borrowed.

mod abi;
mod calls;
mod slots;
mod tick;
mod tokens;
mod watch;

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proxy_wasm::traits::{Context, HttpContext, RootContext};
use proxy_wasm::types::{Action, ContextType, LogLevel};

use crate::config::{self, Asked, Config, Refusal, Route};
use crate::endpoint::Answer;
use crate::exchange::{Act, Edit, Exchange, Vm};
use crate::headers::{self, Headers};
use crate::held::Total;
use crate::memory::Memory;
use abi::{Refused, Side};
use calls::Calls;
use slots::Slots;
use tokens::Desk;
use watch::Watch;

proxy_wasm::main! {{
    proxy_wasm::set_log_level(LogLevel::Debug);
    proxy_wasm::set_root_context(|context_id| Box::new(Plugin::new(context_id)));
}}

/// The name of a request's route.
const ROUTE_NAME: &str = "xds\0route_name";

/// What its metadata says of this filter.
const ROUTE_METADATA: &str = "xds\0route_metadata\0filter_metadata\0gemini_filter\0config";

thread_local! {
    /// Shared by every plugin configuration in this VM.
    static HELD: Total = Total::default();
    /// Upper half random per VM, lower half counting.
    static NEXT_ID: Cell<u128> = Cell::new(u128::from(random()) << 64);
}

/// One plugin configuration.
struct Plugin {
    loaded: Option<Rc<Loaded>>,
    watch: Rc<Watch>,
    desk: Rc<Desk>,
    calls: Rc<Calls>,
}

struct Loaded {
    plugin: config::Plugin,
    memory: Rc<dyn Memory>,
}

impl Plugin {
    fn new(context_id: u32) -> Self {
        let tick = Rc::default();
        let calls = Rc::<Calls>::default();
        let desk = Rc::new(Desk::new(context_id, &tick, &calls));
        Self { loaded: None, watch: Rc::new(Watch::new(&tick)), desk, calls }
    }
}

impl Context for Plugin {
    fn on_http_call_response(&mut self, call: u32, _: usize, size: usize, _: usize) {
        if !self.calls.on_reply(call, size) {
            self.desk.on_reply(call);
        }
    }
}

impl RootContext for Plugin {
    fn on_vm_start(&mut self, _: usize) -> bool {
        tokens::create_leases();
        true
    }

    fn on_configure(&mut self, _: usize) -> bool {
        // Envoy has no buffer to give where there is no configuration.
        let json = abi::configuration().unwrap_or_default();
        match config::Plugin::load(&json, Box::new(environment)) {
            Ok(plugin) => {
                for warning in plugin.warnings() {
                    log::warn!("configuration: {warning}");
                }
                let sign = |config: &Rc<Config>| {
                    config.auth.source().map_or(Ok(()), |source| tokens::try_signing(source))
                };
                if let Err(why) = plugin.all().try_for_each(sign) {
                    log::error!(
                        "configuration refused: auth.gcp_service_account_json or GCP_SERVICE_ACCOUNT: private_key: {why}"
                    );
                    return false;
                }
                let base = plugin.base();
                self.watch.configure(base.body_wait, &json);
                let memory = Rc::new(Slots::new(base.signatures.cache_bytes));
                self.loaded = Some(Rc::new(Loaded { plugin, memory }));
                true
            }
            Err(error) => {
                log::error!("configuration refused: {error}");
                false
            }
        }
    }

    fn get_type(&self) -> Option<ContextType> {
        Some(ContextType::HttpContext)
    }

    fn create_http_context(&self, context_id: u32) -> Option<Box<dyn HttpContext>> {
        let id = NEXT_ID.get();
        NEXT_ID.set(id.wrapping_add(1));
        let loaded = self.loaded.as_ref()?;
        let vm = Vm {
            held: HELD.with(Total::clone),
            memory: Rc::clone(&loaded.memory),
            tokens: Rc::<Desk>::clone(&self.desk),
        };
        let exchange = Exchange::new(Rc::clone(loaded.plugin.base()), vm, abi::now() / 1_000_000_000, id);
        Some(Box::new(Stream {
            context_id,
            loaded: Rc::clone(loaded),
            exchange: Rc::new(RefCell::new(exchange)),
            watch: Rc::clone(&self.watch),
            desk: Rc::clone(&self.desk),
            calls: Rc::clone(&self.calls),
        }))
    }

    fn on_tick(&mut self) {
        self.desk.on_tick();
        for (context_id, exchange) in self.watch.overdue(abi::now()) {
            log::error!(
                "no request body is delivered: set `allow_on_headers_stop_iteration: true` in the plugin configuration, \
                 or `request_mode: \"headers\"` in the filter's own"
            );
            let act = exchange.borrow_mut().on_body_missing();
            if abi::act_on(context_id).is_ok() {
                apply(act, Side::Request);
            }
        }
    }
}

/// One HTTP stream.
struct Stream {
    context_id: u32,
    loaded: Rc<Loaded>,
    exchange: Rc<RefCell<Exchange>>,
    watch: Rc<Watch>,
    desk: Rc<Desk>,
    calls: Rc<Calls>,
}

impl Context for Stream {
    fn on_http_call_response(&mut self, call: u32, _: usize, size: usize, _: usize) {
        self.calls.on_reply(call, size);
    }
}

impl Stream {
    /// Carries out what the exchange decided about the request, and remembers it when it has to wait.
    fn apply(&self, act: Act, at_trailers: bool) -> Action {
        if let Act::Call(calls) = act {
            return self.calls.start(self.context_id, self.context_id, &self.exchange, at_trailers, calls);
        }
        if matches!(act, Act::AwaitToken) {
            self.desk.add(self.context_id, &self.exchange, at_trailers);
        }
        if at_trailers { trailers(act, Side::Request) } else { apply(act, Side::Request) }
    }

    /// What this request is treated by, decided before any of its headers changes: a change matches its route anew.
    fn select(&self, headers: &Headers) -> Result<Rc<Config>, Refusal> {
        let plugin = &self.loaded.plugin;
        let name = plugin.needs_route_name().then(|| text(ROUTE_NAME)).flatten().unwrap_or_default();
        let metadata = abi::property(ROUTE_METADATA).unwrap_or_default();
        let path = headers.text(":path").unwrap_or_default();
        let route = Route {
            name: &name,
            host: headers.text(":authority").unwrap_or_default(),
            path: path.split(['?', '#']).next().unwrap_or_default(),
        };
        let dynamic =
            |namespace: &str, key: &str| text(&format!("metadata\0filter_metadata\0{namespace}\0{key}"));
        plugin.select(route, &metadata, &Asked { headers, metadata: &dynamic })
    }
}

impl HttpContext for Stream {
    fn on_http_request_headers(&mut self, _: usize, end: bool) -> Action {
        let Ok(map) = abi::headers(Side::Request) else {
            return broken();
        };
        let headers = Headers::decode(map);
        let selected = self.select(&headers);
        let mut exchange = self.exchange.borrow_mut();
        let act = match selected {
            Ok(config) => {
                exchange.on_route(config);
                exchange.on_request_headers(&headers, end)
            }
            Err(Refusal { error, reason }) => {
                if let Some(reason) = reason {
                    let route = text(ROUTE_NAME).unwrap_or_default();
                    log::error!("configuration of route `{route}` refused: {reason}");
                }
                exchange.on_refusal(&headers, &error)
            }
        };
        drop(exchange);
        if matches!(act, Act::Wait) {
            self.watch.add(self.context_id, &self.exchange, abi::now);
        }
        self.apply(act, false)
    }

    fn on_http_request_body(&mut self, size: usize, end: bool) -> Action {
        self.watch.proven(self.context_id);
        let act = self.exchange.borrow_mut().on_request_body(size, end, || body(Side::Request));
        self.apply(act, false)
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        self.watch.proven(self.context_id);
        let act = self.exchange.borrow_mut().on_request_trailers(|| body(Side::Request));
        self.apply(act, true)
    }

    fn on_http_response_headers(&mut self, _: usize, end: bool) -> Action {
        let Ok(map) = abi::headers(Side::Reply) else {
            return broken();
        };
        let act = self.exchange.borrow_mut().on_reply_headers(Headers::decode(map), end);
        apply(act, Side::Reply)
    }

    fn on_http_response_body(&mut self, _: usize, end: bool) -> Action {
        let act = self.exchange.borrow_mut().on_reply_body(end, || body(Side::Reply));
        apply(act, Side::Reply)
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        let act = self.exchange.borrow_mut().on_reply_trailers(|| body(Side::Reply));
        trailers(act, Side::Reply)
    }

    fn on_log(&mut self) {
        let exchange = self.exchange.borrow();
        let Some(status) = exchange.status() else {
            return;
        };
        if status >= 500 {
            log::warn!("{}", exchange.summary());
        } else if abi::logs_debug() {
            log::debug!("{}", exchange.summary());
        }
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.watch.remove(self.context_id);
        self.calls.remove(self.context_id);
    }
}

/// Carries out what the exchange decided.
fn apply(act: Act, side: Side) -> Action {
    match act {
        Act::Pass => Action::Continue,
        Act::Wait | Act::AwaitToken | Act::Call(_) => Action::Pause,
        Act::Answer(answer) => send(answer),
        Act::Edit(Edit { headers, body, state, hold }) => {
            let state = state.iter().try_for_each(|(name, value)| abi::set_property(name, value));
            let headers = headers.map_or(Ok(()), |map| abi::set_headers(side, &map));
            let body = body.map_or(Ok(()), |body| abi::set_body(side, body));
            match state.and(headers).and(body) {
                Ok(()) if hold => Action::Pause,
                Ok(()) => Action::Continue,
                Err(Refused(status)) => {
                    log::error!("the host refused an edit with status {status}");
                    broken()
                }
            }
        }
    }
}

/// The same at the end of a message: trailers are part of what an edit replaces.
fn trailers(act: Act, side: Side) -> Action {
    let replaces = matches!(act, Act::Edit(_));
    let action = apply(act, side);
    if replaces && let Err(Refused(status)) = abi::clear_trailers(side) {
        log::error!("the host refused to drop trailers with status {status}");
        return broken();
    }
    action
}

fn send(answer: Answer) -> Action {
    let mut pairs: Vec<(&str, &[u8])> =
        answer.headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
    pairs.extend(answer.model_header.iter().map(|header| (header.0.as_str(), header.1.as_bytes())));
    let body = answer.body.into_bytes();
    if let Err(Refused(status)) = abi::answer(answer.status, &headers::encode(&pairs), &body) {
        log::error!("the host refused an answer with status {status}");
    }
    Action::Pause
}

/// Nothing may pass untranslated, so a stream the host does not let us handle ends here.
fn broken() -> Action {
    let error = crate::error::Error::server(500, "The gateway could not process this request.");
    send(Answer::from(&error))
}

/// What Envoy knows at `path`, where that is text.
fn text(path: &str) -> Option<String> {
    abi::property(path).and_then(|bytes| String::from_utf8(bytes).ok())
}

fn body(side: Side) -> Vec<u8> {
    // Without data there is no buffer; an empty body is then the truth.
    abi::body(side).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "the shell is where inputs come from")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn random() -> u64 {
    getrandom::u64().unwrap_or_else(|_| abi::now())
}
