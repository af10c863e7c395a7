//! What models can do, where the operator knows better than the filter does.

use serde::Deserialize;

/// What the models of this configuration can do. The filter knows that by a model's name, and takes a model it does
/// not know for the newest; what stands here replaces what it knows, for every model of the configuration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub struct Capabilities {
    /// How they are told how much to think.
    pub thinking: Option<ThinkingControl>,
    /// Whether a thinking budget of 0 turns thinking off.
    pub thinking_off: Option<bool>,
    /// Whether they know the thinking level `minimal`.
    pub minimal_thinking: Option<bool>,
    /// Whether they want the thought signatures of the current turn's calls back.
    pub thought_signatures: Option<bool>,
    /// Whether calls and their results have ids.
    pub call_ids: Option<bool>,
    /// Whether results of calls may hold images and files.
    pub media_in_results: Option<bool>,
    /// Whether each image may have a resolution of its own; otherwise the request has one.
    pub media_resolution_per_part: Option<bool>,
    /// Whether the last turn may be the model's, which it then continues.
    pub prefill: Option<bool>,
    /// Whether they take a system instruction; otherwise it goes before the first user turn.
    pub system_instruction: Option<bool>,
    /// Whether presence and frequency penalties are accepted.
    pub penalties: Option<bool>,
    /// Whether temperature, top-p and top-k are accepted.
    pub sampling: Option<bool>,
    /// Whether they can be made to answer in JSON; otherwise they are asked to.
    pub json_output: Option<bool>,
    /// Whether schemas are JSON Schema; otherwise they become Google's older `Schema`.
    pub json_schema: Option<bool>,
    /// Whether JSON output and tools go together.
    pub json_with_tools: Option<bool>,
    /// Whether Google's own tools and functions go together.
    pub built_in_tools_with_functions: Option<bool>,
    /// What they answer with.
    pub output: Option<Output>,
    /// What they embed.
    pub embedding: Option<Embedding>,
    /// How many inputs a call to Vertex AI may have that embeds them: 1 to 250.
    #[cfg_attr(all(test, not(target_arch = "wasm32")), schemars(range(min = 1, max = 250)))]
    pub embedding_inputs: Option<u8>,
}

/// How a model is told how much to think.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum ThinkingControl {
    /// Not at all.
    None,
    /// By a number of tokens.
    Budget,
    /// By a level.
    Level,
}

/// What a model answers with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum Output {
    /// Text, and whatever else the client asks for.
    Text,
    /// Images among text.
    Image,
    /// Sound alone.
    Audio,
}

/// What a model embeds, which is how it is asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(all(test, not(target_arch = "wasm32")), derive(schemars::JsonSchema, serde::Serialize))]
pub enum Embedding {
    /// Text, for a task that is a parameter; on Vertex AI by `predict`.
    Text,
    /// Text and media, for a task that the text itself names; on Vertex AI by `embedContent`.
    Content,
    /// Text, images and videos, on Vertex AI by `predict`.
    Multimodal,
}
