//! The HTTP requests that lead to a token.

use super::jwt::quoted;
use super::source::{Clusters, Endpoint, Impersonation, Principal, Subject};
use super::{SCOPE, Source};
use crate::upstream::percent_encode;

/// A request to be made; it holds secrets.
pub struct Call {
    /// Name of the cluster.
    pub cluster: String,
    /// Names and values, pseudo headers first.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: Vec<u8>,
}

impl Call {
    fn new(cluster: &str, method: &str, endpoint: &Endpoint) -> Self {
        let pseudo = [(":method", method), (":authority", &endpoint.authority), (":path", &endpoint.path)];
        let headers = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Self { cluster: cluster.to_owned(), headers, body: Vec::new() }
    }

    fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    fn form(mut self, fields: &[(&str, &str)]) -> Self {
        let fields: Vec<String> =
            fields.iter().map(|(name, value)| format!("{name}={}", percent_encode(value))).collect();
        self.body = fields.join("&").into_bytes();
        self.header("content-type", "application/x-www-form-urlencoded")
    }
}

/// Asks for the subject token.
pub(super) fn subject(clusters: &Clusters, endpoint: &Endpoint, headers: &[(String, String)]) -> Call {
    let mut call = Call::new(&clusters.subject_token, "GET", endpoint);
    call.headers.extend_from_slice(headers);
    call
}

/// Asks for the principal's token; `proof` is its assertion or its subject token.
/// <https://datatracker.ietf.org/doc/html/rfc7523#section-2.1>,
/// <https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token>
pub(super) fn grant(source: &Source, proof: &str) -> Call {
    let clusters = source.clusters();
    match source.principal() {
        Principal::Metadata(endpoint) => {
            Call::new(&clusters.metadata, "GET", endpoint).header("metadata-flavor", "Google")
        }
        Principal::ServiceAccount { token, .. } => Call::new(&clusters.oauth, "POST", token)
            .form(&[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", proof)]),
        Principal::External { audience, token_type, token, .. } => Call::new(&clusters.sts, "POST", token)
            .form(&[
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("audience", audience),
                ("scope", SCOPE),
                ("requested_token_type", "urn:ietf:params:oauth:token-type:access_token"),
                ("subject_token", proof),
                ("subject_token_type", token_type),
            ]),
    }
}

/// Asks for the token of the impersonated account with the principal's `token`.
pub(super) fn impersonate(clusters: &Clusters, target: &Impersonation, token: &str) -> Call {
    let delegates: Vec<String> = target.delegates.iter().map(|name| quoted(name)).collect();
    let delegates = match delegates.is_empty() {
        true => String::new(),
        false => format!(r#","delegates":[{}]"#, delegates.join(",")),
    };
    let body = format!(r#"{{"scope":["{SCOPE}"],"lifetime":"{}s"{delegates}}}"#, target.lifetime);
    let mut call = Call::new(&clusters.iam_credentials, "POST", &target.endpoint)
        .header("content-type", "application/json")
        .header("authorization", &format!("Bearer {token}"));
    call.body = body.into_bytes();
    call
}

/// What a subject token comes from, where it has to be asked for.
pub(super) fn subject_of(source: &Source) -> Option<Call> {
    match source.principal() {
        Principal::External { subject: Subject::Url { endpoint, headers, .. }, .. } => {
            Some(subject(source.clusters(), endpoint, headers))
        }
        _ => None,
    }
}
