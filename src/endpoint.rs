//! What we serve: one row per endpoint.
//!
//! Adding an endpoint is one row here, one file under `endpoint/`, one folder of goldens.

pub mod chat;
pub mod compat;
pub mod completions;
pub mod models;
pub mod moderations;
pub mod tokens;

use std::cell::Cell;
use std::rc::Rc;

use crate::config::{Config, RouteType, UpstreamFormat};
use crate::error::Error;
use crate::form::Form;
use crate::memory::Signatures;
use crate::pipe::Pipe;
use crate::rope::Rope;

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
}

/// Every endpoint. Where a path ends like several of them, the first is meant.
pub const ENDPOINTS: [Endpoint; 7] = [
    Endpoint {
        method: "POST",
        path: "/chat/completions",
        route_type: Some(RouteType::Chat),
        handler: |request| match request.config.upstream_format {
            UpstreamFormat::Gemini => chat::chat(request),
            UpstreamFormat::OpenAi => compat::chat(request),
        },
        ahead: Some(|config| match config.upstream_format {
            UpstreamFormat::Gemini => chat::ahead(config),
            UpstreamFormat::OpenAi => Ok(Operation::CompatibleChat),
        }),
        form: false,
    },
    Endpoint {
        method: "POST",
        path: "/completions",
        route_type: Some(RouteType::Completions),
        handler: completions::completions,
        ahead: Some(completions::ahead),
        form: false,
    },
    Endpoint {
        method: "POST",
        path: "/responses/input_tokens",
        route_type: None,
        handler: tokens::input_tokens,
        ahead: None,
        form: false,
    },
    Endpoint {
        method: "POST",
        path: "/tokenize",
        route_type: None,
        handler: tokens::tokenize,
        ahead: None,
        form: false,
    },
    Endpoint {
        method: "GET",
        path: "/models",
        route_type: Some(RouteType::Models),
        handler: models::list,
        ahead: None,
        form: false,
    },
    Endpoint {
        method: "GET",
        path: "/models/{id}",
        route_type: Some(RouteType::Models),
        handler: models::retrieve,
        ahead: None,
        form: false,
    },
    Endpoint {
        method: "POST",
        path: "/moderations",
        route_type: None,
        handler: moderations::moderations,
        ahead: None,
        form: false,
    },
];

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
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers besides `:status` and `x-request-id`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Rope,
}

impl From<&Error> for Answer {
    fn from(error: &Error) -> Self {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(error.retry_headers());
        Self { status: error.status(), headers, body: error.body().into() }
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

/// What a path and a method are.
pub enum Found {
    /// An endpoint, and what stands for `{id}`.
    Endpoint(&'static Endpoint, String),
    /// An endpoint of other methods.
    Allowed(Vec<&'static str>),
    /// Nothing of ours.
    Nothing,
}

impl Endpoint {
    /// The endpoint for a request with `path` (without query): by the configured route type, else by the end of the path.
    #[must_use]
    pub fn find(route_type: RouteType, method: &str, path: &str) -> Found {
        let forced = route_type != RouteType::Auto;
        let ours = || ENDPOINTS.iter().filter(|row| !forced || row.route_type == Some(route_type));
        let by_path = || ours().filter_map(|row| Some((row, captured(row.path, path)?)));
        if let Some((row, captured)) = by_path().find(|(row, _)| row.method == method) {
            return Found::Endpoint(row, captured);
        }
        // What any path would be taken for.
        let whole = |row: &&Endpoint| !row.path.contains(ID);
        if forced && let Some(row) = ours().filter(whole).find(|row| row.method == method) {
            return Found::Endpoint(row, String::new());
        }
        // A path with an id in it may be somebody else's.
        let path = by_path().map(|(row, _)| row).find(whole).map(|row| row.path);
        let allowed: Vec<_> =
            ours().filter(|row| forced || Some(row.path) == path).map(|row| row.method).collect();
        if allowed.is_empty() { Found::Nothing } else { Found::Allowed(allowed) }
    }
}

const ID: &str = "{id}";

/// What stands for `{id}` of `pattern` in a path that ends like it.
fn captured(pattern: &str, path: &str) -> Option<String> {
    let Some((before, after)) = pattern.split_once(ID) else {
        return path.ends_with(pattern).then(String::new);
    };
    let path = path.strip_suffix(after)?;
    let id = match after {
        "" => path.split_once(before)?.1,
        _ => path.rsplit_once(before)?.1,
    };
    let single = !after.is_empty() && id.contains('/');
    if id.is_empty() || single {
        return None;
    }
    percent_decode(id)
}

/// `text` as it reads once decoded; `None` where that is not UTF-8.
pub(crate) fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    decoded.extend_from_slice(pieces.next()?.as_bytes());
    for piece in pieces {
        let (digits, rest) = piece.split_at_checked(2)?;
        if !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        decoded.push(u8::from_str_radix(digits, 16).ok()?);
        decoded.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(decoded).ok()
}

#[cfg(test)]
mod tests;
