//! The published JSON Schema is what the types say; `UPDATE_GOLDEN=1` writes it anew.

use serde_json::Value;

use super::super::document::Document;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/envoy/config.schema.json");

#[test]
fn the_published_schema_is_current() {
    let mut schema = schemars::schema_for!(Document).to_value();
    tidy(&mut schema);
    let text = format!("{schema:#}\n");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    let published = std::fs::read_to_string(PATH).unwrap();
    assert!(published == text, "envoy/config.schema.json is out of date: run with UPDATE_GOLDEN=1");
}

#[test]
fn every_field_is_described() {
    let schema = schemars::schema_for!(Document).to_value();
    let mut fields = 0;
    let objects = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for (name, field) in objects.filter_map(|object| object["properties"].as_object()).flatten() {
        assert!(field["description"].as_str().is_some_and(|text| text.len() > 10), "{name}: {field}");
        fields += 1;
    }
    assert_eq!(fields, 85);
}

/// Takes out the defaults that say no more than "absent", and the line ends of the comments.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(text)) = members.get_mut("description") {
                *text = text.replace('\n', " ");
            }
            if members
                .get("default")
                .is_some_and(|default| default.is_null() || default.is_object() || default.is_array())
            {
                members.shift_remove("default");
            }
            members.values_mut().for_each(tidy);
        }
        Value::Array(elements) => elements.iter_mut().for_each(tidy),
        _ => {}
    }
}
