//! The walk gives what the tree gives, and gets through what clients commonly send.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::{by_tree, walk};
use super::{REPLY, Root, run};

/// The schema as walked, `None` where the tree decides. The two never differ.
pub(super) fn walked(schema: &str, root: Root<'_>) -> Option<String> {
    let walked = walk::clean(schema, root)?.map_or("-".to_owned(), |cleaned| cleaned.get().to_owned());
    assert_eq!(walked, run(by_tree, schema, root), "from {schema}");
    Some(walked)
}

#[test]
fn common_schemas_are_walked() {
    for schema in [
        "{ }",
        r#"{"type":"object","properties":{},"required":[],"additionalProperties":false}"#,
        r#" { "type" : "object" , "properties" : { "a" : { "type" : [ "string" , "null" ] } , "b" : true } , "required" : [ "a" ] } "#,
        r#"{"required":["a"],"properties":{"a":{"enum":["x","y",1],"title":"A","type":"string","default":"x"}},"type":"object"}"#,
        r#"{"$schema":"https://e.org","type":"object","properties":{"a":{"type":"integer","exclusiveMinimum":0,"maximum":9007199254740991},"b":{"type":"number","minimum":0.5,"maximum":1.0}}}"#,
        r#"{"type":"object","properties":{"a":{"anyOf":[{"type":"string","description":"\u00e9 \"\n\/"},{"type":"null"}],"default":null}}}"#,
        r##"{"type":"object","$defs":{"A":{"type":"object","properties":{"n":{"$ref":"#/$defs/A"},"b":{"$ref":"#/$defs/B-1"}}},"B-1":true,"C":{}},"properties":{"a":{"type":"array","items":{"$ref":"#/$defs/A"}}}}"##,
        r##"{"type":"object","properties":{"a":{"$ref":"#/definitions/A","default":1}},"definitions":{"A":{"type":"string"}}}"##,
        r#"{"type":"object","additionalProperties":{"type":"array","prefixItems":[{"type":"string","pattern":"^\\d$"}],"maxItems":2}}"#,
    ] {
        for root in [REPLY, Root::Reply { name: Some("\"n\""), description: Some("d") }] {
            assert!(walked(schema, root).is_some(), "{schema}");
        }
        assert_eq!(walked(schema, Root::Tool).is_some(), schema != "{ }", "{schema}");
    }
}

#[test]
fn what_takes_more_is_left_to_the_tree() {
    for schema in [
        "true",
        r#"{"const":"a"}"#,
        r#"{"enum":["a"]}"#,
        r#"{"enum":["a","a"],"type":"string"}"#,
        r#"{"enum":["a",null],"type":"string"}"#,
        r#"{"type":"any"}"#,
        r#"{"type":["string"]}"#,
        r#"{"type":"string","type":"null"}"#,
        r#"{"properties":{"a":{},"a":{}}}"#,
        r#"{"properties":{"a\n":{}}}"#,
        r#"{"properties":{"a":{}},"required":["b"]}"#,
        r#"{"properties":{"a":false}}"#,
        r#"{"exclusiveMinimum":1,"type":"integer"}"#,
        r#"{"minimum":1,"exclusiveMinimum":1,"type":"integer"}"#,
        r#"{"minimum":1e2}"#,
        r#"{"default":1e999}"#,
        r#"{"default":"\ud800"}"#,
        r#"{"allOf":[{}]}"#,
        r#"{"nullable":true}"#,
        r##"{"items":{"$ref":"#"}}"##,
        r##"{"items":{"$ref":"#/$defs/A"}}"##,
        r##"{"items":{"$ref":"#/$defs/A"},"$defs":{"A":{},"A":{"title":"T"}}}"##,
        r##"{"items":{"$ref":"#/$defs/A","title":"T"},"$defs":{"A":{}}}"##,
        r##"{"items":{"$ref":"#/$defs/A"},"$defs":{"A":{"$ref":"#/$defs/B"},"B":{}}}"##,
        r##"{"$id":"x","items":{"$ref":"#/$defs/A"},"$defs":{"A":{}}}"##,
    ] {
        assert_eq!(walked(schema, REPLY), None, "{schema}");
    }
    let deep = format!(r#"{{"default":{}{}}}"#, "[".repeat(60), "]".repeat(60));
    assert_eq!(walked(&deep, REPLY), None);
    let long = format!(r#"{{"default":"{}"}}"#, "x".repeat(1 << 15));
    assert_eq!(walked(&long, REPLY), None);
}
