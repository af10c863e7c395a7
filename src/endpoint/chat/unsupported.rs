//! What chat completions do not do yet: refused by name rather than dropped.

use serde_json::value::RawValue;

use crate::error::Error;
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;
use crate::wire::text::Str;

/// Refuses a request that uses what is missing.
pub(super) fn refuse(chat: &ChatRequest<'_>) -> Result<(), Error> {
    let used = [
        ("tools", "Tools are", chat.tools.as_ref().is_some_and(|tools| !tools.is_empty())),
        (
            "functions",
            "Functions are",
            chat.functions.as_ref().is_some_and(|functions| !functions.is_empty()),
        ),
        ("web_search_options", "Web search is", chat.web_search_options.is_some()),
        ("reasoning_effort", "Reasoning effort is", chat.reasoning_effort.is_some()),
        ("extra_body", "Google's own options are", chat.extra_body.is_some()),
        ("logprobs", "Log probabilities are", chat.logprobs == Some(true)),
        ("top_logprobs", "Log probabilities are", chat.top_logprobs.is_some_and(|count| count > 0)),
        ("modalities", "Output other than text is", has_media(chat.modalities.as_deref())),
        ("response_format", "JSON output is", is_json(chat.response_format)?),
    ];
    match used.into_iter().find(|(_, _, used)| *used) {
        Some((param, what, _)) => Err(Error::not_supported_yet(param, what)),
        None => Ok(()),
    }
}

fn has_media(modalities: Option<&[Str<'_>]>) -> bool {
    modalities.unwrap_or_default().iter().any(|modality| &**modality != "text")
}

fn is_json(format: Option<&RawValue>) -> Result<bool, Error> {
    #[derive(serde::Deserialize)]
    struct Format<'a> {
        #[serde(borrow)]
        r#type: Str<'a>,
    }
    let Some(format) = format else {
        return Ok(false);
    };
    let Object(format): Object<Format<'_>> =
        json::from_slice(format.get().as_bytes()).map_err(|problem| problem.under("response_format"))?;
    match &*format.r#type {
        "text" => Ok(false),
        "json_object" | "json_schema" => Ok(true),
        _ => Err(Error::invalid(
            "Invalid value. Supported values are: 'text', 'json_object' and 'json_schema'.",
        )
        .param("response_format.type")
        .code("invalid_value")),
    }
}
