//! A node of one type, with the keys that belong to this type.

use serde_json::{Map, Value};

use super::super::enumeration::Enumeration;
use super::super::types::Kind;
use super::super::{SchemaError, Seen, bounds, hint};
use super::{Legacy, annotate, any_of};

impl Legacy<'_> {
    /// `node` as of type `kind`; `values` are those of its enumeration that are of this type.
    pub(super) fn single(
        &mut self,
        node: &Map<String, Value>,
        kind: Kind,
        values: &[Value],
        level: usize,
    ) -> Result<Map<String, Value>, SchemaError> {
        let mut out = Map::new();
        out.insert("type".to_owned(), kind.google().into());
        annotate(&mut out, node);
        match kind {
            Kind::String => string(&mut out, node, values),
            Kind::Number | Kind::Integer => {
                format(&mut out, node, &["int32", "int64", "float", "double"]);
                put(&mut out, "minimum", bounds::minimum(node).map(Value::Number));
                put(&mut out, "maximum", bounds::maximum(node).map(Value::Number));
            }
            Kind::Array => {
                let items = self.items(node, level)?;
                out.insert("items".to_owned(), Value::Object(items));
                put(&mut out, "minItems", node.get("minItems").and_then(bounds::count).cloned());
                put(&mut out, "maxItems", node.get("maxItems").and_then(bounds::count).cloned());
            }
            Kind::Object => self.object(&mut out, node, level)?,
            Kind::Boolean | Kind::Null => {}
        }
        if kind != Kind::String
            && let Some(sentence) = Enumeration::sentence(values)
        {
            hint(&mut out, &sentence);
        }
        Ok(out)
    }

    fn object(
        &mut self,
        out: &mut Map<String, Value>,
        node: &Map<String, Value>,
        level: usize,
    ) -> Result<(), SchemaError> {
        let mut properties = Map::new();
        for (name, schema) in node.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if let Some(property) = self.schema(schema, level.saturating_add(2))? {
                properties.insert(name.clone(), Value::Object(property));
            }
        }
        let known = |schema: &&Value| schema.as_object().is_some_and(|schema| !schema.is_empty());
        if let Some(schema) = node.get("additionalProperties").filter(known)
            && let Some(values) = self.schema(schema, level.saturating_add(1))?
        {
            let sentence = further(&values);
            self.document.charge(sentence.len())?;
            hint(out, &sentence);
        }
        if properties.is_empty() {
            // The root has no level above it that could hold a string instead.
            if level > 1 {
                out.insert("type".to_owned(), Kind::String.google().into());
                hint(out, "A JSON object, written as a string.");
            }
            return Ok(());
        }
        let mut seen = Seen::default();
        let names = node.get("required").and_then(Value::as_array).into_iter().flatten();
        let mut known = |name: &str| properties.contains_key(name) && seen.first(name);
        let names = names.filter(|name| name.as_str().is_some_and(&mut known));
        let required: Vec<Value> = names.cloned().collect();
        put(out, "propertyOrdering", self.ordered.then(|| properties.keys().cloned().collect()));
        out.insert("properties".to_owned(), Value::Object(properties));
        put(out, "required", (!required.is_empty()).then_some(Value::Array(required)));
        Ok(())
    }

    /// What the elements of an array are, of a tuple one type for all.
    fn items(&mut self, node: &Map<String, Value>, level: usize) -> Result<Map<String, Value>, SchemaError> {
        let items = node.get("items");
        let tuple = node.get("prefixItems").or(items).and_then(Value::as_array);
        let Some(tuple) = tuple else {
            let items = items.filter(|items| items.is_object()).unwrap_or(&Value::Bool(true));
            return Ok(self.schema(items, level.saturating_add(1))?.unwrap_or_default());
        };
        let mut branches = Vec::new();
        let mut seen = Seen::default();
        for item in tuple.iter().chain(items.filter(|items| items.is_object())) {
            let Some(mut one) = self.schema(item, level.saturating_add(3))? else {
                continue;
            };
            let inner = match one.remove("anyOf") {
                Some(Value::Array(inner)) => inner,
                _ => vec![Value::Object(one)],
            };
            for branch in inner {
                // Of scalars the type says enough.
                let says = branch.get("type").filter(|kind| is_scalar(kind));
                if branch.is_object() && seen.first_value(says.unwrap_or(&branch)) {
                    branches.push(branch);
                }
            }
        }
        if branches.is_empty() {
            return self.node(&Map::new(), level.saturating_add(1));
        }
        Ok(any_of(branches))
    }
}

/// What the values of a map are, in words: JSON in JSON would double its escapes at every level.
fn further(values: &Map<String, Value>) -> String {
    let kind = values.get("type").and_then(Value::as_str).unwrap_or("any");
    let described = values.get("description").and_then(Value::as_str).unwrap_or_default();
    let space = if described.is_empty() { "" } else { " " };
    format!("Further properties, of type {kind}, may be added.{space}{described}")
}

fn string(out: &mut Map<String, Value>, node: &Map<String, Value>, values: &[Value]) {
    let values: Vec<&Value> = values.iter().filter(|value| value.as_str() != Some("")).collect();
    let formats: &[&str] = if values.is_empty() { &["date-time"] } else { &["enum", "date-time"] };
    format(out, node, formats);
    put(out, "enum", (!values.is_empty()).then(|| values.into_iter().cloned().collect()));
    put(out, "pattern", node.get("pattern").filter(|pattern| pattern.is_string()).cloned());
    put(out, "minLength", node.get("minLength").and_then(bounds::count).cloned());
    put(out, "maxLength", node.get("maxLength").and_then(bounds::count).cloned());
}

/// `format` where it is one of `known`, otherwise a word in the description.
fn format(out: &mut Map<String, Value>, node: &Map<String, Value>, known: &[&str]) {
    match node.get("format").and_then(Value::as_str) {
        Some(format) if known.contains(&format) => put(out, "format", Some(format.into())),
        Some("enum" | "") | None => {}
        Some(format) => hint(out, &format!("Format: {format}.")),
    }
}

fn is_scalar(kind: &Value) -> bool {
    *kind != Kind::Array.google() && *kind != Kind::Object.google()
}

fn put(out: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value {
        out.insert(key.to_owned(), value);
    }
}
