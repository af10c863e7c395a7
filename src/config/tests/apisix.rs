//! Configurations of APISIX's `ai-proxy`, as its users have them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{env, load, refused, refuses};
use crate::config::{
    Config, ModelPolicy, OptionsMode, Plugin, ResponseStreaming, RouteType, Unmatched, UpstreamFormat,
};
use crate::media::Backend;

/// <https://apisix.apache.org/docs/apisix/plugins/ai-proxy/>
const GEMINI: &str = r#"{"provider":"gemini","auth":{"header":{"Authorization":"Bearer K"}},
    "options":{"model":"gemini-2.5-flash"}}"#;

/// Everything that is understood or at its default.
pub(super) const WHOLE: &str = r#"{"provider":"vertex-ai","provider_conf":{"project_id":"p","region":"global"},
    "auth":{"header":{"x-goog-api-key":"$env://GEMINI_API_KEY"},"query":{"k":"v"}},
    "options":{"model":"google/gemini-2.5-flash","max_tokens":512,"temperature":0.5,"top_p":0.9,"top_k":3,"stream":true},
    "override":{"llm_options":{"max_tokens":512},"request_body_force_override":false},
    "timeout":30000,"max_req_body_size":67108864,"keepalive":true,"keepalive_timeout":60000,"keepalive_pool":30,
    "streaming_flush_interval_ms":10,"ssl_verify":true,"logging":{"summaries":false,"payloads":false},
    "_meta":{"disable":false},"max_response_bytes":null,"unmatched":"pass"}"#;

fn is_apisix(config: &Config) {
    assert_eq!(config.upstream_format, UpstreamFormat::OpenAi);
    assert_eq!(config.route_type, RouteType::Chat);
    assert_eq!(config.options_mode, OptionsMode::Force);
}

#[test]
fn the_plugin_works_as_it_is() {
    for json in [
        GEMINI.to_owned(),
        format!(r#"{{"ai-proxy":{GEMINI}}}"#),
        format!(r#"{{"plugins":{{"ai-proxy":{GEMINI}}}}}"#),
        format!(r#"{{"id":"1","name":"r","status":1,"uri":"/anything","plugins":{{"ai-proxy":{GEMINI}}}}}"#),
        format!(r#"{{"routes":[{{"match":{{"path_prefix":"/"}},"config":{GEMINI}}}]}}"#),
    ] {
        let plugin = Plugin::load(json.as_bytes(), Box::new(env)).unwrap();
        let config = plugin.all().last().unwrap();
        is_apisix(config);
        assert_eq!(config.auth.header(), Some(("authorization", "Bearer K")), "{json}");
        assert_eq!(config.model.name.as_deref(), Some("gemini-2.5-flash"));
        assert_eq!(config.model_policy, ModelPolicy::Pin);
        assert_eq!(config.upstream.authority, "generativelanguage.googleapis.com");
    }
}

#[test]
fn every_field_has_its_place() {
    let config = load(WHOLE);
    is_apisix(&config);
    assert_eq!(config.upstream.backend, Backend::Vertex);
    assert_eq!(config.upstream.authority, "aiplatform.googleapis.com");
    assert_eq!(config.upstream.project.as_deref(), Some("projects/p/locations/global"));
    assert_eq!(config.auth.header(), Some(("x-goog-api-key", "AIzaFromEnv")));
    assert_eq!(config.auth.query(), Some(("k", "v")));
    assert_eq!(config.model.name.as_deref(), Some("google/gemini-2.5-flash"));
    let options = &config.options;
    let numbers =
        [&options.temperature, &options.top_p].map(|number| number.as_ref().and_then(|n| n.as_f64()));
    assert_eq!((options.max_tokens, options.top_k, numbers), (Some(512), Some(3), [Some(0.5), Some(0.9)]));
    assert_eq!(config.response_streaming, ResponseStreaming::Always);
    assert_eq!(config.max_request_body_size, Some(67_108_864));
    assert_eq!(config.unmatched, Unmatched::Pass, "what is ours stays");
    let forced = load(
        r#"{"provider":"gemini","override":{"llm_options":{"max_tokens":7},"endpoint":"https://x.example/v1"}}"#,
    );
    assert_eq!(forced.options.max_tokens, Some(7));
    assert_eq!(forced.model_policy, ModelPolicy::Match);
    assert_eq!(
        (forced.upstream.authority.as_str(), forced.upstream.path.as_deref()),
        ("x.example", Some("/v1"))
    );
    let native = load(
        r#"{"provider":"gemini","upstream_format":"gemini","model_policy":"match","options":{"model":"m"}}"#,
    );
    assert_eq!((native.upstream_format, native.model_policy), (UpstreamFormat::Gemini, ModelPolicy::Match));
}

#[test]
fn what_surrounds_a_route_is_reported() {
    let json = format!(
        r#"{{"id":"r1","uri":"/anything","methods":["POST"],"desc":null,"upstream_id":"1","plugins":{{"ai-proxy":{GEMINI}}}}}"#
    );
    let plugin = Plugin::load(json.as_bytes(), Box::new(env)).unwrap();
    let why = "not used, Envoy's routes and clusters say which requests come here and where they go";
    let expected = ["uri", "methods", "upstream_id"].map(|name| format!("{name}: {why}"));
    assert_eq!(plugin.warnings().collect::<Vec<_>>(), expected);
}

#[test]
fn what_is_not_supported_is_named() {
    for (field, message) in [
        (r#""auth":{"aws":{}}"#, ""),
        (r#""auth":{"aws":{"access_key_id":"AIzaSecret"}}"#, "auth.aws: belongs to another provider"),
        (
            r#""auth":{"header":{"a":"b","c":"d"}}"#,
            "auth.header: more than one is not supported, leave the credential alone",
        ),
        (r#""auth":{"query":"AIzaSecret"}"#, "auth.query: expected an object of one name and its value"),
        (
            r#""auth":{"header":{"Authorization":"$secret://vault/1/x/y"}}"#,
            "auth.header_value: APISIX's secret managers are not supported, use `$env://NAME`",
        ),
        (
            r#""auth":{"gcp":{"max_ttl":60}}"#,
            "auth.gcp.max_ttl: not supported, tokens are used for as long as Google says",
        ),
        (
            r#""auth":{"gcp":{"expire_early_secs":5}}"#,
            "auth.gcp.expire_early_secs: not supported, tokens are renewed well before they expire, only 60 is accepted",
        ),
        (r#""auth":{"gcp":{"other":5}}"#, "auth.gcp.other: not supported, nothing here takes its place"),
        (
            r#""options":{"stream":false}"#,
            "options.stream: only true is supported: `response_streaming` is what says whether clients may stream",
        ),
        (
            r#""options":{"frequency_penalty":1}"#,
            "options.frequency_penalty: not supported, nothing here takes its place",
        ),
        (r#""options":[]"#, "options: expected an object"),
        (
            r#""options":{"max_tokens":5},"override":{"llm_options":{"max_tokens":6}}"#,
            "override.llm_options.max_tokens: stands beside another `options.max_tokens`",
        ),
        (
            r#""override":{"request_body":{"openai-chat":{"n":2}}}"#,
            "override.request_body: not supported, of the request's body only `options` and `llm_options` are set",
        ),
        (
            r#""override":{"endpoint":"http://x"}"#,
            "model.options.upstream_url: plain http is not supported, expected `https://host[:port][/path]`",
        ),
        (
            r#""provider_conf":{"project_id":"p","region":"r"}"#,
            "provider_conf: belongs to the provider `vertex-ai`",
        ),
        (
            r#""timeout":1000"#,
            "timeout: not supported, set `timeout` and `idle_timeout` of Envoy's route, only 30000 is accepted",
        ),
        (
            r#""ssl_verify":false"#,
            "ssl_verify: not supported, set the `transport_socket` of Envoy's cluster, only true is accepted",
        ),
        (
            r#""logging":{"payloads":true}"#,
            "logging.payloads: not supported, Envoy's access log tells of requests, only false is accepted",
        ),
        (r#""_meta":{"priority":3}"#, "_meta.priority: not supported, nothing here takes its place"),
        (r#""passthrough":true"#, "unknown field `passthrough`"),
    ] {
        let json = format!(r#"{{"provider":"gemini",{field}}}"#);
        if message.is_empty() {
            load(&json);
            continue;
        }
        let refused = refused(&json);
        assert!(refused.starts_with(message), "{json}: {refused}");
    }
}

#[test]
fn what_is_not_the_plugin_is_refused() {
    refuses(&[
        (r#"{"provider":"openai","options":{"model":"m"}}"#, "provider: expected `gemini` or `vertex-ai`"),
        (r#"{"provider":7}"#, "provider: expected `gemini` or `vertex-ai`"),
        (
            r#"{"provider":"vertex-ai"}"#,
            "provider_conf: needs `project_id` and `region`, or an `override.endpoint` in its place",
        ),
        (
            r#"{"ai-proxy-multi":{"instances":[]}}"#,
            "ai-proxy-multi: not supported, of APISIX's plugins only `ai-proxy` is",
        ),
        (
            r#"{"plugins":{"ai-proxy-multi":{"instances":[]}}}"#,
            "plugins.ai-proxy-multi: not supported, of APISIX's plugins only `ai-proxy` is",
        ),
        (
            r#"{"instances":[{"name":"a"}]}"#,
            "instances: not supported, it belongs to `ai-proxy-multi`, of which there is none",
        ),
        (
            r#"{"plugins":{"ai-proxy":{"provider":"gemini"},"limit-count":{}}}"#,
            "plugins.limit-count: not supported, of APISIX's plugins only `ai-proxy` is",
        ),
        (r#"{"plugins":{}}"#, "plugins.ai-proxy: expected an object"),
        (
            r#"{"plugins":{"ai-proxy":{"provider":"x"}}}"#,
            "plugins.ai-proxy.provider: expected `gemini` or `vertex-ai`",
        ),
        (
            r#"{"status":0,"plugins":{"ai-proxy":{"provider":"gemini"}}}"#,
            "status: expected 1, to disable a route take it out of Envoy's",
        ),
    ]);
}

#[test]
fn keys_go_where_the_endpoint_reads_them() {
    let elsewhere = r#","override":{"endpoint":"https://x.example/v1/chat"}"#;
    for (auth, rest, expected) in [
        (r#"{"x-goog-api-key":"K"}"#, "", ("authorization", "Bearer K")),
        (r#"{"X-Goog-Api-Key":"K"}"#, elsewhere, ("x-goog-api-key", "K")),
        (r#"{"Authorization":"Bearer K"}"#, "", ("authorization", "Bearer K")),
    ] {
        let config = load(&format!(r#"{{"provider":"gemini","auth":{{"header":{auth}}}{rest}}}"#));
        assert_eq!(config.auth.header(), Some(expected), "{auth}");
    }
}
