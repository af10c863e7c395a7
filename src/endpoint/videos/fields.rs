//! A form as the JSON it stands for: OpenAI's SDKs send every request for a video as a form, nested members as
//! `extra_body[google][seed]`.

use serde_json::Value as Json;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::form::{Field, File, Form, Value};

/// Members that a form may hold as JSON; any other text is text, whatever it looks like.
const OBJECTS: [&str; 7] =
    ["extra_body", "google", "input_reference", "image", "last_frame", "lastFrame", "reference_images"];

/// How deep members stand in each other.
const DEEPEST: usize = 8;

/// The text fields as one object, in which a name may stand more than once; and the files with their names.
///
/// # Errors
/// 400 for names that are nested without end.
pub(super) fn read(form: Form) -> Result<(String, Vec<(String, File)>), Error> {
    let mut json = "{".to_owned();
    let mut files = Vec::new();
    for Field { name, value } in form.fields {
        match value {
            Value::File(file) => files.push((name, file)),
            Value::Text(text) => {
                if json.len() > 1 {
                    json.push(',');
                }
                push(&name, &text, &mut json)?;
            }
        }
    }
    json.push('}');
    Ok((json, files))
}

/// The member that a field's name begins with.
pub(super) fn member(name: &str) -> &str {
    name.split('[').next().unwrap_or_default()
}

/// Appends `"a":{"b":"text"}` for a field `a[b]`, and a list for `a[]`.
fn push(name: &str, text: &str, json: &mut String) -> Result<(), Error> {
    let inner: Vec<&str> = name.split('[').skip(1).map(|inner| inner.trim_end_matches(']')).collect();
    if inner.len() > DEEPEST {
        return Err(Error::invalid("The name of a form's field is nested too deeply.").code("invalid_value"));
    }
    json.push_str(&Json::from(member(name)).to_string());
    json.push(':');
    for inner in &inner {
        match *inner {
            "" => json.push('['),
            inner => json.push_str(&format!("{{{}:", Json::from(inner))),
        }
    }
    let text = text.trim_matches(['\r', '\n']);
    let is_json = OBJECTS.contains(&member(name))
        && text.trim_start().starts_with(['{', '['])
        && serde_json::from_str::<&RawValue>(text).is_ok();
    if is_json {
        json.push_str(text);
    } else {
        json.push_str(&Json::from(text).to_string());
    }
    json.extend(inner.iter().rev().map(|inner| if inner.is_empty() { ']' } else { '}' }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn fields_are_members() {
        for (name, text, expected) in [
            ("prompt", "A \"cat\"", r#""prompt":"A \"cat\"""#),
            ("prompt", "{\"scene\":1}", r#""prompt":"{\"scene\":1}""#),
            ("seconds", "8\r\n", r#""seconds":"8""#),
            ("input_reference[image_url]", "data:,x", r#""input_reference":{"image_url":"data:,x"}"#),
            ("extra_body[google][seed]", "7", r#""extra_body":{"google":{"seed":"7"}}"#),
            ("extra_body", "{\"google\":{\"seed\":7}}", r#""extra_body":{"google":{"seed":7}}"#),
            ("extra_body", "{\"google\"", r#""extra_body":"{\"google\"""#),
            ("reference_images[][image_url]", "u", r#""reference_images":[{"image_url":"u"}]"#),
            ("", "x", r#""":"x""#),
        ] {
            let mut json = String::new();
            push(name, text, &mut json).unwrap();
            assert_eq!(json, expected);
        }
        assert!(push(&"a[b]".repeat(9), "", &mut String::new()).is_err());
    }
}
