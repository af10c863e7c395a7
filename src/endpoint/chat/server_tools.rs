//! What Google did itself while it answered: code it ran, tools of its own it called.
//!
//! OpenAI's chat completions have no place for it, so it goes under `provider_specific_fields`, in Google's order:
//!
//! | list | elements |
//! |---|---|
//! | `code_execution` | `{type: "executable_code", language, code}`, `{type: "code_execution_result", outcome, output}` |
//! | `server_side_tool_invocations` | `{type: "tool_call", tool_type, args}`, `{type: "tool_response", tool_type, response}` |
//!
//! Each also has Google's `id` and `thought_signature` where there are.
//! <https://ai.google.dev/gemini-api/docs/code-execution>, <https://ai.google.dev/api/caching#ToolCall>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::calls::compact;
use super::envelope::push_string;
use crate::wire::gemini::CandidatePart;
use crate::wire::lenient::Word;
use crate::wire::text::Text;

/// One step of such work.
pub(super) struct Step {
    /// The list of `provider_specific_fields` that it belongs to.
    pub(super) list: &'static str,
    /// The element's members, without braces.
    pub(super) members: Vec<u8>,
}

impl Step {
    /// What `part` says of such work, if anything.
    pub(super) fn of(part: &CandidatePart<'_>) -> Option<Self> {
        let (list, kind, raw) = [
            (CODE, "executable_code", part.executable_code),
            (CODE, "code_execution_result", part.code_execution_result),
            (TOOLS, "tool_call", part.tool_call),
            (TOOLS, "tool_response", part.tool_response),
        ]
        .into_iter()
        .find_map(|(list, kind, raw)| Some((list, kind, raw?)))?;
        let work: Work<'_> = serde_json::from_str(raw.get()).ok()?;
        let mut members = format!("\"type\":\"{kind}\"").into_bytes();
        match kind {
            "executable_code" => {
                push_word("language", work.language.as_ref(), &mut members);
                push_text("code", work.code, &mut members);
            }
            "code_execution_result" => {
                push_word("outcome", work.outcome.as_ref(), &mut members);
                push_text("output", work.output, &mut members);
            }
            "tool_call" => {
                push_word("tool_type", work.tool_type.as_ref(), &mut members);
                push_object("args", work.args, &mut members);
            }
            _ => {
                push_word("tool_type", work.tool_type.as_ref(), &mut members);
                push_object("response", work.response, &mut members);
            }
        }
        push_word("id", work.id.as_ref(), &mut members);
        push_word("thought_signature", part.thought_signature.as_ref(), &mut members);
        Some(Self { list, members })
    }
}

const CODE: &str = "code_execution";
const TOOLS: &str = "server_side_tool_invocations";

/// The members of all four kinds.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Work<'a> {
    #[serde(borrow)]
    id: Option<Word<'a>>,
    language: Option<Word<'a>>,
    code: Option<&'a RawValue>,
    outcome: Option<Word<'a>>,
    output: Option<&'a RawValue>,
    tool_type: Option<Word<'a>>,
    args: Option<&'a RawValue>,
    response: Option<&'a RawValue>,
}

fn push_word(name: &str, word: Option<&Word<'_>>, members: &mut Vec<u8>) {
    if let Some(word) = word {
        members.extend_from_slice(format!(",\"{name}\":").as_bytes());
        push_string(members, word);
    }
}

/// Absent text is empty text.
fn push_text(name: &str, raw: Option<&RawValue>, members: &mut Vec<u8>) {
    let text = raw.and_then(Text::verbatim);
    members.extend_from_slice(format!(",\"{name}\":\"").as_bytes());
    members.extend_from_slice(text.as_ref().map_or("", Text::inner).as_bytes());
    members.push(b'"');
}

/// An absent object is an empty one.
fn push_object(name: &str, raw: Option<&RawValue>, members: &mut Vec<u8>) {
    members.extend_from_slice(format!(",\"{name}\":").as_bytes());
    members.extend_from_slice(compact(raw.map_or("{}", RawValue::get)).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn steps_keep_what_google_said() {
        for (part, list, expected) in [
            (
                r#"{"executableCode":{"language":"PYTHON","code":"print(\"é\")\n"}}"#,
                CODE,
                r#""type":"executable_code","language":"PYTHON","code":"print(\"é\")\n""#,
            ),
            (
                r#"{"executableCode":{"language":1,"code":null,"id":"x"},"thoughtSignature":"c2ln"}"#,
                CODE,
                r#""type":"executable_code","language":"1","code":"","id":"x","thought_signature":"c2ln""#,
            ),
            (
                r#"{"codeExecutionResult":{"outcome":"OUTCOME_FAILED","output":"1:1: \"foo(\""}}"#,
                CODE,
                r#""type":"code_execution_result","outcome":"OUTCOME_FAILED","output":"1:1: \"foo(\"""#,
            ),
            (
                r#"{"codeExecutionResult":{"id":"3u8s8qrk","outcome":"OUTCOME_OK"}}"#,
                CODE,
                r#""type":"code_execution_result","outcome":"OUTCOME_OK","output":"","id":"3u8s8qrk""#,
            ),
            (
                "{\"toolCall\":{\"toolType\":\"GOOGLE_SEARCH_WEB\",\"id\":\"a\",\"args\":{\n \"queries\": [\"x y\"]}}}",
                TOOLS,
                r#""type":"tool_call","tool_type":"GOOGLE_SEARCH_WEB","args":{"queries":["x y"]},"id":"a""#,
            ),
            (
                r#"{"toolResponse":{"toolType":"FILE_SEARCH","id":"a"}}"#,
                TOOLS,
                r#""type":"tool_response","tool_type":"FILE_SEARCH","response":{},"id":"a""#,
            ),
        ] {
            let step = Step::of(&serde_json::from_str(part).unwrap()).unwrap();
            assert_eq!(step.list, list);
            assert_eq!(String::from_utf8(step.members).unwrap(), expected);
        }
    }

    #[test]
    fn other_parts_are_none() {
        for part in ["{}", r#"{"text":"x"}"#, r#"{"executableCode":"x"}"#, r#"{"toolCall":null}"#] {
            assert!(Step::of(&serde_json::from_str(part).unwrap()).is_none(), "{part}");
        }
    }
}
