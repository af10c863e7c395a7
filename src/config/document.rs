//! The configuration as it is written. The comments here are the field table of the README and the descriptions of
//! `envoy/config.schema.json`.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde_json::Number;

use super::capabilities::Capabilities;
use crate::wire::json;

/// Configuration of gemini-filter. Every field may be left out. Every string may be a reference to the environment of
/// Envoy's VM, `$env://NAME` or `{vault://env/NAME}`. A `config` block of Kong's AI Proxy is accepted as well.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct Document {
    /// The credential for Google.
    #[serde(deserialize_with = "json::object")]
    pub(super) auth: AuthFields,
    /// Which model answers, and with which parameters.
    #[serde(deserialize_with = "json::object")]
    pub(super) model: ModelFields,
    /// Whether `model.options` fill in what the client left out, or win over what it sent.
    pub(super) options_mode: OptionsMode,
    /// What happens to the `model` that a client names.
    pub(super) model_policy: ModelPolicy,
    /// What a request is taken for.
    pub(super) route_type: RouteType,
    /// The dialect clients speak.
    pub(super) llm_format: LlmFormat,
    /// Whether replies may, must or must not stream.
    pub(super) response_streaming: ResponseStreaming,
    /// Largest request body in bytes; a larger one is answered with 413. 0 is no limit.
    pub(super) max_request_body_size: u64,
    /// Reply header that names the model, as `gemini/<model>`: true is `x-llm-model`, false is none, a string is
    /// another name.
    pub(super) model_name_header: NameHeader,
    /// What happens to a request that no endpoint takes.
    pub(super) unmatched: Unmatched,
    /// Seconds a request waits for its body before Envoy's configuration is taken to deliver none: more than 0, at
    /// most 3600.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(extend("exclusiveMinimum" = 0, "maximum" = 3600)))]
    pub(super) body_wait: f64,
    /// How clients that drop thought signatures are served.
    #[serde(deserialize_with = "json::object")]
    pub(super) thought_signatures: SignatureFields,
    /// Most bytes that one VM (one worker of Envoy) holds for all its requests together; beyond it requests are
    /// answered with 503.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(range(min = 1)))]
    pub(super) max_held_bytes: u64,
}

impl Default for Document {
    fn default() -> Self {
        Self {
            auth: AuthFields::default(),
            model: ModelFields::default(),
            options_mode: OptionsMode::Default,
            model_policy: ModelPolicy::Match,
            route_type: RouteType::Auto,
            llm_format: LlmFormat::Auto,
            response_streaming: ResponseStreaming::Allow,
            max_request_body_size: 100 << 20,
            model_name_header: NameHeader::Flag(true),
            unmatched: Unmatched::Error,
            body_wait: 1.5,
            thought_signatures: SignatureFields::default(),
            max_held_bytes: 256 << 20,
        }
    }
}

/// Thought signatures, which Gemini 3 wants back with its calls.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct SignatureFields {
    /// Bytes of Envoy's shared data to keep signatures in, for all workers together; 0 keeps none.
    pub(super) cache_bytes: u64,
    /// Seconds to keep one.
    pub(super) ttl: u64,
    /// Where a reply carries the signature of a call.
    pub(super) carrier: SignatureCarrier,
}

impl Default for SignatureFields {
    fn default() -> Self {
        Self { cache_bytes: 64 << 20, ttl: 24 * 60 * 60, carrier: SignatureCarrier::ExtraContent }
    }
}

/// Where a reply carries the signature of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum SignatureCarrier {
    /// In `extra_content.google.thought_signature`, as Google's own gateway does.
    ExtraContent,
    /// There and in the call's id, which every client sends back: for fleets of Envoys that share no memory.
    Id,
}

/// A header, or a query parameter, or both.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct AuthFields {
    /// Name of the credential's header; `x-goog-api-key` when only the value is given.
    pub(super) header_name: Option<String>,
    /// Value of that header: the API key, or `Bearer …` for `authorization`.
    pub(super) header_value: Option<String>,
    /// Name of the credential's query parameter. `key` is sent to Google's own hosts as header `x-goog-api-key`.
    pub(super) param_name: Option<String>,
    /// Value of that parameter: the API key.
    pub(super) param_value: Option<String>,
    /// Where the parameter goes; `param_name`, `param_value` and `param_location` belong together.
    pub(super) param_location: Option<ParamLocation>,
    /// Leaves a `key` in the query, where access logs show it.
    pub(super) force_query: bool,
}

/// The model.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct ModelFields {
    /// The provider, always Google.
    pub(super) provider: Provider,
    /// The model at Google, such as `gemini-2.5-flash`. Without it every client chooses.
    pub(super) name: Option<String>,
    /// Another name for `name` that clients may use, or a list of them.
    pub(super) model_alias: Names,
    /// What the models can do, where the filter does not know it or is wrong.
    #[serde(deserialize_with = "json::object")]
    pub(super) capabilities: Capabilities,
    /// Sampling parameters and the upstream's address.
    #[serde(deserialize_with = "json::object")]
    pub(super) options: OptionFields,
}

/// Parameters of the model.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct OptionFields {
    /// Most tokens of a reply, thoughts included.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(range(min = 1, max = 2_147_483_647)))]
    pub(super) max_tokens: Option<i64>,
    /// Sampling temperature.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(extend("minimum" = 0, "maximum" = 2)))]
    pub(super) temperature: Option<Number>,
    /// Probability mass that sampling considers.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(extend("minimum" = 0, "maximum" = 1)))]
    pub(super) top_p: Option<Number>,
    /// Number of candidates that sampling considers.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(range(min = 0, max = 500)))]
    pub(super) top_k: Option<i64>,
    /// `https://host[:port][/path]` in place of `https://generativelanguage.googleapis.com`; a path replaces the
    /// computed one. Envoy's cluster decides where requests really go.
    pub(super) upstream_url: Option<String>,
}

/// Where a credential's parameter goes.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) enum ParamLocation {
    /// Into the URL.
    Query,
}

/// Who runs the model.
#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) enum Provider {
    /// Google.
    #[default]
    Gemini,
}

/// Who wins when both the client and the operator set a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum OptionsMode {
    /// The client.
    Default,
    /// The operator.
    Force,
}

/// What happens to the `model` that a client names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum ModelPolicy {
    /// It must be absent, `model.name` or an alias; anything else is a 400.
    Match,
    /// It is ignored; needs `model.name`.
    Pin,
}

/// What a request is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum RouteType {
    /// What the end of its path says, whatever the path starts with.
    #[serde(rename = "auto")]
    Auto,
    /// A chat completion, whatever its path.
    #[serde(rename = "llm/v1/chat")]
    Chat,
}

/// The dialect clients speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum LlmFormat {
    /// What the path says.
    Auto,
    /// OpenAI's.
    OpenAi,
}

/// Whether replies stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum ResponseStreaming {
    /// As the client asks.
    Allow,
    /// Never; a client that asks for it gets a 400.
    Deny,
    /// Always, asked for or not.
    Always,
}

/// What happens to a request that no endpoint takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum Unmatched {
    /// It is answered with a 404 in OpenAI's shape.
    Error,
    /// It goes on untouched, credentials included: never on a route to Google.
    Pass,
}

/// A switch with a default name, or another name.
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
#[cfg_attr(all(test, not(target_arch = "wasm32")), serde(untagged))]
pub(super) enum NameHeader {
    /// On, by the default name, or off.
    Flag(bool),
    /// On, by this name.
    Name(String),
}

impl<'de> Deserialize<'de> for NameHeader {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = NameHeader;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a boolean or a header name")
            }
            fn visit_bool<E: Error>(self, on: bool) -> Result<NameHeader, E> {
                Ok(NameHeader::Flag(on))
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<NameHeader, E> {
                Ok(NameHeader::Name(name.to_owned()))
            }
        }
        from.deserialize_any(Visit)
    }
}

/// One name or a list of names.
#[derive(Default)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
#[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(with = "OneOrMany"))]
pub(super) struct Names(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Names;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string or an array of strings")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Names, E> {
                Ok(Names(vec![name.to_owned()]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Names, A::Error> {
                let mut names = Vec::new();
                while let Some(name) = seq.next_element()? {
                    names.push(name);
                }
                Ok(Names(names))
            }
        }
        from.deserialize_any(Visit)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[derive(schemars::JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used")]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}
