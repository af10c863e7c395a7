//! The fields of a form as the JSON object they stand for, so that a form is read like any other body.
//!
//! `a[b]` is the member `b` of `a`, and `a[]` one of several, as OpenAI's SDKs write them.

use serde_json::{Map, Value, map::Entry};

use crate::error::Error;
use crate::form::{self, File, Form};

/// How deep members stand in each other.
const DEEPEST: usize = 8;

/// The files of a form, each with the name of its field.
pub(super) type Files = Vec<(String, File)>;

/// The text of a form, a JSON object, and its files. The members that `typed` names may
/// be other JSON than text; any other text is text, whatever it looks like.
///
/// # Errors
/// 400 for names that are nested without end.
pub(super) fn read(form: Form, typed: &[&str]) -> Result<(Vec<u8>, Files), Error> {
    let (mut text, mut files) = (Map::new(), Vec::new());
    for field in form.fields {
        match field.value {
            form::Value::File(file) => files.push((field.name, file)),
            form::Value::Text(value) => {
                let names: Vec<&str> =
                    std::iter::once(member(&field.name)).chain(inner(&field.name)).collect();
                if names.len() > DEEPEST {
                    let message = "The name of a form's field is nested too deeply.";
                    return Err(Error::invalid(message).code("invalid_value"));
                }
                let typed = typed.contains(&member(&field.name)) && names.len() == 1;
                let value = match (field.name.as_str(), value.trim_matches(['\r', '\n'])) {
                    // As other languages write them.
                    ("stream", "True" | "1") => Value::from(true),
                    ("stream", "False" | "0") => Value::from(false),
                    _ => value_of(&value, typed),
                };
                put(&mut text, &names, value);
            }
        }
    }
    Ok((serde_json::to_vec(&text).unwrap_or_default(), files))
}

/// The member that a field's name begins with.
pub(super) fn member(name: &str) -> &str {
    name.split('[').next().unwrap_or_default()
}

/// The members within it.
fn inner(name: &str) -> impl Iterator<Item = &str> {
    name.split('[').skip(1).map(|inner| inner.trim_end_matches(']'))
}

fn value_of(text: &str, typed: bool) -> Value {
    // Of forms written by hand, fields often end in a line break.
    let text = text.trim_matches(['\r', '\n']);
    let looks = typed.then(|| serde_json::from_str(text).ok()).flatten();
    looks.unwrap_or_else(|| Value::from(text))
}

/// Puts `value` where `names` say. Of what comes twice, a list is made.
fn put(object: &mut Map<String, Value>, names: &[&str], value: Value) {
    let Some((name, rest)) = names.split_first() else {
        return;
    };
    match object.entry(*name) {
        Entry::Vacant(vacant) => drop(vacant.insert(within(rest, value))),
        Entry::Occupied(mut occupied) => match (occupied.get_mut(), rest) {
            (Value::Object(object), [first, ..]) if !first.is_empty() => put(object, rest, value),
            (Value::Array(values), ["", rest @ ..] | rest) => values.push(within(rest, value)),
            (other, ["", rest @ ..] | rest) => {
                *other = Value::Array(vec![other.take(), within(rest, value)]);
            }
        },
    }
}

/// `value` in as many objects and lists as `names` say.
fn within(names: &[&str], value: Value) -> Value {
    names.iter().rev().fold(value, |value, name| match *name {
        "" => Value::Array(vec![value]),
        name => Value::Object(Map::from_iter([(name.to_owned(), value)])),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Field;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn json(fields: &[(&str, &str)]) -> Option<String> {
        let fields = fields.iter().map(|(name, value)| Field {
            name: (*name).to_owned(),
            value: form::Value::Text((*value).to_owned()),
        });
        let (json, files) = read(Form { fields: fields.collect() }, &["n", "stream", "google"]).ok()?;
        assert!(files.is_empty());
        Some(String::from_utf8(json).unwrap())
    }

    #[test]
    fn fields_are_members() {
        for (fields, expected) in [
            (&[][..], "{}"),
            (
                &[("prompt", "42"), ("n", "2\r\n"), ("stream", "true")],
                r#"{"prompt":"42","n":2,"stream":true}"#,
            ),
            (&[("stream", "True"), ("n", "1")], r#"{"stream":true,"n":1}"#),
            (&[("stream", "1")], r#"{"stream":true}"#),
            (&[("stream", "False")], r#"{"stream":false}"#),
            (&[("stream", "0")], r#"{"stream":false}"#),
            (&[("prompt", "{\"a\":\"cat\"}\n")], r#"{"prompt":"{\"a\":\"cat\"}"}"#),
            (
                &[("n", "two"), ("stream", ""), ("google", "{\"x\"")],
                r#"{"n":"two","stream":"","google":"{\"x\""}"#,
            ),
            (&[("a[]", "1"), ("a[]", "2"), ("b", "x"), ("b", "y")], r#"{"a":["1","2"],"b":["x","y"]}"#),
            (&[("a", "1"), ("a[]", "2"), ("a", "3")], r#"{"a":["1","2","3"]}"#),
            (&[("a[][b]", "1"), ("a[][b]", "2")], r#"{"a":[{"b":"1"},{"b":"2"}]}"#),
            (&[("google", r#"{"x":1}"#)], r#"{"google":{"x":1}}"#),
            (
                &[("google[x][y]", "1"), ("google[x][z]", "2"), ("google[w]", "3")],
                r#"{"google":{"x":{"y":"1","z":"2"},"w":"3"}}"#,
            ),
            (&[("a[b", "1"), ("[c]", "2"), ("", "3")], r#"{"a":{"b":"1"},"":[{"c":"2"},"3"]}"#),
        ] {
            assert_eq!(json(fields).as_deref(), Some(expected));
        }
        assert_eq!(json(&[(&"a[b]".repeat(9), "1")]), None);
    }

    #[test]
    fn files_stand_apart() {
        let file = || form::Value::File(File::default());
        let field = |name: &str, value| Field { name: name.to_owned(), value };
        let fields = vec![
            field("image[]", file()),
            field("prompt", form::Value::Text("Hi".to_owned())),
            field("image[]", file()),
        ];
        let (json, files) = read(Form { fields }, &[]).unwrap();
        assert_eq!(json, br#"{"prompt":"Hi"}"#);
        assert!(files.iter().map(|(name, _)| name.as_str()).eq(["image[]", "image[]"]));
    }
}
