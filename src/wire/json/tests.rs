use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Object, Problem, ProblemKind, from_slice};

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the refusals are looked at")]
struct Doc<'a> {
    name: Option<String>,
    count: Option<u32>,
    small: Option<i8>,
    ratio: Option<f64>,
    flag: Option<bool>,
    list: Option<Vec<u32>>,
    grid: Option<Vec<Vec<String>>>,
    pair: Option<(u8, u8)>,
    part: Option<Part>,
    parts: Option<Vec<Part>>,
    map: Option<BTreeMap<String, Part>>,
    mode: Option<Mode>,
    modes: Option<Vec<Mode>>,
    any: Option<Any>,
    anys: Option<Vec<Any>>,
    late: Option<Late>,
    lates: Option<Vec<Late>>,
    even: Option<Even>,
    anything: Option<IgnoredAny>,
    #[serde(borrow)]
    raw: Option<&'a RawValue>,
    #[serde(borrow)]
    borrowed: Option<&'a str>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only the refusals are looked at")]
struct Part {
    id: u8,
    text: Option<String>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    Fast,
    Slow,
}

/// Refuses everything but `null`, through `deserialize_any`.
#[derive(Debug)]
struct Any;

impl<'de> Deserialize<'de> for Any {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Any;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("nothing")
            }
        }
        from.deserialize_any(Visit)
    }
}

/// Judged after it was read.
#[derive(Debug)]
struct Late;

impl<'de> Deserialize<'de> for Late {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = u8::deserialize(from)?;
        if number == 0 { Ok(Self) } else { Err(D::Error::custom("must be zero")) }
    }
}

/// Judged inside the visitor, scalars and containers alike.
#[derive(Debug)]
struct Even;

impl<'de> Deserialize<'de> for Even {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visit;
        impl<'de> Visitor<'de> for Visit {
            type Value = Even;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an even something")
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Even, E> {
                if v.is_multiple_of(2) { Ok(Even) } else { Err(E::custom("odd")) }
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Even, A::Error> {
                while seq.next_element::<Even>()?.is_some() {}
                Err(A::Error::custom("a list, after all"))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Even, A::Error> {
                let _: Option<(String, Even)> = map.next_entry()?;
                Err(A::Error::custom("an object, after one member"))
            }
        }
        from.deserialize_any(Visit)
    }
}

fn problem(json: &str) -> Problem {
    from_slice::<Doc<'_>>(json.as_bytes()).expect_err(json)
}

/// Each line a document and what is said about it; `#` starts a remark.
#[track_caller]
fn table(text: &str) {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let (json, expected) = line.split_once(" => ").unwrap();
        check(&[(json, expected)]);
    }
}

#[track_caller]
fn check(table: &[(&str, &str)]) {
    for (json, expected) in table {
        assert_eq!(problem(json).to_string(), *expected, "{json}");
    }
}

#[test]
fn scalars_of_the_wrong_type() {
    table(
        r#"
        {"count":"x"} => count: expected an integer, found a string
        {"flag":true,"count":"x"} => count: expected an integer, found a string
        {"count":"x","flag":true} => count: expected an integer, found a string
        {"flag":true,"count":"x","name":"n"} => count: expected an integer, found a string
        { "count" : "x" } => count: expected an integer, found a string
        {"count":1.0} => count: expected an integer, found a decimal
        {"count":1e3} => count: expected an integer, found a decimal
        {"count":true} => count: expected an integer, found a boolean
        {"flag":0} => flag: expected a boolean, found an integer
        {"ratio":"1"} => ratio: expected a number, found a string
        {"name":7} => name: expected a string, found an integer
        {"name":-7} => name: expected a string, found an integer
        {"name":7.5} => name: expected a string, found a decimal
        {"name":false} => name: expected a string, found a boolean
        {"borrowed":1} => borrowed: expected a string, found an integer
        {"list":[1,null,3]} => list[1]: expected an integer, found null
        {"list":[null]} => list[0]: expected an integer, found null
        {"list":[1,2,"x"]} => list[2]: expected an integer, found a string
        {"list":[1 , "x" , 3]} => list[1]: expected an integer, found a string
        {"list":"x"} => list: expected an array, found a string
        {"part":"x"} => part: expected an object, found a string
        {"part":3,"flag":true} => part: expected an object, found an integer
        {"parts":["x"]} => parts[0]: expected an object, found a string
        "#,
    );
    check(&[(
        "{\n \"flag\": true,\r\n\t\"count\":\n\n\"x\"\n}",
        "count: expected an integer, found a string",
    )]);
}

#[test]
fn arrays_and_objects_of_the_wrong_type() {
    table(
        r#"
        {"name":[]} => name: expected a string, found an array
        {"name":[1]} => name: expected a string, found an array
        {"name": [[1]]} => name: expected a string, found an array
        {"name":{}} => name: expected a string, found an object
        {"flag":true,"name":{"a":1},"count":1} => name: expected a string, found an object
        {"list":{}} => list: expected an array, found an object
        {"list":[[1]]} => list[0]: expected an integer, found an array
        {"list":[1,[1]]} => list[1]: expected an integer, found an array
        {"list":[1, {}]} => list[1]: expected an integer, found an object
        {"grid":[["a"],["b",["c"]]]} => grid[1][1]: expected a string, found an array
        {"grid":[[],[],[{}]]} => grid[2][0]: expected a string, found an object
        # serde reads a struct from an array too, member by member.
        {"map":{"k":[true]}} => map.k[0]: expected an integer, found a boolean
        "#,
    );
}

#[test]
fn refused_by_a_visitor_of_any_type() {
    table(
        r#"
        {"any":1} => any: expected nothing, found an integer
        {"any":"x","flag":true} => any: expected nothing, found a string
        {"any":[]} => any: expected nothing, found an array
        {"any":[ ]} => any: expected nothing, found an array
        {"any":[1]} => any: expected nothing, found an array
        {"any":[ {"a":1}]} => any: expected nothing, found an array
        {"any":{}} => any: expected nothing, found an object
        {"any":{"a":1}} => any: expected nothing, found an object
        {"any": { "a":{"b":1}} } => any: expected nothing, found an object
        {"anys":[{"a":1}]} => anys[0]: expected nothing, found an object
        {"anys":[[1],2]} => anys[0]: expected nothing, found an array
        {"anys":[null]} => anys[0]: expected nothing, found null
        # The one ambiguity: serde_json stops where it would for a list whose first element must not be a list.
        {"any":[[1]]} => any[0]: expected nothing, found an array
        "#,
    );
}

#[test]
fn missing_and_unknown_members() {
    table(
        r#"
        {"part":{}} => part: missing field `id`
        {"part":{"text":"t"},"flag":true} => part: missing field `id`
        {"parts":[{"id":1},{"text":"t"} , {"id":2}]} => parts[1]: missing field `id`
        {"parts":[{"id":1},{"text":"t"}]} => parts[1]: missing field `id`
        {"part":{"x":1}} => part: unknown field `x`, expected `id` or `text`
        {"part":{"id":1 , "x" : 1}} => part: unknown field `x`, expected `id` or `text`
        {"parts":[{"id":1},{"x":1,"id":1}]} => parts[1]: unknown field `x`, expected `id` or `text`
        {"map":{"k":{"x":{}}}} => map.k: unknown field `x`, expected `id` or `text`
        {"part":{"id":1,"id":2}} => part: duplicate field `id`
        {"part":{"a`, expected `b":1}} => part: unknown field `a`, expected `b`, expected `id` or `text`
        "#,
    );
    let text = problem(r#"{"y":1}"#).to_string();
    assert!(text.starts_with("unknown field `y`, expected one of `name`, `count`, "), "{text}");
    let missing = from_slice::<Part>(b"{}").unwrap_err();
    assert_eq!(
        missing,
        Problem { path: String::new(), kind: ProblemKind::Missing { field: "id".to_owned() } }
    );
}

#[test]
fn values_out_of_range() {
    table(
        r#"
        {"count":-1} => count: expected an integer from 0 to 4294967295
        {"flag":true,"small":200} => small: expected an integer from -128 to 127
        {"ratio":1e999,"count":1} => ratio: expected a number in the range of a 64-bit float
        {"list":[1,-1e999]} => list[1]: expected a number in the range of a 64-bit float
        {"pair":[1]} => pair: expected a tuple of size 2
        {"mode":"sly"} => mode: expected `fast` or `slow`
        {"modes":["fast","x","slow"]} => modes[1]: expected `fast` or `slow`
        "#,
    );
}

#[test]
fn enums_refuse_other_types() {
    table(
        r#"
        {"mode":5} => mode: expected a string, found a number
        {"mode": -5.5 } => mode: expected a string, found a number
        {"mode":true} => mode: expected a string, found a boolean
        {"mode":false,"flag":true} => mode: expected a string, found a boolean
        {"mode":[]} => mode: expected a string, found an array
        {"mode":{}} => mode: expected a string, found an object
        {"modes":[5]} => modes[0]: expected a string, found a number
        {"modes":["fast",["slow"]]} => modes[1]: expected a string, found an array
        {"modes":["fast",null]} => modes[1]: expected a string, found null
        {"mode":nil} => invalid JSON: expected ident at line 1 column 10
        {"modes":[tru]} => invalid JSON: expected value at line 1 column 11
        {"mode":} => invalid JSON: expected value at line 1 column 9
        "#,
    );
}

#[test]
fn our_own_checks() {
    table(
        r#"
        {"even":3} => even: odd
        {"even":3,"flag":true} => even: odd
        {"even":[2,3]} => even[1]: odd
        {"even":[2,4]} => even: a list, after all
        {"even":[2,4] , "flag":true} => even: a list, after all
        {"even":{"a":2}} => even: an object, after one member
        # A visitor that gives up half-way: the member it read last.
        {"even":{"a":2,"b":4}} => even.a: an object, after one member
        {"even":{"a":{"b":3}}} => even.a.b: odd
        {"late":3,"flag":true} => late: must be zero
        {"late": 3 , "flag":true} => late: must be zero
        {"lates":[0,3,0]} => lates[1]: must be zero
        # Read first, judged later, and the last member: the enclosing value has ended when the check fails.
        {"flag":true,"late":3} => must be zero
        {"lates":[0,3]} => lates: must be zero
        "#,
    );
    assert_eq!(from_slice::<Late>(b"3").unwrap_err().to_string(), "must be zero");
}

#[test]
fn keys_are_decoded_quoted_and_cut() {
    let long = "k".repeat(70);
    let cut = format!("{}…", "k".repeat(64));
    table(
        r#"
        {"map":{"k":1},"flag":true} => map.k: expected an object, found an integer
        {"map":{"x-y_Z9":1}} => map.x-y_Z9: expected an object, found an integer
        {"\u006dap":{"\u006b":1}} => map.k: expected an object, found an integer
        {"map":{"a b":1}} => map["a b"]: expected an object, found an integer
        {"map":{"":1}} => map[""]: expected an object, found an integer
        {"map":{"a\"b\\":1}} => map["a\"b\\"]: expected an object, found an integer
        {"map":{"\n":1}} => map["\n"]: expected an object, found an integer
        {"map":{"ключ":1}} => map["ключ"]: expected an object, found an integer
        {"name":"日本 \" {[","map":{"k":1}} => map.k: expected an object, found an integer
        {"name":"\\","map":{"k":1}} => map.k: expected an object, found an integer
        "#,
    );
    let text = problem(&format!(r#"{{"map":{{"{long}":1}}}}"#)).to_string();
    assert_eq!(text, format!("map.{cut}: expected an object, found an integer"));
    let text = problem(&format!(r#"{{"part":{{"{long}":1}}}}"#)).to_string();
    assert_eq!(text, format!("part: unknown field `{cut}`, expected `id` or `text`"));
}

#[test]
fn syntax_errors_have_line_and_column() {
    table(
        r#"
        { => invalid JSON: EOF while parsing an object at line 1 column 1
        {"count": => invalid JSON: EOF while parsing a value at line 1 column 9
        {"count":1 => invalid JSON: EOF while parsing an object at line 1 column 10
        {"name":"x => invalid JSON: EOF while parsing a string at line 1 column 10
        {"list":[1 => invalid JSON: EOF while parsing a list at line 1 column 10
        {} x => invalid JSON: trailing characters at line 1 column 4
        {"name":"日本", x} => invalid JSON: key must be a string at line 1 column 15
        {"list":[1 2]} => invalid JSON: expected `,` or `]` at line 1 column 12
        {"count" 1} => invalid JSON: expected `:` at line 1 column 10
        {'count':1} => invalid JSON: key must be a string at line 1 column 2
        {"name":"\x"} => invalid JSON: invalid escape at line 1 column 11
        {"raw":[1,} => invalid JSON: expected value at line 1 column 11
        {"anything":tru} => invalid JSON: expected ident at line 1 column 16
        "#,
    );
    check(&[
        ("", "invalid JSON: EOF while parsing a value at line 1 column 0"),
        ("{\"count\":1,\n}", "invalid JSON: trailing comma at line 2 column 1"),
        ("{\n\"count\":\n  x}", "invalid JSON: expected value at line 3 column 3"),
    ]);
    let control = "{\"name\":\"a\nb\"}";
    assert!(problem(control).to_string().ends_with("while parsing a string at line 2 column 0"));
    let deep = format!(r#"{{"even":{}"#, "[".repeat(200));
    assert_eq!(problem(&deep).to_string(), "invalid JSON: recursion limit exceeded at line 1 column 135");
    let invalid = from_slice::<Doc<'_>>(b"{\n\"name\":\"\xC3\xA9\xFF\"}").unwrap_err();
    assert_eq!(invalid.to_string(), "invalid JSON: invalid UTF-8 at line 2 column 10");
}

#[test]
fn brackets_deeper_than_any_path_do_not_confuse() {
    let deep = format!(r#"{{"anything":{}{},"count":"x"}}"#, r#"[{"a":"#.repeat(300), "}]".repeat(300));
    let deep = deep.replace(r#"{"a":}"#, r#"{"a":[]}"#);
    assert_eq!(problem(&deep).to_string(), "count: expected an integer, found a string");
}

#[test]
fn values_are_never_repeated() {
    let secret = "AIzaSecret";
    for field in ["count", "ratio", "flag", "list", "part", "mode", "any", "late", "even"] {
        for value in [format!(r#""{secret}""#), format!(r#""{secret}, expected {secret}""#)] {
            let text = problem(&format!(r#"{{"{field}":{value}}}"#)).to_string();
            assert!(!text.contains(secret), "{text}");
        }
    }
    let text = problem(r#"{"count":987654321987}"#).to_string();
    assert!(!text.contains("98765"), "{text}");
}

#[test]
fn structs_can_be_held_to_objects() {
    let parts = from_slice::<Vec<Object<Part>>>(br#"[{"id":1}]"#).unwrap();
    assert_eq!(parts.first().unwrap().0.id, 1);
    for (json, expected) in [
        ("[[1]]", "[0]: expected an object, found an array"),
        ("[{},3]", "[0]: missing field `id`"),
        ("[{\"id\":1,\"x\":2}]", "[0]: unknown field `x`, expected `id` or `text`"),
        ("[{\"id\":1},{\"text\":[],\"id\":1}]", "[1].text: expected a string, found an array"),
    ] {
        assert_eq!(from_slice::<Vec<Object<Part>>>(json.as_bytes()).unwrap_err().to_string(), expected);
    }
}

#[test]
fn good_documents_borrow() {
    let json = br#" {"borrowed":"x","raw":{"a": [1, 2]},"mode":"slow","modes":["fast"],"count":4} "#;
    let doc: Doc<'_> = from_slice(json).unwrap();
    assert_eq!(doc.borrowed, Some("x"));
    assert_eq!(doc.raw.unwrap().get(), r#"{"a": [1, 2]}"#);
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_bytes_never_panic(bytes: Vec<u8>) {
            let _ = from_slice::<Doc<'_>>(&bytes);
        }

        #[test]
        fn anything_like_json_never_panics(json in r#"[\[\]{}:,"\\ \n019.e+\-a-cntué]{0,60}"#) {
            let _ = from_slice::<Doc<'_>>(json.as_bytes());
            let _ = from_slice::<Even>(json.as_bytes());
        }

        #[test]
        fn cut_documents_never_panic(cut in 0usize..200, flip in 0usize..200, byte: u8) {
            let mut json = SAMPLE.as_bytes().to_vec();
            if let Some(flipped) = json.get_mut(flip) {
                *flipped = byte;
            }
            json.truncate(cut);
            let _ = from_slice::<Doc<'_>>(&json);
        }

        #[test]
        fn the_path_found_is_the_path_built(steps in proptest::collection::vec((0usize..4, any::<bool>(), 0usize..3), 1..20)) {
            let (mut json, mut path) = ("3".to_owned(), String::new());
            for (before, object, spaces) in steps {
                let gap = " \n\t".get(..spaces).unwrap_or_default();
                if object {
                    let others: String = (0..before).map(|i| format!("\"m{i}\":{gap}[[],{{}}],")).collect();
                    json = format!("{{{others}{gap}\"key\"{gap}:{gap}{json}{gap},\"z\":[1]}}");
                    path = if path.starts_with('[') || path.is_empty() { format!("key{path}") } else { format!("key.{path}") };
                } else {
                    let others: String = (0..before).map(|_| format!("{{\"a\":\",\"}}{gap},")).collect();
                    json = format!("[{others}{gap}{json}{gap},\"z\"]");
                    path = if path.starts_with('[') || path.is_empty() { format!("[{before}]{path}") } else { format!("[{before}].{path}") };
                }
            }
            let problem = from_slice::<Tree>(json.as_bytes()).unwrap_err();
            prop_assert_eq!(problem.path, path);
        }
    }

    /// Takes any JSON without the number 3.
    #[derive(Debug)]
    struct Tree;

    impl<'de> Deserialize<'de> for Tree {
        fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
            struct Visit;
            impl<'de> Visitor<'de> for Visit {
                type Value = Tree;
                fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    f.write_str("JSON")
                }
                fn visit_u64<E: Error>(self, v: u64) -> Result<Tree, E> {
                    if v == 3 { Err(E::custom("three")) } else { Ok(Tree) }
                }
                fn visit_str<E: Error>(self, _: &str) -> Result<Tree, E> {
                    Ok(Tree)
                }
                fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
                    while seq.next_element::<Tree>()?.is_some() {}
                    Ok(Tree)
                }
                fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
                    while map.next_entry::<String, Tree>()?.is_some() {}
                    Ok(Tree)
                }
            }
            from.deserialize_any(Visit)
        }
    }

    const SAMPLE: &str = r#"{"name":"é\"\\ú","parts":[{"id":1,"text":"t"},{"id":2}],"map":{"a b":{"id":3}},"modes":["fast"],"list":[1,2,3],"ratio":-1.5e3,"flag":true}"#;
}
