//! Token counts: how long a request would be, without its reply.
//!
//! The request is translated as chat is. The Developer API counts `contents` alone, or a whole request that is wrapped;
//! Vertex AI takes the same members side by side.
//! <https://ai.google.dev/api/tokens>, <https://platform.openai.com/docs/api-reference/responses/input-tokens>

mod items;

use super::{Forward, Next, Operation, Request, chat, completions};
use crate::config::Capabilities;
use crate::error::Error;
use crate::media::Backend;
use crate::pipe::{self, Reader, Sink};
use crate::wire::edit::quoted;
use crate::wire::gemini::GenerateContentRequest;
use crate::wire::json::{self, Object};
use crate::wire::lenient::{Count, Members};
use crate::wire::openai::ChatRequest;
use crate::wire::text::Str;

/// `POST …/responses/input_tokens`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn input_tokens(request: &Request<'_>) -> Result<Next, Error> {
    let members = members(request)?;
    let mut dropped = Vec::new();
    let chat = items::chat(&members, &mut dropped)?;
    count(request, &chat, dropped, |tokens| {
        format!("{{\"object\":\"response.input_tokens\",\"input_tokens\":{tokens}}}")
    })
}

/// `POST …/tokenize`, as vLLM and Envoy AI Gateway have it: one of `prompt`, `messages` (with `tools`), `text` and `input`.
///
/// # Errors
/// 400 with the `param` at fault.
pub fn tokenize(request: &Request<'_>) -> Result<Next, Error> {
    let members = members(request)?;
    let mut dropped = Vec::new();
    if let Some(asked) = members.get("return_token_strs").filter(|asked| asked.get() != "false") {
        json::from_raw::<bool>(asked, "return_token_strs")?;
        dropped.push("return_token_strs");
    }
    let given = ["messages", "prompt", "text", "input"].map(|name| members.get(name).map(|raw| (name, raw)));
    let mut given = given.into_iter().flatten();
    let chat = match (given.next(), given.next()) {
        (Some(("messages", _)), None) => json::from_slice::<Object<ChatRequest<'_>>>(request.body)?.0,
        (Some(("input", _)), None) => items::chat(&members, &mut dropped)?,
        (Some((name, raw)), None) => ChatRequest {
            model: model(&members)?,
            messages: Some(vec![completions::turn("user", completions::one(raw, name)?)]),
            ..ChatRequest::default()
        },
        (None, _) => return Err(Error::missing("prompt")),
        (_, Some((name, _))) => {
            return Err(Error::invalid(
                "One of 'prompt', 'messages', 'text' and 'input' is counted at a time.",
            )
            .param(name)
            .code("unknown_parameter"));
        }
    };
    count(request, &chat, dropped, |tokens| format!("{{\"count\":{tokens}}}"))
}

fn members<'a>(request: &Request<'a>) -> Result<Members<'a>, Error> {
    chat::check_native(request.config)?;
    chat::check_weight(request.body)?;
    let members: Members<'_> = json::from_slice(request.body)?;
    members.once("", &READ)?;
    Ok(members)
}

/// The members that are read.
const READ: [&str; 10] = [
    "conversation",
    "input",
    "instructions",
    "messages",
    "model",
    "previous_response_id",
    "prompt",
    "return_token_strs",
    "text",
    "tools",
];

fn model<'a>(members: &Members<'a>) -> Result<Option<Str<'a>>, Error> {
    Ok(members.get("model").map(|raw| json::from_raw(raw, "model")).transpose()?)
}

/// Asks for the count of `chat`, which `told` tells the client.
fn count(
    request: &Request<'_>,
    chat: &ChatRequest<'_>,
    mut dropped: Vec<&'static str>,
    told: fn(u64) -> String,
) -> Result<Next, Error> {
    let config = request.config;
    let backend = config.upstream.backend;
    // They cost nothing, and Vertex AI's method knows them only in newer versions.
    let capabilities = Capabilities { call_ids: Some(false), ..config.model.capabilities };
    let model = chat::model(config, chat.model.as_deref())?.told(capabilities);
    let translated = chat::translate(request, chat, &model, false)?;
    dropped.extend(translated.dropped);
    let mut body = counted(translated.body);
    if backend == Backend::Vertex {
        body.tool_config = None;
        dropped.extend(body.cached_content.take().map(|_| "cached_content"));
    }
    let operation =
        Operation::Model { resource: model.resource(backend), method: "countTokens", preview: false };
    Ok(Next::Forward(Forward {
        operation,
        headers: Vec::new(),
        body: written(&body, &model.resource(Backend::Developer), backend, request.body.len())?.into(),
        model: model.name().to_owned(),
        dropped,
        reply: pipe::whole(Counter { told }),
    }))
}

/// What of a request is counted. Its `toolConfig` stays: without it the Developer API refuses some tools together.
fn counted(body: GenerateContentRequest<'_>) -> GenerateContentRequest<'_> {
    let generation = body.generation_config.as_deref().and_then(|config| Members::of(config.get()));
    let resolution = generation.and_then(|members| members.get("mediaResolution"));
    let generation_config = resolution.and_then(|level| {
        serde_json::value::RawValue::from_string(format!("{{\"mediaResolution\":{}}}", level.get())).ok()
    });
    GenerateContentRequest {
        generation_config,
        safety_settings: None,
        labels: None,
        service_tier: None,
        ..body
    }
}

/// The body, for a client's of `size` bytes, in one allocation.
fn written(
    body: &GenerateContentRequest<'_>,
    resource: &str,
    backend: Backend,
    size: usize,
) -> Result<Vec<u8>, Error> {
    let alone = body.system_instruction.is_none()
        && body.tools.is_empty()
        && body.generation_config.is_none()
        && body.cached_content.is_none();
    let mut json = Vec::with_capacity(size.saturating_add(size / 16).saturating_add(1024));
    let wrapped = backend == Backend::Developer && !alone;
    if wrapped {
        json.extend_from_slice(b"{\"generateContentRequest\":{\"model\":");
        json.extend_from_slice(quoted(resource).as_bytes());
    }
    let start = json.len();
    serde_json::to_writer(&mut json, body)
        .map_err(|_| Error::server(500, "The request could not be translated."))?;
    if wrapped {
        // The members follow the model.
        if let Some(brace) = json.get_mut(start) {
            *brace = b',';
        }
        json.push(b'}');
    }
    Ok(json)
}

/// The reader of a count.
struct Counter {
    told: fn(u64) -> String,
}

impl Reader for Counter {
    fn event(&mut self, reply: &[u8], out: &mut Sink) -> Result<(), Error> {
        let reply: Members<'_> = json::read(reply).ok_or_else(Error::reply_unreadable)?;
        let tokens = reply.get("totalTokens").and_then(|raw| serde_json::from_str::<Count>(raw.get()).ok());
        // proto3 JSON leaves out a zero.
        out.bytes = (self.told)(tokens.unwrap_or_default().0).into_bytes();
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

#[cfg(test)]
mod tests;
