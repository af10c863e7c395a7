#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::legacy;
use super::{REPLY, run};

fn check(rows: &[(&str, &str)]) {
    super::check(legacy, "OBJECT", rows);
}

// Rule 2.
#[test]
fn all_of_is_merged() {
    check(&[(
        r#"{"allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"type":"array","properties":{"b":{"type":"integer"},"a":{"description":"D"}},"required":["a","b"]}]}"#,
        r#"{"type":"OBJECT","properties":{"a":{"type":"STRING","description":"D"},"b":{"type":"INTEGER"}},"required":["a","b"]}"#,
    )]);
}

// Rules 3 and 11.
#[test]
fn bounds_are_inclusive_and_counts_whole() {
    check(&[
        (
            r#"{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":9}"#,
            r#"{"type":"INTEGER","minimum":1,"maximum":8}"#,
        ),
        (r#"{"type":"number","exclusiveMinimum":0,"multipleOf":2}"#, r#"{"type":"NUMBER","minimum":0}"#),
        (
            r#"{"type":"string","minLength":1,"maxLength":2.5,"pattern":"^a"}"#,
            r#"{"type":"STRING","pattern":"^a","minLength":1}"#,
        ),
        (r#"{"type":"string","minimum":1,"minItems":1,"minLength":-1}"#, r#"{"type":"STRING"}"#),
    ]);
}

// Rule 4.
#[test]
fn type_arrays() {
    check(&[
        (r#"{"type":["string","null"]}"#, r#"{"type":"STRING","nullable":true}"#),
        (
            r#"{"type":["object","null"],"properties":{"a":{"type":"string"}},"required":["a"]}"#,
            r#"{"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":["a"],"nullable":true}"#,
        ),
        (
            r#"{"description":"D","type":["string","array","integer","null"],"items":{"type":"string"},"minLength":1,"enum":["a",1,null]}"#,
            r#"{"anyOf":[{"type":"STRING","description":"D","enum":["a"],"minLength":1,"nullable":true},{"type":"INTEGER","description":"D One of: 1.","nullable":true}]}"#,
        ),
        (
            r#"{"type":["array","object"],"items":{"type":"string"},"properties":{"a":{"type":"string"}}}"#,
            r#"{"anyOf":[{"type":"ARRAY","items":{"type":"STRING"}},{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}]}"#,
        ),
        (r#"{"type":"null"}"#, r#"{"type":"NULL","nullable":true}"#),
        (r#"{"type":"string","nullable":true}"#, r#"{"type":"STRING","nullable":true}"#),
    ]);
}

// Rule 5.
#[test]
fn unions_stand_alone() {
    check(&[
        (
            r#"{"description":"D","title":"T","default":null,"anyOf":[{"type":"string","description":"own"},{"type":"null"}]}"#,
            r#"{"type":"STRING","title":"T","description":"D","default":null,"nullable":true}"#,
        ),
        (
            r#"{"description":"D","anyOf":[{"format":"date","type":"string"},{"type":"null"}]}"#,
            r#"{"type":"STRING","description":"D Format: date.","nullable":true}"#,
        ),
        (
            r#"{"description":"D","type":"object","oneOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}},"description":"own"}],"nullable":true}"#,
            r#"{"anyOf":[{"type":"OBJECT","description":"D","properties":{"a":{"type":"STRING"}},"nullable":true},{"type":"OBJECT","description":"own","properties":{"b":{"type":"STRING"}},"nullable":true}]}"#,
        ),
        (
            r#"{"properties":{"s":{"type":"string"}},"required":["s"],"anyOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}},"required":["b"]}]}"#,
            r#"{"anyOf":[{"type":"OBJECT","properties":{"a":{"type":"STRING"},"s":{"type":"STRING"}},"required":["s"]},{"type":"OBJECT","properties":{"b":{"type":"STRING"},"s":{"type":"STRING"}},"required":["b","s"]}]}"#,
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"anyOf":[{"required":["a"]},{"required":["b"]}]}"#,
            r#"{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"STRING"}}}"#,
        ),
        (r#"{"anyOf":[{"type":"null"},{"const":null}]}"#, r#"{"type":"NULL","nullable":true}"#),
        (
            r#"{"anyOf":[{"type":"null"}],"description":"D"}"#,
            r#"{"type":"NULL","nullable":true,"description":"D"}"#,
        ),
        (r#"{"anyOf":[]}"#, r#"{"type":"STRING"}"#),
        (r#"{"anyOf":[false],"type":"integer"}"#, r#"{"type":"INTEGER"}"#),
        (r#"{"anyOf":[{"type":"string"},{"type":"string"}]}"#, r#"{"type":"STRING"}"#),
        (
            r#"{"anyOf":[{"anyOf":[{"type":"integer"},{"type":"null"}]},{"oneOf":[{"type":"string"},{"type":"boolean"}]}]}"#,
            r#"{"anyOf":[{"type":"INTEGER","nullable":true},{"type":"STRING"},{"type":"BOOLEAN"}]}"#,
        ),
        (
            r#"{"anyOf":[{"type":"array","items":{}},{},{"type":"null"}]}"#,
            r#"{"anyOf":[{"type":"ARRAY","items":{"type":"STRING"},"nullable":true},{"type":"STRING","nullable":true}]}"#,
        ),
    ]);
}

// Rules 3 and 6.
#[test]
fn only_strings_are_enumerated() {
    check(&[
        (r#"{"const":"a"}"#, r#"{"type":"STRING","enum":["a"]}"#),
        (r#"{"type":"string","enum":["a","","b","a"]}"#, r#"{"type":"STRING","enum":["a","b"]}"#),
        (r#"{"type":"string","enum":[""],"format":"enum"}"#, r#"{"type":"STRING"}"#),
        (r#"{"type":"string","enum":[],"format":"enum"}"#, r#"{"type":"STRING"}"#),
        (
            r#"{"type":"string","enum":["a"],"format":"enum"}"#,
            r#"{"type":"STRING","format":"enum","enum":["a"]}"#,
        ),
        (r#"{"enum":["a",null]}"#, r#"{"type":"STRING","enum":["a"],"nullable":true}"#),
        (r#"{"enum":[null]}"#, r#"{"type":"NULL","nullable":true}"#),
        (
            r#"{"description":"D","type":"integer","enum":[1,2]}"#,
            r#"{"type":"INTEGER","description":"D One of: 1, 2."}"#,
        ),
        (r#"{"enum":[1,2.5]}"#, r#"{"type":"NUMBER","description":"One of: 1, 2.5."}"#),
        (r#"{"enum":[true]}"#, r#"{"type":"BOOLEAN","description":"One of: true."}"#),
        (r#"{"type":"boolean","enum":[true,false]}"#, r#"{"type":"BOOLEAN"}"#),
        (
            r#"{"enum":["a",1]}"#,
            r#"{"anyOf":[{"type":"STRING","enum":["a"]},{"type":"INTEGER","description":"One of: 1."}]}"#,
        ),
        (
            r#"{"const":{"a":1}}"#,
            r#"{"type":"STRING","description":"A JSON object, written as a string. One of: {\"a\":1}."}"#,
        ),
        (r#"{"type":"string","enum":[1,2]}"#, r#"{"type":"STRING"}"#),
    ]);
}

// Rule 7.
#[test]
fn formats() {
    check(&[
        (r#"{"type":"string","format":"date-time"}"#, r#"{"type":"STRING","format":"date-time"}"#),
        (r#"{"type":"string","format":"uuid"}"#, r#"{"type":"STRING","description":"Format: uuid."}"#),
        (r#"{"type":"integer","format":"int64"}"#, r#"{"type":"INTEGER","format":"int64"}"#),
        (r#"{"type":"number","format":"double"}"#, r#"{"type":"NUMBER","format":"double"}"#),
        (r#"{"type":"number","format":"uint8"}"#, r#"{"type":"NUMBER","description":"Format: uint8."}"#),
    ]);
}

// Rule 8.
#[test]
fn arrays_have_items_and_nothing_else_has() {
    check(&[
        (r#"{"type":"array"}"#, r#"{"type":"ARRAY","items":{"type":"STRING"}}"#),
        (r#"{"type":"array","items":{}}"#, r#"{"type":"ARRAY","items":{"type":"STRING"}}"#),
        (r#"{"type":"array","items":true}"#, r#"{"type":"ARRAY","items":{"type":"STRING"}}"#),
        (r#"{"type":"array","items":false}"#, r#"{"type":"ARRAY","items":{"type":"STRING"}}"#),
        (r#"{"type":"array","items":[]}"#, r#"{"type":"ARRAY","items":{"type":"STRING"}}"#),
        (
            r#"{"type":"array","prefixItems":[{"type":"number","title":"x"},{"type":"number","title":"y"}],"minItems":2,"maxItems":2}"#,
            r#"{"type":"ARRAY","items":{"type":"NUMBER","title":"x"},"minItems":2,"maxItems":2}"#,
        ),
        (
            r#"{"type":"array","items":[{"type":"string"},{"type":"integer"},{"type":"string"}]}"#,
            r#"{"type":"ARRAY","items":{"anyOf":[{"type":"STRING"},{"type":"INTEGER"}]}}"#,
        ),
        (
            r#"{"type":"array","prefixItems":[{"type":"string"}],"items":{"type":"boolean"}}"#,
            r#"{"type":"ARRAY","items":{"anyOf":[{"type":"STRING"},{"type":"BOOLEAN"}]}}"#,
        ),
        (r#"{"type":"string","items":{},"minItems":1,"maxItems":2}"#, r#"{"type":"STRING"}"#),
    ]);
}

// Rule 9.
#[test]
fn objects_have_properties() {
    check(&[
        (
            r#"{"type":"object","description":"D"}"#,
            r#"{"type":"STRING","description":"D A JSON object, written as a string."}"#,
        ),
        (
            r#"{"type":"object","properties":{}}"#,
            r#"{"type":"STRING","description":"A JSON object, written as a string."}"#,
        ),
        (
            r#"{"type":"object","properties":{"a":false,"b":{"type":"string"}},"required":["a","b","c","b"]}"#,
            r#"{"type":"OBJECT","properties":{"b":{"type":"STRING"}},"required":["b"]}"#,
        ),
        (
            r#"{"type":"object","properties":{"a":{"type":"string"}},"additionalProperties":{"type":"integer","description":"Ages."}}"#,
            r#"{"type":"OBJECT","description":"Further properties, of type INTEGER, may be added. Ages.","properties":{"a":{"type":"STRING"}}}"#,
        ),
        (
            r#"{"type":"object","properties":{"type":{"type":"string"},"format":{"type":"string"},"$ref":{"type":"string"},"enum":{"type":"string"},"properties":{"type":"string"},"default":{"type":"string"},"anyOf":{"type":"string"}},"required":["type","$ref"]}"#,
            r#"{"type":"OBJECT","properties":{"type":{"type":"STRING"},"format":{"type":"STRING"},"$ref":{"type":"STRING"},"enum":{"type":"STRING"},"properties":{"type":"STRING"},"default":{"type":"STRING"},"anyOf":{"type":"STRING"}},"required":["type","$ref"]}"#,
        ),
    ]);
}

// Rule 10.
#[test]
fn a_missing_type_is_inferred() {
    check(&[
        (r#"{"properties":{"a":{}}}"#, r#"{"type":"OBJECT","properties":{"a":{"type":"STRING"}}}"#),
        (r#"{"items":{"type":"integer"}}"#, r#"{"type":"ARRAY","items":{"type":"INTEGER"}}"#),
        (r#"{"minimum":1}"#, r#"{"type":"NUMBER","minimum":1}"#),
        (r#"{"type":"any"}"#, r#"{"type":"STRING"}"#),
        ("{}", r#"{"type":"STRING"}"#),
        ("true", r#"{"type":"STRING"}"#),
        ("null", r#"{"type":"STRING"}"#),
    ]);
}

// Rule 12.
#[test]
fn other_keys_go() {
    check(&[(
        r#"{"type":"string","x-a":1,"$schema":"s","examples":["a"],"deprecated":true,"readOnly":true,"writeOnly":true,"uniqueItems":true,"strict":true,"default":"a","title":"T","discriminator":{},"not":{}}"#,
        r#"{"type":"STRING","title":"T","default":"a"}"#,
    )]);
}

// Rule 13.
#[test]
fn replies_have_an_order() {
    assert_eq!(
        run(
            legacy,
            r#"{"type":"object","properties":{"z":{"type":"string"},"a":{"type":"object","properties":{"y":{"type":"string"},"b":{"type":"string"}}}}}"#,
            REPLY
        ),
        r#"{"type":"OBJECT","propertyOrdering":["z","a"],"properties":{"z":{"type":"STRING"},"a":{"type":"OBJECT","propertyOrdering":["y","b"],"properties":{"y":{"type":"STRING"},"b":{"type":"STRING"}}}}}"#
    );
}
