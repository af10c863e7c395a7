#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::{Root, legacy, light};
use super::{REPLY, run};

#[test]
fn a_function_without_arguments_has_no_parameters() {
    for given in [
        "null",
        "false",
        "true",
        "{}",
        r#"{"type":"object"}"#,
        r#"{"type":"object","properties":{}}"#,
        r#"{"type":"object","properties":{},"additionalProperties":false,"required":[]}"#,
        r#"{"type":"object","properties":{"a":false}}"#,
        r#"{"$schema":"https://json-schema.org/draft/2020-12/schema"}"#,
        r##"{"$ref":"#"}"##,
        r#"{"description":"none"}"#,
    ] {
        assert_eq!(run(light, given, Root::Tool), "-", "{given}");
        assert_eq!(run(legacy, given, Root::Tool), "-", "{given}");
    }
}

#[test]
fn the_root_of_parameters_is_an_object() {
    let refused = r#"The parameters of a function must be of type "object", not "string"."#;
    for (given, lightly, in_legacy) in [
        (
            r#"{"properties":{"a":{}}}"#,
            r#"{"properties":{"a":{}},"type":"object"}"#,
            r#"{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}"#,
        ),
        (
            r#"{"type":["object","null"],"properties":{"a":{"type":"null"}}}"#,
            r#"{"type":"object","properties":{"a":{"type":"null"}}}"#,
            r#"{"type":"OBJECT","properties":{"a":{"type":"NULL","nullable":true}}}"#,
        ),
        (r#"{"type":"string"}"#, refused, refused),
        (
            "[]",
            "A JSON Schema must be an object or a boolean.",
            "A JSON Schema must be an object or a boolean.",
        ),
        (
            r#""object""#,
            "A JSON Schema must be an object or a boolean.",
            "A JSON Schema must be an object or a boolean.",
        ),
        // Arguments without names of their own cannot be said in the old message.
        (
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
            "-",
        ),
        (
            r#"{"type":"object","additionalProperties":true}"#,
            r#"{"type":"object","additionalProperties":true}"#,
            "-",
        ),
        // A union of objects is one object in the old message.
        (
            r##"{"anyOf":[{"$ref":"#/$defs/A"},{"properties":{"b":{"type":"integer"}},"required":["b"]}],"$defs":{"A":{"type":"object","properties":{"a":{"type":"string"}}}}}"##,
            r##"{"anyOf":[{"$ref":"#/$defs/A"},{"properties":{"b":{"type":"integer"}},"required":["b"]}],"type":"object","$defs":{"A":{"type":"object","properties":{"a":{"type":"string"}}}}}"##,
            r#"{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"INTEGER"}}}"#,
        ),
        (
            r##"{"$ref":"#/$defs/A","$defs":{"A":{"type":"object","properties":{"a":{"type":"string"}}}}}"##,
            r#"{"type":"object","properties":{"a":{"type":"string"}}}"#,
            r#"{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}"#,
        ),
    ] {
        assert_eq!(run(light, given, Root::Tool), lightly, "{given}");
        assert_eq!(run(legacy, given, Root::Tool), in_legacy, "{given}");
    }
}

#[test]
fn the_root_of_a_reply_may_be_anything_and_has_a_name() {
    let named = Root::Reply { name: Some("n"), description: Some("d") };
    for (given, root, lightly, in_legacy) in [
        ("null", REPLY, "-", "-"),
        ("true", REPLY, "{}", r#"{"type":"STRING"}"#),
        (
            "false",
            REPLY,
            "The JSON Schema is `false`: it admits no reply.",
            "The JSON Schema is `false`: it admits no reply.",
        ),
        (
            "{}",
            named,
            r#"{"title":"n","description":"d"}"#,
            r#"{"type":"STRING","title":"n","description":"d"}"#,
        ),
        (r#"{"type":"object"}"#, REPLY, r#"{"type":"object"}"#, "-"),
        (
            r#"{"type":"string","enum":["a","b"]}"#,
            REPLY,
            r#"{"type":"string","enum":["a","b"]}"#,
            r#"{"type":"STRING","enum":["a","b"]}"#,
        ),
        (
            r#"{"type":"array","items":{"type":"integer"},"title":"own","description":"its own"}"#,
            named,
            r#"{"type":"array","items":{"type":"integer"},"title":"own","description":"d\n\nits own"}"#,
            r#"{"type":"ARRAY","title":"own","description":"d\n\nits own","items":{"type":"INTEGER"}}"#,
        ),
        (
            r#"{"anyOf":[{"type":"integer"},{"type":"string"}]}"#,
            named,
            r#"{"anyOf":[{"type":"integer"},{"type":"string"}],"title":"n","description":"d"}"#,
            r#"{"anyOf":[{"type":"INTEGER","title":"n","description":"d"},{"type":"STRING","title":"n","description":"d"}]}"#,
        ),
    ] {
        assert_eq!(run(light, given, root), lightly, "{given}");
        assert_eq!(run(legacy, given, root), in_legacy, "{given}");
    }
}
