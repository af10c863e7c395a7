//! One request and its reply: a state machine without I/O.
//!
//! Callbacks of the host come in, an [`Act`] goes out. The order of things:
//!
//! 1. Request headers are held back until the body is complete, since the body decides the path.
//! 2. The endpoint's handler translates it; head and body are replaced in one go.
//! 3. A reply with status 200 goes through the pipe that the handler returned, in one piece or as it comes. Every other
//!    reply, Google's or Envoy's own, goes to the error reader: here, so that no endpoint can forget it.
//!
//! Where no headers can be held back, both ways, `ahead` is the order of things.

mod ahead;
mod calls;
mod reply;
mod request;
mod route;
mod token;

use std::rc::Rc;

use crate::config::{Config, RequestMode};
use crate::credentials::Tokens;
use crate::endpoint::{Answer, Endpoint, Missing};
use crate::error::Error;
use crate::form::Intake;
use crate::headers::Headers;
use crate::held::{Share, Total};
use crate::memory::{Memory, Signatures};
use crate::pipe::{Pipe, Usage};
use crate::rope::Rope;
use crate::upstream::Client;
use ahead::{Behind, Gathering};
use calls::Calling;
pub use calls::{Called, SideCall};
use route::intake;
use token::{bearer, no_token};

/// What the host must do before it goes on.
#[derive(Debug)]
pub enum Act {
    /// Let everything pass as it is.
    Pass,
    /// Hold back what came; call again with more.
    Wait,
    /// Answer the client with this instead.
    Answer(Answer),
    /// Hold back what came until there is a token; then call [`Exchange::on_token`].
    AwaitToken,
    /// Hold back what came, and make these calls; then call [`Exchange::on_called`] with each reply.
    Call(Vec<SideCall>),
    /// Replace what is given.
    Edit(Edit),
}

/// What is replaced.
#[derive(Debug, Default)]
pub struct Edit {
    /// A serialized header map, whole.
    pub headers: Option<Vec<u8>>,
    /// The body, or what the host holds of it.
    pub body: Option<Rope>,
    /// Filter states to set, by name.
    pub state: Vec<(&'static str, String)>,
    /// Hold the body back all the same: more may have to be appended to it.
    pub hold: bool,
}

/// What all exchanges of a VM share.
#[derive(Clone)]
pub struct Vm {
    /// Bytes held across callbacks.
    pub held: Total,
    /// Thought signatures of earlier replies.
    pub memory: Rc<dyn Memory>,
    /// Tokens of Google Cloud.
    pub tokens: Rc<dyn Tokens>,
}

/// One request and its reply.
pub struct Exchange {
    config: Rc<Config>,
    now: u64,
    id: u128,
    held: Share,
    memory: Rc<dyn Memory>,
    tokens: Rc<dyn Tokens>,
    /// The token that went with the request, or is to go.
    token: Option<String>,
    state: State,
    /// What it means that Google does not know what it is asked for, where that is not a model.
    missing: Option<Missing>,
    /// Envoy's id of the request, told to the client.
    request_id: String,
    record: Record,
}

enum State {
    /// Not ours, or answered already: nothing is touched.
    Pass,
    /// The request's body is coming.
    Reading(Asked),
    /// A token is not there yet, and of the body so much.
    Waiting { asked: Asked, body: Arrived },
    /// Calls are under way that decide what becomes of the request.
    Calling(Calling),
    /// The request's head has gone, its body is coming.
    Ahead(Gathering),
    /// Google has the request.
    Sent { reply: Box<dyn Pipe> },
    /// The reply is being collected by the host, its headers held back.
    Collecting { received: Headers, reader: Collected },
    /// The reply is read as it comes, its headers held back.
    Digesting { received: Headers, reply: Box<dyn Pipe> },
    /// The reply goes through as it comes; of the host's buffer so many bytes are our own output, held back.
    Streaming { reply: Box<dyn Pipe>, kept: Option<usize> },
    /// The reply's head has gone, its body is coming and told at its end.
    Behind(Behind),
    /// The client has been told all there is to tell, or an error in mid-stream: the rest is dropped.
    Told,
}

/// What has come of a body.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrived {
    Nothing,
    Part,
    All,
}

/// A request whose body is not translated yet.
struct Asked {
    endpoint: &'static Endpoint,
    /// What stands for `{id}` in the path.
    captured: String,
    client: Client,
    signatures: Signatures,
    /// Whether there is a body, which can be replaced; none can be added.
    has_body: bool,
    /// Reads the body as it comes, where that is a form.
    intake: Option<Intake>,
}

enum Collected {
    Reply(Box<dyn Pipe>),
    Error { status: u16 },
}

/// What the log tells of an exchange.
#[derive(Debug, Default)]
struct Record {
    endpoint: &'static str,
    model: String,
    dropped: String,
    status: u16,
    usage: Option<Usage>,
}

impl Exchange {
    /// A new exchange: `now` in seconds since 1970, `id` unique.
    #[must_use]
    pub fn new(config: Rc<Config>, vm: Vm, now: u64, id: u128) -> Self {
        Self {
            config,
            now,
            id,
            held: vm.held.share(),
            memory: vm.memory,
            tokens: vm.tokens,
            token: None,
            state: State::Pass,
            missing: None,
            request_id: String::new(),
            record: Record::default(),
        }
    }

    /// The route of the request has a configuration of its own; comes before everything else.
    pub fn on_route(&mut self, config: Rc<Config>) {
        self.config = config;
    }

    /// The route of the request has none that could be used.
    pub fn on_refusal(&mut self, headers: &Headers, error: &Error) -> Act {
        self.begin(headers, "");
        self.fail(error)
    }

    /// The request's headers came; `end` if there is no body.
    pub fn on_request_headers(&mut self, headers: &Headers, end: bool) -> Act {
        let (endpoint, captured) = match self.route(headers) {
            Ok(found) => found,
            Err(act) => return act,
        };
        if headers.get("content-encoding").is_some_and(|encoding| !is_identity(encoding)) {
            return self.fail(&Error::new(
                415,
                "invalid_request_error",
                "Compressed request bodies are not accepted.",
            ));
        }
        let length = headers.text("content-length").and_then(|length| length.parse().ok());
        if let Some(error) = length.and_then(|length| self.too_large(length)) {
            return self.fail(&error);
        }
        if self.held.set(0) > self.config.max_held_bytes {
            return self.fail(&too_much_held());
        }
        let (memory, signatures) = (Rc::clone(&self.memory), &self.config.signatures);
        let (token_header, fingerprint) = (self.config.auth.token_header(), self.config.fingerprint);
        let signatures = Signatures::of(memory, headers, token_header, fingerprint, self.now, signatures.ttl);
        if let Some(name) = token_header {
            match bearer(headers.text(name)) {
                Some(token) => self.token = Some(token.to_owned()),
                None => return self.fail(&no_token(name)),
            }
        }
        let intake = match intake(endpoint, headers) {
            Ok(intake) => intake,
            Err(error) => return self.fail(&error),
        };
        let client = Client::of(headers);
        let asked = Asked { endpoint, captured, client, signatures, has_body: !end, intake };
        if end {
            return self.complete(asked, Vec::new);
        }
        if self.config.request_mode == RequestMode::Headers {
            return self.go_ahead(asked);
        }
        // It is fetched while the body comes.
        let _ = self.fetch_token();
        self.state = State::Reading(asked);
        Act::Wait
    }

    /// A piece of the request's body came; `total` bytes are held by the host, and `read` gets them.
    pub fn on_request_body(&mut self, total: usize, end: bool, read: impl FnOnce() -> Vec<u8>) -> Act {
        match &mut self.state {
            State::Pass => return Act::Pass,
            State::Ahead(_) => return self.gather(read(), end),
            State::Waiting { body, .. } => *body = if end { Arrived::All } else { Arrived::Part },
            State::Reading(Asked { intake: Some(_), .. }) => return self.take_in(&read(), end),
            State::Reading(_) => {}
            State::Calling(_) => return Act::Wait,
            _ => return self.trailing(&read()),
        }
        if let Some(error) = self.too_large(total) {
            return self.fail(&error);
        }
        if end && matches!(self.state, State::Reading(_)) { self.read(read) } else { Act::Wait }
    }

    /// The request ended with trailers: its body is complete. Trailers do not go on where the body is replaced.
    pub fn on_request_trailers(&mut self, read: impl FnOnce() -> Vec<u8>) -> Act {
        match &mut self.state {
            State::Pass => Act::Pass,
            State::Ahead(_) => self.gathered_too_late(),
            State::Waiting { body, .. } => {
                *body = Arrived::All;
                Act::AwaitToken
            }
            State::Reading(_) => self.read(read),
            State::Calling(_) => Act::Wait,
            _ => Act::Edit(Edit::default()),
        }
    }

    /// No body callback came although a body was announced: the host was not told to deliver bodies.
    pub fn on_body_missing(&mut self) -> Act {
        let message = "The gateway cannot read request bodies: set `allow_on_headers_stop_iteration: true` in the \
                       filter's plugin configuration, or `request_mode: \"headers\"` in the filter's own.";
        self.fail(&Error::server(500, message).code("gateway_misconfigured"))
    }

    /// The status the client was told; nothing for a request that was not ours.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        Some(self.record.status).filter(|status| *status != 0)
    }

    /// The tokens that were counted.
    #[cfg(test)]
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        self.record.usage
    }

    /// One line for the log. It holds no secrets and no bodies.
    #[must_use]
    pub fn summary(&self) -> String {
        let Record { endpoint, model, status, usage, .. } = &self.record;
        let tokens = usage.map_or_else(String::new, |usage| {
            format!(" prompt_tokens={} completion_tokens={}", usage.prompt, usage.completion)
        });
        format!("endpoint={endpoint} model={model} status={status}{tokens}")
    }

    fn begin(&mut self, headers: &Headers, endpoint: &'static str) {
        self.request_id = headers.text("x-request-id").unwrap_or_default().to_owned();
        self.record.endpoint = endpoint;
    }

    /// The error for a body of `length` bytes, where that is too many.
    fn too_large(&self, length: usize) -> Option<Error> {
        let most = self.config.max_request_body_size.filter(|most| length > *most)?;
        let message = format!("The request body is larger than {most} bytes.");
        Some(Error::new(413, "invalid_request_error", message).code("request_too_large"))
    }

    fn fail(&mut self, error: &Error) -> Act {
        self.answer(Answer::from(error))
    }

    fn answer(&mut self, mut answer: Answer) -> Act {
        if !self.request_id.is_empty() {
            answer.headers.push(("x-request-id", self.request_id.clone()));
        }
        if answer.status == 200 && !self.record.model.is_empty() {
            let name = self.config.model_name_header.clone();
            answer.model_header = name.map(|name| Box::new((name, self.model_value())));
        }
        self.record.usage = answer.usage.or(self.record.usage);
        self.record.status = answer.status;
        self.held.set(0);
        self.state = State::Pass;
        Act::Answer(answer)
    }

    /// What the header says that names the model.
    fn model_value(&self) -> String {
        format!("gemini/{}", self.record.model)
    }

    /// The whole body is there.
    fn read(&mut self, read: impl FnOnce() -> Vec<u8>) -> Act {
        match std::mem::replace(&mut self.state, State::Pass) {
            State::Reading(asked) => self.complete(asked, read),
            _ => Act::Pass,
        }
    }
}

fn is_identity(encoding: &[u8]) -> bool {
    encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity")
}

fn too_much_held() -> Error {
    Error::server(503, "The gateway holds too much unfinished data. Please try again.")
        .code("overloaded")
        .retry_after_ms(Some(1000))
}

#[cfg(test)]
mod tests;
