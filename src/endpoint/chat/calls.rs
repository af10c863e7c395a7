//! Function calls of a reply.
//!
//! <https://ai.google.dev/api/caching#FunctionCall>, <https://ai.google.dev/gemini-api/docs/thought-signatures>

use serde::Deserialize;

use super::envelope::{push_signature, push_string};
use super::finish::Rest;
use super::names::Names;
use super::partial_args::{self, PartialArgs};
use super::signatures::IN_ID;
use crate::error::Error;
use crate::memory::Signatures;
use crate::wire::gemini::CandidatePart;

/// Among so many earlier calls an id is looked for, so that countless calls do not take the worker's time.
const MOST_COMPARED: usize = 256;

/// What the request leaves for the calls of its reply.
pub(super) struct Calling {
    pub(super) names: Names,
    /// The client's names of custom tools.
    pub(super) custom: Vec<String>,
    /// The request used the legacy `functions`, and gets one `function_call`.
    pub(super) legacy: bool,
    /// Where signatures are kept for clients that drop them.
    pub(super) signatures: Signatures,
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
#[derive(Debug)]
pub(super) struct Calls {
    /// The choice.
    index: u64,
    ids: Vec<String>,
    /// The call that comes in pieces.
    open: Option<Open>,
}

/// A call of which more may come.
#[derive(Debug)]
struct Open {
    id: String,
    /// Whether `id` is Google's.
    named: bool,
    /// Google's name of the function.
    name: String,
    signature: Option<String>,
    /// Compact JSON, where the arguments came in one piece.
    arguments: String,
    pieces: PartialArgs,
}

impl Calls {
    /// Those of choice `index`.
    pub(super) fn new(index: u64) -> Self {
        Self { index, ids: Vec::new(), open: None }
    }

    /// How many calls there were.
    pub(super) fn count(&self) -> usize {
        self.ids.len()
    }

    /// Bytes kept of them, about.
    pub(super) fn held(&self) -> usize {
        let open = self.open.as_ref().map_or(0, |open| {
            let signature = open.signature.as_ref().map_or(0, String::len);
            open.pieces.held().saturating_add(open.arguments.len()).saturating_add(signature)
        });
        self.ids.iter().map(String::len).fold(open, usize::saturating_add)
    }

    /// Takes the call of `part`, or the piece of one, and appends what is complete by it to `json`, as
    /// [`Self::end`] does. A call is complete at a piece that says so, or that belongs to another call.
    ///
    /// `exchange` makes the ids unique that Google leaves to us: it names calls only from Gemini 3 on.
    ///
    /// # Errors
    /// 502 for a piece that fits nowhere.
    pub(super) fn push(
        &mut self,
        part: &CandidatePart<'_>,
        calling: &Calling,
        numbered: bool,
        exchange: u128,
        json: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Some(call) = &part.function_call.0 else {
            return Ok(());
        };
        let id = call.id.as_deref().filter(|id| !id.is_empty());
        let same = |open: &Open| open.named && id == Some(&*open.id);
        if let Some(name) = call.name.as_deref().filter(|_| !self.open.as_ref().is_some_and(same)) {
            self.end(Rest::Whole, calling, numbered, json);
            let fresh = |id: &&str| !self.ids.iter().rev().take(MOST_COMPARED).any(|used| used == id);
            let id = id.filter(fresh);
            self.open = Some(Open {
                named: id.is_some(),
                id: id.map_or_else(|| self.new_id(exchange), str::to_owned),
                name: name.to_owned(),
                signature: None,
                arguments: String::new(),
                pieces: PartialArgs::default(),
            });
        }
        let Some(open) = &mut self.open else {
            // Without a name it only closes what is closed already.
            return if call.partial_args.is_empty() { Ok(()) } else { Err(partial_args::unreadable()) };
        };
        if open.signature.is_none() {
            open.signature = part.signature().map(str::to_owned);
        }
        if let Some(args) = call.args {
            open.arguments = compact(args.get());
        }
        for piece in call.partial_args.iter() {
            open.pieces.push(piece)?;
        }
        if !call.continues() {
            self.end(Rest::Whole, calling, numbered, json);
        }
        Ok(())
    }

    /// Appends the call that is still open, unless it is lost, to `json` as an element of `tool_calls`, after a comma
    /// where another stands before it, with its number where the reply is a stream; for a legacy request the first one
    /// as a `function_call`, and no other.
    pub(super) fn end(&mut self, rest: Rest, calling: &Calling, numbered: bool, json: &mut Vec<u8>) {
        let Some(Open { id, name, signature, arguments, pieces, .. }) =
            self.open.take().filter(|_| rest != Rest::Lost)
        else {
            return;
        };
        if let Some(signature) = &signature {
            calling.signatures.keep(&id, calling.names.client(&name), signature);
        }
        let signed = signature.as_ref().filter(|_| calling.in_ids);
        let shown = signed.map_or_else(|| id.clone(), |signature| format!("{id}{IN_ID}{signature}"));
        let name = calling.names.client(&name);
        let arguments = match &*arguments {
            "" | "null" | "{}" => pieces.finish(rest),
            _ => arguments,
        };
        let number = self.count();
        if !calling.legacy {
            if json.last() == Some(&b'}') {
                json.push(b',');
            }
            json.push(b'{');
            if numbered {
                json.extend_from_slice(format!("\"index\":{number},").as_bytes());
            }
            json.extend_from_slice(b"\"id\":");
            push_string(json, &shown);
            if calling.custom.iter().any(|custom| custom == name) {
                json.extend_from_slice(b",\"type\":\"custom\",\"custom\":");
                push_function(json, name, "input", &input(&arguments));
            } else {
                json.extend_from_slice(b",\"type\":\"function\",\"function\":");
                push_function(json, name, "arguments", &arguments);
            }
            if let Some(signature) = &signature {
                json.push(b',');
                push_signature(json, signature);
            }
            json.push(b'}');
        } else if number == 0 {
            push_function(json, name, "arguments", &arguments);
        }
        self.ids.push(id);
    }

    #[expect(clippy::cast_possible_truncation, reason = "part of a number that is unique is enough")]
    fn new_id(&self, exchange: u128) -> String {
        let (machine, counter) = ((exchange >> 64) as u64, exchange as u32);
        format!("call_{:012x}{counter:08x}{:02x}{:02x}", machine >> 16, self.index, self.count())
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
    if arguments == "{}" {
        return String::new();
    }
    serde_json::from_str(arguments).map_or_else(|_| arguments.to_owned(), |Input { input }| input)
}

/// JSON without white space between its tokens; everything else stays as Google wrote it.
pub(in crate::endpoint) fn compact(json: &str) -> String {
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
    use std::rc::Rc;

    use super::*;
    use crate::headers::{Headers, encode};
    use crate::testing::Remembered;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    fn plain() -> Calling {
        let memory = Rc::new(Remembered::default());
        let signatures = Signatures::of(memory, &Headers::decode(encode(&[])), None, 0, 0, 0);
        Calling { names: Names::default(), custom: Vec::new(), legacy: false, signatures, in_ids: false }
    }

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
        let part = r#"{"functionCall":{"id":"x","name":"f"},"thoughtSignature":"c2ln"}"#;
        assert_eq!(
            told(&plain(), &[part, part]).unwrap(),
            r#"{"index":0,"id":"x","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}},{"index":1,"id":"call_000000070000000000090001","type":"function","function":{"name":"f","arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}}"#
        );
        assert_eq!(told(&plain(), &["{}", r#"{"functionCall":null}"#]).unwrap(), "");
    }

    /// The elements of `tool_calls` that `parts` make.
    fn told(calling: &Calling, parts: &[&str]) -> Result<String, Error> {
        let (mut calls, mut json) = (Calls::new(0), Vec::new());
        for part in parts {
            let part = serde_json::from_str(part).unwrap();
            calls.push(&part, calling, true, (7 << 96) | 9, &mut json)?;
        }
        calls.end(Rest::Whole, calling, true, &mut json);
        Ok(String::from_utf8(json).unwrap())
    }

    #[test]
    fn pieces_become_one_call() {
        const A: &str =
            r#"{"functionCall":{"partialArgs":[{"jsonPath":"$.a","stringValue":"x"}],"willContinue":true}}"#;
        const B: &str = r#"{"functionCall":{"partialArgs":[{"jsonPath":"$.b","numberValue":1.0}]}}"#;
        const F: &str =
            r#"{"functionCall":{"name":"f","id":"1","willContinue":true},"thoughtSignature":"c2ln"}"#;
        const G: &str = r#"{"functionCall":{"name":"g","id":"2","args":{"c": 1}}}"#;
        const MORE: &str = r#"{"functionCall":{"willContinue":true}}"#;
        const LAST: &str = r#"{"functionCall":{}}"#;
        let f = |index: usize, arguments: &str| {
            format!(
                r#"{{"index":{index},"id":"1","type":"function","function":{{"name":"f","arguments":"{arguments}"}},"extra_content":{{"google":{{"thought_signature":"c2ln"}}}}}}"#
            )
        };
        let g = r#"{"index":1,"id":"2","type":"function","function":{"name":"g","arguments":"{\"c\":1}"}}"#;
        let (none, one, both) = (f(0, "{}"), f(0, r#"{\"a\":\"x\"}"#), f(0, r#"{\"a\":\"x\",\"b\":1.0}"#));
        for (parts, expected) in [
            (&[F, A, MORE, B][..], both.clone()),
            (&[F, A, B, LAST], both.clone()),
            (&[F, A, LAST], one.clone()),
            // Neither said to be over nor begun anew.
            (&[F, A], one.clone()),
            (&[F, F, A, F, LAST], one.clone()),
            (&[F, LAST, LAST, G], format!("{none},{g}")),
            (&[F, A, G], format!("{one},{g}")),
            (
                &[
                    r#"{"functionCall":{"name":"f","id":"1","partialArgs":[{"jsonPath":"$.a","stringValue":"x"},{"jsonPath":"$.b","numberValue":1.0}]},"thoughtSignature":"c2ln"}"#,
                ],
                both.clone(),
            ),
        ] {
            assert_eq!(told(&plain(), parts).unwrap(), expected, "{parts:?}");
        }
        for lost in [&[A][..], &[F, B, A], &[F, A, A, r#"{"functionCall":{"partialArgs":[{}]}}"#]] {
            assert_eq!(told(&plain(), lost).unwrap_err().status(), 502, "{lost:?}");
        }
    }

    #[test]
    fn pieces_are_named_and_signed_as_whole_calls_are() {
        let mut names = Names::default();
        names.emit("my tool");
        let part = r#"{"functionCall":{"name":"default_api:my_tool","id":"1","partialArgs":[{"jsonPath":"$.input","stringValue":"a\"b"}]},"thoughtSignature":"c2ln"}"#;
        let calling = Calling { names, custom: vec!["my tool".to_owned()], in_ids: true, ..plain() };
        assert_eq!(
            told(&calling, &[part]).unwrap(),
            r#"{"index":0,"id":"1__thought__c2ln","type":"custom","custom":{"name":"my tool","input":"a\"b"},"extra_content":{"google":{"thought_signature":"c2ln"}}}"#
        );
        let legacy = Calling { legacy: true, ..plain() };
        let other = r#"{"functionCall":{"name":"g","args":{}}}"#;
        assert_eq!(told(&legacy, &[other, part]).unwrap(), r#"{"name":"g","arguments":"{}"}"#);
    }
}
