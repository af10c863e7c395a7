//! A reply in one piece.
//!
//! <https://platform.openai.com/docs/api-reference/chat/object>

use super::envelope::{Envelope, push_string};
use super::{finish, usage::Usage};
use crate::error::Error;
use crate::pipe::Sink;
use crate::wire::gemini::{Candidate, GenerateContentResponse};
use crate::wire::text::Text;

/// Translates Google's reply into a `chat.completion`.
///
/// # Errors
/// 502 where the reply cannot be read or holds nothing usable.
pub(super) fn translate(envelope: &Envelope, reply: &[u8], out: &mut Sink) -> Result<(), Error> {
    let reply = envelope.read(reply)?;
    let mut usage = Usage::default();
    if let Some(metadata) = &reply.usage_metadata {
        usage.add(metadata);
    }

    let mut json = envelope.open("chat.completion", &reply);
    json.extend_from_slice(b",\"choices\":[");
    push_choices(&mut json, &reply)?;
    json.extend_from_slice(b"],\"usage\":");
    json.extend_from_slice(&usage.json());
    if let Some(tier) = usage.service_tier() {
        json.extend_from_slice(b",\"service_tier\":");
        push_string(&mut json, tier);
    }
    json.push(b'}');
    out.bytes = json;
    out.usage = usage.tokens();
    Ok(())
}

/// Never empty: SDKs read the first choice without looking.
fn push_choices(json: &mut Vec<u8>, reply: &GenerateContentResponse<'_>) -> Result<(), Error> {
    if reply.candidates.is_empty() {
        let feedback = reply.prompt_feedback.as_ref();
        let blocked = feedback.filter(|feedback| feedback.block_reason.is_some());
        let refusal = blocked.and_then(|feedback| feedback.block_reason_message.as_deref());
        let native = blocked.and_then(|feedback| feedback.block_reason.as_deref());
        let finish = if blocked.is_some() {
            "content_filter"
        } else {
            "stop"
        };
        Choice {
            index: 0,
            said: Said::default(),
            refusal,
            finish,
            native,
        }
        .push(json);
        return Ok(());
    }
    let said: Vec<Said<'_>> = reply.candidates.iter().map(Said::of).collect();
    let usable = said.iter().any(|said| !said.content.is_empty());
    for (position, (candidate, said)) in reply.candidates.iter().zip(said).enumerate() {
        if position > 0 {
            json.push(b',');
        }
        let native = candidate.finish_reason.as_deref();
        let finish = finish::reason(native, candidate.finish_message.as_deref(), usable)?;
        Choice {
            index: candidate.place(position),
            said,
            refusal: None,
            finish,
            native,
        }
        .push(json);
    }
    Ok(())
}

/// What one candidate said, as pieces of JSON literals.
#[derive(Default)]
struct Said<'a> {
    content: Vec<Text<'a>>,
    reasoning: Vec<Text<'a>>,
}

impl<'a> Said<'a> {
    fn of(candidate: &Candidate<'a>) -> Self {
        let mut said = Self::default();
        for part in candidate.parts() {
            if let Some(text) = part.text.and_then(Text::from_raw).filter(|text| !text.is_empty()) {
                let pieces = if part.thought == Some(true) {
                    &mut said.reasoning
                } else {
                    &mut said.content
                };
                pieces.push(text);
            }
        }
        said
    }
}

struct Choice<'a> {
    index: u64,
    said: Said<'a>,
    refusal: Option<&'a str>,
    finish: &'static str,
    native: Option<&'a str>,
}

impl Choice<'_> {
    fn push(&self, json: &mut Vec<u8>) {
        json.extend_from_slice(
            format!(
                "{{\"index\":{},\"message\":{{\"role\":\"assistant\",\"content\":",
                self.index
            )
            .as_bytes(),
        );
        if self.said.content.is_empty() && self.finish == "content_filter" {
            json.extend_from_slice(b"null");
        } else {
            push_joined(json, &self.said.content);
        }
        json.extend_from_slice(b",\"refusal\":");
        push_optional(json, self.refusal);
        if !self.said.reasoning.is_empty() {
            json.extend_from_slice(b",\"reasoning_content\":");
            push_joined(json, &self.said.reasoning);
        }
        json.extend_from_slice(
            format!(
                "}},\"logprobs\":null,\"finish_reason\":\"{}\",\"native_finish_reason\":",
                self.finish
            )
            .as_bytes(),
        );
        push_optional(json, self.native);
        json.push(b'}');
    }
}

/// One literal out of several.
fn push_joined(json: &mut Vec<u8>, pieces: &[Text<'_>]) {
    json.push(b'"');
    for piece in pieces {
        json.extend_from_slice(piece.inner().as_bytes());
    }
    json.push(b'"');
}

fn push_optional(json: &mut Vec<u8>, text: Option<&str>) {
    match text {
        Some(text) => push_string(json, text),
        None => json.extend_from_slice(b"null"),
    }
}
