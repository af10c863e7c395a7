//! Pieces of arguments, good and bad.

use super::*;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

/// The arguments that `pieces` make, or `None` where they are refused.
fn joined<S: AsRef<str>>(pieces: &[S]) -> Option<String> {
    let mut arguments = PartialArgs::default();
    for piece in pieces {
        arguments.push(&serde_json::from_str(piece.as_ref()).unwrap()).ok()?;
    }
    let json = arguments.finish(Rest::Whole);
    serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&json).unwrap();
    Some(json)
}

#[test]
fn pieces_become_the_arguments_they_tell() {
    for (pieces, expected) in [
        (&[][..], "{}"),
        // As recorded: a string goes on until its path is left.
        (
            &[
                r#"{"jsonPath":"$.country","stringValue":"US","willContinue":true}"#,
                r#"{"jsonPath":"$.country","stringValue":"A \u00e9\"\n","willContinue":true}"#,
                r#"{"jsonPath":"$.country","stringValue":""}"#,
                r#"{"jsonPath":"$.a","numberValue":0.50}"#,
            ],
            r#"{"country":"USA \u00e9\"\n","a":0.50}"#,
        ),
        (
            &[
                r#"{"jsonPath":"$.z[0].b","numberValue":12345678901234567890}"#,
                r#"{"jsonPath":"$.z[0].a","boolValue":false}"#,
                r#"{"jsonPath":"$.z[1].b","nullValue":null}"#,
                r#"{"jsonPath":"$.z[1].a[0][0]","nullValue":"NULL_VALUE"}"#,
                r#"{"jsonPath":"$.z[1].a[0][1]","stringValue":"x"}"#,
                r#"{"jsonPath":"$.y.x.w","numberValue":-1e-3}"#,
                r#"{"jsonPath":"$.y.v","stringValue":""}"#,
            ],
            r#"{"z":[{"b":12345678901234567890,"a":false},{"b":null,"a":[[null,"x"]]}],"y":{"x":{"w":-1e-3},"v":""}}"#,
        ),
        // Names that are quoted, also because of what they hold.
        (
            &[
                r#"{"jsonPath":"$['a.b'][\"c]d\"]","numberValue":1}"#,
                r#"{"jsonPath":"$['it\\'s']['\\u00e9\\\\']","numberValue":2}"#,
                r#"{"jsonPath":"$['']","numberValue":3}"#,
                r#"{"jsonPath":"$.größe-1","numberValue":4}"#,
            ],
            r#"{"a.b":{"c]d":1},"it's":{"é\\":2},"":3,"größe-1":4}"#,
        ),
        // Elements without a value are in no path.
        (
            &[r#"{"jsonPath":"$.a[2]","numberValue":1}"#, r#"{"jsonPath":"$.a[4].b","numberValue":2}"#],
            r#"{"a":[null,null,1,null,{"b":2}]}"#,
        ),
        // A pair of surrogates may be cut; a string may begin with nothing, or go on unannounced.
        (
            &[
                r#"{"jsonPath":"$.a","willContinue":true}"#,
                r#"{"jsonPath":"$.a","stringValue":"\ud83d"}"#,
                r#"{"jsonPath":"$.a","stringValue":"\ude00"}"#,
                r#"{"jsonPath":"$.a"}"#,
                r#"{"jsonPath":"$.b","numberValue":"NaN"}"#,
            ],
            r#"{"a":"\ud83d\ude00","b":"NaN"}"#,
        ),
    ] {
        assert_eq!(joined(pieces).as_deref(), Some(expected), "{pieces:?}");
    }
}

#[test]
fn what_fits_nowhere_is_refused() {
    let piece = |path: &str| {
        let path = serde_json::to_string(path).unwrap();
        format!(r#"{{"jsonPath":{path},"numberValue":1}}"#)
    };
    for path in [
        "",
        "$",
        "a",
        "$a",
        "$.",
        "$..a",
        "$.a.",
        "$[0]",
        "$.a[",
        "$.a[x]",
        "$.a[-1]",
        "$.a[]",
        "$['a",
        "$['a'",
        "$['a]",
        "$[\"a']",
        "$.a[99999999999999999999]",
        "$.a[4294967295]",
        "$.a[65]",
        "$.a[33][33]",
    ] {
        assert_eq!(joined(&[piece(path)]), None, "{path}");
    }
    for paths in [
        ["$.a", "$.a"],
        ["$.a", "$.a.b"],
        ["$.a.b", "$.a"],
        ["$.a.b", "$.a[0]"],
        ["$.a[0]", "$.a.b"],
        ["$.a[1]", "$.a[0]"],
        ["$.a[0]", "$[0]"],
    ] {
        assert_eq!(joined(&paths.map(piece)), None, "{paths:?}");
    }
    assert_eq!(joined(&["$.a.x", "$.b", "$.a.y"].map(piece)), None, "its value has ended");
    assert_eq!(joined(&["{}"]), None);
}

#[test]
fn depth_and_width_have_bounds() {
    let piece = |path: String| format!(r#"{{"jsonPath":"{path}","numberValue":1}}"#);
    assert!(joined(&[piece(format!("${}", ".a".repeat(DEEPEST)))]).is_some());
    assert_eq!(joined(&[piece(format!("${}", ".a".repeat(DEEPEST + 1)))]), None);
    assert_eq!(joined(&[piece(format!("$.a{}", "[0]".repeat(1_000_000)))]), None);
    let names = |count| (0..count).map(|name| piece(format!("$.{name}"))).collect::<Vec<_>>();
    assert!(joined(&names(MOST_NAMES)).is_some());
    assert_eq!(joined(&names(MOST_NAMES + 1)), None);
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    /// JSON whose objects and arrays are not empty: only values are told.
    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            ".{0,12}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 1..4).prop_map(Value::from),
                object(inner).prop_map(Value::from),
            ]
        })
    }

    fn object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = serde_json::Map<String, Value>> {
        proptest::collection::vec((".{0,6}", value), 1..4).prop_map(|members| members.into_iter().collect())
    }

    /// As Vertex tells `value`, strings in pieces of one character.
    fn tell(value: &Value, path: &str, pieces: &mut Vec<String>) {
        let mut told = |member: &str, value: &Value| {
            let continues = value.is_string();
            pieces.push(json!({"jsonPath": path, member: value, "willContinue": continues}).to_string());
        };
        match value {
            Value::Null => told("nullValue", value),
            Value::Bool(_) => told("boolValue", value),
            Value::Number(_) => told("numberValue", value),
            Value::String(text) => {
                text.chars().for_each(|character| told("stringValue", &character.to_string().into()));
                told("stringValue", &"".into());
            }
            Value::Array(elements) => {
                for (index, element) in elements.iter().enumerate() {
                    tell(element, &format!("{path}[{index}]"), pieces);
                }
            }
            Value::Object(members) => {
                for (name, member) in members {
                    let name = name.replace('\\', "\\\\").replace('\'', "\\'");
                    tell(member, &format!("{path}['{name}']"), pieces);
                }
            }
        }
    }

    proptest! {
        #[test]
        fn what_is_told_is_what_arrives(arguments in object(value())) {
            let arguments = Value::from(arguments);
            let mut pieces = Vec::new();
            tell(&arguments, "$", &mut pieces);
            let joined: Value = serde_json::from_str(&joined(&pieces).unwrap()).unwrap();
            prop_assert_eq!(joined, arguments);
        }

        #[test]
        fn nothing_panics(paths in proptest::collection::vec(r#"\$([.\[\]'"\\a0-9é]|\.a|\[0\]|\[1\]){0,6}"#, 0..8)) {
            let pieces: Vec<_> = paths.iter().map(|path| json!({"jsonPath": path, "numberValue": 1}).to_string()).collect();
            joined(&pieces);
        }
    }
}
