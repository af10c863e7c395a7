//! What a request costs and whom: its service tier, and its labels.
//!
//! | | Developer API | Vertex AI |
//! |---|---|---|
//! | tier | `serviceTier` | headers, not a member of the body |
//! | `labels`, `metadata` | nothing like it: left out | `labels` |
//!
//! <https://ai.google.dev/api/generate-content>, <https://cloud.google.com/vertex-ai/generative-ai/docs/labels>

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::error::Error;
use crate::media::Backend;
use crate::wire::gemini::Labels;
use crate::wire::json;
use crate::wire::lenient::Members;
use crate::wire::text::Str;

/// Most labels of a request, and most bytes of a name or value.
const MOST: usize = 64;

/// Google's name of a tier of OpenAI's; `auto` leaves it to Google.
pub(super) fn service_tier(openai: Option<&str>) -> Result<Option<&'static str>, Error> {
    match openai {
        None | Some("auto") => Ok(None),
        Some("default" | "standard") => Ok(Some("standard")),
        Some("flex") => Ok(Some("flex")),
        Some("priority" | "scale" | "fast") => Ok(Some("priority")),
        Some(_) => Err(Error::invalid(
            "Invalid value. Supported values are: 'auto', 'default', 'flex', 'scale', 'priority' and 'fast'.",
        )
        .param("service_tier")
        .code("invalid_value")),
    }
}

/// How Vertex AI is told the tier; nothing is its standard.
pub(super) fn tier_headers(tier: &'static str) -> Vec<(&'static str, &'static str)> {
    match tier {
        "standard" => Vec::new(),
        tier => vec![("x-vertex-ai-llm-shared-request-type", tier)],
    }
}

/// Labels as the client gives them, and whatever of `metadata` can be one.
pub(in crate::endpoint) fn labels<'a>(
    labels: Option<&'a RawValue>,
    metadata: Option<&'a RawValue>,
    backend: Backend,
) -> Result<Option<Labels<'a>>, Error> {
    if backend == Backend::Developer {
        return Ok(None);
    }
    let mut found: Vec<(Cow<'a, str>, Str<'a>)> = Vec::new();
    if let Some(labels) = labels {
        for (name, value) in members(labels, "labels")? {
            let path = format!("labels.{name}");
            let value: Str<'a> = json::from_raw(value, &path)?;
            found.push((name, value));
        }
    }
    let metadata = metadata.map(|metadata| members(metadata, "metadata")).transpose()?;
    for (name, value) in metadata.into_iter().flatten() {
        let Ok(value) = serde_json::from_str::<Str<'a>>(value.get()) else {
            continue;
        };
        let free = || found.len() < MOST && !found.iter().any(|(taken, _)| *taken == name);
        if is_name(&name) && is_value(&value) && free() {
            found.push((name, value));
        }
    }
    Ok((!found.is_empty()).then_some(Labels(found)))
}

fn members<'a>(raw: &'a RawValue, path: &str) -> Result<Vec<(Cow<'a, str>, &'a RawValue)>, Error> {
    let Members(members) = json::from_raw(raw, path)?;
    Ok(members)
}

fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase()) && is_value(name)
}

fn is_value(value: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
    value.len() < MOST && value.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::openai::ChatRequest;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn tiers() {
        for (openai, google) in [
            (None, None),
            (Some("auto"), None),
            (Some("default"), Some("standard")),
            (Some("flex"), Some("flex")),
            (Some("priority"), Some("priority")),
            (Some("scale"), Some("priority")),
            (Some("fast"), Some("priority")),
        ] {
            assert_eq!(service_tier(openai).unwrap(), google, "{openai:?}");
        }
        let error = String::from_utf8(service_tier(Some("best")).unwrap_err().body());
        assert!(error.unwrap().contains(r#""param":"service_tier","code":"invalid_value""#));
    }

    fn labelled(body: &str, backend: Backend) -> Result<String, Error> {
        let chat: ChatRequest<'_> = json::from_slice(body.as_bytes())?;
        let labels = labels(chat.labels, chat.metadata, backend)?;
        Ok(serde_json::to_string(&labels).unwrap())
    }

    #[test]
    fn labels_are_for_vertex() {
        let long = "a".repeat(64);
        let many: Vec<String> = (0..70).map(|index| format!(r#""k{index}":"v""#)).collect();
        for (body, expected) in [
            ("{}", "null"),
            (r#"{"labels":null,"metadata":null}"#, "null"),
            (r#"{"labels":{},"metadata":{}}"#, "null"),
            (r#"{"labels":{"team":"a"}}"#, r#"{"team":"a"}"#),
            // Google says what is wrong with a label that was meant as one.
            (r#"{"labels":{"Team":"A B"}}"#, r#"{"Team":"A B"}"#),
            (r#"{"metadata":{"team":"a-1_b","x":""}}"#, r#"{"team":"a-1_b","x":""}"#),
            (r#"{"metadata":{"Team":"a","team":"A","1a":"b","_":"c","é":"d","ok":"1"}}"#, r#"{"ok":"1"}"#),
            (r#"{"metadata":{"n":1,"o":{},"z":null,"ok":"1"}}"#, r#"{"ok":"1"}"#),
            (r#"{"labels":{"a":"1"},"metadata":{"a":"2","b":"3"}}"#, r#"{"a":"1","b":"3"}"#),
            (&format!(r#"{{"metadata":{{"{long}":"a","b":"{long}"}}}}"#), "null"),
        ] {
            assert_eq!(labelled(body, Backend::Vertex).unwrap(), expected, "{body}");
            assert_eq!(labelled(body, Backend::Developer).unwrap(), "null", "{body}");
        }
        let many = labelled(&format!(r#"{{"metadata":{{{}}}}}"#, many.join(",")), Backend::Vertex).unwrap();
        assert_eq!(many.matches(":").count(), MOST);
    }

    #[test]
    fn what_is_no_label_is_named() {
        for (body, param) in [
            (r#"{"labels":[]}"#, "labels"),
            (r#"{"labels":{"a":1}}"#, "labels.a"),
            (r#"{"metadata":"x"}"#, "metadata"),
        ] {
            let error = String::from_utf8(labelled(body, Backend::Vertex).unwrap_err().body()).unwrap();
            assert!(error.contains(&format!(r#""param":"{param}","code":"invalid_type""#)), "{error}");
            assert_eq!(labelled(body, Backend::Developer).unwrap(), "null", "{body}");
        }
    }
}
