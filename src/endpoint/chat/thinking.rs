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
    /// Which summary; that there is one means that thinking is shown.
    summary: Option<&'a RawValue>,
}

/// Anthropic's form, which other gateways take.
#[derive(Deserialize)]
struct Enabled<'a> {
    #[serde(borrow)]
    r#type: Option<Str<'a>>,
    budget_tokens: Option<i64>,
}

/// The configuration for `reasoning_effort` or `thinking`; none where nothing is asked or the model does not think.
/// `google` lays a `thinking_config` of the client's over it.
pub(super) fn translate(chat: &ChatRequest<'_>, model: &Model) -> Result<Option<ThinkingConfig>, Error> {
    match (chat.reasoning_effort, chat.reasoning, chat.thinking) {
        (Some(effort), ..) => of_openai(effort, "reasoning_effort", model),
        (None, Some(effort), _) => of_openai(effort, "reasoning", model),
        (None, None, Some(thinking)) => of_anthropic(thinking, model),
        (None, None, None) => Ok(None),
    }
}

fn of_openai(given: &RawValue, param: &str, model: &Model) -> Result<Option<ThinkingConfig>, Error> {
    if !given.get().starts_with('{') {
        let effort: Str<'_> = json::from_raw(given, param)?;
        return of_effort(&effort, param, model);
    }
    let Object(given): Object<Effort<'_>> = json::from_raw(given, param)?;
    match given.effort {
        Some(effort) => of_effort(&effort, &format!("{param}.effort"), model),
        None => Ok(given.summary.and_then(|_| shown(model))),
    }
}

fn of_anthropic(given: &RawValue, model: &Model) -> Result<Option<ThinkingConfig>, Error> {
    let Object(given): Object<Enabled<'_>> = json::from_raw(given, "thinking")?;
    let budget = match given.r#type.as_deref() {
        Some("disabled") => Some(0),
        Some("enabled") => given.budget_tokens,
        _ => None,
    };
    Ok(match (model.thinking(), budget) {
        (Thinking::None, _) => None,
        (_, Some(0)) => least(model),
        // The model is left to choose how much.
        (Thinking::Budget { .. }, Some(..0)) => Some(tokens(-1)),
        (_, None | Some(..0)) => shown(model),
        (Thinking::Budget { least, most, .. }, Some(budget)) => Some(tokens(budget.clamp(least, most))),
        (Thinking::Level { .. }, Some(budget)) => Some(level(match budget {
            ..2000 => "LOW",
            2000..10_000 => "MEDIUM",
            _ => "HIGH",
        })),
    })
}

fn of_effort(effort: &str, param: &str, model: &Model) -> Result<Option<ThinkingConfig>, Error> {
    if !["none", "minimal", "low", "medium", "high", "xhigh", "max"].contains(&effort) {
        return Err(Error::invalid(format!(
            "Invalid value for '{param}'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh' and 'max'."
        ))
        .param(param)
        .code("invalid_value"));
    }
    Ok(match model.thinking() {
        _ if effort == "none" => least(model),
        Thinking::None => None,
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

/// The nearest to not thinking that the model knows, and nothing of it shown.
fn least(model: &Model) -> Option<ThinkingConfig> {
    let config = match model.thinking() {
        Thinking::None => return None,
        Thinking::Budget { off, least, .. } => tokens(if off { 0 } else { least }),
        Thinking::Level { minimal } => level(if minimal { "MINIMAL" } else { "LOW" }),
    };
    Some(ThinkingConfig { include_thoughts: Some(false), ..config })
}

/// As much as the model likes, and shown.
fn shown(model: &Model) -> Option<ThinkingConfig> {
    (model.thinking() != Thinking::None)
        .then(|| ThinkingConfig { include_thoughts: Some(true), ..ThinkingConfig::default() })
}

fn tokens(budget: i64) -> ThinkingConfig {
    ThinkingConfig {
        thinking_budget: Some(budget),
        include_thoughts: Some(true),
        ..ThinkingConfig::default()
    }
}

fn level(level: &'static str) -> ThinkingConfig {
    ThinkingConfig { thinking_level: Some(level), include_thoughts: Some(true), ..ThinkingConfig::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::chat::google;
    use crate::wire::gemini::GenerationConfig;
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
            ("gemini-2.5-flash-image", ["", "", "", "", "", "", ""]),
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
                "gemini-3.1-pro-preview",
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
            ("gemini-2.5-flash", r#"{"reasoning":{"effort":null,"summary":"auto"}}"#, "shown"),
            ("gemini-2.0-flash", r#"{"reasoning":{"effort":null,"summary":"auto"}}"#, ""),
            ("gemini-2.5-flash", r#"{"reasoning":{"effort":null,"summary":null}}"#, ""),
            ("gemini-2.5-flash", r#"{"reasoning":{}}"#, ""),
            ("gemini-3.5-flash", r#"{"reasoning_effort":{"effort":"high"}}"#, "HIGH true"),
            ("gemini-2.5-flash", r#"{"reasoning_effort":"low","reasoning":{"effort":"high"}}"#, "1024 true"),
            ("gemini-2.5-flash", r#"{"reasoning_effort":"none","thinking":{"type":"enabled"}}"#, "0 false"),
            ("gemini-2.5-flash", r#"{"thinking":{"type":"enabled","budget_tokens":5000}}"#, "5000 true"),
            ("gemini-2.5-flash", r#"{"thinking":{"type":"enabled","budget_tokens":-1}}"#, "-1 true"),
            ("gemini-2.5-pro", r#"{"thinking":{"type":"enabled","budget_tokens":1}}"#, "128 true"),
            ("gemini-2.5-pro", r#"{"thinking":{"type":"enabled","budget_tokens":99999}}"#, "32768 true"),
            ("gemini-2.5-flash-lite", r#"{"thinking":{"type":"enabled","budget_tokens":100}}"#, "512 true"),
            ("gemini-2.5-pro", r#"{"thinking":{"type":"enabled","budget_tokens":0}}"#, "128 false"),
            ("gemini-2.5-flash", r#"{"thinking":{"type":"disabled"}}"#, "0 false"),
            ("gemini-2.5-pro", r#"{"thinking":{"type":"disabled"}}"#, "128 false"),
            ("gemini-3-flash-preview", r#"{"thinking":{"type":"disabled"}}"#, "MINIMAL false"),
            ("gemini-2.0-flash", r#"{"thinking":{"type":"disabled"}}"#, ""),
            ("gemini-3-flash-preview", r#"{"thinking":{"type":"enabled","budget_tokens":-1}}"#, "shown"),
            ("gemini-3-flash-preview", r#"{"thinking":{"type":"enabled","budget_tokens":1999}}"#, "LOW true"),
            (
                "gemini-3-flash-preview",
                r#"{"thinking":{"type":"enabled","budget_tokens":10000}}"#,
                "HIGH true",
            ),
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
    }

    #[test]
    fn what_is_no_effort_is_named() {
        for (body, param, code) in [
            (r#"{"reasoning_effort":"most"}"#, "reasoning_effort", "invalid_value"),
            (r#"{"reasoning_effort":""}"#, "reasoning_effort", "invalid_value"),
            (r#"{"reasoning_effort":5}"#, "reasoning_effort", "invalid_type"),
            (r#"{"reasoning":{"effort":"HIGH"}}"#, "reasoning.effort", "invalid_value"),
            (r#"{"reasoning":{"effort":1}}"#, "reasoning.effort", "invalid_type"),
            (r#"{"thinking":true}"#, "thinking", "invalid_type"),
            (
                r#"{"thinking":{"type":"enabled","budget_tokens":"many"}}"#,
                "thinking.budget_tokens",
                "invalid_type",
            ),
        ] {
            // Models that do not think refuse it as well.
            for model in ["gemini-2.5-flash", "gemini-3-flash-preview", "gemma-3-27b-it"] {
                let chat: ChatRequest<'_> = json::from_slice(body.as_bytes()).unwrap();
                let error = translate(&chat, &Model::parse(model).unwrap()).unwrap_err().body();
                let error = String::from_utf8(error).unwrap();
                assert!(error.contains(&format!(r#""param":"{param}","code":"{code}""#)), "{body}\n{error}");
            }
        }
    }

    #[test]
    fn explicit_options_of_googles_win() {
        for (model, body, expected) in [
            (
                "gemini-2.5-flash",
                r#"{"reasoning_effort":"high","extra_body":{"google":{"thinking_config":{"thinking_budget":0}}}}"#,
                r#"{"thinkingConfig":{"thinking_budget":0}}"#,
            ),
            (
                "gemini-3-flash-preview",
                r#"{"reasoning_effort":"high","thinkingConfig":{"thinkingLevel":"low"}}"#,
                r#"{"thinkingConfig":{"thinkingLevel":"low"}}"#,
            ),
            (
                "gemini-3-flash-preview",
                r#"{"reasoning_effort":"high","generationConfig":{"thinkingConfig":{"includeThoughts":false}}}"#,
                r#"{"thinkingConfig":{"includeThoughts":false}}"#,
            ),
            // They go as they are to models that do not think too: Google says what it thinks of that.
            (
                "gemini-2.0-flash",
                r#"{"reasoning_effort":"high","google":{"thinking_config":{"thinking_budget":7}}}"#,
                r#"{"thinkingConfig":{"thinking_budget":7}}"#,
            ),
        ] {
            let chat: ChatRequest<'_> = json::from_slice(body.as_bytes()).unwrap();
            let thinking_config = translate(&chat, &Model::parse(model).unwrap()).unwrap();
            let ours = GenerationConfig { thinking_config, ..GenerationConfig::default() };
            let merged = google::options(&chat, crate::media::Backend::Developer, &[])
                .unwrap()
                .over(&ours)
                .unwrap()
                .unwrap();
            assert_eq!(merged.get(), expected, "{body}");
        }
    }
}
