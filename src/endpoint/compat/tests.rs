use std::rc::Rc;

use serde_json::Value;

use crate::exchange::Vm;
use crate::held::Total;
use crate::testing::{Host, Message, NoTokens, Remembered, cases, config};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

const CONFIG: &str = r#"{"upstream_format":"openai","auth":{"header_value":"k"}}"#;

#[test]
fn goldens() {
    for case in cases("compat") {
        case.check();
    }
}

#[test]
fn streams_do_not_depend_on_where_they_are_cut() {
    let replays: usize = cases("compat").map(|case| case.check_cuts()).sum();
    assert!(replays > 1000, "only {replays} replays");
}

#[test]
fn streams_keep_openais_contract() {
    let streams = crate::endpoint::chat::tests::check_contract("compat");
    assert!(streams > 10, "only {streams} streams");
}

/// What Google gets of the client's `body`.
fn sent(json: &str, body: &str) -> String {
    let mut host = Host::new(&config(json));
    host.request(&Message::chat(body));
    host.upstream.unwrap_or(host.client).text().to_owned()
}

/// What the client gets of Google's `reply` to `asked`.
fn told(asked: &str, reply: &str) -> String {
    let mut host = Host::new(&config(CONFIG));
    host.request(&Message::chat(asked));
    host.reply(&Message::reply("200", "application/json", ""), [reply.as_bytes()], false);
    host.client.text().to_owned()
}

#[test]
fn a_request_without_need_of_change_goes_as_it_is() {
    for body in [
        r#"{"model":"gemini-2.5-flash","messages":[]}"#,
        "\n{ \"messages\":[{\"role\":\"user\", \"content\":\"h\\u00e9\\/ \\ud83d\"}] ,\"seed\":1e3,\t\"model\": \"gemini-2.5-flash\",\"x\":{}} \n",
        r#"{"model":"gemini-2.5-flash","stream":true,"messages":1,"stream_options":{ "include_usage": true }}"#,
        r#"{"model":"gemini-3-pro-preview","messages":[{"role":"assistant","tool_calls":[7]},{"role":"user"}]}"#,
        r#"{"model":"gemini-3-pro-preview","messages":[{"role":"user"},{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"f"},"extra_content":{"google":{"thought_signature":"c2ln"}}}]}]}"#,
    ] {
        assert_eq!(sent(CONFIG, body), body);
    }
}

#[test]
fn a_change_leaves_the_rest_as_it_is() {
    let forced = r#"{"upstream_format":"openai","auth":{"header_value":"k"},"model":{"name":"gemini-3.6-flash","options":{"max_tokens":9,"temperature":0.5}},"model_policy":"pin","options_mode":"force"}"#;
    for (json, body, expected) in [
        (CONFIG, r#"{"model":"models/gemini-2.5-flash","n":1.0}"#, r#"{"model":"gemini-2.5-flash","n":1.0}"#),
        (
            CONFIG,
            r#"{"model":"m", "stream":true}"#,
            r#"{"model":"m", "stream":true,"stream_options":{"include_usage":true}}"#,
        ),
        (
            CONFIG,
            r#"{"stream_options":{"include_usage":false,"x":[ ]},"model":"m", "stream":true}"#,
            r#"{"stream_options":{"include_usage":true,"x":[ ]},"model":"m", "stream":true}"#,
        ),
        (
            CONFIG,
            r#"{"stream_options":{},"model":"m","stream":true}"#,
            r#"{"stream_options":{"include_usage":true},"model":"m","stream":true}"#,
        ),
        // The model takes no temperature, so that the operator's stays away.
        (
            forced,
            r#"{"max_tokens":1e3,"model":"gpt-4o","max_completion_tokens":7 }"#,
            r#"{"max_tokens":9,"model":"gemini-3.6-flash","max_completion_tokens":9 }"#,
        ),
    ] {
        assert_eq!(sent(json, body), expected);
    }
}

#[test]
fn what_is_forced_has_no_other_name() {
    let forced = |mode: &str| {
        format!(
            r#"{{"upstream_format":"openai","auth":{{"header_value":"k"}},"options_mode":"{mode}","model":{{"options":{{"max_tokens":9,"top_p":0.5}}}}}}"#
        )
    };
    for (options, param) in [
        (r#""generation_config":{"maxOutputTokens":99}"#, "generation_config.maxOutputTokens"),
        (r#""generationConfig":{"top_p":1}"#, "generationConfig.top_p"),
        (r#""google":{"generationConfig":{"topP":1}}"#, "google.generationConfig.topP"),
        (
            r#""extra_body":{"google":{"generation_config":{"max_output_tokens":99}}}"#,
            "extra_body.google.generation_config.max_output_tokens",
        ),
        (
            r#""extra_body":{"extra_body":{"google":{"generation_config":{"max_output_tokens":99}}}}"#,
            "extra_body.extra_body.google.generation_config.max_output_tokens",
        ),
        (
            r#""extra_body":{"google":{"generation_config":{"top_p":1}},"google":{}}"#,
            "extra_body.google.generation_config.top_p",
        ),
        (r#""extra_body":{"max_tokens":99}"#, "extra_body.max_tokens"),
        (r#""maxCompletionTokens":99"#, "maxCompletionTokens"),
        (r#""topP":1"#, "topP"),
    ] {
        let body = format!(r#"{{"model":"gemini-2.5-flash","messages":[],{options}}}"#);
        let told: Value = serde_json::from_str(&sent(&forced("force"), &body)).unwrap();
        assert_eq!(
            (&told["error"]["param"], &told["error"]["code"]),
            (&param.into(), &"unsupported_parameter".into()),
            "{body}"
        );
        let passed = sent(&forced("default"), &body);
        assert!(passed.contains(options), "{passed}");
    }
    let others =
        r#""extra_body":{"google":{"generation_config":{"temperature":2,"topP":null},"x":{"top_p":1}}}"#;
    let body = format!(r#"{{"model":"gemini-2.5-flash","top_p":1,{others}}}"#);
    let expected = format!(r#"{{"model":"gemini-2.5-flash","top_p":0.5,{others},"max_tokens":9}}"#);
    assert_eq!(sent(&forced("force"), &body), expected);
}

#[test]
fn what_is_read_must_be_what_it_should_be() {
    for (body, expected) in [
        ("[]", "expected an object"),
        (r#"{"model":1}"#, "'model'"),
        (r#"{"model":"m","model":"n"}"#, "Duplicate parameter: 'model'"),
        (r#"{"model":"m","stream":"yes"}"#, "'stream'"),
        (r#"{"model":"m","stream":true,"stream_options":[]}"#, "'stream_options'"),
        (r#"{"model":"a/b"}"#, "model name is not valid"),
        ("{}", "model parameter not found"),
    ] {
        let error: Value = serde_json::from_str(&sent(CONFIG, body)).unwrap();
        assert!(error["error"]["message"].as_str().unwrap().contains(expected), "{body}: {error}");
    }
}

#[test]
fn a_dropped_signature_comes_back_from_memory() {
    let asked = r#"{"model":"gemini-3-flash-preview","messages":[{"role":"user","content":"a"}]}"#;
    let call = r#"{"function":{"name":"f","arguments":"{}"},"id":"f","type":"function"}"#;
    let signed = call.replace("\"id\"", r#""extra_content":{"google":{"thought_signature":"c2ln"}},"id""#);
    let beside = r#","extra_content":{"google":{"thought_signature":"c2ln"}}"#;
    for (call, message) in [(signed.as_str(), ""), (call, beside)] {
        let memory = Rc::new(Remembered::default());
        let host = || {
            let memory = Rc::<Remembered>::clone(&memory);
            Host::within(&config(CONFIG), Vm { held: Total::default(), memory, tokens: Rc::new(NoTokens) })
        };
        let mut first = host();
        first.request(&Message::chat(asked));
        let reply = format!(r#"{{"choices":[{{"index":0,"message":{{"tool_calls":[{call}]{message}}}}}]}}"#);
        first.reply(&Message::reply("200", "application/json", ""), [reply.as_bytes()], false);
        let reply: Value = serde_json::from_str(first.client.text()).unwrap();
        let id = reply["choices"][0]["message"]["tool_calls"][0]["id"].as_str().unwrap();
        assert!(id.starts_with("call_"));
        let mut second = host();
        second.request(&Message::chat(&format!(
            r#"{{"model":"gemini-3-flash-preview","messages":[{{"role":"user","content":"a"}},{{"role":"assistant","tool_calls":[{{"id":"{id}","function":{{"name":"f"}}}}]}},{{"role":"tool","tool_call_id":"{id}"}}]}}"#
        )));
        let sent: Value = serde_json::from_str(second.upstream.unwrap().text()).unwrap();
        let call = &sent["messages"][1]["tool_calls"][0];
        assert_eq!(call["extra_content"]["google"]["thought_signature"], "c2ln", "{call}");
    }
}

#[test]
fn a_reply_that_is_right_stays_as_it_is() {
    let asked = r#"{"model":"gemini-2.5-flash","messages":[]}"#;
    let reply = "{ \"id\":\"1\",\"object\":\"chat.completion\",\"created\":1,\n \"model\":\"m\",\"choices\":[ {\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":\"\\u00e9 <thought>\",\"refusal\":null,\"x\":1.50},\"logprobs\":null,\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3}}";
    assert_eq!(told(asked, reply).replace(' ', ""), reply.replace(' ', ""));
}

#[test]
fn every_end_has_openais_word() {
    let asked = r#"{"model":"gemini-2.5-flash","messages":[]}"#;
    let call = r#","tool_calls":[{"id":"1","function":{"name":"f","arguments":"{}"}}]"#;
    for (reason, calls, expected) in [
        ("null", "", "stop"),
        ("null", call, "tool_calls"),
        ("\"stop\"", "", "stop"),
        ("\"stop\"", call, "tool_calls"),
        ("\"tool_calls\"", "", "stop"),
        ("\"tool_calls\"", call, "tool_calls"),
        ("\"stop\"", r#","function_call":{"name":"f"}"#, "function_call"),
        ("\"length\"", call, "length"),
        ("\"MAX_TOKENS\"", "", "length"),
        ("\"content_filter\"", "", "content_filter"),
        ("\"SAFETY\"", "", "content_filter"),
        ("\"content_filter: RECITATION\"", "", "content_filter"),
        ("\"function_call_filter: UNEXPECTED_TOOL_CALL\"", "", "stop"),
    ] {
        let reply = format!(
            r#"{{"choices":[{{"index":0,"finish_reason":{reason},"message":{{"content":"a"{calls}}}}}]}}"#
        );
        let reply: Value = serde_json::from_str(&told(asked, &reply)).unwrap();
        assert_eq!(reply["choices"][0]["finish_reason"], expected, "{reason}{calls}");
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;

    const JSON: &str = r#"(\{|\}|\[|\]|,|:|"(choices|delta|message|index|tool_calls|function|name|id|usage|error|messages|model|stream|role|assistant|extra_content|finish_reason|1)"|null|true|1|é| |
|data: |\[DONE\]){0,24}"#;

    proptest! {
        #[test]
        fn any_bytes_are_taken_without_panic(body: Vec<u8>, text in JSON, reply in JSON, stream: bool) {
            for body in [body, text.into_bytes(), format!("{{\"model\":\"m\",\"stream\":{stream}}}").into_bytes()] {
                let mut host = Host::new(&config(CONFIG));
                let mut message = Message::chat("");
                message.body = body;
                host.request(&message);
                if host.upstream.is_some() {
                    let head = Message::reply("200", "text/event-stream", "");
                    host.reply(&head, reply.as_bytes().chunks(7), false);
                }
            }
        }

        #[test]
        fn a_stream_with_members_of_any_kind_is_read(
            value in r#"(null|1|""|"a"|\[\]|\{\}|\[1\]|\[\{\}\]|\[\{"function":(\{\}|null|\{"name":("f"|1)\}),"id":("f"|""|1)\}\])"#,
            member in "(choices|usage|id|model|error)",
            inner in "(delta|index|finish_reason|message|logprobs)",
            deepest in "(role|content|tool_calls|extra_content|function_call)",
        ) {
            let streams = [
                format!("data: {{\"{member}\":{value}}}\n\n"),
                format!("data: {{\"choices\":[{{\"{inner}\":{value}}}]}}\n\n"),
                format!("data: {{\"choices\":[{{\"delta\":{{\"{deepest}\":{value}}}}}]}}\n\n"),
            ];
            let mut host = Host::new(&config(CONFIG));
            host.request(&Message::chat(r#"{"model":"m","stream":true,"messages":[]}"#));
            let stream = [streams.concat(), "data: [DONE]\n\n".to_owned()].concat();
            host.reply(&Message::reply("200", "text/event-stream", ""), [stream.as_bytes()], false);
            for event in host.client.text().split_terminator("\n\n") {
                let json = event.strip_prefix("data: ");
                prop_assert!(json == Some("[DONE]") || serde_json::from_str::<Value>(json.unwrap_or_default()).is_ok());
            }
        }
    }
}
