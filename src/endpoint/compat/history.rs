//! Thought signatures of a request's history.
//!
//! Google looks for the signature of a call in `extra_content` beside it, and from Gemini 3 on refuses the first call of
//! each step since the user last spoke without one. What clients keep elsewhere is brought there; what they dropped is
//! remembered, or has a stand-in. <https://ai.google.dev/gemini-api/docs/thought-signatures>

use serde_json::value::RawValue;

use crate::endpoint::chat::signatures;
use crate::memory::Signatures;
use crate::model::Model;
use crate::wire::edit::{Edits, quoted};
use crate::wire::json::{self, Object};
use crate::wire::lenient::Members;
use crate::wire::openai::{Message, ToolCall};
use crate::wire::text::Text;

/// Signs the calls of `messages`. A history that cannot be read is left as it is: Google says what is wrong with it.
pub(super) fn sign<'a>(edits: &mut Edits<'a>, messages: &'a RawValue, model: &Model, kept: &Signatures) {
    let Some(read) = json::read::<Vec<Object<Message<'a>>>>(messages.get().as_bytes()) else {
        return;
    };
    if !read.iter().any(|message| message.tool_calls.is_some()) {
        return;
    }
    let texts: Vec<&RawValue> = json::read(messages.get().as_bytes()).unwrap_or_default();
    let spoke = read.iter().rposition(|message| message.role.as_deref() == Some("user"));
    // Whether the next calls are the first of their step: those of several messages in a row are one step's.
    let mut step = true;
    for (place, (Object(message), text)) in read.iter().zip(texts).enumerate() {
        if message.tool_call_id.as_deref().is_some_and(|id| id.contains(signatures::IN_ID)) {
            bare(edits, text.get(), "tool_call_id");
        }
        let Some(calls) = message.tool_calls.as_deref().filter(|calls| !calls.is_empty()) else {
            step |= message.role.as_deref() != Some("assistant");
            continue;
        };
        let wanted = step && model.wants_signatures() && spoke.is_none_or(|spoke| place > spoke);
        step = false;
        let texts = Members::of(text.get()).and_then(|members| members.get("tool_calls"));
        let texts: Vec<&RawValue> =
            texts.and_then(|texts| json::read(texts.get().as_bytes())).unwrap_or_default();
        let of_first = of_message(calls, message);
        for (number, (Object(call), text)) in calls.iter().zip(texts).enumerate() {
            if call.id.as_deref().is_some_and(|id| id.contains(signatures::IN_ID)) {
                bare(edits, text.get(), "id");
            }
            if is_signed(call) {
                continue;
            }
            let first = number == 0;
            let carried = signatures::of_call(call, message).or_else(|| of_first.clone().filter(|_| first));
            let remembered = || {
                let name = call.function.as_ref()?.name.as_deref()?;
                let id = signatures::bare_id(call.id.as_deref().unwrap_or_default());
                kept.recall(id, name).as_deref().and_then(Text::from_plain).or_else(signatures::dummy)
            };
            let signature = carried.or_else(|| (wanted && first).then(remembered).flatten());
            if let Some(signature) = signature {
                edits.set(text.get(), &SIGNATURE, format!("\"{}\"", signature.inner()));
            }
        }
    }
}

/// Where Google looks for a signature.
const SIGNATURE: [&str; 3] = ["extra_content", "google", "thought_signature"];

fn is_signed(call: &ToolCall<'_>) -> bool {
    let google = call.extra_content.as_ref().and_then(|extra| extra.google.as_ref());
    signatures::valid(google.and_then(|google| google.thought_signature)).is_some()
}

/// The signature of a message for its first call, where no call has one and Google would not find it itself.
fn of_message<'a>(calls: &[Object<ToolCall<'a>>], message: &Message<'a>) -> Option<Text<'a>> {
    let signed = |call: &Object<ToolCall<'a>>| signatures::of_call(call, message).is_some();
    if message.extra_content.is_some() || calls.iter().any(signed) {
        return None;
    }
    signatures::of_message(message).or_else(|| signatures::of_thinking(message))
}

/// Takes the signature out of the id `name` of `object`.
fn bare<'a>(edits: &mut Edits<'a>, object: &'a str, name: &str) {
    let Some(id) = Members::of(object).and_then(|members| members.get(name)) else {
        return;
    };
    if let Ok(full) = serde_json::from_str::<String>(id.get()) {
        edits.replace(id, quoted(signatures::bare_id(&full)));
    }
}
