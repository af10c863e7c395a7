mod ahead;
mod token;
mod uploads;

use super::*;
use crate::testing::{Host, Message, NoTokens, Remembered, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const HI: &str = r#"{"model":"gemini-2.5-flash","messages":[{"role":"user","content":"Hi"}]}"#;
const STREAM: &str =
    r#"{"model":"gemini-2.5-flash","stream":true,"messages":[{"role":"user","content":"Hi"}]}"#;
const DONE: &str = r#"{"candidates":[{"content":{"parts":[{"text":"a"}]},"finishReason":"STOP"}]}"#;

fn host(json: &str) -> Host {
    Host::new(&config(json))
}

fn event(json: &str) -> String {
    format!("data: {json}\n\n")
}

fn code(host: &Host) -> (String, String) {
    let body: serde_json::Value = serde_json::from_slice(&host.client.body).unwrap();
    let status = host.client.header(":status").unwrap().to_owned();
    (status, body["error"]["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_request_that_is_not_ours_is_answered_or_passed() {
    let message = Message::new(&[(":method", "GET"), (":path", "/v1/files?x=1")], b"");
    let mut refused = host("{}");
    refused.request(&message);
    assert_eq!(code(&refused), ("404".to_owned(), "unknown_url".to_owned()));

    let mut passed = host(r#"{"unmatched":"pass"}"#);
    passed.request(&message);
    assert_eq!(passed.upstream, Some(message));
    let reply = Message::reply("404", "text/html", "theirs");
    passed.reply(&reply, [&reply.body[..]], false);
    assert_eq!(passed.client, reply);
    assert_eq!(passed.exchange.status(), None);
}

#[test]
fn a_wrong_method_is_told_the_right_one() {
    let mut host = host("{}");
    host.request(&Message::new(&[(":method", "GET"), (":path", "/v1/chat/completions")], b""));
    assert_eq!(code(&host).0, "405");
    assert_eq!(host.client.header("allow"), Some("POST"));
}

#[test]
fn a_body_over_the_limit_is_refused_before_and_after_its_length_is_known() {
    let json = r#"{"max_request_body_size":20}"#;
    let mut announced = host(json);
    let mut message = Message::chat(HI);
    message.headers.push(("content-length".to_owned(), "21".to_owned()));
    announced.request(&message);
    assert_eq!(code(&announced), ("413".to_owned(), "request_too_large".to_owned()));

    let mut counted = host(json);
    counted.request(&Message::chat(HI));
    assert_eq!(code(&counted).0, "413");

    let mut unlimited = host(r#"{"max_request_body_size":0}"#);
    unlimited.request(&Message::chat(HI));
    assert!(unlimited.upstream.is_some());
}

#[test]
fn a_request_without_a_body_is_answered_at_once() {
    let mut host = host("{}");
    host.request(&Message::chat(""));
    assert_eq!(code(&host).0, "400");
    assert_eq!(host.client.header("x-request-id"), Some("req-1"));
}

#[test]
fn a_compressed_request_is_refused() {
    let mut host = host("{}");
    let mut message = Message::chat(HI);
    message.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
    host.request(&message);
    assert_eq!(code(&host).0, "415");
}

#[test]
fn a_compressed_reply_is_an_error() {
    let mut host = host("{}");
    host.request(&Message::chat(HI));
    let mut reply = Message::reply("200", "application/json", "");
    reply.headers.push(("content-encoding".to_owned(), "gzip".to_owned()));
    host.headers(&reply, false);
    assert_eq!(code(&host), ("502".to_owned(), "invalid_upstream_response".to_owned()));
}

#[test]
fn a_reply_without_a_body_is_replaced() {
    for (body, status, expected) in
        [(HI, "200", "502"), (STREAM, "200", "502"), (HI, "503", "503"), (HI, "204", "502")]
    {
        let mut host = host("{}");
        host.request(&Message::chat(body));
        host.headers(&Message::reply(status, "application/json", ""), true);
        assert_eq!(code(&host).0, expected, "{status}");
    }
}

#[test]
fn a_refusal_while_the_body_is_still_coming_gets_openais_shape() {
    let mut host = host("{}");
    let headers = Headers::decode(crate::headers::encode(&[
        (":method", b"POST".as_slice()),
        (":path", b"/v1/chat/completions"),
    ]));
    assert!(matches!(host.exchange.on_request_headers(&headers, false), Act::Wait));
    assert!(matches!(host.exchange.on_request_body(10, false, Vec::new), Act::Wait));
    let reply = Message::reply("413", "text/plain", "Payload Too Large");
    host.reply(&reply, [&reply.body[..]], false);
    assert_eq!(code(&host), ("413".to_owned(), "request_too_large".to_owned()));
}

#[test]
fn a_missing_body_explains_the_setting() {
    let Act::Answer(answer) = host("{}").exchange.on_body_missing() else {
        panic!("not answered");
    };
    assert_eq!(answer.status, 500);
    assert!(String::from_utf8(answer.body.into_bytes()).unwrap().contains("allow_on_headers_stop_iteration"));
}

#[test]
fn what_may_be_the_end_is_held_back_and_the_rest_is_not() {
    let mut host = host("{}");
    host.request(&Message::chat(STREAM));
    host.headers(&Message::reply("200", "text/event-stream", ""), false);
    let text = r#"{"candidates":[{"content":{"parts":[{"text":"first"}]}}]}"#;
    host.piece(event(text).as_bytes(), false);
    assert!(host.client.text().contains("first"));
    host.piece(event(DONE).as_bytes(), false);
    assert!(!host.client.text().contains(r#""content":"a""#));
    // Counts alone do not let it go, more text does.
    host.piece(event(r#"{"usageMetadata":{"promptTokenCount":1}}"#).as_bytes(), false);
    assert!(!host.client.text().contains(r#""content":"a""#));
    host.piece(event(text).as_bytes(), false);
    assert!(host.client.text().contains(r#""content":"a""#));
}

#[test]
fn a_choice_that_ends_after_another_is_held_back_as_well() {
    let part = |index: u8, finish: &str| {
        event(&format!(
            r#"{{"candidates":[{{"index":{index},"content":{{"parts":[{{"text":"t"}}]}}{finish}}}]}}"#
        ))
    };
    let stop = r#","finishReason":"STOP""#;
    let mut host = host("{}");
    host.request(&Message::chat(STREAM));
    let pieces = [part(0, ""), part(1, ""), part(0, stop), part(1, stop)];
    host.reply(&Message::reply("200", "text/event-stream", ""), pieces.iter().map(String::as_bytes), true);
    assert!(!host.cut && host.client.text().ends_with("data: [DONE]\n\n"));
}

#[test]
fn documents_of_countless_values_are_refused() {
    let many = "{},".repeat(1 << 20);
    let mut client = host("{}");
    client.request(&Message::chat(&format!(r#"{{"messages":[{many}{{}}]}}"#)));
    assert_eq!(code(&client), ("400".to_owned(), "request_too_complex".to_owned()));
    for (body, json) in [
        (HI, format!(r#"{{"candidates":[{many}{{}}]}}"#)),
        (HI, format!(r#"{{"candidates":[{}{{}}]}}"#, "{},".repeat(1000))),
    ] {
        let mut google = host("{}");
        google.request(&Message::chat(body));
        google.reply(&Message::reply("200", "application/json", &json), [json.as_bytes()], false);
        assert_eq!(code(&google).0, "502");
    }
}

#[test]
fn what_the_model_says_of_its_failure_holds_no_secrets() {
    for body in [HI, STREAM] {
        let mut host = host(r#"{"auth":{"header_value":"Bearer s3cr3t-t0ken"}}"#);
        host.request(&Message::chat(body));
        let json = r#"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"bad s3cr3t-t0ken"}]}"#;
        let json = if body == HI { json.to_owned() } else { event(json) };
        host.reply(&Message::reply("200", "text/event-stream", ""), [json.as_bytes()], false);
        assert!(host.client.text().contains("bad ***"), "{}", host.client.text());
    }
}

#[test]
fn a_stream_that_trailers_end_too_early_cuts_the_connection() {
    let mut host = host("{}");
    host.request(&Message::chat(STREAM));
    let reply = Message::reply("200", "text/event-stream", "");
    host.reply(&reply, [event(r#"{"candidates":[{"content":{"parts":[{"text":"x"}]}}]}"#).as_bytes()], true);
    assert!(host.cut && !host.client.text().contains("[DONE]"));
}

#[test]
fn too_much_held_ends_the_stream_and_refuses_the_next_request() {
    let config = config(r#"{"max_held_bytes":100}"#);
    let held = Total::default();
    let start = |held| {
        let mut host = Host::sharing(&config, held);
        host.request(&Message::chat(STREAM));
        host
    };
    let (mut one, mut two) = (start(&held), start(&held));
    let reply = Message::reply("200", "text/event-stream", "");
    one.headers(&reply, false);
    two.headers(&reply, false);
    let part = format!("data: {{\"x\":\"{}", "y".repeat(60));
    one.piece(part.as_bytes(), false);
    assert!(one.client.body.is_empty() && held.bytes() > 60);
    two.piece(part.as_bytes(), false);
    assert!(two.client.text().contains("holds too much") && !two.client.text().contains("[DONE]"));
    assert!(held.bytes() < 100, "what the failed stream held is given back");

    let mut filler = held.share();
    filler.set(200);
    assert_eq!(code(&start(&held)), ("503".to_owned(), "overloaded".to_owned()));
    drop((one, two, filler));
    assert_eq!(held.bytes(), 0);
}

#[test]
fn the_log_line_names_model_and_tokens() {
    let mut host = host("{}");
    host.request(&Message::chat(HI));
    let json = DONE.replacen('{', r#"{"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1},"#, 1);
    let reply = Message::reply("200", "application/json", &json);
    host.reply(&reply, [&reply.body[..]], false);
    let expected =
        "endpoint=/chat/completions model=gemini-2.5-flash status=200 prompt_tokens=3 completion_tokens=1";
    assert_eq!(host.exchange.summary(), expected);
}

#[test]
fn a_signature_that_the_client_drops_comes_back_for_the_same_caller() {
    let config = config("{}");
    let memory = Rc::new(Remembered::default());
    let vm = Vm { held: Total::default(), memory, tokens: Rc::new(NoTokens) };
    let ask = |credential: &str, history: &str| {
        let mut host = Host::within(&config, vm.clone());
        let tools = r#""tools":[{"type":"function","function":{"name":"f g"}}]"#;
        let mut message = Message::chat(&format!(
            r#"{{"model":"gemini-3-pro-preview",{tools},"messages":[{{"role":"user","content":"Hi"}}{history}]}}"#
        ));
        message.headers.push(("authorization".to_owned(), credential.to_owned()));
        host.request(&message);
        host
    };
    let mut host = ask("Bearer a", "");
    let json = r#"{"candidates":[{"content":{"parts":[{"functionCall":{"id":"c1","name":"f_g"},"thoughtSignature":"c2ln"}]}}]}"#;
    host.reply(&Message::reply("200", "application/json", json), [json.as_bytes()], false);
    assert!(host.client.text().contains(r#""finish_reason":"tool_calls""#));

    let history = r#",{"role":"assistant","tool_calls":[{"id":"c1","type":"function","function":{"name":"f g","arguments":"{}"}}]},
        {"role":"tool","tool_call_id":"c1","content":"1"}"#;
    let signature = |credential| {
        let sent: serde_json::Value =
            serde_json::from_slice(&ask(credential, history).upstream.unwrap().body).unwrap();
        sent["contents"][1]["parts"][0]["thoughtSignature"].as_str().unwrap().to_owned()
    };
    assert_eq!(signature("Bearer a"), "c2ln");
    assert_eq!(signature("Bearer b"), "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=");
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn any_request_is_answered_or_forwarded(body: Vec<u8>) {
            let mut host = host("{}");
            host.request(&Message { body, ..Message::chat("") });
            prop_assert!(host.upstream.is_some() || host.client.header(":status") == Some("400"));
        }

        #[test]
        fn any_json_request_is_answered_or_forwarded(
            content in "[\\[\\]{}\":,a-z0-9\\\\ ]{0,40}", role in "[a-z]{0,9}", n: i64, temperature: f64, stop in ".{0,9}"
        ) {
            let stop = serde_json::to_string(&stop).unwrap();
            let body = format!(
                r#"{{"model":"m","messages":[{{"role":"{role}","content":{content}}},{{"role":"user","content":{stop}}}],
                    "n":{n},"temperature":{temperature:?},"stop":{stop}}}"#
            );
            let mut host = host("{}");
            host.request(&Message::chat(&body));
            prop_assert!(host.upstream.is_some() || host.client.header(":status") == Some("400"));
        }

        #[test]
        fn any_reply_is_read_without_panic(status in 100_u16..700, pieces: Vec<Vec<u8>>, stream: bool, trailers: bool) {
            let mut host = host("{}");
            host.request(&Message::chat(if stream { STREAM } else { HI }));
            let reply = Message::reply(&status.to_string(), "text/event-stream", "");
            host.reply(&reply, pieces.iter().map(Vec::as_slice), trailers);
            prop_assert!(host.cut || host.client.header(":status").is_some());
        }

        #[test]
        fn any_json_reply_is_read_without_panic(value in "[\\[\\]{}\":,a-z0-9null]{0,60}", stream: bool) {
            let body = format!("data: {{\"candidates\":{value},\"usageMetadata\":{value},\"responseId\":{value}}}\n\n");
            let mut host = host("{}");
            host.request(&Message::chat(if stream { STREAM } else { HI }));
            let reply = Message::reply("200", "text/event-stream", "");
            host.reply(&reply, [body.as_bytes()], false);
            prop_assert!(!host.client.text().contains("[DONE]") || stream);
        }
    }
}
