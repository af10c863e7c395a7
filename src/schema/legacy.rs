//! The legacy cleaner: Google's `Schema` message, as models before Gemini 2.0 take it.
//!
//! Every node has one type, or is nothing but an `anyOf`. What the message cannot say goes into the description. An
//! object of which no property is known, and a cycle, becomes a string that holds JSON: these models refuse an
//! `OBJECT` without properties.

use serde_json::{Map, Value};

use super::document::{Document, Flat, Follow};
use super::enumeration::Enumeration;
use super::types::{Kind, common, kinds};
use super::{MAX_COPIED, MAX_LEVELS, Root, SchemaError, name_root, root_node};

mod single;
mod union;

pub(super) fn clean(schema: &Value, root: Root<'_>) -> Result<Option<Map<String, Value>>, SchemaError> {
    let any = Map::new();
    let Some(node) = root_node(schema, root, &any)? else {
        return Ok(None);
    };
    let ordered = matches!(root, Root::Reply { .. });
    let mut cleaner = Legacy { document: Document::new(schema, MAX_COPIED), ordered };
    let mut cleaned = match root {
        Root::Tool => cleaner.parameters(node)?,
        Root::Reply { .. } => cleaner.node(node, 1)?,
    };
    if cleaned.get("type") == Some(&Kind::Object.google().into()) && !cleaned.contains_key("properties") {
        return Ok(None);
    }
    if cleaned.contains_key("anyOf") {
        for branch in branches_mut(&mut cleaned) {
            name_root(branch, root);
        }
    } else {
        name_root(&mut cleaned, root);
    }
    Ok(Some(cleaned))
}

struct Legacy<'a> {
    document: Document<'a>,
    /// Whether objects list their properties' order (`propertyOrdering`).
    ordered: bool,
}

impl Legacy<'_> {
    /// The root of a function's parameters, one object whatever it was composed of.
    fn parameters(&mut self, node: &Map<String, Value>) -> Result<Map<String, Value>, SchemaError> {
        let Flat::Node(flat) = self.document.flatten(node, EXPAND)? else {
            return Ok(Map::new());
        };
        let found = kinds(flat.get("type"));
        if let Some(other) = found.first()
            && !found.contains(&Kind::Object)
        {
            return Err(SchemaError::new(format!(
                "The parameters of a function must be of type \"object\", not \"{}\".",
                other.json()
            )));
        }
        let whole = self.joined(&flat, 0)?;
        self.single(&whole, Kind::Object, &[], 1)
    }

    /// Any schema; `None` where it admits nothing.
    fn schema(&mut self, schema: &Value, level: usize) -> Result<Option<Map<String, Value>>, SchemaError> {
        match schema {
            Value::Object(node) => self.node(node, level).map(Some),
            Value::Bool(false) => Ok(None),
            _ => self.node(&Map::new(), level).map(Some),
        }
    }

    fn node(&mut self, node: &Map<String, Value>, level: usize) -> Result<Map<String, Value>, SchemaError> {
        if level > MAX_LEVELS {
            return Err(SchemaError::too_deep());
        }
        let mark = self.document.mark();
        let cleaned = match self.document.flatten(node, EXPAND)? {
            Flat::Node(flat) => self.flat(&flat, level)?,
            Flat::Reference(_) => Map::new(),
        };
        self.document.forget(mark);
        Ok(cleaned)
    }

    fn flat(&mut self, node: &Map<String, Value>, level: usize) -> Result<Map<String, Value>, SchemaError> {
        if let Some(branches) = union::branches(node) {
            return self.union(node, branches, level);
        }
        let Enumeration { values, null } = Enumeration::of(node).unwrap_or_default();
        let mut kinds = kinds(node.get("type"));
        let only_null = values.is_empty() && null;
        let mut nullable = node.get("nullable") == Some(&Value::Bool(true)) || null;
        if only_null || kinds == [Kind::Null] {
            return Ok(null_node(node));
        }
        nullable |= kinds.contains(&Kind::Null);
        kinds.retain(|kind| *kind != Kind::Null);
        if kinds.is_empty() {
            kinds = inferred(node, &values);
        }
        // The values say which of several types are meant.
        let meant = |kind: &Kind| values.is_empty() || values.iter().any(|value| Kind::of(value).fits(*kind));
        if kinds.iter().any(meant) {
            kinds.retain(meant);
        }
        let several = kinds.len() > 1;
        let at = if several { level.saturating_add(2) } else { level };
        let mut branches = Vec::new();
        for kind in kinds {
            let own: Vec<Value> = values.iter().filter(|value| Kind::of(value).fits(kind)).cloned().collect();
            let mut branch = self.single(node, kind, &own, at)?;
            if nullable {
                branch.insert("nullable".to_owned(), true.into());
            }
            let branch = Value::Object(branch);
            if !branches.contains(&branch) {
                branches.push(branch);
            }
        }
        Ok(any_of(branches))
    }
}

/// The node that is one of `branches`, each an object: the only one itself.
fn any_of(mut branches: Vec<Value>) -> Map<String, Value> {
    match branches.pop() {
        Some(Value::Object(only)) if branches.is_empty() => only,
        last => {
            branches.extend(last);
            Map::from_iter([("anyOf".to_owned(), branches.into())])
        }
    }
}

/// The types of a node that names none.
fn inferred(node: &Map<String, Value>, values: &[Value]) -> Vec<Kind> {
    let has = |keys: &[&str]| keys.iter().any(|key| node.contains_key(*key));
    if let Some(kind) = common(values) {
        vec![kind]
    } else if !values.is_empty() {
        let mut kinds = Vec::new();
        for kind in values.iter().map(Kind::of) {
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        kinds
    } else if has(&["properties", "required", "additionalProperties", "patternProperties"]) {
        vec![Kind::Object]
    } else if has(&["items", "prefixItems", "minItems", "maxItems"]) {
        vec![Kind::Array]
    } else if has(&["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]) {
        vec![Kind::Number]
    } else {
        vec![Kind::String]
    }
}

fn null_node(node: &Map<String, Value>) -> Map<String, Value> {
    let mut out = Map::new();
    out.insert("type".to_owned(), Kind::Null.google().into());
    out.insert("nullable".to_owned(), true.into());
    annotate(&mut out, node);
    out
}

/// Copies what describes a node without restricting it.
fn annotate(out: &mut Map<String, Value>, node: &Map<String, Value>) {
    for key in ["title", "description"] {
        if let Some(text) = node.get(key).filter(|text| text.is_string()) {
            out.insert(key.to_owned(), text.clone());
        }
    }
    if let Some(default) = node.get("default").filter(|default| !default.is_array() && !default.is_object()) {
        out.insert("default".to_owned(), default.clone());
    }
}

fn branches_mut(node: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    node.get_mut("anyOf").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

/// Everything is expanded: the message knows no references.
const EXPAND: Follow = Follow { keep_beside: None, keep_cycles: false };
