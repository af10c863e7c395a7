//! The models a client may use.
//!
//! | route | list | one |
//! |---|---|---|
//! | with `model.name` or `endpoint_id` | that name and its aliases, told here | Google's word on the model behind it; on Vertex AI told here |
//! | Developer API | all of Google's pages in one list | Google's |
//! | Vertex AI | the same of Google's publisher models, as far as they can be called here | Google's |
//!
//! <https://platform.openai.com/docs/api-reference/models>, <https://ai.google.dev/api/models>,
//! <https://cloud.google.com/vertex-ai/docs/reference/rest/v1beta1/publishers.models>

use std::borrow::Cow;

use serde_json::Value;
use serde_json::value::RawValue;

use super::{Answer, Call, Fetch, Forward, Next, Operation, Request, chat};
use crate::config::{Config, UpstreamFormat};
use crate::error::Error;
use crate::media::Backend;
use crate::model::strip_prefixes;
use crate::pipe::{self, Reader, Sink};
use crate::rope::Rope;
use crate::upstream::percent_encode;
use crate::wire::edit::quoted;
use crate::wire::json;
use crate::wire::lenient::Members;
use crate::wire::literal;

/// So many pages are read: Google has some hundred models.
const MOST_PAGES: usize = 20;

/// `GET …/models`
///
/// # Errors
/// 501 where the route has no list.
pub fn list(request: &Request<'_>) -> Result<Next, Error> {
    let config = request.config;
    let names = configured(config);
    if !names.is_empty() {
        let mut list = List::default();
        for name in names {
            list.push(name, None);
        }
        return Ok(Next::Answer(list.answer()));
    }
    chat::check_native(config)?;
    let pages = Pages { backend: config.upstream.backend, list: List::default(), read: 0 };
    Ok(Next::Fetch(pages.fetch("")))
}

/// `GET …/models/{id}`
///
/// # Errors
/// 404 for a name that is not the client's to use.
pub fn retrieve(request: &Request<'_>) -> Result<Next, Error> {
    let (config, id) = (request.config, request.captured);
    let not_found = |_| {
        Error::new(404, "invalid_request_error", format!("The model '{id}' does not exist"))
            .param("model")
            .code("model_not_found")
    };
    let is_configured = !configured(config).is_empty();
    if is_configured && config.upstream.endpoint.is_none() {
        chat::model(config, Some(id)).map_err(not_found)?;
    }
    let backend = config.upstream.backend;
    if is_configured && (backend == Backend::Vertex || config.upstream_format == UpstreamFormat::OpenAi) {
        let mut json = Vec::new();
        push_model(id, None, &mut json);
        return Ok(Next::Answer(answer(json)));
    }
    chat::check_native(config)?;
    let model = chat::model(config, Some(id)).map_err(not_found)?;
    let id = if is_configured { id } else { model.name() }.to_owned();
    let operation = Operation::Get { path: model.resource(backend), query: String::new(), preview: false };
    Ok(Next::Forward(Forward {
        operation,
        headers: Vec::new(),
        body: Rope::default(),
        model: model.name().to_owned(),
        dropped: Vec::new(),
        reply: pipe::whole(One { id }),
    }))
}

/// The names that clients may use, where the configuration tells.
fn configured(config: &Config) -> Vec<&str> {
    let name = config.model.name.as_ref().or(config.upstream.endpoint.as_ref());
    let aliases = name.iter().flat_map(|_| &config.model.aliases);
    name.into_iter().chain(aliases).map(String::as_str).collect()
}

/// Google's pages.
struct Pages {
    backend: Backend,
    /// What they held so far.
    list: List,
    /// How many were read.
    read: usize,
}

impl Pages {
    /// Asks for the page of `token`, the first where that is empty, and then for those that follow it.
    fn fetch(self, token: &str) -> Fetch {
        let (path, mut query, preview) = match self.backend {
            Backend::Developer => ("models", "pageSize=1000".to_owned(), false),
            Backend::Vertex => ("publishers/google/models", String::new(), true),
        };
        if !token.is_empty() {
            let separator = if query.is_empty() { "" } else { "&" };
            query.push_str(&format!("{separator}pageToken={}", percent_encode(token)));
        }
        let operation = Operation::Get { path: path.to_owned(), query, preview };
        Fetch {
            calls: vec![Call { operation, body: None }],
            model: String::new(),
            then: Box::new(move |replies| self.next(replies.first().map_or(&[], Vec::as_slice))),
        }
    }

    fn next(mut self, page: &[u8]) -> Result<Next, Error> {
        let page: Members<'_> = json::read(page).ok_or_else(Error::reply_unreadable)?;
        self.read = self.read.saturating_add(1);
        self.add(&page)?;
        let token = string(&page, "nextPageToken").unwrap_or_default();
        match &*token {
            "" => Ok(Next::Answer(self.list.answer())),
            _ if self.read >= MOST_PAGES => Err(too_many_pages()),
            token => Ok(Next::Fetch(self.fetch(token))),
        }
    }

    fn add(&mut self, page: &Members<'_>) -> Result<(), Error> {
        let member = match self.backend {
            Backend::Developer => "models",
            Backend::Vertex => "publisherModels",
        };
        let models = page.get(member).map_or("[]", RawValue::get);
        let models: Vec<&RawValue> = json::read(models.as_bytes()).ok_or_else(Error::reply_unreadable)?;
        for told in models.into_iter().filter_map(|model| Members::of(model.get())) {
            let name = string(&told, "name").unwrap_or_default();
            let name = strip_prefixes(&name);
            let is_ours = match self.backend {
                Backend::Developer => !name.is_empty(),
                Backend::Vertex => PUBLISHED.iter().any(|family| name.starts_with(family)),
            };
            if is_ours {
                self.list.push(name, Some(&told));
            }
        }
        Ok(())
    }
}

fn too_many_pages() -> Error {
    let message = format!(
        "Google's list of models has more than {MOST_PAGES} pages. With the gateway's `model.name` set, the list is of that \
         model and its aliases."
    );
    Error::server(502, message).code("too_many_pages")
}

/// Families of models that are called here. Google publishes others on Vertex AI, down to BERT.
const PUBLISHED: [&str; 6] =
    ["gemini-", "imagen-", "veo-", "text-embedding-", "text-multilingual-embedding-", "multimodalembedding"];

/// The string that the member `name` is.
fn string<'a>(members: &Members<'a>, name: &str) -> Option<Cow<'a, str>> {
    members.get(name).and_then(literal::inner).map(literal::unescape)
}

/// OpenAI's list: its elements, with commas between.
#[derive(Default)]
struct List(Vec<u8>);

impl List {
    fn push(&mut self, id: &str, told: Option<&Members<'_>>) {
        if !self.0.is_empty() {
            self.0.push(b',');
        }
        push_model(id, told, &mut self.0);
    }

    fn answer(self) -> Answer {
        answer([b"{\"object\":\"list\",\"data\":[", &self.0[..], b"]}"].concat())
    }
}

fn answer(json: Vec<u8>) -> Answer {
    let headers = vec![("content-type", "application/json".to_owned())];
    Answer { status: 200, headers, body: json.into(), ..Answer::default() }
}

/// The reader of what Google knows of a model.
struct One {
    /// What the client calls it.
    id: String,
}

impl Reader for One {
    fn event(&mut self, reply: &[u8], out: &mut Sink) -> Result<(), Error> {
        let told: Members<'_> = json::read(reply).ok_or_else(Error::reply_unreadable)?;
        push_model(&self.id, Some(&told), &mut out.bytes);
        Ok(())
    }

    fn end(&mut self, _: &mut Sink) -> Result<(), Error> {
        Ok(())
    }
}

/// Appends OpenAI's object of a model, with what Google told of it beside. Google does not tell when it was made.
fn push_model(id: &str, told: Option<&Members<'_>>, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"id\":");
    out.extend_from_slice(quoted(id).as_bytes());
    out.extend_from_slice(b",\"object\":\"model\",\"created\":0,\"owned_by\":\"google\"");
    for (ours, google) in [
        ("display_name", "displayName"),
        ("context_window", "inputTokenLimit"),
        ("max_output_tokens", "outputTokenLimit"),
        ("supported_methods", "supportedGenerationMethods"),
    ] {
        // Google's JSON is spread over lines; read, it is written without them.
        let value = told.and_then(|told| told.get(google));
        if let Some(value) = value.and_then(|value| json::read::<Value>(value.get().as_bytes())) {
            out.extend_from_slice(format!(",\"{ours}\":{value}").as_bytes());
        }
    }
    out.push(b'}');
}

#[cfg(test)]
mod tests;
