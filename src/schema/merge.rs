//! Two nodes that hold both (`allOf`, the siblings of a `$ref`) as one.

use serde_json::{Map, Value};

/// Adds to `first` what `second` says. Properties and required names unite; of anything else the first wins.
pub(super) fn merge(first: &mut Map<String, Value>, second: &Map<String, Value>) {
    // A constant is an enumeration already, and the other way round.
    let enumerated = first.contains_key("const") || first.contains_key("enum");
    for (key, value) in second {
        match (key.as_str(), first.get_mut(key)) {
            ("$defs" | "definitions" | "$ref" | "allOf" | "$id" | "$anchor" | "$schema", _) => {}
            ("enum" | "const", None) if enumerated => {}
            (_, None) => {
                first.insert(key.clone(), value.clone());
            }
            ("properties" | "patternProperties", Some(Value::Object(known))) => {
                for (name, schema) in value.as_object().into_iter().flatten() {
                    match known.get_mut(name) {
                        Some(own) => both(own, schema),
                        None => {
                            known.insert(name.clone(), schema.clone());
                        }
                    }
                }
            }
            ("items" | "additionalProperties", Some(own)) => both(own, value),
            ("required", Some(Value::Array(known))) => {
                // Names that come twice go when the list is written.
                known.extend(value.as_array().into_iter().flatten().cloned());
            }
            _ => {}
        }
    }
}

/// Makes `own` a schema that demands `other` as well; it is merged when its turn comes.
fn both(own: &mut Value, other: &Value) {
    match (&mut *own, other) {
        (Value::Object(mine), Value::Object(_)) => {
            // Many members are one list: nested in each other they would exhaust the stack.
            let listed = mine.len() == 1;
            if let Some(Value::Array(members)) = mine.get_mut("allOf").filter(|_| listed) {
                members.push(other.clone());
            } else if own != other {
                let members = Value::Array(vec![own.take(), other.clone()]);
                *own = Value::Object(Map::from_iter([("allOf".to_owned(), members)]));
            }
        }
        (Value::Bool(true), Value::Object(_)) => *own = other.clone(),
        _ => {}
    }
}
