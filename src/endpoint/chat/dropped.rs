//! What a model cannot take is left out of the request, and the client is told so, in `x-llm-dropped`.

use super::tools::Tools;
use crate::model::{Model, Thinking};
use crate::wire::gemini::GenerateContentRequest;
use crate::wire::openai::ChatRequest;

/// The members of the request that have no effect on this model.
pub(super) fn members(chat: &ChatRequest<'_>, model: &Model, tools: &Tools<'_>) -> Vec<&'static str> {
    let penalty = |given: &Option<serde_json::Number>| {
        !model.has_penalties() && given.as_ref().and_then(serde_json::Number::as_f64).unwrap_or(0.0) != 0.0
    };
    let effort = chat.reasoning_effort.is_some() && model.thinking() == Thinking::None;
    let left_out = [
        ("temperature", chat.temperature.is_some() && !model.has_sampling()),
        ("top_p", chat.top_p.is_some() && !model.has_sampling()),
        ("top_k", chat.top_k.is_some() && !model.has_sampling()),
        ("presence_penalty", penalty(&chat.presence_penalty)),
        ("frequency_penalty", penalty(&chat.frequency_penalty)),
        ("reasoning_effort", effort),
        ("tools", tools.left_out),
    ];
    left_out.into_iter().filter(|(_, is_left_out)| *is_left_out).map(|(member, _)| member).collect()
}

/// Takes out what Google refuses beside a cache, since it is part of the cache, and says what that was.
pub(super) fn beside_a_cache(body: &mut GenerateContentRequest<'_>) -> Vec<&'static str> {
    if body.cached_content.is_none() {
        return Vec::new();
    }
    let system = body.system_instruction.take().map(|_| "messages");
    let tools = (!std::mem::take(&mut body.tools).is_empty()).then_some("tools");
    let choice = body.tool_config.take().map(|_| "tool_choice");
    [system, tools, choice].into_iter().flatten().collect()
}
