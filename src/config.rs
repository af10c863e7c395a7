//! The filter's configuration: one JSON document, read once, refused as a whole or ready for use.
//!
//! Rule: parse, don't validate. [`Config`] holds what the request path needs and nothing that could still be wrong.
//! Field names are Kong AI Proxy's where it has one (<https://developer.konghq.com/plugins/ai-proxy/reference/>); a
//! `config` block of Kong's can be pasted whole, and what it asks for beyond this filter is refused by name.
//! No message ever contains a value of the document, known keywords aside: it may be a secret.

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use serde_json::{Number, Value};

use crate::wire::json::{self, Object, Problem};

mod apisix;
mod auth;
mod binary;
mod capabilities;
mod checks;
mod deck;
mod document;
mod env;
mod kong;
mod pasted;
mod places;
mod plugin;
mod routes;
mod template;
mod tree;
mod upstream;
mod words;

pub use auth::Auth;
pub use capabilities::{Capabilities, Embedding, Output, ThinkingControl};
pub use document::SignatureCarrier;
pub use places::ApiVersion;
pub use plugin::{Environment, Plugin, Refusal};
pub use routes::Route;
pub use template::Asked;
pub use upstream::Upstream;
pub use words::{
    LlmFormat, ModelPolicy, OptionsMode, RequestMode, ResponseStreaming, Rewrite, RouteType, Unmatched,
    UpstreamFormat,
};

use document::Document;

/// One configuration of the filter, resolved and checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// The credential for Google.
    pub auth: Auth,
    /// Which model answers.
    pub model: Model,
    /// Sampling parameters of the operator.
    pub options: Options,
    /// Whether `options` are defaults or win over the client.
    pub options_mode: OptionsMode,
    /// Whether the client's `model` must fit or is ignored; `Pin` implies that `model.name` is set.
    pub model_policy: ModelPolicy,
    /// What a request is taken for.
    pub route_type: RouteType,
    /// The clients' dialect.
    pub llm_format: LlmFormat,
    /// Whether replies stream.
    pub response_streaming: ResponseStreaming,
    /// Bytes a request body may have; `None` is no limit.
    pub max_request_body_size: Option<usize>,
    /// Lower-case name of the reply header that names the model; `None` for no such header.
    pub model_name_header: Option<String>,
    /// What happens to a request that no endpoint takes.
    pub unmatched: Unmatched,
    /// How long a request may wait for its body before Envoy is taken to deliver none.
    pub body_wait: Duration,
    /// Bytes that one VM may hold across callbacks, for all its requests together.
    pub max_held_bytes: usize,
    /// How clients that drop thought signatures are served.
    pub signatures: Signatures,
    /// Tells this configuration from others.
    pub fingerprint: u64,
    /// Where Google is.
    pub upstream: Upstream,
    /// How request bodies are read.
    pub request_mode: RequestMode,
    /// The dialect Google is spoken to.
    pub upstream_format: UpstreamFormat,
    /// How Google's path and host get into the request.
    pub rewrite: Rewrite,
    /// Lower-case name of the header that names the Envoy cluster, and that name.
    pub cluster: Cluster,
    /// Hosts that a template may name.
    allowed_hosts: Vec<String>,
    /// What paths look like, for captures.
    uri_template: Option<String>,
    /// Whether `metadata` becomes labels on Vertex AI.
    pub metadata_as_labels: bool,
    /// `gs://bucket/folder` that Vertex AI puts videos into, without a slash at its end.
    pub video_storage: Option<String>,
    warnings: Vec<String>,
}

/// The configured model and its other names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Model {
    /// The model at Google; `None` leaves the choice to the client.
    pub name: Option<String>,
    /// Names that clients may use for it instead.
    pub aliases: Vec<String>,
    /// What is told of every model that is called.
    pub capabilities: Capabilities,
}

/// How the route is told its cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cluster {
    /// Lower-case name of the header, which no client may set.
    pub header: String,
    /// Name of the cluster; `None` leaves the choice to the route.
    pub name: Option<String>,
}

/// How clients that drop thought signatures are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signatures {
    /// Bytes of shared data to keep signatures in.
    pub cache_bytes: usize,
    /// Seconds to keep one.
    pub ttl: u64,
    /// Where a reply carries the signature of a call.
    pub carrier: SignatureCarrier,
}

/// Parameters of the model, within Google's ranges. Numbers go upstream as they were written, whole ones without a point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// 1 to 2147483647.
    pub max_tokens: Option<u32>,
    /// 0 to 2.
    pub temperature: Option<Number>,
    /// 0 to 1.
    pub top_p: Option<Number>,
    /// 0 to 500.
    pub top_k: Option<u32>,
    /// Numbers of a vector, at least 1.
    pub embeddings_dimensions: Option<u32>,
}

impl Config {
    /// Reads a configuration: `json` as Envoy hands it over (none at all is `{}`), `env` the VM's environment.
    ///
    /// # Errors
    /// Anything that is unknown, mistyped, out of range, contradictory or not supported yet.
    #[cfg(test)]
    pub fn load(json: &[u8], env: &Environment) -> Result<Self, ConfigError> {
        Self::of(&resolved(parse(json)?.config, env)?, env)
    }

    fn of(resolved: &Value, env: &Environment) -> Result<Self, ConfigError> {
        let resolved = Value::to_string(resolved);
        let Object(document) = json::from_slice::<Object<Document>>(resolved.as_bytes())?;
        let mut hasher = DefaultHasher::new();
        resolved.hash(&mut hasher);
        Ok(Self { fingerprint: hasher.finish(), ..document.check(env)? })
    }

    /// Google's names of the parameters that are the operator's alone: those of `options`, where these are forced.
    #[must_use]
    pub fn forced(&self) -> Vec<&'static str> {
        let Options { max_tokens, temperature, top_p, top_k, .. } = &self.options;
        let force = self.options_mode == OptionsMode::Force;
        [
            ("maxOutputTokens", max_tokens.is_some()),
            ("temperature", temperature.is_some()),
            ("topP", top_p.is_some()),
            ("topK", top_k.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_set)| (force && is_set).then_some(name))
        .collect()
    }

    /// What is allowed but probably not meant; the shell logs each once.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }
}

/// The document as a tree, and what stood around it.
fn parse(json: &[u8]) -> Result<pasted::Pasted, ConfigError> {
    let json = if json.trim_ascii().is_empty() { b"{}" } else { json };
    pasted::Pasted::of(written(json)?)
}

/// JSON, or else the message that Envoy makes of YAML, as a tree.
fn written(bytes: &[u8]) -> Result<Value, ConfigError> {
    match json::from_slice::<tree::Tree>(bytes) {
        Ok(tree::Tree(tree)) => Ok(tree),
        Err(problem) => Ok(binary::read(bytes).ok_or(problem)?),
    }
}

/// The tree without what is off, and with what the environment says.
fn resolved(mut tree: Value, env: &Environment) -> Result<Value, ConfigError> {
    tree::prune(&mut tree);
    kong::refuse_unsupported(&mut tree)?;
    env::resolve(&mut tree, env)?;
    Ok(tree)
}

/// Why a configuration is refused: the field's path and what would be accepted. Never a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    path: String,
    message: String,
}

impl ConfigError {
    fn at(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { path: path.into(), message: message.into() }
    }

    /// The same error of a configuration that stands at `path`.
    fn below(self, path: &str) -> Self {
        let path = if self.path.is_empty() { path.to_owned() } else { format!("{path}.{}", self.path) };
        Self { path, ..self }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return f.write_str(&self.message);
        }
        write!(f, "{}: {}", self.path, self.message)
    }
}

impl std::error::Error for ConfigError {}

impl From<Problem> for ConfigError {
    fn from(problem: Problem) -> Self {
        let Problem { path, kind } = problem;
        Self { path, message: kind.to_string() }
    }
}

#[cfg(test)]
mod readme;
#[cfg(test)]
mod tests;
