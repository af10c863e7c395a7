use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::testing::{Host, Message, cases, config};

#[test]
fn goldens() {
    for case in cases("responses").chain(cases("tokenize")) {
        case.check();
    }
}

/// What Google gets, or what the client is told in its place.
fn requested(path: &str, body: &Value, settings: &Value) -> Result<Value, Value> {
    let mut host = Host::new(&config(&settings.to_string()));
    let head = [(":method", "POST"), (":scheme", "http"), (":path", path)];
    host.request(&Message::new(&head, body.to_string().as_bytes()));
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    host.upstream.map(|sent| read(&sent.body)).ok_or_else(|| read(&host.client.body)["error"].clone())
}

const INPUT_TOKENS: &str = "/v1/responses/input_tokens";

fn with_model(body: &Value) -> Value {
    let mut body = body.clone();
    body.as_object_mut().unwrap().entry("model").or_insert("gemini-2.5-flash".into());
    body
}

#[test]
fn items_are_messages() {
    let (developer, png) = (json!({"auth": {"header_value": "k"}}), "iVBORw0KGgo=");
    let url = format!("data:image/png;base64,{png}");
    let inline = json!({"inlineData": {"mimeType": "image/png", "data": png}});
    let call = json!({"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{\"a\":1}"});
    for (input, expected) in [
        (json!("Hi"), json!([{"role": "user", "parts": [{"text": "Hi"}]}])),
        (json!([{"role": "user", "content": "Hi"}]), json!([{"role": "user", "parts": [{"text": "Hi"}]}])),
        (
            json!([
                {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "a"}]},
                {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "b", "annotations": []}]},
                {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"},
                {"type": "web_search_call", "id": "ws_1", "status": "completed"},
                {"role": "user", "content": "c"},
            ]),
            json!([
                {"role": "user", "parts": [{"text": "a"}]},
                {"role": "model", "parts": [{"text": "b"}]},
                {"role": "user", "parts": [{"text": "c"}]},
            ]),
        ),
        (
            json!([{"role": "user", "content": [
                {"type": "input_image", "image_url": url, "detail": "auto"},
                {"type": "input_image", "file_id": "files/abc"},
                {"type": "input_file", "filename": "a.png", "file_data": png},
                {"type": "input_file", "file_url": "https://example.com/a.pdf"},
            ]}]),
            json!([{"role": "user", "parts": [
                inline,
                {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/abc"}},
                inline,
                {"fileData": {"mimeType": "application/pdf", "fileUri": "https://example.com/a.pdf"}},
            ]}]),
        ),
        (
            json!([
                {"role": "user", "content": "a"},
                call,
                {"type": "custom_tool_call", "call_id": "c2", "name": "g", "input": "x"},
                {"type": "function_call_output", "call_id": "c1", "output": "{\"b\":2}"},
                {"type": "custom_tool_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "y"}]},
            ]),
            json!([
                {"role": "user", "parts": [{"text": "a"}]},
                {"role": "model", "parts": [
                    {"functionCall": {"name": "f", "args": {"a": 1}}},
                    {"functionCall": {"name": "g", "args": {"input": "x"}}},
                ]},
                {"role": "user", "parts": [
                    {"functionResponse": {"name": "f", "response": {"b": 2}}},
                    {"functionResponse": {"name": "g", "response": {"output": "y"}}},
                ]},
            ]),
        ),
    ] {
        let sent = requested(INPUT_TOKENS, &with_model(&json!({"input": input})), &developer).unwrap();
        assert_eq!(sent, json!({"contents": expected}), "{input}");
    }
}

#[test]
fn a_request_is_wrapped_where_it_is_more_than_contents() {
    let developer = json!({"auth": {"header_value": "k"}});
    let vertex = json!({"auth": {"header_value": "k"}, "model": {"options": {"gemini": {"project_id": "p", "location_id": "global"}}}});
    let contents = json!([{"role": "user", "parts": [{"text": "Hi"}]}]);
    let tools =
        json!([{"type": "function", "name": "f", "parameters": {"type": "object", "properties": {"a": {}}}}]);
    for (members, expected) in [
        (
            json!({"instructions": "Be brief."}),
            json!({"systemInstruction": {"parts": [{"text": "Be brief."}]}}),
        ),
        (
            json!({"tools": tools, "tool_choice": "required", "text": {"format": {"type": "text"}}, "reasoning": {"effort": "low"}}),
            json!({"tools": [{"functionDeclarations": [{"name": "f", "parametersJsonSchema": {"type": "object", "properties": {"a": {}}}}]}]}),
        ),
    ] {
        let mut body = with_model(&json!({"input": "Hi"}));
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let mut flat = json!({"contents": contents});
        flat.as_object_mut().unwrap().extend(expected.as_object().unwrap().clone());
        assert_eq!(requested(INPUT_TOKENS, &body, &vertex).unwrap(), flat, "{members}");
        let mut wrapped = flat;
        wrapped["model"] = "models/gemini-2.5-flash".into();
        let sent = requested(INPUT_TOKENS, &body, &developer).unwrap();
        assert_eq!(sent, json!({"generateContentRequest": wrapped}), "{members}");
    }
}

#[test]
fn one_thing_is_tokenized() {
    let developer = json!({"auth": {"header_value": "k"}});
    let hi = json!({"contents": [{"role": "user", "parts": [{"text": "Hi"}]}]});
    for (body, expected) in [
        (json!({"prompt": "Hi", "add_special_tokens": true, "return_token_strs": false}), hi.clone()),
        (json!({"prompt": ["Hi"]}), hi.clone()),
        (json!({"text": "Hi"}), hi.clone()),
        (json!({"input": "Hi"}), hi.clone()),
        (json!({"input": [{"role": "user", "content": "Hi"}]}), hi.clone()),
        (json!({"messages": [{"role": "user", "content": "Hi"}], "add_generation_prompt": true}), hi.clone()),
        // Of what else a chat may say, the count needs nothing but how closely images are looked at.
        (
            json!({"messages": [{"role": "user", "content": "Hi"}], "temperature": 1, "media_resolution": "low", "safety_settings": []}),
            json!({"generateContentRequest": {"model": "models/gemini-2.5-flash", "contents": hi["contents"],
                "generationConfig": {"mediaResolution": "MEDIA_RESOLUTION_LOW"}}}),
        ),
    ] {
        assert_eq!(requested("/tokenize", &with_model(&body), &developer).unwrap(), expected, "{body}");
    }
}

#[test]
fn what_cannot_be_is_named() {
    let developer = json!({"auth": {"header_value": "k"}});
    let content = |part: Value| json!({"input": [{"role": "user", "content": "a"}, {"role": "user", "content": [part]}], "instructions": "b"});
    let item = |item: Value| json!({"input": [{"role": "user", "content": "a"}, item]});
    for (path, body, param) in [
        (INPUT_TOKENS, json!({}), "input"),
        (INPUT_TOKENS, json!({"input": 1}), "input"),
        (INPUT_TOKENS, json!({"input": []}), "input"),
        ("/tokenize", json!({"input": []}), "input"),
        (INPUT_TOKENS, json!({"input": ["a"]}), "input[0]"),
        (INPUT_TOKENS, json!({"input": "a", "instructions": []}), "instructions"),
        (INPUT_TOKENS, json!({"input": "a", "previous_response_id": "resp_1"}), "previous_response_id"),
        (INPUT_TOKENS, json!({"input": "a", "conversation": "conv_1"}), "conversation"),
        (INPUT_TOKENS, json!({"input": "a", "tools": {}}), "tools"),
        (
            INPUT_TOKENS,
            json!({"input": "a", "tools": [{"type": "mcp", "server_label": "x"}]}),
            "tools[0].type",
        ),
        (INPUT_TOKENS, json!({"input": "a", "model": 1}), "model"),
        (INPUT_TOKENS, item(json!({})), "input[1].type"),
        (INPUT_TOKENS, item(json!({"type": "message", "content": "a"})), "input[1].role"),
        (INPUT_TOKENS, item(json!({"type": "message", "role": "king", "content": "a"})), "input[1].role"),
        (INPUT_TOKENS, item(json!({"type": "message", "role": "user"})), "input[1].content"),
        (INPUT_TOKENS, item(json!({"type": "item_reference", "id": "msg_1"})), "input[1]"),
        (INPUT_TOKENS, item(json!({"type": "odd"})), "input[1].type"),
        (
            INPUT_TOKENS,
            item(json!({"type": "function_call", "name": "f", "arguments": "{}"})),
            "input[1].call_id",
        ),
        (
            INPUT_TOKENS,
            item(json!({"type": "function_call", "call_id": "c", "arguments": "{}"})),
            "input[1].name",
        ),
        (
            INPUT_TOKENS,
            item(json!({"type": "custom_tool_call", "call_id": "c", "name": "f"})),
            "input[1].input",
        ),
        (INPUT_TOKENS, item(json!({"type": "function_call_output", "call_id": "c"})), "input[1].output"),
        (
            INPUT_TOKENS,
            item(json!({"type": "function_call_output", "call_id": "c", "output": "a"})),
            "input[1].call_id",
        ),
        (INPUT_TOKENS, content(json!({"type": "odd"})), "input[1].content[0].type"),
        (INPUT_TOKENS, content(json!({"type": "input_text"})), "input[1].content[0].text"),
        (INPUT_TOKENS, content(json!({"type": "input_image"})), "input[1].content[0].image_url"),
        (
            INPUT_TOKENS,
            content(json!({"type": "input_image", "image_url": "x"})),
            "input[1].content[0].image_url",
        ),
        (
            INPUT_TOKENS,
            content(json!({"type": "input_image", "file_id": "file-1"})),
            "input[1].content[0].file_id",
        ),
        (
            INPUT_TOKENS,
            content(json!({"type": "input_image", "image_url": "gs://b/o.png", "detail": 1})),
            "input[1].content[0].detail",
        ),
        (
            INPUT_TOKENS,
            content(json!({"type": "input_file", "file_url": "x"})),
            "input[1].content[0].file_url",
        ),
        (
            INPUT_TOKENS,
            content(json!({"type": "input_file", "filename": "a.pdf"})),
            "input[1].content[0].file_data",
        ),
        ("/tokenize", json!({}), "prompt"),
        ("/tokenize", json!({"prompt": "a", "messages": []}), "prompt"),
        ("/tokenize", json!({"prompt": "a", "text": "b"}), "text"),
        ("/tokenize", json!({"prompt": [1, 2]}), "prompt"),
        ("/tokenize", json!({"text": {}}), "text"),
        ("/tokenize", json!({"messages": []}), "messages"),
        ("/tokenize", json!({"messages": [{"role": "user"}]}), "messages[0].content"),
        ("/tokenize", json!({"prompt": "a", "return_token_strs": 1}), "return_token_strs"),
    ] {
        let error = requested(path, &with_model(&body), &developer).unwrap_err();
        assert_eq!(error["param"], param, "{body}: {error}");
    }
}

#[test]
fn nothing_is_said_twice() {
    let settings = config(r#"{"auth":{"header_value":"k"}}"#);
    for (path, body, param, field) in [
        (INPUT_TOKENS, r#"{"model":"m","model":"gemini-2.5-flash","input":"a"}"#, None, "model"),
        (INPUT_TOKENS, r#"{"model":"gemini-2.5-flash","input":"a","input":"b"}"#, None, "input"),
        (
            INPUT_TOKENS,
            r#"{"model":"gemini-2.5-flash","input":[{"role":"user","content":"a","content":"b"}]}"#,
            Some("input[0]"),
            "content",
        ),
        ("/tokenize", r#"{"model":"gemini-2.5-flash","prompt":"a","prompt":"b"}"#, None, "prompt"),
        (
            "/tokenize",
            r#"{"model":"gemini-2.5-flash","model":"gemini-2.5-flash","messages":[{"role":"user","content":"a"}]}"#,
            None,
            "model",
        ),
        (
            "/v1/completions",
            r#"{"model":"gemini-2.5-flash","prompt":"a","echo":false,"echo":true}"#,
            None,
            "echo",
        ),
        ("/v1/embeddings", r#"{"model":"gemini-embedding-001","input":"a","input":"b"}"#, None, "input"),
    ] {
        let mut host = Host::new(&settings);
        let head = [(":method", "POST"), (":scheme", "http"), (":path", path)];
        host.request(&Message::new(&head, body.as_bytes()));
        assert_eq!(host.client.header(":status"), Some("400"), "{body}");
        let error = &serde_json::from_slice::<Value>(&host.client.body).unwrap()["error"];
        let subject = param.map_or_else(|| "the request body".to_owned(), |param| format!("'{param}'"));
        let expected = format!("Invalid value for {subject}: duplicate field `{field}`.");
        assert_eq!((&error["message"], &error["param"]), (&expected.into(), &json!(param)), "{body}");
    }
    // What is not read may come as often as it likes.
    let mut host = Host::new(&settings);
    let body = r#"{"model":"gemini-2.5-flash","input":"a","x":1,"x":2}"#;
    host.request(&Message::new(&[(":method", "POST"), (":path", INPUT_TOKENS)], body.as_bytes()));
    assert!(host.upstream.is_some());
}
