//! What we serve: one row per endpoint.
//!
//! Adding an endpoint is one row here, one file under `endpoint/`, one folder of goldens.

pub mod audio;
pub mod chat;
pub mod compat;
pub mod completions;
pub mod embeddings;
mod estimate;
mod fields;
pub mod images;
pub mod models;
pub mod moderations;
mod path;
pub mod rerank;
pub mod tokens;
pub mod videos;

use std::cell::Cell;
use std::rc::Rc;

use crate::config::{Config, RouteType, UpstreamFormat};
use crate::error::Error;
use crate::form::Form;
use crate::memory::Signatures;
use crate::pipe::{Pipe, Usage};
use crate::rope::Rope;

pub use path::Found;
pub(crate) use path::percent_decode;

/// One endpoint.
#[derive(Debug)]
pub struct Endpoint {
    /// The method it takes.
    pub method: &'static str,
    /// The end of the path, so that any route prefix works. `{id}` stands for one segment, at the very end for all the
    /// rest.
    pub path: &'static str,
    /// Kong's name for it, which forces it for any path.
    pub route_type: Option<RouteType>,
    /// The translation.
    pub handler: Handler,
    /// What it asks of Google as far as the configuration tells, for a head that goes before the body; `None` where it does
    /// not tell.
    pub ahead: Option<Ahead>,
    /// Whether bodies may be `multipart/form-data`.
    pub form: bool,
    /// What a 404 of Google's means, where not that there is no such model.
    pub missing: Option<Missing>,
}

/// Every endpoint. Where a path ends like several of them, the first is meant.
pub const ENDPOINTS: &[Endpoint] = &[
    post("/chat/completions", chat_completions).of(RouteType::Chat).ahead(chat_ahead),
    post("/completions", completions::completions).of(RouteType::Completions).ahead(chat::ahead),
    post("/responses/input_tokens", tokens::input_tokens),
    post("/tokenize", tokens::tokenize),
    get("/models", models::list).of(RouteType::Models),
    get("/models/{id}", models::retrieve).of(RouteType::Models),
    post("/embeddings", embeddings::embeddings).of(RouteType::Embeddings).ahead(embeddings::ahead),
    post("/rerank", rerank::rerank).of(RouteType::Rerank).ahead(rerank::ahead),
    post("/images/generations", images::generations).of(RouteType::ImageGenerations),
    post("/images/edits", images::edits).of(RouteType::ImageEdits).form(),
    post("/images/variations", images::variations).of(RouteType::ImageEdits).form(),
    post("/moderations", moderations::moderations).ahead(moderations::ahead),
    post("/audio/speech", audio::speech).of(RouteType::Speech).ahead(chat::ahead),
    post("/audio/transcriptions", audio::transcriptions).of(RouteType::Transcriptions).form(),
    post("/audio/translations", audio::translations).of(RouteType::Translations).form(),
    post("/videos", videos::create).of(RouteType::Videos).form(),
    post("/videos/generations", videos::create).of(RouteType::Videos).form(),
    post("/videos/edits", videos::change).of(RouteType::Videos),
    post("/videos/extensions", videos::change).of(RouteType::Videos),
    post("/videos/{id}/remix", videos::change).of(RouteType::Videos),
    get("/videos", videos::list).of(RouteType::Videos),
    get("/videos/{id}/content", videos::content).of(RouteType::Videos).missing(videos::lost),
    get("/videos/{id}", videos::retrieve).of(RouteType::Videos).missing(videos::lost),
    row("DELETE", "/videos/{id}", videos::delete).of(RouteType::Videos),
];

fn chat_completions(request: &Request<'_>) -> Result<Next, Error> {
    match request.config.upstream_format {
        UpstreamFormat::Gemini => chat::chat(request),
        UpstreamFormat::OpenAi => compat::chat(request),
    }
}

fn chat_ahead(config: &Config) -> Result<Operation, Error> {
    match config.upstream_format {
        UpstreamFormat::Gemini => chat::ahead(config),
        UpstreamFormat::OpenAi => Ok(Operation::CompatibleChat),
    }
}

const fn row(method: &'static str, path: &'static str, handler: Handler) -> Endpoint {
    Endpoint { method, path, route_type: None, handler, ahead: None, form: false, missing: None }
}

const fn post(path: &'static str, handler: Handler) -> Endpoint {
    row("POST", path, handler)
}

const fn get(path: &'static str, handler: Handler) -> Endpoint {
    row("GET", path, handler)
}

impl Endpoint {
    const fn of(mut self, route_type: RouteType) -> Self {
        self.route_type = Some(route_type);
        self
    }

    const fn ahead(mut self, ahead: Ahead) -> Self {
        self.ahead = Some(ahead);
        self
    }

    const fn form(mut self) -> Self {
        self.form = true;
        self
    }

    const fn missing(mut self, missing: Missing) -> Self {
        self.missing = Some(missing);
        self
    }
}

/// Tells the client that there is no such thing.
pub type Missing = fn() -> Error;

/// Tells what is asked of Google before the body is there.
pub type Ahead = fn(&Config) -> Result<Operation, Error>;

/// Translates a request; the reply's reader is part of what it returns.
pub type Handler = fn(&Request<'_>) -> Result<Next, Error>;

/// A client's request, complete.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The route's configuration.
    pub config: &'a Rc<Config>,
    /// The body as it was sent; empty where it is a form.
    pub body: &'a [u8],
    /// The body as a form, where it is one, for the handler to take.
    pub form: &'a Cell<Option<Form>>,
    /// What stands for `{id}` in the path, decoded.
    pub captured: &'a str,
    /// The path's query, without `?`.
    pub query: &'a str,
    /// Whether the request came with a body. None can be added to one that did not.
    pub has_body: bool,
    /// What the caller's earlier replies were signed with.
    pub signatures: &'a Signatures,
    /// When it came, in seconds since 1970.
    pub now: u64,
    /// Unique to this exchange; names the reply where Google does not.
    pub id: u128,
}

/// What becomes of a request.
pub enum Next {
    /// It is answered here.
    Answer(Answer),
    /// It goes to Google.
    Forward(Forward),
    /// Google is asked something else first.
    Fetch(Fetch),
}

/// A reply made here.
#[derive(Debug, Default)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers besides `:status` and `x-request-id`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Rope,
    /// Tokens of the calls that it was made of.
    pub usage: Option<Usage>,
    /// The header that names the model, whose own name is configured.
    pub model_header: Option<Box<(String, String)>>,
}

impl From<&Error> for Answer {
    fn from(error: &Error) -> Self {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(error.retry_headers());
        Self { status: error.status(), headers, body: error.body().into(), ..Self::default() }
    }
}

/// A request to Google and the reader of its reply.
pub struct Forward {
    /// What is asked of Google.
    pub operation: Operation,
    /// Headers for Google besides those of every request.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body, JSON; empty where the operation has none.
    pub body: Rope,
    /// The name of the model, for `x-llm-model` and the log.
    pub model: String,
    /// Members of the client's request that the model cannot take, for `x-llm-dropped`.
    pub dropped: Vec<&'static str>,
    /// Reads a reply with status 200; every other status goes to the error reader.
    pub reply: Box<dyn Pipe>,
}

/// Calls to Google whose replies decide what becomes of a request. They are whole and small: Envoy gives up on one
/// somewhere above 10 MB.
pub struct Fetch {
    /// What is asked, all at once; at most [`MOST_CALLS`] are under way at a time.
    pub calls: Vec<Call>,
    /// The name of the model, for the log.
    pub model: String,
    /// Gets the bodies of all replies, in the order of the calls. Any reply but a 200 ends the request with its error.
    pub then: Then,
}

/// What becomes of a request once its calls were answered.
pub type Then = Box<dyn FnOnce(Vec<Vec<u8>>) -> Result<Next, Error>>;

/// So many calls of one request may be under way at a time.
pub const MOST_CALLS: usize = 8;

/// One call.
#[derive(Debug)]
pub struct Call {
    /// What is asked.
    pub operation: Operation,
    /// The body, JSON; `None` where the operation has none.
    pub body: Option<Vec<u8>>,
}

/// What is asked of Google: the upstream makes a path of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// A method of a model.
    Model {
        /// Its resource, such as `models/gemini-2.5-flash`.
        resource: String,
        /// Such as `generateContent`.
        method: &'static str,
        /// Whether it needs a preview version of the API.
        preview: bool,
    },
    /// Chat of the OpenAI-compatible endpoint.
    CompatibleChat,
    /// What is known of a resource.
    Get {
        /// Its name, such as `models` or `models/M/operations/OP`.
        path: String,
        /// The query, such as `pageSize=1000`; may be empty.
        query: String,
        /// Whether it needs a preview version of the API.
        preview: bool,
    },
    /// The bytes of a file that the Developer API made.
    Download {
        /// Its id, without `files/`.
        file: String,
    },
    /// The bytes of an object in Cloud Storage, <https://cloud.google.com/storage/docs/request-endpoints>.
    Object {
        /// The bucket.
        bucket: String,
        /// The object's name, not encoded.
        object: String,
    },
    /// Vertex AI's ranking of documents,
    /// <https://cloud.google.com/generative-ai-app-builder/docs/reference/rest/v1/projects.locations.rankingConfigs/rank>.
    Rank,
}

impl Operation {
    /// The HTTP method.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        match self {
            Self::Model { .. } | Self::CompatibleChat | Self::Rank => "POST",
            Self::Get { .. } | Self::Download { .. } | Self::Object { .. } => "GET",
        }
    }
}

#[cfg(test)]
mod tests;
