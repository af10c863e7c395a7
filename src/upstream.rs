//! Where Google is, what may go there and what may come back.
//!
//! Both header lists are allow-lists, so no client credential or identity reaches Google, and nothing of Google's
//! reaches the client, by construction. Upstream paths are built from validated pieces only.

use crate::config::{ApiVersion, Config, Rewrite, Upstream};
use crate::endpoint::Operation;
use crate::headers::{self, Headers};
use crate::media::Backend;

/// How we introduce ourselves to Google.
const USER_AGENT: &str = concat!("gemini-filter/", env!("CARGO_PKG_VERSION"));

/// Reply headers that go on to the client; everything else is ours or stays out.
const KEPT: [&str; 4] = [":status", "date", "retry-after", "x-envoy-upstream-service-time"];

/// What stays of the client's headers, and what of it Envoy needs to find its route again.
///
/// Envoy finds no route for a request without `x-forwarded-proto`. The route takes that header out on the way to
/// Google (`request_headers_to_remove`).
#[derive(Clone, Debug)]
pub struct Client {
    scheme: Vec<u8>,
    forwarded: Vec<u8>,
    authority: Vec<u8>,
    path: Vec<u8>,
}

impl Client {
    /// As the client's `headers` tell.
    #[must_use]
    pub fn of(headers: &Headers) -> Self {
        let value = |name| headers.get(name).unwrap_or_default().to_vec();
        let scheme = |name| headers.get(name).unwrap_or(b"https").to_vec();
        Self {
            scheme: scheme(":scheme"),
            forwarded: scheme("x-forwarded-proto"),
            authority: value(":authority"),
            path: value(":path"),
        }
    }

    /// The query of the path, without `?`.
    #[must_use]
    pub fn query(&self) -> &str {
        let path = std::str::from_utf8(&self.path).unwrap_or_default();
        let path = path.split('#').next().unwrap_or_default();
        path.split_once('?').map_or("", |(_, query)| query)
    }
}

/// The head of a request to Google.
pub struct Head<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// What is asked.
    pub operation: &'a Operation,
    /// Headers besides those of every request.
    pub headers: &'a [(&'static str, &'static str)],
    /// Bytes of the body, where they are known.
    pub length: Option<usize>,
    /// What stays of the client's head.
    pub client: &'a Client,
    /// The token that goes as `authorization`, in place of a configured credential.
    pub token: Option<&'a str>,
}

/// A head as the host takes it.
#[derive(Debug)]
pub struct Rewritten {
    /// The header map, serialized, whole.
    pub headers: Vec<u8>,
    /// Filter states for the route's rewrites, by name.
    pub state: Vec<(&'static str, String)>,
}

impl Head<'_> {
    /// Every header there will be: nothing of the client's gets by.
    #[must_use]
    pub fn write(&self) -> Rewritten {
        let Self { config, operation, client, .. } = self;
        let path = path(config, operation);
        let authority = authority(&config.upstream, operation);
        let forwarded = [("x-forwarded-proto", &client.forwarded[..])];
        match config.rewrite {
            Rewrite::Headers => {
                let headers = self.map(authority.as_bytes(), path.as_bytes(), &forwarded);
                Rewritten { headers, state: Vec::new() }
            }
            Rewrite::FilterState => {
                // Envoy appends the request's query to a rewritten path, so the client's would follow ours.
                let own = client.path.split(|byte| b"?#".contains(byte)).next().unwrap_or_default();
                let headers = self.map(&client.authority, own, &forwarded);
                Rewritten { headers, state: vec![(PATH_STATE, path), (HOST_STATE, authority.to_owned())] }
            }
        }
    }

    /// The same for a call that no route treats.
    #[must_use]
    pub fn write_for_call(&self) -> Vec<u8> {
        let path = path(self.config, self.operation);
        self.map(authority(&self.config.upstream, self.operation).as_bytes(), path.as_bytes(), &[])
    }

    fn map(&self, authority: &[u8], path: &[u8], more: &[(&str, &[u8])]) -> Vec<u8> {
        let Self { config, operation, client, .. } = self;
        let length = self.length.map(|length| length.to_string());
        let bearer = self.token.map(|token| format!("Bearer {token}"));
        let mut map: Vec<(&str, &[u8])> = vec![
            (":method", operation.verb().as_bytes()),
            (":scheme", &client.scheme),
            (":authority", authority),
            (":path", path),
        ];
        if operation.verb() == "POST" {
            map.push(("content-type", b"application/json"));
        }
        map.push(("user-agent", USER_AGENT.as_bytes()));
        map.extend_from_slice(more);
        if let Some(length) = &length {
            map.push(("content-length", length.as_bytes()));
        }
        if let Some(bearer) = &bearer {
            map.push(("authorization", bearer.as_bytes()));
        } else if let Some((name, value)) = config.auth.header() {
            map.push((name, value.as_bytes()));
        }
        if let Some(cluster) = &config.cluster.name {
            map.push((&config.cluster.header, cluster.as_bytes()));
        }
        map.extend(self.headers.iter().map(|(name, value)| (*name, value.as_bytes())));
        headers::encode(&map)
    }
}

/// Names of the filter states, below `wasm.`.
const PATH_STATE: &str = "gemini_filter.path";
const HOST_STATE: &str = "gemini_filter.host";

/// The filter states of a request that goes on as it is: `host_rewrite` takes an unset one for the host `-`, while
/// `path_rewrite` leaves the path alone.
#[must_use]
pub fn passing(config: &Config, headers: &Headers) -> Vec<(&'static str, String)> {
    match config.rewrite {
        Rewrite::Headers => Vec::new(),
        Rewrite::FilterState => {
            let host = headers.text(":authority").unwrap_or_default();
            vec![(HOST_STATE, host.to_owned())]
        }
    }
}

/// Value for `:authority`. An operator's own host stands for all of Google's.
fn authority<'a>(upstream: &'a Upstream, operation: &Operation) -> &'a str {
    match operation {
        Operation::Rank if upstream.is_google() => "discoveryengine.googleapis.com",
        Operation::Object { .. } if upstream.is_google() => "storage.googleapis.com",
        _ => &upstream.authority,
    }
}

/// The upstream path with its query.
#[must_use]
pub fn path(config: &Config, operation: &Operation) -> String {
    let upstream = &config.upstream;
    let mut path = match (&upstream.path, operation) {
        // Kong's `upstream_url` is a whole URL, operation included; ours follows the operation.
        (Some(path), Operation::Model { method, .. }) => match path.rsplit_once(':') {
            Some((before, named)) if METHODS.contains(&named) => format!("{before}:{method}"),
            _ => path.clone(),
        },
        (Some(path), Operation::CompatibleChat | Operation::Rank) => path.clone(),
        (_, operation) => computed(upstream, operation),
    };
    if let Operation::Model { method, .. } = operation
        && method.starts_with("stream")
    {
        path.push_str("?alt=sse");
    }
    if let Some((name, value)) = config.auth.query() {
        path.push(if path.contains('?') { '&' } else { '?' });
        path.push_str(&percent_encode(name));
        path.push('=');
        path.push_str(&percent_encode(value));
    }
    path
}

/// Methods of models, <https://ai.google.dev/api/all-methods>.
const METHODS: [&str; 8] = [
    "generateContent",
    "streamGenerateContent",
    "countTokens",
    "embedContent",
    "batchEmbedContents",
    "predict",
    "predictLongRunning",
    "fetchPredictOperation",
];

/// The path of Google's documentation: <https://ai.google.dev/api/all-methods>,
/// <https://cloud.google.com/vertex-ai/docs/reference/rest>.
fn computed(upstream: &Upstream, operation: &Operation) -> String {
    let parent = upstream.project.as_deref().map_or(String::new(), |project| format!("/{project}"));
    let version = |usual: &'static str| upstream.version.map_or(usual, ApiVersion::segment);
    let usual = |preview: bool| match upstream.backend {
        Backend::Developer => version("v1beta"),
        Backend::Vertex if preview => version("v1beta1"),
        Backend::Vertex => version("v1"),
    };
    match (operation, upstream.backend) {
        (Operation::Model { resource, method, preview }, _) => {
            let version = usual(*preview);
            match &upstream.endpoint {
                Some(endpoint) => format!("/{version}{parent}/endpoints/{endpoint}:{method}"),
                None => format!("/{version}{parent}/{resource}:{method}"),
            }
        }
        (Operation::Get { path, query, preview }, _) => {
            let separator = if query.is_empty() { "" } else { "?" };
            // Publishers belong to no project; only what is asked of their models does.
            let parent = if path.starts_with("publishers/") { "" } else { parent.as_str() };
            format!("/{}{parent}/{path}{separator}{query}", usual(*preview))
        }
        (Operation::Download { file }, _) => {
            format!("/download/{}/files/{}:download?alt=media", usual(false), percent_encode(file))
        }
        (Operation::Object { bucket, object }, _) => {
            let segments: Vec<String> = object.split('/').map(percent_encode).collect();
            format!("/{}/{}", percent_encode(bucket), segments.join("/"))
        }
        (Operation::Rank, _) => {
            let project = parent.split("/locations/").next().unwrap_or_default();
            format!("/v1{project}/locations/global/rankingConfigs/default_ranking_config:rank")
        }
        (Operation::CompatibleChat, Backend::Developer) => {
            format!("/{}/openai/chat/completions", version("v1beta"))
        }
        (Operation::CompatibleChat, Backend::Vertex) => match &upstream.endpoint {
            Some(endpoint) => format!("/{}{parent}/endpoints/{endpoint}/chat/completions", version("v1")),
            None => format!("/{}{parent}/endpoints/openapi/chat/completions", version("v1beta1")),
        },
    }
}

/// `text` as it stands in a query.
pub(crate) fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// The header map of the client's reply, serialized: what may stay of `received`, then `ours`.
#[must_use]
pub fn reply_headers(received: &Headers, ours: &[(&str, &str)]) -> Vec<u8> {
    let replaced = |name: &str| ours.iter().any(|(ours, _)| *ours == name);
    let kept = received.iter().filter_map(|(name, value)| {
        let name = std::str::from_utf8(name).ok()?;
        (KEPT.contains(&name) && !replaced(name)).then_some((name, value))
    });
    let mut map: Vec<(&str, &[u8])> = kept.collect();
    map.extend(ours.iter().map(|(name, value)| (*name, value.as_bytes())));
    headers::encode(&map)
}

#[cfg(test)]
mod tests;
