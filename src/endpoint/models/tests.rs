use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::testing::{Host, Message, cases, config};

#[test]
fn goldens() {
    for case in cases("models") {
        case.check();
    }
}

fn asked(settings: &Value, path: &str, pages: &[Value]) -> Host {
    let mut host = Host::new(&config(&settings.to_string()));
    let page = |page: &Value| Message::reply("200", "application/json", &page.to_string());
    host.call_replies = pages.iter().map(page).collect();
    host.request(&Message::new(&[(":method", "GET"), (":scheme", "http"), (":path", path)], b""));
    host
}

fn told(host: &Host) -> Value {
    serde_json::from_slice(&host.client.body).unwrap()
}

#[test]
fn pages_are_one_list() {
    let key = json!({"auth": {"header_value": "k"}});
    let pages = [
        json!({"models": [{"name": "models/a"}], "nextPageToken": "x/+=é"}),
        json!({"nextPageToken": "y"}),
        json!({"models": [{"name": "models/b"}, 7, {"displayName": "none"}], "nextPageToken": ""}),
    ];
    let host = asked(&key, "/v1/models", &pages);
    let ids: Vec<_> =
        told(&host)["data"].as_array().unwrap().iter().map(|model| model["id"].clone()).collect();
    assert_eq!(ids, ["a", "b"]);
    let paths: Vec<_> = host.called.iter().map(|call| call.header(":path").unwrap()).collect();
    let expected = [
        "/v1beta/models?pageSize=1000",
        "/v1beta/models?pageSize=1000&pageToken=x%2F%2B%3D%C3%A9",
        "/v1beta/models?pageSize=1000&pageToken=y",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn pages_without_end_are_an_error() {
    let key = json!({"auth": {"header_value": "k"}});
    for (page, calls, code) in [
        (json!({"models": [], "nextPageToken": "again"}), super::MOST_PAGES, "too_many_pages"),
        (json!([]), 1, "invalid_upstream_response"),
        (json!({"models": {}}), 1, "invalid_upstream_response"),
    ] {
        let host = asked(&key, "/v1/models", &[page]);
        assert_eq!(host.client.header(":status"), Some("502"));
        assert_eq!((host.called.len(), &told(&host)["error"]["code"]), (calls, &code.into()));
    }
}

#[test]
fn what_google_tells_of_a_model_is_on_one_line() {
    let mut host = asked(&json!({"auth": {"header_value": "k"}}), "/v1/models/gemini-2.5-flash", &[]);
    let google = "{\n \"name\": \"models/gemini-2.5-flash\",\n \"displayName\": \"a\\n b\",\n \
                  \"inputTokenLimit\": 1048576,\n \"supportedGenerationMethods\": [\n  \"countTokens\",\n  \"x y\"\n ]\n}";
    let reply = Message::reply("200", "application/json", google);
    host.reply(&reply, [&reply.body[..]], false);
    let expected = r#"{"id":"gemini-2.5-flash","object":"model","created":0,"owned_by":"google","display_name":"a\n b","context_window":1048576,"supported_methods":["countTokens","x y"]}"#;
    assert_eq!(host.client.text(), expected);
}

#[test]
fn names_that_are_not_the_clients_are_not_found() {
    let model = json!({"name": "gemini-2.5-flash", "model_alias": ["gpt-4o"]});
    let vertex = json!({"gemini": {"project_id": "p", "location_id": "global"}});
    let mut on_vertex = model.clone();
    on_vertex["options"] = vertex;
    for (model, id, found) in [
        (&model, "gemini-2.5-flash", true),
        (&model, "gpt-4o", true),
        (&model, "gemini-2.5-pro", false),
        (&on_vertex, "gpt-4o", true),
        (&on_vertex, "gpt-4", false),
    ] {
        let host =
            asked(&json!({"auth": {"header_value": "k"}, "model": model}), &format!("/v1/models/{id}"), &[]);
        let refused = host.client.header(":status") == Some("404");
        assert_eq!(!refused, found, "{id}");
        if refused {
            assert_eq!(told(&host)["error"]["code"], "model_not_found");
        }
    }
    for id in ["..", "a%2F..%2Fb", "a%3Fb", ".x", "a%20b"] {
        let host = asked(&json!({"auth": {"header_value": "k"}}), &format!("/v1/models/{id}"), &[]);
        assert_eq!(host.client.header(":status"), Some("404"), "{id}");
        assert!(host.upstream.is_none());
    }
}
