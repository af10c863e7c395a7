//! Calls of a reply: their numbers, ids and signatures.
//!
//! Google tells a call in one delta, mostly, without a number, or with the same for all; its ids have been empty, and the
//! name of the function. <https://github.com/openai/openai-python/issues/2806>

use serde_json::value::RawValue;

use super::envelope::{Envelope, number, text};
use crate::endpoint::chat::signatures::{IN_ID, is_base64};
use crate::wire::edit::{Change, Edits, quoted};
use crate::wire::lenient::Members;

/// Among so many earlier calls one is looked for, so that countless calls do not take the worker's time.
const MOST_COMPARED: usize = 256;

/// The calls of one choice.
#[derive(Debug, Default)]
pub(super) struct Calls(Vec<Call>);

#[derive(Debug)]
struct Call {
    /// Google's number and id of it, where it told them.
    number: Option<u64>,
    given: String,
    /// The client's id of it, without a signature.
    id: String,
    name: String,
    signed: bool,
}

impl Calls {
    /// Whether there were none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Bytes kept of them, about.
    pub(super) fn held(&self) -> usize {
        let kept =
            |call: &Call| call.given.len().saturating_add(call.id.len()).saturating_add(call.name.len());
        self.0.iter().map(kept).fold(0, usize::saturating_add)
    }

    /// Repairs the call at `raw`, or the piece of one, of choice `choice`.
    pub(super) fn repair<'a>(
        &mut self,
        raw: &'a RawValue,
        choice: u64,
        streamed: bool,
        envelope: &Envelope,
        edits: &mut Edits<'a>,
    ) {
        let Some(members) = Members::of(raw.get()) else {
            return;
        };
        let function = members.get("function");
        let called = function.and_then(|function| Members::of(function.get()));
        let name = called.as_ref().and_then(|called| text(called.get("name")));
        let name = name.as_deref().unwrap_or_default();
        let given = text(members.get("id"));
        let given = given.as_deref().unwrap_or_default();
        let index = number(members.get("index"));
        let signature = signature(&members);
        let mut changes: Vec<Change<'_>> = Vec::new();
        let place = if let Some(place) = self.continued(index, given, name, streamed) {
            // Clients append the strings of pieces to each other.
            changes.push(("id", None));
            place
        } else {
            let id = self.id(given, name, choice, envelope);
            let signed = signature.as_deref().filter(|_| envelope.in_ids());
            let shown = signed.map_or_else(|| id.clone(), |signature| format!("{id}{IN_ID}{signature}"));
            changes.push(("id", Some(quoted(&shown))));
            if members.get("type").is_none() {
                changes.push(("type", Some("\"function\"".to_owned())));
            }
            if let (Some(function), Some(called)) = (function, &called)
                && called.get("arguments").is_none()
            {
                let none = if streamed { "\"\"" } else { "\"{}\"" };
                edits.change(function.get(), called, &[("arguments", Some(none.to_owned()))]);
            }
            let (given, name) = (given.to_owned(), name.to_owned());
            self.0.push(Call { number: index, given, id, name, signed: false });
            self.0.len().saturating_sub(1)
        };
        if streamed {
            changes.push(("index", Some(place.to_string())));
        }
        edits.change(raw.get(), &members, &changes);
        if let Some(signature) = signature {
            self.sign(place, &signature, envelope);
        }
    }

    /// Keeps a signature that came without its call: it belongs to the first one.
    pub(super) fn sign_first(&mut self, members: &Members<'_>, envelope: &Envelope) {
        if let Some(signature) = signature(members) {
            self.sign(0, &signature, envelope);
        }
    }

    fn sign(&mut self, place: usize, signature: &str, envelope: &Envelope) {
        if let Some(call) = self.0.get_mut(place).filter(|call| !call.signed) {
            envelope.signatures.keep(&call.id, &call.name, signature);
            call.signed = true;
        }
    }

    /// The call of which this is a piece: it says neither whose nor which, or repeats both.
    fn continued(&self, index: Option<u64>, given: &str, name: &str, streamed: bool) -> Option<usize> {
        if !streamed {
            return None;
        }
        let same_index = |call: &Call| index.is_some() && call.number == index;
        let same_id = |call: &Call| !given.is_empty() && call.given == given;
        if !name.is_empty() {
            // An id that is only the function's name tells nothing.
            return self.latest(|call| same_index(call) && same_id(call)).filter(|_| given != name);
        }
        let by_index = self.latest(same_index);
        by_index.or_else(|| self.latest(same_id)).or_else(|| self.0.len().checked_sub(1))
    }

    fn latest(&self, test: impl Fn(&Call) -> bool) -> Option<usize> {
        let from = self.0.len().saturating_sub(MOST_COMPARED);
        let place = self.0.get(from..)?.iter().rposition(test)?;
        Some(place.saturating_add(from))
    }

    /// Google's id, unless that does not tell this call from others.
    #[expect(clippy::cast_possible_truncation, reason = "part of a number that is unique is enough")]
    fn id(&self, given: &str, name: &str, choice: u64, envelope: &Envelope) -> String {
        let used = |call: &Call| call.id == given;
        if !given.is_empty() && given != name && self.latest(used).is_none() {
            return given.to_owned();
        }
        let (machine, counter) = ((envelope.id >> 64) as u64, envelope.id as u32);
        format!("call_{:012x}{counter:08x}{choice:02x}{:02x}", machine >> 16, self.0.len())
    }
}

/// The thought signature in the `extra_content` of a call or a message.
fn signature(members: &Members<'_>) -> Option<String> {
    let extra = Members::of(members.get("extra_content")?.get())?;
    let of = |space| text(Members::of(extra.get(space)?.get())?.get("thought_signature"));
    let signature = of("google").or_else(|| of("vertex"))?.0.into_owned();
    Some(signature).filter(|signature| is_base64(signature))
}
