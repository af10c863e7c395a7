//! The operator's options, where the client says nothing of them, or in spite of it.

use std::borrow::Cow;

use super::READ;
use crate::config::{Config, OptionsMode};
use crate::endpoint::chat::google::camel_case;
use crate::error::Error;
use crate::model::Model;
use crate::wire::edit::Change;
use crate::wire::lenient::Members;

/// OpenAI's names of the longest reply, the newer one first.
const MOST_TOKENS: [&str; 2] = ["max_completion_tokens", "max_tokens"];

/// What they change of the request's `members`.
pub(super) fn changes(config: &Config, model: &Model, members: &Members<'_>) -> Vec<Change<'static>> {
    let options = &config.options;
    let force = config.options_mode == OptionsMode::Force;
    let mut changes = Vec::new();
    // Some models take none of these; a client that sends them all the same is told so by Google.
    let sampling = [
        ("temperature", options.temperature.as_ref().map(ToString::to_string)),
        ("top_p", options.top_p.as_ref().map(ToString::to_string)),
        ("top_k", options.top_k.map(|top_k| top_k.to_string())),
    ];
    for (name, value) in sampling.into_iter().filter(|_| model.has_sampling()) {
        if value.is_some() && (force || members.get(name).is_none()) {
            changes.push((name, value));
        }
    }
    if let Some(most) = options.max_tokens.map(|most| most.to_string()) {
        let given = MOST_TOKENS.into_iter().filter(|name| members.get(name).is_some());
        let given: Vec<_> = given.map(|name| (name, Some(most.clone()))).collect();
        match given.is_empty() {
            true => changes.push(("max_tokens", Some(most))),
            false if force => changes.extend(given),
            false => {}
        }
    }
    changes
}

/// Refuses what is forced where it stands by another name or in another place than [`changes`] sees to, of which Google
/// may read any: `topP`, `google.generation_config.maxOutputTokens`, `extra_body.google.temperature`.
///
/// # Errors
/// 400 with the `param` at fault.
pub(super) fn check_forced(config: &Config, members: &Members<'_>) -> Result<(), Error> {
    let forced = config.forced();
    if forced.is_empty() { Ok(()) } else { check(&forced, members, "", 0) }
}

/// Checks the object at `path`, which ends in a dot unless it is empty.
fn check(forced: &[&str], members: &Members<'_>, path: &str, depth: u8) -> Result<(), Error> {
    /// That of `extra_body.extra_body.google.generation_config`, the deepest place known.
    const DEEPEST: u8 = 4;
    for (name, value) in members.0.iter().filter(|(_, value)| value.get() != "null") {
        let google = match &*camel_case(Cow::Borrowed(name)) {
            "maxTokens" | "maxCompletionTokens" => "maxOutputTokens".to_owned(),
            name => name.to_owned(),
        };
        let changed = depth == 0 && READ.contains(&&**name);
        if forced.contains(&&*google) && !changed {
            let path = format!("{path}{name}");
            return Err(Error::invalid(format!("The gateway sets this parameter itself: '{path}'."))
                .param(path)
                .code("unsupported_parameter"));
        }
        if depth < DEEPEST
            && ["google", "extraBody", "generationConfig"].contains(&&*google)
            && let Some(inner) = Members::of(value.get())
        {
            check(forced, &inner, &format!("{path}{name}."), depth.saturating_add(1))?;
        }
    }
    Ok(())
}
