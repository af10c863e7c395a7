//! JSON Schemas as Google takes them.
//!
//! Clients describe arguments and replies in whatever dialect of JSON Schema their framework writes. Google has two
//! fields for it: `parametersJsonSchema` / `responseJsonSchema` take a part of JSON Schema ([`light()`]), `parameters` /
//! `responseSchema` a message named `Schema` that resembles OpenAPI 3.0 ([`legacy()`], for models before Gemini 2.0).
//! <https://ai.google.dev/api/caching#Schema>, <https://ai.google.dev/gemini-api/docs/structured-output>
//!
//! Rules of both:
//!
//! * The result is built from an allow-list: what Google does not know is not copied. What stands at the place of a
//!   schema and is none (`null`, a number) counts as `true`.
//! * A member of `properties` is a property, whatever its name: keywords are looked for at the places of schemas only.
//! * Properties keep their order, which shapes what the model writes; numbers keep their text as far as
//!   `serde_json::Number` does.
//! * Work is bounded whatever the references say: [`MAX_TEXT`], [`MAX_COPIED`], [`MAX_LEVELS`].
//!
//! This is the only place where JSON is held as a tree.

use std::fmt;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

mod bounds;
mod document;
mod enumeration;
mod legacy;
mod light;
mod merge;
mod types;
mod walk;

/// What a schema is for.
#[derive(Clone, Copy, Debug)]
pub enum Root<'a> {
    /// The parameters of a function: an object.
    Tool,
    /// The reply of a model: any type. `name` and `description` of the `response_format` become the title of a root
    /// that has none, and lead its description.
    Reply {
        /// `response_format.json_schema.name`.
        name: Option<&'a str>,
        /// `response_format.json_schema.description`.
        description: Option<&'a str>,
    },
}

/// Why a schema cannot be sent: a sentence for the client, who is at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaError(String);

impl SchemaError {
    fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    fn too_deep() -> Self {
        Self::new(format!(
            "The JSON Schema is nested more than {MAX_LEVELS} levels deep, references followed."
        ))
    }

    fn too_large() -> Self {
        Self::new("The JSON Schema is too large: it grows too much when its references are followed.")
    }

    /// The sentence.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SchemaError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for SchemaError {}

/// The schema for `parametersJsonSchema` and `responseJsonSchema`: still JSON Schema, lightly cleaned.
///
/// `None`: the field is to be left out, because a function takes no arguments or the schema is `null`.
///
/// # Errors
/// The schema is no schema, admits nothing, refers to what it does not hold, is no object's although
/// [`Root::Tool`] must be one, or exceeds a limit of this module.
pub fn light(schema: &RawValue, root: Root<'_>) -> Result<Option<Box<RawValue>>, SchemaError> {
    match walk::clean(schema.get(), root) {
        Some(cleaned) => Ok(cleaned),
        None => by_tree(schema, root),
    }
}

/// [`light()`] for any schema.
fn by_tree(schema: &RawValue, root: Root<'_>) -> Result<Option<Box<RawValue>>, SchemaError> {
    write(light::clean(&read(schema)?, root)?)
}

/// The schema for `parameters` and `responseSchema`, Google's `Schema` message.
///
/// `None`: the field is to be left out, because a function takes no arguments, the schema is `null`, or it is an
/// object of which no property is known, which this message cannot say.
///
/// # Errors
/// As [`light()`].
pub fn legacy(schema: &RawValue, root: Root<'_>) -> Result<Option<Box<RawValue>>, SchemaError> {
    write(legacy::clean(&read(schema)?, root)?)
}

fn read(schema: &RawValue) -> Result<Value, SchemaError> {
    if schema.get().len() > MAX_TEXT {
        return Err(SchemaError::new(format!("The JSON Schema is longer than {MAX_TEXT} bytes.")));
    }
    serde_json::from_str(schema.get())
        .map_err(|error| SchemaError::new(format!("The JSON Schema could not be read: {error}.")))
}

fn write(cleaned: Option<Map<String, Value>>) -> Result<Option<Box<RawValue>>, SchemaError> {
    let written = cleaned.map(|root| to_raw_value(&root)).transpose();
    written.map_err(|error| SchemaError::new(format!("The JSON Schema could not be written: {error}.")))
}

/// The root as an object; `None` where the field is to be left out.
fn root_node<'a>(
    schema: &'a Value,
    root: Root<'_>,
    any: &'a Map<String, Value>,
) -> Result<Option<&'a Map<String, Value>>, SchemaError> {
    match (schema, root) {
        (Value::Object(node), _) => Ok(Some(node)),
        (Value::Bool(true), _) => Ok(Some(any)),
        (Value::Null, _) | (Value::Bool(false), Root::Tool) => Ok(None),
        (Value::Bool(false), Root::Reply { .. }) => {
            Err(SchemaError::new("The JSON Schema is `false`: it admits no reply."))
        }
        _ => Err(SchemaError::new("A JSON Schema must be an object or a boolean.")),
    }
}

/// Names the root after the `response_format`.
fn name_root(node: &mut Map<String, Value>, root: Root<'_>) {
    let Root::Reply { name, description } = root else {
        return;
    };
    if let Some(name) = name
        && !node.contains_key("title")
    {
        node.insert("title".to_owned(), name.into());
    }
    let own = node.get("description").and_then(Value::as_str).unwrap_or_default();
    let led = match description {
        Some(given) if own.is_empty() => given.to_owned(),
        Some(given) if !own.contains(given) => format!("{given}\n\n{own}"),
        _ => return,
    };
    node.insert("description".to_owned(), led.into());
}

/// Adds a sentence to the description, for what the schema cannot say.
fn hint(node: &mut Map<String, Value>, sentence: &str) {
    let text = match node.get("description").and_then(Value::as_str) {
        Some(own) if !own.is_empty() => format!("{own} {sentence}"),
        _ => sentence.to_owned(),
    };
    node.insert("description".to_owned(), text.into());
}

/// An object of one member.
fn object(key: &str, value: Value) -> Value {
    let mut members = Map::new();
    members.insert(key.to_owned(), value);
    Value::Object(members)
}

/// Texts met before. It is a map that is there already: another kind of set would be another copy of its code.
#[derive(Default)]
struct Seen(Map<String, Value>);

impl Seen {
    /// Whether `text` is met for the first time.
    fn first(&mut self, text: &str) -> bool {
        self.0.insert(text.to_owned(), Value::Null).is_none()
    }

    /// The same for a value, which is its text.
    fn first_value(&mut self, value: &Value) -> bool {
        self.first(&value.to_string())
    }
}

/// A schema's text may have this many bytes.
pub const MAX_TEXT: usize = 1 << 20;

/// What following references and merging may copy, in bytes, roughly.
pub const MAX_COPIED: usize = 1 << 20;

/// The same where a bare reference is another way to say nearly the same, beside four times the schema itself.
const MAX_INLINED: usize = 16 << 10;

/// Objects and arrays within each other. Google reads 100 in a request, some of which stand around the schema.
pub const MAX_LEVELS: usize = 90;

#[cfg(test)]
mod tests;
