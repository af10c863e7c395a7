//! What a reply and every chunk begins with, and errors in their place.

use std::rc::Rc;

use serde_json::value::RawValue;

use crate::config::{Config, SignatureCarrier};
use crate::endpoint::Request;
use crate::endpoint::chat::finish;
use crate::error::{Error, upstream};
use crate::memory::Signatures;
use crate::model::Model;
use crate::wire::edit::quoted;
use crate::wire::json;
use crate::wire::lenient::Members;
use crate::wire::text::Str;

/// What the request leaves for its reply.
pub(super) struct Envelope {
    model: String,
    now: u64,
    /// Unique to this exchange.
    pub(super) id: u128,
    config: Rc<Config>,
    /// Where signatures are kept for clients that drop them.
    pub(super) signatures: Signatures,
}

/// The members that all chunks of a reply have in common, as JSON.
pub(super) struct Head {
    pub(super) id: String,
    pub(super) created: String,
    pub(super) model: String,
}

impl Envelope {
    pub(super) fn new(model: &Model, request: &Request<'_>) -> Self {
        Self {
            model: model.name().to_owned(),
            now: request.now,
            id: request.id,
            config: Rc::clone(request.config),
            signatures: request.signatures.clone(),
        }
    }

    /// Whether signatures go into the ids of calls, too.
    pub(super) fn in_ids(&self) -> bool {
        self.config.signatures.carrier == SignatureCarrier::Id
    }

    /// Reads a reply or an event of one: its text, an object, and the members.
    ///
    /// # Errors
    /// 502 where it is none, and Google's own error where it is one in spite of its status.
    pub(super) fn read<'a>(&self, json: &'a [u8]) -> Result<(&'a str, Members<'a>), Error> {
        if json::is_too_heavy(json) {
            return Err(Error::reply_unreadable());
        }
        let mut text = std::str::from_utf8(json).map_err(|_| Error::reply_unreadable())?.trim_ascii();
        if text.starts_with('[') {
            let list = json::read::<Vec<&'a RawValue>>(text.as_bytes());
            text = list.unwrap_or_default().first().map_or("", |first| first.get());
        }
        let members = Members::of(text).ok_or_else(Error::reply_unreadable)?;
        match members.get("error") {
            Some(error) => Err(upstream::read_member(error, &self.config.auth.secrets())),
            None => Ok((text, members)),
        }
    }

    /// As Google tells it, and else as we do.
    pub(super) fn head(&self, reply: &Members<'_>) -> Head {
        let string =
            |name| reply.get(name).filter(|raw| text(Some(raw)).is_some()).map(|raw| raw.get().to_owned());
        Head {
            id: string("id").unwrap_or_else(|| quoted(&format!("chatcmpl-{:032x}", self.id))),
            created: number(reply.get("created")).unwrap_or(self.now).to_string(),
            model: string("model").unwrap_or_else(|| quoted(&self.model)),
        }
    }
}

/// OpenAI's word for why a choice ended, given Google's, whether anything usable came, and what calls in it make of a
/// stop. Google's is OpenAI's, its own, or its own behind the name of a filter: `content_filter: PROHIBITED_CONTENT`.
///
/// # Errors
/// 502 where the model failed and left nothing.
pub(super) fn finish(
    google: Option<&str>,
    usable: bool,
    called: Option<&'static str>,
) -> Result<&'static str, Error> {
    let word = google.map(|google| google.rsplit(": ").next().unwrap_or(google).to_ascii_uppercase());
    match word.as_deref() {
        None | Some("TOOL_CALLS" | "FUNCTION_CALL") => finish::reason(None, None, usable, called),
        Some("LENGTH") => Ok("length"),
        Some("CONTENT_FILTER") => Ok("content_filter"),
        word => finish::reason(word, None, usable, called),
    }
}

/// The string in `raw`, where it is one that says something.
pub(super) fn text(raw: Option<&RawValue>) -> Option<Str<'_>> {
    serde_json::from_str::<Str<'_>>(raw?.get()).ok().filter(|text| !text.is_empty())
}

/// The number in `raw`, where it is one.
pub(super) fn number(raw: Option<&RawValue>) -> Option<u64> {
    raw?.get().parse().ok()
}

/// The elements of the list in `raw`, where it is one.
pub(super) fn elements(raw: Option<&RawValue>) -> Vec<&RawValue> {
    raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
}

/// The text of a content that is a list of parts, as JSON; nothing for a content of any other kind.
pub(super) fn joined(content: Option<&RawValue>) -> Option<String> {
    let content = content.filter(|content| content.get().starts_with('['))?;
    let texts = elements(Some(content))
        .into_iter()
        .filter_map(|part| text(Members::of(part.get())?.get("text")).map(|text| text.0.into_owned()));
    Some(quoted(&texts.collect::<String>()))
}
