//! How much a model thinks.
//!
//! `reasoning_effort` follows the table of Google's own OpenAI gateway; explicit options of Google's win over it.
//! <https://ai.google.dev/gemini-api/docs/openai#thinking>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::model::{Model, Thinking};
use crate::wire::gemini::ThinkingConfig;
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;
use crate::wire::text::Str;

/// `{effort, summary}`, the form of OpenAI's Responses API.
#[derive(Deserialize)]
struct Effort<'a> {
    #[serde(borrow)]
    effort: Option<Str<'a>>,
}

/// Anthropic's form, which other gateways take.
#[derive(Deserialize)]
struct Enabled<'a> {
    #[serde(borrow)]
    r#type: Option<Str<'a>>,
    budget_tokens: Option<i64>,
}

/// The configuration for `reasoning_effort` or `thinking`; none where nothing is asked or the model does not think.
pub(super) fn translate(chat: &ChatRequest<'_>, model: &Model) -> Result<Option<ThinkingConfig>, Error> {
    if let Some(effort) = effort(chat)? {
        return of_effort(&effort, model);
    }
    let Some(thinking) = chat.thinking else {
        return Ok(None);
    };
    let Object(thinking): Object<Enabled<'_>> = read(thinking, "thinking")?;
    let budget = match thinking.r#type.as_deref() {
        Some("disabled") => return of_effort("none", model),
        Some("enabled") => thinking.budget_tokens,
        _ => None,
    };
    Ok(match (model.thinking(), budget) {
        (Thinking::None, _) => None,
        (_, None) => Some(ThinkingConfig { include_thoughts: Some(true), ..ThinkingConfig::default() }),
        (Thinking::Budget { most, .. }, Some(budget)) => Some(tokens(budget.clamp(-1, most))),
        (Thinking::Level { .. }, Some(budget)) => Some(level(match budget {
            ..2000 => "LOW",
            2000..10_000 => "MEDIUM",
            _ => "HIGH",
        })),
    })
}

fn effort(chat: &ChatRequest<'_>) -> Result<Option<String>, Error> {
    let Some((param, given)) = chat
        .reasoning_effort
        .map(|given| ("reasoning_effort", given))
        .or(chat.reasoning.map(|given| ("reasoning", given)))
    else {
        return Ok(None);
    };
    if given.get().starts_with('{') {
        let Object(effort): Object<Effort<'_>> = read(given, param)?;
        return Ok(effort.effort.map(|effort| effort.to_string()));
    }
    let effort: Str<'_> = read(given, param)?;
    Ok(Some(effort.to_string()))
}

fn of_effort(effort: &str, model: &Model) -> Result<Option<ThinkingConfig>, Error> {
    if !["none", "minimal", "low", "medium", "high", "xhigh", "max"].contains(&effort) {
        return Err(Error::invalid(
            "Invalid value for 'reasoning_effort'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' and 'max'.",
        )
        .param("reasoning_effort")
        .code("invalid_value"));
    }
    Ok(match model.thinking() {
        Thinking::None => None,
        // The nearest to not thinking that the model knows, and nothing of it shown.
        Thinking::Budget { off, .. } if effort == "none" => Some(ThinkingConfig {
            thinking_budget: Some(if off { 0 } else { 128 }),
            include_thoughts: Some(false),
            ..ThinkingConfig::default()
        }),
        Thinking::Level { minimal } if effort == "none" => Some(ThinkingConfig {
            thinking_level: Some(if minimal { "MINIMAL" } else { "LOW" }),
            include_thoughts: Some(false),
            ..ThinkingConfig::default()
        }),
        Thinking::Budget { most, .. } => Some(tokens(match effort {
            "minimal" | "low" => 1024,
            "medium" => 8192,
            "high" => 24_576,
            _ => most,
        })),
        Thinking::Level { minimal } => Some(level(match effort {
            "minimal" if minimal => "MINIMAL",
            "minimal" | "low" => "LOW",
            "medium" => "MEDIUM",
            _ => "HIGH",
        })),
    })
}

fn tokens(budget: i64) -> ThinkingConfig {
    ThinkingConfig {
        thinking_budget: Some(budget),
        include_thoughts: Some(budget != 0),
        ..ThinkingConfig::default()
    }
}

fn level(level: &'static str) -> ThinkingConfig {
    ThinkingConfig { thinking_level: Some(level), include_thoughts: Some(true), ..ThinkingConfig::default() }
}

fn read<'a, T: Deserialize<'a>>(raw: &'a RawValue, param: &str) -> Result<T, Error> {
    Ok(json::from_slice(raw.get().as_bytes()).map_err(|problem| problem.under(param))?)
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn translated(model: &str, body: &str) -> String {
        let chat: ChatRequest<'_> = json::from_slice(body.as_bytes()).unwrap();
        let config = translate(&chat, &Model::parse(model).unwrap()).unwrap();
        config.map_or_else(String::new, |config| match (config.thinking_budget, config.thinking_level) {
            (Some(budget), None) => format!("{budget} {:?}", config.include_thoughts == Some(true)),
            (None, Some(level)) => format!("{level} {:?}", config.include_thoughts == Some(true)),
            (None, None) => "shown".to_owned(),
            (Some(_), Some(_)) => panic!("both"),
        })
    }

    #[test]
    fn googles_table_of_efforts() {
        let efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];
        for (model, expected) in [
            ("gemini-2.0-flash", ["", "", "", "", "", "", ""]),
            ("gemma-3-27b-it", ["", "", "", "", "", "", ""]),
            ("gemini-2.5-flash-preview-tts", ["", "", "", "", "", "", ""]),
            (
                "gemini-2.5-flash",
                ["0 false", "1024 true", "1024 true", "8192 true", "24576 true", "24576 true", "24576 true"],
            ),
            (
                "gemini-2.5-flash-lite",
                ["0 false", "1024 true", "1024 true", "8192 true", "24576 true", "24576 true", "24576 true"],
            ),
            (
                "gemini-2.5-pro",
                [
                    "128 false",
                    "1024 true",
                    "1024 true",
                    "8192 true",
                    "24576 true",
                    "32768 true",
                    "32768 true",
                ],
            ),
            (
                "gemini-3-flash-preview",
                [
                    "MINIMAL false",
                    "MINIMAL true",
                    "LOW true",
                    "MEDIUM true",
                    "HIGH true",
                    "HIGH true",
                    "HIGH true",
                ],
            ),
            (
                "gemini-3.1-pro",
                ["LOW false", "LOW true", "LOW true", "MEDIUM true", "HIGH true", "HIGH true", "HIGH true"],
            ),
            (
                "gemini-3.7-flash",
                ["LOW false", "LOW true", "LOW true", "MEDIUM true", "HIGH true", "HIGH true", "HIGH true"],
            ),
        ] {
            for (effort, expected) in efforts.iter().zip(expected) {
                assert_eq!(
                    translated(model, &format!(r#"{{"reasoning_effort":"{effort}"}}"#)),
                    expected,
                    "{model} {effort}"
                );
            }
        }
    }

    #[test]
    fn other_notations() {
        for (model, body, expected) in [
            ("gemini-2.5-flash", "{}", ""),
            ("gemini-2.5-flash", r#"{"reasoning_effort":null}"#, ""),
            ("gemini-2.5-flash", r#"{"reasoning":{"effort":"low","summary":"auto"}}"#, "1024 true"),
            ("gemini-2.5-flash", r#"{"thinking":{"type":"enabled","budget_tokens":5000}}"#, "5000 true"),
            ("gemini-2.5-flash", r#"{"thinking":{"type":"enabled","budget_tokens":-1}}"#, "-1 true"),
            ("gemini-2.5-flash", r#"{"thinking":{"type":"disabled"}}"#, "0 false"),
            ("gemini-2.5-flash", r#"{"thinking":{"type":"adaptive"}}"#, "shown"),
            (
                "gemini-3-pro-preview",
                r#"{"thinking":{"type":"enabled","budget_tokens":5000}}"#,
                "MEDIUM true",
            ),
            ("gemini-2.0-flash", r#"{"thinking":{"type":"enabled","budget_tokens":5000}}"#, ""),
        ] {
            assert_eq!(translated(model, body), expected, "{model} {body}");
        }
        let chat: ChatRequest<'_> = json::from_slice(br#"{"reasoning_effort":"most"}"#).unwrap();
        assert!(translate(&chat, &Model::parse("gemini-2.5-flash").unwrap()).is_err());
    }
}
