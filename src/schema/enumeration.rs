//! `enum` and `const`: the values a node admits by name.

use serde_json::{Map, Value};

use super::Seen;

/// The values of a node, each once, and whether null was among them.
#[derive(Debug, Default)]
pub(super) struct Enumeration {
    pub(super) values: Vec<Value>,
    pub(super) null: bool,
}

impl Enumeration {
    /// `const` before `enum`; `None` where the node has neither, or an empty `enum`, which Google refuses.
    pub(super) fn of(node: &Map<String, Value>) -> Option<Self> {
        let given = match (node.get("const"), node.get("enum")) {
            (Some(value), _) => std::slice::from_ref(value),
            (None, Some(Value::Array(values))) if !values.is_empty() => values.as_slice(),
            _ => return None,
        };
        let mut found = Self::default();
        let mut seen = Seen::default();
        for value in given {
            if value.is_null() {
                found.null = true;
            } else if seen.first_value(value) {
                found.values.push(value.clone());
            }
        }
        Some(found)
    }

    /// The values as a sentence, for where they cannot be an `enum`; `None` where it would say nothing.
    pub(super) fn sentence(values: &[Value]) -> Option<String> {
        let both = values.contains(&Value::Bool(true)) && values.contains(&Value::Bool(false));
        if values.is_empty() || (both && values.len() == 2) {
            return None;
        }
        let listed: Vec<String> = values.iter().map(Value::to_string).collect();
        Some(format!("One of: {}.", listed.join(", ")))
    }
}
