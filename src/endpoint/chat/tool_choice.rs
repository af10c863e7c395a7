//! Which tool may or must be used.
//!
//! <https://ai.google.dev/api/caching#FunctionCallingConfig>

use serde::Deserialize;

use super::built_in;
use super::names::Names;
use super::tools::Tools;
use crate::error::Error;
use crate::wire::gemini::FunctionCallingConfig;
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;
use crate::wire::text::Str;

#[derive(Deserialize)]
struct Choice<'a> {
    #[serde(borrow)]
    r#type: Option<Str<'a>>,
    /// The flat form, and `function_call`.
    name: Option<Str<'a>>,
    function: Option<Object<Named<'a>>>,
    custom: Option<Object<Named<'a>>>,
    allowed_tools: Option<Object<Allowed<'a>>>,
    /// The flat form of `allowed_tools`.
    mode: Option<Str<'a>>,
    tools: Option<Vec<Object<Choice<'a>>>>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
}

#[derive(Deserialize)]
struct Allowed<'a> {
    #[serde(borrow)]
    mode: Option<Str<'a>>,
    tools: Option<Vec<Object<Choice<'a>>>>,
}

/// The configuration for `tool_choice` or `function_call`; none where nothing is asked or no function is declared.
pub(super) fn translate(
    chat: &ChatRequest<'_>,
    tools: &Tools<'_>,
    names: &mut Names,
) -> Result<Option<FunctionCallingConfig>, Error> {
    let (param, given) = match (chat.tool_choice, chat.function_call) {
        (Some(choice), _) => ("tool_choice", choice),
        (None, Some(call)) => ("function_call", call),
        (None, None) => return Ok(None),
    };
    // Google refuses a configuration for functions that are not there.
    if tools.declarations.is_empty() {
        return Ok(None);
    }
    let config = |mode, allowed| {
        let config = FunctionCallingConfig { mode, allowed_function_names: allowed, ..Default::default() };
        Ok(Some(config))
    };
    if let Ok(word) = serde_json::from_str::<Str<'_>>(given.get()) {
        return match &*word {
            "auto" => config("AUTO", Vec::new()),
            "none" => config("NONE", Vec::new()),
            "required" | "any" => config("ANY", Vec::new()),
            "validated" => config("VALIDATED", Vec::new()),
            _ => Err(invalid(param, "Supported values are: 'auto', 'none', 'required', or an object.")),
        };
    }
    let Object(choice): Object<Choice<'_>> = json::from_raw(given, param)?;
    let mut declared = |name: Option<&str>| {
        let emitted = names.emit(name.unwrap_or_default());
        let known = tools.declarations.iter().any(|declaration| declaration.name == emitted);
        if known {
            Ok(emitted)
        } else {
            Err(invalid(param, "It names a tool that is not among the request's tools."))
        }
    };
    match choice.r#type.as_deref() {
        Some("allowed_tools") => {
            let allowed = choice.allowed_tools.map(|Object(allowed)| allowed);
            let (mode, listed) = match allowed {
                Some(allowed) => (allowed.mode, allowed.tools),
                None => (choice.mode, choice.tools),
            };
            // A list goes with `ANY` and `VALIDATED` only.
            let mode = if mode.as_deref() == Some("required") { "ANY" } else { "VALIDATED" };
            let listed = listed.filter(|listed| !listed.is_empty());
            let listed = listed.ok_or_else(|| invalid(param, "It allows no tool."))?;
            let functions = listed.iter().filter(|Object(tool)| name(tool).is_some());
            let allowed =
                functions.map(|Object(tool)| declared(name(tool))).collect::<Result<Vec<_>, _>>()?;
            config(mode, allowed)
        }
        // `tool`, `any` and so on are Anthropic's.
        Some("function" | "custom" | "tool") | None => {
            let allowed = vec![declared(name(&choice))?];
            config("ANY", allowed)
        }
        Some("auto") => config("AUTO", Vec::new()),
        Some("none") => config("NONE", Vec::new()),
        Some("any" | "required") => config("ANY", Vec::new()),
        // A built-in tool cannot be forced.
        Some(kind) if built_in::is_type(kind) => config("AUTO", Vec::new()),
        Some(_) => Err(invalid(param, "This type is not known.")),
    }
}

fn name<'c>(choice: &'c Choice<'_>) -> Option<&'c str> {
    let nested = choice.function.as_ref().or(choice.custom.as_ref());
    nested.map_or(choice.name.as_deref(), |Object(named)| named.name.as_deref())
}

fn invalid(param: &str, message: &str) -> Error {
    Error::invalid(format!("Invalid value for '{param}'. {message}")).param(param).code("invalid_value")
}
