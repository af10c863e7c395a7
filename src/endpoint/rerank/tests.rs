use serde_json::{Value, json};

use crate::testing::{Host, Message, cases, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const VERTEX: &str = r#"{"auth":{"header_name":"authorization","header_value":"Bearer k"},
    "model":{"options":{"gemini":{"project_id":"p","location_id":"global"}}}}"#;

#[test]
fn goldens() {
    for case in cases("rerank") {
        case.check();
    }
}

fn asked(config_json: &str, body: &Value) -> Host {
    let mut host = Host::new(&config(config_json));
    let path = (":path", "/v2/rerank");
    host.request(&Message::new(&[(":method", "POST"), path], body.to_string().as_bytes()));
    host
}

fn answered(mut host: Host, google: &str) -> Value {
    if host.upstream.is_some() {
        let reply = Message::reply("200", "application/json", google);
        host.reply(&reply, [&reply.body[..]], false);
    }
    serde_json::from_str(host.client.text()).unwrap()
}

#[test]
fn two_hundred_documents_and_no_more() {
    for (count, searches) in [(100, Some(1)), (101, Some(2)), (200, Some(2)), (201, None)] {
        let records: Vec<Value> = (0..count).map(|index| json!({"id": index.to_string()})).collect();
        let google = json!({"records": records}).to_string();
        let got = answered(asked(VERTEX, &json!({"query": "q", "documents": vec!["a"; count]})), &google);
        match searches {
            Some(searches) => assert_eq!(got["meta"]["billed_units"]["search_units"], searches),
            None => {
                assert_eq!(got["error"]["param"], "documents");
                assert!(got["error"]["message"].as_str().unwrap().contains("at most 200"), "{got}");
            }
        }
    }
}

#[test]
fn the_best_come_first() {
    let documents = json!({"query": "q", "documents": ["a", "b", "c", "d"], "top_n": 3});
    for (google, expected) in [
        (
            r#"{"records":[{"id":"0"},{"id":"3","score":0.5},{"id":"2","score":"0.75"}]}"#,
            json!([[2, 0.75], [3, 0.5], [0, 0.0]]),
        ),
        (
            r#"{"records":[{"id":1,"score":1},{"id":"0","score":1},{"id":"2"},{"id":"3"}]}"#,
            json!([[1, 1.0], [0, 1.0], [2, 0.0]]),
        ),
    ] {
        let got = answered(asked(VERTEX, &documents), google);
        let results = got["results"].as_array().unwrap().iter();
        let results: Vec<Value> = results.map(|one| json!([one["index"], one["relevance_score"]])).collect();
        assert_eq!(json!(results), expected, "{google}");
    }
    let with = |record: &str| format!(r#"{{"records":[{{"id":"0"}},{{"id":"3"}},{{"id":"2"}},{record}]}}"#);
    assert_eq!(answered(asked(VERTEX, &documents), &with(r#"{"id":"1"}"#))["results"][2]["index"], 2);
    for google in [
        "",
        "[]",
        "{}",
        r#"{"records":null}"#,
        r#"{"records":[{"id":"0","score":"NaN"},{"id":"1"},{"id":"2"}]}"#,
        r#"{"records":[{"id":"0","score":1},{"id":"1"}]}"#,
        r#"{"records":[{"id":"0","score":1},{"id":"1"},null,7]}"#,
        &with(r#"{"id":"4","score":1}"#),
        &with(r#"{"id":"-1"}"#),
        &with(r#"{"id":"x"}"#),
        &with(r#"{"id":"0"}"#),
        &with(r#"{"score":1}"#),
    ] {
        let got = answered(asked(VERTEX, &documents), google);
        assert_eq!(got["error"]["code"], "invalid_upstream_response", "{google}");
    }
}

#[test]
fn the_model_is_the_operators_or_the_clients_or_googles_usual_one() {
    let named = VERTEX.replace(
        "\"options\"",
        r#""name":"semantic-ranker-512@latest","model_alias":["rerank-v3.5"],"options""#,
    );
    for (config, given, expected) in [
        (VERTEX, json!(null), Some("semantic-ranker-default@latest")),
        (VERTEX, json!(""), Some("semantic-ranker-default@latest")),
        (VERTEX, json!("semantic-ranker-fast-004"), Some("semantic-ranker-fast-004")),
        (VERTEX, json!("a b"), None),
        (&named, json!(null), Some("semantic-ranker-512@latest")),
        (&named, json!("rerank-v3.5"), Some("semantic-ranker-512@latest")),
        (&named, json!("rerank-v4"), None),
    ] {
        let host = asked(config, &json!({"model": given, "query": "q", "documents": ["a"]}));
        let sent = host.upstream.as_ref().map(|sent| serde_json::from_slice::<Value>(&sent.body).unwrap());
        assert_eq!(sent.as_ref().and_then(|sent| sent["model"].as_str()), expected, "{given}");
        if expected.is_none() {
            assert_eq!(answered(host, "")["error"]["param"], "model");
        }
    }
}

#[test]
fn ranking_needs_a_project() {
    let express = r#"{"auth":{"header_value":"k"},"model":{"options":{"gemini":{"express_mode":true}}}}"#;
    for config in [r#"{"auth":{"header_value":"k"}}"#, express] {
        let host = asked(config, &json!({"query": "q", "documents": ["a"]}));
        assert_eq!(host.client.header(":status"), Some("501"));
        assert!(host.client.text().contains("Vertex AI"), "{}", host.client.text());
    }
}
