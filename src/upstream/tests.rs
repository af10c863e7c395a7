use super::*;
use crate::model::Model;
use crate::testing::config;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sent(json: &str, method: &'static str) -> Vec<(String, String)> {
    let map = Headers::decode(written(json, method, &[]).headers);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    map.iter().map(|(name, value)| (text(name), text(value))).collect()
}

fn written(json: &str, method: &'static str, more: &[(&str, &[u8])]) -> Rewritten {
    let mut client: Vec<(&str, &[u8])> =
        vec![(":scheme", b"http"), ("x-forwarded-proto", b"https"), ("cookie", b"a=b")];
    client.extend(more);
    let client = Client::of(&Headers::decode(headers::encode(&client)));
    let config = config(json);
    let resource = Model::parse("gemini-2.5-flash").unwrap().resource(config.upstream.backend);
    let operation = Operation::Model { resource, method, preview: false };
    let head = Head {
        config: &config,
        operation: &operation,
        headers: &[],
        length: Some(2),
        client: &client,
        token: None,
    };
    head.write()
}

#[test]
fn google_gets_these_headers_and_no_others() {
    let agent = format!("gemini-filter/{}", env!("CARGO_PKG_VERSION"));
    let expected = [
        (":method", "POST"),
        (":scheme", "http"),
        (":authority", "generativelanguage.googleapis.com"),
        (":path", "/v1beta/models/gemini-2.5-flash:generateContent"),
        ("content-type", "application/json"),
        ("user-agent", &agent),
        ("x-forwarded-proto", "https"),
        ("content-length", "2"),
        ("x-goog-api-key", "k"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(sent(r#"{"auth":{"header_value":"k"}}"#, "generateContent"), expected);
}

#[test]
fn the_path_follows_the_operation() {
    let query = r#""param_name":"key","param_value":"a/b&c","param_location":"query""#;
    let computed = "/v1beta/models/gemini-2.5-flash:generateContent";
    let streamed = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse";
    for (json, method, path) in [
        ("{}".to_owned(), "generateContent", computed),
        ("{}".to_owned(), "streamGenerateContent", streamed),
        (
            format!(r#"{{"auth":{{{query},"force_query":true}}}}"#),
            "streamGenerateContent",
            &format!("{streamed}&key=a%2Fb%26c"),
        ),
        (format!(r#"{{"auth":{{{query}}}}}"#), "generateContent", computed),
        (upstream_url("https://gw.test"), "generateContent", computed),
        (upstream_url("https://gw.test/x/m:generateContent"), "generateContent", "/x/m:generateContent"),
        (
            upstream_url("https://gw.test/x/m:generateContent"),
            "streamGenerateContent",
            "/x/m:streamGenerateContent?alt=sse",
        ),
        (upstream_url("https://gw.test/x/y"), "generateContent", "/x/y"),
    ] {
        let sent = sent(&json, method);
        assert!(sent.contains(&(":path".to_owned(), path.to_owned())), "{json}: {sent:?}");
    }
}

#[test]
fn filter_state_leaves_the_clients_path_but_for_its_query() {
    let json = r#"{"rewrite":"filter_state",
                   "auth":{"param_name":"key","param_value":"k","param_location":"query","force_query":true}}"#;
    for path in ["/a/v1/x", "/a/v1/x?key=evil", "/a/v1/x?", "/a/v1/x#y?z"] {
        let client: [(&str, &[u8]); 2] = [(":authority", b"a.test"), (":path", path.as_bytes())];
        let Rewritten { headers, state } = written(json, "streamGenerateContent", &client);
        let headers = Headers::decode(headers);
        assert_eq!((headers.text(":authority"), headers.text(":path")), (Some("a.test"), Some("/a/v1/x")));
        let sent = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse&key=k";
        let expected = [
            ("gemini_filter.path", sent.to_owned()),
            ("gemini_filter.host", "generativelanguage.googleapis.com".to_owned()),
        ];
        assert_eq!(state, expected);
    }
    assert!(written("{}", "generateContent", &[]).state.is_empty());
}

#[test]
fn a_request_that_passes_keeps_its_host() {
    let map: [(&str, &[u8]); 2] = [(":authority", b"a.test"), (":path", b"/x?y")];
    let headers = Headers::decode(headers::encode(&map));
    assert!(passing(&config("{}"), &headers).is_empty());
    let state = passing(&config(r#"{"rewrite":"filter_state"}"#), &headers);
    assert_eq!(state, [("gemini_filter.host", "a.test".to_owned())]);
}

fn upstream_url(url: &str) -> String {
    format!(r#"{{"model":{{"provider":"gemini","options":{{"upstream_url":"{url}"}}}}}}"#)
}

#[test]
fn the_client_gets_what_is_allowed_and_ours_wins() {
    let received: [(&str, &[u8]); 6] = [
        (":status", b"200"),
        ("date", b"today"),
        ("set-cookie", b"a=b"),
        ("alt-svc", b"h3"),
        ("x-goog-internal", b"1"),
        ("retry-after", b"9"),
    ];
    let received = Headers::decode(headers::encode(&received));
    let map = Headers::decode(reply_headers(&received, &[(":status", "429"), ("retry-after", "3")]));
    let expected: [(&[u8], &[u8]); 3] = [(b"date", b"today"), (b":status", b"429"), (b"retry-after", b"3")];
    assert_eq!(map.iter().collect::<Vec<_>>(), expected);
}
