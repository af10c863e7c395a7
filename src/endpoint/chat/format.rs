//! Replies in JSON, and replies that are one of a few strings.
//!
//! | client | Google |
//! |---|---|
//! | `response_format` of `json_object`, `json_schema` | `application/json`, with a schema where there is one |
//! | a schema without its envelope, `response_schema` (LiteLLM), `guided_json` (vLLM) | the same |
//! | a MIME type as `response_format` or its `type` (Vertex's OpenAI endpoint) | that MIME type |
//! | `guided_choice` (vLLM) | `text/x.enum`: the string itself, without quotes |
//! | `guided_regex` (vLLM) | nothing like it: refused |
//!
//! <https://ai.google.dev/gemini-api/docs/structured-output>,
//! <https://docs.vllm.ai/en/v0.9.2/features/structured_outputs.html>

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::tools::Tools;
use crate::config::Output;
use crate::error::Error;
use crate::model::Model;
use crate::schema::{self, Root};
use crate::wire::gemini::{GenerationConfig, Part};
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;
use crate::wire::text::{Str, Text};

const JSON: &str = "application/json";

/// One of the strings of a schema that is an enumeration.
const ENUM: &str = "text/x.enum";

/// What the reply is to be, when it is not to be plain text.
struct Wanted<'a> {
    /// The MIME type.
    mime: Str<'a>,
    schema: Option<Cow<'a, RawValue>>,
    name: Option<Str<'a>>,
    description: Option<Str<'a>>,
    /// Where the schema stands.
    param: &'static str,
}

#[derive(Deserialize)]
struct Format<'a> {
    #[serde(borrow)]
    r#type: Str<'a>,
    json_schema: Option<&'a RawValue>,
    /// LiteLLM's place for the schema.
    response_schema: Option<&'a RawValue>,
    /// The same elsewhere.
    schema: Option<&'a RawValue>,
}

/// The envelope of a schema, or the schema itself.
#[derive(Deserialize)]
struct JsonSchema<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    description: Option<Str<'a>>,
    schema: Option<&'a RawValue>,
    r#type: Option<&'a RawValue>,
    properties: Option<&'a RawValue>,
}

/// Asks for the reply that the client wants.
///
/// Models that cannot be made to write JSON, or not beside tools, are asked to in `system`; those that write no text are
/// not.
pub(super) fn translate<'a>(
    chat: &ChatRequest<'a>,
    model: &Model,
    tools: &Tools<'_>,
    generation: &mut GenerationConfig<'a>,
    system: &mut Vec<Part<'a>>,
) -> Result<(), Error> {
    let Some(wanted) = wanted(chat)? else {
        return Ok(());
    };
    let known = [JSON, ENUM].contains(&&*wanted.mime);
    let able = model.has_json_output() && (tools.is_empty() || model.has_json_with_tools());
    if known && !able {
        if model.output() == Output::Text {
            system.extend(Text::from_plain(&wanted.instruction()).map(Part::text));
        }
        return Ok(());
    }
    wanted.ask(model, tools, generation)
}

/// The one wish of the client; two of them contradict each other.
fn wanted<'a>(chat: &ChatRequest<'a>) -> Result<Option<Wanted<'a>>, Error> {
    if given(chat.guided_regex).is_some() {
        return Err(Error::invalid(
            "Gemini knows nothing like 'guided_regex'. Use 'guided_choice' or 'guided_json'.",
        )
        .param("guided_regex")
        .code("unsupported_value"));
    }
    let format = given(chat.response_format).map(of_format).transpose()?.flatten();
    let schema = given(chat.response_schema);
    let format = match (format, schema) {
        (Some(format), Some(schema)) if format.schema.is_none() => {
            Some(Wanted { schema: Some(Cow::Borrowed(schema)), param: "response_schema", ..format })
        }
        (None, Some(schema)) => Some(Wanted::json(Some(schema), "response_schema")),
        (format, _) => format,
    };
    let choice = chat.guided_choice.as_deref().map(of_choice).transpose()?;
    let json = given(chat.guided_json).map(of_guided).transpose()?;
    let all = [(format, "response_format"), (choice, "guided_choice"), (json, "guided_json")];
    let mut all = all.into_iter().filter_map(|(wanted, param)| Some((wanted?, param)));
    let first = all.next();
    if let Some((_, param)) = all.next() {
        return Err(Error::invalid(
            "Only one of 'response_format', 'guided_choice' and 'guided_json' can be given.",
        )
        .param(param)
        .code("invalid_value"));
    }
    Ok(first.map(|(wanted, _)| wanted))
}

fn given(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

/// Reads `response_format`: an object, or only the word that is its `type`.
fn of_format(raw: &RawValue) -> Result<Option<Wanted<'_>>, Error> {
    let (format, param) = if raw.get().starts_with('"') {
        let r#type = json::from_raw(raw, "response_format")?;
        (Format { r#type, json_schema: None, response_schema: None, schema: None }, "response_format")
    } else {
        let Object(format) = json::from_raw(raw, "response_format")?;
        (format, "response_format.type")
    };
    let elsewhere = match given(format.response_schema) {
        Some(schema) => Wanted::json(Some(schema), "response_format.response_schema"),
        None => Wanted::json(given(format.schema), "response_format.schema"),
    };
    Ok(Some(match &*format.r#type {
        "text" | "text/plain" => return Ok(None),
        "json_object" => elsewhere,
        "json_schema" => match given(format.json_schema) {
            Some(raw) => Wanted::enveloped(raw)?.unwrap_or(elsewhere),
            None => elsewhere,
        },
        "object" | "array" | "string" | "integer" | "number" | "boolean" => {
            Wanted::json(Some(raw), "response_format")
        }
        mime if mime.contains('/') => Wanted { mime: format.r#type, ..elsewhere },
        _ => {
            return Err(Error::invalid(
                "Invalid value. Supported values are: 'text', 'json_object' and 'json_schema'.",
            )
            .param(param)
            .code("invalid_value"));
        }
    }))
}

fn of_choice<'a>(choices: &[Str<'a>]) -> Result<Wanted<'a>, Error> {
    let param = "guided_choice";
    if choices.is_empty() {
        return Err(Error::invalid("Invalid 'guided_choice': expected an array with minimum length 1.")
            .param(param)
            .code("empty_array"));
    }
    let choices = serde_json::to_string(choices).unwrap_or_default();
    let schema = format!(r#"{{"type":"string","enum":{choices}}}"#);
    let schema = RawValue::from_string(schema).ok().map(Cow::Owned);
    Ok(Wanted { mime: Str(ENUM.into()), schema, ..Wanted::json(None, param) })
}

/// Reads `guided_json`: a schema, or a string that holds one.
fn of_guided(raw: &RawValue) -> Result<Wanted<'_>, Error> {
    let param = "guided_json";
    if !raw.get().starts_with('"') {
        return Ok(Wanted::json(Some(raw), param));
    }
    let text: Str<'_> = json::from_raw(raw, param)?;
    let schema: &RawValue = json::from_slice(text.as_bytes()).map_err(|_| {
        Error::invalid("Invalid value for 'guided_json': expected a JSON Schema.")
            .param(param)
            .code("invalid_json_schema")
    })?;
    Ok(Wanted { schema: Some(Cow::Owned(schema.to_owned())), ..Wanted::json(None, param) })
}

impl<'a> Wanted<'a> {
    fn json(schema: Option<&'a RawValue>, param: &'static str) -> Self {
        let schema = schema.map(Cow::Borrowed);
        Self { mime: Str(JSON.into()), schema, name: None, description: None, param }
    }

    /// Reads `json_schema`; none where it has no schema.
    fn enveloped(raw: &'a RawValue) -> Result<Option<Self>, Error> {
        const PARAM: &str = "response_format.json_schema.schema";
        let Object(envelope): Object<JsonSchema<'a>> = json::from_raw(raw, "response_format.json_schema")?;
        let JsonSchema { name, description, schema, .. } = envelope;
        Ok(match given(schema) {
            Some(schema) => Some(Self { name, description, ..Self::json(Some(schema), PARAM) }),
            None => (envelope.r#type.is_some() || envelope.properties.is_some())
                .then(|| Self::json(Some(raw), PARAM)),
        })
    }

    /// The same in words.
    fn instruction(&self) -> String {
        match &self.schema {
            Some(schema) if &*self.mime == ENUM => {
                format!(
                    "Answer with one of the strings that this JSON Schema admits, without quotes, and nothing else: {}",
                    schema.get()
                )
            }
            Some(schema) => {
                format!("Answer with JSON that matches this JSON Schema, and nothing else: {}", schema.get())
            }
            None => "Answer with one JSON object, and nothing else.".to_owned(),
        }
    }

    fn ask(
        self,
        model: &Model,
        tools: &Tools<'_>,
        generation: &mut GenerationConfig<'a>,
    ) -> Result<(), Error> {
        let root = Root::Reply { name: self.name.as_deref(), description: self.description.as_deref() };
        let refuse = |error: schema::SchemaError| {
            Error::invalid(error.to_string()).param(self.param).code("invalid_json_schema")
        };
        let json = &*self.mime == JSON;
        let schema = self.schema.as_deref();
        if json && model.has_json_schema() {
            let schema = schema.map(|schema| schema::light(schema, root)).transpose().map_err(refuse)?;
            let schema = schema.flatten();
            // Google refuses the MIME type beside this tool, but not the same thing said so.
            if tools.built_in.has("googleMaps") {
                generation.response_format = text_format(schema.as_deref());
                return Ok(());
            }
            generation.response_json_schema = schema;
        } else {
            let schema = schema.map(|schema| schema::legacy(schema, root)).transpose().map_err(refuse)?;
            generation.response_schema = schema.flatten();
        }
        let enumeration =
            json && !model.has_json_schema() && self.schema.as_deref().is_some_and(is_enumeration);
        generation.response_mime_type = Some(if enumeration { Str(ENUM.into()) } else { self.mime });
        Ok(())
    }
}

/// Whether a schema is `{"type":"string","enum":[…]}`, which older models know as a MIME type.
fn is_enumeration(schema: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Strings<'a> {
        #[serde(borrow)]
        r#type: Str<'a>,
        #[serde(rename = "enum")]
        _values: &'a RawValue,
    }
    serde_json::from_str::<Strings<'_>>(schema.get()).is_ok_and(|schema| &*schema.r#type == "string")
}

/// `generationConfig.responseFormat`, the newer way to ask for JSON.
fn text_format(schema: Option<&RawValue>) -> Option<Box<RawValue>> {
    let schema = schema.map(|schema| format!(r#","schema":{}"#, schema.get())).unwrap_or_default();
    RawValue::from_string(format!(r#"{{"text":{{"mimeType":"APPLICATION_JSON"{schema}}}}}"#)).ok()
}

#[cfg(test)]
mod tests;
