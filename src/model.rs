//! Model names and what a model can do.
//!
//! Unknown `gemini-*` names get the newest behaviour, anything else the most conservative one.
//! <https://ai.google.dev/gemini-api/docs/models>

use crate::error::Error;

/// Prefixes that clients and other gateways put before a model's name.
const PREFIXES: [&str; 5] = ["publishers/google/models/", "models/", "google/", "gemini/", "vertex_ai/"];

/// A validated model name: `gemini-2.5-flash` or `tunedModels/my-model`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    name: String,
    generation: Generation,
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
        let id = name.strip_prefix("tunedModels/").unwrap_or(name);
        let plain = id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        if id.is_empty() || id.len() > 128 || !plain || id.starts_with('.') {
            return Err(Error::invalid("The model name is not valid.").param("model").code("invalid_value"));
        }
        Ok(Self { name: name.to_owned(), generation: generation(name) })
    }

    /// The name without prefixes.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The resource, `models/NAME` or `tunedModels/NAME`.
    #[must_use]
    pub fn resource(&self) -> String {
        if self.name.starts_with("tunedModels/") {
            self.name.clone()
        } else {
            format!("models/{}", self.name)
        }
    }

    /// Whether a non-zero presence or frequency penalty is accepted; elsewhere it is a 400.
    #[must_use]
    pub fn has_penalties(&self) -> bool {
        self.generation == Generation::Gemini(2, 0)
            || (self.generation == Generation::Gemini(1, 5) && self.name.ends_with("-002"))
    }

    /// Whether temperature, top-p and top-k have an effect; Google announced a 400 for models where they do not.
    #[must_use]
    pub fn has_sampling(&self) -> bool {
        let flash = self.name.contains("-flash");
        !match self.generation {
            Generation::Gemini(3, 5) => self.name.contains("-flash-lite"),
            generation @ Generation::Gemini(..) => generation >= Generation::Gemini(3, 6) && flash,
            Generation::Other | Generation::Newest => false,
        }
    }

    /// Whether a system instruction is accepted; elsewhere it goes before the first user turn.
    #[must_use]
    pub fn has_system_instruction(&self) -> bool {
        !self.name.starts_with("gemma-") && !self.name.starts_with("gemini-2.5-flash-image")
    }

    /// Gemini 3 and later: the last turn must be the user's, calls have ids, thought signatures are demanded, results
    /// may hold media, JSON output and built-in tools go together with functions.
    #[must_use]
    pub fn is_gemini_3(&self) -> bool {
        self.generation >= Generation::Gemini(3, 0)
    }

    /// Whether schemas may be JSON Schema; older models take Google's own `Schema` message.
    #[must_use]
    pub fn has_json_schema(&self) -> bool {
        self.generation >= Generation::Gemini(2, 0)
    }

    /// Whether the model can answer in JSON only.
    #[must_use]
    pub fn has_json_output(&self) -> bool {
        !self.name.starts_with("gemma-")
    }

    /// How the model is told how much to think.
    #[must_use]
    pub fn thinking(&self) -> Thinking {
        let silent =
            ["-tts", "-image", "native-audio", "embedding"].iter().any(|kind| self.name.contains(kind));
        if silent || self.generation < Generation::Gemini(2, 5) {
            return Thinking::None;
        }
        let pro = self.name.contains("-pro");
        if self.is_gemini_3() {
            // The newest flash models have no level below `low`, and no pro model ever had.
            let minimal = !pro && self.generation < Generation::Gemini(3, 7);
            return Thinking::Level { minimal };
        }
        Thinking::Budget { off: !pro, most: if pro { 32_768 } else { 24_576 } }
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
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn names_lose_their_prefixes() {
        for (given, resource) in [
            ("gemini-2.5-flash", "models/gemini-2.5-flash"),
            ("models/gemini-2.5-flash", "models/gemini-2.5-flash"),
            ("google/gemini-3-pro-preview", "models/gemini-3-pro-preview"),
            ("gemini/models/gemma-3-27b-it", "models/gemma-3-27b-it"),
            ("projects/p/locations/l/publishers/google/models/gemini-2.5-pro", "models/gemini-2.5-pro"),
            ("tunedModels/my-model-1", "tunedModels/my-model-1"),
        ] {
            assert_eq!(Model::parse(given).unwrap().resource(), resource);
        }
    }

    #[test]
    fn a_name_that_would_change_the_path_is_refused() {
        for given in [
            "",
            "models/",
            "..",
            ".",
            "../files/x",
            "a/b",
            "a?b",
            "a#b",
            "a/b:countTokens",
            "a:countTokens",
            "%2e%2e",
            "a b",
            "a\nb",
            "a\0",
            "é",
            "tunedModels/../x",
            "tunedModels/",
            ".hidden",
        ] {
            let error = Model::parse(given).unwrap_err();
            assert_eq!(error.status(), 400, "{given:?}");
        }
        assert!(Model::parse(&"a".repeat(129)).is_err());
    }

    #[test]
    fn how_a_model_thinks() {
        for (name, thinking) in [
            ("gemini-2.0-flash", Thinking::None),
            ("gemma-3-27b-it", Thinking::None),
            ("gemini-2.5-flash-image", Thinking::None),
            ("gemini-2.5-flash-preview-tts", Thinking::None),
            ("gemini-2.5-flash", Thinking::Budget { off: true, most: 24_576 }),
            ("gemini-2.5-flash-lite", Thinking::Budget { off: true, most: 24_576 }),
            ("gemini-2.5-pro", Thinking::Budget { off: false, most: 32_768 }),
            ("gemini-3-flash-preview", Thinking::Level { minimal: true }),
            ("gemini-3.1-flash-lite", Thinking::Level { minimal: true }),
            ("gemini-3.1-pro", Thinking::Level { minimal: false }),
            ("gemini-3.7-flash", Thinking::Level { minimal: false }),
            ("gemini-flash-latest", Thinking::Level { minimal: false }),
        ] {
            assert_eq!(Model::parse(name).unwrap().thinking(), thinking, "{name}");
        }
    }

    #[test]
    fn what_a_model_can_do() {
        let model = |name| Model::parse(name).unwrap();
        for (name, penalties, sampling, system, user_last) in [
            ("gemini-1.5-pro-002", true, true, true, false),
            ("gemini-pro", false, true, true, false),
            ("gemini-2.0-flash", true, true, true, false),
            ("gemini-2.5-pro", false, true, true, false),
            ("gemini-2.5-flash-image", false, true, false, false),
            ("gemini-3-pro-preview", false, true, true, true),
            ("gemini-3.5-flash", false, true, true, true),
            ("gemini-3.5-flash-lite", false, false, true, true),
            ("gemini-3.6-flash", false, false, true, true),
            ("gemini-flash-latest", false, true, true, true),
            ("gemini-robotics-er", false, true, true, true),
            ("gemma-3-27b-it", false, true, false, false),
            ("tunedModels/x", false, true, true, false),
        ] {
            let model = model(name);
            assert_eq!(model.has_json_schema(), user_last || name.starts_with("gemini-2."), "{name}");
            let found = (
                model.has_penalties(),
                model.has_sampling(),
                model.has_system_instruction(),
                model.is_gemini_3(),
            );
            assert_eq!(found, (penalties, sampling, system, user_last), "{name}");
        }
    }
}
