//! Legacy completions: the prompt is a turn of the user's, the reply its text alone.
//!
//! The rest is chat's. What chat has no word for is here.
//! <https://platform.openai.com/docs/api-reference/completions>

pub(super) mod logprobs;
mod stream;

use serde_json::value::RawValue;

use super::chat::envelope::Shape;
use super::chat::google::{self, Options};
use super::chat::output::MOST_ALTERNATIVES;
use super::chat::sampling::out_of_range;
use super::{Next, Request, chat};
use crate::config::Output;
use crate::error::Error;
use crate::model::Model;
use crate::wire::json::{self, Object};
use crate::wire::lenient::Members;
use crate::wire::openai::{ChatRequest, Message};
use crate::wire::text::{Str, Text};

pub(super) use stream::CompletionStream;

/// `POST …/completions`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn completions(request: &Request<'_>) -> Result<Next, Error> {
    chat::check_native(request.config)?;
    chat::check_weight(request.body)?;
    let Object(mut chat) = json::from_slice::<Object<ChatRequest<'_>>>(request.body)?;
    let members: Members<'_> = json::from_slice(request.body)?;
    members.once("", &["best_of", "echo", "suffix"])?;
    let model = chat::model(request.config, chat.model.as_deref())?.told(request.config.model.capabilities);
    check_text(&model)?;
    let prompt = prompt(&chat)?;
    let google = google::options(&chat, request.config.upstream.backend, &request.config.forced())?;
    refuse_functions(&google)?;
    let n = google.candidates(chat.n);
    refuse_suffix(members.get("suffix"))?;
    let best_of = read::<i64>(&members, "best_of")?.unwrap_or_default();
    if u64::try_from(best_of).is_ok_and(|best_of| best_of > n) {
        return Err(Error::invalid(
            "Gemini does not choose among candidates: 'best_of' must not exceed 'n'.",
        )
        .param("best_of")
        .code("unsupported_value"));
    }
    if chat.max_tokens == Some(0) {
        return Err(out_of_range("max_tokens", "integer", "below minimum", ">=", 1.0));
    }
    let echo = read::<bool>(&members, "echo")?.unwrap_or(false);
    let alternatives = read::<i64>(&members, "logprobs")?;
    if echo && alternatives.is_some() {
        return Err(Error::invalid(
            "Gemini does not tell how likely the tokens of a prompt are: 'logprobs' goes without 'echo'.",
        )
        .param("logprobs")
        .code("unsupported_value"));
    }
    ask_likelihoods(&mut chat, alternatives)?;
    // Calls, sound and images have no place in the reply.
    chat.tools = None;
    chat.functions = None;
    chat.tool_choice = None;
    chat.function_call = None;
    chat.modalities = None;
    chat.audio = None;
    chat.messages = Some(vec![turn("user", prompt)]);
    chat.prompt = None;
    let echo = if echo { echoed(prompt, n)? } else { String::new() };
    chat::generate(request, &chat, &model, Shape::Completion { echo })
}

/// The prompt as each of `n` texts begins with it.
fn echoed(prompt: &RawValue, n: u64) -> Result<String, Error> {
    let echo = Text::from_raw(prompt).map_or_else(String::new, |prompt| prompt.inner().to_owned());
    let times = usize::try_from(n).unwrap_or(usize::MAX);
    if echo.len().saturating_mul(times) > MOST_ECHOED {
        return Err(Error::invalid(format!("No more than {MOST_ECHOED} bytes of prompts are echoed."))
            .param("echo")
            .code("unsupported_value"));
    }
    Ok(echo)
}

/// Bytes of prompts in one reply, which a request could otherwise make eight times as long as itself.
const MOST_ECHOED: usize = 1 << 20;

/// Refuses a model that does not answer with text.
fn check_text(model: &Model) -> Result<(), Error> {
    let what = match model.output() {
        Output::Text => return Ok(()),
        Output::Audio => "speaks",
        Output::Image => "draws",
    };
    Err(Error::invalid(format!(
        "This model {what}: completions hold nothing but text. Use chat completions."
    ))
    .param("model")
    .code("unsupported_value"))
}

/// The prompt, a JSON string. What is said where there is none is Kong's.
fn prompt<'a>(chat: &ChatRequest<'a>) -> Result<&'a RawValue, Error> {
    let refused = |message: &str, code| Err(Error::invalid(message).param("prompt").code(code));
    let prompt = match (chat.prompt, &chat.messages) {
        (Some(_), Some(_)) => {
            return refused("request matches multiple LLM request formats", "unknown_parameter");
        }
        (None, Some(_)) => {
            return refused(
                "[llm/v1/chat] message format is not compatible with [llm/v1/completions] route type",
                "missing_required_parameter",
            );
        }
        (None, None) => {
            return refused("request body doesn't contain valid prompts", "missing_required_parameter");
        }
        (Some(prompt), None) => prompt,
    };
    one(prompt, "prompt")
}

/// The one string that the member `name` is or holds.
pub(super) fn one<'a>(prompt: &'a RawValue, name: &str) -> Result<&'a RawValue, Error> {
    let refused = |message: &str, code| Err(Error::invalid(message).param(name).code(code));
    if !prompt.get().starts_with('[') {
        return string(prompt, name);
    }
    let prompts: Vec<&RawValue> = json::from_raw(prompt, name)?;
    match prompts[..] {
        [] => refused("Invalid value: empty array. Expected a prompt.", "empty_array"),
        [first, ..] if is_tokens(first) => refused(
            "Token ids are those of OpenAI's models and mean nothing to Gemini. Send the prompt as a string.",
            "unsupported_value",
        ),
        [prompt] => string(prompt, &format!("{name}[0]")),
        _ => refused(
            "Several prompts in one request are not supported. Send a request for each of them.",
            "unsupported_value",
        ),
    }
}

/// Whether these are token ids, one or a list.
pub(super) fn is_tokens(raw: &RawValue) -> bool {
    let raw = raw.get();
    let first = raw.strip_prefix('[').map_or(raw, str::trim_start);
    first.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// A message of `role` that says `content`.
pub(super) fn turn<'a>(role: &'static str, content: &'a RawValue) -> Object<Message<'a>> {
    Object(Message { role: Some(Str(role.into())), content: Some(content), ..Message::default() })
}

/// `raw`, which stands at `path`, where it is a string.
pub(super) fn string<'a>(raw: &'a RawValue, path: &str) -> Result<&'a RawValue, Error> {
    if raw.get().starts_with('"') {
        return Ok(raw);
    }
    Err(Error::invalid(format!("Invalid type for '{path}': expected a string."))
        .param(path)
        .code("invalid_type"))
}

/// Google's own tools may run beside a prompt; a call of the client's functions would be lost.
fn refuse_functions(google: &Options<'_>) -> Result<(), Error> {
    for (path, tool) in &google.tools {
        let Members(members) = json::from_raw(tool, path)?;
        for (name, _) in members {
            let path = format!("{path}.{name}");
            if google::camel_case(name) == "functionDeclarations" {
                return Err(Error::invalid(
                    "A completion has no place for calls: functions cannot be declared. Use chat completions.",
                )
                .param(path)
                .code("unsupported_value"));
            }
        }
    }
    Ok(())
}

/// Gemini continues a text and does not fill a gap in one.
fn refuse_suffix(suffix: Option<&RawValue>) -> Result<(), Error> {
    let Some(suffix) = suffix else {
        return Ok(());
    };
    if json::from_raw::<Str<'_>>(suffix, "suffix")?.is_empty() {
        return Ok(());
    }
    Err(Error::invalid("Gemini does not insert text: 'suffix' is not supported.")
        .param("suffix")
        .code("unsupported_parameter"))
}

/// Asks for the likelihood of each token, in chat's words.
fn ask_likelihoods(chat: &mut ChatRequest<'_>, alternatives: Option<i64>) -> Result<(), Error> {
    if let Some(asked) = alternatives {
        if asked < 0 {
            return Err(out_of_range("logprobs", "integer", "below minimum", ">=", 0.0));
        }
        if asked > MOST_ALTERNATIVES {
            return Err(out_of_range("logprobs", "integer", "above maximum", "<=", 20.0));
        }
    }
    chat.logprobs = alternatives.and_then(|_| serde_json::from_str("true").ok());
    chat.top_logprobs = alternatives;
    Ok(())
}

/// The member `name`, where there is one.
fn read<'a, T: serde::Deserialize<'a>>(members: &Members<'a>, name: &str) -> Result<Option<T>, Error> {
    Ok(members.get(name).map(|raw| json::from_raw(raw, name)).transpose()?)
}

#[cfg(test)]
mod tests;
