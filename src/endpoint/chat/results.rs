//! What a tool answered, as the object Google wants.
//!
//! <https://ai.google.dev/api/caching#FunctionResponse>

use std::borrow::Cow;

use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::content::At;
use super::media_in::{self, MediaReader};
use crate::error::Error;
use crate::media::Media;
use crate::model::Model;
use crate::wire::gemini::{Data, Part};
use crate::wire::json::{self, Object};
use crate::wire::literal::{self, Characters};
use crate::wire::openai::ContentPart;
use crate::wire::text::{self, Text};

/// `{"output": …}`, Google's convention for results that are no objects.
#[derive(Serialize)]
struct Output<T> {
    output: T,
}

/// What a tool answered.
pub(super) struct Answer<'a> {
    /// An object.
    pub(super) response: Cow<'a, RawValue>,
    /// Media that go within the response.
    pub(super) within: Vec<Media<'a>>,
    /// Media that cannot, as parts of their own.
    pub(super) beside: Vec<Part<'a>>,
}

/// Reads the result `content` of the message `at`: a JSON object as it is, everything else as `output`.
///
/// Nothing is dropped: unknown parts of a list become JSON text.
pub(super) fn answer<'a>(
    content: Option<&'a RawValue>,
    at: At,
    model: &Model,
    media: &mut MediaReader,
) -> Result<Answer<'a>, Error> {
    let mut answer = missing();
    let Some(content) = content.filter(|content| content.get() != "null") else {
        return Ok(answer);
    };
    if content.get().starts_with('[') {
        let parts: Vec<&'a RawValue> = json::from_raw(content, &at.param("content"))?;
        let mut text = String::new();
        let mut is_content = parts.is_empty();
        for (index, raw) in parts.into_iter().enumerate() {
            let part = json::from_slice::<Object<ContentPart<'a>>>(raw.get().as_bytes()).ok();
            is_content |= part.as_ref().is_some_and(|Object(part)| part.r#type.is_some());
            match part {
                Some(Object(part))
                    if matches!(part.r#type.as_deref(), Some("text" | "input_text" | "output_text")) =>
                {
                    text.push_str(&plain(part.text.unwrap_or(raw)));
                }
                Some(Object(part)) => match media.part(&part, || at.param(&format!("content[{index}]")))? {
                    Some(part) => answer.add(part, model),
                    None => text.push_str(raw.get()),
                },
                None => text.push_str(&plain(raw)),
            }
        }
        if !is_content && answer.within.is_empty() && answer.beside.is_empty() {
            // No content parts, so a list of whatever the tool gave.
            content.get().clone_into(&mut text);
        }
        answer.response = object(&text).map_or_else(|| output(&text), Cow::Owned);
    } else if let Some(part) = media.data_url(content) {
        answer.add(part, model);
    } else if let Some(text) = Text::from_raw(content) {
        let object = looks_like_an_object(text.inner()).then(|| object(&plain(content))).flatten();
        answer.response = object.map_or_else(|| boxed(&Output { output: text }), Cow::Owned);
    } else if content.get().starts_with('{') && !has_reference(content.get()) {
        answer.response = Cow::Borrowed(content);
    } else {
        answer.response = output(content.get());
    }
    Ok(answer)
}

/// The answer to a call that was never answered.
pub(super) fn missing<'a>() -> Answer<'a> {
    Answer { response: output(""), within: Vec::new(), beside: Vec::new() }
}

impl<'a> Answer<'a> {
    fn add(&mut self, part: Part<'a>, model: &Model) {
        match part.data {
            Data::Media(media)
                if model.has_media_in_results() && media_in::goes_within_a_response(&media) =>
            {
                self.within.push(*media);
            }
            data => self.beside.push(Part { data, ..part }),
        }
    }
}

/// The text of a string, or the JSON of anything else.
fn plain(raw: &RawValue) -> Cow<'_, str> {
    literal::inner(raw).map_or(Cow::Borrowed(raw.get()), literal::unescape)
}

/// So that long text is not unescaped for nothing.
fn looks_like_an_object(inner: &str) -> bool {
    Characters(inner).find(|character| !character.is_whitespace()) == Some('{')
}

fn output(text: &str) -> Cow<'static, RawValue> {
    boxed(&Output { output: text })
}

fn boxed<T: Serialize>(value: &T) -> Cow<'static, RawValue> {
    Cow::Owned(serde_json::value::to_raw_value(value).unwrap_or_default())
}

/// `text` where it is a JSON object that Google takes.
fn object(text: &str) -> Option<Box<RawValue>> {
    text::object(text).filter(|object| !has_reference(object.get()))
}

/// Gemini 3 takes a non-empty `$ref` anywhere in a response for a reference to a part of it.
fn has_reference(json: &str) -> bool {
    fn within(value: &Value) -> bool {
        match value {
            Value::Object(members) => members.iter().any(|(key, value)| {
                (key == "$ref" && value.as_str().is_some_and(|reference| !reference.is_empty()))
                    || within(value)
            }),
            Value::Array(items) => items.iter().any(within),
            _ => false,
        }
    }
    json.contains("$ref") && serde_json::from_str(json).is_ok_and(|value| within(&value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::media::Backend;
    use crate::wire::openai::Origin;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    /// The response, and how many media go within it and beside it.
    fn answered(content: Option<&RawValue>, model: &str) -> (String, usize, usize) {
        let model = Model::parse(model).unwrap();
        let mut media = MediaReader::new(&model, Backend::Developer);
        let answer = answer(content, At { index: 0, origin: Origin::Messages }, &model, &mut media).unwrap();
        (answer.response.get().to_owned(), answer.within.len(), answer.beside.len())
    }

    #[test]
    fn media_go_within_a_response_where_they_can() {
        const PNG: &str = "data:image/png;base64,iVBORw0KGgo=";
        let image = |url: &str| format!(r#"{{"type":"image_url","image_url":{{"url":"{url}"}}}}"#);
        for (content, model, expected) in [
            (format!("[{}]", image(PNG)), "gemini-3-pro-preview", (r#"{"output":""}"#, 1, 0)),
            (format!("[{}]", image(PNG)), "gemini-2.5-flash", (r#"{"output":""}"#, 0, 1)),
            (format!(r#""{PNG}""#), "gemini-3-pro-preview", (r#"{"output":""}"#, 1, 0)),
            (
                format!(r#"[{{"type":"text","text":"see"}},{}]"#, image("https://example.com/a.png")),
                "gemini-3-pro-preview",
                (r#"{"output":"see"}"#, 0, 1),
            ),
            (r#""data: none""#.to_owned(), "gemini-3-pro-preview", (r#"{"output":"data: none"}"#, 0, 0)),
        ] {
            let raw: &RawValue = serde_json::from_str(&content).unwrap();
            let (response, within, beside) = answered(Some(raw), model);
            assert_eq!((&*response, within, beside), expected, "{content}");
        }
    }

    #[test]
    fn results_of_every_kind_become_objects() {
        for (content, expected) in [
            ("null", r#"{"output":""}"#),
            (r#""""#, r#"{"output":""}"#),
            ("[]", r#"{"output":""}"#),
            (r#""sunny""#, r#"{"output":"sunny"}"#),
            (r#""a \"b\"\n""#, r#"{"output":"a \"b\"\n"}"#),
            (r#""{\"b\": 1.0, \"a\": 12345678901234567890}""#, r#"{"b": 1.0, "a": 12345678901234567890}"#),
            (r#"" {\"a\":1} ""#, r#"{"a":1}"#),
            (r#""[1,2]""#, r#"{"output":"[1,2]"}"#),
            (r#""true""#, r#"{"output":"true"}"#),
            (r#""{broken""#, r#"{"output":"{broken"}"#),
            ("42", r#"{"output":"42"}"#),
            (r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r##"{"$ref":"#/$defs/X"}"##, r##"{"output":"{\"$ref\":\"#/$defs/X\"}"}"##),
            (r##""{\"a\":[{\"$ref\":\"#/x\"}]}""##, r##"{"output":"{\"a\":[{\"$ref\":\"#/x\"}]}"}"##),
            (r#""{\"$ref\":\"\"}""#, r#"{"$ref":""}"#),
            (r#"[{"type":"text","text":"a"},{"type":"text","text":"b"}]"#, r#"{"output":"ab"}"#),
            (r#"[{"type":"text","text":"{\"a\":1}"}]"#, r#"{"a":1}"#),
            (r#"["plain"]"#, r#"{"output":"[\"plain\"]"}"#),
            (r#"[1,{"a":2}]"#, r#"{"output":"[1,{\"a\":2}]"}"#),
            (
                r#"[{"type":"tool_reference","tool_name":"x"}]"#,
                r#"{"type":"tool_reference","tool_name":"x"}"#,
            ),
            (r#"[{"type":"text","text":"see "},{"type":"x"}]"#, r#"{"output":"see {\"type\":\"x\"}"}"#),
            (r#""\ud83d""#, r#"{"output":"\ufffd"}"#),
        ] {
            let raw: &RawValue = serde_json::from_str(content).unwrap();
            assert_eq!(answered(Some(raw), "gemini-3-pro-preview"), (expected.to_owned(), 0, 0), "{content}");
        }
        assert_eq!(answered(None, "gemini-3-pro-preview").0, r#"{"output":""}"#);
        assert_eq!(missing().response.get(), r#"{"output":""}"#);
    }
}
