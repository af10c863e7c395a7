use std::time::Duration;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

mod apisix;
mod auth;
mod deck;
mod google;
mod kong;
mod plugin;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod references;
#[cfg(not(target_arch = "wasm32"))]
mod schema;
mod unworkable;
mod upstream;

fn env(name: &str) -> Option<String> {
    let value = match name {
        "GEMINI_API_KEY" => "AIzaFromEnv",
        "DECK_key" => "AIzaLower",
        "PADDED" => " \tAIzaPadded \r\n",
        "TWO_LINES" => "AIza\nTwo",
        "EMPTY" => " \n",
        "MODEL" => "gemini-2.5-pro",
        "STREAMING" => "deny",
        _ => return None,
    };
    Some(value.to_owned())
}

#[track_caller]
fn load(json: &str) -> Config {
    Config::load(json.as_bytes(), &env).unwrap_or_else(|error| panic!("{json}\n{error}"))
}

#[track_caller]
fn refused(json: &str) -> String {
    match Config::load(json.as_bytes(), &env) {
        Err(error) => error.to_string(),
        Ok(config) => panic!("{json}\n{config:?}"),
    }
}

#[track_caller]
fn refuses(table: &[(&str, &str)]) {
    for (json, message) in table {
        assert_eq!(refused(json), *message, "{json}");
    }
}

/// Every field of ours, none at its default.
const EVERY_FIELD: &str = r#"{
    "auth": {"header_name": "Authorization", "header_value": "Bearer x y",
             "param_name": "token", "param_value": "a/b c", "param_location": "query", "force_query": true},
    "model": {"provider": "gemini", "name": "gemini-2.5-flash", "model_alias": ["gpt-4o", "fast"],
              "capabilities": {"thinking": "level", "penalties": true, "call_ids": false, "output": "image"},
              "options": {"max_tokens": 256, "temperature": 1.0, "top_p": 0.25, "top_k": 40,
                          "upstream_url": "https://llm.example.com:8443/v1/x"}},
    "options_mode": "force", "model_policy": "pin", "route_type": "llm/v1/chat", "llm_format": "openai",
    "response_streaming": "always", "max_request_body_size": 1048576, "model_name_header": "X-Model",
    "unmatched": "pass", "body_wait": 0.25, "max_held_bytes": 2097152
}"#;

#[test]
fn nothing_configured_is_the_default() {
    for json in ["{}", "", " \n", "null", r#"{"config":null}"#, r#"{"auth":{},"model":{"options":{}}}"#] {
        let config = load(json);
        assert_eq!((config.auth.header(), config.auth.query()), (None, None));
        assert_eq!(config.model, Model::default());
        assert_eq!(config.options, Options::default());
        assert_eq!(config.options_mode, OptionsMode::Default);
        assert_eq!(config.model_policy, ModelPolicy::Match);
        assert_eq!(config.route_type, RouteType::Auto);
        assert_eq!(config.llm_format, LlmFormat::Auto);
        assert_eq!(config.response_streaming, ResponseStreaming::Allow);
        assert_eq!(config.max_request_body_size, Some(104_857_600));
        assert_eq!(config.model_name_header.as_deref(), Some("x-llm-model"));
        assert_eq!(config.unmatched, Unmatched::Error);
        assert_eq!(config.body_wait, Duration::from_millis(1500));
        assert_eq!(config.max_held_bytes, 268_435_456);
        assert_eq!(config.upstream.authority, "generativelanguage.googleapis.com");
        assert_eq!(config.upstream.path, None);
        assert_eq!(config.warnings(), ["auth: no credential is configured, requests go out without one"]);
    }
}

#[test]
fn every_field_is_read() {
    let config = load(EVERY_FIELD);
    assert_eq!(config.auth.header(), Some(("authorization", "Bearer x y")));
    assert_eq!(config.auth.query(), Some(("token", "a/b c")));
    assert_eq!(config.model.name.as_deref(), Some("gemini-2.5-flash"));
    assert_eq!(config.model.aliases, ["gpt-4o", "fast"]);
    let capabilities = Capabilities {
        thinking: Some(ThinkingControl::Level),
        penalties: Some(true),
        call_ids: Some(false),
        output: Some(Output::Image),
        ..Capabilities::default()
    };
    assert_eq!(config.model.capabilities, capabilities);
    assert_eq!(config.options.max_tokens, Some(256));
    assert_eq!(config.options.temperature.as_ref().map(Number::to_string).as_deref(), Some("1"));
    assert_eq!(config.options.top_p.as_ref().map(Number::to_string).as_deref(), Some("0.25"));
    assert_eq!(config.options.top_k, Some(40));
    assert_eq!(config.upstream.authority, "llm.example.com:8443");
    assert_eq!(config.upstream.path.as_deref(), Some("/v1/x"));
    assert_eq!(config.options_mode, OptionsMode::Force);
    assert_eq!(config.model_policy, ModelPolicy::Pin);
    assert_eq!(config.route_type, RouteType::Chat);
    assert_eq!(config.llm_format, LlmFormat::OpenAi);
    assert_eq!(config.response_streaming, ResponseStreaming::Always);
    assert_eq!(config.max_request_body_size, Some(1_048_576));
    assert_eq!(config.model_name_header.as_deref(), Some("x-model"));
    assert_eq!(config.unmatched, Unmatched::Pass);
    assert_eq!(config.body_wait, Duration::from_millis(250));
    assert_eq!(config.max_held_bytes, 2_097_152);
}

#[test]
fn other_spellings_of_a_field() {
    assert_eq!(load(r#"{"max_request_body_size":0}"#).max_request_body_size, None);
    assert_eq!(load(r#"{"model_name_header":false}"#).model_name_header, None);
    assert_eq!(load(r#"{"model":{"name":"m","model_alias":"a"}}"#).model.aliases, ["a"]);
    assert_eq!(load(r#"{"model":{"name":"m","model_alias":["a",null]}}"#).model.aliases, ["a"]);
    assert_eq!(load(r#"{"model":{"options":{"temperature":0,"top_p":1,"top_k":0}}}"#).options.top_k, Some(0));
    assert_eq!(load(r#"{"body_wait":3}"#).body_wait, Duration::from_secs(3));
}

#[test]
fn unknown_and_mistyped_fields() {
    refuses(&[
        (
            r#"{"modle":{}}"#,
            "unknown field `modle`, expected one of `auth`, `model`, `options_mode`, `model_policy`, `route_type`, \
             `llm_format`, `response_streaming`, `max_request_body_size`, `model_name_header`, `unmatched`, \
             `body_wait`, `thought_signatures`, `request_mode`, `upstream_format`, `rewrite`, `upstream_cluster`, \
             `cluster_header`, `allowed_hosts`, `uri_template`, `metadata_as_labels`, `video_storage_uri`, \
             `routes`, `max_held_bytes`",
        ),
        (
            r#"{"auth":{"header":"x"}}"#,
            "auth: unknown field `header`, expected one of `header_name`, `header_value`, `param_name`, \
             `param_value`, `param_location`, `force_query`, `gcp_use_service_account`, `gcp_service_account_json`, \
             `gcp_metadata_url`, `gcp_oauth_token_url`, `gcp_impersonate_service_account`, \
             `gcp_access_token_header`, `gcp_oauth_token_cluster`, `gcp_metadata_cluster`, `gcp_sts_cluster`, \
             `gcp_iamcredentials_cluster`, `gcp_subject_token_cluster`, `gcp_token_wait`",
        ),
        (
            r#"{"model":{"title":"x"}}"#,
            "model: unknown field `title`, expected one of `provider`, `name`, `model_alias`, `capabilities`, \
             `options`",
        ),
        (
            r#"{"model":{"options":{"temprature":1}}}"#,
            "model.options: unknown field `temprature`, expected one of `max_tokens`, `temperature`, `top_p`, \
             `top_k`, `embeddings_dimensions`, `upstream_url`, `gemini`",
        ),
        ("[]", "expected an object, found an array"),
        ("7", "expected an object, found an integer"),
        (r#"{"auth":[]}"#, "auth: expected an object, found an array"),
        (r#"{"auth":"AIza"}"#, "auth: expected an object, found a string"),
        (r#"{"auth":{"header_value":42}}"#, "auth.header_value: expected a string, found an integer"),
        (r#"{"auth":{"force_query":"yes"}}"#, "auth.force_query: expected a boolean, found a string"),
        (r#"{"model":"gemini"}"#, "model: expected an object, found a string"),
        (r#"{"model":{"name":["m"]}}"#, "model.name: expected a string, found an array"),
        (
            r#"{"model":{"model_alias":7}}"#,
            "model.model_alias: expected a string or an array of strings, found an integer",
        ),
        (r#"{"model":{"model_alias":["a",7]}}"#, "model.model_alias[1]: expected a string, found an integer"),
        (
            r#"{"model":{"options":{"max_tokens":"9"}}}"#,
            "model.options.max_tokens: expected an integer, found a string",
        ),
        (
            r#"{"model":{"options":{"max_tokens":9.5}}}"#,
            "model.options.max_tokens: expected an integer, found a decimal",
        ),
        (
            r#"{"model":{"options":{"temperature":"1"}}}"#,
            "model.options.temperature: expected a number, found a string",
        ),
        (
            r#"{"model":{"options":{"top_k":{}}}}"#,
            "model.options.top_k: expected an integer, found an object",
        ),
        (r#"{"max_request_body_size":"1MB"}"#, "max_request_body_size: expected an integer, found a string"),
        (
            r#"{"model_name_header":1}"#,
            "model_name_header: expected a boolean or a header name, found an integer",
        ),
        (r#"{"body_wait":"1s"}"#, "body_wait: expected a number, found a string"),
        (r#"{"options_mode":true}"#, "options_mode: expected a string, found a boolean"),
        (r#"{"options_mode":{}}"#, "options_mode: expected a string, found an object"),
        ("{", "invalid JSON: EOF while parsing an object at line 1 column 1"),
        ("{\n  \"auth\": {},\n}", "invalid JSON: trailing comma at line 3 column 1"),
        (r#"{"auth":{},"auth":{}}"#, "field `auth` is there twice"),
        (r#"{"auth":{"header_value":"a","header_value":"b"}}"#, "auth: field `header_value` is there twice"),
    ]);
}

#[test]
fn words_outside_their_list() {
    refuses(&[
        (r#"{"model":{"provider":"openai"}}"#, "model.provider: expected `gemini`"),
        (r#"{"options_mode":"merge"}"#, "options_mode: expected `default` or `force`"),
        (r#"{"model_policy":"x"}"#, "model_policy: expected `match` or `pin`"),
        (
            r#"{"route_type":"chat"}"#,
            "route_type: expected one of `auto`, `llm/v1/chat`, `llm/v1/completions`, `llm/v1/embeddings`, \
             `llm/v1/models`, `llm/v1/rerank`, `image/v1/images/generations`, `image/v1/images/edits`, \
             `audio/v1/audio/speech`, `audio/v1/audio/transcriptions`, `audio/v1/audio/translations`, \
             `video/v1/videos/generations`",
        ),
        (r#"{"llm_format":"x"}"#, "llm_format: expected `auto` or `openai`"),
        (
            r#"{"response_streaming":"never"}"#,
            "response_streaming: expected one of `allow`, `deny`, `always`",
        ),
        (r#"{"unmatched":"404"}"#, "unmatched: expected `error` or `pass`"),
        (
            r#"{"auth":{"param_name":"key","param_value":"k","param_location":"path"}}"#,
            "auth.param_location: expected `query`",
        ),
        (
            r#"{"auth":{"param_name":"key","param_value":"k","param_location":"body"}}"#,
            "auth.param_location: body is not supported, Google reads no credential from a body, use `query`",
        ),
    ]);
}

#[test]
fn numbers_outside_their_range() {
    for (field, value, message) in [
        ("max_tokens", "0", "expected an integer from 1 to 2147483647"),
        ("max_tokens", "-1", "expected an integer from 1 to 2147483647"),
        ("max_tokens", "2147483648", "expected an integer from 1 to 2147483647"),
        (
            "temperature",
            "2.1",
            "expected a number from 0 to 2: other gateways' configurations may have more, Google's models do not take it",
        ),
        ("temperature", "-0.1", "expected a number from 0 to 2"),
        ("top_p", "1.01", "expected a number from 0 to 1"),
        ("top_k", "501", "expected an integer from 0 to 500"),
        ("embeddings_dimensions", "0", "expected an integer from 1 to 2147483647"),
        ("top_k", "-1", "expected an integer from 0 to 500"),
    ] {
        let json = format!(r#"{{"model":{{"options":{{"{field}":{value}}}}}}}"#);
        assert_eq!(refused(&json), format!("model.options.{field}: {message}"));
    }
    refuses(&[
        (r#"{"body_wait":0}"#, "body_wait: expected a number of seconds from 0.001 to 3600"),
        (r#"{"body_wait":3601}"#, "body_wait: expected a number of seconds from 0.001 to 3600"),
        (r#"{"body_wait":1e999}"#, "body_wait: expected a number in the range of a 64-bit float"),
        (
            r#"{"model":{"capabilities":{"embedding_inputs":251}}}"#,
            "model.capabilities.embedding_inputs: expected an integer from 1 to 250",
        ),
        (r#"{"max_held_bytes":0}"#, "max_held_bytes: expected an integer of at least 1"),
        (
            r#"{"max_request_body_size":-1}"#,
            "max_request_body_size: expected an integer from 0 to 18446744073709551615",
        ),
    ]);
}

#[test]
fn combinations_and_names() {
    refuses(&[
        (r#"{"model_policy":"pin"}"#, "model_policy: `pin` needs `model.name`"),
        (r#"{"model":{"model_alias":"a"}}"#, "model.model_alias: needs `model.name`"),
        (r#"{"model":{"name":""}}"#, "model.name: must not be empty"),
        (r#"{"model":{"name":"m","model_alias":[""]}}"#, "model.model_alias[0]: must not be empty"),
        (r#"{"model_name_header":""}"#, "model_name_header: must not be empty"),
        (
            r#"{"model_name_header":"a b"}"#,
            "model_name_header: expected a header name, made of letters, digits and `-`",
        ),
        (
            r#"{"model_name_header":"Content-Type"}"#,
            "model_name_header: is a header that the filter or Envoy sets itself",
        ),
    ]);
    for name in ["../files/x", "a?b", "a/b:countTokens", "%2e%2e", "a b"] {
        assert_eq!(
            refused(&format!(r#"{{"model":{{"name":"{name}"}}}}"#)),
            "model.name: expected a model's name, made of letters, digits and `-._@`, such as `gemini-2.5-flash`"
        );
    }
    let warned = load(r#"{"auth":{"header_value":"k"},"max_request_body_size":8192}"#);
    assert_eq!(
        warned.warnings(),
        ["max_request_body_size: requests above 8192 bytes are answered with 413, which Kong rarely does",]
    );
}
