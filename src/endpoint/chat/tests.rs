mod fields;
mod fold;
mod hostile;

use serde_json::Value;

use crate::testing::{Host, Message, cases, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[test]
fn goldens() {
    for case in cases("chat") {
        case.check();
    }
}

#[test]
fn streams_do_not_depend_on_where_they_are_cut() {
    let replays: usize = cases("chat").map(|case| case.check_cuts()).sum();
    assert!(replays > 1000, "only {replays} replays");
}

/// The chunks of a stream, and whether it says that it is done.
fn chunks(stream: &str) -> (Vec<Value>, bool) {
    let (stream, done) = match stream.strip_suffix("data: [DONE]\n\n") {
        Some(stream) => (stream, true),
        None => (stream, false),
    };
    let event = |event: &str| serde_json::from_str(event.strip_prefix("data: ").unwrap()).unwrap();
    (stream.split_terminator("\n\n").map(event).collect(), done)
}

#[test]
fn streams_keep_openais_contract() {
    let streams = check_contract("chat");
    assert!(streams > 30, "only {streams} streams");
}

/// Checks what every stream of an endpoint's goldens must keep to. Returns the number of streams.
pub(in crate::endpoint) fn check_contract(endpoint: &str) -> usize {
    let mut streams = 0_usize;
    for case in cases(endpoint) {
        let reply = case.replied();
        if !reply.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
            continue;
        }
        streams = streams.saturating_add(1);
        let name = case.name();
        let (chunks, done) = chunks(reply.text());
        let failed = chunks.iter().filter(|chunk| chunk.get("error").is_some()).count();
        assert_eq!(failed, usize::from(!done), "{name}: an error is the end, and nothing else is an error");
        assert!(done || chunks.last().unwrap().get("error").is_some(), "{name}");
        let chunks = || chunks.iter().filter(|chunk| chunk.get("error").is_none());
        let usages = chunks().filter(|chunk| chunk["choices"].as_array().unwrap().is_empty()).count();
        let asked = chunks().any(|chunk| chunk.get("usage").is_some());
        assert_eq!(
            usages,
            usize::from(asked && done),
            "{name}: usage where it was asked for, once, at the end"
        );
        let choices = || chunks().flat_map(|chunk| chunk["choices"].as_array().unwrap());
        for index in choices().map(|choice| &choice["index"]) {
            let of_it = || choices().filter(|choice| choice["index"] == *index);
            let first = of_it().next().unwrap();
            assert_eq!(first["delta"]["role"], "assistant", "{name}");
            let roles = of_it().filter(|choice| choice["delta"].get("role").is_some()).count();
            let ends = of_it().filter(|choice| !choice["finish_reason"].is_null()).count();
            assert_eq!((roles, ends), (1, usize::from(done)), "{name}");
            let signed = of_it().filter(|choice| choice["delta"].get("extra_content").is_some()).count();
            assert!(signed <= 1, "{name}: clients make one string of two signatures");
            let calls = of_it().filter_map(|choice| choice["delta"]["tool_calls"].as_array()).flatten();
            // More of a call has no id.
            for (number, call) in calls.filter(|call| call.get("id").is_some()).enumerate() {
                assert_eq!(call["index"], number, "{name}");
            }
        }
        for chunk in chunks() {
            let head = |member| &chunk[member];
            let first = chunks().next().unwrap();
            for member in ["id", "object", "created", "model"] {
                assert_eq!(head(member), &first[member], "{name}");
            }
            assert_eq!(chunk.get("usage").is_some(), asked, "{name}");
        }
    }
    streams
}

#[test]
fn large_events_pass() {
    let (signature, image) = ("c2ln".repeat(1 << 18), "AAAA".repeat(1 << 21));
    let parts = format!(
        r#"{{"functionCall":{{"name":"f","id":"1"}},"thoughtSignature":"{signature}"}},{{"inlineData":{{"mimeType":"image/png","data":"{image}"}},"thoughtSignature":"{signature}"}}"#
    );
    let event = format!(
        "data: {{\"candidates\":[{{\"content\":{{\"parts\":[{parts}]}},\"finishReason\":\"STOP\"}}]}}\n\n"
    );
    let mut host = Host::new(&config(r#"{"auth":{"header_value":"k"}}"#));
    host.request(&Message::chat(
        r#"{"model":"gemini-3-pro-image-preview","stream":true,"messages":[{"role":"user","content":"a"}]}"#,
    ));
    host.reply(&Message::reply("200", "text/event-stream", ""), event.as_bytes().chunks(16_384), false);
    let (chunks, done) = chunks(host.client.text());
    assert!(done);
    let delta = |number: usize| &chunks[number]["choices"][0]["delta"];
    let google = |of: &Value| of["extra_content"]["google"]["thought_signature"].as_str().unwrap().len();
    assert_eq!(google(&delta(1)["tool_calls"][0]), signature.len());
    assert_eq!(google(&delta(2)["images"][0]), signature.len());
    let url = delta(2)["images"][0]["image_url"]["url"].as_str().unwrap();
    assert_eq!(url.len(), "data:image/png;base64,".len() + image.len());
}

#[test]
fn a_call_in_pieces_counts_as_held() {
    let config = config(r#"{"auth":{"header_value":"k"},"max_held_bytes":4000}"#);
    let mut host = Host::new(&config);
    host.request(&Message::chat(
        r#"{"model":"gemini-3-flash-preview","stream":true,"messages":[{"role":"user","content":"a"}]}"#,
    ));
    let piece = |call: &str| {
        format!("data: {{\"candidates\":[{{\"content\":{{\"parts\":[{{\"functionCall\":{call}}}]}}}}]}}\n\n")
    };
    let begin = piece(r#"{"name":"f","willContinue":true}"#);
    let text = "x".repeat(100);
    let more = piece(&format!(
        r#"{{"partialArgs":[{{"jsonPath":"$.a","stringValue":"{text}","willContinue":true}}],"willContinue":true}}"#
    ));
    let pieces = std::iter::once(begin.as_bytes()).chain(std::iter::repeat_n(more.as_bytes(), 1000));
    host.reply(&Message::reply("200", "text/event-stream", ""), pieces, false);
    assert!(host.client.text().contains("holds too much") && !host.client.text().contains("[DONE]"));
}
