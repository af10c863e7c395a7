//! Which of several configurations a request is treated by.

use super::ConfigError;
use super::places::MatchFields;

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
        if path_prefix.as_deref().is_some_and(|prefix| !prefix.starts_with('/')) {
            return Err(ConfigError::at(format!("{path}.path_prefix"), "expected a path, starting with `/`"));
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
