//! decK's files, as YAML becomes JSON.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{env, load, refuses};
use crate::config::{Plugin, RouteType};

/// Kong's how-to page in one file: service, route and plugin, with what `deck gateway dump` adds.
pub(super) const FILE: &str = r#"{
    "_format_version": "3.0", "_info": {"select_tags": ["llm"], "defaults": {}}, "_transform": true,
    "services": [{
        "name": "llm", "url": "http://localhost:32000", "enabled": true, "tags": ["llm"], "plugins": null,
        "routes": [
            {"name": "other", "paths": ["/other"]},
            {"name": "chat", "id": "5b6f", "paths": ["~/chat$"], "strip_path": true, "plugins": [
                {"name": "key-auth", "enabled": false, "config": {}},
                {"name": "ai-proxy", "instance_name": "x", "config": {
                    "route_type": "llm/v1/chat",
                    "auth": {"header_name": "x-goog-api-key", "header_value": "$env://GEMINI_API_KEY"},
                    "model": {"provider": "gemini", "name": "gemini-2.5-flash", "options": {"max_tokens": 512.0}}}}
            ]}
        ]
    }]
}"#;

#[test]
fn the_plugin_is_found_wherever_it_stands() {
    let plugin = r#"{"name":"ai-proxy","config":{"route_type":"llm/v1/chat","model":{"name":"m"}}}"#;
    for document in [
        format!(r#"{{"_format_version":"3.0","plugins":[{plugin}]}}"#),
        format!(r#"{{"plugins":[{plugin}]}}"#),
        format!(r#"{{"services":[{{"name":"s","plugins":[{plugin}]}}]}}"#),
        format!(r#"{{"services":[{{"name":"s","routes":[{{"name":"r","plugins":[{plugin}]}}]}}]}}"#),
        format!(r#"{{"_format_version":"3.0","routes":[{{"name":"r"}},{{"plugins":[{plugin}]}}]}}"#),
    ] {
        let config = load(&document);
        assert_eq!(
            (config.route_type, config.model.name.as_deref()),
            (RouteType::Chat, Some("m")),
            "{document}"
        );
    }
}

#[test]
fn what_envoy_says_is_reported() {
    let plugin = Plugin::load(FILE.as_bytes(), Box::new(env)).unwrap();
    assert_eq!(plugin.base().options.max_tokens, Some(512));
    assert_eq!(plugin.base().auth.header(), Some(("x-goog-api-key", "AIzaFromEnv")));
    let why = "not used, Envoy's routes and clusters say which requests come here and where they go";
    let expected = [
        "services[0].url",
        "services[0].routes[0].paths",
        "services[0].routes[1].paths",
        "services[0].routes[1].strip_path",
    ]
    .map(|path| format!("{path}: {why}"));
    assert_eq!(plugin.warnings().collect::<Vec<_>>(), expected);
}

#[test]
fn what_would_have_done_something_is_refused() {
    let ours = r#"{"name":"ai-proxy","config":{}}"#;
    refuses(&[
        (r#"{"_format_version":"3.0"}"#, "plugins: expected an `ai-proxy` that is enabled, found none"),
        (
            r#"{"plugins":[{"name":"ai-proxy","enabled":false}]}"#,
            "plugins: expected an `ai-proxy` that is enabled, found none",
        ),
        (
            &format!(r#"{{"plugins":[{ours}],"services":[{{"plugins":[{ours}]}}]}}"#),
            "services[0].plugins[0]: is the second `ai-proxy`: one is taken, put the others into `routes` of its `config`",
        ),
        (
            &format!(r#"{{"plugins":[{ours},{{"name":"rate-limiting"}}]}}"#),
            "plugins[1].name: expected Kong's plugin `ai-proxy`, no other is supported yet",
        ),
        (
            r#"{"services":[{"routes":[{"plugins":[{"name":"ai-proxy-advanced","config":{}}]}]}]}"#,
            "services[0].routes[0].plugins[0].name: expected Kong's plugin `ai-proxy`, no other is supported yet",
        ),
        (
            r#"{"plugins":[{"name":"ai-proxy","consumer":"x"}]}"#,
            "plugins[0].consumer: not supported, a filter gets its scope from its place in Envoy's configuration",
        ),
        (
            &format!(r#"{{"plugins":[{ours}],"consumers":[{{"username":"x"}}]}}"#),
            "consumers: not supported, only `plugins`, `services` and `routes` of a document of decK's are",
        ),
        (
            &format!(r#"{{"services":[{{"enabled":false,"plugins":[{ours}]}}]}}"#),
            "services[0].enabled: expected true, to disable a route take it out of Envoy's",
        ),
        (r#"{"services":{}}"#, "services: expected an array of objects"),
        (r#"{"plugins":[1]}"#, "plugins[0]: expected an object"),
        (
            r#"{"plugins":[{"name":"ai-proxy","config":{"model":{"options":{"temperature":3}}}}]}"#,
            "model.options.temperature: expected a number from 0 to 2: other gateways' configurations may have more, Google's models do \
             not take it",
        ),
    ]);
}
