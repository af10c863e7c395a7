//! Calls in the history: those an assistant made, and the results that answer them.
//!
//! Google wants all results of one turn right after it, in the order of the calls, as many as there were calls.
//! <https://ai.google.dev/gemini-api/docs/function-calling#parallel_function_calling>

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::content::At;
use super::names::Names;
use super::{results, signatures};
use crate::error::Error;
use crate::model::Model;
use crate::wire::gemini::{Call, CallResult, Data, Part};
use crate::wire::openai::{CalledFunction, Message};
use crate::wire::text::{Text, object, repaired};

/// A call that waits for its result.
pub(super) struct Pending<'a> {
    /// The client's id, empty where it gave none.
    id: String,
    /// Google's name of the function.
    name: String,
    with_id: bool,
    result: Option<results::Answer<'a>>,
}

impl<'a> Pending<'a> {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn is_answered(&self) -> bool {
        self.result.is_some()
    }

    /// Whether its result comes with media in a turn of their own, which counts as the user's.
    pub(super) fn is_shown(&self) -> bool {
        self.result.as_ref().is_some_and(|answer| !answer.beside.is_empty())
    }

    /// Whether a result that names a call by `id`, or else a function by `name`, answers this one.
    pub(super) fn awaits(&self, id: &str, name: Option<&str>) -> bool {
        let same = if id.is_empty() { name.is_none_or(|name| name == self.name) } else { id == self.id };
        same && !self.is_answered()
    }

    pub(super) fn answer(&mut self, answer: results::Answer<'a>) {
        self.result = Some(answer);
    }

    /// The part for its result, and the media that cannot be within it. A call that was never answered gets an empty
    /// result.
    pub(super) fn part(self) -> (Part<'a>, Vec<Part<'a>>) {
        let id = Some(self.id).filter(|id| self.with_id && !id.is_empty());
        let results::Answer { response, within, beside } = self.result.unwrap_or_else(results::missing);
        let result = CallResult { id, name: self.name, response, parts: within };
        (Part::new(Data::FunctionResponse(Box::new(result))), beside)
    }
}

/// The calls of an assistant's message, which stands at `at`: their parts, and what waits for results.
pub(super) fn calls<'a>(
    message: &Message<'a>,
    at: At,
    model: &Model,
    names: &mut Names,
) -> Result<Vec<(Part<'a>, Pending<'a>)>, Error> {
    let mut calls = Vec::new();
    for (index, call) in message.tool_calls.iter().flatten().enumerate() {
        let path = |member: &str| at.param(&format!("tool_calls[{index}].{member}"));
        let call = &call.0;
        let function = match (&call.function, &call.custom) {
            (Some(function), _) | (None, Some(function)) => &function.0,
            (None, None) => return Err(Error::missing(path("function"))),
        };
        let id = signatures::bare_id(call.id.as_deref().unwrap_or_default());
        let signature = signatures::of_call(call, message);
        calls.push(one(function, id, signature, path, model, names)?);
    }
    if let Some(function) = &message.function_call {
        let path = |member: &str| at.param(&format!("function_call.{member}"));
        calls.push(one(&function.0, "", None, path, model, names)?);
    }
    Ok(calls)
}

fn one<'a>(
    function: &CalledFunction<'a>,
    id: &str,
    signature: Option<Text<'a>>,
    path: impl Fn(&str) -> String,
    model: &Model,
    names: &mut Names,
) -> Result<(Part<'a>, Pending<'a>), Error> {
    let given = function.name.as_deref().filter(|name| !name.is_empty());
    let name = names.emit(given.ok_or_else(|| Error::missing(path("name")))?);
    let with_id = model.has_call_ids();
    let call = Call {
        id: Some(id.to_owned()).filter(|id| with_id && !id.is_empty()),
        name: name.clone(),
        args: match function.input {
            Some(input) => wrapped("input", input),
            None => arguments(function.arguments),
        },
    };
    let part = Part { thought_signature: signature, ..Part::new(Data::FunctionCall(Box::new(call))) };
    Ok((part, Pending { id: id.to_owned(), name, with_id, result: None }))
}

/// The object that `arguments` holds: a string of JSON, sometimes encoded twice, sometimes an object already.
/// A call whose arguments are anything else is kept, since its result needs it.
fn arguments(raw: Option<&RawValue>) -> Cow<'_, RawValue> {
    let Some(raw) = raw.filter(|raw| raw.get() != "null") else {
        return empty();
    };
    if raw.get().starts_with('{') {
        let repaired = repaired(raw.get()).and_then(|object| RawValue::from_string(object).ok());
        return repaired.map_or(Cow::Borrowed(raw), Cow::Owned);
    }
    let mut text = Cow::Borrowed(raw.get());
    for _ in 0..2 {
        let Ok(decoded) = serde_json::from_str::<String>(&text) else {
            break;
        };
        if matches!(decoded.trim(), "" | "null") {
            return empty();
        }
        if let Some(object) = object(&decoded) {
            return Cow::Owned(object);
        }
        text = Cow::Owned(decoded);
    }
    wrapped("arguments", raw)
}

fn empty() -> Cow<'static, RawValue> {
    Cow::Owned(RawValue::from_string("{}".to_owned()).unwrap_or_default())
}

fn wrapped<'a>(name: &str, value: &RawValue) -> Cow<'a, RawValue> {
    let text =
        Text::from_raw(value).map_or_else(|| value.get().to_owned(), |text| format!("\"{}\"", text.inner()));
    RawValue::from_string(format!("{{\"{name}\":{text}}}")).map_or_else(|_| empty(), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn arguments_of_every_kind_become_objects() {
        for (given, expected) in [
            ("null", "{}"),
            (r#""""#, "{}"),
            (r#""null""#, "{}"),
            (r#""{}""#, "{}"),
            (r#""{\"b\": 1.50, \"a\": 12345678901234567890}""#, r#"{"b": 1.50, "a": 12345678901234567890}"#),
            (r#""{\"a\":\"\\u00e9\\n\"}""#, r#"{"a":"\u00e9\n"}"#),
            (r#""\"{\\\"a\\\":1}\"""#, r#"{"a":1}"#),
            (r#"{"a":1}"#, r#"{"a":1}"#),
            (r#""[]""#, r#"{"arguments":"[]"}"#),
            (r#""{broken""#, r#"{"arguments":"{broken"}"#),
            (r#""{}{}""#, r#"{"arguments":"{}{}"}"#),
            ("[1]", r#"{"arguments":[1]}"#),
        ] {
            let raw: &RawValue = serde_json::from_str(given).unwrap();
            assert_eq!(arguments(Some(raw)).get(), expected, "{given}");
        }
        assert_eq!(arguments(None).get(), "{}");
    }
}
