use super::*;
use crate::endpoint::chat::{google, names, tools};
use crate::media::Backend;
use crate::wire::gemini::Data;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// What is asked of Google, and what of the model.
fn translated(model: &str, body: &str) -> Result<String, Error> {
    let Object(chat): Object<ChatRequest<'_>> = json::from_slice(body.as_bytes())?;
    let model = Model::parse(model)?;
    let google = google::options(&chat, Backend::Developer, &[])?;
    let target = tools::Target { model: &model, backend: Backend::Developer };
    let tools = tools::translate(&chat, &google.tools, target, &mut names::Names::default())?;
    let (mut generation, mut system) = (GenerationConfig::default(), Vec::new());
    translate(&chat, &model, &tools, &mut generation, &mut system)?;
    let generation = serde_json::to_string(&generation).unwrap();
    let said = system.iter().map(|part| match &part.data {
        Data::Text(text) => text.inner(),
        _ => panic!("only text is said"),
    });
    let said: Vec<_> = said.collect();
    Ok(format!("{generation}{}", said.join(" ")))
}

#[test]
fn every_notation_of_a_format() {
    let (new, old) = ("gemini-2.5-flash", "gemini-1.5-pro");
    let json = r#"{"responseMimeType":"application/json"}"#;
    let schema = r#"{"type":"object","properties":{"a":{"type":"string"}}}"#;
    let with_schema = format!(r#"{{"responseMimeType":"application/json","responseJsonSchema":{schema}}}"#);
    let titled = r#"{"responseMimeType":"application/json","responseJsonSchema":{"type":"integer","title":"Age","description":"Years."}}"#;
    let choice =
        r#"{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING","enum":["yes","no"]}}"#;
    for (model, body, expected) in [
        (new, "{}".to_owned(), "{}"),
        (new, r#"{"response_format":null,"response_schema":null,"guided_choice":null,"guided_json":null,"guided_regex":null}"#.to_owned(), "{}"),
        (new, r#"{"response_format":{"type":"text"}}"#.to_owned(), "{}"),
        (new, r#"{"response_format":"text/plain"}"#.to_owned(), "{}"),
        (new, r#"{"response_format":{"type":"json_object"}}"#.to_owned(), json),
        (new, r#"{"response_format":"json_object"}"#.to_owned(), json),
        (new, r#"{"response_format":{"type":"json_schema"}}"#.to_owned(), json),
        (new, r#"{"response_format":{"type":"json_schema","json_schema":{"name":"x"}}}"#.to_owned(), json),
        (new, r#"{"response_format":{"type":"json_schema","json_schema":{"name":"x","schema":null}}}"#.to_owned(), json),
        (new, r#"{"response_format":{"type":"application/json"}}"#.to_owned(), json),
        (new, r#"{"response_format":"application/json"}"#.to_owned(), json),
        (new, r#"{"response_format":{"type":"application/xml"}}"#.to_owned(), r#"{"responseMimeType":"application/xml"}"#),
        (
            new,
            r#"{"response_format":{"type":"json_schema","json_schema":{"name":"Age","description":"Years.","strict":true,"schema":{"type":"integer"}}}}"#.to_owned(),
            titled,
        ),
        // The schema without its envelope, or in another one.
        (new, format!(r#"{{"response_format":{{"type":"json_schema","json_schema":{schema}}}}}"#), &with_schema),
        (new, format!(r#"{{"response_format":{{"type":"json_schema","schema":{schema}}}}}"#), &with_schema),
        (new, format!(r#"{{"response_format":{schema}}}"#), &with_schema),
        (new, format!(r#"{{"response_format":{{"type":"json_object","response_schema":{schema}}}}}"#), &with_schema),
        (new, format!(r#"{{"response_format":{{"type":"json_object","schema":{schema}}}}}"#), &with_schema),
        (new, format!(r#"{{"response_format":{{"type":"application/json","response_schema":{schema}}}}}"#), &with_schema),
        (new, format!(r#"{{"response_format":{{"type":"json_object"}},"response_schema":{schema}}}"#), &with_schema),
        (new, format!(r#"{{"response_schema":{schema}}}"#), &with_schema),
        (new, format!(r#"{{"guided_json":{schema}}}"#), &with_schema),
        (new, format!(r#"{{"guided_json":{}}}"#, serde_json::to_string(schema).unwrap()), &with_schema),
        (new, format!(r#"{{"guided_json":{schema},"response_format":{{"type":"text"}}}}"#), &with_schema),
        // Strings.
        (new, r#"{"guided_choice":["yes","no"]}"#.to_owned(), choice),
        (old, r#"{"guided_choice":["yes","no"]}"#.to_owned(), choice),
        (new, r#"{"response_format":{"type":"text/x.enum","response_schema":{"type":"string","enum":["yes","no"]}}}"#.to_owned(), choice),
        (old, r#"{"response_format":{"type":"json_object","response_schema":{"type":"string","enum":["yes","no"]}}}"#.to_owned(), choice),
        (
            new,
            r#"{"response_schema":{"type":"string","enum":["yes","no"]}}"#.to_owned(),
            r#"{"responseMimeType":"application/json","responseJsonSchema":{"type":"string","enum":["yes","no"]}}"#,
        ),
        (
            old,
            r#"{"response_schema":{"type":"array","items":{"type":"string"}}}"#.to_owned(),
            r#"{"responseMimeType":"application/json","responseSchema":{"type":"ARRAY","items":{"type":"STRING"}}}"#,
        ),
    ] {
        assert_eq!(translated(model, &body).unwrap(), expected, "{model} {body}");
    }
}

#[test]
fn json_beside_tools_and_on_models_that_cannot() {
    let function = r#""tools":[{"type":"function","function":{"name":"f"}}]"#;
    let search = r#""web_search_options":{}"#;
    let maps = r#""tools":[{"googleMaps":{}}]"#;
    let format = r#""response_format":{"type":"json_object"}"#;
    let schema = r#""response_schema":{"type":"integer"}"#;
    let choice = r#""guided_choice":["a","b"]"#;
    let json = r#"{"responseMimeType":"application/json"}"#;
    let one = "{}Answer with one JSON object, and nothing else.";
    let matching =
        r#"{}Answer with JSON that matches this JSON Schema, and nothing else: {\"type\":\"integer\"}"#;
    let chosen = r#"{}Answer with one of the strings that this JSON Schema admits, without quotes, and nothing else: {\"type\":\"string\",\"enum\":[\"a\",\"b\"]}"#;
    for (model, members, expected) in [
        ("gemini-2.5-flash", [function, format], one),
        ("gemini-2.5-flash", [search, format], one),
        ("gemini-2.5-flash", [function, schema], matching),
        ("gemini-2.5-flash", [search, choice], chosen),
        ("gemini-2.5-flash", [maps, format], one),
        ("gemini-3-flash-preview", [function, format], json),
        ("gemini-3-flash-preview", [search, format], json),
        (
            "gemini-3-flash-preview",
            [maps, format],
            r#"{"responseFormat":{"text":{"mimeType":"APPLICATION_JSON"}}}"#,
        ),
        (
            "gemini-3-flash-preview",
            [maps, schema],
            r#"{"responseFormat":{"text":{"mimeType":"APPLICATION_JSON","schema":{"type":"integer"}}}}"#,
        ),
        ("gemma-3-27b-it", [r#""n":1"#, format], one),
        ("gemma-3-27b-it", [r#""n":1"#, schema], matching),
        // They would read it aloud, or draw it.
        ("gemini-2.5-flash-preview-tts", [r#""n":1"#, format], "{}"),
        ("gemini-2.5-flash-image", [r#""n":1"#, schema], "{}"),
    ] {
        let body = format!("{{{}}}", members.join(","));
        assert_eq!(translated(model, &body).unwrap(), expected, "{model} {body}");
    }
}

#[test]
fn what_is_no_format_is_named() {
    for (body, param, code) in [
        (r#"{"response_format":{}}"#, "response_format.type", "missing_required_parameter"),
        (r#"{"response_format":7}"#, "response_format", "invalid_type"),
        (r#"{"response_format":{"type":7}}"#, "response_format.type", "invalid_type"),
        (r#"{"response_format":{"type":"yaml"}}"#, "response_format.type", "invalid_value"),
        (r#"{"response_format":"yaml"}"#, "response_format", "invalid_value"),
        (
            r#"{"response_format":{"type":"json_schema","json_schema":[]}}"#,
            "response_format.json_schema",
            "invalid_type",
        ),
        (
            r##"{"response_format":{"type":"json_schema","json_schema":{"schema":{"$ref":"#/x"}}}}"##,
            "response_format.json_schema.schema",
            "invalid_json_schema",
        ),
        (r##"{"response_schema":{"$ref":"#/x"}}"##, "response_schema", "invalid_json_schema"),
        (r##"{"guided_json":{"$ref":"#/x"}}"##, "guided_json", "invalid_json_schema"),
        (r#"{"guided_json":"{"}"#, "guided_json", "invalid_json_schema"),
        (r#"{"guided_choice":[]}"#, "guided_choice", "empty_array"),
        (r#"{"guided_choice":"a"}"#, "guided_choice", "invalid_type"),
        (r#"{"guided_choice":["a",1]}"#, "guided_choice[1]", "invalid_type"),
        (r#"{"guided_regex":"a+"}"#, "guided_regex", "unsupported_value"),
        (r#"{"guided_choice":["a"],"guided_json":{}}"#, "guided_json", "invalid_value"),
        (
            r#"{"guided_choice":["a"],"response_format":{"type":"json_object"}}"#,
            "guided_choice",
            "invalid_value",
        ),
    ] {
        let error = String::from_utf8(translated("gemini-2.5-flash", body).unwrap_err().body()).unwrap();
        let expected = format!(r#""param":"{param}","code":"{code}""#);
        assert!(error.contains(&expected), "{body}\n{error}");
    }
}
