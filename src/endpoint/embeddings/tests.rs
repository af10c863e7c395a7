use std::fmt::Write;

use serde_json::{Value, json};

use crate::testing::{Host, Message, cases, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const DEVELOPER: &str = r#"{"auth":{"header_value":"k"}}"#;

const VERTEX: &str = r#"{"auth":{"header_name":"authorization","header_value":"Bearer k"},
    "model":{"options":{"gemini":{"project_id":"p","location_id":"global"}}}}"#;

#[test]
fn goldens() {
    for case in cases("embeddings") {
        case.check();
    }
}

/// A host that was asked, and whose calls are answered with `replies`.
fn asked(config_json: &str, body: &Value, replies: Vec<Message>) -> Host {
    let mut host = Host::new(&config(config_json));
    host.call_replies = replies;
    let path = (":path", "/v1/embeddings");
    host.request(&Message::new(&[(":method", "POST"), path], body.to_string().as_bytes()));
    host
}

fn reply(body: &str) -> Message {
    Message::reply("200", "application/json", body)
}

/// What the client gets for `body`.
fn answered(config_json: &str, body: &Value, google: &str) -> Value {
    let mut host = asked(config_json, body, Vec::new());
    let reply = reply(google);
    host.reply(&reply, [&reply.body[..]], false);
    serde_json::from_str(host.client.text()).unwrap()
}

/// A reply of `predict` with one vector, whose direction tells `number`.
fn predicted(number: u32) -> String {
    format!(
        r#"{{"predictions":[{{"embeddings":{{"values":[1,{number}],"statistics":{{"token_count":2}}}}}}]}}"#
    )
}

#[test]
fn limits_are_googles() {
    for (config, model, inputs, calls) in [
        (DEVELOPER, "gemini-embedding-001", 1, Some(0)),
        (DEVELOPER, "gemini-embedding-001", 100, Some(0)),
        (DEVELOPER, "gemini-embedding-001", 101, None),
        (DEVELOPER, "gemini-embedding-2", 100, Some(0)),
        (DEVELOPER, "gemini-embedding-2", 101, None),
        (VERTEX, "text-embedding-005", 250, Some(0)),
        (VERTEX, "text-embedding-005", 251, None),
        (VERTEX, "gemini-embedding-001", 1, Some(0)),
        (VERTEX, "gemini-embedding-001", 100, Some(99)),
        (VERTEX, "gemini-embedding-001", 101, None),
        (VERTEX, "gemini-embedding-2", 100, Some(0)),
        (VERTEX, "gemini-embedding-2", 101, None),
        (VERTEX, "multimodalembedding@001", 9, Some(8)),
    ] {
        let body = json!({"model": model, "input": vec!["a"; inputs]});
        let host = asked(config, &body, vec![reply(&predicted(1))]);
        assert_eq!(host.upstream.as_ref().map(|_| host.called.len()), calls, "{model} {inputs}");
        if calls.is_none() {
            let most = if inputs > 250 { 250 } else { 100 };
            let error = &serde_json::from_str::<Value>(host.client.text()).unwrap()["error"];
            let told = error["message"].as_str().unwrap();
            assert!(told.contains(&format!("at most {most} inputs")), "{told}");
            assert_eq!((&error["param"], host.client.header(":status")), (&json!("input"), Some("400")));
        }
    }
}

#[test]
fn every_vector_has_its_index_whatever_is_answered_first() {
    let count = 100_u32;
    let inputs: Vec<String> = (0..count).map(|number| number.to_string()).collect();
    let body = json!({"model": "gemini-embedding-001", "input": inputs});
    let mut host = asked(VERTEX, &body, (0..99).map(|number| reply(&predicted(number))).collect());
    for (number, call) in host.called.iter().chain(&host.upstream).enumerate() {
        let sent: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(sent["instances"], json!([{"content": number.to_string()}]));
    }
    let last = reply(&predicted(99));
    host.reply(&last, [&last.body[..]], false);
    let got: Value = serde_json::from_str(host.client.text()).unwrap();
    assert_eq!(got["usage"], json!({"prompt_tokens": 200, "total_tokens": 200}));
    let data = got["data"].as_array().unwrap();
    assert_eq!(data.len(), 100);
    for (number, vector) in data.iter().enumerate() {
        let values = &vector["embedding"];
        let direction = values[1].as_f64().unwrap() / values[0].as_f64().unwrap();
        assert_eq!((&vector["index"], direction.round()), (&json!(number), number as f64));
    }
}

#[test]
fn a_call_with_other_than_one_vector_is_an_error() {
    let body = json!({"model": "gemini-embedding-001", "input": ["a", "b", "c"]});
    let two = r#"{"predictions":[{"embeddings":{"values":[1]}},{"embeddings":{"values":[1]}}]}"#;
    for first in [two, r#"{"predictions":[]}"#, "{}", "[]", "x"] {
        let host = asked(VERTEX, &body, vec![reply(first), reply(&predicted(1))]);
        assert!(host.upstream.is_none(), "{first}");
        assert_eq!(host.client.header(":status"), Some("502"), "{first}");
    }
}

#[test]
fn replies_are_read_leniently_but_for_their_vectors() {
    let body = json!({"model": "gemini-embedding-001", "input": "abcde"});
    for (google, expected) in [
        (r#"{"embedding":{"values":["0.6",0.8]}}"#, Some((json!([0.6, 0.8]), 2))),
        (
            r#"{"embeddings":[null,7,{"values":[0,1],"shape":[2]}],"usageMetadata":null}"#,
            Some((json!([0.0, 1.0]), 2)),
        ),
        (
            r#"{"embeddings":[{"values":[-1]}],"usageMetadata":{"promptTokenCount":"5"}}"#,
            Some((json!([-1.0]), 5)),
        ),
        (r#"{"embeddings":[{"values":[0,0]}],"usageMetadata":{}}"#, Some((json!([0.0, 0.0]), 2))),
        (
            r#"{"predictions":[{"embeddings":{"values":[1],"statistics":{"token_count":3.0}}}]}"#,
            Some((json!([1.0]), 3)),
        ),
        (r#"{"predictions":[{"embeddings":{"values":[1],"statistics":null}}]}"#, Some((json!([1.0]), 2))),
        (r#"{"predictions":[{"textEmbedding":null,"imageEmbedding":[1]}]}"#, Some((json!([1.0]), 2))),
        (r#"{"predictions":[{"videoEmbeddings":[{"embedding":[1]}]}]}"#, Some((json!([1.0]), 2))),
        (r#"{"predictions":[{"videoEmbeddings":[{"embedding":[1]},{"embedding":[0]}]}]}"#, None),
        (r#"{"embedding":{"values":["NaN"]}}"#, None),
        (r#"{"embedding":{"values":[1e300]}}"#, None),
        (r#"{"embedding":{"values":[null]}}"#, None),
        (r#"{"embedding":{"values":[[1]]}}"#, None),
        (r#"{"embedding":{"values":{"0":1}}}"#, None),
        (r#"{"embedding":{"values":[]}}"#, None),
        (r#"{"embedding":{}}"#, None),
        (r#"{"embedding":null}"#, None),
        (r#"{"predictions":[{}]}"#, None),
        ("{}", None),
        ("[]", None),
        ("", None),
    ] {
        let got = answered(DEVELOPER, &body, google);
        match expected {
            Some((vector, tokens)) => {
                assert_eq!(got["data"][0]["embedding"], vector, "{google}");
                assert_eq!(got["usage"]["prompt_tokens"], tokens, "{google}");
            }
            None => assert_eq!(got["error"]["code"], "invalid_upstream_response", "{google}"),
        }
    }
}

#[test]
fn a_reply_of_too_many_values_is_not_read() {
    let mut google = r#"{"embedding":{"values":["#.to_owned();
    (0..2_000_001).for_each(|_| google.push_str("1,"));
    google.push_str("1]}}");
    let got = answered(DEVELOPER, &json!({"model": "gemini-embedding-001", "input": "a"}), &google);
    assert_eq!(got["error"]["code"], "invalid_upstream_response");
}

#[test]
fn odd_inputs_are_refused_where_they_stand() {
    for (input, param) in [
        (json!(5), "input"),
        (json!([5, 6]), "input"),
        (json!(["a", [5]]), "input"),
        (json!(true), "input"),
        (json!({}), "input.content"),
        (json!({"content": null}), "input.content"),
        (json!({"content": 5}), "input.content"),
        (json!({"content": ""}), "input.content"),
        (json!({"content": ["a"]}), "input.content"),
        (json!([{"text": ["a"]}]), "input[0].text"),
        (json!(["a", {"text": ""}]), "input[1].text"),
        (json!([{"content": "data:,a"}]), "input[0].content"),
        (json!([["a"]]), "input[0]"),
        (json!([[]]), "input[0]"),
        (json!([[5, 6]]), "input"),
        (json!([]), "input"),
        (json!(""), "input"),
        (json!(["a", null]), "input[1]"),
        (json!([{"content": "a", "task_type": "x"}]), "input[0].task_type"),
        (json!([{"content": "a", "title": 5}]), "input[0].title"),
        (json!([{"content": "a", "input_type": "x"}]), "input[0].input_type"),
    ] {
        let host = asked(DEVELOPER, &json!({"model": "gemini-embedding-001", "input": input}), Vec::new());
        let got: Value = serde_json::from_str(host.client.text()).unwrap();
        assert_eq!(host.client.header(":status"), Some("400"), "{input}");
        assert_eq!(got["error"]["param"], param, "{input}: {got}");
    }
}

#[test]
fn dimensions_are_the_clients_or_the_operators() {
    for (mode, ours, given, expected) in [
        ("default", "null", json!(256), json!(256)),
        ("default", "768", json!(256), json!(256)),
        ("default", "768", json!(null), json!(768)),
        ("force", "768", json!(256), json!(768)),
        ("force", "768", json!(-1), json!(768)),
        ("force", "null", json!(256), json!(256)),
    ] {
        let mut config = String::new();
        write!(
            config,
            r#"{{"auth":{{"header_value":"k"}},"options_mode":"{mode}","model":{{"options":{{"embeddings_dimensions":{ours}}}}}}}"#
        )
        .unwrap();
        let body = json!({"model": "gemini-embedding-001", "input": "a", "dimensions": given});
        let sent = asked(&config, &body, Vec::new()).upstream.unwrap();
        let sent: Value = serde_json::from_slice(&sent.body).unwrap();
        assert_eq!(sent["requests"][0]["outputDimensionality"], expected, "{mode} {ours} {given}");
    }
}
