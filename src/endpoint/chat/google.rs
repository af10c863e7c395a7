//! Google's own options in an OpenAI request.
//!
//! They come at the top level (Kong), in `extra_body`, in `extra_body.google`, in `google`, or in an `extra_body` inside
//! `extra_body`, which is what Google's own example for OpenAI's Python SDK sends. All of these are read; the innermost
//! wins. <https://ai.google.dev/gemini-api/docs/openai#extra-body>

use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::error::Error;
use crate::media::Backend;
use crate::wire::gemini::GenerationConfig;
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;
use crate::wire::text::Str;

/// What was found, merged.
#[derive(Default)]
pub(super) struct Options<'a> {
    /// Laid over ours, member by member.
    generation: Vec<&'a RawValue>,
    /// In place of what `reasoning_effort` says.
    pub(super) thinking: Option<&'a RawValue>,
    /// A list, as it is.
    pub(super) safety: Option<&'a RawValue>,
    /// The name of a cache.
    pub(super) cached_content: Option<Str<'a>>,
    /// More tools, in Google's form.
    pub(super) tools: Vec<&'a RawValue>,
    /// The arguments of calls are to come in pieces.
    stream_arguments: bool,
}

/// One place where options stand, in both spellings.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow, alias = "generationConfig")]
    generation_config: Option<&'a RawValue>,
    #[serde(alias = "thinkingConfig")]
    thinking_config: Option<&'a RawValue>,
    #[serde(alias = "safetySettings")]
    safety_settings: Option<&'a RawValue>,
    #[serde(alias = "cachedContent")]
    cached_content: Option<Str<'a>>,
    tools: Option<Vec<&'a RawValue>>,
    #[serde(alias = "streamFunctionCallArguments")]
    stream_function_call_arguments: Option<bool>,
    google: Option<&'a RawValue>,
    extra_body: Option<&'a RawValue>,
}

/// Collects the options of a request.
pub(super) fn options<'a>(chat: &ChatRequest<'a>) -> Result<Options<'a>, Error> {
    let mut options = Options {
        generation: chat.generation_config.into_iter().collect(),
        safety: chat.safety_settings,
        cached_content: chat.cached_content.clone(),
        ..Options::default()
    };
    options.take(chat.google, "google", 0)?;
    options.take(chat.extra_body, "extra_body", 0)?;
    Ok(options)
}

impl<'a> Options<'a> {
    fn take(&mut self, raw: Option<&'a RawValue>, path: &str, depth: u8) -> Result<(), Error> {
        const DEEPEST: u8 = 3;
        let Some(raw) = raw.filter(|_| depth < DEEPEST) else {
            return Ok(());
        };
        let Object(place): Object<Place<'a>> =
            json::from_slice(raw.get().as_bytes()).map_err(|problem| problem.under(path))?;
        self.generation.extend(place.generation_config);
        self.thinking = place.thinking_config.or(self.thinking);
        self.safety = place.safety_settings.or(self.safety);
        self.cached_content = place.cached_content.or(self.cached_content.take());
        self.tools.extend(place.tools.unwrap_or_default());
        self.stream_arguments = place.stream_function_call_arguments.unwrap_or(self.stream_arguments);
        let depth = depth.saturating_add(1);
        self.take(place.google, &format!("{path}.google"), depth)?;
        self.take(place.extra_body, &format!("{path}.extra_body"), depth)
    }

    /// Whether Google is to tell the arguments of calls in pieces: the Developer API refuses to be asked.
    pub(super) fn stream_arguments(&self, backend: Backend) -> bool {
        self.stream_arguments && backend == Backend::Vertex
    }

    /// `ours` with the client's own `generation_config` over it; none where that is empty.
    pub(super) fn over(&self, mut ours: GenerationConfig<'_>) -> Result<Option<Box<RawValue>>, Error> {
        if self.thinking.is_some() {
            ours.thinking_config = None;
        }
        let unreadable =
            |_| Error::invalid("The generation configuration could not be read.").param("extra_body");
        let ours = serde_json::value::to_raw_value(&ours).map_err(unreadable)?;
        if self.generation.is_empty() && self.thinking.is_none() {
            return Ok(Some(ours).filter(|ours| ours.get() != "{}"));
        }
        let mut merged: Map<String, Value> = serde_json::from_str(ours.get()).map_err(unreadable)?;
        for theirs in &self.generation {
            let Value::Object(theirs) = serde_json::from_str(theirs.get()).map_err(unreadable)? else {
                return Err(Error::invalid("Expected an object.")
                    .param("generation_config")
                    .code("invalid_type"));
            };
            merge(&mut merged, theirs);
        }
        if let Some(thinking) = self.thinking {
            let thinking = serde_json::from_str(thinking.get()).map_err(unreadable)?;
            merged.insert("thinkingConfig".to_owned(), thinking);
        }
        let merged = serde_json::value::to_raw_value(&merged).map_err(unreadable)?;
        Ok(Some(merged).filter(|merged| merged.get() != "{}"))
    }
}

/// Lays `theirs` over `ours`; objects merge, everything else is replaced. Google takes a member in either spelling but
/// not in both.
fn merge(ours: &mut Map<String, Value>, theirs: Map<String, Value>) {
    for (name, value) in theirs {
        let name = camel_case(&name);
        match (ours.get_mut(&name), value) {
            (Some(Value::Object(ours)), Value::Object(theirs)) if !name.ends_with("Schema") => {
                merge(ours, theirs)
            }
            (_, Value::Null) => {}
            (_, value) => {
                ours.insert(name, value);
            }
        }
    }
}

/// Google's other spelling of a member's name.
pub(super) fn camel_case(name: &str) -> String {
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    camel
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn merged(body: &str) -> String {
        let chat: ChatRequest<'_> = json::from_slice(body.as_bytes()).unwrap();
        let ours = GenerationConfig { max_output_tokens: Some(5), ..GenerationConfig::default() };
        options(&chat).unwrap().over(ours).unwrap().unwrap().get().to_owned()
    }

    #[test]
    fn options_are_read_wherever_they_stand() {
        for body in [
            r#"{"generationConfig":{"topK":3}}"#,
            r#"{"generation_config":{"top_k":3}}"#,
            r#"{"google":{"generation_config":{"topK":3}}}"#,
            r#"{"extra_body":{"generationConfig":{"top_k":3}}}"#,
            r#"{"extra_body":{"google":{"generation_config":{"top_k":3}}}}"#,
            r#"{"extra_body":{"extra_body":{"google":{"generation_config":{"topK":3}}}}}"#,
        ] {
            assert_eq!(merged(body), r#"{"maxOutputTokens":5,"topK":3}"#, "{body}");
        }
    }

    #[test]
    fn the_clients_own_win_member_by_member() {
        for (body, expected) in [
            (r#"{"generationConfig":{"max_output_tokens":9}}"#, r#"{"maxOutputTokens":9}"#),
            (r#"{"generationConfig":{"maxOutputTokens":null}}"#, r#"{"maxOutputTokens":5}"#),
            (
                r#"{"extra_body":{"google":{"thinking_config":{"thinking_budget":7,"include_thoughts":true}}}}"#,
                r#"{"maxOutputTokens":5,"thinkingConfig":{"thinking_budget":7,"include_thoughts":true}}"#,
            ),
            (
                r#"{"google":{"generation_config":{"image_config":{"aspect_ratio":"1:1"}}},"generationConfig":{"imageConfig":{"imageSize":"1K"}}}"#,
                r#"{"maxOutputTokens":5,"imageConfig":{"imageSize":"1K","aspectRatio":"1:1"}}"#,
            ),
        ] {
            assert_eq!(merged(body), expected, "{body}");
        }
    }

    #[test]
    fn arguments_come_in_pieces_from_vertex_alone_and_where_asked() {
        for (body, expected) in [
            (r#"{"extra_body":{"google":{"stream_function_call_arguments":true}}}"#, true),
            (r#"{"extra_body":{"streamFunctionCallArguments":true}}"#, true),
            (r#"{"google":{"stream_function_call_arguments":true}}"#, true),
            (r#"{"extra_body":{"extra_body":{"google":{"stream_function_call_arguments":true}}}}"#, true),
            (
                r#"{"extra_body":{"stream_function_call_arguments":true,"google":{"stream_function_call_arguments":false}}}"#,
                false,
            ),
            (r#"{"google":{"stream_function_call_arguments":null}}"#, false),
            ("{}", false),
        ] {
            let chat: ChatRequest<'_> = json::from_slice(body.as_bytes()).unwrap();
            let options = options(&chat).unwrap();
            assert_eq!(options.stream_arguments(Backend::Vertex), expected, "{body}");
            assert!(!options.stream_arguments(Backend::Developer));
        }
    }
}
