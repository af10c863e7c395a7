//! The operator's options, where the client says nothing of them, or in spite of it.

use crate::config::{Config, OptionsMode};
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
