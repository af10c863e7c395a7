//! Thought signatures of a history: where clients carry them, and what stands in for a lost one.
//!
//! Gemini 3 signs the first call of each step and demands the signature back on that very call; earlier turns are not
//! checked. Clients keep it in seven places, or drop it.
//! <https://ai.google.dev/gemini-api/docs/thought-signatures>

use serde_json::value::RawValue;

use crate::wire::openai::{ExtraContent, Message, ProviderFields, ToolCall};
use crate::wire::text::Text;

/// Google's documented stand-in for the signature of a call it did not make: `skip_thought_signature_validator`.
const DUMMY: &str = "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I=";

/// Among so many of a message's `reasoning_details` that of a call is looked for.
const MOST_DETAILS: usize = 1024;

/// Between an id and the signature in it.
pub(in crate::endpoint) const IN_ID: &str = "__thought__";

/// The signature that comes with a call.
pub(in crate::endpoint) fn of_call<'a>(call: &ToolCall<'a>, message: &Message<'a>) -> Option<Text<'a>> {
    let function = call.function.as_ref().map(|function| &function.0);
    let carried = litellm(call.provider_specific_fields.as_deref())
        .or_else(|| litellm(function?.provider_specific_fields.as_deref()))
        .or(call.thought_signature)
        .or_else(|| function?.thought_signature);
    let official = google(call.extra_content.as_deref());
    official.or_else(|| valid(carried)).or_else(|| in_id(call.id.as_deref()?)).or_else(|| {
        let mut details = message.reasoning_details.as_ref()?.iter().take(MOST_DETAILS);
        let encrypted = |kind: &str| kind == "reasoning.encrypted";
        let detail = details.find(|detail| {
            detail.r#type.as_deref().is_some_and(encrypted) && detail.id.as_deref() == call.id.as_deref()
        });
        valid(detail?.data)
    })
}

/// The signature that comes with a message: of its first call where it has one, else of its text.
pub(in crate::endpoint) fn of_message<'a>(message: &Message<'a>) -> Option<Text<'a>> {
    let litellm = || {
        let fields = message.provider_specific_fields.as_deref()?;
        fields.thought_signatures.as_ref().and_then(|all| all.first().copied()).or(fields.thought_signature)
    };
    google(message.extra_content.as_deref()).or_else(|| valid(litellm()))
}

/// The signature that comes with a message's thinking. A call may have been signed with it; of text it is none.
pub(in crate::endpoint) fn of_thinking<'a>(message: &Message<'a>) -> Option<Text<'a>> {
    valid(message.thinking_blocks.as_ref()?.iter().find_map(|block| block.signature))
}

/// An id without the signature in it.
pub(in crate::endpoint) fn bare_id(id: &str) -> &str {
    id.split_once(IN_ID).map_or(id, |(id, _)| id)
}

/// The stand-in for a lost signature.
pub(in crate::endpoint) fn dummy() -> Option<Text<'static>> {
    Text::from_plain(DUMMY)
}

/// The signature where Google's own gateways put it: beside a call, a part, a message.
pub(super) fn google<'a>(extra: Option<&ExtraContent<'a>>) -> Option<Text<'a>> {
    let extra = extra?;
    let signed = extra.google.as_ref().and_then(|signed| signed.thought_signature);
    valid(signed.or_else(|| extra.vertex.as_ref()?.thought_signature))
}

fn litellm<'a>(fields: Option<&ProviderFields<'a>>) -> Option<&'a RawValue> {
    fields?.thought_signature
}

fn in_id(id: &str) -> Option<Text<'static>> {
    let (_, signature) = id.split_once(IN_ID)?;
    is_base64(signature).then(|| Text::from_plain(signature)).flatten()
}

/// What is no base64 would be a 400; without it the stand-in takes its place.
pub(in crate::endpoint) fn valid(raw: Option<&RawValue>) -> Option<Text<'_>> {
    Text::verbatim(raw?).filter(|text| is_base64(text.inner()))
}

/// Whether `text` is base64, of either alphabet, padded or not.
pub(in crate::endpoint) fn is_base64(text: &str) -> bool {
    let data = text.trim_end_matches('=');
    let padding = text.len().saturating_sub(data.len());
    let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(&byte);
    !data.is_empty() && padding <= 2 && data.len() % 4 != 1 && data.bytes().all(alphabet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::json;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn found(call: &str, message: &str) -> (Option<String>, Option<String>) {
        let json = format!(r#"{{"role":"assistant","tool_calls":[{call}]{message}}}"#);
        let message: Message<'_> = json::from_slice(json.as_bytes()).unwrap();
        let call = &message.tool_calls.as_ref().unwrap()[0].0;
        let plain = |text: Option<Text<'_>>| text.map(|text| text.inner().to_owned());
        (plain(of_call(call, &message)), plain(of_message(&message).or_else(|| of_thinking(&message))))
    }

    #[test]
    fn every_carrier_of_a_call_is_read() {
        for (call, message) in [
            (r#"{"id":"1","extra_content":{"google":{"thought_signature":"c2ln"}}}"#, ""),
            (r#"{"id":"1","extra_content":{"vertex":{"thought_signature":"c2ln"},"google":null}}"#, ""),
            (r#"{"id":"1","provider_specific_fields":{"thought_signature":"c2ln"}}"#, ""),
            (r#"{"id":"1","function":{"provider_specific_fields":{"thought_signature":"c2ln"}}}"#, ""),
            (r#"{"id":"1","thought_signature":"c2ln"}"#, ""),
            (r#"{"id":"1","function":{"name":"f","thought_signature":"c2ln"}}"#, ""),
            (r#"{"id":"call_1__thought__c2ln"}"#, ""),
            (
                r#"{"id":"1"}"#,
                r#","reasoning_details":[{"type":"reasoning.text"},{"type":"reasoning.encrypted","id":"1","data":"c2ln"}]"#,
            ),
        ] {
            assert_eq!(found(call, message), (Some("c2ln".to_owned()), None), "{call}{message}");
        }
    }

    #[test]
    fn every_carrier_of_a_message_is_read() {
        for message in [
            r#","extra_content":{"google":{"thought_signature":"c2ln"}}"#,
            r#","provider_specific_fields":{"thought_signatures":["c2ln","other"]}"#,
            r#","thinking_blocks":[{"type":"thinking"},{"type":"thinking","signature":"c2ln"}]"#,
        ] {
            assert_eq!(found(r#"{"id":"1"}"#, message), (None, Some("c2ln".to_owned())), "{message}");
        }
    }

    #[test]
    fn what_is_no_base64_is_no_signature() {
        for signature in ["", "a", "a b", "é", "abcde===", "####"] {
            let call = format!(r#"{{"id":"1","thought_signature":"{signature}"}}"#);
            assert_eq!(found(&call, "").0, None, "{signature}");
        }
        assert!(is_base64("ab-_") && is_base64("YQ==") && is_base64("YQ"));
    }

    #[test]
    fn the_signature_leaves_the_id() {
        assert_eq!(bare_id("call_1__thought__c2ln"), "call_1");
        assert_eq!(bare_id("call_1"), "call_1");
    }
}
