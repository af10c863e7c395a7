//! APISIX's `ai-proxy`, rewritten into a configuration of ours.
//!
//! APISIX relays OpenAI's dialect to Google's compatible endpoint, whatever the path, and its options replace what the
//! client sent; so does what becomes of it here. Members that are not APISIX's stay: `upstream_format`, say.
//! <https://apisix.apache.org/docs/apisix/plugins/ai-proxy/>, 3.18

use serde_json::{Map, Value};

use super::pasted::{Pasted, unused};
use super::{ConfigError, kong, tree};
use crate::wire::json::push_member;

/// Whether these are members of the plugin's configuration, of an object of plugins or of a route.
pub(super) fn is(members: &Map<String, Value>) -> bool {
    ["provider", "instances", PLUGIN, MULTI].iter().any(|name| members.contains_key(*name))
        || members.get("plugins").is_some_and(Value::is_object)
}

/// The configuration that does what APISIX would.
///
/// # Errors
/// A field that asks for more than this filter does, and why.
pub(super) fn read(mut members: Map<String, Value>) -> Result<Pasted, ConfigError> {
    let mut pasted = Pasted::from(Value::Null);
    let mut path = String::new();
    if let Some(Value::Object(plugins)) = members.get_mut("plugins").map(Value::take) {
        members.shift_remove("plugins");
        around(&members, &mut pasted.unused)?;
        path.push_str("plugins");
        members = plugins;
    }
    if !path.is_empty() || members.contains_key(PLUGIN) || members.contains_key(MULTI) {
        if let Some(other) = members.keys().find(|name| *name != PLUGIN) {
            push_member(&mut path, other);
            return Err(ConfigError::at(path, "not supported, of APISIX's plugins only `ai-proxy` is"));
        }
        push_member(&mut path, PLUGIN);
        members = match members.shift_remove(PLUGIN) {
            Some(Value::Object(plugin)) => plugin,
            _ => return Err(ConfigError::at(path, "expected an object")),
        };
    }
    let config = rewritten(members);
    pasted.config = if path.is_empty() { config? } else { config.map_err(|error| error.below(&path))? };
    Ok(pasted)
}

/// What stands beside the plugins of a route.
fn around(route: &Map<String, Value>, warnings: &mut Vec<String>) -> Result<(), ConfigError> {
    for (name, member) in route {
        if name == "status" && *member != 1 {
            return Err(ConfigError::at("status", "expected 1, to disable a route take it out of Envoy's"));
        }
        if !member.is_null() && !METADATA.contains(&name.as_str()) {
            let mut path = String::new();
            push_member(&mut path, name);
            warnings.push(unused(&path));
        }
    }
    Ok(())
}

fn rewritten(plugin: Map<String, Value>) -> Result<Value, ConfigError> {
    let mut config = Value::Object(plugin);
    tree::prune(&mut config);
    kong::refuse(&mut config, UNSUPPORTED)?;
    let vertex = match kong::take(&mut config, "provider").as_ref().and_then(Value::as_str) {
        Some("gemini") => false,
        Some("vertex-ai") => true,
        _ => return Err(ConfigError::at("provider", "expected `gemini` or `vertex-ai`")),
    };
    let placed = kong::get(&config, "override.endpoint").is_some();
    match kong::get(&config, "provider_conf") {
        Some(_) if !vertex => {
            return Err(ConfigError::at("provider_conf", "belongs to the provider `vertex-ai`"));
        }
        None if vertex && !placed => {
            let message = "needs `project_id` and `region`, or an `override.endpoint` in its place";
            return Err(ConfigError::at("provider_conf", message));
        }
        _ => {}
    }
    let limits = ["options.max_tokens", FORCED_LIMIT].map(|path| kong::get(&config, path));
    if let [Some(one), Some(other)] = limits
        && one != other
    {
        return Err(ConfigError::at(FORCED_LIMIT, "stands beside another `options.max_tokens`"));
    }
    credential(&mut config)?;
    for (theirs, ours) in MOVED {
        if let Some(value) = kong::take(&mut config, theirs) {
            put(&mut config, ours, value);
        }
    }
    match kong::take(&mut config, "options.stream") {
        None => {}
        Some(Value::Bool(true)) => put(&mut config, "response_streaming", "always".into()),
        Some(_) => {
            let message =
                "only true is supported: `response_streaming` is what says whether clients may stream";
            return Err(ConfigError::at("options.stream", message));
        }
    }
    for parent in EMPTIED {
        refuse_rest(kong::take(&mut config, parent), parent)?;
    }
    for (field, implied) in IMPLIED {
        if kong::get(&config, field).is_none() {
            put(&mut config, field, implied.into());
        }
    }
    if kong::get(&config, "model.name").is_some() && kong::get(&config, "model_policy").is_none() {
        put(&mut config, "model_policy", "pin".into());
    }
    Ok(config)
}

/// `auth.header`, `auth.query` and `auth.gcp`; what else `auth` has must be ours.
fn credential(config: &mut Value) -> Result<(), ConfigError> {
    if let Some((name, value)) = only(config, "auth.header")? {
        // Google's own header, which the compatible endpoint does not read: without a name the key goes where it does.
        let elsewhere = kong::get(config, "override.endpoint").is_some();
        if elsewhere || !name.eq_ignore_ascii_case("x-goog-api-key") {
            put(config, "auth.header_name", name.into());
        }
        put(config, "auth.header_value", value);
    }
    if let Some((name, value)) = only(config, "auth.query")? {
        put(config, "auth.param_name", name.into());
        put(config, "auth.param_value", value);
        put(config, "auth.param_location", "query".into());
    }
    if let Some(mut gcp) = kong::take(config, "auth.gcp") {
        if let Some(json) = kong::take(&mut gcp, "service_account_json") {
            put(config, "auth.gcp_service_account_json", json);
        }
        refuse_rest(Some(gcp), "auth.gcp")?;
        put(config, "auth.gcp_use_service_account", true.into());
    }
    Ok(())
}

/// The member of an object of at most one.
fn only(config: &mut Value, path: &str) -> Result<Option<(String, Value)>, ConfigError> {
    match kong::take(config, path) {
        None => Ok(None),
        Some(Value::Object(members)) if members.len() < 2 => Ok(members.into_iter().next()),
        Some(Value::Object(_)) => {
            Err(ConfigError::at(path, "more than one is not supported, leave the credential alone"))
        }
        Some(_) => Err(ConfigError::at(path, "expected an object of one name and its value")),
    }
}

/// Refuses what is left of an object when all that is understood has been taken.
fn refuse_rest(rest: Option<Value>, path: &str) -> Result<(), ConfigError> {
    match rest {
        None => Ok(()),
        Some(Value::Object(members)) => members.keys().next().map_or(Ok(()), |name| {
            let mut path = path.to_owned();
            push_member(&mut path, name);
            Err(ConfigError::at(path, "not supported, nothing here takes its place"))
        }),
        Some(_) => Err(ConfigError::at(path, "expected an object")),
    }
}

/// Sets the member at `path`, whose parents become objects.
fn put(config: &mut Value, path: &str, value: Value) {
    let mut at = config;
    for name in path.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(members) = at.as_object_mut() else { return };
        at = members.entry(name).or_insert(Value::Null);
    }
    *at = value;
}

const PLUGIN: &str = "ai-proxy";

const MULTI: &str = "ai-proxy-multi";

/// The limit that APISIX puts in place of any other.
const FORCED_LIMIT: &str = "override.llm_options.max_tokens";

/// Members of a route that do nothing.
const METADATA: [&str; 7] = ["id", "name", "desc", "labels", "create_time", "update_time", "status"];

/// Fields of APISIX's and of ours.
const MOVED: [(&str, &str); 10] = [
    ("options.model", "model.name"),
    ("options.max_tokens", "model.options.max_tokens"),
    (FORCED_LIMIT, "model.options.max_tokens"),
    ("options.temperature", "model.options.temperature"),
    ("options.top_p", "model.options.top_p"),
    ("options.top_k", "model.options.top_k"),
    ("override.endpoint", "model.options.upstream_url"),
    ("provider_conf.project_id", "model.options.gemini.project_id"),
    ("provider_conf.region", "model.options.gemini.location_id"),
    ("max_req_body_size", "max_request_body_size"),
];

/// Objects that hold nothing more then, members before what they are in.
const EMPTIED: [&str; 5] = ["options", "override.llm_options", "override", "provider_conf", "_meta"];

/// What APISIX does without being told.
const IMPLIED: [(&str, &str); 3] =
    [("upstream_format", "openai"), ("route_type", "llm/v1/chat"), ("options_mode", "force")];

const TIMEOUT: &str = "not supported, set `timeout` and `idle_timeout` of Envoy's route";

const CONNECTIONS: &str = "not supported, set `common_http_protocol_options` of Envoy's cluster";

const BODY: &str = "not supported, of the request's body only `options` and `llm_options` are set";

const LOGS: &str = "not supported, Envoy's access log tells of requests";

/// Field, its default in APISIX as JSON (empty when it has none), and why any other value is refused.
const UNSUPPORTED: &[kong::Refused] = &[
    ("instances", "", "not supported, it belongs to `ai-proxy-multi`, of which there is none"),
    ("auth.aws", "", "belongs to another provider"),
    ("auth.gcp.max_ttl", "", "not supported, tokens are used for as long as Google says"),
    ("auth.gcp.expire_early_secs", "60", "not supported, tokens are renewed well before they expire"),
    ("override.request_body", "", BODY),
    ("override.request_body_force_override", "false", BODY),
    ("timeout", "30000", TIMEOUT),
    ("max_stream_duration_ms", "", TIMEOUT),
    ("max_response_bytes", "", "not supported, Envoy limits what it holds of a reply"),
    ("keepalive", "true", CONNECTIONS),
    ("keepalive_timeout", "60000", CONNECTIONS),
    ("keepalive_pool", "30", CONNECTIONS),
    ("streaming_flush_interval_ms", "10", "not supported, events go on as they come"),
    ("ssl_verify", "true", "not supported, set the `transport_socket` of Envoy's cluster"),
    ("logging.summaries", "false", LOGS),
    ("logging.payloads", "false", LOGS),
    ("logging", "", LOGS),
    ("_meta.disable", "false", "not supported, to disable the filter take it out of Envoy's chain"),
];
