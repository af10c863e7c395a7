//! Blocks as Kong's users have them: decK's YAML as JSON, and the Admin API's dumps with every default spelled out.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{load, refused, refuses};
use crate::config::{LlmFormat, ResponseStreaming, RouteType};

/// <https://developer.konghq.com/how-to/set-up-ai-proxy-with-gemini/>, the key taken from the environment.
const DECK: &str = r#"{
    "name": "ai-proxy",
    "config": {
        "route_type": "llm/v1/chat",
        "auth": {"param_name": "key", "param_value": "{vault://env/gemini-api-key}", "param_location": "query"},
        "model": {"provider": "gemini", "name": "gemini-2.5-flash",
                  "options": {"max_tokens": 512, "temperature": 1.0}}
    }
}"#;

/// What the Admin API answers for such a plugin in Gateway 3.14.
const DUMP: &str = r#"{
    "id": "5b6f5ec5-4d6c-4a4d-9a5c-2a9b3f0f7a11", "name": "ai-proxy", "instance_name": null, "enabled": true,
    "created_at": 1760000000, "updated_at": 1760000000, "tags": null, "ordering": null,
    "protocols": ["grpc", "grpcs", "http", "https", "ws", "wss"],
    "route": null, "service": null, "consumer": null, "consumer_group": null,
    "config": {
        "route_type": "llm/v1/chat", "genai_category": "text/generation", "llm_format": "openai",
        "response_streaming": "deny", "max_request_body_size": 1048576, "model_name_header": true,
        "logging": {"log_statistics": false, "log_payloads": false},
        "auth": {
            "allow_override": false, "header_name": "x-goog-api-key", "header_value": "AIza", "param_name": null,
            "param_value": null, "param_location": null, "gcp_use_service_account": false,
            "gcp_service_account_json": null, "gcp_metadata_url": null, "gcp_oauth_token_url": null,
            "aws_access_key_id": null, "aws_secret_access_key": null, "azure_use_managed_identity": false,
            "azure_client_id": null, "azure_client_secret": null, "azure_tenant_id": null
        },
        "model": {
            "provider": "gemini", "name": "gemini-2.5-pro", "model_alias": "gpt-4o",
            "options": {
                "max_tokens": null, "temperature": null, "top_p": null, "top_k": null, "input_cost": null,
                "output_cost": null, "cache_read_cost": null, "cache_write_cost": null, "cache_write_cost_list": null,
                "context_window_factor": [], "service_tier_factor": null, "embeddings_dimensions": null,
                "upstream_url": null, "upstream_path": null, "anthropic_version": null, "azure_instance": null,
                "azure_api_version": "2023-05-15", "azure_deployment_id": null, "llama2_format": null,
                "mistral_format": null,
                "gemini": {"api_endpoint": null, "project_id": null, "location_id": null, "endpoint_id": null},
                "bedrock": {"aws_region": null, "aws_assume_role_arn": null, "embeddings_normalize": false},
                "cohere": {"embedding_input_type": "classification", "wait_for_model": null},
                "dashscope": {"international": true}, "databricks": {"workspace_instance_id": null},
                "huggingface": {"use_cache": null, "wait_for_model": null}
            }
        }
    }
}"#;

#[test]
fn a_deck_plugin_works() {
    let config = load(DECK);
    assert_eq!(config.route_type, RouteType::Chat);
    assert_eq!(config.auth.header(), Some(("x-goog-api-key", "AIzaFromEnv")));
    assert_eq!(config.model.name.as_deref(), Some("gemini-2.5-flash"));
    assert_eq!(config.options.max_tokens, Some(512));
    assert!(config.warnings().is_empty());
}

#[test]
fn a_dump_works() {
    let config = load(DUMP);
    assert_eq!(config.auth.header(), Some(("x-goog-api-key", "AIza")));
    assert_eq!(config.model.aliases, ["gpt-4o"]);
    assert_eq!(config.llm_format, LlmFormat::OpenAi);
    assert_eq!(config.response_streaming, ResponseStreaming::Deny);
    assert_eq!(config.max_request_body_size, Some(1_048_576));
    assert_eq!(config.model_name_header.as_deref(), Some("x-llm-model"));
}

#[test]
fn the_bare_block_works() {
    let plugin: serde_json::Value = serde_json::from_str(DUMP).unwrap();
    let bare = load(&plugin["config"].to_string());
    assert_eq!(format!("{bare:?}"), format!("{:?}", load(DUMP)));
}

/// The fixture of Kong's own integration test of the driver, but for its plain-text mock.
#[test]
fn what_kongs_own_fixture_asks_for_is_named() {
    let fixture = |more: &str| {
        format!(
            r#"{{"route_type":"llm/v1/chat","auth":{{"header_name":"Authorization","header_value":"Bearer gemini-key",
                "allow_override":false}},"model":{{"name":"gemini-1.5-pro","provider":"gemini",
                "options":{{"max_tokens":256,"temperature":1.0{more}}}}}}}"#
        )
    };
    let config = load(&fixture(""));
    assert_eq!(config.auth.header(), Some(("authorization", "Bearer gemini-key")));
    assert_eq!(
        refused(&fixture(r#","input_cost":15.0,"output_cost":15.0"#)),
        "model.options.input_cost: not supported yet"
    );
    assert_eq!(
        refused(&fixture(r#","upstream_url":"http://127.0.0.1:1/v1/chat/completions""#)),
        "model.options.upstream_url: plain http is not supported, expected `https://host[:port][/path]`"
    );
}

#[test]
fn plugin_level_fields() {
    let scope = "not supported, a filter gets its scope from its place in Envoy's configuration";
    refuses(&[
        (
            r#"{"name":"ai-proxy-advanced","config":{}}"#,
            "name: expected Kong's plugin `ai-proxy`, no other is supported yet",
        ),
        (
            r#"{"enabled":false,"config":{}}"#,
            "enabled: expected true, to disable the filter take it out of Envoy's chain",
        ),
        (
            r#"{"auth":{},"config":{}}"#,
            "unknown field `auth` beside `config`, expected only Kong's plugin-level fields",
        ),
        (r#"{"config":7}"#, "expected an object, found an integer"),
        (r#"{"config":{"config":{}}}"#, &unknown("config")),
        (r#"{"name":"ai-proxy"}"#, &unknown("name")),
    ]);
    for field in ["route", "service", "consumer", "consumer_group"] {
        assert_eq!(
            refused(&format!(r#"{{"{field}":{{"id":"x"}},"config":{{}}}}"#)),
            format!("{field}: {scope}")
        );
    }
}

fn unknown(field: &str) -> String {
    let message = refused(r#"{"nothing_like_this":1}"#);
    message.replace("nothing_like_this", field)
}

#[test]
fn keywords_of_other_features() {
    for route_type in ["llm/v1/responses", "llm/v1/assistants", "preserve", "realtime/v1/realtime"] {
        assert_eq!(
            refused(&format!(r#"{{"route_type":"{route_type}"}}"#)),
            format!("route_type: {route_type} is not supported yet")
        );
    }
    refuses(&[
        (r#"{"llm_format":"gemini"}"#, "llm_format: gemini is not supported yet"),
        (
            r#"{"genai_category":"realtime/generation"}"#,
            "genai_category: realtime/generation is not supported yet",
        ),
        (r#"{"genai_category":7}"#, "genai_category: expected one of Kong's categories"),
        (r#"{"model":{"provider":"vertex"}}"#, "model.provider: expected `gemini`"),
    ]);
}

#[test]
fn what_analytics_call_a_request_is_taken() {
    for category in ["audio/speech", "image/generation", "text/embeddings", "video/generation"] {
        let json = format!(r#"{{"genai_category":"{category}","auth":{{"header_value":"k"}}}}"#);
        assert_eq!(crate::testing::config(&json).route_type, RouteType::Auto, "{category}");
    }
}

#[test]
fn fields_of_other_features() {
    let other = "belongs to another provider";
    for (path, value, message) in [
        ("logging.log_statistics", "true", "not supported yet, only false is accepted"),
        ("logging.log_payloads", "true", "not supported yet, only false is accepted"),
        (
            "auth.allow_override",
            "true",
            "bedrock and gemini only support auth.allow_override = false: no client's credential reaches Google, only \
             false is accepted",
        ),
        ("auth.aws_access_key_id", r#""x""#, other),
        ("auth.azure_use_managed_identity", "true", "belongs to another provider, only false is accepted"),
        ("model.options.output_cost", "1", "not supported yet"),
        ("model.options.cache_write_cost_list", r#"[{"ttl":1}]"#, "not supported yet"),
        (
            "model.options.upstream_path",
            r#""/x""#,
            "not supported, put the path into model.options.upstream_url",
        ),
        (
            "model.options.azure_api_version",
            r#""x""#,
            "belongs to another provider, only \"2023-05-15\" is accepted",
        ),
        ("model.options.bedrock.aws_region", r#""x""#, other),
        ("model.options.mistral_format", r#""openai""#, other),
        ("targets", r#"[{"model":{}}]"#, "not supported yet, it belongs to Kong's ai-proxy-advanced"),
        (
            "balancer",
            r#"{"algorithm":"semantic"}"#,
            "not supported yet, it belongs to Kong's ai-proxy-advanced",
        ),
    ] {
        let json = path.rsplit('.').fold(value.to_owned(), |json, name| format!(r#"{{"{name}":{json}}}"#));
        let named = match path {
            "model.options.bedrock.aws_region" => "model.options.bedrock",
            path => path,
        };
        assert_eq!(refused(&json), format!("{named}: {message}"), "{json}");
    }
}
