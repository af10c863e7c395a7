//! Where requests go, and which of them, as it is written.

use serde::Deserialize;
use serde_json::Value;

use crate::wire::json;

/// Vertex AI: with a project and a location requests go there, else to the Gemini Developer API.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct GeminiFields {
    /// Host of Vertex AI; derived from `location_id` where it is left out.
    pub(super) api_endpoint: Option<String>,
    /// Google Cloud project.
    pub(super) project_id: Option<String>,
    /// Region such as `us-central1`, multi-region `us` or `eu`, or `global`.
    pub(super) location_id: Option<String>,
    /// Endpoint of a model of one's own: one of the Model Garden, which speaks OpenAI's dialect, or with
    /// `upstream_format` `gemini` a tuned Gemini model.
    pub(super) endpoint_id: Option<String>,
    /// Version of the API; by default `v1beta` for the Developer API, `v1` for Vertex AI.
    pub(super) api_version: Option<ApiVersion>,
    /// Vertex AI with an API key and without a project.
    pub(super) express_mode: bool,
}

/// Version of Google's API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum ApiVersion {
    /// The stable version of both APIs.
    V1,
    /// The usual one of the Developer API.
    V1Beta,
    /// The preview of Vertex AI.
    V1Beta1,
    /// Experiments of the Developer API.
    V1Alpha,
}

impl ApiVersion {
    /// As it stands in a path.
    #[must_use]
    pub fn segment(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1Beta => "v1beta",
            Self::V1Beta1 => "v1beta1",
            Self::V1Alpha => "v1alpha",
        }
    }
}

/// What some requests are treated by.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct RouteFields {
    /// Which requests: all that is given must fit.
    #[serde(rename = "match", deserialize_with = "json::object")]
    pub(super) matches: MatchFields,
    /// Any fields of the configuration, to be merged over it: members of objects one by one, `auth` as a whole; null
    /// takes a field away.
    pub(super) config: Value,
}

/// Which requests a route's configuration is for.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub(super) struct MatchFields {
    /// Name of Envoy's route.
    pub(super) name: Option<String>,
    /// Host of the request, without port: exact, or `*.` and a domain.
    pub(super) host: Option<String>,
    /// Beginning of the path.
    pub(super) path_prefix: Option<String>,
}
