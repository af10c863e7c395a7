//! Google's own tools, which it runs itself: asked for by a type of OpenAI's, or in Google's own form.
//!
//! <https://ai.google.dev/api/caching#Tool>

use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::google::camel_case;
use crate::error::Error;
use crate::media::Backend;
use crate::wire::gemini::{Member, Tool};
use crate::wire::json;

/// One of Google's tools.
struct Known {
    /// Its name on the wire.
    google: &'static str,
    /// Its types in OpenAI's form; dated variants such as `web_search_20250305` begin with them.
    types: &'static [&'static str],
    /// The only API that has it.
    only: Option<Backend>,
}

const KNOWN: [Known; 11] = [
    Known { google: "googleSearch", types: &["web_search", "google_search"], only: None },
    Known { google: "codeExecution", types: &["code_interpreter", "code_execution"], only: None },
    Known { google: "urlContext", types: &["url_context", "web_fetch"], only: None },
    Known { google: "googleMaps", types: &["google_maps"], only: None },
    Known { google: "computerUse", types: &["computer_use"], only: None },
    Known { google: "googleSearchRetrieval", types: &[], only: None },
    Known { google: "fileSearch", types: &["file_search"], only: Some(Backend::Developer) },
    Known { google: "enterpriseWebSearch", types: &["enterprise_web_search"], only: Some(Backend::Vertex) },
    Known { google: "retrieval", types: &[], only: Some(Backend::Vertex) },
    Known { google: "parallelAiSearch", types: &["parallel_ai_search"], only: Some(Backend::Vertex) },
    Known { google: "exaAiSearch", types: &["exa_ai_search"], only: Some(Backend::Vertex) },
];

/// Types of OpenAI's tools that it runs itself, and that have no counterpart here.
const OTHERS: [&str; 5] = ["image_generation", "mcp", "local_shell", "shell", "apply_patch"];

/// Whether `kind` is the type of a tool that is not the client's own.
pub(super) fn is_type(kind: &str) -> bool {
    let known = KNOWN.iter().flat_map(|known| known.types).chain(&OTHERS);
    known.into_iter().any(|name| kind.starts_with(name))
}

/// Tools of a request, each an object of its own: a `Tool` holds one kind.
#[derive(Default)]
pub(super) struct BuiltIn<'a> {
    pub(super) tools: Vec<Tool<'a>>,
    /// Where the user is, for maps: `toolConfig.retrievalConfig`.
    pub(super) place: Option<Box<RawValue>>,
}

impl BuiltIn<'_> {
    /// Adds the tool of OpenAI's type `kind`; `false` where there is none. `stores` are those of a file search.
    pub(super) fn add_type(
        &mut self,
        kind: &str,
        stores: Option<&RawValue>,
        path: &str,
        backend: Backend,
    ) -> Result<bool, Error> {
        let is_it = |known: &&Known| known.types.iter().any(|name| kind.starts_with(name));
        let Some(known) = KNOWN.iter().find(is_it) else {
            return Ok(false);
        };
        let options = match (known.google, stores) {
            ("fileSearch", Some(stores)) => format!("{{\"fileSearchStoreNames\":{}}}", stores.get()),
            ("fileSearch", None) => return Err(Error::missing(format!("{path}.vector_store_ids"))),
            ("computerUse", _) => "{\"environment\":\"ENVIRONMENT_BROWSER\"}".to_owned(),
            _ => "{}".to_owned(),
        };
        self.add(known, options, &format!("{path}.type"), backend)?;
        Ok(true)
    }

    /// Adds the tool that Google calls `name`, in either spelling; `false` where there is none.
    pub(super) fn add_native(
        &mut self,
        name: &str,
        options: &RawValue,
        path: &str,
        backend: Backend,
    ) -> Result<bool, Error> {
        let name = camel_case(name.into());
        let Some(known) = KNOWN.iter().find(|known| known.google == name) else {
            return Ok(false);
        };
        let options = match (known.google, options.get()) {
            (_, "null") => "{}".to_owned(),
            ("googleMaps", _) => self.maps(options, path)?,
            (_, options) => options.to_owned(),
        };
        self.add(known, options, path, backend)?;
        Ok(true)
    }

    /// The options of maps without the place, which Google takes elsewhere.
    fn maps(&mut self, options: &RawValue, path: &str) -> Result<String, Error> {
        let mut options: Map<String, Value> = json::from_raw(options, path)?;
        let lat_lng = options.remove("latitude").zip(options.remove("longitude"));
        let language = options.remove("languageCode").or(options.remove("language_code"));
        let mut place = Map::new();
        if let Some((latitude, longitude)) = lat_lng {
            place.insert("latLng".to_owned(), json!({"latitude": latitude, "longitude": longitude}));
        }
        place.extend(language.map(|code| ("languageCode".to_owned(), code)));
        if !place.is_empty() {
            self.place = serde_json::value::to_raw_value(&place).ok();
        }
        Ok(Value::Object(options).to_string())
    }

    /// Whether the tool that Google calls `name` is among them.
    pub(super) fn has(&self, name: &str) -> bool {
        self.tools.iter().any(|tool| matches!(tool, Tool::BuiltIn(Member(taken, _)) if *taken == name))
    }

    /// The search that `web_search_options` asks for; none of its options has a counterpart.
    pub(super) fn add_search(&mut self) {
        self.push("googleSearch", "{}".to_owned());
    }

    fn add(&mut self, known: &Known, options: String, path: &str, backend: Backend) -> Result<(), Error> {
        if known.only.is_some_and(|only| only != backend) {
            let message = match backend {
                Backend::Developer => "Only Vertex AI has this tool.",
                Backend::Vertex => "Vertex AI does not have this tool.",
            };
            return Err(Error::invalid(message).param(path).code("unsupported_value"));
        }
        self.push(known.google, options);
        Ok(())
    }

    fn push(&mut self, name: &'static str, options: String) {
        if !self.has(name) {
            let options = RawValue::from_string(options).unwrap_or_default();
            self.tools.push(Tool::BuiltIn(Member(name, options)));
        }
    }
}
