//! Model names and what a model can do.
//!
//! Unknown `gemini-*` names get the newest behaviour, anything else the most conservative one; what the configuration
//! says of its models ([`Capabilities`]) comes before both.
//! <https://ai.google.dev/gemini-api/docs/models>

use crate::config::{Capabilities, Embedding, Output, ThinkingControl};
use crate::error::Error;
use crate::media::Backend;

/// Prefixes that clients and other gateways put before a model's name.
const PREFIXES: [&str; 5] = ["publishers/google/models/", "models/", "google/", "gemini/", "vertex_ai/"];

/// A validated model name: `gemini-2.5-flash`, `tunedModels/my-model` or `endpoints/123`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    name: String,
    generation: Generation,
    told: Capabilities,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Generation {
    /// Gemma, tuned models, anything we do not know: nothing optional is assumed.
    Other,
    /// `gemini-MAJOR.MINOR…`
    Gemini(u8, u8),
    /// An alias of the newest model, or a name that does not tell.
    Newest,
}

impl Model {
    /// Reads a model's name as the client or the configuration gives it.
    ///
    /// # Errors
    /// 400 on `model` where the name could not be one path segment: it becomes part of the upstream path.
    pub fn parse(given: &str) -> Result<Self, Error> {
        let name = strip_prefixes(given);
        let id = ["tunedModels/", "endpoints/"].iter().find_map(|of| name.strip_prefix(of)).unwrap_or(name);
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
        if id.is_empty() || id.len() > 128 || !plain || id.starts_with('.') {
            return Err(Error::invalid("The model name is not valid.").param("model").code("invalid_value"));
        }
        Ok(Self { name: name.to_owned(), generation: generation(name), told: Capabilities::default() })
    }

    /// The name without prefixes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The resource: `models/NAME` or `tunedModels/NAME` of the Developer API, `publishers/google/models/NAME` or
    /// `endpoints/NUMBER` of Vertex AI, where a tuned model is an endpoint.
    #[must_use]
    pub fn resource(&self, backend: Backend) -> String {
        let name = &self.name;
        match backend {
            _ if name.starts_with("tunedModels/") || name.starts_with("endpoints/") => name.clone(),
            Backend::Developer => format!("models/{name}"),
            Backend::Vertex if name.bytes().all(|byte| byte.is_ascii_digit()) => format!("endpoints/{name}"),
            Backend::Vertex => format!("publishers/google/models/{name}"),
        }
    }

    /// The name as replies tell it, without a version such as `@001`.
    #[must_use]
    pub fn shown(&self) -> &str {
        self.name.split_once('@').map_or(&self.name, |(name, _)| name)
    }

    /// The same model with what the operator told of it.
    #[must_use]
    pub fn told(self, told: Capabilities) -> Self {
        Self { told, ..self }
    }

    /// Whether it is a Gemini model of this version or a later one.
    #[must_use]
    pub fn is_since(&self, major: u8, minor: u8) -> bool {
        self.generation >= Generation::Gemini(major, minor)
    }

    fn is_named(&self, marks: &[&str]) -> bool {
        marks.iter().any(|mark| self.name.contains(mark))
    }

    /// What it answers with.
    #[must_use]
    pub fn output(&self) -> Output {
        self.told.output.unwrap_or_else(|| {
            if self.is_named(&["-tts"]) {
                Output::Audio
            } else if self.is_named(&["-image"]) {
                Output::Image
            } else {
                Output::Text
            }
        })
    }

    /// What it embeds. Of the Gemini models only the first takes nothing but text.
    #[must_use]
    pub fn embedding(&self) -> Embedding {
        self.told.embedding.unwrap_or_else(|| {
            if self.name.starts_with("multimodalembedding") {
                Embedding::Multimodal
            } else if self.generation > Generation::Other
                && !self.is_named(&["embedding-001", "embedding-exp"])
            {
                Embedding::Content
            } else {
                Embedding::Text
            }
        })
    }

    /// How many inputs one call to Vertex AI may have that embeds them.
    /// <https://cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings#api_limits>
    #[must_use]
    pub fn embedding_inputs(&self) -> usize {
        let known = || match self.embedding() {
            Embedding::Multimodal => 1,
            Embedding::Content => 100,
            Embedding::Text if self.name.starts_with("gemini-") => 1,
            Embedding::Text => 250,
        };
        self.told.embedding_inputs.unwrap_or_else(known).into()
    }

    /// Whether it does nothing but transcribe, without being asked to.
    #[must_use]
    pub fn is_transcriber(&self) -> bool {
        self.is_named(&["-transcribe"])
    }

    /// Whether a non-zero presence or frequency penalty is accepted; elsewhere it is a 400.
    #[must_use]
    pub fn has_penalties(&self) -> bool {
        let known = || match self.generation {
            Generation::Gemini(1, 5) => self.name.ends_with("-002"),
            generation => generation == Generation::Gemini(2, 0),
        };
        self.told.penalties.unwrap_or_else(known)
    }

    /// Whether temperature, top-p and top-k have an effect; Google announced a 400 for models where they do not.
    #[must_use]
    pub fn has_sampling(&self) -> bool {
        let known = || match self.generation {
            Generation::Gemini(3, 5) => !self.is_named(&["-flash-lite"]),
            Generation::Gemini(..) => !(self.is_since(3, 6) && self.is_named(&["-flash"])),
            Generation::Other | Generation::Newest => true,
        };
        self.told.sampling.unwrap_or_else(known)
    }

    /// Whether a system instruction is accepted; elsewhere it goes before the first user turn.
    #[must_use]
    pub fn has_system_instruction(&self) -> bool {
        let known = || {
            !self.name.starts_with("gemma-") && !self.is_named(&["gemini-2.5-flash-image", "live-translate"])
        };
        self.told.system_instruction.unwrap_or_else(known)
    }

    /// Whether the last turn may be the model's, which it then continues; newer ones refuse that.
    #[must_use]
    pub fn has_prefill(&self) -> bool {
        self.told.prefill.unwrap_or_else(|| !self.is_since(3, 0))
    }

    /// Whether the first call of each step of the current turn must carry its thought signature.
    #[must_use]
    pub fn wants_signatures(&self) -> bool {
        self.told.thought_signatures.unwrap_or_else(|| self.is_since(3, 0))
    }

    /// Whether calls and their results have ids; older models refuse them.
    #[must_use]
    pub fn has_call_ids(&self) -> bool {
        self.told.call_ids.unwrap_or_else(|| self.is_since(3, 0))
    }

    /// Whether a result may hold media; elsewhere they stand beside it.
    #[must_use]
    pub fn has_media_in_results(&self) -> bool {
        self.told.media_in_results.unwrap_or_else(|| self.is_since(3, 0))
    }

    /// Whether each image has a resolution of its own; elsewhere the request has one.
    #[must_use]
    pub fn has_part_resolution(&self) -> bool {
        self.told.media_resolution_per_part.unwrap_or_else(|| self.is_since(3, 0))
    }

    /// Whether schemas may be JSON Schema; older models take Google's own `Schema` message.
    #[must_use]
    pub fn has_json_schema(&self) -> bool {
        self.told.json_schema.unwrap_or_else(|| self.is_since(2, 0))
    }

    /// Whether the model can be made to answer in JSON.
    #[must_use]
    pub fn has_json_output(&self) -> bool {
        let known = || !self.name.starts_with("gemma-") && self.output() == Output::Text;
        self.told.json_output.unwrap_or_else(known)
    }

    /// Whether it can be while it has tools.
    #[must_use]
    pub fn has_json_with_tools(&self) -> bool {
        self.told.json_with_tools.unwrap_or_else(|| self.is_since(3, 0))
    }

    /// Whether Google's own tools go together with functions.
    #[must_use]
    pub fn has_mixed_tools(&self) -> bool {
        self.told.built_in_tools_with_functions.unwrap_or_else(|| self.is_since(3, 0))
    }

    /// How the model is told how much to think.
    #[must_use]
    pub fn thinking(&self) -> Thinking {
        let pro = self.is_named(&["-pro"]);
        let known = || {
            let silent = self.output() != Output::Text || self.is_named(&["native-audio", "embedding"]);
            match (silent || !self.is_since(2, 5), self.is_since(3, 0)) {
                (true, _) => ThinkingControl::None,
                (false, false) => ThinkingControl::Budget,
                (false, true) => ThinkingControl::Level,
            }
        };
        match self.told.thinking.unwrap_or_else(known) {
            ThinkingControl::None => Thinking::None,
            ThinkingControl::Budget => Thinking::Budget {
                off: self.told.thinking_off.unwrap_or(!pro),
                least: match (pro, self.is_named(&["-lite"])) {
                    (true, _) => 128,
                    (false, true) => 512,
                    (false, false) => 1,
                },
                most: if pro { 32_768 } else { 24_576 },
            },
            // The newest flash models have no level below `low`, and no pro model ever had.
            ThinkingControl::Level => Thinking::Level {
                minimal: self.told.minimal_thinking.unwrap_or_else(|| !pro && !self.is_since(3, 7)),
            },
        }
    }
}

/// How a model is told how much to think. <https://ai.google.dev/gemini-api/docs/thinking>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thinking {
    /// Not at all.
    None,
    /// By a number of tokens; 0 turns it `off` where it can be.
    Budget {
        /// Whether 0 is accepted.
        off: bool,
        /// The smallest number above 0.
        least: i64,
        /// The largest number.
        most: i64,
    },
    /// By a level.
    Level {
        /// Whether `minimal` is known, the lowest.
        minimal: bool,
    },
}

/// A model's name without what clients, gateways and Google put around it.
#[must_use]
pub fn strip_prefixes(given: &str) -> &str {
    let mut name =
        match given.strip_prefix("projects/").and_then(|rest| rest.split_once("/publishers/google/")) {
            Some((_, rest)) => rest,
            None => given,
        };
    while let Some(rest) = PREFIXES.iter().find_map(|prefix| name.strip_prefix(prefix)) {
        name = rest;
    }
    name
}

fn generation(name: &str) -> Generation {
    let Some(rest) = name.strip_prefix("gemini-") else {
        return Generation::Other;
    };
    let version = rest.split('-').next().unwrap_or_default();
    let (major, minor) = version.split_once('.').unwrap_or((version, "0"));
    match (major.parse(), minor.parse()) {
        (Ok(major), Ok(minor)) => Generation::Gemini(major, minor),
        _ if ["pro", "flash", "exp"].contains(&version) && !rest.ends_with("-latest") => {
            Generation::Gemini(1, 0)
        }
        _ => Generation::Newest,
    }
}

#[cfg(test)]
mod tests;
