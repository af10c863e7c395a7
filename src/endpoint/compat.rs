//! Chat completions through Google's own endpoint for OpenAI's clients, `upstream_format: "openai"`.
//!
//! Rule: what is not ours to change stays as it was written, byte for byte, both ways. Of a request that is everything
//! but the model, the operator's options, the stream and its usage, and thought signatures; of a reply, everything
//! but what the endpoint is known to get wrong:
//!
//! | defect | repair |
//! |---|---|
//! | an error stands in an array, or in the midst of a stream | one error in OpenAI's shape |
//! | usage in every chunk, thinking in its total alone | usage once, where it was asked for; `total` = `prompt` + `completion` |
//! | calls of a stream without `index`, or all with 0 | numbered by choice |
//! | ids of calls that are empty, or the function's name | ids of ours |
//! | `finish_reason` `stop` beside calls, none, or Google's own word | OpenAI's word, told once at the end |
//! | the role in every chunk | once |
//! | no `id`, `refusal`, `content`, `choices` | put in |
//! | thought signatures that clients drop | kept, and put back |
//!
//! <https://ai.google.dev/gemini-api/docs/openai>,
//! <https://cloud.google.com/vertex-ai/generative-ai/docs/start/openai>

mod calls;
mod envelope;
mod history;
mod options;
mod stream;
mod usage;
mod whole;

use super::{Forward, Next, Operation, Request, chat};
use crate::error::Error;
use crate::media::Backend;
use crate::model::Model;
use crate::pipe;
use crate::wire::edit::{Change, Edits, quoted};
use crate::wire::json;
use crate::wire::lenient::Members;
use crate::wire::openai::StreamOptions;
use crate::wire::text::Str;

/// `POST …/chat/completions`
///
/// # Errors
/// 400 with the `param` at fault; what else is wrong with a request is Google's to say.
pub fn chat(request: &Request<'_>) -> Result<Next, Error> {
    chat::check_weight(request.body)?;
    let members: Members<'_> = json::from_slice(request.body)?;
    let body = std::str::from_utf8(request.body).unwrap_or_default();
    for name in READ {
        if members.0.iter().filter(|(member, _)| member == name).count() > 1 {
            return Err(Error::invalid(format!("Duplicate parameter: '{name}'.")).param(name));
        }
    }

    let config = request.config;
    let given = read::<Str<'_>>(&members, "model")?;
    let model = match (&config.upstream.endpoint, &config.model.name) {
        // The endpoint is the model, whatever a client calls it.
        (Some(endpoint), None) => Model::parse(endpoint)?,
        _ => chat::model(config, given.as_deref())?,
    };
    let model = model.told(config.model.capabilities);
    let stream = chat::streams(config, read(&members, "stream")?)?;
    let asked = read::<json::Object<StreamOptions>>(&members, "stream_options")?;
    let include_usage = asked.and_then(|json::Object(options)| options.include_usage).unwrap_or(false);

    options::check_forced(config, &members)?;
    let mut edits = Edits::new(body);
    let mut changes: Vec<Change<'_>> = options::changes(config, &model, &members);
    let name = match (&config.upstream.endpoint, config.upstream.backend) {
        (Some(_), _) => None,
        (None, Backend::Developer) => Some(model.name().to_owned()),
        (None, Backend::Vertex) => Some(format!("google/{}", model.name())),
    };
    if given.as_deref() != name.as_deref() {
        changes.push(("model", name.as_deref().map(quoted)));
    }
    if stream {
        changes.push(("stream", Some("true".to_owned())));
        match members.get("stream_options") {
            Some(_) if include_usage => {}
            Some(options) => edits.set(options.get(), &["include_usage"], "true".to_owned()),
            None => changes.push(("stream_options", Some(r#"{"include_usage":true}"#.to_owned()))),
        }
    }
    edits.change(body.trim_ascii(), &members, &changes);
    if let Some(messages) = members.get("messages") {
        history::sign(&mut edits, messages, &model, request.signatures);
    }

    let envelope = envelope::Envelope::new(&model, request);
    let reply = if stream {
        pipe::events(stream::Stream::new(envelope, include_usage))
    } else {
        pipe::whole(whole::Whole { envelope })
    };
    Ok(Next::Forward(Forward {
        operation: Operation::CompatibleChat,
        headers: Vec::new(),
        body: edits.finish().into(),
        model: model.name().to_owned(),
        dropped: Vec::new(),
        reply,
    }))
}

/// The members that are read here.
const READ: [&str; 9] = [
    "model",
    "messages",
    "stream",
    "stream_options",
    "max_tokens",
    "max_completion_tokens",
    "temperature",
    "top_p",
    "top_k",
];

/// The member `name`, where there is one.
fn read<'a, T: serde::Deserialize<'a>>(members: &Members<'a>, name: &str) -> Result<Option<T>, Error> {
    Ok(members.get(name).map(|raw| json::from_raw(raw, name)).transpose()?)
}

#[cfg(test)]
mod tests;
