//! The documents: strings, or objects of which some members count.

use serde_json::value::RawValue;

use crate::endpoint::estimate;
use crate::error::Error;
use crate::wire::lenient::Members;
use crate::wire::text::{Str, Text};

/// A document as Google takes it, the insides of JSON literals. One of them is not empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Document {
    title: String,
    content: String,
}

impl Document {
    /// About how many tokens it has.
    pub(super) fn tokens(&self) -> u64 {
        let told = [&self.title, &self.content].into_iter().filter(|literal| !literal.is_empty());
        told.map(|literal| estimate::tokens(literal)).fold(0, u64::saturating_add)
    }

    /// Appends the record.
    pub(super) fn push(&self, index: usize, json: &mut Vec<u8>) {
        json.extend_from_slice(format!("{{\"id\":\"{index}\"").as_bytes());
        for (name, literal) in [("title", &self.title), ("content", &self.content)] {
            if !literal.is_empty() {
                json.extend_from_slice(format!(",\"{name}\":\"{literal}\"").as_bytes());
            }
        }
        json.push(b'}');
    }
}

/// Reads document `index`. Of an object `fields` count, or its `title` and its `text`: the title is Google's title, what
/// else there is its content, each with its name but for the text.
///
/// # Errors
/// 400 for what is neither, or says nothing.
pub(super) fn read(raw: &RawValue, fields: Option<&[Str<'_>]>, index: usize) -> Result<Document, Error> {
    let mut document = Document::default();
    if let Some(text) = Text::from_raw(raw) {
        text.inner().clone_into(&mut document.content);
    } else {
        let members = Members::of(raw.get()).ok_or_else(|| {
            let param = format!("documents[{index}]");
            Error::invalid(format!("Invalid type for '{param}': expected a string or an object."))
                .param(param)
                .code("invalid_type")
        })?;
        let usual = [Str("title".into()), Str("text".into()), Str("content".into())];
        for field in fields.unwrap_or(&usual) {
            let Some(value) = members.get(field).and_then(literal) else { continue };
            let content = &mut document.content;
            match &**field {
                "title" => document.title = value,
                _ if value.is_empty() => {}
                name => {
                    if !content.is_empty() {
                        content.push_str("\\n");
                    }
                    if !["text", "content"].contains(&name) {
                        let name = Text::from_plain(name);
                        content.push_str(name.as_ref().map_or("", |name| name.inner()));
                        content.push_str(": ");
                    }
                    content.push_str(&value);
                }
            }
        }
    }
    if document.title.is_empty() && document.content.is_empty() {
        let param = format!("documents[{index}]");
        let message = format!("Invalid '{param}': it has no text.");
        return Err(Error::invalid(message).param(param).code("invalid_value"));
    }
    Ok(document)
}

/// What a value says, as the inside of a literal: strings as they are, everything else as JSON.
fn literal(raw: &RawValue) -> Option<String> {
    let text = match Text::from_raw(raw) {
        Some(text) => text,
        None => Text::from_plain(raw.get())?,
    };
    Some(text.inner().to_owned())
}

/// The document as a result shows it, JSON: always an object.
pub(super) fn shown(raw: &RawValue) -> String {
    if raw.get().starts_with('"') { format!("{{\"text\":{}}}", raw.get()) } else { raw.get().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn record(json: &str, fields: Option<&[&str]>) -> Result<String, Error> {
        let fields: Option<Vec<Str<'_>>> =
            fields.map(|fields| fields.iter().map(|field| Str((*field).into())).collect());
        let raw: &RawValue = serde_json::from_str(json).unwrap();
        let mut out = Vec::new();
        read(raw, fields.as_deref(), 3)?.push(3, &mut out);
        Ok(String::from_utf8(out).unwrap())
    }

    #[test]
    fn strings_and_objects_are_records() {
        for (json, fields, expected) in [
            (r#""a\nb""#, None, r#"{"id":"3","content":"a\nb"}"#),
            (r#"{"text":"a"}"#, None, r#"{"id":"3","content":"a"}"#),
            (r#"{"text":"a","title":"t"}"#, None, r#"{"id":"3","title":"t","content":"a"}"#),
            (r#"{"content":"a","id":7}"#, None, r#"{"id":"3","content":"a"}"#),
            (r#"{"title":"t","text":null}"#, None, r#"{"id":"3","title":"t"}"#),
            (r#"{"text":"a","title":"t"}"#, Some(&["text"][..]), r#"{"id":"3","content":"a"}"#),
            (
                r#"{"by":"\"x\"","year":2024,"text":"a","title":"t"}"#,
                Some(&["title", "by", "year", "text", "missing"]),
                r#"{"id":"3","title":"t","content":"by: \"x\"\nyear: 2024\na"}"#,
            ),
        ] {
            assert_eq!(record(json, fields).unwrap(), expected, "{json}");
        }
        for (json, fields) in
            [("1", None), ("[]", None), (r#""""#, None), ("{}", None), (r#"{"text":"a"}"#, Some(&["x"][..]))]
        {
            let error = record(json, fields).unwrap_err();
            assert!(String::from_utf8(error.body()).unwrap().contains("documents[3]"), "{json}");
        }
    }

    #[test]
    fn documents_are_shown_as_objects() {
        for (json, expected) in [(r#""a\u0041""#, r#"{"text":"a\u0041"}"#), (r#"{"x":1}"#, r#"{"x":1}"#)] {
            assert_eq!(shown(serde_json::from_str(json).unwrap()), expected);
        }
    }
}
