//! The names of types, and the types of values.

use serde_json::Value;

/// JSON Schema's types; Google's are the same in capitals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    String,
    Number,
    Integer,
    Boolean,
    Array,
    Object,
    Null,
}

impl Kind {
    /// The type named so, in either case; `None` for names that are none, such as `any`.
    pub(super) fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, lower, _)| lower.eq_ignore_ascii_case(name)).map(|(kind, ..)| *kind)
    }

    /// The narrowest type of a value.
    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Boolean,
            Value::Number(number) if number.is_f64() => Self::Number,
            Value::Number(_) => Self::Integer,
            Value::String(_) => Self::String,
            Value::Array(_) => Self::Array,
            Value::Object(_) => Self::Object,
        }
    }

    /// Whether a value of this type may be one of `other`.
    pub(super) fn fits(self, other: Self) -> bool {
        self == other || (self == Self::Integer && other == Self::Number)
    }

    /// JSON Schema's name.
    pub(super) fn json(self) -> &'static str {
        NAMES.iter().find(|(kind, ..)| *kind == self).map_or("", |(_, lower, _)| lower)
    }

    /// Google's name.
    pub(super) fn google(self) -> &'static str {
        NAMES.iter().find(|(kind, ..)| *kind == self).map_or("", |(.., upper)| upper)
    }
}

/// The types a node's `type` names, each once; empty where it names none that is known.
pub(super) fn kinds(of_type: Option<&Value>) -> Vec<Kind> {
    let names = match of_type {
        Some(Value::Array(names)) => names.as_slice(),
        Some(name) => std::slice::from_ref(name),
        None => &[],
    };
    let mut kinds = Vec::new();
    for kind in names.iter().filter_map(Value::as_str).filter_map(Kind::named) {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// The one type of all `values`; integers and decimals together are numbers.
pub(super) fn common(values: &[Value]) -> Option<Kind> {
    let mut kinds = values.iter().map(Kind::of);
    let first = kinds.next()?;
    kinds.try_fold(first, |common, kind| match (common, kind) {
        _ if kind.fits(common) => Some(common),
        _ if common.fits(kind) => Some(kind),
        _ => None,
    })
}

const NAMES: [(Kind, &str, &str); 7] = [
    (Kind::String, "string", "STRING"),
    (Kind::Number, "number", "NUMBER"),
    (Kind::Integer, "integer", "INTEGER"),
    (Kind::Boolean, "boolean", "BOOLEAN"),
    (Kind::Array, "array", "ARRAY"),
    (Kind::Object, "object", "OBJECT"),
    (Kind::Null, "null", "NULL"),
];
