//! A schema document: follows references, merges `allOf`, and bounds the work both can cause.
//!
//! References are within the document: `#`, JSON pointers (RFC 6901, in a URI fragment, so percent-encoded), `#anchor`,
//! and the same after the document's own `$id`. A reference back into what is being expanded is a cycle if its target
//! can reach itself; the target may also have been met through a finished `allOf`, which is none.

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::{Map, Value};

use super::merge::merge;
use super::{MAX_LEVELS, SchemaError};

/// A document and where in it the walk is.
pub(super) struct Document<'a> {
    root: &'a Value,
    /// Targets that are being expanded, the root first.
    expanding: Vec<&'a Value>,
    /// Targets, by address, of which it is known whether they can reach themselves.
    judged: HashSet<*const Value>,
    /// Those that can.
    recursive: HashSet<*const Value>,
    left: usize,
}

/// What a reference points to.
#[derive(Clone, Debug)]
pub(super) struct Target<'a> {
    pub(super) value: &'a Value,
    /// The last token of the pointer.
    pub(super) name: String,
    /// Whether it is the root or a definition, to which Google's JSON Schema can refer.
    pub(super) defined: bool,
}

/// A node of which references and `allOf` are resolved.
pub(super) enum Flat<'n, 'a> {
    Node(Cow<'n, Map<String, Value>>),
    /// The node is this reference, kept.
    Reference(Target<'a>),
}

/// What to do with references.
#[derive(Clone, Copy)]
pub(super) struct Follow {
    /// Keys that make a sibling of `$ref` count; where a node has none of them, its reference may be kept.
    pub(super) keep_beside: Option<&'static [&'static str]>,
    /// Whether a cycle ends as a kept reference, or else as an object of anything.
    pub(super) keep_cycles: bool,
}

impl<'a> Document<'a> {
    /// Copies no more than `most`.
    pub(super) fn new(root: &'a Value, most: usize) -> Self {
        Self { root, expanding: vec![root], judged: HashSet::new(), recursive: HashSet::new(), left: most }
    }

    pub(super) fn is_root(&self, value: &Value) -> bool {
        std::ptr::eq(self.root, value)
    }

    /// How many targets are being expanded, for [`Self::forget`].
    pub(super) fn mark(&self) -> usize {
        self.expanding.len()
    }

    /// Leaves the targets that were entered since `mark`.
    pub(super) fn forget(&mut self, mark: usize) {
        self.expanding.truncate(mark);
    }

    /// Notes that `target` is being expanded.
    pub(super) fn enter(&mut self, target: &'a Value) -> Result<(), SchemaError> {
        if self.expanding.len() > MAX_LEVELS {
            return Err(SchemaError::too_deep());
        }
        self.expanding.push(target);
        self.charge(weight(target))
    }

    /// A copy that counts.
    pub(super) fn copy(&mut self, value: &Value) -> Result<Value, SchemaError> {
        self.charge(weight(value))?;
        Ok(value.clone())
    }

    /// Takes `cost` off what may be copied.
    pub(super) fn charge(&mut self, cost: usize) -> Result<(), SchemaError> {
        self.left = self.left.checked_sub(cost).ok_or_else(SchemaError::too_large)?;
        Ok(())
    }

    /// Resolves the references and the `allOf` of a node itself, not of those below it.
    pub(super) fn flatten<'n>(
        &mut self,
        node: &'n Map<String, Value>,
        follow: Follow,
    ) -> Result<Flat<'n, 'a>, SchemaError> {
        self.flatten_at(node, follow, 0)
    }

    fn flatten_at<'n>(
        &mut self,
        node: &'n Map<String, Value>,
        follow: Follow,
        depth: usize,
    ) -> Result<Flat<'n, 'a>, SchemaError> {
        let reference = node.get("$ref").and_then(Value::as_str);
        let members = node.get("allOf").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if reference.is_none() && members.is_empty() {
            return Ok(Flat::Node(Cow::Borrowed(node)));
        }
        if depth > MAX_LEVELS {
            return Err(SchemaError::too_deep());
        }
        let mut whole = Map::new();
        for (key, value) in node.iter().filter(|(key, _)| !RESOLVED.contains(&key.as_str())) {
            whole.insert(key.clone(), self.copy(value)?);
        }
        let bare = |keys: &[&str]| !whole.keys().any(|key| keys.contains(&key.as_str()));
        let alone = follow.keep_beside.is_some_and(bare);
        let below = Follow { keep_beside: None, ..follow };
        if let Some(reference) = reference {
            let target = self.resolve(reference)?;
            if alone && members.is_empty() && target.defined {
                return Ok(Flat::Reference(target));
            }
            if self.is_cycle(target.value)? {
                if follow.keep_cycles {
                    return Ok(Flat::Reference(target));
                }
                whole.entry("type").or_insert_with(|| "object".into());
            } else {
                self.enter(target.value)?;
                if let Some(kept) = self.take_in(&mut whole, target.value, below, depth)? {
                    return Ok(kept);
                }
            }
        }
        let only = if alone && reference.is_none() && members.len() == 1 { follow } else { below };
        for member in members {
            if let Some(kept) = self.take_in(&mut whole, member, only, depth)? {
                return Ok(kept);
            }
        }
        Ok(Flat::Node(Cow::Owned(whole)))
    }

    /// Merges a flattened schema into `whole`, or returns the reference that it is.
    fn take_in<'n>(
        &mut self,
        whole: &mut Map<String, Value>,
        schema: &Value,
        follow: Follow,
        depth: usize,
    ) -> Result<Option<Flat<'n, 'a>>, SchemaError> {
        let Value::Object(node) = schema else {
            return Ok(None);
        };
        match self.flatten_at(node, follow, depth.saturating_add(1))? {
            Flat::Reference(target) => return Ok(Some(Flat::Reference(target))),
            Flat::Node(node) => {
                self.charge(node.iter().map(|(key, value)| entry_weight(key, value)).sum())?;
                merge(whole, &node);
            }
        }
        Ok(None)
    }

    fn is_cycle(&mut self, target: &'a Value) -> Result<bool, SchemaError> {
        let open = self.expanding.iter().any(|open| std::ptr::eq(*open, target));
        Ok(open && self.is_recursive(target)?)
    }

    fn is_recursive(&mut self, target: &'a Value) -> Result<bool, SchemaError> {
        let address = std::ptr::from_ref(target);
        if self.judged.contains(&address) {
            return Ok(self.recursive.contains(&address));
        }
        let mut followed = HashSet::new();
        let mut waiting = vec![target];
        let mut found = false;
        while let Some(schema) = waiting.pop().filter(|_| !found) {
            self.charge(1)?;
            let mut next = below(schema);
            if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
                let referred = self.resolve(reference)?.value;
                if followed.insert(std::ptr::from_ref(referred)) {
                    next.push(referred);
                }
            }
            found = next.iter().any(|next| std::ptr::eq(*next, target));
            waiting.append(&mut next);
        }
        self.judged.insert(address);
        if found {
            self.recursive.insert(address);
        }
        Ok(found)
    }

    fn resolve(&mut self, reference: &str) -> Result<Target<'a>, SchemaError> {
        let unknown = |why: &str| {
            let shown: String = reference.chars().take(SHOWN).collect();
            SchemaError::new(format!("The JSON Schema's reference \"{shown}\" {why}."))
        };
        let id = self.root.get("$id").and_then(Value::as_str).map(|id| id.trim_end_matches('#'));
        let local = id.filter(|id| !id.is_empty()).and_then(|id| reference.strip_prefix(id));
        let Some(fragment) = local.unwrap_or(reference).strip_prefix('#') else {
            return Err(unknown("is not within the schema (\"#/$defs/…\")"));
        };
        let pointer = percent_decoded(fragment).ok_or_else(|| unknown("is not valid"))?;
        let value = match pointer.as_str() {
            "" | "/" if self.root.get("").is_none() => Some(self.root),
            _ if pointer.starts_with('/') => self.root.pointer(&pointer),
            anchor => self.anchored(anchor)?,
        };
        let value = value.ok_or_else(|| unknown("points to nothing"))?;
        let (place, name) = pointer.rsplit_once('/').unwrap_or(("", &pointer));
        Ok(Target {
            value,
            name: name.replace("~1", "/").replace("~0", "~"),
            defined: self.is_root(value) || matches!(place, "/$defs" | "/definitions"),
        })
    }

    fn anchored(&mut self, anchor: &str) -> Result<Option<&'a Value>, SchemaError> {
        let mut waiting = vec![self.root];
        while let Some(schema) = waiting.pop() {
            self.charge(1)?;
            if schema.get("$anchor").and_then(Value::as_str) == Some(anchor) {
                return Ok(Some(schema));
            }
            waiting.extend(below(schema));
            for key in ["$defs", "definitions"] {
                waiting.extend(schema.get(key).and_then(Value::as_object).into_iter().flat_map(Map::values));
            }
        }
        Ok(None)
    }
}

/// The schemas right below a schema.
fn below(schema: &Value) -> Vec<&Value> {
    let mut found = Vec::new();
    for (key, value) in schema.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("properties" | "patternProperties", Value::Object(schemas)) => found.extend(schemas.values()),
            ("anyOf" | "oneOf" | "allOf" | "prefixItems" | "items", Value::Array(schemas)) => {
                found.extend(schemas);
            }
            ("items" | "additionalItems" | "additionalProperties", _) => found.push(value),
            _ => {}
        }
    }
    found
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digits = [rest.next()?, rest.next()?];
        bytes.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// About the bytes that a value takes as text, and what holding it costs.
pub(super) fn weight(value: &Value) -> usize {
    let inner: usize = match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(weight).fold(0, usize::saturating_add),
        Value::Object(members) => {
            members.iter().map(|(key, value)| entry_weight(key, value)).fold(0, usize::saturating_add)
        }
        _ => 8,
    };
    inner.saturating_add(16)
}

fn entry_weight(key: &str, value: &Value) -> usize {
    weight(value).saturating_add(key.len())
}

/// Keys of a node that resolving takes away.
const RESOLVED: [&str; 4] = ["$ref", "allOf", "$defs", "definitions"];

/// Characters of a reference that an error shows.
const SHOWN: usize = 100;
