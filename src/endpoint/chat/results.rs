//! What a tool answered, as the object Google wants.
//!
//! <https://ai.google.dev/api/caching#FunctionResponse>

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::wire::text::Text;

/// `{"output": …}`, Google's convention for results that are no objects.
#[derive(Serialize)]
struct Output<T> {
    output: T,
}

/// The response for the result `content`: a JSON object as it is, everything else as `output`.
///
/// Nothing is dropped: unknown parts of a list become JSON text.
pub(super) fn response(content: Option<&RawValue>) -> Cow<'_, RawValue> {
    let Some(content) = content.filter(|content| content.get() != "null") else {
        return output("");
    };
    if content.get().starts_with('[') {
        return of_text(&joined(content));
    }
    if let Some(text) = Text::from_raw(content) {
        let plain: String = serde_json::from_str(content.get()).unwrap_or_else(|_| text.inner().to_owned());
        return match object(&plain) {
            Some(object) => Cow::Owned(object),
            None => boxed(&Output { output: text }),
        };
    }
    if content.get().starts_with('{') && !has_reference(content.get()) {
        return Cow::Borrowed(content);
    }
    output(content.get())
}

/// The response for a call that was never answered.
pub(super) fn missing() -> Cow<'static, RawValue> {
    output("")
}

/// The text of a list of content parts.
fn joined(list: &RawValue) -> String {
    #[derive(Deserialize)]
    struct TextPart {
        r#type: String,
        text: String,
    }
    let parts: Vec<&RawValue> = serde_json::from_str(list.get()).unwrap_or_default();
    let texts = parts.into_iter().map(|part| match serde_json::from_str::<TextPart>(part.get()) {
        Ok(part) if part.r#type == "text" => part.text,
        _ => serde_json::from_str::<String>(part.get()).unwrap_or_else(|_| part.get().to_owned()),
    });
    texts.collect()
}

fn of_text(text: &str) -> Cow<'static, RawValue> {
    object(text).map_or_else(|| output(text), Cow::Owned)
}

fn output(text: &str) -> Cow<'static, RawValue> {
    boxed(&Output { output: text })
}

fn boxed<T: Serialize>(value: &T) -> Cow<'static, RawValue> {
    Cow::Owned(serde_json::value::to_raw_value(value).unwrap_or_default())
}

/// `text` where it is a JSON object that Google takes.
fn object(text: &str) -> Option<Box<RawValue>> {
    let trimmed = text.trim();
    if !trimmed.starts_with('{') || has_reference(trimmed) {
        return None;
    }
    RawValue::from_string(trimmed.to_owned()).ok()
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
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

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
            (r#"["plain"]"#, r#"{"output":"plain"}"#),
            (
                r#"[{"type":"tool_reference","tool_name":"x"}]"#,
                r#"{"type":"tool_reference","tool_name":"x"}"#,
            ),
            (r#"[{"type":"text","text":"see "},{"type":"x"}]"#, r#"{"output":"see {\"type\":\"x\"}"}"#),
            (r#""\ud83d""#, r#"{"output":"\ufffd"}"#),
        ] {
            let raw: &RawValue = serde_json::from_str(content).unwrap();
            assert_eq!(response(Some(raw)).get(), expected, "{content}");
        }
        assert_eq!(response(None).get(), r#"{"output":""}"#);
        assert_eq!(missing().get(), r#"{"output":""}"#);
    }
}
