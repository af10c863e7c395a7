//! serde's error sentences, taken apart: what was expected and what was found, without the value.
//!
//! Sentences: `serde_core::de::Error`, `serde_json::error::JsonUnexpected`. A value or field name may itself contain
//! `, expected `, so sentences are split at its last occurrence: what follows is a constant of the program.

use super::ProblemKind;

/// The kind of problem that a data error of serde's tells of.
pub(super) fn kind(message: String) -> ProblemKind {
    kind_of(&message).unwrap_or(ProblemKind::Custom(message))
}

fn kind_of(message: &str) -> Option<ProblemKind> {
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        let (value, expected) = rest.rsplit_once(", expected ")?;
        return Some(ProblemKind::Type { expected: in_json_terms(expected), found: found(value) });
    }
    if let Some(rest) = message.strip_prefix("invalid value: ") {
        let (_, expected) = rest.rsplit_once(", expected ")?;
        return Some(ProblemKind::Value { expected: with_range(expected) });
    }
    if let Some(rest) = message.strip_prefix("invalid length ") {
        let (_, expected) = rest.rsplit_once(", expected ")?;
        return Some(ProblemKind::Value { expected: in_json_terms(expected) });
    }
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let (_, expected) = rest.rsplit_once("`, expected ")?;
        return Some(ProblemKind::Value { expected: expected.to_owned() });
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let (field, expected) = rest
            .strip_suffix("`, there are no fields")
            .map(|field| (field, "no fields"))
            .or_else(|| rest.rsplit_once("`, expected "))?;
        return Some(ProblemKind::Unknown { field: shortened(field), expected: expected.to_owned() });
    }
    let field = message.strip_prefix("missing field `")?.strip_suffix('`')?;
    Some(ProblemKind::Missing { field: field.to_owned() })
}

/// A field name of the document, cut to a length that suits a message.
pub(super) fn shortened(name: &str) -> String {
    let mut chars = name.chars();
    let mut short: String = chars.by_ref().take(LONGEST_NAME).collect();
    if chars.next().is_some() {
        short.push('…');
    }
    short
}

fn found(value: &str) -> &'static str {
    let word = value.split(' ').next().unwrap_or_default();
    FOUND.iter().find(|(serde, _)| *serde == word).map_or("another type", |(_, json)| json)
}

fn in_json_terms(expected: &str) -> String {
    let json = match expected {
        "a sequence" => "an array",
        "a map" => "an object",
        "a borrowed string" | "string" => "a string",
        "unit" => "null",
        "f32" | "f64" | "a JSON number" => "a number",
        _ if range(expected).is_some() => "an integer",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    };
    json.to_owned()
}

fn with_range(expected: &str) -> String {
    match range(expected) {
        Some((least, most)) => format!("an integer from {least} to {most}"),
        None => in_json_terms(expected),
    }
}

fn range(integer: &str) -> Option<(i128, i128)> {
    Some(match integer {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    })
}

/// First word of serde's phrase → JSON's name of the type.
const FOUND: [(&str, &str); 7] = [
    ("string", "a string"),
    ("integer", "an integer"),
    ("floating", "a decimal"),
    ("boolean", "a boolean"),
    ("null", "null"),
    ("sequence", "an array"),
    ("map", "an object"),
];

/// Names longer than this many characters are cut.
const LONGEST_NAME: usize = 64;
