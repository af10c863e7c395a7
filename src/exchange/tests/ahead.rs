//! `request_mode: "headers"`: neither head waits for its body.

use std::cell::Cell;

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use crate::credentials::{Source, Token, Tokens};
use crate::rope::Rope;

fn headers_mode(more: &Value) -> Rc<Config> {
    let mut json = json!({
        "auth": {"header_value": "k"}, "request_mode": "headers", "model": {"name": "gemini-2.5-flash"}
    });
    json.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    config(&json.to_string())
}

/// A host that has sent `body` in pieces of 10 bytes.
fn asked(body: &str) -> Host {
    let mut host = Host::new(&headers_mode(&json!({})));
    host.request_in(&Message::chat(body), body.as_bytes().chunks(10), false);
    host
}

fn decoded(message: &Message) -> Headers {
    let pairs = message.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    Headers::decode(crate::headers::encode(&pairs.collect::<Vec<_>>()))
}

fn text(text: &str, more: &str) -> String {
    event(&format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}]}}{more}}}]}}"#))
}

const STOP: &str = r#","finishReason":"STOP""#;

#[test]
fn the_head_goes_first_and_the_body_when_it_is_complete() {
    let config = headers_mode(&json!({}));
    let mut host = Host::new(&config);
    let padded = format!("{HI}  ");
    host.request_in(&Message::chat(HI), [padded.as_bytes(), b" ", b"\n"], true);
    let upstream = host.upstream.unwrap();
    assert_eq!(
        upstream.header(":path"),
        Some("/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse")
    );
    assert_eq!((upstream.header("x-goog-api-key"), upstream.header("content-length")), (Some("k"), None));
    let body: Value = serde_json::from_slice(&upstream.body).unwrap();
    assert_eq!(body["contents"][0]["parts"][0]["text"], "Hi");

    for size in 1..HI.len() {
        let mut host = Host::new(&config);
        host.request_in(&Message::chat(HI), HI.as_bytes().chunks(size), false);
        assert_eq!(host.upstream.unwrap().body, upstream.body, "in pieces of {size}");
    }
}

#[test]
fn a_wrong_body_is_answered_although_the_head_has_gone() {
    let own = r#"{"model":"gemini-3-pro","messages":[{"role":"user","content":"Hi"}]}"#;
    let second = format!("{HI}{HI}");
    for (body, trailers, expected) in [
        ("{", false, "could not parse"),
        ("{\"messages\":[]", true, "could not parse"),
        ("null", false, "expected an object"),
        ("[1]", true, "expected an object"),
        (own, false, "must be: gemini-2.5-flash"),
        (&second, false, "could not parse"),
        (r#"{"messages":[],"n":"x"}"#, false, "'n'"),
    ] {
        for size in [7, 10_000] {
            let mut host = Host::new(&headers_mode(&json!({})));
            host.request_in(&Message::chat(body), body.as_bytes().chunks(size), trailers);
            assert!(host.upstream.is_none() && !host.cut, "{body}");
            assert_eq!(host.client.header(":status"), Some("400"), "{body}");
            assert!(host.client.text().contains(expected), "{body}: {}", host.client.text());
        }
    }
}

#[test]
fn limits_hold_while_the_body_comes() {
    for (more, expected) in [
        (json!({"max_request_body_size": 30}), ("413", "request_too_large")),
        (json!({"max_held_bytes": 30}), ("503", "overloaded")),
    ] {
        let held = Total::default();
        let mut host = Host::sharing(&headers_mode(&more), &held);
        host.request_in(&Message::chat(HI), HI.as_bytes().chunks(10), false);
        let (status, code) = code(&host);
        assert_eq!((&*status, &*code), expected);
        assert_eq!(held.bytes(), 0);
    }
}

#[test]
fn what_the_body_decides_cannot_change_the_head() {
    let vertex = json!({"model": {"name": "gemini-2.5-flash", "options": {"gemini": {
        "project_id": "p", "location_id": "us-central1", "api_endpoint": "us-central1-aiplatform.googleapis.com"
    }}}});
    let mut host = Host::new(&headers_mode(&vertex));
    let tier = r#"{"service_tier":"flex","messages":[{"role":"user","content":"Hi"}]}"#;
    host.request(&Message::chat(tier));
    host.headers(&Message::reply("200", "text/event-stream", ""), false);
    assert_eq!(host.client.header("x-llm-dropped"), Some("service_tier"));

    let mut host = Host::new(&headers_mode(&vertex));
    let cache = r#"{"extra_body":{"google":{"cached_content":"projects/p/locations/us-central1/cachedContents/1"}},
        "messages":[{"role":"user","content":"Hi"}]}"#;
    host.request(&Message::chat(cache));
    assert_eq!(code(&host), ("400".to_owned(), "unsupported_in_headers_mode".to_owned()));

    let mut preview = vertex;
    preview["model"]["options"]["gemini"]["api_version"] = "v1beta1".into();
    let mut host = Host::new(&headers_mode(&preview));
    host.request(&Message::chat(cache));
    assert!(host.upstream.is_some(), "the path is the same");
}

#[test]
fn a_stream_becomes_one_reply_and_nothing_comes_before_it() {
    let mut host = asked(HI);
    host.headers(&Message::reply("200", "text/event-stream", ""), false);
    assert_eq!(host.client.header("content-type"), Some("application/json"));
    host.piece(text("a", "").as_bytes(), false);
    host.piece(text("b", STOP).as_bytes(), false);
    assert!(host.client.body.is_empty());
    host.piece(b"", true);
    let told: Value = serde_json::from_slice(&host.client.body).unwrap();
    assert_eq!(told["choices"][0]["message"]["content"], "ab");
    assert_eq!(host.exchange.status(), Some(200));
}

#[test]
fn a_small_reply_may_end_with_trailers() {
    let reply = Message::reply("200", "text/event-stream", "");
    for (size, cut) in [(10, false), (10_000, false), (20_000, true)] {
        let mut host = asked(HI);
        let pieces = [text(&"x".repeat(size), ""), text("y", STOP)];
        host.reply(&reply, pieces.iter().map(String::as_bytes), true);
        assert_eq!(host.cut, cut, "{size}");
        assert_eq!(host.client.text().ends_with('}'), !cut, "{size}");
    }
    let mut streamed = asked(STREAM);
    streamed.reply(&reply, [text("y", STOP).as_bytes()], true);
    assert!(streamed.client.text().ends_with("data: [DONE]\n\n"));
}

#[test]
fn a_reply_that_is_not_complete_is_cut_and_never_told() {
    let error = event(r#"{"error":{"code":429,"message":"Slow.","status":"RESOURCE_EXHAUSTED"}}"#);
    let failed = event(r#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#);
    for pieces in [
        vec![],
        vec![text("a", "")],
        vec![text("a", ""), error],
        vec![text("a", STOP), "data: {".to_owned()],
        vec!["<html>".to_owned()],
        vec![failed],
    ] {
        for trailers in [false, true] {
            let mut host = asked(HI);
            let reply = Message::reply("200", "text/event-stream", "");
            host.reply(&reply, pieces.iter().map(String::as_bytes), trailers);
            assert!(host.cut && host.client.body.is_empty(), "{pieces:?} {}", host.client.text());
        }
    }
    let mut host = Host::new(&headers_mode(&json!({"max_held_bytes": 300})));
    host.request(&Message::chat(HI));
    let pieces = [text(&"x".repeat(300), ""), text("a", STOP)];
    host.reply(&Message::reply("200", "text/event-stream", ""), pieces.iter().map(String::as_bytes), false);
    assert!(host.cut && host.client.body.is_empty());
}

#[test]
fn an_error_keeps_googles_status_and_gets_openais_body() {
    let invalid = r#"{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}"#;
    let slow = r#"[{"error":{"code":429,"message":"Please retry in 7s.","status":"RESOURCE_EXHAUSTED"}}]"#;
    for (status, body, expected) in [
        ("400", invalid, "invalid_api_key"),
        ("429", slow, "rate_limit_exceeded"),
        ("500", "<html>Error</html>", ""),
        ("503", "upstream connect error", "overloaded"),
    ] {
        for (request, trailers) in [(HI, false), (STREAM, false), (HI, true)] {
            let mut host = asked(request);
            let mut reply = Message::reply(status, "application/json", body);
            reply.headers.push(("content-length".to_owned(), body.len().to_string()));
            host.reply(&reply, body.as_bytes().chunks(9), trailers);
            if trailers && !body.ends_with(['}', ']']) {
                assert!(host.cut, "{body}");
                continue;
            }
            let found = code(&host);
            assert_eq!((&*found.0, &*found.1), (status, expected), "{body}");
            assert_eq!(host.client.header("content-type"), Some("application/json"));
            assert!(
                host.client.header("content-length").is_none() && host.client.header("retry-after").is_none()
            );
        }
    }
}

#[test]
fn a_reply_without_a_body_is_replaced() {
    for (status, expected) in [("200", "502"), ("503", "503"), ("204", "502")] {
        let mut host = asked(HI);
        host.headers(&Message::reply(status, "application/json", ""), true);
        assert_eq!(code(&host).0, expected, "{status}");
    }
}

#[test]
fn a_refusal_while_the_body_is_coming_gets_openais_shape() {
    let mut host = Host::new(&headers_mode(&json!({})));
    let headers = decoded(&Message::chat(HI));
    assert!(matches!(host.exchange.on_request_headers(&headers, false), Act::Edit(_)));
    let reply = Message::reply("503", "text/plain", "upstream connect error");
    host.reply(&reply, [&reply.body[..]], false);
    assert_eq!(code(&host), ("503".to_owned(), "overloaded".to_owned()));
    let Act::Edit(Edit { body: Some(body), .. }) =
        host.exchange.on_request_body(3, false, || b"{}x".to_vec())
    else {
        panic!("it passed");
    };
    assert!(body.is_empty(), "nothing of the client's goes on");
}

/// Tokens that come when they are told to.
#[derive(Default)]
struct Later(Cell<bool>);

impl Tokens for Later {
    fn get(&self, _: &Rc<Source>) -> Token {
        if self.0.get() { Token::Ready("t".to_owned()) } else { Token::Wait }
    }

    fn reject(&self, _: &Rc<Source>, _: &str) {}
}

/// An exchange that waits for a token with its head, and what makes it come.
fn waiting() -> (Exchange, Rc<Later>) {
    let config = headers_mode(&json!({
        "auth": {"gcp_use_service_account": true},
        "model": {"name": "gemini-2.5-flash", "options": {"gemini": {
            "project_id": "p", "location_id": "us-central1", "api_endpoint": "us-central1-aiplatform.googleapis.com"
        }}},
    }));
    let tokens = Rc::new(Later::default());
    let vm = Vm { held: Total::default(), memory: Rc::new(Remembered::default()), tokens: tokens.clone() };
    let mut exchange = Exchange::new(config, vm, 1, 1);
    let act = exchange.on_request_headers(&decoded(&Message::chat(HI)), false);
    assert!(matches!(act, Act::AwaitToken));
    assert!(matches!(exchange.on_token(false, Vec::new), Act::AwaitToken));
    (exchange, tokens)
}

fn sent(act: Act) -> (Option<Headers>, Option<Vec<u8>>) {
    let Act::Edit(Edit { headers, body, hold: false, .. }) = act else {
        panic!("{act:?}");
    };
    (headers.map(Headers::decode), body.map(Rope::into_bytes))
}

#[test]
fn a_head_waits_for_its_token() {
    let (mut exchange, tokens) = waiting();
    tokens.0.set(true);
    let (headers, body) = sent(exchange.on_token(false, Vec::new));
    assert_eq!(headers.unwrap().text("authorization"), Some("Bearer t"));
    assert!(body.is_none(), "there is no body to be replaced yet");
    let (headers, body) = sent(exchange.on_request_body(HI.len(), true, || HI.as_bytes().to_vec()));
    assert!(headers.is_none() && !body.unwrap().is_empty());

    let (mut exchange, _) = waiting();
    let Act::Answer(answer) = exchange.on_token(true, Vec::new) else {
        panic!("it waits for ever");
    };
    assert_eq!(answer.status, 503);
}

/// Where the host holds headers back after all, bodies come while a token is waited for.
#[test]
fn a_body_that_comes_before_the_token_does_not_let_the_head_go() {
    let whole = || HI.as_bytes().to_vec();
    let (mut exchange, tokens) = waiting();
    assert!(matches!(exchange.on_request_body(HI.len(), true, whole), Act::Wait));
    assert!(matches!(exchange.on_token(false, whole), Act::AwaitToken));
    tokens.0.set(true);
    let (headers, body) = sent(exchange.on_token(false, whole));
    assert!(headers.is_some() && !body.unwrap().is_empty());

    let (mut exchange, tokens) = waiting();
    assert!(matches!(exchange.on_request_body(HI.len(), false, whole), Act::Wait));
    assert!(matches!(exchange.on_request_trailers(whole), Act::AwaitToken));
    tokens.0.set(true);
    let (headers, body) = sent(exchange.on_token(false, whole));
    assert!(headers.is_some() && !body.unwrap().is_empty());

    let (mut exchange, tokens) = waiting();
    assert!(matches!(exchange.on_request_body(5, false, whole), Act::Wait));
    assert!(matches!(exchange.on_token(false, whole), Act::AwaitToken));
    tokens.0.set(true);
    assert!(matches!(exchange.on_token(false, whole), Act::Wait), "the rest of the body is needed");
    assert!(matches!(exchange.on_request_body(7, false, whole), Act::Wait));
    let (headers, body) = sent(exchange.on_request_trailers(whole));
    assert_eq!(headers.unwrap().text("authorization"), Some("Bearer t"));
    assert!(!body.unwrap().is_empty());
}

#[test]
fn nothing_of_an_early_or_odd_reply_gets_by() {
    for status in ["200", "201", "206", "302", "407", "600"] {
        let odd = Message::new(
            &[(":status", status), ("location", "https://x/?key=k"), ("set-cookie", "G=1")],
            b"{\"raw\":1}",
        );
        let mut early = Host::new(&headers_mode(&json!({})));
        early.exchange.on_request_headers(&decoded(&Message::chat(HI)), false);
        early.exchange.on_request_body(10, false, || HI.as_bytes()[..10].to_vec());
        let mut whole = asked(HI);
        for host in [&mut early, &mut whole] {
            host.headers(&odd, false);
            if host.client.header(":status") == Some("200") {
                host.piece(&odd.body, true);
            }
            let told = format!("{:?} {}", host.client.headers, host.client.text());
            assert!(
                !told.contains("key=k") && !told.contains("G=1") && !told.contains("raw"),
                "{status}: {told}"
            );
            assert!(host.cut || host.client.header(":status") == Some("502"), "{status}: {told}");
        }
    }
}
