//! Tools: declarations of the client's functions, and Google's built-in ones.
//!
//! <https://ai.google.dev/gemini-api/docs/function-calling>, <https://platform.openai.com/docs/guides/function-calling>

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::names::Names;
use crate::error::Error;
use crate::model::Model;
use crate::schema::{self, Root};
use crate::wire::gemini::{FunctionCallingConfig, FunctionDeclaration, Tool, ToolConfig};
use crate::wire::json::{self, Object};
use crate::wire::openai::ChatRequest;
use crate::wire::text::{Str, Text};

/// What the tools of a request become.
#[derive(Default)]
pub(super) struct Tools<'a> {
    pub(super) declarations: Vec<FunctionDeclaration<'a>>,
    /// Built-in tools, each an object of its own: a `Tool` holds one kind.
    pub(super) built_in: Vec<Tool<'a>>,
    /// Names of custom tools, whose calls hold plain text.
    pub(super) custom: Vec<String>,
    /// The request used the legacy `functions`.
    pub(super) legacy: bool,
}

/// One element of `tools`, in every form clients use.
#[derive(Deserialize)]
struct Given<'a> {
    #[serde(borrow)]
    r#type: Option<Str<'a>>,
    function: Option<Object<Function<'a>>>,
    custom: Option<Object<Function<'a>>>,
    /// The flat form.
    name: Option<Str<'a>>,
    description: Option<&'a RawValue>,
    parameters: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    description: Option<&'a RawValue>,
    parameters: Option<&'a RawValue>,
    /// Of a custom tool.
    format: Option<&'a RawValue>,
}

/// Google's own tools as clients name them by type.
const BY_TYPE: [(&str, &str); 8] = [
    ("web_search", "googleSearch"),
    ("google_search", "googleSearch"),
    ("code_interpreter", "codeExecution"),
    ("code_execution", "codeExecution"),
    ("url_context", "urlContext"),
    ("web_fetch", "urlContext"),
    ("google_maps", "googleMaps"),
    ("enterprise_web_search", "enterpriseWebSearch"),
];

/// Google's own tools as they are, `{"googleSearch":{}}`, in both spellings.
const NATIVE: [(&str, &str); 12] = [
    ("googleSearch", "googleSearch"),
    ("google_search", "googleSearch"),
    ("googleSearchRetrieval", "googleSearchRetrieval"),
    ("google_search_retrieval", "googleSearchRetrieval"),
    ("codeExecution", "codeExecution"),
    ("code_execution", "codeExecution"),
    ("urlContext", "urlContext"),
    ("url_context", "urlContext"),
    ("googleMaps", "googleMaps"),
    ("google_maps", "googleMaps"),
    ("fileSearch", "fileSearch"),
    ("file_search", "fileSearch"),
];

/// Translates every tool of the request.
pub(super) fn translate<'a>(
    chat: &ChatRequest<'a>,
    more: &[&'a RawValue],
    model: &Model,
    names: &mut Names,
) -> Result<Tools<'a>, Error> {
    let mut tools = Tools::default();
    for (index, raw) in chat.tools.iter().flatten().enumerate() {
        let path = format!("tools[{index}]");
        tools.add(raw, &path, model, names)?;
    }
    for raw in more {
        tools.native(raw, "extra_body.google.tools")?;
    }
    for (index, raw) in chat.functions.iter().flatten().enumerate() {
        let path = format!("functions[{index}]");
        let Object(function) = json::from_raw(raw, &path)?;
        tools.legacy = true;
        tools.declare(&function, &path, model, names)?;
    }
    if chat.web_search_options.is_some() {
        tools.built_in("googleSearch", "{}");
    }
    // Models before Gemini 3 refuse both kinds together; the client's own functions matter more.
    if !tools.declarations.is_empty() && !model.is_gemini_3() {
        tools.built_in.clear();
    }
    Ok(tools)
}

impl<'a> Tools<'a> {
    /// Whether there are none of either kind.
    pub(super) fn is_empty(&self) -> bool {
        self.declarations.is_empty() && self.built_in.is_empty()
    }

    /// How they may be used. Gemini 3 takes both kinds together only when told to report its own calls.
    pub(super) fn config(&self, choice: Option<FunctionCallingConfig>) -> Option<ToolConfig> {
        let both = !self.declarations.is_empty() && !self.built_in.is_empty();
        let config = ToolConfig {
            function_calling_config: choice,
            include_server_side_tool_invocations: both.then_some(true),
        };
        (config != ToolConfig::default()).then_some(config)
    }

    /// The request's `tools`: all functions in one, each built-in tool in one of its own.
    pub(super) fn into_wire(self) -> Vec<Tool<'a>> {
        let functions = (!self.declarations.is_empty()).then_some(Tool::Functions(self.declarations));
        functions.into_iter().chain(self.built_in).collect()
    }

    fn add(&mut self, raw: &'a RawValue, path: &str, model: &Model, names: &mut Names) -> Result<(), Error> {
        let Object(tool): Object<Given<'a>> = json::from_raw(raw, path)?;
        let Some(kind) = tool.r#type.as_deref() else {
            return self.native(raw, path);
        };
        let flat = Function {
            name: tool.name,
            description: tool.description,
            parameters: tool.parameters,
            format: None,
        };
        match kind {
            "function" => {
                let (function, path) = match tool.function {
                    Some(Object(function)) => (function, format!("{path}.function")),
                    None => (flat, path.to_owned()),
                };
                self.declare(&function, &path, model, names)
            }
            "custom" => {
                let (function, path) = match tool.custom {
                    Some(Object(function)) => (function, format!("{path}.custom")),
                    None => (flat, path.to_owned()),
                };
                self.declare_custom(&function, &path, names)
            }
            // Dated variants such as `web_search_20250305` are the same tool.
            kind => match BY_TYPE.iter().find(|(name, _)| kind.starts_with(name)) {
                Some((_, google)) => {
                    self.built_in(google, "{}");
                    Ok(())
                }
                None => Err(Error::invalid("This type of tool is not supported.")
                    .param(format!("{path}.type"))
                    .code("invalid_value")),
            },
        }
    }

    /// A tool in Google's own form: one member, named like the tool.
    fn native(&mut self, raw: &'a RawValue, path: &str) -> Result<(), Error> {
        #[derive(Deserialize)]
        struct Native<'a>(#[serde(borrow)] std::collections::BTreeMap<Str<'a>, &'a RawValue>);
        let Native(members) = json::from_raw(raw, path)?;
        let mut known = false;
        for (name, value) in members {
            let Some((_, google)) = NATIVE.iter().find(|(native, _)| *native == &*name) else {
                return Err(Error::invalid("A tool needs a `type`, or to be one of Google's own.")
                    .param(format!("{path}.{}", &*name))
                    .code("invalid_value"));
            };
            known = true;
            self.built_in(google, if value.get() == "null" { "{}" } else { value.get() });
        }
        if known {
            return Ok(());
        }
        Err(Error::missing(format!("{path}.type")))
    }

    fn built_in(&mut self, name: &'static str, options: &str) {
        let options = RawValue::from_string(options.to_owned()).unwrap_or_default();
        if !self.built_in.iter().any(|tool| matches!(tool, Tool::BuiltIn(taken, _) if *taken == name)) {
            self.built_in.push(Tool::BuiltIn(name, options));
        }
    }

    fn declare(
        &mut self,
        function: &Function<'a>,
        path: &str,
        model: &Model,
        names: &mut Names,
    ) -> Result<(), Error> {
        let name = named(function, path, names)?;
        if self.declared(&name) {
            return Ok(());
        }
        let clean = |schema| {
            if model.has_json_schema() {
                schema::light(schema, Root::Tool)
            } else {
                schema::legacy(schema, Root::Tool)
            }
        };
        let schema = function.parameters.filter(|schema| schema.get() != "null").map(clean).transpose();
        let schema = schema.map_err(|error| {
            Error::invalid(error.to_string())
                .param(format!("{path}.parameters"))
                .code("invalid_function_parameters")
        })?;
        let schema = schema.flatten();
        let (json_schema, parameters) = if model.has_json_schema() { (schema, None) } else { (None, schema) };
        self.declarations.push(FunctionDeclaration {
            name,
            description: function.description.and_then(Text::from_raw),
            parameters_json_schema: json_schema,
            parameters,
        });
        Ok(())
    }

    /// A custom tool takes one text; its grammar can only be described.
    fn declare_custom(
        &mut self,
        function: &Function<'a>,
        path: &str,
        names: &mut Names,
    ) -> Result<(), Error> {
        #[derive(Serialize)]
        struct Input<'t> {
            r#type: &'static str,
            properties: Properties<'t>,
            required: [&'static str; 1],
        }
        #[derive(Serialize)]
        struct Properties<'t> {
            input: Property<'t>,
        }
        #[derive(Serialize)]
        struct Property<'t> {
            r#type: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            description: Option<&'t str>,
        }
        let name = named(function, path, names)?;
        if self.declared(&name) {
            return Ok(());
        }
        let description = function.format.map(RawValue::get).filter(|format| *format != "null");
        let input = Property { r#type: "string", description };
        let input = Input { r#type: "object", properties: Properties { input }, required: ["input"] };
        self.custom.extend(function.name.as_deref().map(str::to_owned));
        self.declarations.push(FunctionDeclaration {
            name,
            description: function.description.and_then(Text::from_raw),
            parameters_json_schema: serde_json::value::to_raw_value(&input).ok(),
            parameters: None,
        });
        Ok(())
    }

    /// Google refuses duplicates; the first stays.
    fn declared(&self, name: &str) -> bool {
        self.declarations.iter().any(|declaration| declaration.name == name)
    }
}

fn named(function: &Function<'_>, path: &str, names: &mut Names) -> Result<String, Error> {
    match function.name.as_deref() {
        Some(name) if !name.is_empty() => Ok(names.emit(name)),
        _ => Err(Error::missing(format!("{path}.name"))),
    }
}
