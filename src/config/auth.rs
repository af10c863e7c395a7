//! The credential for Google: a header, a query parameter, the tokens of a principal, the client's own token, or none.
//!
//! <https://ai.google.dev/gemini-api/docs/api-key>: Google takes the key in either place, and a URL ends up in logs, so
//! for its own hosts a `key` parameter is sent as the header. Google's own API takes no key as a bearer token, which
//! other gateways' configurations make of it: that is sent as the header too.

mod google;

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::document::AuthFields;
use super::{ConfigError, Environment, Upstream};
use crate::credentials::Source;
use crate::media::Backend;
use crate::upstream::percent_encode;

/// The header Google reads API keys from.
const KEY_HEADER: &str = "x-goog-api-key";

/// The query parameter Google reads API keys from.
const KEY_PARAMETER: &str = "key";

/// What goes with every request to prove who pays. `Debug` shows names, never values.
#[derive(Clone, Debug, Default)]
pub struct Auth {
    header: Option<Credential>,
    query: Option<Credential>,
    source: Option<Rc<Source>>,
    token_header: Option<String>,
    /// The header was an API key given as a bearer token.
    was_bearer: bool,
    /// Whose resources are paid for.
    project: Option<String>,
}

/// Ids of projects have at least so many characters, <https://cloud.google.com/resource-manager/docs/creating-managing-projects>.
/// Shorter ones are numbers, or words of any message.
const SHORTEST_PROJECT: usize = 6;

#[derive(Clone)]
struct Credential {
    name: String,
    value: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: [redacted]", self.name)
    }
}

impl Auth {
    /// Name (lower-case) and value of the request header.
    #[must_use]
    pub fn header(&self) -> Option<(&str, &str)> {
        self.header.as_ref().map(|header| (header.name.as_str(), header.value.as_str()))
    }

    /// Name and value of the query parameter, not percent-encoded.
    #[must_use]
    pub fn query(&self) -> Option<(&str, &str)> {
        self.query.as_ref().map(|query| (query.name.as_str(), query.value.as_str()))
    }

    /// The principal whose tokens are sent; excludes the others.
    #[must_use]
    pub fn source(&self) -> Option<&Rc<Source>> {
        self.source.as_ref()
    }

    /// Name (lower-case) of the request header with the client's own token; excludes the others.
    #[must_use]
    pub fn token_header(&self) -> Option<&str> {
        self.token_header.as_deref()
    }

    /// How long a request waits for a token of the principal.
    #[must_use]
    pub fn token_wait(&self) -> Duration {
        self.source.as_ref().map_or(Duration::ZERO, |source| source.wait())
    }

    /// For calls on behalf of the upstream's project, which no message may name.
    pub(super) fn of_project(mut self, upstream: &Upstream) -> Self {
        let project = upstream.project.as_deref().and_then(|parent| parent.split('/').nth(1));
        self.project = project.filter(|project| project.len() >= SHORTEST_PROJECT).map(str::to_owned);
        self
    }

    /// What no message may repeat: each value, without its scheme, and as it stands in a URL; the project.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        let values =
            [&self.header, &self.query].into_iter().flatten().map(|credential| credential.value.as_str());
        let forms = |value: &str| {
            let token = value.rsplit(' ').next().unwrap_or(value);
            [value.to_owned(), token.to_owned(), percent_encode(value)]
        };
        let keys = self.source.iter().flat_map(|source| source.secrets());
        values.flat_map(forms).chain(keys).chain(self.project.clone()).collect()
    }

    /// `native`: the upstream is Google's own API, not the one that is compatible with OpenAI's.
    pub(super) fn check(
        fields: AuthFields,
        upstream: &Upstream,
        native: bool,
        env: &Environment,
    ) -> Result<Self, ConfigError> {
        if let Some(token) = tokens(&fields, env)? {
            return Ok(token);
        }
        let AuthFields {
            header_name,
            header_value,
            param_name,
            param_value,
            param_location,
            force_query,
            ..
        } = fields;
        let named = header_name.is_some();
        let header = header(header_name, header_value)?;
        let (header, was_bearer) = match header.as_ref().filter(|_| native).and_then(bearer_key) {
            Some(key) => (Some(Credential { name: KEY_HEADER.to_owned(), value: key.to_owned() }), true),
            None => (header, false),
        };
        let query = match (param_name, param_value, param_location) {
            (Some(name), Some(value), Some(_)) => Some(query(name, value)?),
            (None, None, None) => None,
            _ => {
                let message = "all or none of these fields must be set: 'auth.param_name', 'auth.param_value', \
                               'auth.param_location'";
                return Err(ConfigError::at("auth", message));
            }
        };
        if force_query && query.is_none() {
            let message = "needs `auth.param_name`, `auth.param_value` and `auth.param_location`";
            return Err(ConfigError::at("auth.force_query", message));
        }
        let moves = |query: &Credential| query.name == KEY_PARAMETER && upstream.is_google() && !force_query;
        let (header, query) = match (header, query) {
            (Some(_), Some(query)) if moves(&query) => {
                let message = "`auth.header_value` and a key in `auth.param_value` together: \
                               the key would be a second header, leave one of them out or set `auth.force_query`";
                return Err(ConfigError::at("auth", message));
            }
            (None, Some(query)) if moves(&query) => {
                let value = header_value_checked("auth.param_value", query.value)?;
                (Some(Credential { name: KEY_HEADER.to_owned(), value }), None)
            }
            both => both,
        };
        // The endpoint that is compatible with OpenAI's reads keys where OpenAI's does.
        let as_bearer = !native && !named && upstream.backend == Backend::Developer;
        let header = header.map(|Credential { name, value }| match name.as_str() {
            KEY_HEADER if as_bearer => {
                Credential { name: "authorization".to_owned(), value: format!("Bearer {value}") }
            }
            _ => Credential { name, value },
        });
        Ok(Self { header, query, was_bearer, ..Self::default() })
    }

    /// Refuses at `path` a header (lower-case) that is another one already: of the credential, the client's token, Google.
    pub(super) fn check_other(&self, path: &str, name: &str) -> Result<(), ConfigError> {
        if self.token_header() == Some(name) {
            return Err(ConfigError::at(path, "is `auth.gcp_access_token_header` already"));
        }
        if SENT_HEADERS.contains(&name) || self.header().is_some_and(|(ours, _)| ours == name) {
            return Err(ConfigError::at(path, SET_ALREADY));
        }
        Ok(())
    }

    /// What about the credential is allowed but probably not meant.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &'static str> {
        let is_static = self.source.is_none() && self.token_header.is_none();
        let none = is_static && self.header.is_none() && self.query.is_none();
        [
            (none, "auth: no credential is configured, requests go out without one"),
            (self.query.is_some(), "auth: the credential is part of the URL and will show up in access logs"),
            (
                self.was_bearer,
                "auth.header_value: Google's own API takes no API key as a bearer token, it is sent as `x-goog-api-key`",
            ),
        ]
        .into_iter()
        .filter_map(|(applies, warning)| applies.then_some(warning))
    }
}

/// The tokens of a principal or of the client, which stand alone.
fn tokens(fields: &AuthFields, env: &Environment) -> Result<Option<Auth>, ConfigError> {
    let source = google::source(fields, env)?;
    let token_header = match &fields.gcp_access_token_header {
        Some(name) => Some(header_name_checked("auth.gcp_access_token_header", name)?),
        None => None,
    };
    let field = match (&source, &token_header) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(together("gcp_use_service_account", "gcp_access_token_header"));
        }
        (Some(_), None) => "gcp_use_service_account",
        (None, Some(_)) => "gcp_access_token_header",
    };
    for (name, is_set) in [
        ("header_name", fields.header_name.is_some()),
        ("header_value", fields.header_value.is_some()),
        ("param_name", fields.param_name.is_some()),
        ("param_value", fields.param_value.is_some()),
        ("param_location", fields.param_location.is_some()),
        ("force_query", fields.force_query),
    ] {
        if is_set {
            return Err(together(field, name));
        }
    }
    Ok(Some(Auth { source, token_header, ..Auth::default() }))
}

fn together(one: &str, other: &str) -> ConfigError {
    let message =
        format!("`auth.{one}` and `auth.{other}` together: it cannot be told which credential is meant");
    ConfigError::at("auth", message)
}

/// The API key in `Bearer <key>`; tokens of Google's begin otherwise.
fn bearer_key(header: &Credential) -> Option<&str> {
    let (scheme, key) = header.value.split_once(' ').filter(|_| header.name == "authorization")?;
    let key = key.trim_start();
    let is_key = key.starts_with("AIza") || key.starts_with("AQ.");
    (is_key && scheme.eq_ignore_ascii_case("bearer")).then_some(key)
}

fn header(name: Option<String>, value: Option<String>) -> Result<Option<Credential>, ConfigError> {
    let name = match (name, &value) {
        (None, None) => return Ok(None),
        (Some(_), None) => {
            return Err(ConfigError::at(
                "auth.header_name",
                "all or none of these fields must be set: 'auth.header_name', 'auth.header_value'",
            ));
        }
        (Some(name), Some(_)) => header_name_checked("auth.header_name", &name)?,
        (None, Some(_)) => KEY_HEADER.to_owned(),
    };
    let value = header_value_checked("auth.header_value", value.unwrap_or_default())?;
    Ok(Some(Credential { name, value }))
}

fn query(name: String, value: String) -> Result<Credential, ConfigError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    if !name.bytes().all(plain) {
        return Err(ConfigError::at("auth.param_name", "expected letters, digits and `-._~` only"));
    }
    if name == "alt" {
        return Err(ConfigError::at("auth.param_name", "is a parameter that the filter sets itself"));
    }
    if value.chars().any(char::is_control) {
        return Err(ConfigError::at("auth.param_value", "must not contain control characters"));
    }
    Ok(Credential { name, value })
}

/// A header name in lower case, RFC 9110 §5.1, that does not collide with what the filter or Envoy sets.
pub(super) fn header_name_checked(path: &str, name: &str) -> Result<String, ConfigError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.bytes().all(token) {
        return Err(ConfigError::at(path, "expected a header name, made of letters, digits and `-`"));
    }
    let name = name.to_ascii_lowercase();
    if OWN_HEADERS.contains(&name.as_str()) || name.starts_with("x-envoy-") {
        return Err(ConfigError::at(path, SET_ALREADY));
    }
    Ok(name)
}

const SET_ALREADY: &str = "is a header that the filter or Envoy sets itself";

/// A header value: printable ASCII, and spaces inside only.
fn header_value_checked(path: &str, value: String) -> Result<String, ConfigError> {
    let printable = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if value.bytes().all(printable) && value.trim() == value {
        return Ok(value);
    }
    Err(ConfigError::at(path, "expected printable ASCII characters without spaces or line ends around them"))
}

const OWN_HEADERS: [&str; 21] = [
    "date",
    "location",
    "server",
    "set-cookie",
    "x-forwarded-proto",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "x-request-id",
    "cache-control",
    "x-llm-dropped",
];

/// Headers that a request to Google may have besides, whatever the configuration: credentials, the service tier.
const SENT_HEADERS: [&str; 3] = ["authorization", KEY_HEADER, "x-vertex-ai-llm-shared-request-type"];
