#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::light;

fn check(rows: &[(&str, &str)]) {
    super::check(light, "object", rows);
}

#[test]
fn known_keys_stay_in_their_order_and_numbers_keep_their_text() {
    let whole = r#"{"title":"T","type":"array","description":"D","prefixItems":[{"type":"string"}],"items":{"type":"number","minimum":0.1,"maximum":-2},"minItems":1,"maxItems":9}"#;
    check(&[
        (whole, whole),
        (r#"{"enum":[1,2.5,"a"],"format":"odd"}"#, r#"{"enum":[1,2.5,"a"],"format":"odd"}"#),
        (r#"{"oneOf":[{"type":"string"},{}]}"#, r#"{"oneOf":[{"type":"string"},{}]}"#),
        (
            r#"{"type":"integer","maximum":9007199254740993}"#,
            r#"{"type":"integer","maximum":9007199254740993}"#,
        ),
    ]);
}

#[test]
fn other_keys_go_at_any_depth() {
    check(&[
        (
            r#"{"$schema":"s","$comment":"c","type":"string","examples":["a"],"readOnly":true,"writeOnly":false,"deprecated":true,"default":"a","x-order":1,"strict":true,"minLength":1,"maxLength":2,"pattern":"^a$","contentMediaType":"t","$id":"i","$anchor":"n"}"#,
            r#"{"type":"string"}"#,
        ),
        (
            r#"{"type":"array","uniqueItems":true,"contains":{},"items":{"type":"integer","multipleOf":2}}"#,
            r#"{"type":"array","items":{"type":"integer"}}"#,
        ),
        (
            r#"{"type":"object","propertyNames":{},"if":{},"then":{},"else":{},"not":{},"dependentRequired":{},"properties":{"a":{"x-y":1}}}"#,
            r#"{"type":"object","properties":{"a":{}}}"#,
        ),
        (r#"{"title":1,"description":null,"format":[],"minItems":-1,"maxItems":1.5,"minimum":"0"}"#, "{}"),
    ]);
}

#[test]
fn properties_named_like_keywords_are_properties() {
    let names = r#"{"type":"object","properties":{"type":{"type":"string"},"enum":{"type":"string"},"$ref":{"type":"string"},"properties":{"type":"object","properties":{"items":{}}},"default":{"type":"string"},"$defs":{},"allOf":{},"const":{},"nullable":{},"not":{},"required":{},"":{}},"required":["type","default","$ref"]}"#;
    check(&[(names, names)]);
}

#[test]
fn what_is_no_schema_counts_as_true() {
    check(&[
        ("true", "{}"),
        ("null", "{}"),
        ("1", "{}"),
        (r#"{"items":"string"}"#, r#"{"items":{}}"#),
        (r#"{"anyOf":[null,false,true]}"#, r#"{"anyOf":[{},{}]}"#),
        (r#"{"anyOf":[false]}"#, "{}"),
        (r#"{"items":false}"#, "{}"),
        (r#"{"properties":[],"required":true,"enum":{},"anyOf":{}}"#, "{}"),
        (
            r#"{"properties":{"a":false,"b":true},"required":["a","b","b",1,"c"],"propertyOrdering":["b","a"]}"#,
            r#"{"properties":{"b":{}},"required":["b"],"propertyOrdering":["b"]}"#,
        ),
        (r#"{"properties":{"a":false},"required":["a"]}"#, r#"{"properties":{}}"#),
        (r#"{"anyOf":[{"required":["a"]}]}"#, r#"{"anyOf":[{"required":["a"]}]}"#),
    ]);
}

#[test]
fn types() {
    check(&[
        (r#"{"type":["string","null"]}"#, r#"{"type":["string","null"]}"#),
        (r#"{"type":["string"]}"#, r#"{"type":"string"}"#),
        (r#"{"type":"STRING"}"#, r#"{"type":"string"}"#),
        (r#"{"type":["string","string","any"]}"#, r#"{"type":"string"}"#),
        (r#"{"type":"any"}"#, "{}"),
        (r#"{"type":null}"#, "{}"),
        (r#"{"type":[]}"#, "{}"),
    ]);
}

#[test]
fn constants_and_enumerations() {
    check(&[
        (r#"{"const":"a"}"#, r#"{"type":"string","enum":["a"]}"#),
        (r#"{"const":1,"type":"number"}"#, r#"{"enum":[1],"type":"number"}"#),
        (r#"{"const":1}"#, r#"{"type":"integer","enum":[1]}"#),
        (r#"{"const":1.5}"#, r#"{"type":"number","enum":[1.5]}"#),
        (r#"{"const":true}"#, r#"{"type":"boolean","description":"One of: true."}"#),
        (r#"{"const":null}"#, r#"{"type":"null"}"#),
        (r#"{"const":{"a":[1]}}"#, r#"{"type":"object","description":"One of: {\"a\":[1]}."}"#),
        (r#"{"const":"a","enum":["a","b"]}"#, r#"{"type":"string","enum":["a"]}"#),
        (r#"{"enum":["a","a",""]}"#, r#"{"type":"string","enum":["a",""]}"#),
        (r#"{"enum":[1,2.5]}"#, r#"{"type":"number","enum":[1,2.5]}"#),
        (r#"{"enum":["a",1]}"#, r#"{"enum":["a",1]}"#),
        (r#"{"enum":[]}"#, "{}"),
        (r#"{"enum":[true,false]}"#, r#"{"type":"boolean"}"#),
        (r#"{"description":"D","enum":["a",true]}"#, r#"{"description":"D One of: \"a\", true."}"#),
        (
            r#"{"type":["string","null"],"enum":["a",null],"title":"T"}"#,
            r#"{"title":"T","anyOf":[{"type":"string","enum":["a"]},{"type":"null"}]}"#,
        ),
        (r#"{"enum":[null],"type":"string"}"#, r#"{"type":"null"}"#),
        (r#"{"enum":[true,null]}"#, r#"{"type":["boolean","null"],"description":"One of: true."}"#),
    ]);
}

#[test]
fn exclusive_bounds_become_inclusive() {
    check(&[
        (
            r#"{"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":10}"#,
            r#"{"type":"integer","minimum":1,"maximum":9}"#,
        ),
        (
            r#"{"type":["integer","null"],"exclusiveMinimum":0,"minimum":5}"#,
            r#"{"type":["integer","null"],"minimum":5}"#,
        ),
        (r#"{"type":"integer","exclusiveMaximum":0,"maximum":5}"#, r#"{"type":"integer","maximum":-1}"#),
        (r#"{"type":"number","exclusiveMinimum":0}"#, r#"{"type":"number","minimum":0}"#),
        (r#"{"exclusiveMaximum":1.5}"#, r#"{"maximum":1.5}"#),
        (r#"{"type":"integer","minimum":0,"exclusiveMinimum":true}"#, r#"{"type":"integer","minimum":1}"#),
        (r#"{"type":"integer","minimum":0,"exclusiveMinimum":false}"#, r#"{"type":"integer","minimum":0}"#),
        (
            r#"{"type":"integer","exclusiveMinimum":9223372036854775807}"#,
            r#"{"type":"integer","minimum":9223372036854775807}"#,
        ),
    ]);
}

#[test]
fn nullable() {
    check(&[
        (r#"{"type":"string","nullable":true}"#, r#"{"type":["string","null"]}"#),
        (r#"{"type":"string","nullable":false}"#, r#"{"type":"string"}"#),
        (r#"{"nullable":true}"#, "{}"),
        (
            r#"{"anyOf":[{"type":"string"}],"nullable":true}"#,
            r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#,
        ),
        (r#"{"oneOf":[{"type":"null"}],"nullable":true}"#, r#"{"oneOf":[{"type":"null"}]}"#),
        (
            r#"{"type":"string","enum":["a"],"description":"D","nullable":true}"#,
            r#"{"description":"D","anyOf":[{"type":"string","enum":["a"]},{"type":"null"}]}"#,
        ),
    ]);
}

#[test]
fn tuples_and_maps() {
    check(&[
        (
            r#"{"type":"array","items":[{"type":"string"},true],"additionalItems":{"type":"null"}}"#,
            r#"{"type":"array","prefixItems":[{"type":"string"},{}],"items":{"type":"null"}}"#,
        ),
        (r#"{"type":"array","items":[],"additionalItems":false}"#, r#"{"type":"array"}"#),
        (r#"{"type":"array","items":{},"additionalItems":{}}"#, r#"{"type":"array","items":{}}"#),
        (
            r#"{"type":"object","additionalProperties":{"type":"string","x":1}}"#,
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
        ),
        (
            r#"{"type":"object","additionalProperties":false,"patternProperties":{"^a":{"type":"string"}}}"#,
            r#"{"type":"object","additionalProperties":{"type":"string"}}"#,
        ),
        (r#"{"patternProperties":{"^a":{},"^b":{}}}"#, r#"{"additionalProperties":true}"#),
        (
            r#"{"type":"object","additionalProperties":false}"#,
            r#"{"type":"object","additionalProperties":false}"#,
        ),
        (r#"{"type":"object","properties":{}}"#, r#"{"type":"object","properties":{}}"#),
    ]);
}

#[test]
fn all_of_is_merged() {
    check(&[
        (
            r#"{"description":"D","allOf":[{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},{"description":"no","properties":{"b":{}},"required":["b","a"]}]}"#,
            r#"{"description":"D","type":"object","properties":{"a":{"type":"string"},"b":{}},"required":["a","b"]}"#,
        ),
        (
            r#"{"allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"a":{"description":"D"}}},{"properties":{"a":{"title":"T"}}}]}"#,
            r#"{"properties":{"a":{"type":"string","description":"D","title":"T"}}}"#,
        ),
        (r#"{"allOf":[{"allOf":[{"const":1}]},{"enum":[2]},true,null]}"#, r#"{"type":"integer","enum":[1]}"#),
        (r#"{"allOf":[]}"#, "{}"),
        (
            r#"{"items":{"minItems":1},"allOf":[{"items":{"maxItems":2}}]}"#,
            r#"{"items":{"minItems":1,"maxItems":2}}"#,
        ),
    ]);
}
