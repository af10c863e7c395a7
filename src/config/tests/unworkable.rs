//! What could be read but never work: it is refused at load, by name.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::env;
use crate::config::Plugin;

/// How a whole plugin configuration is refused; empty where it is not.
fn refused(json: &str) -> String {
    Plugin::load(json.as_bytes(), Box::new(env)).err().map(|error| error.to_string()).unwrap_or_default()
}

/// Patterns that name no host of any request, and some that do.
const NO_HOSTS: [&str; 14] = [
    "*",
    "*.",
    "*a.com",
    "*.com.",
    "*.*.com",
    "a.*",
    "a.com:443",
    "*.a.com:443",
    "https://a.com",
    "//a.com",
    "a.com/x",
    "a com",
    "*.[::1]",
    "$(headers.host)",
];
const HOSTS: [&str; 6] = ["a", "A.example.com", "*.example.com", "*.com", "10.0.0.1", "[::1]"];

#[test]
fn hosts_that_no_request_has() {
    let message = "expected a host without scheme, port and path, or `*.` and a domain";
    let matched =
        |host: &str| refused(&format!(r#"{{"routes":[{{"match":{{"host":"{host}"}},"config":{{}}}}]}}"#));
    let allowed = |host: &str| refused(&format!(r#"{{"allowed_hosts":["ok.test","{host}"]}}"#));
    for host in NO_HOSTS {
        assert_eq!(matched(host), format!("routes[0].match.host: {message}"), "{host}");
        assert_eq!(allowed(host), format!("allowed_hosts[1]: {message}"), "{host}");
    }
    for host in HOSTS {
        assert_eq!((matched(host), allowed(host)), Default::default(), "{host}");
    }
    assert_eq!(matched(""), format!("routes[0].match.host: {message}"));
    assert_eq!(allowed(""), "allowed_hosts[1]: must not be empty");
}

#[test]
fn prefixes_that_no_path_has() {
    for prefix in ["/v1?", "/v1?a=b", "/v1#", "/#x"] {
        assert_eq!(
            refused(&format!(r#"{{"routes":[{{"match":{{"path_prefix":"{prefix}"}},"config":{{}}}}]}}"#)),
            "routes[0].match.path_prefix: expected a path without query and fragment, which are not compared"
        );
    }
}
