//! The light cleaner for schemas as most clients write them: one walk over the text, which costs a twentieth of what
//! the tree of [`super::light`] does.
//!
//! Whatever is not expected here ends the walk (`None`), and the tree decides. Where the walk gets through, its result is
//! the tree's, to the byte.

use serde::Serialize;
use serde::ser::{SerializeStruct, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::types::Kind;
use super::{MAX_LEVELS, Root};

mod key;
mod read;
mod references;

use key::Key;
use read::{Escapes, is_decimal, is_whole};

/// The cleaned schema as [`super::light()`] returns it.
pub(super) fn clean(schema: &str, root: Root<'_>) -> Option<Option<Box<RawValue>>> {
    if schema.len() > MAX_WALKED {
        return None;
    }
    let mut walk = Walk {
        text: schema,
        at: 0,
        out: String::with_capacity(schema.len()),
        references: Vec::new(),
        definitions: Vec::new(),
    };
    if walk.peek()? != b'{' {
        return None;
    }
    let node = walk.node(1)?;
    if node.has(Key::Ref) || (node.has(Key::Id) && !walk.references.is_empty()) {
        return None;
    }
    match root {
        Root::Tool if node.kind != Some(Kind::Object) => return None,
        Root::Tool if !node.admits() => return walk.references.is_empty().then_some(None),
        Root::Tool => {}
        Root::Reply { name, description } => {
            for (key, name, text) in
                [(Key::Title, "title", name), (Key::Description, "description", description)]
            {
                match text {
                    Some(text) if !node.has(key) => {
                        walk.key_out(name);
                        walk.out.push_str(&serde_json::to_string(text).ok()?);
                    }
                    Some(_) if key == Key::Description => return None,
                    _ => {}
                }
            }
        }
    }
    walk.definitions()?;
    walk.out.push('}');
    to_raw_value(&Verbatim(walk.out)).ok().map(Some)
}

/// JSON that is written as it is. [`RawValue::from_string`] would read it again, at the cost of the whole walk.
struct Verbatim(String);

impl Serialize for Verbatim {
    /// As a `RawValue` does.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const RAW: &str = "$serde_json::private::RawValue";
        let mut raw = serializer.serialize_struct(RAW, 1)?;
        raw.serialize_field(RAW, &self.0)?;
        raw.end()
    }
}

struct Walk<'a> {
    /// A value in valid JSON.
    text: &'a str,
    at: usize,
    out: String,
    /// What is referred to, in the order it was met: `$defs` or `definitions`, and the name in it.
    references: Vec<(&'a str, &'a str)>,
    /// Each definition of the root: `$defs` or `definitions`, its name there, and where it starts.
    definitions: Vec<(&'a str, &'a str, usize)>,
}

/// What has been read of a node.
#[derive(Default)]
struct Node<'a> {
    /// The bits of the keys it has.
    keys: u32,
    /// The only type.
    kind: Option<Kind>,
    properties: Vec<&'a str>,
    /// Whether further properties are admitted expressly.
    further: bool,
}

impl Node<'_> {
    /// Whether an object may have members.
    fn admits(&self) -> bool {
        self.further || !self.properties.is_empty() || self.has(Key::AnyOf) || self.has(Key::OneOf)
    }

    fn has(&self, key: Key) -> bool {
        self.keys & key.bit() != 0
    }
}

impl<'a> Walk<'a> {
    /// Any schema.
    fn schema(&mut self, level: usize) -> Option<()> {
        match self.peek()? {
            b'{' => {
                self.node(level)?;
                self.out.push('}');
            }
            b'f' => return None,
            _ => {
                self.value()?;
                self.out.push_str("{}");
            }
        }
        Some(())
    }

    /// A node, at its `{`; what is written is not closed yet.
    fn node(&mut self, level: usize) -> Option<Node<'a>> {
        if level > MAX_LEVELS {
            return None;
        }
        let mut node = Node::default();
        let mut required = Vec::new();
        self.step();
        self.out.push('{');
        while let Some(name) = self.key()? {
            let key = Key::named(name.as_bytes());
            let mut counts = key;
            match (key, self.peek()?) {
                (Key::Type, first) => {
                    self.key_out(name);
                    node.kind = if first == b'[' { self.kinds()? } else { Some(self.kind()?) };
                }
                (Key::Title | Key::Description | Key::Format, b'"') => {
                    self.key_out(name);
                    self.string_out()?;
                }
                (Key::MinItems | Key::MaxItems, b'0'..=b'9') => {
                    self.key_out(name);
                    let count = self.value().filter(|text| is_whole(text))?;
                    self.out.push_str(count);
                }
                (Key::Minimum | Key::Maximum, b'-' | b'0'..=b'9') => {
                    self.key_out(name);
                    self.number_out(0)?;
                }
                (Key::ExclusiveMinimum | Key::ExclusiveMaximum, b'-' | b'0'..=b'9') => {
                    let (inclusive, name, step) = match key {
                        Key::ExclusiveMinimum => (Key::Minimum, "minimum", 1),
                        _ => (Key::Maximum, "maximum", -1),
                    };
                    counts = inclusive;
                    self.key_out(name);
                    self.number_out(if node.kind? == Kind::Integer { step } else { 0 })?;
                }
                (Key::Enum, b'[') => {
                    self.key_out(name);
                    self.values_out()?;
                }
                (Key::AnyOf | Key::OneOf | Key::PrefixItems, b'[') => {
                    self.key_out(name);
                    self.nodes(level)?;
                }
                (Key::Items, first) if first != b'[' => {
                    self.key_out(name);
                    self.schema(level.saturating_add(1))?;
                }
                (Key::Properties, b'{') => {
                    self.key_out(name);
                    self.properties(&mut node.properties, level)?;
                }
                (Key::AdditionalProperties, b'{') => {
                    self.key_out(name);
                    self.schema(level.saturating_add(1))?;
                    node.further = true;
                }
                (Key::AdditionalProperties, first @ (b't' | b'f')) => {
                    self.key_out(name);
                    let flag = self.value()?;
                    self.out.push_str(flag);
                    node.further = first == b't';
                }
                (Key::Required, b'[') => {
                    self.step();
                    while self.peek()? != b']' {
                        add(&mut required, self.plain()?)?;
                    }
                    self.step();
                    if !required.is_empty() {
                        self.key_out(name);
                        self.out.push('[');
                        for name in &required {
                            self.comma();
                            self.quoted_out(name);
                        }
                        self.out.push(']');
                    }
                }
                (Key::Ref, b'"') => self.reference()?,
                (Key::Definitions, b'{') if level == 1 => {
                    self.step();
                    while let Some(member) = self.key()? {
                        self.definitions.push((name, member, self.at));
                        self.value()?;
                    }
                }
                (Key::Ref | Key::Definitions | Key::Id | Key::Dropped, _) => {
                    self.value()?;
                    // What is dropped may come twice.
                    node.keys |= key.bit();
                    continue;
                }
                _ => return None,
            }
            if node.has(counts) {
                return None;
            }
            node.keys |= counts.bit();
        }
        let silent = Key::Definitions.bit() | Key::Id.bit() | Key::Dropped.bit() | Key::Ref.bit();
        let named = !node.has(Key::Properties) || required.iter().all(|name| node.properties.contains(name));
        let typed = node.has(Key::Type) || !node.has(Key::Enum);
        let alone = !node.has(Key::Ref) || node.keys & !silent == 0;
        (named && typed && alone).then_some(node)
    }

    fn nodes(&mut self, level: usize) -> Option<()> {
        self.step();
        if self.peek()? == b']' {
            return None;
        }
        self.out.push('[');
        while self.peek()? != b']' {
            self.comma();
            self.schema(level.saturating_add(2))?;
        }
        self.step();
        self.out.push(']');
        Some(())
    }

    fn properties(&mut self, names: &mut Vec<&'a str>, level: usize) -> Option<()> {
        self.step();
        self.out.push('{');
        while let Some(name) = self.key()? {
            add(names, name)?;
            self.key_out(name);
            self.schema(level.saturating_add(2))?;
        }
        self.out.push('}');
        Some(())
    }

    fn kind(&mut self) -> Option<Kind> {
        let name = self.plain()?;
        let kind = match name.as_bytes() {
            b"string" => Kind::String,
            b"number" => Kind::Number,
            b"integer" => Kind::Integer,
            b"boolean" => Kind::Boolean,
            b"array" => Kind::Array,
            b"object" => Kind::Object,
            b"null" => Kind::Null,
            _ => return None,
        };
        self.quoted_out(name);
        Some(kind)
    }

    /// Several types, so no single one.
    #[expect(clippy::option_option, reason = "the outer one ends the walk")]
    fn kinds(&mut self) -> Option<Option<Kind>> {
        let mut kinds = Vec::new();
        self.step();
        self.out.push('[');
        while self.peek()? != b']' {
            self.comma();
            add(&mut kinds, self.kind()?)?;
        }
        self.step();
        self.out.push(']');
        (kinds.len() > 1).then_some(None)
    }

    /// Strings and whole numbers, each once.
    fn values_out(&mut self) -> Option<()> {
        let mut values = Vec::new();
        self.step();
        self.out.push('[');
        while self.peek()? != b']' {
            let start = self.at;
            if self.peek()? == b'"' {
                self.string().filter(|literal| literal.escapes < Escapes::Others)?;
            } else if !is_whole(self.value()?) {
                return None;
            }
            let value = self.text.get(start..self.at)?;
            add(&mut values, value)?;
            self.comma();
            self.out.push_str(value);
        }
        self.step();
        self.out.push(']');
        (!values.is_empty()).then_some(())
    }

    /// A number, a whole one raised by `step`.
    fn number_out(&mut self, step: i64) -> Option<()> {
        let text = self.value()?;
        if step == 0 {
            (is_whole(text) || is_decimal(text)).then(|| self.out.push_str(text))
        } else {
            let next = text.parse::<i64>().ok()?.checked_add(step)?;
            self.out.push_str(&next.to_string());
            Some(())
        }
    }

    fn string_out(&mut self) -> Option<()> {
        let start = self.at;
        let literal = self.string()?;
        let whole = self.text.get(start..self.at)?;
        if literal.escapes < Escapes::Others {
            self.out.push_str(whole);
        } else {
            let text: String = serde_json::from_str(whole).ok()?;
            self.out.push_str(&serde_json::to_string(&text).ok()?);
        }
        Some(())
    }

    fn key_out(&mut self, key: &str) {
        self.comma();
        self.quoted_out(key);
        self.out.push(':');
    }

    fn quoted_out(&mut self, name: &str) {
        self.out.push('"');
        self.out.push_str(name);
        self.out.push('"');
    }

    fn comma(&mut self) {
        if !matches!(self.out.as_bytes().last(), Some(b'{' | b'[')) {
            self.out.push(',');
        }
    }
}

/// Adds what a list of few does not hold yet.
fn add<T: PartialEq>(list: &mut Vec<T>, item: T) -> Option<()> {
    let fits = list.len() < MOST_LISTED && !list.contains(&item);
    fits.then(|| list.push(item))
}

/// Longer schemas, in bytes, might exceed [`super::MAX_COPIED`], which only the tree counts.
const MAX_WALKED: usize = 1 << 15;

/// More names are not searched one by one.
const MOST_LISTED: usize = 64;
