//! What chat completions do not do yet: refused by name rather than dropped.

use crate::error::Error;
use crate::wire::openai::ChatRequest;
use crate::wire::text::Str;

/// Refuses a request that uses what is missing.
pub(super) fn refuse(chat: &ChatRequest<'_>) -> Result<(), Error> {
    let used = [
        ("logprobs", "Log probabilities are", chat.logprobs == Some(true)),
        ("top_logprobs", "Log probabilities are", chat.top_logprobs.is_some_and(|count| count > 0)),
        ("modalities", "Output other than text is", has_media(chat.modalities.as_deref())),
    ];
    match used.into_iter().find(|(_, _, used)| *used) {
        Some((param, what, _)) => Err(Error::not_supported_yet(param, what)),
        None => Ok(()),
    }
}

fn has_media(modalities: Option<&[Str<'_>]>) -> bool {
    modalities.unwrap_or_default().iter().any(|modality| &**modality != "text")
}
