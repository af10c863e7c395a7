//! Where Google is: the host and, when the operator says so, the path.

/// Host of the Gemini Developer API, <https://ai.google.dev/api>.
const DEFAULT_HOST: &str = "generativelanguage.googleapis.com";

/// The upstream, ready for the pseudo headers. Envoy's cluster decides which machine is really spoken to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Value for `:authority`: lower-case host, with the port unless it is 443.
    pub authority: String,
    /// Path to use instead of the computed one, starting with `/`; `None` for the computed one.
    pub path: Option<String>,
}

impl Default for Upstream {
    fn default() -> Self {
        Self { authority: DEFAULT_HOST.to_owned(), path: None }
    }
}

impl Upstream {
    /// Reads `https://host[:port][/path]`.
    pub(super) fn parse(url: &str) -> Result<Self, &'static str> {
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
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        if authority.contains('@') {
            return Err("user information is not supported, put credentials into `auth`");
        }
        let (host, port) = split_port(authority).ok_or(EXPECTED)?;
        let authority = match port {
            443 => host.to_ascii_lowercase(),
            port => format!("{}:{port}", host.to_ascii_lowercase()),
        };
        let path = path.trim_start_matches('/');
        if !is_path(path) {
            return Err("the path is not valid, other characters than URLs have must be percent-encoded");
        }
        let path = (!path.is_empty()).then(|| format!("/{path}"));
        Ok(Self { authority, path })
    }

    /// Whether this is one of Google's own API hosts.
    pub(super) fn is_google(&self) -> bool {
        let host = split_port(&self.authority).map_or("", |(host, _)| host);
        host == "googleapis.com" || host.ends_with(".googleapis.com")
    }
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

fn is_host(host: &str) -> bool {
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
