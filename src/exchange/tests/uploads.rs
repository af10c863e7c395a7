//! Forms, files in replies, and calls before a request.

use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

const FORM: &[u8] = b"--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\ngemini-2.5-flash\r\n--b\r\n\
    Content-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\x00\x00\x00\x00WAVE\r\n--b--\r\n";

fn post(path: &str, content_type: &str, body: &[u8]) -> Message {
    let head = [(":method", "POST"), (":scheme", "http"), (":path", path), ("content-type", content_type)];
    Message::new(&head, body)
}

fn upload() -> Message {
    post("/v1/audio/transcriptions", "multipart/form-data; boundary=b", FORM)
}

fn told(host: &Host) -> (Option<&str>, Value) {
    (host.client.header(":status"), serde_json::from_slice(&host.client.body).unwrap_or_default())
}

#[test]
fn a_form_goes_on_however_it_was_cut() {
    let config = config(r#"{"auth":{"header_value":"k"}}"#);
    let mut whole = Host::new(&config);
    whole.request(&upload());
    let expected = whole.upstream.unwrap();
    assert!(String::from_utf8_lossy(&expected.body).contains("UklGRgAAAABXQVZF"));
    for size in [1, 2, 3, 7, 50, 100] {
        for trailers in [false, true] {
            let mut host = Host::new(&config);
            host.request_in(&upload(), FORM.chunks(size), trailers);
            assert_eq!(host.upstream.as_ref(), Some(&expected), "in pieces of {size}, {trailers}");
        }
    }
}

#[test]
fn a_form_that_is_too_large_is_refused_as_soon_as_it_is() {
    for (json, status) in [
        (r#"{"auth":{"header_value":"k"},"max_request_body_size":100}"#, "413"),
        (r#"{"auth":{"header_value":"k"},"max_held_bytes":8}"#, "503"),
    ] {
        let held = Total::default();
        let mut host = Host::sharing(&config(json), &held);
        // It never ends.
        let pieces = FORM.chunks(10).take(17);
        host.request_in(&upload(), pieces.chain([&b"x"[..]; 3]), true);
        assert_eq!(told(&host).0, Some(status), "{json}");
        assert!(host.upstream.is_none() && held.bytes() == 0);
    }
}

#[test]
fn a_form_that_is_none_is_a_clear_400() {
    let config = config(r#"{"auth":{"header_value":"k"}}"#);
    for (content_type, body) in [
        ("multipart/form-data", FORM),
        ("multipart/form-data; boundary=c", FORM),
        ("multipart/form-data; boundary=b", &FORM[..FORM.len() - 4]),
        ("multipart/form-data; boundary=b", b""),
        ("application/json", FORM),
    ] {
        let mut host = Host::new(&config);
        host.request(&post("/v1/audio/transcriptions", content_type, body));
        let (status, error) = told(&host);
        assert_eq!(status, Some("400"), "{content_type}");
        assert!(error["error"]["message"].is_string() && host.upstream.is_none());
    }
}

fn drawing() -> (Host, Message) {
    let config = config(r#"{"auth":{"header_value":"k"}}"#);
    let mut host = Host::new(&config);
    let body = br#"{"model":"gemini-2.5-flash-image","prompt":"A cat."}"#;
    host.request(&post("/v1/images/generations", "application/json", body));
    let reply = r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"iVBORw0KGgo="}}]},"finishReason":"STOP"}]}"#;
    (host, Message::reply("200", "application/json", reply))
}

#[test]
fn a_reply_with_files_is_the_same_however_it_ends() {
    let (mut host, reply) = drawing();
    host.reply(&reply, [&reply.body[..]], false);
    let expected = told(&host).1;
    assert_eq!(expected["data"][0]["b64_json"], "iVBORw0KGgo=");
    for trailers in [false, true] {
        let (mut host, reply) = drawing();
        host.reply(&reply, reply.body.chunks(3), trailers);
        assert_eq!(told(&host), (Some("200"), expected.clone()), "{trailers}");
        assert_eq!(host.client.header("content-length"), Some(&*host.client.body.len().to_string()));
    }
}

#[test]
fn a_reply_with_files_that_breaks_off_is_an_error_with_a_status() {
    let (mut host, reply) = drawing();
    host.reply(&reply, [&reply.body[..reply.body.len() - 9]], false);
    assert_eq!(told(&host).0, Some("502"));
}

/// A list of models, asked for by calls.
fn listing() -> (Exchange, Vec<SideCall>) {
    let vm = Vm {
        held: Total::default(),
        memory: Rc::new(Remembered::default()),
        tokens: Rc::new(crate::testing::NoTokens),
    };
    let mut exchange = Exchange::new(config(r#"{"auth":{"header_value":"k"}}"#), vm, 1, 1);
    let client: [(&str, &[u8]); 5] = [
        (":method", b"GET"),
        (":scheme", b"http"),
        (":path", b"/v1/models"),
        ("authorization", b"Bearer sk-client"),
        ("cookie", b"a=b"),
    ];
    let head = crate::headers::encode(&client);
    match exchange.on_request_headers(&Headers::decode(head), true) {
        Act::Call(calls) => (exchange, calls),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_call_has_nothing_of_the_clients() {
    let (_, calls) = listing();
    assert_eq!(calls.len(), 1);
    let map = Headers::decode(calls[0].headers.clone());
    let names: Vec<_> = map.iter().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect();
    assert_eq!(names, [":method", ":scheme", ":authority", ":path", "user-agent", "x-goog-api-key"]);
    assert_eq!(map.text(":path"), Some("/v1beta/models?pageSize=1000"));
    assert!(calls[0].body.is_empty() && calls[0].cluster.is_none());
}

#[test]
fn a_call_that_fails_ends_the_request() {
    let quota = br#"{"error":{"code":429,"message":"Quota of key k-secret.","status":"RESOURCE_EXHAUSTED"}}"#;
    for (called, status) in [
        (Called::NoCluster, 503),
        (Called::Failed, 502),
        (Called::Reply { status: 429, body: quota.to_vec() }, 429),
        (Called::Reply { status: 503, body: b"upstream connect error".to_vec() }, 503),
        (Called::Reply { status: 504, body: Vec::new() }, 504),
        (Called::Reply { status: 302, body: Vec::new() }, 502),
        (Called::Reply { status: 200, body: b"<html>".to_vec() }, 502),
    ] {
        let (mut exchange, _) = listing();
        let shown = format!("{called:?}");
        match exchange.on_called(0, called) {
            Act::Answer(answer) => assert_eq!(answer.status, status, "{shown}"),
            other => panic!("{shown}: {other:?}"),
        }
        // What comes of other calls is of no interest any more.
        assert!(matches!(exchange.on_called(1, Called::Failed), Act::Pass));
    }
}
