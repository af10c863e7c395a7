//! Requests and replies that would take the worker's time, were it not for a limit.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::testing::{Host, Message, config};

/// The exchange after `members` were asked for, beside a plain message.
fn asked(members: &Value) -> Host {
    let mut body = json!({"model": "gemini-3-pro-preview", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let mut host = Host::new(&config("{}"));
    host.request(&Message::chat(&body.to_string()));
    host
}

#[test]
fn schemas_that_multiply_have_one_budget_for_all_tools() {
    let mut definitions = serde_json::Map::new();
    for level in 0..10 {
        let next = json!({"$ref": format!("#/$defs/d{}", level + 1), "description": "s"});
        let node = json!({"type": "object", "properties": {"a": next, "b": next}});
        definitions.insert(format!("d{level}"), node);
    }
    definitions.insert("d10".to_owned(), json!({"type": "string"}));
    let schema = json!({"type": "object", "properties": {"p": {"$ref": "#/$defs/d0"}}, "$defs": definitions});
    let tools = |count: usize| -> Vec<Value> {
        let tool = |index| json!({"type": "function", "function": {"name": format!("f{index}"), "parameters": schema}});
        (0..count).map(tool).collect()
    };
    let kept = asked(&json!({"tools": tools(64)})).upstream.unwrap();
    assert!(kept.body.len() < 64 * schema.to_string().len(), "references stay where models know them");
    assert!(asked(&json!({"model": "gemini-1.5-pro", "tools": tools(2)})).upstream.is_some());
    let refused = asked(&json!({"model": "gemini-1.5-pro", "tools": tools(64)}));
    assert!(refused.upstream.is_none());
    assert!(refused.client.text().contains("invalid_function_parameters"), "{}", refused.client.text());
}

#[test]
fn annotations_are_bounded_and_the_metadata_is_whole() {
    let chunks: Vec<Value> = (0..100).map(|n| json!({"web": {"uri": format!("https://a/{n}")}})).collect();
    let indices: Vec<usize> = (0..100).collect();
    let text = "x".repeat(100);
    let support = |end: usize| json!({"segment": {"endIndex": end}, "groundingChunkIndices": indices});
    let supports: Vec<Value> = (1..=100).map(support).collect();
    let grounding = json!({"groundingChunks": chunks, "groundingSupports": supports});
    let reply = json!({"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP", "groundingMetadata": grounding}]});
    let mut host = asked(&json!({}));
    let reply = Message::reply("200", "application/json", &reply.to_string());
    host.reply(&reply, [&reply.body[..]], false);
    let told: Value = serde_json::from_slice(&host.client.body).unwrap();
    let message = &told["choices"][0]["message"];
    assert_eq!(message["annotations"].as_array().unwrap().len(), 4096);
    let whole = &message["provider_specific_fields"]["grounding_metadata"];
    let whole = whole.get(0).unwrap_or(whole);
    assert_eq!(whole["groundingSupports"].as_array().unwrap().len(), 100);
}
