//! Images: generations, edits and variations, drawn by Gemini's image models or by Imagen.
//!
//! | concern | file |
//! |---|---|
//! | the request, JSON or a form | `request`, `fields` |
//! | how many images, how large, in which file | `options`, `size` |
//! | images of the request | `input` |
//! | the body for Google | `body` |
//! | images of a reply | `drawn`, `tokens` |
//! | why there are none | `why` |
//! | what the client is told | `told` |
//! | a streamed reply | `stream` |
//!
//! <https://platform.openai.com/docs/api-reference/images>, <https://ai.google.dev/gemini-api/docs/image-generation>,
//! <https://ai.google.dev/gemini-api/docs/imagen>

mod body;
mod drawn;
mod input;
mod options;
mod request;
mod size;
mod stream;
mod tokens;
mod told;
mod why;

use std::borrow::Cow;
use std::rc::Rc;

use super::chat::{self, google};
use super::{Answer, Call, Fetch, Forward, Next, Operation, Request, fields};
use crate::config::Config;
use crate::error::Error;
use crate::model::Model;
use crate::pipe;
use crate::rope::Rope;
use crate::wire::json::{self, Object};
use crate::wire::text::Text;
use drawn::Drawn;
use options::Wanted;
use request::{ImagesRequest, TYPED};
use told::Telling;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Task {
    Generate,
    Edit,
    Vary,
}

/// Bytes of the bodies of several calls, each of which has its own.
const MOST_SENT: usize = 64 << 20;

/// What a variation is asked for with, since it has no prompt of its own.
const VARY: &str = "Create variations of the provided image.";

/// `POST …/images/generations`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn generations(request: &Request<'_>) -> Result<Next, Error> {
    images(request, Task::Generate)
}

/// `POST …/images/edits`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn edits(request: &Request<'_>) -> Result<Next, Error> {
    images(request, Task::Edit)
}

/// `POST …/images/variations`
///
/// # Errors
/// 400 with the `param` at fault.
pub fn variations(request: &Request<'_>) -> Result<Next, Error> {
    images(request, Task::Vary)
}

fn images(request: &Request<'_>, task: Task) -> Result<Next, Error> {
    chat::check_native(request.config)?;
    let (json, files) = match request.form.take() {
        Some(form) => {
            let (json, files) = fields::read(form, &TYPED)?;
            (Cow::Owned(json), files)
        }
        None => (Cow::Borrowed(request.body), Vec::new()),
    };
    chat::check_weight(&json)?;
    let Object(asked) = json::from_slice::<Object<ImagesRequest<'_>>>(&json)?;
    let (config, backend) = (request.config, request.config.upstream.backend);
    let model = chat::model(config, asked.model.as_deref())?.told(config.model.capabilities);
    let mut google = google::of_body(&json, backend, &config.forced())?;
    let stream = chat::streams_as_asked(config, asked.stream)?;
    let prompt = prompt(&asked, task)?;
    let mut wanted = options::read(&asked, &mut google, stream, &model, backend)?;
    if task == Task::Generate && asked.image.or(asked.images).is_some() {
        wanted.dropped.push("image");
    }
    let telling = Telling {
        config: Rc::clone(config),
        created: request.now,
        edit: task != Task::Generate,
        url: wanted.url && !stream,
        stream,
        size: wanted.size,
        high: wanted.high,
        imagen: size::is_imagen(&model),
    };
    let body = if telling.imagen {
        if task != Task::Generate {
            let message = "Imagen models only draw from text here. Edit images with a Gemini image model.";
            return Err(Error::invalid(message).param("model").code("unsupported_value"));
        }
        body::imagen(&prompt, &mut wanted, &google)?
    } else {
        let mut body = Rope::from(body::OPEN.to_vec());
        if task != Task::Generate {
            input::push_parts(&asked, files, backend, &mut body)?;
        }
        body::close(&prompt, &mut wanted, &google, &model, backend, &mut body)?;
        body
    };
    send(config, &model, wanted, telling, body)
}

/// One call where one is enough, and otherwise one for each image: Gemini's image models draw no several candidates.
fn send(
    config: &Config,
    model: &Model,
    wanted: Wanted<'_>,
    telling: Telling,
    body: Rope,
) -> Result<Next, Error> {
    let streamed = telling.stream && !telling.imagen && wanted.count == 1;
    let method = match (telling.imagen, streamed) {
        (true, _) => "predict",
        (false, true) => "streamGenerateContent",
        (false, false) => "generateContent",
    };
    let resource = model.resource(config.upstream.backend);
    let operation = Operation::Model { resource, method, preview: false };
    let (model, dropped) = (model.name().to_owned(), wanted.dropped);
    if wanted.count == 1 || telling.imagen {
        let reply = match streamed {
            true => pipe::events(stream::ImagesStream::new(telling, wanted.drafts)),
            false => pipe::lifted(told::Whole(telling)),
        };
        return Ok(Next::Forward(Forward { operation, headers: Vec::new(), body, model, dropped, reply }));
    }
    if body.len().saturating_mul(wanted.count) > config.max_held_bytes.min(MOST_SENT) {
        let message = "So many images of such large ones cannot be asked for at once. Ask for fewer, or send smaller ones.";
        return Err(Error::invalid(message).param("n").code("invalid_value"));
    }
    let body = body.into_bytes();
    let call = || Call { operation: operation.clone(), body: Some(body.clone()) };
    let calls = std::iter::repeat_with(call).take(wanted.count).collect();
    let then = Box::new(move |replies| gathered(replies, &telling, &dropped));
    Ok(Next::Fetch(Fetch { calls, model, then }))
}

/// The images of several calls as one reply.
fn gathered(replies: Vec<Vec<u8>>, telling: &Telling, dropped: &[&str]) -> Result<Next, Error> {
    let mut drawn = Drawn::default();
    for reply in replies {
        drawn.add_whole(reply, telling.imagen, &telling.config)?;
    }
    let mut headers = vec![("content-type", telling.content_type().to_owned())];
    if telling.stream {
        headers.push(("cache-control", "no-cache".to_owned()));
    }
    if !dropped.is_empty() {
        headers.push(("x-llm-dropped", dropped.join(", ")));
    }
    let usage = drawn.usage();
    let body = telling.tell(drawn)?;
    Ok(Next::Answer(Answer { status: 200, headers, body, usage, ..Answer::default() }))
}

fn prompt<'a>(asked: &ImagesRequest<'a>, task: Task) -> Result<Text<'a>, Error> {
    let given = match asked.prompt {
        None if task == Task::Vary => Text::from_plain(VARY),
        None => return Err(Error::missing("prompt")),
        Some(prompt) => Text::from_raw(prompt),
    };
    let given = given.ok_or_else(|| {
        Error::invalid("Invalid type for 'prompt': expected a string.").param("prompt").code("invalid_type")
    })?;
    if given.is_empty() {
        return Err(Error::invalid("The prompt is empty.").param("prompt").code("invalid_value"));
    }
    Ok(given)
}

#[cfg(test)]
mod tests;
