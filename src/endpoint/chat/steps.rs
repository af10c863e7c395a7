//! What Google did itself in earlier turns, given back as clients carry it: see `server_tools` for the way out.
//!
//! Code it ran goes back where the request lets it run code, calls of its own tools where they go together with functions:
//! elsewhere Google refuses them. <https://ai.google.dev/gemini-api/docs/tool-combination>

use serde::Deserialize;
use serde_json::value::RawValue;

use super::signatures;
use super::tools::Tools;
use crate::media::Backend;
use crate::wire::gemini::{Data, Member, Part};
use crate::wire::json::{self, Object};
use crate::wire::openai::Message;
use crate::wire::text::Str;

/// Which kinds of steps go back.
#[derive(Clone, Copy, Default)]
pub(super) struct Steps {
    code: bool,
    tools: bool,
}

/// An element of either list.
#[derive(Deserialize)]
struct Given<'a> {
    #[serde(borrow)]
    r#type: Option<Str<'a>>,
    language: Option<&'a RawValue>,
    code: Option<&'a RawValue>,
    outcome: Option<&'a RawValue>,
    output: Option<&'a RawValue>,
    tool_type: Option<&'a RawValue>,
    args: Option<&'a RawValue>,
    response: Option<&'a RawValue>,
    id: Option<&'a RawValue>,
    thought_signature: Option<&'a RawValue>,
}

impl Steps {
    /// Those that go with the tools of a request.
    pub(super) fn beside(tools: &Tools<'_>, backend: Backend) -> Self {
        Self {
            code: tools.built_in.has("codeExecution"),
            tools: tools.mixed() && backend == Backend::Developer,
        }
    }

    /// The parts for what `message` carries, in their order. What is no step is left out.
    pub(super) fn parts<'a>(self, message: &Message<'a>) -> Vec<Part<'a>> {
        let Some(fields) = message.provider_specific_fields.as_ref() else {
            return Vec::new();
        };
        let code = fields.code_execution.iter().filter(|_| self.code);
        let tools = fields.server_side_tool_invocations.iter().filter(|_| self.tools);
        code.chain(tools).flat_map(|list| list.iter()).filter_map(|raw| part(raw)).collect()
    }
}

fn part(raw: &RawValue) -> Option<Part<'_>> {
    let Object(given): Object<Given<'_>> = json::from_slice(raw.get().as_bytes()).ok()?;
    let id = ("id", given.id);
    let (name, members) = match given.r#type.as_deref()? {
        "executable_code" => ("executableCode", [("language", given.language), ("code", given.code), id]),
        "code_execution_result" => {
            ("codeExecutionResult", [("outcome", given.outcome), ("output", given.output), id])
        }
        "tool_call" => ("toolCall", [("toolType", given.tool_type), ("args", given.args), id]),
        "tool_response" => {
            ("toolResponse", [("toolType", given.tool_type), ("response", given.response), id])
        }
        _ => return None,
    };
    let members = members.iter().filter_map(|(name, raw)| Some(format!("\"{name}\":{}", (*raw)?.get())));
    let members = members.collect::<Vec<_>>().join(",");
    let step = RawValue::from_string(format!("{{{members}}}")).ok()?;
    let signature = signatures::valid(given.thought_signature);
    Some(Part { thought_signature: signature, ..Part::new(Data::Step(Box::new(Member(name, step)))) })
}

#[cfg(test)]
mod tests {
    use super::*;
    #[cfg(target_arch = "wasm32")]
    use wasm_bindgen_test::wasm_bindgen_test as test;

    #[test]
    fn steps_go_back_as_google_said_them() {
        for (given, expected) in [
            (
                r#"{"type":"executable_code","language":"PYTHON","code":"1","index":0,"thought_signature":"c2ln"}"#,
                r#"{"executableCode":{"language":"PYTHON","code":"1"},"thoughtSignature":"c2ln"}"#,
            ),
            (
                r#"{"type":"code_execution_result","outcome":"OUTCOME_OK","output":"","id":"x"}"#,
                r#"{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"","id":"x"}}"#,
            ),
            (
                r#"{"type":"tool_call","tool_type":"GOOGLE_SEARCH_WEB","args":{"q":[1]},"id":"a"}"#,
                r#"{"toolCall":{"toolType":"GOOGLE_SEARCH_WEB","args":{"q":[1]},"id":"a"}}"#,
            ),
            (
                r#"{"type":"tool_response","tool_type":"FILE_SEARCH","response":{},"id":"a"}"#,
                r#"{"toolResponse":{"toolType":"FILE_SEARCH","response":{},"id":"a"}}"#,
            ),
        ] {
            let message = format!(
                r#"{{"provider_specific_fields":{{"code_execution":[{given},1],"server_side_tool_invocations":[{{}}]}}}}"#
            );
            let message: Message<'_> = json::from_slice(message.as_bytes()).unwrap();
            let parts = Steps { code: true, tools: true }.parts(&message);
            assert_eq!(parts.len(), 1);
            assert_eq!(serde_json::to_string(&parts[0]).unwrap(), expected);
            assert!(Steps::default().parts(&message).is_empty());
        }
    }
}
