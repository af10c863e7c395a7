//! The light cleaner: JSON Schema in, the part of it that Google reads out.
//!
//! References end at `#` or `#/$defs/NAME`, with nothing beside them: one that has siblings, or points elsewhere, is
//! replaced by its target, unless it leads back into itself. Where that would make the schema much longer, references lose
//! their siblings instead. `$defs` holds what is still referred to.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::bounds;
use super::document::{Document, Flat, Follow, Target, weight};
use super::enumeration::Enumeration;
use super::types::{Kind, common, kinds};
use super::{
    MAX_COPIED, MAX_INLINED, MAX_LEVELS, Root, SchemaError, Seen, hint, name_root, object, root_node,
};

pub(super) fn clean(schema: &Value, root: Root<'_>) -> Result<Option<Map<String, Value>>, SchemaError> {
    let short = weight(schema).saturating_mul(4).saturating_add(MAX_INLINED).min(MAX_COPIED);
    let whole = clean_beside(schema, root, &KEPT, short);
    whole.or_else(|_| clean_beside(schema, root, &[], MAX_COPIED))
}

/// Keeps the siblings named `kept` of references, and copies no more than `most`.
fn clean_beside(
    schema: &Value,
    root: Root<'_>,
    kept: &'static [&'static str],
    most: usize,
) -> Result<Option<Map<String, Value>>, SchemaError> {
    let any = Map::new();
    let Some(node) = root_node(schema, root, &any)? else {
        return Ok(None);
    };
    let mut cleaner = Light {
        document: Document::new(schema, most),
        kept,
        definitions: Vec::new(),
        places: HashMap::new(),
        taken: Seen::default(),
    };
    let mut cleaned = cleaner.definition(node, 1)?;
    if matches!(root, Root::Tool) && !as_parameters(&mut cleaned)? {
        return Ok(None);
    }
    name_root(&mut cleaned, root);
    let definitions = cleaner.definitions()?;
    if !definitions.is_empty() {
        cleaned.insert("$defs".to_owned(), Value::Object(definitions));
    }
    Ok(Some(cleaned))
}

/// Makes the root an object's schema; false where no argument is admitted.
fn as_parameters(root: &mut Map<String, Value>) -> Result<bool, SchemaError> {
    let kinds = kinds(root.get("type"));
    if let Some(other) = kinds.first()
        && !kinds.contains(&Kind::Object)
    {
        return Err(SchemaError::new(format!(
            "The parameters of a function must be of type \"object\", not \"{}\".",
            other.json()
        )));
    }
    let said = |value: &Value| match value {
        Value::Object(members) => !members.is_empty(),
        _ => true,
    };
    let admits = root.get("properties").is_some_and(said)
        || root.get("additionalProperties").is_some_and(|value| *value != Value::Bool(false))
        || root.contains_key("anyOf")
        || root.contains_key("oneOf");
    root.insert("type".to_owned(), "object".into());
    Ok(admits)
}

struct Light<'a> {
    document: Document<'a>,
    /// Siblings of references that are worth a copy of the target.
    kept: &'static [&'static str],
    /// Targets of references that stay, with their names, in the order they were met.
    definitions: Vec<(&'a Value, String)>,
    /// Where among them each is, by address.
    places: HashMap<*const Value, usize>,
    /// Their names.
    taken: Seen,
}

impl<'a> Light<'a> {
    /// The definitions referred to, cleaned; cleaning one may add others.
    fn definitions(&mut self) -> Result<Map<String, Value>, SchemaError> {
        let mut cleaned = Map::new();
        let mut index = 0_usize;
        while let Some((target, name)) = self.definitions.get(index).cloned() {
            let mark = self.document.mark();
            self.document.enter(target)?;
            let definition = match target {
                Value::Object(node) => self.definition(node, 3)?,
                _ => Map::new(),
            };
            self.document.forget(mark);
            cleaned.insert(name, Value::Object(definition));
            index = index.saturating_add(1);
        }
        Ok(cleaned)
    }

    /// A node that must not be a reference itself: the root, or one that is referred to.
    fn definition(
        &mut self,
        node: &Map<String, Value>,
        level: usize,
    ) -> Result<Map<String, Value>, SchemaError> {
        let mark = self.document.mark();
        let cleaned = match self.document.flatten(node, Follow { keep_beside: None, keep_cycles: true })? {
            Flat::Node(node) => self.keys(&node, level)?,
            // It is nothing but itself.
            Flat::Reference(_) => Map::new(),
        };
        self.document.forget(mark);
        Ok(cleaned)
    }

    /// Any node; `None` where it admits nothing.
    fn node(&mut self, schema: &Value, level: usize) -> Result<Option<Value>, SchemaError> {
        let node = match schema {
            Value::Object(node) => node,
            Value::Bool(false) => return Ok(None),
            _ => return Ok(Some(Value::Object(Map::new()))),
        };
        if level > MAX_LEVELS {
            return Err(SchemaError::too_deep());
        }
        if node.contains_key("$ref") && node.get("nullable") == Some(&Value::Bool(true)) {
            let or_null = self.nullable_reference(node)?;
            return Ok(Some(Value::Object(self.keys(&or_null, level)?)));
        }
        let mark = self.document.mark();
        let follow = Follow { keep_beside: Some(self.kept), keep_cycles: true };
        let cleaned = match self.document.flatten(node, follow)? {
            Flat::Node(node) => self.keys(&node, level)?,
            Flat::Reference(target) => Map::from_iter([("$ref".to_owned(), self.name(target).into())]),
        };
        self.document.forget(mark);
        Ok(Some(Value::Object(cleaned)))
    }

    /// `{"$ref", "nullable": true}`, as OpenAPI 3.0 writes it, as an `anyOf`.
    fn nullable_reference(&mut self, node: &Map<String, Value>) -> Result<Map<String, Value>, SchemaError> {
        let mut or_null = Map::new();
        for key in ["title", "description"] {
            if let Some(value) = node.get(key) {
                or_null.insert(key.to_owned(), self.document.copy(value)?);
            }
        }
        let mut reference = Map::new();
        for (key, value) in node.iter().filter(|(key, _)| *key != "nullable" && !or_null.contains_key(*key)) {
            reference.insert(key.clone(), self.document.copy(value)?);
        }
        let null = object("type", Kind::Null.json().into());
        or_null.insert("anyOf".to_owned(), vec![Value::Object(reference), null].into());
        Ok(or_null)
    }

    /// The reference to a target that is kept.
    fn name(&mut self, target: Target<'a>) -> String {
        if self.document.is_root(target.value) {
            return "#".to_owned();
        }
        let address = std::ptr::from_ref(target.value);
        let known = self.places.get(&address).and_then(|place| self.definitions.get(*place));
        if let Some((_, name)) = known {
            return format!("#/$defs/{name}");
        }
        let plain = |c: char| if c.is_ascii_alphanumeric() || "_.-".contains(c) { c } else { '_' };
        let wanted: String = target.name.chars().map(plain).collect();
        let numbered = (self.definitions.len()..).map(|number| format!("{wanted}_{number}"));
        let mut candidates = std::iter::once(wanted.clone()).chain(numbered);
        let name = candidates.find(|name| self.taken.first(name)).unwrap_or(wanted);
        let reference = format!("#/$defs/{name}");
        self.places.insert(address, self.definitions.len());
        self.definitions.push((target.value, name));
        reference
    }

    /// The keys of a flattened node, in their order.
    fn keys(&mut self, node: &Map<String, Value>, level: usize) -> Result<Map<String, Value>, SchemaError> {
        let mut out = Map::new();
        let mut sentence = None;
        for (key, value) in node {
            match (key.as_str(), value) {
                ("type", _) => put(&mut out, "type", type_of(node)),
                ("title" | "description" | "format", Value::String(_))
                | ("required" | "propertyOrdering", Value::Array(_)) => {
                    put(&mut out, key, Some(value.clone()))
                }
                ("minItems" | "maxItems", _) => put(&mut out, key, bounds::count(value).cloned()),
                ("minimum" | "exclusiveMinimum", _) => {
                    put(&mut out, "minimum", bounds::minimum(node).map(Value::Number));
                }
                ("maximum" | "exclusiveMaximum", _) => {
                    put(&mut out, "maximum", bounds::maximum(node).map(Value::Number));
                }
                ("enum" | "const", _) => sentence = enumerate(node, &mut out),
                ("anyOf" | "oneOf", Value::Array(branches)) => {
                    let branches = self.nodes(branches, level)?;
                    put(&mut out, key, (!branches.is_empty()).then_some(Value::Array(branches)));
                }
                ("prefixItems", Value::Array(items)) | ("items", Value::Array(items)) => {
                    let items = self.nodes(items, level)?;
                    put(&mut out, "prefixItems", (!items.is_empty()).then_some(Value::Array(items)));
                }
                ("items", _) => put(&mut out, "items", self.node(value, level.saturating_add(1))?),
                ("additionalItems", _) if node.get("items").is_some_and(Value::is_array) => {
                    put(&mut out, "items", self.node(value, level.saturating_add(1))?);
                }
                ("properties", Value::Object(schemas)) => {
                    let mut properties = Map::new();
                    for (name, schema) in schemas {
                        if let Some(property) = self.node(schema, level.saturating_add(2))? {
                            properties.insert(name.clone(), property);
                        }
                    }
                    put(&mut out, key, Some(Value::Object(properties)));
                }
                ("additionalProperties" | "patternProperties", _)
                    if !out.contains_key("additionalProperties") =>
                {
                    let cleaned = match additional(node) {
                        Some(schema @ Value::Object(_)) => self.node(schema, level.saturating_add(1))?,
                        other => other.filter(|value| value.is_boolean()).cloned(),
                    };
                    put(&mut out, "additionalProperties", cleaned);
                }
                _ => {}
            }
        }
        keep_known_names(&mut out);
        if let Some(sentence) = sentence {
            hint(&mut out, &sentence);
        }
        if null_among_values(node) || node.get("nullable") == Some(&Value::Bool(true)) {
            if level.saturating_add(2) > MAX_LEVELS {
                return Err(SchemaError::too_deep());
            }
            or_null(&mut out);
        }
        Ok(out)
    }

    fn nodes(&mut self, schemas: &[Value], level: usize) -> Result<Vec<Value>, SchemaError> {
        let cleaned = schemas.iter().map(|schema| self.node(schema, level.saturating_add(2)));
        cleaned.filter_map(Result::transpose).collect()
    }
}

/// Inserts a value that is there, unless the key is taken.
fn put(out: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    if let Some(value) = value
        && !out.contains_key(key)
    {
        out.insert(key.to_owned(), value);
    }
}

/// `type` of a node that has one. Where the values of an `enum` are split from null, so is the type.
fn type_of(node: &Map<String, Value>) -> Option<Value> {
    let mut kinds = kinds(node.get("type"));
    if null_among_values(node) {
        kinds.retain(|kind| *kind != Kind::Null);
    }
    match kinds.as_slice() {
        [] => None,
        [kind] => Some(kind.json().into()),
        several => Some(several.iter().map(|kind| kind.json()).collect()),
    }
}

fn null_among_values(node: &Map<String, Value>) -> bool {
    Enumeration::of(node).is_some_and(|found| found.null && !found.values.is_empty())
}

/// Strings and numbers as `enum`; other values as a type and, returned, a sentence for the description.
fn enumerate(node: &Map<String, Value>, out: &mut Map<String, Value>) -> Option<String> {
    let found = Enumeration::of(node)?;
    if found.values.is_empty() {
        out.insert("type".to_owned(), Kind::Null.json().into());
        return None;
    }
    if kinds(node.get("type")).is_empty() {
        put(out, "type", common(&found.values).map(|kind| kind.json().into()));
    }
    if found.values.iter().all(|value| value.is_string() || value.is_number()) {
        put(out, "enum", Some(Value::Array(found.values)));
        return None;
    }
    Enumeration::sentence(&found.values)
}

/// What properties without a name of their own are. A pattern's schema stands for it, as Google knows no patterns.
fn additional(node: &Map<String, Value>) -> Option<&Value> {
    let given = node.get("additionalProperties");
    if given.is_some_and(|given| *given != Value::Bool(false)) {
        return given;
    }
    let Some(patterns) = node.get("patternProperties").and_then(Value::as_object) else {
        return given;
    };
    let mut schemas = patterns.values();
    match (schemas.next(), schemas.next()) {
        (None, _) => given,
        (one, None) => one,
        _ => Some(&Value::Bool(true)),
    }
}

/// Removes names that are no property's: Google refuses them.
fn keep_known_names(out: &mut Map<String, Value>) {
    for key in ["required", "propertyOrdering"] {
        let Some(Value::Array(mut names)) = out.get_mut(key).map(Value::take) else {
            continue;
        };
        let properties = out.get("properties").and_then(Value::as_object);
        let known = |name: &str| properties.map_or(key == "required", |all| all.contains_key(name));
        let mut seen = Seen::default();
        names.retain(|name| name.as_str().is_some_and(|name| known(name) && seen.first(name)));
        if names.is_empty() {
            // `remove` would put the last key in its place.
            out.shift_remove(key);
        } else {
            out.insert(key.to_owned(), Value::Array(names));
        }
    }
}

/// Lets a cleaned node be null as well.
fn or_null(out: &mut Map<String, Value>) {
    let branch = object("type", Kind::Null.json().into());
    for key in ["anyOf", "oneOf"] {
        if let Some(Value::Array(branches)) = out.get_mut(key) {
            if !branches.contains(&branch) {
                branches.push(branch);
            }
            return;
        }
    }
    if out.contains_key("enum") {
        let outer = ["title", "description"];
        let (mut whole, rest): (Map<_, _>, Map<_, _>) =
            std::mem::take(out).into_iter().partition(|(key, _)| outer.contains(&key.as_str()));
        whole.insert("anyOf".to_owned(), vec![Value::Object(rest), branch].into());
        *out = whole;
        return;
    }
    let mut kinds = kinds(out.get("type"));
    if !kinds.is_empty() && !kinds.contains(&Kind::Null) {
        kinds.push(Kind::Null);
        out.insert("type".to_owned(), kinds.iter().map(|kind| kind.json()).collect());
    }
}

/// Keys that are read, and so count beside a `$ref`.
const KEPT: [&str; 24] = [
    "type",
    "title",
    "description",
    "format",
    "enum",
    "const",
    "nullable",
    "items",
    "prefixItems",
    "additionalItems",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "anyOf",
    "oneOf",
    "allOf",
    "properties",
    "patternProperties",
    "additionalProperties",
    "required",
    "propertyOrdering",
];
