//! Where Google is, what may go there and what may come back.
//!
//! Both header lists are allow-lists, so no client credential or identity reaches Google, and nothing of Google's
//! reaches the client, by construction. Upstream paths are built from validated pieces only.

use crate::config::Config;
use crate::endpoint::Forward;
use crate::headers::{self, Headers};

/// <https://ai.google.dev/api/all-methods>
const VERSION: &str = "v1beta";

/// How we introduce ourselves to Google.
const USER_AGENT: &str = concat!("gemini-filter/", env!("CARGO_PKG_VERSION"));

/// Reply headers that go on to the client; everything else is ours or stays out.
const KEPT: [&str; 4] = [":status", "date", "retry-after", "x-envoy-upstream-service-time"];

/// How the request reached Envoy, which has to stay: Envoy finds no route for a request without `x-forwarded-proto`.
/// The route takes that header out on the way to Google (`request_headers_to_remove`).
#[derive(Clone, Debug)]
pub struct Scheme {
    scheme: Vec<u8>,
    forwarded: Vec<u8>,
}

impl Scheme {
    /// As the client's `headers` tell.
    #[must_use]
    pub fn of(headers: &Headers) -> Self {
        let value = |name| headers.get(name).unwrap_or(b"https").to_vec();
        Self { scheme: value(":scheme"), forwarded: value("x-forwarded-proto") }
    }
}

/// The header map of the upstream request, serialized.
#[must_use]
pub fn request_headers(config: &Config, forward: &Forward, scheme: &Scheme) -> Vec<u8> {
    let path = path(config, forward);
    let length = forward.body.len().to_string();
    let mut map: Vec<(&str, &[u8])> = vec![
        (":method", b"POST"),
        (":scheme", &scheme.scheme),
        (":authority", config.upstream.authority.as_bytes()),
        (":path", path.as_bytes()),
        ("content-type", b"application/json"),
        ("content-length", length.as_bytes()),
        ("user-agent", USER_AGENT.as_bytes()),
        ("x-forwarded-proto", &scheme.forwarded),
    ];
    if let Some((name, value)) = config.auth.header() {
        map.push((name, value.as_bytes()));
    }
    headers::encode(&map)
}

/// The upstream path with its query.
fn path(config: &Config, forward: &Forward) -> String {
    let Forward { resource, method, .. } = forward;
    let mut path = match &config.upstream.path {
        // Kong's `upstream_url` is a whole URL, operation included; ours follows the operation.
        Some(path) => match path.rsplit_once(':') {
            Some((before, "generateContent" | "streamGenerateContent")) => format!("{before}:{method}"),
            _ => path.clone(),
        },
        None => format!("/{VERSION}/{resource}:{method}"),
    };
    let mut separator = '?';
    if method.starts_with("stream") {
        path.push_str("?alt=sse");
        separator = '&';
    }
    if let Some((name, value)) = config.auth.query() {
        path.push(separator);
        path.push_str(&percent_encode(name));
        path.push('=');
        path.push_str(&percent_encode(value));
    }
    path
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
