//! The upstream's address.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{load, refused};

#[test]
fn upstream_urls() {
    let url = |url: &str| format!(r#"{{"model":{{"options":{{"upstream_url":"{url}"}}}}}}"#);
    for (given, authority, path) in [
        ("https://a.example", "a.example", None),
        ("https://a.example/", "a.example", None),
        ("https://A.Example:443//", "a.example", None),
        ("https://localhost:8443", "localhost:8443", None),
        ("https://a_b.internal:1/v1/chat", "a_b.internal:1", Some("/v1/chat")),
        ("https://10.0.0.1//v1/", "10.0.0.1", Some("/v1/")),
        ("https://[::1]:8443/x", "[::1]:8443", Some("/x")),
        ("https://[2001:db8::1]", "[2001:db8::1]", None),
        (
            "https://g.example/v1beta/models/gemini-2.5-flash:generateContent",
            "g.example",
            Some("/v1beta/models/gemini-2.5-flash:generateContent"),
        ),
        ("https://g.example/a%20b/~c", "g.example", Some("/a%20b/~c")),
    ] {
        let upstream = load(&url(given)).upstream;
        assert_eq!((upstream.authority.as_str(), upstream.path.as_deref()), (authority, path), "{given}");
    }
    let form = "expected `https://host[:port][/path]`";
    let path = "the path is not valid, other characters than URLs have must be percent-encoded";
    for (given, message) in [
        ("generativelanguage.googleapis.com", form.to_owned()),
        ("ftp://x", form.to_owned()),
        ("https://", form.to_owned()),
        ("https:///v1", form.to_owned()),
        ("https://a..b", form.to_owned()),
        ("https://a b", form.to_owned()),
        ("https://a:0", form.to_owned()),
        ("https://a:", form.to_owned()),
        ("https://a:65536", form.to_owned()),
        ("https://a:+80", form.to_owned()),
        ("https://[::1", form.to_owned()),
        ("https://[x]", form.to_owned()),
        ("https://é.example", form.to_owned()),
        ("http://mock/v1/chat/completions", format!("plain http is not supported, {form}")),
        ("https://a/?key=x", format!("a query is not supported, {form}")),
        ("https://a/b#c", format!("a fragment is not supported, {form}")),
        ("https://u:p@a/b", "user information is not supported, put credentials into `auth`".to_owned()),
        ("https://a/b c", path.to_owned()),
        ("https://a/%zz", path.to_owned()),
        ("https://a/../b", path.to_owned()),
        ("https://a/\\nb", path.to_owned()),
    ] {
        assert_eq!(refused(&url(given)), format!("model.options.upstream_url: {message}"), "{given}");
    }
}
