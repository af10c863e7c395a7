//! Google's own options in an OpenAI request.
//!
//! They come at the top level (Kong), in `extra_body`, in `extra_body.google`, in `google`, or in an `extra_body` inside
//! `extra_body`, which is what Google's own example for OpenAI's Python SDK sends. All of these are read; the innermost
//! wins. <https://ai.google.dev/gemini-api/docs/openai#extra-body>

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};

use crate::error::Error;
use crate::media::Backend;
use crate::wire::gemini::GenerationConfig;
use crate::wire::json::{self, Object};
use crate::wire::lenient::{Count, Members};
use crate::wire::openai::ChatRequest;
use crate::wire::text::Str;

/// More members than any `generationConfig` has, in all places together.
const MOST_MEMBERS: usize = 256;

/// Members of which two cannot be laid over each other: the later one is meant as a whole.
const WHOLE: [&str; 5] =
    ["thinkingConfig", "speechConfig", "responseFormat", "responseSchema", "responseJsonSchema"];

/// Members of `generationConfig` that one of the two APIs alone has.
const ONLY: [(&str, Backend); 4] = [
    ("audioTimestamp", Backend::Vertex),
    ("routingConfig", Backend::Vertex),
    ("modelConfig", Backend::Vertex),
    ("enableEnhancedCivicAnswers", Backend::Developer),
];

/// What was found, merged.
#[derive(Default)]
pub(in crate::endpoint) struct Options<'a> {
    /// Of `generation_config`, in Google's spelling. They win over ours, unless those are forced, and the later over the
    /// earlier.
    generation: Vec<Member<'a>>,
    /// A list, as it is.
    pub(in crate::endpoint) safety: Option<&'a RawValue>,
    /// The name of a cache.
    pub(in crate::endpoint) cached_content: Option<Str<'a>>,
    /// An object.
    pub(in crate::endpoint) labels: Option<&'a RawValue>,
    /// More tools, in Google's form, and where each stands.
    pub(in crate::endpoint) tools: Vec<(String, &'a RawValue)>,
    /// The arguments of calls are to come in pieces.
    stream_arguments: bool,
    /// Of images, such as `16:9`.
    pub(in crate::endpoint) aspect_ratio: Option<Str<'a>>,
    /// Of images: `512`, `1K`, `2K` or `4K`.
    pub(in crate::endpoint) image_size: Option<Str<'a>>,
}

type Member<'a> = (Cow<'a, str>, &'a RawValue);

/// One place where options stand, in both spellings.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Place<'a> {
    #[serde(borrow, alias = "generationConfig")]
    generation_config: Option<&'a RawValue>,
    #[serde(alias = "thinkingConfig")]
    thinking_config: Option<&'a RawValue>,
    #[serde(alias = "mediaResolution")]
    media_resolution: Option<&'a RawValue>,
    #[serde(alias = "safetySettings")]
    safety_settings: Option<&'a RawValue>,
    #[serde(alias = "cachedContent")]
    cached_content: Option<Str<'a>>,
    labels: Option<&'a RawValue>,
    tools: Option<Vec<&'a RawValue>>,
    #[serde(alias = "streamFunctionCallArguments")]
    stream_function_call_arguments: Option<bool>,
    #[serde(alias = "aspectRatio")]
    aspect_ratio: Option<Str<'a>>,
    #[serde(alias = "imageSize")]
    image_size: Option<Str<'a>>,
    google: Option<&'a RawValue>,
    extra_body: Option<&'a RawValue>,
}

/// Collects the options of a chat.
pub(in crate::endpoint) fn options<'a>(
    chat: &ChatRequest<'a>,
    backend: Backend,
    forced: &[&str],
) -> Result<Options<'a>, Error> {
    let top = Place {
        generation_config: chat.generation_config,
        thinking_config: chat.thinking_config,
        media_resolution: chat.media_resolution,
        safety_settings: chat.safety_settings,
        cached_content: chat.cached_content.clone(),
        labels: chat.labels,
        tools: None,
        stream_function_call_arguments: None,
        aspect_ratio: None,
        image_size: None,
        google: chat.google,
        extra_body: chat.extra_body,
    };
    collected(top, backend, forced)
}

/// Collects the options of another request, which stand in it as they do in a chat.
pub(in crate::endpoint) fn of_body<'a>(
    body: &'a [u8],
    backend: Backend,
    forced: &[&str],
) -> Result<Options<'a>, Error> {
    let Object(top) = json::from_slice(body)?;
    collected(top, backend, forced)
}

/// Collects the options of a request to `backend`, without those members of `generationConfig` that are `forced`: the
/// operator's are not the client's to change by another name.
fn collected<'a>(top: Place<'a>, backend: Backend, forced: &[&str]) -> Result<Options<'a>, Error> {
    let mut options = Options::default();
    options.take(top, "", 0)?;
    options.generation.retain(|(name, _)| !forced.contains(&&**name));
    options.cached_content = options.cached_content.filter(|name| !name.is_empty());
    let foreign = |name: &str| ONLY.iter().find(|(known, only)| *known == name && *only != backend);
    if let Some((name, _)) = options.generation.iter().find_map(|(name, _)| foreign(name)) {
        let message = match backend {
            Backend::Developer => "Only Vertex AI has this option.",
            Backend::Vertex => "Vertex AI does not have this option.",
        };
        let param = format!("generation_config.{name}");
        return Err(Error::invalid(message).param(param).code("unsupported_value"));
    }
    Ok(options)
}

impl<'a> Options<'a> {
    /// Takes what stands at `path`, which ends in a dot unless it is empty.
    fn take(&mut self, place: Place<'a>, path: &str, depth: u8) -> Result<(), Error> {
        const DEEPEST: u8 = 3;
        if let Some(generation) = place.generation_config {
            let path = format!("{path}generation_config");
            let Members(members) = json::from_raw(generation, &path)?;
            if self.generation.len().saturating_add(members.len()) > MOST_MEMBERS {
                return Err(Error::invalid("Too many members.").param(path).code("invalid_value"));
            }
            self.generation.extend(given(members));
        }
        if let Some(thinking) = place.thinking_config {
            expect(thinking, '{', "an object", &format!("{path}thinking_config"))?;
            self.generation.push((Cow::Borrowed("thinkingConfig"), thinking));
        }
        if let Some(resolution) = place.media_resolution {
            expect(resolution, '"', "a string", &format!("{path}media_resolution"))?;
            self.generation.push((Cow::Borrowed("mediaResolution"), level(resolution)));
        }
        if let Some(safety) = place.safety_settings {
            expect(safety, '[', "an array", &format!("{path}safety_settings"))?;
            self.safety = Some(safety);
        }
        self.cached_content = place.cached_content.or(self.cached_content.take());
        self.labels = place.labels.or(self.labels);
        self.aspect_ratio = place.aspect_ratio.or(self.aspect_ratio.take());
        self.image_size = place.image_size.or(self.image_size.take());
        self.stream_arguments = place.stream_function_call_arguments.unwrap_or(self.stream_arguments);
        for (index, tool) in place.tools.into_iter().flatten().enumerate() {
            self.tools.push((format!("{path}tools[{index}]"), tool));
        }
        for (name, raw) in [("google", place.google), ("extra_body", place.extra_body)] {
            if let Some(raw) = raw.filter(|_| depth < DEEPEST) {
                let path = format!("{path}{name}");
                let Object(place) = json::from_raw(raw, &path)?;
                self.take(place, &format!("{path}."), depth.saturating_add(1))?;
            }
        }
        Ok(())
    }

    /// Whether Google is to tell the arguments of calls in pieces: the Developer API refuses to be asked.
    pub(super) fn stream_arguments(&self, backend: Backend) -> bool {
        self.stream_arguments && backend == Backend::Vertex
    }

    /// Whether the client's own `generation_config` has this member.
    pub(in crate::endpoint) fn sets(&self, name: &str) -> bool {
        self.generation.iter().any(|(member, _)| member == name)
    }

    /// How many candidates Google gives where `n` are asked for beside these options.
    pub(in crate::endpoint) fn candidates(&self, n: Option<i64>) -> u64 {
        let own = self.generation.iter().rev().find(|(member, _)| member == "candidateCount");
        let own = own.and_then(|(_, count)| serde_json::from_str(count.get()).ok()).map(|Count(count)| count);
        own.or(n.and_then(|n| u64::try_from(n).ok())).unwrap_or(1).max(1)
    }

    /// `ours` with the client's own `generation_config` over it; none where that is empty.
    pub(in crate::endpoint) fn over(
        &self,
        ours: &GenerationConfig<'_>,
    ) -> Result<Option<Box<RawValue>>, Error> {
        let unreadable = |_| Error::server(500, "The generation configuration could not be written.");
        let ours = to_raw_value(ours).map_err(unreadable)?;
        let merged = if self.generation.is_empty() {
            ours
        } else {
            let Members(mut members) = serde_json::from_str(ours.get()).map_err(unreadable)?;
            members.extend(self.generation.iter().cloned());
            let mut merged = String::new();
            merge(&members, 0, &mut merged);
            RawValue::from_string(merged).map_err(unreadable)?
        };
        Ok(Some(merged).filter(|merged| merged.get() != "{}"))
    }
}

fn expect(raw: &RawValue, first: char, what: &str, path: &str) -> Result<(), Error> {
    if raw.get().starts_with(first) {
        return Ok(());
    }
    Err(Error::invalid(format!("Invalid type for '{path}': expected {what}."))
        .param(path)
        .code("invalid_type"))
}

/// Google's name of a media resolution where it is given as `low`, `medium` or `high`.
fn level(given: &RawValue) -> &RawValue {
    let level = match given.get() {
        r#""low""# => r#""MEDIA_RESOLUTION_LOW""#,
        r#""medium""# => r#""MEDIA_RESOLUTION_MEDIUM""#,
        r#""high""# => r#""MEDIA_RESOLUTION_HIGH""#,
        _ => return given,
    };
    serde_json::from_str(level).unwrap_or(given)
}

/// Writes an object of `members`, each name once: the last value wins, objects merge.
fn merge(members: &[Member<'_>], depth: u8, json: &mut String) {
    const DEEPEST: u8 = 4;
    json.push('{');
    for (index, (name, _)) in members.iter().enumerate() {
        let (earlier, rest) = members.split_at_checked(index).unwrap_or_default();
        if earlier.iter().any(|(earlier, _)| earlier == name) {
            continue;
        }
        if index > 0 {
            json.push(',');
        }
        json.push_str(&serde_json::to_string(name).unwrap_or_default());
        json.push(':');
        let values: Vec<_> =
            rest.iter().filter(|(other, _)| other == name).map(|(_, value)| *value).collect();
        // Members of `imageConfig` may have to be put right.
        let merges =
            (values.len() > 1 || *name == "imageConfig") && depth < DEEPEST && !WHOLE.contains(&&**name);
        match merges.then(|| objects(&values)).flatten() {
            Some(inner) => merge(&inner, depth.saturating_add(1), json),
            None => json.push_str(values.last().map_or("null", |last| last.get())),
        }
    }
    json.push('}');
}

/// The members of all `values` together, where each is an object and they are not too many.
fn objects<'a>(values: &[&'a RawValue]) -> Option<Vec<Member<'a>>> {
    let mut all = Vec::new();
    for value in values {
        let Members(members) = serde_json::from_str(value.get()).ok()?;
        all.extend(given(members));
    }
    Some(all).filter(|all| all.len() <= MOST_MEMBERS)
}

/// What is not null, in Google's spelling.
fn given<'a>(members: Vec<Member<'a>>) -> impl Iterator<Item = Member<'a>> {
    let given = members.into_iter().filter(|(_, value)| value.get() != "null");
    given.map(|(name, value)| match camel_case(name) {
        name if name == "imageSize" => (name, image_size(value)),
        name => (name, value),
    })
}

/// A size of images in Google's spelling: `1k`, as Kong's documentation has it, would be taken for the smallest.
fn image_size(given: &RawValue) -> &RawValue {
    let size = match given.get() {
        r#""1k""# => r#""1K""#,
        r#""2k""# => r#""2K""#,
        r#""4k""# => r#""4K""#,
        _ => return given,
    };
    serde_json::from_str(size).unwrap_or(given)
}

/// Google takes a member in either spelling but not in both. `_responseJsonSchema` is a name of its own.
pub(in crate::endpoint) fn camel_case(name: Cow<'_, str>) -> Cow<'_, str> {
    if !name.contains('_') || name.starts_with('_') {
        return name;
    }
    let mut words = name.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        let mut letters = word.chars();
        camel.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        camel.push_str(letters.as_str());
    }
    Cow::Owned(camel)
}

#[cfg(test)]
mod tests;
