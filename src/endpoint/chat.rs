//! Chat completions: OpenAI's request to Google's `generateContent`, and its reply back.
//!
//! | concern | file |
//! |---|---|
//! | roles, turns, text | `messages` |
//! | sampling parameters and their ranges | `sampling` |
//! | what every reply begins with | `envelope` |
//! | a reply in one piece | `whole` |
//! | a streamed reply | `stream` |
//! | function calls of a reply | `calls` |
//! | what else a reply has | `extras` |
//! | images and files of a reply | `media_out` |
//! | sound of a reply | `audio_out` |
//! | what Google did itself | `server_tools` |
//! | sources, ratings and the like | `metadata`, `annotations`, `text_index` |
//! | likelihoods of tokens | `logprobs` |
//! | why it ended | `finish` |
//! | token counts | `usage` |
//! | what is refused until it is built | `unsupported` |
//!
//! <https://platform.openai.com/docs/api-reference/chat>, <https://ai.google.dev/api/generate-content>

mod annotations;
mod audio_out;
mod calls;
mod envelope;
mod extras;
mod finish;
mod logprobs;
mod media_out;
mod messages;
mod metadata;
mod sampling;
mod server_tools;
mod stream;
mod text_index;
mod unsupported;
mod usage;
mod whole;

use crate::config::{Config, ModelPolicy, ResponseStreaming};
use crate::error::Error;
use crate::model::Model;
use crate::pipe;
use crate::wire::gemini::GenerateContentRequest;
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;

use super::{Forward, Next, Request};

/// `POST …/chat/completions`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn chat(request: &Request<'_>) -> Result<Next, Error> {
    let Object(chat) = json::from_slice::<Object<ChatRequest<'_>>>(request.body)?;
    unsupported::refuse(&chat)?;

    let config = request.config;
    let model = model(config, chat.model.as_deref())?;
    let stream = streams(config, chat.stream)?;
    let turns = messages::translate(&chat, &model)?;
    let body = GenerateContentRequest {
        contents: turns.contents,
        system_instruction: turns.system,
        generation_config: sampling::translate(&chat, config, &model)?,
    };
    let body =
        serde_json::to_vec(&body).map_err(|_| Error::server(500, "The request could not be translated."))?;

    let wav = chat.audio.and_then(|Object(audio)| audio.format).is_some_and(|format| &*format == "wav");
    let envelope = envelope::Envelope::new(&model, request, wav);
    let (method, reply) = if stream {
        let include_usage =
            chat.stream_options.and_then(|Object(options)| options.include_usage).unwrap_or(false);
        ("streamGenerateContent", pipe::events(stream::ChatStream::new(envelope, include_usage)))
    } else {
        ("generateContent", pipe::whole(whole::ChatReply { envelope }))
    };
    Ok(Next::Forward(Forward {
        resource: model.resource(),
        method,
        body,
        model: model.name().to_owned(),
        reply,
    }))
}

/// The model to call: the configured one, else the client's. Messages are Kong's.
fn model(config: &Config, given: Option<&str>) -> Result<Model, Error> {
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
fn streams(config: &Config, asked: Option<bool>) -> Result<bool, Error> {
    match (config.response_streaming, asked.unwrap_or(false)) {
        (ResponseStreaming::Always, _) | (ResponseStreaming::Allow, true) => Ok(true),
        (_, false) => Ok(false),
        (ResponseStreaming::Deny, true) => {
            Err(Error::invalid("response streaming is not enabled for this LLM").param("stream"))
        }
    }
}

#[cfg(test)]
mod tests;
