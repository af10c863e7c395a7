//! Replies in JSON.
//!
//! <https://ai.google.dev/gemini-api/docs/structured-output>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::tools::Tools;
use crate::error::Error;
use crate::model::Model;
use crate::schema::{self, Root};
use crate::wire::gemini::{GenerationConfig, Part};
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;
use crate::wire::text::{Str, Text};

#[derive(Deserialize)]
struct Format<'a> {
    #[serde(borrow)]
    r#type: Str<'a>,
    json_schema: Option<Object<JsonSchema<'a>>>,
    /// LiteLLM's form.
    response_schema: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct JsonSchema<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    description: Option<Str<'a>>,
    schema: Option<&'a RawValue>,
}

/// Asks for JSON as `response_format` does.
///
/// Models before Gemini 3 refuse it beside tools: the schema then becomes an instruction in `system`.
pub(super) fn translate<'a>(
    chat: &ChatRequest<'a>,
    model: &Model,
    tools: &Tools<'_>,
    generation: &mut GenerationConfig<'a>,
    system: &mut Vec<Part<'a>>,
) -> Result<(), Error> {
    let Some(format) = chat.response_format else {
        return Ok(());
    };
    let Object(format): Object<Format<'a>> =
        json::from_slice(format.get().as_bytes()).map_err(|problem| problem.under("response_format"))?;
    let (schema, root) = match (&*format.r#type, &format.json_schema) {
        ("text", _) => return Ok(()),
        ("json_object", _) => (format.response_schema, Root::Reply { name: None, description: None }),
        ("json_schema", Some(Object(named))) => {
            let root = Root::Reply { name: named.name.as_deref(), description: named.description.as_deref() };
            (named.schema.or(format.response_schema), root)
        }
        ("json_schema", None) => (format.response_schema, Root::Reply { name: None, description: None }),
        _ => {
            return Err(Error::invalid(
                "Invalid value. Supported values are: 'text', 'json_object' and 'json_schema'.",
            )
            .param("response_format.type")
            .code("invalid_value"));
        }
    };
    if !model.has_json_output() {
        return Ok(());
    }
    let schema = schema.filter(|schema| schema.get() != "null");
    if !tools.is_empty() && !model.has_json_with_tools() {
        let instruction = match schema {
            Some(schema) => {
                format!("Answer with JSON that matches this JSON Schema, and nothing else: {}", schema.get())
            }
            None => "Answer with one JSON object, and nothing else.".to_owned(),
        };
        system.extend(Text::from_plain(&instruction).map(Part::text));
        return Ok(());
    }
    generation.response_mime_type = Some("application/json");
    let Some(schema) = schema else {
        return Ok(());
    };
    let refuse = |error: schema::SchemaError| {
        Error::invalid(error.to_string())
            .param("response_format.json_schema.schema")
            .code("invalid_json_schema")
    };
    if model.has_json_schema() {
        generation.response_json_schema = schema::light(schema, root).map_err(refuse)?;
    } else {
        generation.response_schema = schema::legacy(schema, root).map_err(refuse)?;
    }
    Ok(())
}
