//! Sampling parameters and their ranges.
//!
//! The route's `options` are defaults that the client overrides, or with `options_mode: force` the other way round,
//! for which `google` leaves out the same parameters by Google's names.
//! <https://ai.google.dev/api/generate-content#generationconfig>

use serde_json::Number;
use serde_json::value::RawValue;

use crate::config::{Config, OptionsMode};
use crate::error::Error;
use crate::model::Model;
use crate::wire::gemini::GenerationConfig;
use crate::wire::json;
use crate::wire::openai::ChatRequest;
use crate::wire::text::Text;

/// Google takes at most this many; OpenAI takes four.
const MOST_STOPS: usize = 5;

/// Google's most candidates.
const MOST_CHOICES: i64 = 8;

/// Translates every parameter.
pub(super) fn translate<'a>(
    chat: &ChatRequest<'a>,
    config: &Config,
    model: &Model,
) -> Result<GenerationConfig<'a>, Error> {
    let options = &config.options;
    let force = config.options_mode == OptionsMode::Force;
    let temperature = within("temperature", chat.temperature.as_ref(), 0.0, 2.0)?;
    let top_p = within("top_p", chat.top_p.as_ref(), 0.0, 1.0)?;
    let top_k = within("top_k", chat.top_k.as_ref(), 0.0, f64::from(i32::MAX))?;
    if top_k.as_ref().is_some_and(|top_k| !top_k.is_u64()) {
        return Err(Error::invalid(
            "Invalid type for 'top_k': expected an integer, but got a decimal instead.",
        )
        .param("top_k")
        .code("invalid_type"));
    }
    let penalty = |name: &str, value: Option<&Number>| -> Result<Option<Number>, Error> {
        let value = within(name, value, -2.0, 2.0)?;
        // A zero changes nothing and is not worth a refusal; elsewhere only some models know penalties.
        Ok(value.filter(|value| model.has_penalties() && value.as_f64() != Some(0.0)))
    };
    Ok(GenerationConfig {
        top_p: first(force, top_p, options.top_p.as_ref()).filter(|_| model.has_sampling()),
        top_k: first(force, top_k, options.top_k.map(Number::from).as_ref()).filter(|_| model.has_sampling()),
        candidate_count: choices(chat.n)?,
        max_output_tokens: first(force, most_tokens(chat)?, options.max_tokens.map(i64::from).as_ref()),
        stop_sequences: chat.stop.map(stops).transpose()?.unwrap_or_default(),
        presence_penalty: penalty("presence_penalty", chat.presence_penalty.as_ref())?,
        frequency_penalty: penalty("frequency_penalty", chat.frequency_penalty.as_ref())?,
        seed: chat.seed.map(fold),
        ..of_route(config, model, temperature)
    })
}

/// What the route says of sampling, for an endpoint whose clients can say no more than a temperature.
pub(in crate::endpoint) fn of_route<'a>(
    config: &Config,
    model: &Model,
    temperature: Option<Number>,
) -> GenerationConfig<'a> {
    let options = &config.options;
    let force = config.options_mode == OptionsMode::Force;
    GenerationConfig {
        temperature: first(force, temperature, options.temperature.as_ref()).filter(|_| model.has_sampling()),
        top_p: options.top_p.clone().filter(|_| model.has_sampling()),
        top_k: options.top_k.map(Number::from).filter(|_| model.has_sampling()),
        max_output_tokens: options.max_tokens.map(i64::from),
        ..GenerationConfig::default()
    }
}

/// The client's value unless the route's is forced; the other one where there is only one.
fn first<T: Clone>(force: bool, client: Option<T>, route: Option<&T>) -> Option<T> {
    let route = route.cloned();
    if force { route.or(client) } else { client.or(route) }
}

/// A number in `low..=high`, as it was written.
pub(in crate::endpoint) fn within(
    name: &str,
    value: Option<&Number>,
    low: f64,
    high: f64,
) -> Result<Option<Number>, Error> {
    let Some(number) = value else {
        return Ok(None);
    };
    let given = number.as_f64().unwrap_or(f64::INFINITY);
    let decimal = if number.is_f64() { "decimal" } else { "integer" };
    if given > high {
        return Err(out_of_range(name, decimal, "above maximum", "<=", high));
    }
    if given < low {
        return Err(out_of_range(name, decimal, "below minimum", ">=", low));
    }
    Ok(Some(number.clone()))
}

pub(in crate::endpoint) fn out_of_range(name: &str, kind: &str, side: &str, sign: &str, bound: f64) -> Error {
    let code = match (kind, side) {
        ("decimal", "above maximum") => "decimal_above_max_value",
        ("decimal", _) => "decimal_below_min_value",
        (_, "above maximum") => "integer_above_max_value",
        _ => "integer_below_min_value",
    };
    Error::invalid(format!("Invalid '{name}': {kind} {side} value. Expected a value {sign} {bound}."))
        .param(name)
        .code(code)
}

/// One choice is what Google gives when not asked.
fn choices(n: Option<i64>) -> Result<Option<i64>, Error> {
    match n {
        None | Some(1) => Ok(None),
        Some(n @ 2..=MOST_CHOICES) => Ok(Some(n)),
        Some(n) if n < 1 => Err(out_of_range("n", "integer", "below minimum", ">=", 1.0)),
        Some(_) => Err(out_of_range("n", "integer", "above maximum", "<=", 8.0)),
    }
}

/// The newer name wins; zero or less is no limit.
fn most_tokens(chat: &ChatRequest<'_>) -> Result<Option<i64>, Error> {
    let given = [("max_completion_tokens", chat.max_completion_tokens), ("max_tokens", chat.max_tokens)];
    match given.into_iter().find_map(|(name, value)| Some((name, value.filter(|value| *value > 0)?))) {
        Some((name, value)) if value > i64::from(i32::MAX) => {
            Err(out_of_range(name, "integer", "above maximum", "<=", f64::from(i32::MAX)))
        }
        found => Ok(found.map(|(_, value)| value)),
    }
}

fn stops<'a>(stop: &'a RawValue) -> Result<Vec<Text<'a>>, Error> {
    let refuse = |param: String, expected: &str| {
        Error::invalid(format!("Invalid type for '{param}': expected {expected}."))
            .param(param)
            .code("invalid_type")
    };
    let mut stops = if let Some(text) = Text::from_raw(stop) {
        vec![text]
    } else {
        let list: Vec<&'a RawValue> = json::from_slice(stop.get().as_bytes())
            .map_err(|_| refuse("stop".to_owned(), "a string or an array of strings"))?;
        let texts = list.into_iter().enumerate().map(|(index, stop)| {
            Text::from_raw(stop).ok_or_else(|| refuse(format!("stop[{index}]"), "a string"))
        });
        texts.collect::<Result<_, _>>()?
    };
    stops.retain(|stop| !stop.is_empty());
    if stops.len() > MOST_STOPS {
        return Err(Error::invalid(format!(
            "Invalid 'stop': array too long. Expected an array with maximum length {MOST_STOPS}, but got an array with length {} instead.",
            stops.len()
        ))
        .param("stop")
        .code("array_above_max_length"));
    }
    Ok(stops)
}

/// Google's seeds have 32 bits: larger ones are folded, always to the same one.
#[expect(clippy::cast_possible_truncation, reason = "folding is what this is for")]
fn fold(seed: i64) -> i64 {
    if i32::try_from(seed).is_ok() { seed } else { i64::from((seed ^ (seed >> 32)) as i32) }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn translated(model: &str, config: &str, body: &str) -> Result<String, Error> {
        let config = crate::testing::config(config);
        let chat: ChatRequest<'_> = json::from_slice(body.as_bytes())?;
        let generation = translate(&chat, &config, &Model::parse(model).unwrap())?;
        Ok(serde_json::to_string(&generation).unwrap())
    }

    #[test]
    fn parameters_keep_their_notation() {
        for (body, expected) in [
            ("{}", "{}"),
            (r#"{"temperature":null,"stop":null,"n":null,"seed":null,"max_tokens":null}"#, "{}"),
            (r#"{"top_p":null,"top_k":null,"presence_penalty":null,"max_completion_tokens":null}"#, "{}"),
            (r#"{"temperature":1e-08,"top_p":1.0,"top_k":0}"#, r#"{"temperature":1e-8,"topP":1.0,"topK":0}"#),
            (r#"{"temperature":1,"top_p":0.70,"top_k":40}"#, r#"{"temperature":1,"topP":0.7,"topK":40}"#),
            (r#"{"n":1}"#, "{}"),
            (r#"{"n":2}"#, r#"{"candidateCount":2}"#),
            (r#"{"n":8}"#, r#"{"candidateCount":8}"#),
            (r#"{"stop":[]}"#, "{}"),
            (r#"{"stop":["1","2","3","4","5"]}"#, r#"{"stopSequences":["1","2","3","4","5"]}"#),
            (r#"{"stop":"END"}"#, r#"{"stopSequences":["END"]}"#),
            (r#"{"stop":["a","","\n"]}"#, r#"{"stopSequences":["a","\n"]}"#),
            (r#"{"stop":""}"#, "{}"),
            (r#"{"max_tokens":5,"max_completion_tokens":7}"#, r#"{"maxOutputTokens":7}"#),
            (r#"{"max_tokens":5,"max_completion_tokens":null}"#, r#"{"maxOutputTokens":5}"#),
            (r#"{"max_tokens":0}"#, "{}"),
            (r#"{"max_tokens":7,"max_completion_tokens":-1}"#, r#"{"maxOutputTokens":7}"#),
            (r#"{"seed":2147483647}"#, r#"{"seed":2147483647}"#),
            (r#"{"seed":2147483648}"#, r#"{"seed":-2147483648}"#),
            (r#"{"seed":-9223372036854775808}"#, r#"{"seed":-2147483648}"#),
            (r#"{"seed":-7}"#, r#"{"seed":-7}"#),
            (r#"{"seed":9007199254740993}"#, r#"{"seed":2097153}"#),
            (r#"{"presence_penalty":0.5,"frequency_penalty":0}"#, r#"{"presencePenalty":0.5}"#),
        ] {
            assert_eq!(translated("gemini-2.0-flash", "{}", body).unwrap(), expected, "{body}");
        }
    }

    #[test]
    fn models_without_a_parameter_do_not_get_it() {
        let body = r#"{"presence_penalty":0.5,"frequency_penalty":-2,"temperature":0.2}"#;
        let both = r#"{"temperature":0.2,"presencePenalty":0.5,"frequencyPenalty":-2}"#;
        for (model, expected) in [
            ("gemini-2.0-flash", both),
            ("gemini-1.5-pro-002", both),
            ("gemini-1.5-pro-001", r#"{"temperature":0.2}"#),
            ("gemini-2.5-flash", r#"{"temperature":0.2}"#),
            ("gemini-3-flash-preview", r#"{"temperature":0.2}"#),
            ("gemini-3.6-flash", "{}"),
        ] {
            assert_eq!(translated(model, "{}", body).unwrap(), expected, "{model}");
            let zeros = r#"{"presence_penalty":0,"frequency_penalty":0.0}"#;
            assert_eq!(translated(model, "{}", zeros).unwrap(), "{}", "{model}");
        }
    }

    #[test]
    fn options_are_defaults_unless_forced() {
        let options = r#""model":{"provider":"gemini","options":{"temperature":0.5,"max_tokens":10}}"#;
        let body = r#"{"temperature":1.5,"top_p":0.1}"#;
        for (mode, expected) in [
            ("default", r#"{"temperature":1.5,"topP":0.1,"maxOutputTokens":10}"#),
            ("force", r#"{"temperature":0.5,"topP":0.1,"maxOutputTokens":10}"#),
        ] {
            let config = format!(r#"{{"options_mode":"{mode}",{options}}}"#);
            assert_eq!(translated("gemini-2.5-flash", &config, body).unwrap(), expected);
        }
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        for (body, param, code) in [
            (r#"{"temperature":2.1}"#, "temperature", "decimal_above_max_value"),
            (r#"{"temperature":-1}"#, "temperature", "integer_below_min_value"),
            (r#"{"temperature":"1"}"#, "temperature", "invalid_type"),
            (r#"{"top_p":1.01}"#, "top_p", "decimal_above_max_value"),
            (r#"{"top_k":40.5}"#, "top_k", "invalid_type"),
            (r#"{"top_k":-1}"#, "top_k", "integer_below_min_value"),
            (r#"{"n":0}"#, "n", "integer_below_min_value"),
            (r#"{"n":9}"#, "n", "integer_above_max_value"),
            (r#"{"max_tokens":2147483648}"#, "max_tokens", "integer_above_max_value"),
            (r#"{"presence_penalty":-2.5}"#, "presence_penalty", "decimal_below_min_value"),
            (r#"{"stop":["1","2","3","4","5","6"]}"#, "stop", "array_above_max_length"),
            (r#"{"stop":["a",1]}"#, "stop[1]", "invalid_type"),
            (r#"{"stop":{}}"#, "stop", "invalid_type"),
            (r#"{"stop":["a",null]}"#, "stop[1]", "invalid_type"),
            (r#"{"n":1.5}"#, "n", "invalid_type"),
            (r#"{"frequency_penalty":3}"#, "frequency_penalty", "integer_above_max_value"),
            (r#"{"max_completion_tokens":2147483648}"#, "max_completion_tokens", "integer_above_max_value"),
            (r#"{"seed":9223372036854775808}"#, "seed", "invalid_value"),
            (r#"{"seed":1.5}"#, "seed", "invalid_type"),
        ] {
            let error = translated("gemini-2.5-flash", "{}", body).unwrap_err();
            let error: serde_json::Value = serde_json::from_slice(&error.body()).unwrap();
            assert_eq!(
                (&error["error"]["param"], &error["error"]["code"]),
                (&param.into(), &code.into()),
                "{body}"
            );
        }
    }
}
