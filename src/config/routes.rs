//! Which of several configurations a request is treated by.

use super::places::MatchFields;
use super::{ConfigError, upstream};

/// What a request tells of its route.
#[derive(Clone, Copy, Debug, Default)]
pub struct Route<'a> {
    /// Name of Envoy's route; empty where it has none.
    pub name: &'a str,
    /// `:authority`
    pub host: &'a str,
    /// Path without query.
    pub path: &'a str,
}

/// Which requests a configuration is for.
#[derive(Debug)]
pub(super) struct Match {
    name: Option<String>,
    host: Option<String>,
    path_prefix: Option<String>,
}

impl Match {
    pub(super) fn check(fields: MatchFields, path: &str) -> Result<Self, ConfigError> {
        let MatchFields { name, host, path_prefix } = fields;
        if name.is_none() && host.is_none() && path_prefix.is_none() {
            return Err(ConfigError::at(path, "needs one of `name`, `host`, `path_prefix`"));
        }
        if let Some(host) = &host {
            check_host(host, &format!("{path}.host"))?;
        }
        if let Some(prefix) = &path_prefix {
            let at = |message: &str| ConfigError::at(format!("{path}.path_prefix"), message);
            if !prefix.starts_with('/') {
                return Err(at("expected a path, starting with `/`"));
            }
            if prefix.contains(['?', '#']) {
                return Err(at("expected a path without query and fragment, which are not compared"));
            }
        }
        Ok(Self { name, host, path_prefix })
    }

    pub(super) fn needs_name(&self) -> bool {
        self.name.is_some()
    }

    pub(super) fn fits(&self, route: Route<'_>) -> bool {
        self.name.as_deref().is_none_or(|name| name == route.name)
            && self.host.as_deref().is_none_or(|host| is_host(host, without_port(route.host)))
            && self.path_prefix.as_deref().is_none_or(|prefix| route.path.starts_with(prefix))
    }
}

/// Refuses at `path` what [`is_host`] finds in no request.
pub(super) fn check_host(pattern: &str, path: &str) -> Result<(), ConfigError> {
    let is_host = match pattern.strip_prefix("*.") {
        Some(domain) => upstream::is_host(domain) && !domain.starts_with('['),
        None => upstream::is_host(pattern),
    };
    if is_host {
        return Ok(());
    }
    Err(ConfigError::at(path, "expected a host without scheme, port and path, or `*.` and a domain"))
}

/// Whether `pattern`, a host or `*.` and a domain, names `host`.
pub(super) fn is_host(pattern: &str, host: &str) -> bool {
    match pattern.strip_prefix('*') {
        Some(domain) if domain.starts_with('.') => {
            let (host, domain) = (host.as_bytes(), domain.as_bytes());
            host.len().checked_sub(domain.len()).is_some_and(|start| {
                start > 0 && host.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(domain))
            })
        }
        _ => pattern.eq_ignore_ascii_case(host),
    }
}

fn without_port(authority: &str) -> &str {
    match authority.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
        _ => authority,
    }
}
