//! Kong's side of the configuration: the plugin around its `config` block, and the fields this filter has no use for.
//!
//! Kong's Admin API and decK write every field with its default, so a field that is off, or that belongs to another
//! provider and has its default, is fine. Anything else would be silently ignored, and is refused instead.
//! Fields and defaults: AI Proxy 3.10 to 3.15, <https://developer.konghq.com/plugins/ai-proxy/reference/>.

use serde_json::{Map, Value};

use super::ConfigError;

/// The block below `config`, without the plugin-level fields beside it.
///
/// # Errors
/// A plugin-level field that says the block is not for this filter.
pub(super) fn plugin(mut plugin: Map<String, Value>) -> Result<Value, ConfigError> {
    let config = plugin.remove("config").filter(|config| !config.is_null());
    let config = config.unwrap_or_else(|| Value::Object(Map::new()));
    plugin.retain(|_, member| !member.is_null());
    if plugin.get("name").is_some_and(|name| name != "ai-proxy") {
        return Err(ConfigError::at("name", "expected Kong's plugin `ai-proxy`, no other is supported yet"));
    }
    if plugin.get("enabled").is_some_and(|enabled| enabled != true) {
        return Err(ConfigError::at(
            "enabled",
            "expected true, to disable the filter take it out of Envoy's chain",
        ));
    }
    for field in plugin.keys() {
        if SCOPES.contains(&field.as_str()) {
            let message = "not supported, a filter gets its scope from its place in Envoy's configuration";
            return Err(ConfigError::at(field, message));
        }
        if !PLUGIN_LEVEL.contains(&field.as_str()) {
            let message =
                format!("unknown field `{field}` beside `config`, expected only Kong's plugin-level fields");
            return Err(ConfigError::at("", message));
        }
    }
    Ok(config)
}

/// Takes out the fields of Kong's that are off or at their default.
///
/// # Errors
/// The first field or keyword of Kong's that asks for more than this filter does.
pub(super) fn refuse_unsupported(config: &mut Value) -> Result<(), ConfigError> {
    for (path, words, message) in WORDS {
        if let Some(word) = get(config, path).and_then(Value::as_str)
            && words.contains(&word)
        {
            return Err(ConfigError::at(*path, format!("{word} {message}")));
        }
    }
    // What Kong's analytics call the requests; the route says what they are.
    if get(config, "genai_category").and_then(Value::as_str).is_some_and(|word| CATEGORIES.contains(&word)) {
        take(config, "genai_category");
    }
    refuse(config, UNSUPPORTED)
}

/// Takes out the fields of `table` that are off or at their default.
///
/// # Errors
/// The first that is not.
pub(super) fn refuse(config: &mut Value, table: &[Refused]) -> Result<(), ConfigError> {
    for (path, default, why) in table {
        let Some(value) = take(config, path) else { continue };
        if is_empty(&value) || value.to_string().as_str() == *default {
            continue;
        }
        let message = match *default {
            "" => (*why).to_owned(),
            default => format!("{why}, only {default} is accepted"),
        };
        return Err(ConfigError::at(*path, message));
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    value.as_object().is_some_and(Map::is_empty) || value.as_array().is_some_and(Vec::is_empty)
}

pub(super) fn get<'a>(config: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(config, |value, name| value.get(name))
}

pub(super) fn take(config: &mut Value, path: &str) -> Option<Value> {
    let (parents, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parents = parents.split('.').filter(|name| !name.is_empty());
    let mut value = config;
    for parent in parents {
        value = value.get_mut(parent)?;
    }
    value.as_object_mut()?.shift_remove(name)
}

/// Plugin-level fields that say nothing about what the filter does.
const PLUGIN_LEVEL: [&str; 9] =
    ["name", "id", "instance_name", "enabled", "protocols", "tags", "ordering", "created_at", "updated_at"];

/// Plugin-level fields that narrow the requests a plugin sees.
const SCOPES: [&str; 4] = ["route", "service", "consumer", "consumer_group"];

/// Field, keywords of Kong's that are not for this filter, and why.
const WORDS: &[(&str, &[&str], &str)] = &[
    (
        "route_type",
        &[
            "llm/v1/responses",
            "llm/v1/assistants",
            "llm/v1/files",
            "llm/v1/batches",
            "realtime/v1/realtime",
            "preserve",
        ],
        NOT_YET,
    ),
    ("llm_format", &["gemini", "anthropic", "bedrock", "cohere", "huggingface"], NOT_YET),
    ("genai_category", &["realtime/generation"], NOT_YET),
    (
        "auth.param_location",
        &["body"],
        "is not supported, Google reads no credential from a body, use `query`",
    ),
];

/// Kong's categories of what this filter serves.
const CATEGORIES: [&str; 6] = [
    "audio/speech",
    "audio/transcription",
    "image/generation",
    "text/embeddings",
    "text/generation",
    "video/generation",
];

const NOT_YET: &str = "is not supported yet";

const UNSUPPORTED_YET: &str = "not supported yet";

const CLIENT_KEY: &str =
    "bedrock and gemini only support auth.allow_override = false: no client's credential reaches Google";

const OTHER: &str = "belongs to another provider";

const ADVANCED: &str = "not supported yet, it belongs to Kong's ai-proxy-advanced";

/// A field, its default as JSON (empty when it has none), and why any other value is refused.
pub(super) type Refused = (&'static str, &'static str, &'static str);

/// What Kong has and this filter has not. Members come before their object.
const UNSUPPORTED: &[Refused] = &[
    ("genai_category", "", "expected one of Kong's categories"),
    ("logging.log_statistics", "false", UNSUPPORTED_YET),
    ("logging.log_payloads", "false", UNSUPPORTED_YET),
    ("logging", "", UNSUPPORTED_YET),
    ("auth.allow_override", "false", CLIENT_KEY),
    ("auth.aws_access_key_id", "", OTHER),
    ("auth.aws_secret_access_key", "", OTHER),
    ("auth.azure_use_managed_identity", "false", OTHER),
    ("auth.azure_client_id", "", OTHER),
    ("auth.azure_client_secret", "", OTHER),
    ("auth.azure_tenant_id", "", OTHER),
    ("model.options.input_cost", "", UNSUPPORTED_YET),
    ("model.options.output_cost", "", UNSUPPORTED_YET),
    ("model.options.cache_read_cost", "", UNSUPPORTED_YET),
    ("model.options.cache_write_cost", "", UNSUPPORTED_YET),
    ("model.options.cache_write_cost_list", "", UNSUPPORTED_YET),
    ("model.options.context_window_factor", "", UNSUPPORTED_YET),
    ("model.options.service_tier_factor", "", UNSUPPORTED_YET),
    ("model.options.upstream_path", "", "not supported, put the path into model.options.upstream_url"),
    ("model.options.anthropic_version", "", OTHER),
    ("model.options.azure_api_version", "\"2023-05-15\"", OTHER),
    ("model.options.azure_deployment_id", "", OTHER),
    ("model.options.azure_instance", "", OTHER),
    ("model.options.bedrock.embeddings_normalize", "false", OTHER),
    ("model.options.bedrock", "", OTHER),
    ("model.options.cohere.embedding_input_type", "\"classification\"", OTHER),
    ("model.options.cohere.wait_for_model", "false", OTHER),
    ("model.options.cohere", "", OTHER),
    ("model.options.dashscope.international", "true", OTHER),
    ("model.options.dashscope", "", OTHER),
    ("model.options.databricks", "", OTHER),
    ("model.options.huggingface.use_cache", "false", OTHER),
    ("model.options.huggingface.wait_for_model", "false", OTHER),
    ("model.options.huggingface", "", OTHER),
    ("model.options.llama2_format", "", OTHER),
    ("model.options.mistral_format", "", OTHER),
    ("targets", "", ADVANCED),
    ("balancer", "", ADVANCED),
    ("embeddings", "", ADVANCED),
    ("vectordb", "", ADVANCED),
    ("acls", "", ADVANCED),
];
