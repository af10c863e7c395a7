//! What we serve: one row per endpoint.
//!
//! Adding an endpoint is one row here, one file under `endpoint/`, one folder of goldens.

pub mod chat;
pub mod compat;

use std::rc::Rc;

use crate::config::{Config, RouteType, UpstreamFormat};
use crate::error::Error;
use crate::memory::Signatures;
use crate::pipe::Pipe;

/// One endpoint.
#[derive(Debug)]
pub struct Endpoint {
    /// The only method it takes.
    pub method: &'static str,
    /// The end of the path, so that any route prefix works.
    pub path: &'static str,
    /// Kong's name for it, which forces it for any path.
    pub route_type: RouteType,
    /// The translation.
    pub handler: Handler,
    /// What it asks of Google as far as the configuration tells, for a head that goes before the body.
    pub ahead: fn(&Config) -> Result<Operation, Error>,
}

/// Every endpoint.
pub const ENDPOINTS: [Endpoint; 1] = [Endpoint {
    method: "POST",
    path: "/chat/completions",
    route_type: RouteType::Chat,
    handler: |request| match request.config.upstream_format {
        UpstreamFormat::Gemini => chat::chat(request),
        UpstreamFormat::OpenAi => compat::chat(request),
    },
    ahead: |config| match config.upstream_format {
        UpstreamFormat::Gemini => chat::ahead(config),
        UpstreamFormat::OpenAi => Ok(Operation::CompatibleChat),
    },
}];

/// Translates a request; the reply's reader is part of what it returns.
pub type Handler = fn(&Request<'_>) -> Result<Next, Error>;

/// A client's request, complete.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The route's configuration.
    pub config: &'a Rc<Config>,
    /// The body as it was sent.
    pub body: &'a [u8],
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
}

/// A reply made here.
#[derive(Debug)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Headers besides `:status` and `x-request-id`.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl From<&Error> for Answer {
    fn from(error: &Error) -> Self {
        let mut headers = vec![("content-type", "application/json".to_owned())];
        headers.extend(error.retry_headers());
        Self { status: error.status(), headers, body: error.body() }
    }
}

/// A request to Google and the reader of its reply.
pub struct Forward {
    /// What is asked of Google.
    pub operation: Operation,
    /// Headers for Google besides those of every request.
    pub headers: Vec<(&'static str, &'static str)>,
    /// The body, JSON.
    pub body: Vec<u8>,
    /// The name of the model, for `x-llm-model` and the log.
    pub model: String,
    /// Members of the client's request that the model cannot take, for `x-llm-dropped`.
    pub dropped: Vec<&'static str>,
    /// Reads a reply with status 200; every other status goes to the error reader.
    pub reply: Box<dyn Pipe>,
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
}

impl Endpoint {
    /// The endpoint for `path` (without query): by the configured route type, else by the end of the path.
    #[must_use]
    pub fn find(route_type: RouteType, path: &str) -> Option<&'static Self> {
        ENDPOINTS.iter().find(|endpoint| match route_type {
            RouteType::Auto => path.ends_with(endpoint.path),
            forced => endpoint.route_type == forced,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn any_prefix_finds_the_endpoint() {
        for path in ["/v1/chat/completions", "/chat/completions", "/team-a/openai/v1/chat/completions"] {
            assert!(Endpoint::find(RouteType::Auto, path).is_some(), "{path}");
        }
        for path in ["/v1/chat/completions/", "/v1/xchat/completion", "/", "", "/v1/mychat/completions"] {
            assert!(Endpoint::find(RouteType::Auto, path).is_none(), "{path}");
        }
        assert!(Endpoint::find(RouteType::Chat, "/anything").is_some());
    }

    #[test]
    fn every_endpoint_has_goldens() {
        for endpoint in &ENDPOINTS {
            let folder = endpoint.path.trim_start_matches('/').split('/').next().unwrap_or_default();
            assert!(crate::testing::cases(folder).count() > 0, "{folder}");
        }
    }
}
