//! Chat completions: OpenAI's request to Google's `generateContent`, and its reply back.
//!
//! | concern | file |
//! |---|---|
//! | roles and turns | `messages` |
//! | text and media of a message | `content`, `media_in` |
//! | calls and their results in the history | `history`, `results` |
//! | what Google did itself in the history | `steps` |
//! | thought signatures in the history | `signatures` |
//! | tools, which of them, their names | `tools`, `built_in`, `tool_choice`, `names` |
//! | replies in JSON, or one of a few strings | `format` |
//! | how much to think | `thinking` |
//! | images, sound and likelihoods asked for | `output` |
//! | Google's own options | `google` |
//! | service tier, labels | `billing` |
//! | what the model cannot take | `dropped` |
//! | sampling parameters and their ranges | `sampling` |
//! | what every reply begins with | `envelope` |
//! | a reply in one piece | `whole` |
//! | a streamed reply | `stream` |
//! | a streamed reply for one that is not | `fold` |
//! | function calls of a reply | `calls`, `partial_args` |
//! | what else a reply has | `extras` |
//! | images and files of a reply | `media_out` |
//! | sound of a reply | `audio_out` |
//! | what Google did itself | `server_tools` |
//! | sources, ratings and the like | `metadata`, `annotations`, `text_index` |
//! | likelihoods of tokens | `logprobs` |
//! | why it ended | `finish` |
//! | token counts | `usage` |
//!
//! <https://platform.openai.com/docs/api-reference/chat>, <https://ai.google.dev/api/generate-content>

mod annotations;
pub(super) mod audio_out;
pub(super) mod billing;
mod built_in;
pub(super) mod calls;
mod content;
mod dropped;
pub(super) mod envelope;
mod extras;
pub(super) mod finish;
mod fold;
mod format;
pub(super) mod google;
mod history;
pub(super) mod logprobs;
mod media_in;
mod media_out;
mod messages;
mod metadata;
mod names;
pub(super) mod output;
mod partial_args;
mod results;
pub(super) mod sampling;
mod server_tools;
pub(super) mod signatures;
mod steps;
mod stream;
mod text_index;
mod thinking;
mod tool_choice;
mod tools;
pub(super) mod usage;
mod whole;

use crate::config::{Config, ModelPolicy, RequestMode, ResponseStreaming, SignatureCarrier, UpstreamFormat};
use crate::error::Error;
use crate::media::{Backend, MediaResolution};
use crate::model::Model;
use crate::pipe;
use crate::wire::gemini::GenerateContentRequest;
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;

use super::completions::CompletionStream;
use super::{Forward, Next, Operation, Request};
use envelope::Shape;

/// `POST …/chat/completions`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn chat(request: &Request<'_>) -> Result<Next, Error> {
    check_weight(request.body)?;
    let Object(chat) = json::from_slice::<Object<ChatRequest<'_>>>(request.body)?;
    let model = model(request.config, chat.model.as_deref())?.told(request.config.model.capabilities);
    generate(request, &chat, &model, Shape::Chat)
}

/// The request that `chat` becomes, and the reader that makes of its reply what has `shape`.
///
/// # Errors
/// 400 with the `param` at fault.
pub(super) fn generate(
    request: &Request<'_>,
    chat: &ChatRequest<'_>,
    model: &Model,
    shape: Shape,
) -> Result<Next, Error> {
    let config = request.config;
    let stream = streams(config, chat.stream)?;
    let ahead = config.request_mode == RequestMode::Headers;
    let Translated { body, calling, wav, mut headers, mut dropped } =
        translate(request, chat, model, stream)?;
    if ahead && !headers.is_empty() {
        dropped.push("service_tier");
        headers.clear();
    }
    let preview = body.cached_content.is_some();
    let body = written(&body, request.body.len())?;

    let include_usage = chat.stream_options.as_ref().and_then(|Object(options)| options.include_usage);
    let include_usage = include_usage.unwrap_or(false);
    let envelope = envelope::Envelope::new(model, calling, request, wav, shape);
    let (method, reply) = if stream {
        let asked = chat.n.and_then(|n| u64::try_from(n).ok()).unwrap_or(1);
        let reply = match envelope.shape {
            Shape::Chat => pipe::events(stream::ChatStream::new(envelope, include_usage, asked)),
            Shape::Completion { .. } => pipe::events(CompletionStream::new(envelope, include_usage)),
        };
        ("streamGenerateContent", reply)
    } else if ahead {
        ("streamGenerateContent", pipe::events(fold::ChatFold::new(envelope)))
    } else {
        ("generateContent", pipe::whole(whole::ChatReply { envelope }))
    };
    let operation = Operation::Model { resource: model.resource(config.upstream.backend), method, preview };
    let model = model.name().to_owned();
    Ok(Next::Forward(Forward { operation, headers, body: body.into(), model, dropped, reply }))
}

/// A chat as Google takes it.
pub(super) struct Translated<'a> {
    /// Google's request.
    pub(super) body: GenerateContentRequest<'a>,
    calling: calls::Calling,
    /// Whether sound goes to the client as WAV.
    wav: bool,
    /// Headers for Google.
    headers: Vec<(&'static str, &'static str)>,
    /// Members that the model cannot take.
    pub(super) dropped: Vec<&'static str>,
}

/// Translates `chat` for `model`; `stream` tells whether the client gets its reply as it comes.
///
/// # Errors
/// 400 with the `param` at fault.
pub(super) fn translate<'a>(
    request: &Request<'_>,
    chat: &ChatRequest<'a>,
    model: &Model,
    stream: bool,
) -> Result<Translated<'a>, Error> {
    let config = request.config;
    let backend = config.upstream.backend;
    let google = google::options(chat, backend, &config.forced())?;
    let mut names = names::Names::default();
    let target = tools::Target { model, backend };
    let mut tools = tools::translate(chat, &google.tools, target, &mut names)?;
    let choice = tool_choice::translate(chat, &tools, &mut names)?;
    let mut context = messages::Context {
        model,
        names: &mut names,
        media: media_in::MediaReader::new(model, backend),
        steps: steps::Steps::beside(&tools, backend),
        kept: request.signatures,
    };
    let mut conversation = messages::translate(chat, &mut context)?;
    let mut generation = sampling::translate(chat, config, model)?;
    generation.media_resolution = context.media.resolution.map(MediaResolution::of_request);
    generation.thinking_config = thinking::translate(chat, model)?;
    let wav = output::modalities(chat, model, &mut generation)?;
    output::logprobs(chat, &mut generation)?;
    format::translate(chat, model, &tools, &mut generation, &mut conversation.system)?;
    conversation.repair(model);

    let calling = calls::Calling {
        names,
        custom: tools.custom.clone(),
        legacy: tools.legacy,
        signatures: request.signatures.clone(),
        in_ids: config.signatures.carrier == SignatureCarrier::Id,
    };
    let mut dropped = dropped::members(chat, model, &tools);
    let in_pieces = stream && google.stream_arguments(backend);
    let metadata = chat.metadata.filter(|_| config.metadata_as_labels);
    let tier = billing::service_tier(chat.service_tier.as_deref())?;
    let mut body = GenerateContentRequest {
        system_instruction: conversation.take_system(),
        contents: conversation.contents,
        tool_config: tools.config(choice, in_pieces, backend),
        tools: tools.into_wire(),
        generation_config: google.over(&generation)?,
        safety_settings: google.safety,
        labels: billing::labels(google.labels, metadata, backend)?,
        cached_content: google.cached_content,
        service_tier: tier.filter(|_| backend == Backend::Developer),
    };
    dropped.extend(dropped::beside_a_cache(&mut body));
    let headers = tier.filter(|_| backend == Backend::Vertex).map(billing::tier_headers).unwrap_or_default();
    Ok(Translated { body, calling, wav, headers, dropped })
}

/// Refuses a route to Google's own endpoint for OpenAI's clients, of which chat is all that is used.
pub(super) fn check_native(config: &Config) -> Result<(), Error> {
    match config.upstream_format {
        UpstreamFormat::Gemini => Ok(()),
        UpstreamFormat::OpenAi => Err(Error::new(
            501,
            "invalid_request_error",
            "This route's `upstream_format` is `openai`, which serves chat completions alone.",
        )
        .code("unsupported_endpoint")),
    }
}

/// Refuses a body of more values than could be read safely.
pub(super) fn check_weight(body: &[u8]) -> Result<(), Error> {
    if json::is_too_heavy(body) {
        return Err(Error::invalid("The request holds too many values.").code("request_too_complex"));
    }
    Ok(())
}

/// What chats, completions and speech ask of Google where that is told before the body: a stream, whatever the client
/// wants.
///
/// # Errors
/// 400 where the model is not known, 501 where the route speaks OpenAI's format to Google.
pub fn ahead(config: &Config) -> Result<Operation, Error> {
    check_native(config)?;
    let resource = model(config, None)?.resource(config.upstream.backend);
    Ok(Operation::Model { resource, method: "streamGenerateContent", preview: false })
}

/// The body, for a client's of `size` bytes: in one allocation, which is all there is room for beside a large one.
fn written(body: &GenerateContentRequest<'_>, size: usize) -> Result<Vec<u8>, Error> {
    let mut json = Vec::with_capacity(size.saturating_add(size / 16).saturating_add(1024));
    serde_json::to_writer(&mut json, body)
        .map_err(|_| Error::server(500, "The request could not be translated."))?;
    Ok(json)
}

/// The model to call: the configured one, else the client's. Messages are Kong's.
pub(super) fn model(config: &Config, given: Option<&str>) -> Result<Model, Error> {
    let given = given.filter(|given| !given.is_empty());
    match (&config.model.name, given) {
        (None, None) => {
            Err(Error::invalid("model parameter not found in request, nor in gateway configuration")
                .param("model")
                .code("missing_required_parameter"))
        }
        (None, Some(given)) => Model::parse(given),
        (Some(name), Some(given)) if config.model_policy == ModelPolicy::Match => {
            let ours = given == name || config.model.aliases.iter().any(|alias| alias == given);
            if !ours {
                return Err(Error::invalid(format!("cannot use own model - must be: {name}"))
                    .param("model")
                    .code("model_not_found"));
            }
            Model::parse(name)
        }
        (Some(name), _) => Model::parse(name),
    }
}

/// Whether the reply is a stream; the message is Kong's.
pub(super) fn streams(config: &Config, asked: Option<bool>) -> Result<bool, Error> {
    match (config.response_streaming, asked.unwrap_or(false)) {
        (ResponseStreaming::Always, _) | (ResponseStreaming::Allow, true) => Ok(true),
        (_, false) => Ok(false),
        (ResponseStreaming::Deny, true) => {
            Err(Error::invalid("response streaming is not enabled for this LLM").param("stream"))
        }
    }
}

/// The same where a stream is of no use to a client that did not ask for it: images, sound and transcripts.
pub(super) fn streams_as_asked(config: &Config, asked: Option<bool>) -> Result<bool, Error> {
    Ok(streams(config, asked)? && asked == Some(true))
}

#[cfg(test)]
pub(super) mod tests;
