//! Ranking: a request in Cohere's or Jina's shape to Google's ranking API, and its scores back.
//!
//! Google has it in one place alone, the Discovery Engine of a Google Cloud project.
//! <https://cloud.google.com/generative-ai-app-builder/docs/ranking>

mod documents;
mod reply;

use std::rc::Rc;

use crate::config::Config;
use crate::error::Error;
use crate::media::Backend;
use crate::pipe;
use crate::wire::json::{self, Object};
use crate::wire::rerank::RerankRequest;
use crate::wire::text::Text;

use super::{Forward, Next, Operation, Request, chat, estimate};
use reply::Ranked;

/// What ranks where neither the operator nor the client says.
const DEFAULT_MODEL: &str = "semantic-ranker-default@latest";

/// Most documents of a request, by Google's API.
const MOST_DOCUMENTS: usize = 200;

/// `POST …/rerank`
///
/// # Errors
/// 400 with the `param` at fault, 501 where Google has no ranking.
pub fn rerank(request: &Request<'_>) -> Result<Next, Error> {
    let config = request.config;
    let operation = ahead(config)?;
    chat::check_weight(request.body)?;
    let Object(asked) = json::from_slice::<Object<RerankRequest<'_>>>(request.body)?;

    let given = asked.model.as_deref().filter(|given| !given.is_empty());
    let model = match (&config.model.name, given) {
        (None, None) => DEFAULT_MODEL.to_owned(),
        _ => chat::model(config, given)?.name().to_owned(),
    };
    let query = query(&asked)?;
    let given = asked.documents.as_deref().ok_or_else(|| Error::missing("documents"))?;
    let count = given.len();
    if count == 0 {
        let message = "Invalid 'documents': there is nothing to rank, it is empty.";
        return Err(Error::invalid(message).param("documents").code("empty_array"));
    }
    if count > MOST_DOCUMENTS {
        let message = format!(
            "Invalid 'documents': array too long. Google ranks at most {MOST_DOCUMENTS} documents of a request, and \
             {count} were given."
        );
        return Err(Error::invalid(message).param("documents").code("array_above_max_length"));
    }
    let top = match asked.top_n {
        None => count,
        Some(top) => {
            usize::try_from(top).ok().filter(|top| *top > 0).map(|top| top.min(count)).ok_or_else(|| {
                Error::invalid("Invalid 'top_n': expected an integer of at least 1.")
                    .param("top_n")
                    .code("integer_below_min_value")
            })?
        }
    };

    let mut tokens = estimate::tokens(query.inner());
    let mut body = format!("{{\"model\":\"{model}\",\"query\":\"").into_bytes();
    body.extend_from_slice(query.inner().as_bytes());
    body.extend_from_slice(b"\",\"records\":[");
    for (index, raw) in given.iter().enumerate() {
        let document = documents::read(raw, asked.rank_fields.as_deref(), index)?;
        tokens = tokens.saturating_add(document.tokens());
        if index > 0 {
            body.push(b',');
        }
        document.push(index, &mut body);
    }
    // The documents that results come with are the client's own, whatever Google makes of them.
    let end = format!("],\"topN\":{top},\"ignoreRecordDetailsInResponse\":true}}");
    body.extend_from_slice(end.as_bytes());
    let shown = asked.return_documents.unwrap_or(false);
    let documents = if shown { given.iter().map(|raw| documents::shown(raw)).collect() } else { Vec::new() };

    let ranked = Ranked {
        model: model.clone(),
        id: request.id,
        config: Rc::clone(config),
        count,
        top,
        documents,
        tokens,
    };
    Ok(Next::Forward(Forward {
        operation,
        headers: Vec::new(),
        body: body.into(),
        model,
        dropped: Vec::new(),
        reply: pipe::whole(ranked),
    }))
}

/// What every ranking asks of Google.
///
/// # Errors
/// 501 where there is no project to ask in.
pub fn ahead(config: &Config) -> Result<Operation, Error> {
    let upstream = &config.upstream;
    if upstream.backend == Backend::Vertex && upstream.project.is_some() {
        return Ok(Operation::Rank);
    }
    let message = "Ranking is an API of Google Cloud: it needs a gateway that is configured for Vertex AI with a project, \
                   and has no equivalent in the Gemini Developer API.";
    Err(Error::new(501, "invalid_request_error", message).code("unsupported_endpoint"))
}

fn query<'a>(asked: &RerankRequest<'a>) -> Result<Text<'a>, Error> {
    let raw = asked.query.filter(|raw| raw.get() != "null").ok_or_else(|| Error::missing("query"))?;
    let invalid = |message: &str, code| Error::invalid(message).param("query").code(code);
    let query = Text::from_raw(raw)
        .ok_or_else(|| invalid("Invalid type for 'query': expected a string.", "invalid_type"))?;
    if query.is_empty() {
        return Err(invalid("Invalid 'query': it is empty.", "invalid_value"));
    }
    Ok(query)
}

#[cfg(test)]
mod tests;
