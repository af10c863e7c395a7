//! Where Google is: which of its APIs, the host and, when the operator says so, the path.
//!
//! | configuration | API | host |
//! |---|---|---|
//! | nothing | Gemini Developer API | `generativelanguage.googleapis.com` |
//! | project and location | Vertex AI | `api_endpoint`, else derived from the location |
//! | `express_mode` | Vertex AI with an API key | `api_endpoint`, else `aiplatform.googleapis.com` |
//!
//! `upstream_url` replaces the host of each, and the path where it has one.
//! <https://ai.google.dev/api>, <https://cloud.google.com/vertex-ai/docs/general/googleapi-access-methods>

use super::ConfigError;
use super::places::{ApiVersion, GeminiFields};
use crate::media::Backend;

/// Host of the Gemini Developer API, <https://ai.google.dev/api>.
const DEVELOPER_HOST: &str = "generativelanguage.googleapis.com";

/// Host of Vertex AI without a region.
const VERTEX_HOST: &str = "aiplatform.googleapis.com";

const GEMINI: &str = "model.options.gemini";

/// The upstream, ready for the pseudo headers. Envoy's cluster decides which machine is really spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Value for `:authority`: lower-case host, with the port unless it is 443.
    pub authority: String,
    /// Path to use instead of the computed one, starting with `/`; `None` for the computed one.
    pub path: Option<String>,
    /// Which of Google's APIs this is.
    pub backend: Backend,
    /// `projects/P/locations/L`, the parent of models and endpoints; `None` where there is none.
    pub project: Option<String>,
    /// The endpoint that answers whatever the model is called.
    pub endpoint: Option<String>,
    /// The version of the API, where the operator chose one.
    pub version: Option<ApiVersion>,
}

impl Upstream {
    pub(super) fn check(url: Option<&str>, gemini: GeminiFields) -> Result<Self, ConfigError> {
        let GeminiFields { api_endpoint, project_id, location_id, endpoint_id, api_version, express_mode } =
            gemini;
        let at = |name: &str| format!("{GEMINI}.{name}");
        let project = match (&project_id, &location_id) {
            (Some(project), Some(location)) => Some((project.as_str(), location.as_str())),
            (None, None) if express_mode || (api_endpoint.is_none() && endpoint_id.is_none()) => None,
            _ => {
                let missing: Vec<&str> = [("project_id", &project_id), ("location_id", &location_id)]
                    .iter()
                    .filter(|(_, value)| value.is_none())
                    .map(|(name, _)| *name)
                    .collect();
                let message = format!(
                    "all or none of these fields must be set: 'api_endpoint', 'project_id', 'location_id', \
                     and {} is missing (api_endpoint may be left out)",
                    missing.join(" and ")
                );
                return Err(ConfigError::at(GEMINI, message));
            }
        };
        if express_mode && project.is_some() {
            let message = "goes without project_id and location_id, which belong to calls with a token";
            return Err(ConfigError::at(at("express_mode"), message));
        }
        let project = project
            .map(|(project, location)| {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-.:_".contains(&byte);
                if !is_name(project, plain) {
                    return Err(ConfigError::at(
                        at("project_id"),
                        "expected the id of a project, such as `my-project`",
                    ));
                }
                let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
                if !is_name(location, plain)
                    || !location.starts_with(|first: char| first.is_ascii_lowercase())
                {
                    let message = "expected a location, such as `us-central1`, `eu` or `global`";
                    return Err(ConfigError::at(at("location_id"), message));
                }
                Ok((format!("projects/{project}/locations/{location}"), location))
            })
            .transpose()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        if endpoint_id.as_deref().is_some_and(|id| !is_name(id, plain)) {
            return Err(ConfigError::at(
                at("endpoint_id"),
                "expected the id of an endpoint, such as `1234567890`",
            ));
        }
        let vertex = project.is_some() || express_mode;
        let derived = match (&api_endpoint, &project) {
            (Some(host), _) => authority(host).ok_or_else(|| {
                ConfigError::at(
                    at("api_endpoint"),
                    "expected a host, such as `us-central1-aiplatform.googleapis.com`",
                )
            })?,
            (None, Some((_, location))) => vertex_host(location),
            (None, None) if express_mode => VERTEX_HOST.to_owned(),
            (None, None) => DEVELOPER_HOST.to_owned(),
        };
        let (authority, path) = match url {
            Some(url) => parse(url).map_err(|e| ConfigError::at("model.options.upstream_url", e))?,
            None => (derived, None),
        };
        let host_of_vertex = is_vertex_host(&authority);
        if host_of_vertex && !vertex && path.is_none() {
            let message = "is a host of Vertex AI, which needs `project_id` and `location_id`, or `express_mode`, in \
                           `model.options.gemini`";
            return Err(ConfigError::at("model.options.upstream_url", message));
        }
        let backend = if vertex || host_of_vertex { Backend::Vertex } else { Backend::Developer };
        let known = match backend {
            Backend::Developer => [ApiVersion::V1, ApiVersion::V1Beta, ApiVersion::V1Alpha].as_slice(),
            Backend::Vertex => &[ApiVersion::V1, ApiVersion::V1Beta1],
        };
        if let Some(version) = api_version
            && !known.contains(&version)
        {
            let known: Vec<&str> = known.iter().map(|version| version.segment()).collect();
            let message = format!("this API has the versions {}", known.join(", "));
            return Err(ConfigError::at(at("api_version"), message));
        }
        let project = project.map(|(project, _)| project);
        Ok(Self { authority, path, backend, project, endpoint: endpoint_id, version: api_version })
    }

    /// Whether this is one of Google's own API hosts.
    #[must_use]
    pub fn is_google(&self) -> bool {
        let host = host(&self.authority);
        host == "googleapis.com" || host.ends_with(".googleapis.com")
    }

    /// Whether `allowed` names the host: exactly, or by `*.` and a domain it is in.
    pub(super) fn is_one_of(&self, allowed: &[String]) -> bool {
        allowed.iter().any(|pattern| super::routes::is_host(pattern, host(&self.authority)))
    }
}

/// The host of Vertex AI for a location.
fn vertex_host(location: &str) -> String {
    match location {
        "global" => VERTEX_HOST.to_owned(),
        "us" | "eu" => format!("aiplatform.{location}.rep.googleapis.com"),
        region => format!("{region}-{VERTEX_HOST}"),
    }
}

fn is_vertex_host(authority: &str) -> bool {
    let host = host(authority);
    let multi_region = host.starts_with("aiplatform.") && host.ends_with(".rep.googleapis.com");
    host == VERTEX_HOST || multi_region || host.ends_with("-aiplatform.googleapis.com")
}

fn is_name(name: &str, plain: impl Fn(u8) -> bool) -> bool {
    !name.is_empty() && name.len() < 128 && name.bytes().all(plain) && !name.starts_with('.')
}

/// Reads `https://host[:port][/path]`.
fn parse(url: &str) -> Result<(String, Option<String>), &'static str> {
    let rest = url.strip_prefix("https://").ok_or(match url.starts_with("http://") {
        true => "plain http is not supported, expected `https://host[:port][/path]`",
        false => EXPECTED,
    })?;
    if rest.contains('?') {
        return Err("a query is not supported, expected `https://host[:port][/path]`");
    }
    if rest.contains('#') {
        return Err("a fragment is not supported, expected `https://host[:port][/path]`");
    }
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    if address.contains('@') {
        return Err("user information is not supported, put credentials into `auth`");
    }
    let authority = authority(address).ok_or(EXPECTED)?;
    let path = path.trim_start_matches('/');
    if !is_path(path) {
        return Err("the path is not valid, other characters than URLs have must be percent-encoded");
    }
    Ok((authority, (!path.is_empty()).then(|| format!("/{path}"))))
}

/// `host[:port]` in lower case, without the port where it is 443.
fn authority(address: &str) -> Option<String> {
    let (host, port) = split_port(address)?;
    Some(match port {
        443 => host.to_ascii_lowercase(),
        port => format!("{}:{port}", host.to_ascii_lowercase()),
    })
}

fn host(authority: &str) -> &str {
    split_port(authority).map_or("", |(host, _)| host)
}

fn split_port(authority: &str) -> Option<(&str, u16)> {
    let after_address = authority.rfind(']').unwrap_or_default();
    let colon = authority.rfind(':').filter(|colon| *colon > after_address);
    let (host, port) = match colon.and_then(|colon| authority.split_at_checked(colon)) {
        Some((host, port)) => (host, port.trim_start_matches(':')),
        None => (authority, "443"),
    };
    let digits = port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse().ok().filter(|port| digits && *port > 0)?;
    is_host(host).then_some((host, port))
}

/// Whether this is a name or an address, the latter in brackets where it is IPv6.
pub(super) fn is_host(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return address.parse::<std::net::Ipv6Addr>().is_ok();
    }
    let label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        !label.is_empty() && label.len() < 64 && label.bytes().all(plain)
    };
    host.len() < 254 && host.split('.').all(label)
}

fn is_path(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/%".contains(&byte);
    let encoded = |rest: &str| {
        let digits = rest.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let dots = |segment: &str| segment == "." || segment == "..";
    path.bytes().all(plain) && path.split('%').skip(1).all(encoded) && !path.split('/').any(dots)
}

const EXPECTED: &str = "expected `https://host[:port][/path]`";
