//! `anyOf` and `oneOf`: a node that has several branches holds nothing else.

use serde_json::{Map, Value};

use super::super::document::Flat;
use super::super::merge::merge;
use super::super::types::Kind;
use super::super::{MAX_LEVELS, SchemaError, Seen};
use super::{EXPAND, Legacy, any_of};

fn is_null(branch: &Value) -> bool {
    branch.get("type") == Some(&Value::from("null")) || branch.get("const") == Some(&Value::Null)
}

/// The branches of a node, if they say more than which properties must be there together.
pub(super) fn branches(node: &Map<String, Value>) -> Option<&[Value]> {
    let list = |key: &str| node.get(key).and_then(Value::as_array).filter(|branches| !branches.is_empty());
    let branches = list("anyOf").or_else(|| list("oneOf"))?;
    let plain = |branch: &Value| match branch {
        Value::Object(branch) => !branch.keys().any(|key| SAYS_WHAT.contains(&key.as_str())),
        _ => true,
    };
    let typed = node.contains_key("type") || node.contains_key("properties");
    (!(typed && branches.iter().all(plain))).then_some(branches)
}

impl Legacy<'_> {
    /// A union: its siblings go into each branch, null becomes `nullable`, one branch takes the node's place.
    pub(super) fn union(
        &mut self,
        node: &Map<String, Value>,
        branches: &[Value],
        level: usize,
    ) -> Result<Map<String, Value>, SchemaError> {
        // The only branch that is not null takes the node's place, title and description.
        let hoisted = branches.iter().filter(|branch| !is_null(branch)).count() == 1;
        let described = self.only(node, &DESCRIBES)?;
        let shared = self.without(node, &[&UNION[..], &DESCRIBES, &UNSAID])?;
        let mut nullable = node.get("nullable") == Some(&Value::Bool(true));
        let mut cleaned = Vec::new();
        let mut seen = Seen::default();
        let mut null = None;
        let any = Value::Object(Map::new());
        for branch in branches {
            if *branch == Value::Bool(false) {
                continue;
            }
            let own = self.document.copy(if branch.is_object() { branch } else { &any })?;
            let described = self.document.copy(&described)?;
            let shared = self.document.copy(&shared)?;
            let parts = if hoisted { [described, own, shared] } else { [own, described, shared] };
            let both = Map::from_iter([("allOf".to_owned(), parts.to_vec().into())]);
            let mut one = self.node(&both, level.saturating_add(2))?;
            match one.remove("anyOf") {
                Some(Value::Array(inner)) => {
                    cleaned.extend(inner.into_iter().filter(|branch| seen.first_value(branch)));
                }
                _ if one.get("type") == Some(&Kind::Null.google().into()) => {
                    nullable = true;
                    null.get_or_insert(Value::Object(one));
                }
                _ => {
                    let one = Value::Object(one);
                    if seen.first_value(&one) {
                        cleaned.push(one);
                    }
                }
            }
        }
        if cleaned.is_empty() {
            cleaned.extend(null);
        }
        if nullable {
            for branch in cleaned.iter_mut().filter_map(Value::as_object_mut) {
                branch.insert("nullable".to_owned(), true.into());
            }
        }
        if !cleaned.is_empty() {
            return Ok(any_of(cleaned));
        }
        // No branch admits anything.
        match self.without(node, &[&UNION])? {
            Value::Object(rest) => self.flat(&rest, level),
            _ => Ok(Map::new()),
        }
    }

    /// A node with the properties of all its branches, none of which is required: for the root of parameters, which
    /// cannot be a union.
    pub(super) fn joined(
        &mut self,
        node: &Map<String, Value>,
        depth: usize,
    ) -> Result<Map<String, Value>, SchemaError> {
        if depth > MAX_LEVELS {
            return Err(SchemaError::too_deep());
        }
        let mut whole = Map::new();
        for (key, value) in node.iter().filter(|(key, _)| !UNION.contains(&key.as_str())) {
            whole.insert(key.clone(), self.document.copy(value)?);
        }
        for branch in UNION.iter().filter_map(|key| node.get(*key)).filter_map(Value::as_array).flatten() {
            let Value::Object(branch) = branch else {
                continue;
            };
            let mark = self.document.mark();
            let Flat::Node(flat) = self.document.flatten(branch, EXPAND)? else {
                continue;
            };
            let inner = self.joined(&flat, depth.saturating_add(1))?;
            self.document.forget(mark);
            if let Some(properties) = inner.get("properties") {
                let properties = self.document.copy(properties)?;
                merge(&mut whole, &Map::from_iter([("properties".to_owned(), properties)]));
            }
        }
        Ok(whole)
    }

    /// Some keys of the node.
    fn only(&mut self, node: &Map<String, Value>, keys: &[&str]) -> Result<Value, SchemaError> {
        let mut part = Map::new();
        for (key, value) in node.iter().filter(|(key, _)| keys.contains(&key.as_str())) {
            part.insert(key.clone(), self.document.copy(value)?);
        }
        Ok(Value::Object(part))
    }

    /// The node without some of its keys.
    fn without(&mut self, node: &Map<String, Value>, keys: &[&[&str]]) -> Result<Value, SchemaError> {
        let mut rest = Map::new();
        for (key, value) in
            node.iter().filter(|(key, _)| !keys.iter().any(|keys| keys.contains(&key.as_str())))
        {
            rest.insert(key.clone(), self.document.copy(value)?);
        }
        Ok(Value::Object(rest))
    }
}

const UNION: [&str; 2] = ["anyOf", "oneOf"];

/// What describes a node, which branches without their own take over.
const DESCRIBES: [&str; 3] = ["title", "description", "default"];

/// What is not passed on to branches.
const UNSAID: [&str; 6] = ["nullable", "discriminator", "examples", "$schema", "$id", "$anchor"];

/// Keys that say what a value is; a branch without them restricts the node it is a branch of.
const SAYS_WHAT: [&str; 11] = [
    "type",
    "properties",
    "items",
    "prefixItems",
    "additionalProperties",
    "enum",
    "const",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
];
