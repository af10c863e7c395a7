#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::super::{legacy, light};
use super::{REPLY, run};

const CASES: [(&str, &str, &str); 15] = [
    // A definition used twice; one that is not used goes.
    (
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},"b":{"$ref":"#/definitions/B"}},"$defs":{"A":{"type":"string"},"C":{}},"definitions":{"B":{"const":1}}}"##,
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},"b":{"$ref":"#/$defs/B"}},"$defs":{"A":{"type":"string"},"B":{"type":"integer","enum":[1]}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a","b"],"properties":{"a":{"type":"STRING"},"b":{"type":"INTEGER","description":"One of: 1."}}}"#,
    ),
    // Siblings win over the target; siblings without meaning do not count.
    (
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A","description":"mine"},"b":{"$ref":"#/$defs/A","default":1}},"$defs":{"A":{"type":"string","description":"its"}}}"##,
        r##"{"type":"object","properties":{"a":{"description":"mine","type":"string"},"b":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"string","description":"its"}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a","b"],"properties":{"a":{"type":"STRING","description":"mine"},"b":{"type":"STRING","description":"its","default":1}}}"#,
    ),
    // Recursion: kept, or cut to JSON in a string.
    (
        r##"{"$ref":"#/$defs/N","$defs":{"N":{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#/$defs/N","description":"D"}}}}}"##,
        r##"{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#/$defs/N"}},"$defs":{"N":{"type":"object","properties":{"v":{"type":"integer"},"next":{"$ref":"#/$defs/N"}}}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["v","next"],"properties":{"v":{"type":"INTEGER"},"next":{"type":"STRING","description":"D A JSON object, written as a string."}}}"#,
    ),
    (
        r##"{"type":"object","properties":{"v":{"type":"integer"},"all":{"type":"array","items":{"$ref":"#"}}}}"##,
        r##"{"type":"object","properties":{"v":{"type":"integer"},"all":{"type":"array","items":{"$ref":"#"}}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["v","all"],"properties":{"v":{"type":"INTEGER"},"all":{"type":"ARRAY","items":{"type":"STRING","description":"A JSON object, written as a string."}}}}"#,
    ),
    // Recursion through two definitions.
    (
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"object","properties":{"b":{"$ref":"#/$defs/B","title":"T"}}},"B":{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},"i":{"type":"integer"}}}}}"##,
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"type":"object","properties":{"b":{"title":"T","type":"object","properties":{"a":{"$ref":"#/$defs/A"},"i":{"type":"integer"}}}}}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a"],"properties":{"a":{"type":"OBJECT","propertyOrdering":["b"],"properties":{"b":{"type":"OBJECT","title":"T","propertyOrdering":["a","i"],"properties":{"a":{"type":"STRING","description":"A JSON object, written as a string."},"i":{"type":"INTEGER"}}}}}}}"#,
    ),
    // Pointers anywhere, with both kinds of escapes: replaced by what they point to.
    (
        r##"{"type":"object","properties":{"a/b":{"type":"integer"},"c":{"$ref":"#/properties/a~1b"},"d":{"$ref":"#/properties/a%2Fb"},"e~f":{"items":[{"type":"null"}]},"g":{"$ref":"#/properties/e~0f/items/0"}}}"##,
        r##"The JSON Schema's reference "#/properties/a%2Fb" points to nothing."##,
        r##"The JSON Schema's reference "#/properties/a%2Fb" points to nothing."##,
    ),
    (
        r##"{"type":"object","properties":{"a/b":{"type":"integer"},"c":{"$ref":"#/properties/a~1b"},"h i":{"type":"boolean"},"d":{"$ref":"#/properties/h%20i"},"e~f":{"type":"array","items":[{"type":"string"}]},"g":{"$ref":"#/properties/e~0f/items/0"}}}"##,
        r##"{"type":"object","properties":{"a/b":{"type":"integer"},"c":{"type":"integer"},"h i":{"type":"boolean"},"d":{"type":"boolean"},"e~f":{"type":"array","prefixItems":[{"type":"string"}]},"g":{"type":"string"}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a/b","c","h i","d","e~f","g"],"properties":{"a/b":{"type":"INTEGER"},"c":{"type":"INTEGER"},"h i":{"type":"BOOLEAN"},"d":{"type":"BOOLEAN"},"e~f":{"type":"ARRAY","items":{"type":"STRING"}},"g":{"type":"STRING"}}}"#,
    ),
    // Names of definitions become plain, and stay apart.
    (
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/P~1Q%20R"},"b":{"$ref":"#/$defs/P_Q_R"}},"$defs":{"P/Q R":{"type":"string"},"P_Q_R":{"type":"null"}}}"##,
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/P_Q_R"},"b":{"$ref":"#/$defs/P_Q_R_1"}},"$defs":{"P_Q_R":{"type":"string"},"P_Q_R_1":{"type":"null"}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a","b"],"properties":{"a":{"type":"STRING"},"b":{"type":"NULL","nullable":true}}}"#,
    ),
    // A pointer into itself becomes a definition.
    (
        r##"{"type":"object","properties":{"t":{"type":"object","properties":{"x":{"type":"string"},"t":{"$ref":"#/properties/t"}}}}}"##,
        r##"{"type":"object","properties":{"t":{"type":"object","properties":{"x":{"type":"string"},"t":{"type":"object","properties":{"x":{"type":"string"},"t":{"$ref":"#/$defs/t"}}}}}},"$defs":{"t":{"type":"object","properties":{"x":{"type":"string"},"t":{"$ref":"#/$defs/t"}}}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["t"],"properties":{"t":{"type":"OBJECT","propertyOrdering":["x","t"],"properties":{"x":{"type":"STRING"},"t":{"type":"OBJECT","propertyOrdering":["x","t"],"properties":{"x":{"type":"STRING"},"t":{"type":"STRING","description":"A JSON object, written as a string."}}}}}}}"#,
    ),
    // Anchors, and the document's own address.
    (
        r##"{"$id":"https://e.org/s","type":"object","properties":{"a":{"$anchor":"here","type":"string"},"b":{"$ref":"#here"},"c":{"$ref":"https://e.org/s#/properties/a"}}}"##,
        r##"{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"},"c":{"type":"string"}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a","b","c"],"properties":{"a":{"type":"STRING"},"b":{"type":"STRING"},"c":{"type":"STRING"}}}"#,
    ),
    (
        r#"{"$ref":"https://e.org/s.json#/$defs/A"}"#,
        r##"The JSON Schema's reference "https://e.org/s.json#/$defs/A" is not within the schema ("#/$defs/…")."##,
        r##"The JSON Schema's reference "https://e.org/s.json#/$defs/A" is not within the schema ("#/$defs/…")."##,
    ),
    // References that are nothing but each other.
    (
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{"$ref":"#/$defs/B"},"B":{"$ref":"#/$defs/A"}}}"##,
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a"],"properties":{"a":{"type":"STRING","description":"A JSON object, written as a string."}}}"#,
    ),
    // `allOf` of references; what one member uses, another may refer to without it being a cycle.
    (
        r##"{"type":"object","properties":{"a":{"allOf":[{"$ref":"#/$defs/A"}]},"b":{"allOf":[{"$ref":"#/$defs/A"},{"properties":{"z":{"$ref":"#/$defs/A"}}}]}},"$defs":{"A":{"type":"object","properties":{"x":{"type":"string"}}}}}"##,
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"},"b":{"type":"object","properties":{"x":{"type":"string"},"z":{"$ref":"#/$defs/A"}}}},"$defs":{"A":{"type":"object","properties":{"x":{"type":"string"}}}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a","b"],"properties":{"a":{"type":"OBJECT","propertyOrdering":["x"],"properties":{"x":{"type":"STRING"}}},"b":{"type":"OBJECT","propertyOrdering":["x","z"],"properties":{"x":{"type":"STRING"},"z":{"type":"OBJECT","propertyOrdering":["x"],"properties":{"x":{"type":"STRING"}}}}}}}"#,
    ),
    // OpenAPI's nullable reference.
    (
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A","nullable":true,"description":"D"}},"$defs":{"A":{"type":"string"}}}"##,
        r##"{"type":"object","properties":{"a":{"description":"D","anyOf":[{"$ref":"#/$defs/A"},{"type":"null"}]}},"$defs":{"A":{"type":"string"}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a"],"properties":{"a":{"type":"STRING","description":"D","nullable":true}}}"#,
    ),
    // A boolean as the target.
    (
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":true}}"##,
        r##"{"type":"object","properties":{"a":{"$ref":"#/$defs/A"}},"$defs":{"A":{}}}"##,
        r#"{"type":"OBJECT","propertyOrdering":["a"],"properties":{"a":{"type":"STRING"}}}"#,
    ),
];

#[test]
fn references_are_followed() {
    for (given, lightly, in_legacy) in CASES {
        assert_eq!(run(light, given, REPLY), lightly, "light, from {given}");
        assert_eq!(run(legacy, given, REPLY), in_legacy, "legacy, from {given}");
    }
}
