//! Bounds: exclusive ones become inclusive, counts are whole and not negative.

use serde_json::{Map, Number, Value};

use super::types::{Kind, kinds};

/// `minimum` of a node, `exclusiveMinimum` accounted for.
pub(super) fn minimum(node: &Map<String, Value>) -> Option<Number> {
    let bound = Bound { inclusive: "minimum", exclusive: "exclusiveMinimum", step: 1 };
    bound.of(node)
}

/// `maximum` of a node, `exclusiveMaximum` accounted for.
pub(super) fn maximum(node: &Map<String, Value>) -> Option<Number> {
    let bound = Bound { inclusive: "maximum", exclusive: "exclusiveMaximum", step: -1 };
    bound.of(node)
}

/// A length, as Google's int64 fields take it.
pub(super) fn count(value: &Value) -> Option<&Value> {
    value.as_i64().is_some_and(|count| count >= 0).then_some(value)
}

struct Bound {
    inclusive: &'static str,
    exclusive: &'static str,
    /// From an excluded integer to the next that is admitted.
    step: i64,
}

impl Bound {
    fn of(&self, node: &Map<String, Value>) -> Option<Number> {
        let whole = kinds(node.get("type")).iter().all(|kind| matches!(kind, Kind::Integer | Kind::Null))
            && node.contains_key("type");
        let number = |key: &str| node.get(key).and_then(Value::as_number);
        let inclusive = number(self.inclusive);
        match node.get(self.exclusive) {
            // Draft 4: a flag that makes the other bound exclusive.
            Some(Value::Bool(true)) => inclusive.map(|bound| self.admitted(bound, whole)),
            Some(Value::Number(exclusive)) => {
                let admitted = self.admitted(exclusive, whole);
                Some(match inclusive {
                    Some(inclusive) if self.tighter(inclusive, &admitted) => inclusive.clone(),
                    _ => admitted,
                })
            }
            _ => inclusive.cloned(),
        }
    }

    /// The nearest bound that can be said: exact for integers; otherwise the excluded value itself is admitted too.
    fn admitted(&self, excluded: &Number, whole: bool) -> Number {
        let next = excluded.as_i64().filter(|_| whole).and_then(|integer| integer.checked_add(self.step));
        next.map_or_else(|| excluded.clone(), Number::from)
    }

    fn tighter(&self, one: &Number, other: &Number) -> bool {
        match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) if self.step > 0 => one > other,
            (Some(one), Some(other)) => one < other,
            _ => false,
        }
    }
}
