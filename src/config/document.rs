//! The configuration as it is written. The comments here are the field table of the README and the descriptions of
//! `envoy/config.schema.json`.

use serde::Deserialize;
use serde_json::Number;

use super::capabilities::Capabilities;
use super::places::{GeminiFields, RouteFields};
use super::words::{
    LlmFormat, ModelPolicy, NameHeader, Names, OptionsMode, Provider, RequestMode, ResponseStreaming,
    Rewrite, RouteType, Unmatched, UpstreamFormat,
};
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
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(extend("minimum" = 0.001, "maximum" = 3600)))]
    pub(super) body_wait: f64,
    /// How clients that drop thought signatures are served.
    #[serde(deserialize_with = "json::object")]
    pub(super) thought_signatures: SignatureFields,
    /// How request bodies are read: `headers` works where Envoy holds no headers back, with a model known from them.
    pub(super) request_mode: RequestMode,
    /// The dialect Google is spoken to.
    pub(super) upstream_format: Option<UpstreamFormat>,
    /// How Google's path and host get into the request.
    pub(super) rewrite: Rewrite,
    /// Name of the Envoy cluster for these requests, put into the header `cluster_header`; the route chooses its
    /// cluster by that header (`cluster_header` of Envoy).
    pub(super) upstream_cluster: Option<String>,
    /// Name of that header; a client's own copy never stays.
    pub(super) cluster_header: Option<String>,
    /// Hosts that a template may name: exact, or `*.` and a domain.
    pub(super) allowed_hosts: Names,
    /// What request paths look like, for `$(uri_captures.NAME)`: a path with `{NAME}` for a segment, and `*` at its end
    /// for anything.
    pub(super) uri_template: Option<String>,
    /// Sends what of `metadata` can be a label as Vertex AI's `labels`, which show up in the bill.
    pub(super) metadata_as_labels: bool,
    /// Folder of Cloud Storage, `gs://bucket/folder`, that Vertex AI puts videos into; otherwise they come inside of its
    /// replies, of which Envoy takes no large ones.
    pub(super) video_storage_uri: Option<String>,
    /// What some requests are treated by instead; the first that matches is merged over everything else here.
    pub(super) routes: Vec<RouteFields>,
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
            request_mode: RequestMode::Body,
            upstream_format: None,
            rewrite: Rewrite::Headers,
            upstream_cluster: None,
            cluster_header: None,
            allowed_hosts: Names::default(),
            uri_template: None,
            metadata_as_labels: false,
            video_storage_uri: None,
            routes: Vec::new(),
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

/// A header or a query parameter or both, or a service account's tokens.
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
    /// Sends access tokens of a Google principal: of `gcp_service_account_json`, else of the key file in environment
    /// variable `GCP_SERVICE_ACCOUNT`, else of the machine or workload by the metadata server.
    pub(super) gcp_use_service_account: bool,
    /// A key file's JSON text, `type` `service_account` (Envoy 1.37 or later), `external_account` or
    /// `impersonated_service_account`.
    pub(super) gcp_service_account_json: Option<String>,
    /// `http[s]://host[:port][/path]` in place of the metadata server's.
    pub(super) gcp_metadata_url: Option<String>,
    /// Where assertions are exchanged, and their audience; `https://oauth2.googleapis.com/token` without it.
    pub(super) gcp_oauth_token_url: Option<String>,
    /// E-mail address of the service account whose tokens are sent, which the principal impersonates.
    pub(super) gcp_impersonate_service_account: Option<String>,
    /// Name of a request header in which clients bring their own access token, with or without `Bearer`.
    pub(super) gcp_access_token_header: Option<String>,
    /// Envoy's cluster of the token endpoint; `google-oauth` without it.
    pub(super) gcp_oauth_token_cluster: Option<String>,
    /// Envoy's cluster of the metadata server; `google-metadata` without it.
    pub(super) gcp_metadata_cluster: Option<String>,
    /// Envoy's cluster of the Security Token Service; `google-sts` without it.
    pub(super) gcp_sts_cluster: Option<String>,
    /// Envoy's cluster of the IAM credentials API; `google-iamcredentials` without it.
    pub(super) gcp_iamcredentials_cluster: Option<String>,
    /// Envoy's cluster of the URL that gives subject tokens; `google-subject-token` without it.
    pub(super) gcp_subject_token_cluster: Option<String>,
    /// Seconds that a request waits for a token before it is answered with 503: more than 0, at most 600; 5 without it.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(extend("minimum" = 0.001, "maximum" = 600)))]
    pub(super) gcp_token_wait: Option<f64>,
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
    /// How many numbers the vectors of embeddings have.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(range(min = 1, max = 2_147_483_647)))]
    pub(super) embeddings_dimensions: Option<i64>,
    /// `https://host[:port][/path]` in place of `https://generativelanguage.googleapis.com`; a path replaces the
    /// computed one. Envoy's cluster decides where requests really go.
    pub(super) upstream_url: Option<String>,
    /// Where on Vertex AI the model is.
    #[serde(deserialize_with = "json::object")]
    pub(super) gemini: GeminiFields,
}

/// Where a credential's parameter goes.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) enum ParamLocation {
    /// Into the URL.
    Query,
}
