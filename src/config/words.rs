//! The words and switches of the document.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};

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
    /// A completion of the older kind.
    #[serde(rename = "llm/v1/completions")]
    Completions,
    /// Embeddings.
    #[serde(rename = "llm/v1/embeddings")]
    Embeddings,
    /// The list of models.
    #[serde(rename = "llm/v1/models")]
    Models,
    /// A ranking of documents.
    #[serde(rename = "llm/v1/rerank")]
    Rerank,
    /// Images from text.
    #[serde(rename = "image/v1/images/generations")]
    ImageGenerations,
    /// Images from images.
    #[serde(rename = "image/v1/images/edits")]
    ImageEdits,
    /// Speech from text.
    #[serde(rename = "audio/v1/audio/speech")]
    Speech,
    /// Text from speech.
    #[serde(rename = "audio/v1/audio/transcriptions")]
    Transcriptions,
    /// English text from speech.
    #[serde(rename = "audio/v1/audio/translations")]
    Translations,
    /// Videos.
    #[serde(rename = "video/v1/videos/generations")]
    Videos,
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

/// How request bodies are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum RequestMode {
    /// The headers are held back until the body is there; needs `allow_on_headers_stop_iteration`.
    Body,
    /// Path and credential are decided from the headers, and replies to clients that want none streamed are put
    /// together here.
    Headers,
}

/// The dialect Google is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum UpstreamFormat {
    /// Gemini's own.
    Gemini,
    /// OpenAI's, of Google's compatible endpoint.
    OpenAi,
}

/// How Google's path and host get into the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum Rewrite {
    /// As `:path` and `:authority`; Envoy then matches its routes anew.
    Headers,
    /// As the filter states `wasm.gemini_filter.path` and `wasm.gemini_filter.host`, for the route's `path_rewrite`
    /// and `host_rewrite` (Envoy 1.37 and newer).
    FilterState,
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
