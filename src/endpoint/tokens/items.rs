//! The input of the Responses API as messages of a chat: each item is a message.
//!
//! <https://platform.openai.com/docs/api-reference/responses/create#responses-create-input>

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::endpoint::completions::{string, turn};
use crate::error::Error;
use crate::wire::json::{self, Object};
use crate::wire::lenient::Members;
use crate::wire::openai::{CalledFunction, ChatRequest, Message, Origin, ToolCall};
use crate::wire::text::Str;

/// Items of what OpenAI did itself: they are left out.
const LEFT_OUT: [&str; 17] = [
    "apply_patch_call",
    "apply_patch_call_output",
    "code_interpreter_call",
    "compaction",
    "computer_call",
    "computer_call_output",
    "file_search_call",
    "image_generation_call",
    "local_shell_call",
    "local_shell_call_output",
    "mcp_approval_request",
    "mcp_approval_response",
    "mcp_call",
    "mcp_list_tools",
    "shell_call",
    "shell_call_output",
    "web_search_call",
];

/// The members of an item that are read.
const READ: [&str; 8] = ["arguments", "call_id", "content", "input", "name", "output", "role", "type"];

/// The chat that a request is; types of items that are left out go into `dropped`.
pub(super) fn chat<'a>(
    members: &Members<'a>,
    dropped: &mut Vec<&'static str>,
) -> Result<ChatRequest<'a>, Error> {
    for name in ["previous_response_id", "conversation"] {
        if members.get(name).is_some() {
            return Err(Error::invalid("Responses are not kept. Send the whole conversation as 'input'.")
                .param(name)
                .code("unsupported_parameter"));
        }
    }
    let mut messages = Vec::new();
    if let Some(instructions) = members.get("instructions") {
        messages.push(turn("system", string(instructions, "instructions")?));
    }
    let before = messages.len();
    let input = members.get("input").ok_or_else(|| Error::missing("input"))?;
    if input.get().starts_with('[') {
        let items: Vec<&RawValue> = json::from_raw(input, "input")?;
        for (index, item) in items.into_iter().enumerate() {
            messages.push(Object(message(item, &format!("input[{index}]"), dropped)?));
        }
        if messages.is_empty() {
            let message = "Invalid 'input': there is nothing to count, it is empty.";
            return Err(Error::invalid(message).param("input").code("empty_array"));
        }
    } else {
        messages.push(turn("user", string(input, "input")?));
    }
    let tools = members.get("tools").map(|tools| json::from_raw(tools, "tools")).transpose()?;
    Ok(ChatRequest {
        model: super::model(members)?,
        messages: Some(messages),
        tools,
        origin: Origin::Input { before },
        ..ChatRequest::default()
    })
}

/// The message that the item at `path` is.
fn message<'a>(
    item: &'a RawValue,
    path: &str,
    dropped: &mut Vec<&'static str>,
) -> Result<Message<'a>, Error> {
    let item = Item { members: json::from_raw(item, path)?, path };
    item.members.once(path, &READ)?;
    let kind: Option<Str<'a>> = item.read("type")?;
    let role: Option<Str<'a>> = item.read("role")?;
    match kind.as_deref() {
        None | Some("message") if role.is_some() => {
            Ok(Message { role, content: item.members.get("content"), ..Message::default() })
        }
        None => Err(item.missing("type")),
        Some("message") => Err(item.missing("role")),
        Some("function_call") => {
            let function =
                CalledFunction { arguments: item.members.get("arguments"), ..item.called("name")? };
            Ok(item.assistant(ToolCall { function: Some(Object(function)), ..item.call()? }))
        }
        Some("custom_tool_call") => {
            let custom = CalledFunction { input: Some(item.needed("input")?), ..item.called("name")? };
            Ok(item.assistant(ToolCall { custom: Some(Object(custom)), ..item.call()? }))
        }
        Some("function_call_output" | "custom_tool_call_output") => Ok(Message {
            role: Some(Str("tool".into())),
            tool_call_id: item.call()?.id,
            content: Some(item.needed("output")?),
            ..Message::default()
        }),
        // What the model thought does not go back.
        Some("reasoning") => Ok(assistant()),
        Some("item_reference") => Err(Error::invalid("Items are not kept. Send the item itself.")
            .param(path)
            .code("unsupported_value")),
        Some(kind) => match LEFT_OUT.into_iter().find(|known| *known == kind) {
            Some(known) => {
                if !dropped.contains(&known) {
                    dropped.push(known);
                }
                Ok(assistant())
            }
            None => Err(Error::invalid("This type of item is not known.")
                .param(format!("{path}.type"))
                .code("invalid_value")),
        },
    }
}

/// An assistant that said nothing.
fn assistant<'a>() -> Message<'a> {
    Message { role: Some(Str("assistant".into())), ..Message::default() }
}

struct Item<'a, 'p> {
    members: Members<'a>,
    path: &'p str,
}

impl<'a> Item<'a, '_> {
    fn missing(&self, name: &str) -> Error {
        Error::missing(format!("{}.{name}", self.path))
    }

    fn read<T: Deserialize<'a>>(&self, name: &str) -> Result<Option<T>, Error> {
        let path = format!("{}.{name}", self.path);
        Ok(self.members.get(name).map(|raw| json::from_raw(raw, &path)).transpose()?)
    }

    fn needed(&self, name: &str) -> Result<&'a RawValue, Error> {
        self.members.get(name).ok_or_else(|| self.missing(name))
    }

    /// A call with its id.
    fn call(&self) -> Result<ToolCall<'a>, Error> {
        let id: Option<Str<'a>> = self.read("call_id")?;
        if id.as_ref().is_none_or(|id| id.is_empty()) {
            return Err(self.missing("call_id"));
        }
        Ok(ToolCall { id, ..ToolCall::default() })
    }

    /// What was called.
    fn called(&self, name: &str) -> Result<CalledFunction<'a>, Error> {
        let called: Option<Str<'a>> = self.read(name)?;
        if called.as_ref().is_none_or(|called| called.is_empty()) {
            return Err(self.missing(name));
        }
        Ok(CalledFunction { name: called, ..CalledFunction::default() })
    }

    fn assistant(&self, call: ToolCall<'a>) -> Message<'a> {
        Message { tool_calls: Some(vec![Object(call)]), ..assistant() }
    }
}
