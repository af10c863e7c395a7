use super::*;
use crate::model::Model;
use crate::testing::config;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

fn sent(json: &str, method: &'static str) -> Vec<(String, String)> {
    let client: [(&str, &[u8]); 3] =
        [(":scheme", b"http"), ("x-forwarded-proto", b"https"), ("cookie", b"a=b")];
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
    let map = Headers::decode(head.write().headers);
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    map.iter().map(|(name, value)| (text(name), text(value))).collect()
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
