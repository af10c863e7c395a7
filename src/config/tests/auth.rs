//! Credentials: which are taken, where they go, and that nothing shows them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{load, refused, refuses};

#[test]
fn credentials_in_a_header() {
    let header = |json: &str| load(json).auth.header().map(|(name, value)| format!("{name}: {value}"));
    assert_eq!(header(r#"{"auth":{"header_value":"AIza"}}"#).as_deref(), Some("x-goog-api-key: AIza"));
    assert_eq!(
        header(r#"{"auth":{"header_name":"X-Goog-Api-Key","header_value":"AIza"}}"#).as_deref(),
        Some("x-goog-api-key: AIza")
    );
    refuses(&[
        (
            r#"{"auth":{"header_name":"x-goog-api-key"}}"#,
            "auth.header_name: all or none of these fields must be set: 'auth.header_name', 'auth.header_value'",
        ),
        (r#"{"auth":{"header_value":""}}"#, "auth.header_value: must not be empty"),
        (r#"{"auth":{"header_value":" \n"}}"#, "auth.header_value: must not be empty"),
    ]);
    for name in ["a b", "a:b", ":path", "a\\nb", "é", "a/b"] {
        let json = format!(r#"{{"auth":{{"header_name":"{name}","header_value":"AIza"}}}}"#);
        assert_eq!(
            refused(&json),
            "auth.header_name: expected a header name, made of letters, digits and `-`"
        );
    }
    for name in ["Host", "content-length", "transfer-encoding", "user-agent"] {
        let json = format!(r#"{{"auth":{{"header_name":"{name}","header_value":"AIza"}}}}"#);
        assert_eq!(refused(&json), "auth.header_name: is a header that the filter or Envoy sets itself");
    }
    for value in ["AIza\\n", " AIza", "AI\\u0000za", "AI\\r\\nx: y", "é"] {
        let json = format!(r#"{{"auth":{{"header_value":"{value}"}}}}"#);
        let message = "expected printable ASCII characters without spaces or line ends around them";
        assert_eq!(refused(&json), format!("auth.header_value: {message}"));
    }
}

#[test]
fn credentials_in_the_query() {
    let auth = |more: &str, url: &str| {
        let json = format!(
            r#"{{"auth":{{"param_name":"key","param_value":"AI za","param_location":"query"{more}}},
                 "model":{{"options":{{"upstream_url":"{url}"}}}}}}"#
        );
        let config = load(&json);
        let pair = |given: Option<(&str, &str)>| given.map(|(name, value)| format!("{name}={value}"));
        (pair(config.auth.header()), pair(config.auth.query()), config.warnings().to_vec())
    };
    let moved = Some("x-goog-api-key=AI za".to_owned());
    let kept = Some("key=AI za".to_owned());
    let warning = ["auth: the credential is part of the URL and will show up in access logs".to_owned()];
    for google in
        ["https://generativelanguage.googleapis.com", "https://GENERATIVELANGUAGE.GoogleApis.com:443/v1"]
    {
        assert_eq!(auth("", google), (moved.clone(), None, vec![]));
        assert_eq!(auth(r#","force_query":true"#, google), (None, kept.clone(), warning.to_vec()));
    }
    for other in
        ["https://proxy.example.com", "https://evilgoogleapis.com", "https://googleapis.com.example.com"]
    {
        assert_eq!(auth("", other), (None, kept.clone(), warning.to_vec()));
    }
    let other_name =
        load(r#"{"auth":{"param_name":"access_token","param_value":"t","param_location":"query"}}"#);
    assert_eq!(other_name.auth.query(), Some(("access_token", "t")));
    let all_or_none = "auth: all or none of these fields must be set: 'auth.param_name', 'auth.param_value', \
         'auth.param_location'";
    refuses(&[
        (r#"{"auth":{"param_name":"key"}}"#, all_or_none),
        (r#"{"auth":{"param_value":"AIza"}}"#, all_or_none),
        (r#"{"auth":{"param_location":"query"}}"#, all_or_none),
        (r#"{"auth":{"param_name":"key","param_value":"AIza"}}"#, all_or_none),
        (
            r#"{"auth":{"force_query":true,"header_value":"AIza"}}"#,
            "auth.force_query: needs `auth.param_name`, `auth.param_value` and `auth.param_location`",
        ),
        (
            r#"{"auth":{"header_value":"a","param_name":"key","param_value":"b","param_location":"query"}}"#,
            "auth: `auth.header_value` and a key in `auth.param_value` together: the key would be a second header, \
             leave one of them out or set `auth.force_query`",
        ),
        (
            r#"{"auth":{"param_name":"k&y","param_value":"b","param_location":"query"}}"#,
            "auth.param_name: expected letters, digits and `-._~` only",
        ),
        (
            r#"{"auth":{"param_name":"alt","param_value":"b","param_location":"query"}}"#,
            "auth.param_name: is a parameter that the filter sets itself",
        ),
        (
            r#"{"auth":{"param_name":"k","param_value":"b\n","param_location":"query"}}"#,
            "auth.param_value: must not contain control characters",
        ),
        (
            r#"{"auth":{"param_name":"key","param_value":"é","param_location":"query"}}"#,
            "auth.param_value: expected printable ASCII characters without spaces or line ends around them",
        ),
    ]);
}

#[test]
fn secrets_are_never_shown() {
    let secret = "AIzaSecret";
    let config = load(&format!(
        r#"{{"auth":{{"header_name":"authorization","header_value":"{secret}",
             "param_name":"token","param_value":"{secret}","param_location":"query"}}}}"#
    ));
    let shown = format!("{config:?} {:#?} {:?}", config.auth, config.warnings());
    assert!(!shown.contains(secret), "{shown}");
    assert!(shown.contains("authorization: [redacted]"), "{shown}");
    for json in [
        r#"{"auth":{"header_value":"AIzaSecret\n"}}"#,
        r#"{"auth":{"header_value":["AIzaSecret"]}}"#,
        r#"{"auth":{"header_name":"AIza Secret","header_value":"AIzaSecret"}}"#,
        r#"{"auth":{"param_name":"AIzaSecret&","param_value":"AIzaSecret","param_location":"query"}}"#,
        r#"{"auth":{"param_location":"AIzaSecret"}}"#,
        r#"{"auth":"AIzaSecret"}"#,
        r#"{"auth":{"header_value":"Bearer {vault://env/AIzaSecret}"}}"#,
        r#"{"model":{"name":"AIzaSecret?"}}"#,
        r#"{"model":{"options":{"upstream_url":"https://AIzaSecret@x"}}}"#,
        r#"{"model":{"options":{"upstream_url":"https://x/?key=AIzaSecret"}}}"#,
        r#"{"body_wait":"AIzaSecret"}"#,
        r#"{"auth":{"header_value":"AIzaSecret}"#,
    ] {
        let message = refused(json);
        assert!(!message.contains(secret), "{message}");
    }
    for name in ["GEMINI_API_KEY", "TWO_LINES"] {
        let message = refused(&format!(r#"{{"body_wait":"$env://{name}"}}"#));
        assert!(!message.contains("AIza"), "{message}");
    }
}

#[test]
fn the_compatible_endpoint_takes_a_key_as_a_bearer_token() {
    let vertex = r#","model":{"options":{"gemini":{"express_mode":true}}}"#;
    let query = r#""param_name":"key","param_value":"k","param_location":"query""#;
    for (auth, rest, expected) in [
        (r#""header_value":"k""#, "", ("authorization", "Bearer k")),
        (query, "", ("authorization", "Bearer k")),
        (r#""header_name":"x-goog-api-key","header_value":"k""#, "", ("x-goog-api-key", "k")),
        (
            r#""header_name":"Authorization","header_value":"Bearer AQ.k""#,
            "",
            ("authorization", "Bearer AQ.k"),
        ),
        (r#""header_value":"k""#, vertex, ("x-goog-api-key", "k")),
    ] {
        let config = load(&format!(r#"{{"upstream_format":"openai","auth":{{{auth}}}{rest}}}"#));
        assert_eq!(config.auth.header(), Some(expected), "{auth}");
    }
}
