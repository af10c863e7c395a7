//! Work is bounded, whatever a client sends; and what holds for every schema.

use std::fmt::Write;

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::{MAX_TEXT, Root, legacy, light};
use super::{REPLY, run};

const TOO_DEEP: &str = "The JSON Schema is nested more than 90 levels deep, references followed.";
const TOO_LARGE: &str = "The JSON Schema is too large: it grows too much when its references are followed.";

/// `count` definitions, each made of the next by `body`, in which `NEXT` stands for its reference.
fn chain(count: u32, body: &str) -> String {
    let mut definitions = String::new();
    for number in 0..count {
        let next = format!("\"$ref\":\"#/$defs/d{}\"", number.saturating_add(1));
        write!(definitions, "\"d{number}\":{},", body.replace("NEXT", &next)).unwrap();
    }
    format!(
        r##"{{"type":"object","properties":{{"p":{{"$ref":"#/$defs/d0"}}}},"$defs":{{{definitions}"d{count}":{{"type":"string"}}}}}}"##
    )
}

fn nested(levels: usize, open: &str, close: &str) -> String {
    format!(r#"{}{{"type":"string"}}{}"#, open.repeat(levels), close.repeat(levels))
}

#[test]
fn growth_through_references_is_avoided_or_refused() {
    let doubling = r#"{"type":"object","properties":{"a":{NEXT,"title":"T"},"b":{NEXT,"title":"T"}}}"#;
    for root in [Root::Tool, REPLY] {
        let few = run(light, &chain(2, doubling), root);
        assert!(few.contains("\"title\":\"T\""), "{few}");
        // Many references stay, without what stood beside them.
        let many = run(light, &chain(30, doubling), root);
        assert!(!many.contains("title") && many.len() < chain(30, doubling).len(), "{many}");
        assert_eq!(run(legacy, &chain(30, doubling), root), TOO_LARGE);
    }
    // Nothing is copied where references can stay.
    let plain = r#"{"type":"object","properties":{"a":{NEXT},"b":{NEXT}}}"#;
    assert!(run(light, &chain(30, plain), REPLY).starts_with("{\"type\""));
    assert_eq!(run(legacy, &chain(30, plain), REPLY), TOO_LARGE);
    let unions = r#"{"anyOf":[{NEXT},{NEXT,"title":"T"},{"type":"array","items":{NEXT}}]}"#;
    assert_eq!(run(legacy, &chain(30, unions), REPLY), TOO_LARGE);
    // A long text, many times.
    let long = format!(
        r#"{{"description":"{}","anyOf":[{}{{}}]}}"#,
        "x".repeat(100_000),
        "{\"title\":\"a\"},".repeat(99)
    );
    assert_eq!(run(legacy, &long, REPLY), TOO_LARGE);
}

#[test]
fn long_chains_of_references_are_refused() {
    for (body, may_stay) in [
        ("{NEXT}", false),
        (r#"{"allOf":[{"allOf":[{NEXT}]}]}"#, false),
        (r#"{"items":{NEXT,"title":"T"}}"#, true),
        (r#"{"anyOf":[{NEXT,"title":"T"},{}]}"#, true),
    ] {
        let cleaned = run(light, &chain(5000, body), REPLY);
        assert!(if may_stay { cleaned.contains("d5000") } else { cleaned == TOO_DEEP }, "{body}: {cleaned}");
        assert_eq!(run(legacy, &chain(5000, body), Root::Tool), TOO_DEEP, "{body}");
    }
}

#[test]
fn ten_levels_are_fine_and_a_hundred_are_not() {
    let (open, close) = (r#"{"type":"object","properties":{"a":"#, "}}");
    for levels in [10, 40] {
        assert!(run(light, &nested(levels, open, close), Root::Tool).starts_with('{'));
        assert!(run(legacy, &nested(levels, open, close), Root::Tool).starts_with('{'));
    }
    assert_eq!(run(light, &nested(50, open, close), Root::Tool), TOO_DEEP);
    assert_eq!(run(legacy, &nested(50, open, close), Root::Tool), TOO_DEEP);
    assert_eq!(run(light, &nested(100, r#"{"items":"#, "}"), REPLY), TOO_DEEP);
    // What is not copied may be as deep as JSON can be.
    let deep = format!(r#"{{"type":"string","default":{}1{}}}"#, "[".repeat(120), "]".repeat(120));
    assert_eq!(run(legacy, &deep, REPLY), r#"{"type":"STRING"}"#);
}

#[test]
fn unreadable_and_overlong_schemas_are_refused() {
    // A raw value may be nested more deeply than a tree.
    let deep = format!("{}{}", "[".repeat(127), "]".repeat(127));
    assert_eq!(run(light, &deep, REPLY), "A JSON Schema must be an object or a boolean.");
    let long = format!(r#"{{"description":"{}"}}"#, "x".repeat(MAX_TEXT));
    assert_eq!(run(light, &long, REPLY), "The JSON Schema is longer than 1048576 bytes.");
    assert!(
        run(light, r#"{"minimum":1e999}"#, REPLY)
            .starts_with("The JSON Schema could not be read: number out of range")
    );
}

#[test]
fn many_members_are_merged_one_by_one() {
    let many = |item: &str| format!(r#"{{"allOf":[{}true]}}"#, format!("{item},").repeat(5000));
    for item in [r#"{"properties":{"a":{"title":"x"}},"required":["a"]}"#, r#"{"items":{"minItems":1}}"#] {
        assert!(run(light, &many(item), REPLY).starts_with('{'));
        assert!(run(legacy, &many(item), REPLY).starts_with('{'));
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;
    use serde_json::{Map, Value, json};

    use super::*;

    const WORDS: [&str; 34] = [
        "type",
        "enum",
        "const",
        "$ref",
        "$defs",
        "definitions",
        "properties",
        "required",
        "items",
        "prefixItems",
        "additionalProperties",
        "anyOf",
        "oneOf",
        "allOf",
        "nullable",
        "format",
        "title",
        "description",
        "default",
        "minimum",
        "exclusiveMinimum",
        "maxItems",
        "minLength",
        "patternProperties",
        "propertyOrdering",
        "$anchor",
        "$id",
        "a",
        "b",
        "additionalItems",
        "not",
        "x-y",
        "",
        "pattern",
    ];
    const TEXTS: [&str; 22] = [
        "string",
        "integer",
        "number",
        "object",
        "array",
        "null",
        "boolean",
        "a",
        "b",
        "",
        "#",
        "#/$defs/a",
        "#/$defs/b",
        "#/definitions/a",
        "#/properties/a",
        "#/properties/b/items",
        "#a",
        "date-time",
        "enum",
        "any",
        "#/$defs/type",
        "https://e.org",
    ];

    /// JSON made of the words of schemas.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            4 => proptest::sample::select(&TEXTS[..]).prop_map(Value::from),
            1 => any::<bool>().prop_map(Value::from),
            1 => (-3_i64..3).prop_map(Value::from),
            1 => Just(json!(1.5)),
            1 => Just(Value::Null),
        ];
        leaf.prop_recursive(6, 60, 6, |inner| {
            let word = proptest::sample::select(&WORDS[..]).prop_map(str::to_owned);
            prop_oneof![
                1 => proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                4 => proptest::collection::vec((word, inner), 0..6).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    /// A schema: keywords mostly hold what they should.
    fn schema() -> impl Strategy<Value = Value> {
        let kind = proptest::sample::select(&TEXTS[..7]);
        let leaf = prop_oneof![
            kind.prop_map(|kind| json!({"type": kind})),
            proptest::sample::select(&TEXTS[10..17]).prop_map(|to| json!({"$ref": to})),
            proptest::sample::select(&TEXTS[10..17]).prop_map(|to| json!({"$ref": to, "description": "d"})),
            proptest::collection::vec(value(), 0..4).prop_map(|values| json!({"enum": values})),
            value(),
        ];
        leaf.prop_recursive(6, 60, 5, |inner| {
            let list = proptest::collection::vec(inner.clone(), 0..4);
            let map = proptest::collection::vec((proptest::sample::select(&WORDS[..]), inner.clone()), 0..4)
                .prop_map(|members| members.into_iter().map(|(k, v)| (k.to_owned(), v)).collect::<Value>());
            let part = prop_oneof![
                (proptest::sample::select(vec!["anyOf", "oneOf", "allOf", "prefixItems", "items"]), list)
                    .prop_map(|(key, list)| (key, Value::Array(list))),
                (
                    proptest::sample::select(vec!["properties", "$defs", "definitions", "patternProperties"]),
                    map
                ),
                (proptest::sample::select(vec!["items", "additionalProperties", "additionalItems"]), inner),
                (proptest::sample::select(&WORDS[..]), value()),
                (Just("type"), proptest::sample::select(&TEXTS[..7]).prop_map(Value::from)),
                Just(("nullable", Value::Bool(true))),
            ];
            proptest::collection::vec(part, 0..6)
                .prop_map(|parts| parts.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
        })
    }

    /// Checks every place of a schema in what `light` wrote.
    fn light_places(schema: &Value) {
        let known = [
            "$defs",
            "$ref",
            "type",
            "format",
            "title",
            "description",
            "enum",
            "items",
            "prefixItems",
            "minItems",
            "maxItems",
            "minimum",
            "maximum",
            "anyOf",
            "oneOf",
            "properties",
            "additionalProperties",
            "required",
            "propertyOrdering",
        ];
        let Value::Object(node) = schema else {
            return assert!(schema.is_boolean(), "{schema}");
        };
        for (key, value) in node {
            assert!(known.contains(&key.as_str()), "{key}");
            match value {
                Value::Object(schemas) if key == "properties" || key == "$defs" => {
                    schemas.values().for_each(light_places)
                }
                Value::Array(schemas) if key.ends_with("Of") || key == "prefixItems" => {
                    schemas.iter().for_each(light_places)
                }
                _ if key == "items" || key == "additionalProperties" => light_places(value),
                _ if key == "$ref" => assert_eq!(node.len(), 1, "{schema}"),
                _ => {}
            }
        }
    }

    /// Checks every place of a `Schema` in what `legacy` wrote.
    fn legacy_places(node: &Map<String, Value>) {
        let known = [
            "type",
            "format",
            "title",
            "description",
            "nullable",
            "default",
            "enum",
            "items",
            "minItems",
            "maxItems",
            "minimum",
            "maximum",
            "minLength",
            "maxLength",
            "pattern",
            "anyOf",
            "properties",
            "required",
            "propertyOrdering",
        ];
        if let Some(Value::Array(branches)) = node.get("anyOf") {
            assert!(node.len() == 1 && branches.len() > 1);
            return branches.iter().for_each(|branch| legacy_places(branch.as_object().unwrap()));
        }
        let kind = node["type"].as_str().unwrap();
        for (key, value) in node {
            assert!(known.contains(&key.as_str()), "{key}");
            match key.as_str() {
                "items" | "minItems" | "maxItems" => assert_eq!(kind, "ARRAY"),
                "properties" | "required" | "propertyOrdering" => assert_eq!(kind, "OBJECT"),
                "enum" => {
                    let values = value.as_array().unwrap();
                    assert!(kind == "STRING" && !values.is_empty());
                    assert!(values.iter().all(|value| value.as_str().is_some_and(|text| !text.is_empty())));
                }
                _ => {}
            }
        }
        assert_eq!(kind == "ARRAY", node.contains_key("items"));
        assert_eq!(kind == "OBJECT", node.contains_key("properties"));
        if let Some(items) = node.get("items") {
            legacy_places(items.as_object().unwrap());
        }
        let properties = node.get("properties").and_then(Value::as_object);
        for property in properties.into_iter().flat_map(Map::values) {
            legacy_places(property.as_object().unwrap());
        }
        for name in node.get("required").and_then(Value::as_array).into_iter().flatten() {
            assert!(properties.unwrap().contains_key(name.as_str().unwrap()));
        }
    }

    fn holds(schema: &Value) {
        let named = Root::Reply { name: Some("n"), description: Some("d") };
        for root in [Root::Tool, REPLY, named] {
            super::super::walk::walked(&schema.to_string(), root);
            let once = run(light, &schema.to_string(), root);
            if once.starts_with('{') {
                light_places(&serde_json::from_str(&once).unwrap());
                assert_eq!(run(light, &once, root), once, "from {schema}");
            }
            let old = run(legacy, &schema.to_string(), root);
            if old.starts_with('{') {
                legacy_places(&serde_json::from_str(&old).unwrap());
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn any_json(value in value()) {
            holds(&value);
        }

        #[test]
        fn any_schema(schema in schema()) {
            holds(&schema);
        }
    }
}
