//! Function calls of a reply.
//!
//! <https://ai.google.dev/api/caching#FunctionCall>, <https://ai.google.dev/gemini-api/docs/thought-signatures>

use serde::Deserialize;

use super::envelope::push_string;
use super::names::Names;
use super::signatures::IN_ID;
use crate::memory::Signatures;
use crate::wire::gemini::CandidatePart;

/// Among so many earlier calls an id is looked for, so that countless calls do not take the worker's time.
const MOST_COMPARED: usize = 256;

/// What the request leaves for the calls of its reply.
#[derive(Default)]
pub(super) struct Calling {
    pub(super) names: Names,
    /// The client's names of custom tools.
    pub(super) custom: Vec<String>,
    /// The request used the legacy `functions`, and gets one `function_call`.
    pub(super) legacy: bool,
    /// Where signatures are kept for clients that drop them.
    pub(super) signatures: Option<Signatures>,
    /// Signatures go into the ids, for fleets that share no memory.
    pub(super) in_ids: bool,
}

impl Calling {
    /// Why a choice ended that holds calls.
    pub(super) fn finish(&self) -> &'static str {
        if self.legacy { "function_call" } else { "tool_calls" }
    }
}

/// The calls of one choice, which number and name them.
#[derive(Debug, Default)]
pub(super) struct Calls {
    ids: Vec<String>,
}

impl Calls {
    /// How many calls there were.
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    /// Appends the call of `part` to `json` as an element of `tool_calls`, with its number where the reply is a
    /// stream; for a legacy request the first one as a `function_call`. Nothing is appended where there is no call.
    ///
    /// `exchange` makes the ids unique that Google leaves to us: it names calls only from Gemini 3 on.
    pub(super) fn push(
        &mut self,
        part: &CandidatePart<'_>,
        calling: &Calling,
        numbered: bool,
        exchange: u128,
        json: &mut Vec<u8>,
    ) -> bool {
        // A call without a name only closes one that came in pieces.
        let Some((call, name)) =
            part.function_call.0.as_ref().and_then(|call| Some((call, call.name.as_deref()?)))
        else {
            return false;
        };
        let fresh =
            |id: &&str| !id.is_empty() && !self.ids.iter().rev().take(MOST_COMPARED).any(|used| used == id);
        let id = call.id.as_deref().filter(fresh);
        let id = id.map_or_else(|| self.new_id(exchange), str::to_owned);
        let signature = part.thought_signature.as_deref().filter(|signature| !signature.is_empty());
        if let (Some(signatures), Some(signature)) = (&calling.signatures, signature) {
            signatures.keep(&id, name, signature);
        }
        let id = match signature {
            Some(signature) if calling.in_ids => format!("{id}{IN_ID}{signature}"),
            _ => id,
        };
        let name = calling.names.client(name);
        let arguments = compact(call.args.map_or("{}", |args| args.get()));
        let arguments = if arguments == "null" { "{}" } else { &arguments };
        if calling.legacy {
            if self.count() == 0 {
                push_function(json, name, "arguments", arguments);
            }
            self.ids.push(id);
            return self.count() == 1;
        }
        json.push(b'{');
        if numbered {
            json.extend_from_slice(format!("\"index\":{},", self.count()).as_bytes());
        }
        json.extend_from_slice(b"\"id\":");
        push_string(json, &id);
        if calling.custom.iter().any(|custom| custom == name) {
            json.extend_from_slice(b",\"type\":\"custom\",\"custom\":");
            push_function(json, name, "input", &input(arguments));
        } else {
            json.extend_from_slice(b",\"type\":\"function\",\"function\":");
            push_function(json, name, "arguments", arguments);
        }
        if let Some(signature) = signature {
            json.extend_from_slice(b",\"extra_content\":{\"google\":{\"thought_signature\":");
            push_string(json, signature);
            json.extend_from_slice(b"}}");
        }
        json.push(b'}');
        self.ids.push(id);
        true
    }

    #[expect(clippy::cast_possible_truncation, reason = "part of a number that is unique is enough")]
    fn new_id(&self, exchange: u128) -> String {
        let (machine, counter) = ((exchange >> 64) as u64, exchange as u32);
        format!("call_{:012x}{counter:08x}{:04x}", machine >> 16, self.count())
    }
}

fn push_function(json: &mut Vec<u8>, name: &str, member: &str, value: &str) {
    json.extend_from_slice(b"{\"name\":");
    push_string(json, name);
    json.extend_from_slice(format!(",\"{member}\":").as_bytes());
    push_string(json, value);
    json.push(b'}');
}

/// The text of a custom tool's call, which is declared as a function with this one argument.
fn input(arguments: &str) -> String {
    #[derive(Deserialize)]
    struct Input {
        input: String,
    }
    serde_json::from_str(arguments).map_or_else(|_| arguments.to_owned(), |Input { input }| input)
}

/// JSON without white space between its tokens; everything else stays as Google wrote it.
pub(super) fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let mut in_string = false;
    let mut escaped = false;
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character.is_ascii_whitespace() {
            continue;
        } else {
            in_string = character == '"';
        }
        compact.push(character);
    }
    compact
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn only_white_space_between_tokens_goes() {
        for (json, expected) in [
            (
                "{\n  \"b\": [ 1.50, 12345678901234567890 ],\r\n  \"a\" : null\n}",
                r#"{"b":[1.50,12345678901234567890],"a":null}"#,
            ),
            (r#"{ "q" : "a \" b \\" , "é ü" : "\u00e9\n" }"#, r#"{"q":"a \" b \\","é ü":"\u00e9\n"}"#),
            ("{}", "{}"),
        ] {
            assert_eq!(compact(json), expected);
        }
    }

    #[test]
    fn ids_are_googles_once_and_ours_otherwise() {
        let part: CandidatePart<'_> =
            serde_json::from_str(r#"{"functionCall":{"id":"x","name":"f"},"thoughtSignature":"c2ln"}"#)
                .unwrap();
        let mut calls = Calls::default();
        let mut json = Vec::new();
        assert!(calls.push(&part, &Calling::default(), true, (7 << 96) | 9, &mut json));
        assert!(calls.push(&part, &Calling::default(), true, (7 << 96) | 9, &mut json));
        assert_eq!(
            String::from_utf8(json).unwrap(),
            r#"{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}}{"index":1,"id":"call_000000070000000000090001","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}}"#
        );
        assert!(!calls.push(&CandidatePart::default(), &Calling::default(), true, 0, &mut Vec::new()));
    }
}
