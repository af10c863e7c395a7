use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::testing::{Host, Message, cases, config};

#[test]
fn goldens() {
    for case in cases("completions") {
        case.check();
    }
}

#[test]
fn streams_do_not_depend_on_where_they_are_cut() {
    let replays: usize = cases("completions").map(|case| case.check_cuts()).sum();
    assert!(replays > 1000, "only {replays} replays");
}

/// What Google gets for `body`, or what the client is told in its place.
fn requested(body: &str) -> Result<Value, Value> {
    let path = (":path", "/v1/completions");
    let message = Message::new(&[(":method", "POST"), (":scheme", "https"), path], body.as_bytes());
    let mut host = Host::new(&config(r#"{"auth":{"header_value":"k"}}"#));
    host.request(&message);
    let read = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    host.upstream.map(|sent| read(&sent.body)).ok_or_else(|| read(&host.client.body)["error"].clone())
}

#[test]
fn a_prompt_is_a_turn() {
    let turn = |text: &str| serde_json::json!([{"role": "user", "parts": [{"text": text}]}]);
    for (prompt, expected) in [
        (r#""Say \"hi\"""#, "Say \"hi\""),
        (r#"["Hi"]"#, "Hi"),
        (r#""""#, " "),
        (r#"[""]"#, " "),
        (r#""a\ud83d""#, "a\u{fffd}"),
    ] {
        let sent = requested(&format!(r#"{{"model":"gemini-2.5-flash","prompt":{prompt}}}"#)).unwrap();
        assert_eq!(sent, serde_json::json!({"contents": turn(expected)}), "{prompt}");
    }
}

#[test]
fn parameters() {
    let contents = serde_json::json!([{"role": "user", "parts": [{"text": "a"}]}]);
    for (members, expected) in [
        // Nothing is assumed where nothing is asked.
        (r#""max_tokens":null,"suffix":null,"echo":null,"best_of":null,"logprobs":null,"n":null"#, "null"),
        (
            r#""max_tokens":-1,"suffix":"","echo":false,"best_of":1,"n":1,"logit_bias":{"50256":-100},"user":"u""#,
            "null",
        ),
        (r#""logprobs":0"#, r#"{"responseLogprobs":true}"#),
        (r#""logprobs":5"#, r#"{"responseLogprobs":true,"logprobs":5}"#),
        (
            r#""n":2,"best_of":2,"max_tokens":7,"stop":"\n""#,
            r#"{"candidateCount":2,"maxOutputTokens":7,"stopSequences":["\n"]}"#,
        ),
        // What the reply has no place for is not asked for.
        (
            r#""tools":[{"type":"function","function":{"name":"f"}}],"tool_choice":"required","modalities":["audio"],"audio":{}"#,
            "null",
        ),
        (r#""top_logprobs":3"#, "null"),
    ] {
        let sent = requested(&format!(r#"{{"model":"gemini-2.5-flash","prompt":"a",{members}}}"#)).unwrap();
        let mut body = serde_json::json!({"contents": contents});
        let generation: Value = serde_json::from_str(expected).unwrap();
        if !generation.is_null() {
            body["generationConfig"] = generation;
        }
        assert_eq!(sent, body, "{members}");
    }
}

#[test]
fn what_cannot_be_is_named() {
    for (body, param, code) in [
        (r#"{"prompt":["a","b"]}"#, "prompt", "unsupported_value"),
        (r#"{"prompt":[1212,318]}"#, "prompt", "unsupported_value"),
        (r#"{"prompt":[-1]}"#, "prompt", "unsupported_value"),
        (r#"{"prompt":[[1212,318]]}"#, "prompt", "unsupported_value"),
        (r#"{"prompt":[[ 1212]]}"#, "prompt", "unsupported_value"),
        (r#"{"prompt":[[]]}"#, "prompt[0]", "invalid_type"),
        (r#"{"prompt":[["a"]]}"#, "prompt[0]", "invalid_type"),
        (r#"{"prompt":[]}"#, "prompt", "empty_array"),
        (r#"{"prompt":[null]}"#, "prompt[0]", "invalid_type"),
        (r#"{"prompt":[{}]}"#, "prompt[0]", "invalid_type"),
        (r#"{"prompt":{}}"#, "prompt", "invalid_type"),
        (r#"{"prompt":1}"#, "prompt", "invalid_type"),
        (r#"{"prompt":null}"#, "prompt", "missing_required_parameter"),
        (r#"{}"#, "prompt", "missing_required_parameter"),
        (r#"{"messages":[{"role":"user","content":"a"}]}"#, "prompt", "missing_required_parameter"),
        (r#"{"prompt":"a","messages":[]}"#, "prompt", "unknown_parameter"),
        (r#"{"prompt":"a","suffix":"b"}"#, "suffix", "unsupported_parameter"),
        (r#"{"prompt":"a","suffix":1}"#, "suffix", "invalid_type"),
        (r#"{"prompt":"a","best_of":2}"#, "best_of", "unsupported_value"),
        (r#"{"prompt":"a","best_of":3,"n":2}"#, "best_of", "unsupported_value"),
        (r#"{"prompt":"a","best_of":"1"}"#, "best_of", "invalid_type"),
        (
            r#"{"prompt":"a","n":3,"best_of":3,"generation_config":{"candidateCount":2}}"#,
            "best_of",
            "unsupported_value",
        ),
        (
            r#"{"prompt":"a","google":{"tools":[{"google_search":{}},{"function_declarations":[{"name":"f"}]}]}}"#,
            "google.tools[1].function_declarations",
            "unsupported_value",
        ),
        (
            r#"{"prompt":"a","extra_body":{"google":{"tools":[{"functionDeclarations":[]}]}}}"#,
            "extra_body.google.tools[0].functionDeclarations",
            "unsupported_value",
        ),
        (r#"{"prompt":"a","google":{"tools":[1]}}"#, "google.tools[0]", "invalid_type"),
        (r#"{"prompt":"a","max_tokens":0}"#, "max_tokens", "integer_below_min_value"),
        (r#"{"prompt":"a","echo":1}"#, "echo", "invalid_type"),
        (r#"{"prompt":"a","echo":true,"logprobs":0}"#, "logprobs", "unsupported_value"),
        (r#"{"prompt":"a","logprobs":-1}"#, "logprobs", "integer_below_min_value"),
        (r#"{"prompt":"a","logprobs":21}"#, "logprobs", "integer_above_max_value"),
        (r#"{"prompt":"a","logprobs":true}"#, "logprobs", "invalid_type"),
        (r#"{"prompt":"a","n":9}"#, "n", "integer_above_max_value"),
        (r#"{"prompt":"a","temperature":3}"#, "temperature", "integer_above_max_value"),
        (r#"{"prompt":"a","model":"gemini-2.5-flash-preview-tts"}"#, "model", "unsupported_value"),
        (r#"{"prompt":"a","model":"gemini-3-pro-image-preview"}"#, "model", "unsupported_value"),
    ] {
        let mut asked: Value = serde_json::json!({"model": "gemini-2.5-flash"});
        asked.as_object_mut().unwrap().extend(serde_json::from_str::<serde_json::Map<_, _>>(body).unwrap());
        let error = requested(&asked.to_string()).unwrap_err();
        assert_eq!((&error["param"], &error["code"]), (&param.into(), &code.into()), "{body}: {error}");
    }
}

#[test]
fn so_much_is_echoed() {
    for (length, n, own, echoed) in [
        (1 << 20, 1, json!({}), true),
        ((1 << 20) + 1, 1, json!({}), false),
        (1 << 18, 4, json!({}), true),
        (1 << 18, 5, json!({}), false),
        // Of both numbers Google's own counts, as it does for Google.
        (1 << 18, 1, json!({"candidateCount": 4}), true),
        (1 << 18, 1, json!({"candidateCount": 5}), false),
        (1 << 18, 1, json!({"candidate_count": "5"}), false),
        (1 << 18, 8, json!({"candidateCount": 4.0}), true),
        (1 << 20, 1, json!({"candidateCount": 0}), true),
    ] {
        let prompt = "a".repeat(length);
        for place in ["generation_config", "google"] {
            let mut body = json!({"model": "gemini-2.5-flash", "prompt": prompt, "n": n, "echo": true});
            body[place] = if place == "google" { json!({"generation_config": own}) } else { own.clone() };
            assert_eq!(requested(&body.to_string()).is_ok(), echoed, "{length} {n} {own}");
        }
    }
}

/// How a completion ends that Google ends with `candidate`: in one piece, folded out of a stream, and streamed.
fn ended(candidate: &Value) -> [Value; 3] {
    let whole = r#"{"auth":{"header_value":"k"}}"#;
    let ahead =
        r#"{"auth":{"header_value":"k"},"request_mode":"headers","model":{"name":"gemini-2.5-flash"}}"#;
    [(whole, false), (ahead, false), (whole, true)].map(|(settings, stream)| {
        let mut host = Host::new(&config(settings));
        let body = json!({"model": "gemini-2.5-flash", "prompt": "a", "stream": stream}).to_string();
        let path = (":path", "/v1/completions");
        host.request(&Message::new(&[(":method", "POST"), (":scheme", "https"), path], body.as_bytes()));
        let google = json!({"candidates": [candidate]}).to_string();
        let reply = match (settings == ahead, stream) {
            (false, false) => Message::reply("200", "application/json", &google),
            _ => Message::reply("200", "text/event-stream", &format!("data: {google}\n\n")),
        };
        host.reply(&reply, [&reply.body[..]], false);
        if host.cut {
            return "cut".into();
        }
        let last = host.client.text().split("data: ").filter(|event| event.starts_with('{')).last();
        let told: Value = serde_json::from_str(last.unwrap()).unwrap();
        let code = told["error"]["code"].as_str();
        code.map_or_else(|| told["choices"][0]["finish_reason"].clone(), Value::from)
    })
}

#[test]
fn a_call_is_no_reason_to_end() {
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    for (parts, reason, expected) in [
        (json!([call]), "STOP", "stop"),
        (json!([{"text": "a"}, call]), "STOP", "stop"),
        (json!([call]), "MAX_TOKENS", "length"),
        (json!([{"text": "a"}, call]), "UNEXPECTED_TOOL_CALL", "stop"),
        (json!([call]), "UNEXPECTED_TOOL_CALL", "malformed_function_call"),
        (json!([{"inlineData": {"mimeType": "image/png", "data": "AAAA"}}]), "OTHER", "content_filter"),
    ] {
        let candidate = json!({"content": {"role": "model", "parts": parts}, "finishReason": reason});
        // The head of a folded reply has gone by the end of the stream.
        let folded = if expected == "malformed_function_call" { "cut" } else { expected };
        assert_eq!(ended(&candidate), [expected, folded, expected].map(Value::from), "{candidate}");
    }
}

#[test]
fn streams_keep_openais_contract() {
    let mut streams = 0_usize;
    for case in cases("completions") {
        let (reply, name) = (case.replied(), case.name());
        if !reply.header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")) {
            continue;
        }
        streams = streams.saturating_add(1);
        let (events, done) = match reply.text().strip_suffix("data: [DONE]\n\n") {
            Some(events) => (events, true),
            None => (reply.text(), false),
        };
        let events = events.split_terminator("\n\n").map(|event| event.strip_prefix("data: ").unwrap());
        let events: Vec<Value> = events.map(|event| serde_json::from_str(event).unwrap()).collect();
        assert_eq!(done, events.last().unwrap().get("error").is_none(), "{name}: an error is the end");
        let chunks = || events.iter().filter(|event| event.get("error").is_none());
        for chunk in chunks() {
            assert_eq!(chunk["object"], "text_completion", "{name}");
            for member in ["id", "created", "model"] {
                assert_eq!(chunk[member], events[0][member], "{name}");
            }
            for choice in chunk["choices"].as_array().unwrap() {
                assert!(choice["text"].is_string() && choice["index"].is_u64(), "{name}");
                assert!(choice.get("logprobs").is_some() && choice.get("finish_reason").is_some(), "{name}");
            }
        }
        let choices = || chunks().flat_map(|chunk| chunk["choices"].as_array().unwrap());
        for index in choices().map(|choice| &choice["index"]) {
            let of_it = choices().filter(|choice| choice["index"] == *index);
            let ends = of_it.filter(|choice| !choice["finish_reason"].is_null()).count();
            assert_eq!(ends, usize::from(done), "{name}");
        }
    }
    assert!(streams > 8, "only {streams} streams");
}
