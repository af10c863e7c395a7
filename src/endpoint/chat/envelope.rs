//! What every reply and every chunk begins with: id, object, created, model, service tier.

use std::rc::Rc;

use super::audio_out::Audio;
use super::calls::Calling;
use crate::clock::timestamp;
use crate::config::Config;
use crate::endpoint::Request;
use crate::error::{Error, upstream};
use crate::headers::Headers;
use crate::model::{Model, strip_prefixes};
use crate::wire::gemini::GenerateContentResponse;
use crate::wire::json::{self, Object};

/// Google gives at most eight.
pub(in crate::endpoint) const MOST_CANDIDATES: usize = 128;

/// Which endpoint a reply is for.
pub(in crate::endpoint) enum Shape {
    /// Chat completions.
    Chat,
    /// Legacy completions.
    Completion {
        /// What each text begins with, where the prompt is echoed: a JSON literal without its quotes.
        echo: String,
    },
}

impl Shape {
    /// What its ids begin with.
    fn id_prefix(&self) -> &'static str {
        match self {
            Self::Chat => "chatcmpl",
            Self::Completion { .. } => "cmpl",
        }
    }

    /// The `object` of a reply in one piece.
    pub(super) fn object(&self) -> &'static str {
        match self {
            Self::Chat => "chat.completion",
            Self::Completion { .. } => "text_completion",
        }
    }
}

/// What the request leaves for its reply.
pub(in crate::endpoint) struct Envelope {
    model: String,
    now: u64,
    id: u128,
    config: Rc<Config>,
    pub(super) calling: Calling,
    /// Whether PCM is wrapped.
    wav: bool,
    pub(in crate::endpoint) shape: Shape,
    /// The tier that served the request, told in a header.
    tier: Option<&'static str>,
}

impl Envelope {
    pub(super) fn new(
        model: &Model,
        calling: Calling,
        request: &Request<'_>,
        wav: bool,
        shape: Shape,
    ) -> Self {
        Self {
            model: model.name().to_owned(),
            now: request.now,
            id: request.id,
            config: Rc::clone(request.config),
            calling,
            wav,
            shape,
            tier: None,
        }
    }

    /// What the sound of choice `index` begins as.
    pub(super) fn audio(&self, index: u64) -> Audio {
        Audio::new(format!("audio_{:032x}_{index}", self.id), self.now, self.wav)
    }

    /// Unique to this exchange.
    pub(super) fn id(&self) -> u128 {
        self.id
    }

    /// Takes from the reply's headers what belongs into its body.
    pub(in crate::endpoint) fn head(&mut self, headers: &Headers) {
        self.tier = headers.text("x-gemini-service-tier").and_then(service_tier);
    }

    /// [`read`], by the configuration of this exchange.
    pub(in crate::endpoint) fn read<'a>(&self, json: &'a [u8]) -> Result<GenerateContentResponse<'a>, Error> {
        read(json, &self.config)
    }

    /// `error` without what no client may see.
    pub(in crate::endpoint) fn redacted(&self, error: Error) -> Error {
        error.redacted(&self.config.auth.secrets())
    }

    /// `{"id":…,"object":…,"created":…,"model":…`, to be continued. Of several `replies`, the events of one stream, the
    /// first that tells something counts.
    pub(in crate::endpoint) fn open(&self, object: &str, replies: &[GenerateContentResponse<'_>]) -> Vec<u8> {
        let prefix = self.shape.id_prefix();
        let id = replies.iter().find_map(|reply| reply.response_id.as_deref().filter(|id| !id.is_empty()));
        let id = match id {
            Some(id) => format!("{prefix}-{id}"),
            None => format!("{prefix}-{:032x}", self.id),
        };
        let created = replies.iter().find_map(|reply| timestamp(reply.create_time.as_deref()?));
        let created = created.unwrap_or(self.now);
        let version = replies.iter().find_map(|reply| {
            let name = strip_prefixes(reply.model_version.as_deref()?);
            Some(name.split_once('@').map_or(name, |(name, _)| name)).filter(|name| !name.is_empty())
        });
        let model = version.unwrap_or(&self.model);
        let mut head = Vec::with_capacity(256);
        head.extend_from_slice(b"{\"id\":");
        push_string(&mut head, &id);
        head.extend_from_slice(
            format!(",\"object\":\"{object}\",\"created\":{created},\"model\":").as_bytes(),
        );
        push_string(&mut head, model);
        let tier = replies
            .iter()
            .find_map(|reply| service_tier(reply.usage_metadata.0.as_ref()?.service_tier.as_deref()?));
        if let Some(tier) = tier.or(self.tier) {
            head.extend_from_slice(b",\"service_tier\":");
            push_string(&mut head, tier);
        }
        head
    }
}

/// Reads a reply or an event of one.
///
/// # Errors
/// 502 where it is not JSON of the right shape, and Google's own error where it is one in spite of its status.
pub(in crate::endpoint) fn read<'a>(
    json: &'a [u8],
    config: &Config,
) -> Result<GenerateContentResponse<'a>, Error> {
    if json::is_too_heavy(json) {
        return Err(Error::reply_unreadable());
    }
    let Object(reply): Object<GenerateContentResponse<'a>> =
        json::read(json).ok_or_else(Error::reply_unreadable)?;
    if reply.candidates.len() > MOST_CANDIDATES {
        return Err(Error::reply_unreadable());
    }
    match reply.error {
        Some(error) => Err(upstream::read_member(error, &config.auth.secrets())),
        None => Ok(reply),
    }
}

/// OpenAI's name of a tier of Google's.
fn service_tier(google: &str) -> Option<&'static str> {
    match google {
        "standard" => Some("default"),
        "flex" => Some("flex"),
        "priority" => Some("priority"),
        _ => None,
    }
}

/// Appends a JSON string.
pub(in crate::endpoint) fn push_string(out: &mut Vec<u8>, text: &str) {
    if let Ok(literal) = serde_json::to_vec(text) {
        out.extend_from_slice(&literal);
    }
}

/// Appends the member that carries a signature, as Google's own endpoint for OpenAI's clients does.
pub(super) fn push_signature(out: &mut Vec<u8>, signature: &str) {
    out.extend_from_slice(b"\"extra_content\":{\"google\":{\"thought_signature\":");
    push_string(out, signature);
    out.extend_from_slice(b"}}");
}
