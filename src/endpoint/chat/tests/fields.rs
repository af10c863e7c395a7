//! The README's table of request fields is what the code does.

use serde::Deserializer;
use serde::de::{Deserialize, Error as _, Visitor, value::Error};
use serde_json::Value;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::testing::{Host, Message, config};
use crate::wire::openai::ChatRequest;

const README: &str = include_str!("../../../../README.md");

/// The members of OpenAI's `CreateChatCompletionRequest`.
const OPENAI: [&str; 37] = [
    "audio",
    "frequency_penalty",
    "function_call",
    "functions",
    "logit_bias",
    "logprobs",
    "max_completion_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "modalities",
    "model",
    "moderation",
    "n",
    "parallel_tool_calls",
    "prediction",
    "presence_penalty",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "response_format",
    "safety_identifier",
    "seed",
    "service_tier",
    "stop",
    "store",
    "stream",
    "stream_options",
    "temperature",
    "tool_choice",
    "tools",
    "top_logprobs",
    "top_p",
    "user",
    "verbosity",
    "web_search_options",
];

/// Each field of the table as a client might send it, beside what it needs to have an effect.
const EXAMPLES: &str = r##"{
  "model": {"model": "gemini-2.5-pro"},
  "messages": {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello"}]},
  "temperature": {"temperature": 0.5},
  "top_p": {"top_p": 0.5},
  "top_k": {"top_k": 5},
  "n": {"n": 2},
  "seed": {"seed": 1},
  "stop": {"stop": "."},
  "max_completion_tokens": {"max_completion_tokens": 9},
  "max_tokens": {"max_tokens": 9},
  "presence_penalty": {"presence_penalty": 1, "model": "gemini-2.0-flash"},
  "frequency_penalty": {"frequency_penalty": 1, "model": "gemini-2.0-flash"},
  "logprobs": {"logprobs": true},
  "top_logprobs": {"top_logprobs": 2, "logprobs": true},
  "response_format": {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "string"}}}},
  "response_schema": {"response_schema": {"type": "integer"}},
  "guided_json": {"guided_json": {"type": "integer"}},
  "guided_choice": {"guided_choice": ["yes", "no"]},
  "reasoning_effort": {"reasoning_effort": "low"},
  "reasoning": {"reasoning": {"effort": "low"}},
  "thinking": {"thinking": {"type": "enabled", "budget_tokens": 2048}},
  "modalities": {"modalities": ["image"], "model": "gemini-3-pro-image-preview"},
  "audio": {"audio": {"voice": "alloy", "format": "wav"}, "modalities": ["audio"]},
  "tools": {"tools": [{"type": "function", "function": {"name": "f"}}]},
  "functions": {"functions": [{"name": "f"}]},
  "tool_choice": {"tool_choice": "required", "tools": [{"type": "function", "function": {"name": "f"}}]},
  "function_call": {"function_call": {"name": "f"}, "functions": [{"name": "f"}]},
  "web_search_options": {"web_search_options": {}},
  "service_tier": {"service_tier": "flex"},
  "extra_body": {"extra_body": {"google": {"thinking_config": {"thinking_level": "low"}}}},
  "google": {"google": {"thinking_config": {"thinking_level": "low"}}},
  "generation_config": {"generation_config": {"top_k": 3}},
  "generationConfig": {"generationConfig": {"topK": 3}},
  "safety_settings": {"safety_settings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]},
  "safetySettings": {"safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "OFF"}]},
  "thinking_config": {"thinking_config": {"thinking_level": "low"}},
  "thinkingConfig": {"thinkingConfig": {"thinkingLevel": "low"}},
  "media_resolution": {"media_resolution": "low"},
  "mediaResolution": {"mediaResolution": "low"},
  "labels": {"labels": {"team": "a"}},
  "metadata": {"metadata": {"team": "a"}},
  "cached_content": {"cached_content": "cachedContents/a"},
  "cachedContent": {"cachedContent": "cachedContents/a"},
  "stream": {"stream": true},
  "stream_options": {"stream_options": {"include_usage": true}, "stream": true}
}"##;

/// What a row of the table says becomes of its fields.
#[derive(Debug)]
enum Becomes {
    /// Members of Google's request.
    Members(Vec<&'static str>),
    Path,
    Reply,
    /// Nothing on the Developer API.
    Vertex,
    Ignored,
    Refused,
}

/// Every field of the table.
fn table() -> Vec<(&'static str, Becomes)> {
    let (_, rows) = README.split_once("| field | becomes | |\n|---|---|---|\n").unwrap();
    let names = |cell: &'static str| cell.split('`').skip(1).step_by(2).collect::<Vec<_>>();
    let mut table = Vec::new();
    for row in rows.lines().take_while(|row| row.starts_with("| `")) {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let (fields, becomes) = (cells.next().unwrap(), cells.next().unwrap());
        for field in names(fields) {
            let becomes = match becomes {
                "the path" => Becomes::Path,
                "the reply" => Becomes::Reply,
                "Vertex AI only" => Becomes::Vertex,
                "ignored" => Becomes::Ignored,
                "refused" => Becomes::Refused,
                members => Becomes::Members(names(members)),
            };
            table.push((field, becomes));
        }
    }
    table
}

/// A plain request with `members` laid over it, as far as Google.
fn requested(members: &Value) -> Host {
    let mut body =
        serde_json::json!({"model": "gemini-3-pro-preview", "messages": [{"role": "user", "content": "Hi"}]});
    body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    let mut host = Host::new(&config("{}"));
    host.request(&Message::chat(&body.to_string()));
    host
}

/// What Google gets for it: the path and the body.
fn upstream(members: &Value) -> (String, Value) {
    let host = requested(members);
    let sent = host.upstream.unwrap_or_else(|| panic!("{members} is refused: {}", host.client.text()));
    (sent.header(":path").unwrap().to_owned(), serde_json::from_slice(&sent.body).unwrap())
}

#[test]
fn every_row_is_true() {
    let examples: Value = serde_json::from_str(EXAMPLES).unwrap();
    for (field, becomes) in table() {
        let any = serde_json::json!({field: "x"});
        if matches!(becomes, Becomes::Refused) {
            let refusal: Value = serde_json::from_slice(&requested(&any).client.body).unwrap();
            assert_eq!(refusal["error"]["param"], field);
            continue;
        }
        let example = if matches!(becomes, Becomes::Ignored) { any } else { examples[field].clone() };
        assert!(example.is_object(), "{field} has no example");
        let mut without = example.clone();
        without.as_object_mut().unwrap().remove(field);
        let (path, body) = upstream(&example);
        let (path_without, body_without) = upstream(&without);
        match becomes {
            Becomes::Members(members) => {
                assert!(!members.is_empty(), "{field}");
                for member in members {
                    let pointer = format!("/{}", member.replace('.', "/"));
                    assert!(body.pointer(&pointer).is_some(), "{field}: no {member} in {body}");
                }
                assert_ne!(body, body_without, "{field}");
            }
            Becomes::Path => assert_ne!(path, path_without, "{field}"),
            Becomes::Reply | Becomes::Vertex | Becomes::Ignored | Becomes::Refused => {
                assert_eq!((path, body), (path_without, body_without), "{field}");
            }
        }
    }
}

#[test]
fn every_field_has_a_row() {
    let table = table();
    for field in OPENAI {
        assert!(table.iter().any(|(name, _)| *name == field), "{field} is not in the table");
    }
    let mut read = Members(Vec::new());
    assert!(ChatRequest::deserialize(&mut read).is_err());
    // `prompt` is read only to be refused.
    for field in read.0.iter().filter(|field| **field != "prompt") {
        let row = table.iter().find(|(name, _)| name == field);
        assert!(row.is_some_and(|(_, becomes)| !matches!(becomes, Becomes::Ignored)), "{field}: {row:?}");
    }
    for (field, becomes) in &table {
        let is_read = read.0.contains(field);
        assert_ne!(is_read, matches!(becomes, Becomes::Ignored), "{field}");
    }
}

/// Learns which members a type reads.
struct Members(Vec<&'static str>);

impl<'de> Deserializer<'de> for &mut Members {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("not a struct"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.extend(fields);
        Err(Error::custom("only its members are of interest"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
