//! Embeddings: OpenAI's request to Google's three methods, and their vectors back.
//!
//! | concern | file |
//! |---|---|
//! | text and media to embed | `inputs` |
//! | what vectors are for | `task` |
//! | what Google is sent | `body` |
//! | what it replies | `reply` |
//! | how vectors are written | `vector` |
//!
//! | models | Developer API | Vertex AI |
//! |---|---|---|
//! | text | `batchEmbedContents` | `predict` |
//! | `gemini-embedding-2` and later | `batchEmbedContents` | `embedContent`, of several inputs `batchEmbedContents` |
//! | `multimodalembedding` | | `predict` |
//!
//! Where a call takes fewer inputs than a request has, all calls but the last go ahead of it.
//! <https://platform.openai.com/docs/api-reference/embeddings>, <https://ai.google.dev/gemini-api/docs/embeddings>

mod body;
mod inputs;
mod reply;
mod task;
mod vector;

use std::rc::Rc;

use crate::config::{Config, Embedding, OptionsMode, RequestMode};
use crate::error::Error;
use crate::media::Backend;
use crate::model::Model;
use crate::pipe;
use crate::wire::embeddings::EmbeddingsRequest;
use crate::wire::json::{self, Object};

use super::{Call, Fetch, Forward, Next, Operation, Request, chat};
use body::{Body, Method};
use inputs::{Input, Inputs};
use reply::Embedded;
use vector::Format;

/// Most inputs of a call of the Developer API, and most of a request whose calls take fewer.
/// <https://ai.google.dev/api/embeddings#method:-models.batchembedcontents>
const MOST_INPUTS: usize = 100;

/// `POST …/embeddings`
///
/// # Errors
/// 400 with the `param` at fault, 501 for a route to Google's own endpoint for OpenAI's clients.
pub fn embeddings(request: &Request<'_>) -> Result<Next, Error> {
    chat::check_native(request.config)?;
    chat::check_weight(request.body)?;
    let Object(asked) = json::from_slice::<Object<EmbeddingsRequest<'_>>>(request.body)?;

    let config = request.config;
    let backend = config.upstream.backend;
    let ahead = config.request_mode == RequestMode::Headers;
    let model = chat::model(config, asked.model.as_deref())?.told(config.model.capabilities);
    let format = Format::read(asked.encoding_format.as_deref())?;
    let dimensions = dimensions(asked.dimensions, config)?;
    let embedding = model.embedding();
    let per_call = per_call(&model, backend);

    let mut reading = Inputs { embedding, backend, asked: &asked, dropped: Vec::new() };
    let inputs = reading.read(per_call.max(MOST_INPUTS))?;
    if embedding == Embedding::Multimodal && asked.auto_truncate.is_some() {
        reading.drop("auto_truncate");
    }
    if ahead && inputs.len() > per_call {
        let message = format!(
            "The gateway can embed at most {per_call} of several inputs with this model: it asks Google once for each \
             request whose path is decided before its body is read."
        );
        return Err(Error::invalid(message).param("input").code("unsupported_in_headers_mode"));
    }
    let dropped = reading.dropped;

    let method = method(&model, backend, inputs.len().min(per_call), ahead);
    let resource = model.resource(backend);
    let upstream = &config.upstream;
    let served = upstream.endpoint.as_ref().map(|endpoint| format!("endpoints/{endpoint}"));
    let named = served.as_ref().unwrap_or(&resource);
    let named =
        upstream.project.as_ref().map_or_else(|| named.clone(), |project| format!("{project}/{named}"));
    let body =
        Body { method, backend, resource: &named, embedding, dimensions, auto_truncate: asked.auto_truncate };
    let operation = Operation::Model { resource, method: method.name(), preview: false };
    let mut bodies: Vec<Vec<u8>> = inputs.chunks(per_call).map(|inputs| body.write(inputs)).collect();
    let last = bodies.pop().unwrap_or_default();
    let mut embedded = Embedded {
        model: model.shown().to_owned(),
        format,
        per_call,
        estimates: inputs.iter().map(Input::tokens).collect(),
        config: Rc::clone(config),
        vectors: Vec::new(),
        tokens: 0,
    };
    let calls = bodies.into_iter().map(|body| Call { operation: operation.clone(), body: Some(body) });
    let calls: Vec<Call> = calls.collect();
    let name = model.name().to_owned();
    let forward = move |embedded: Embedded| Forward {
        operation,
        headers: Vec::new(),
        body: last.into(),
        model: name,
        dropped,
        reply: pipe::whole(embedded),
    };
    if calls.is_empty() {
        return Ok(Next::Forward(forward(embedded)));
    }
    let then = move |replies: Vec<Vec<u8>>| {
        for reply in replies {
            embedded.take(&reply)?;
        }
        Ok(Next::Forward(forward(embedded)))
    };
    Ok(Next::Fetch(Fetch { calls, model: model.name().to_owned(), then: Box::new(then) }))
}

/// What is asked of Google where that is told before the body, which may have any number of inputs.
///
/// # Errors
/// 400 where the model is not known, 501 as above.
pub fn ahead(config: &Config) -> Result<Operation, Error> {
    chat::check_native(config)?;
    let model = chat::model(config, None)?.told(config.model.capabilities);
    let backend = config.upstream.backend;
    let method = method(&model, backend, per_call(&model, backend), true);
    Ok(Operation::Model { resource: model.resource(backend), method: method.name(), preview: false })
}

fn method(model: &Model, backend: Backend, inputs: usize, ahead: bool) -> Method {
    match (backend, model.embedding()) {
        (Backend::Developer, _) => Method::Batch,
        (Backend::Vertex, Embedding::Content) if inputs == 1 && !ahead => Method::Content,
        (Backend::Vertex, Embedding::Content) => Method::Batch,
        (Backend::Vertex, _) => Method::Predict,
    }
}

/// How many inputs a call has at most.
fn per_call(model: &Model, backend: Backend) -> usize {
    match backend {
        Backend::Developer => MOST_INPUTS,
        Backend::Vertex => model.embedding_inputs().max(1),
    }
}

/// How many numbers a vector has; the operator's number where the client gives none, or where it is forced.
fn dimensions(given: Option<i64>, config: &Config) -> Result<Option<u32>, Error> {
    let ours = config.options.embeddings_dimensions;
    let Some(given) = given.filter(|_| ours.is_none() || config.options_mode == OptionsMode::Default) else {
        return Ok(ours);
    };
    match u32::try_from(given).ok().filter(|given| (1..=i32::MAX.unsigned_abs()).contains(given)) {
        Some(given) => Ok(Some(given)),
        None => {
            let message = "Invalid 'dimensions': expected an integer of at least 1.";
            Err(Error::invalid(message).param("dimensions").code("integer_below_min_value"))
        }
    }
}

#[cfg(test)]
mod tests;
