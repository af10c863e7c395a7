use serde_json::Value;
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
        (r#"{"prompt":[[]]}"#, "prompt", "unsupported_value"),
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
    for (length, n, echoed) in
        [(1 << 20, 1, true), ((1 << 20) + 1, 1, false), (1 << 18, 4, true), (1 << 18, 5, false)]
    {
        let prompt = "a".repeat(length);
        let body = serde_json::json!({"model": "gemini-2.5-flash", "prompt": prompt, "n": n, "echo": true});
        assert_eq!(requested(&body.to_string()).is_ok(), echoed, "{length} {n}");
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
