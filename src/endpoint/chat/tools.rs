//! Tools: declarations of the client's functions, and Google's built-in ones.
//!
//! <https://ai.google.dev/gemini-api/docs/function-calling>, <https://platform.openai.com/docs/guides/function-calling>

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::built_in::BuiltIn;
use super::names::Names;
use crate::error::Error;
use crate::media::Backend;
use crate::model::Model;
use crate::schema::{self, Root};
use crate::wire::gemini::{FunctionCallingConfig, FunctionDeclaration, Tool, ToolConfig};
use crate::wire::json::{self, Object};
use crate::wire::lenient::Members;
use crate::wire::openai::ChatRequest;
use crate::wire::text::{Str, Text};

/// What the tools of a request become.
#[derive(Default)]
pub(super) struct Tools<'a> {
    pub(super) declarations: Vec<FunctionDeclaration<'a>>,
    pub(super) built_in: BuiltIn<'a>,
    /// Names of custom tools, whose calls hold plain text.
    pub(super) custom: Vec<String>,
    /// The request used the legacy `functions`.
    pub(super) legacy: bool,
    /// By how many bytes schemas became longer.
    grown: usize,
    /// Built-in tools were left out.
    pub(super) left_out: bool,
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
    /// Of a file search.
    #[serde(alias = "file_search_store_names")]
    vector_store_ids: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Function<'a> {
    #[serde(borrow)]
    name: Option<Str<'a>>,
    description: Option<&'a RawValue>,
    parameters: Option<&'a RawValue>,
    /// The same, of a declaration in Google's form.
    #[serde(alias = "parametersJsonSchema")]
    parameters_json_schema: Option<&'a RawValue>,
    /// Of a custom tool.
    format: Option<&'a RawValue>,
}

/// More than anyone declares; each is compared with those before it.
const MOST_TOOLS: usize = 2048;

/// Bytes that references may add to the schemas of a request; a small one could be made into hundreds of megabytes.
const MOST_GROWN: usize = 1 << 20;

/// What tools are declared to.
#[derive(Clone, Copy)]
pub(super) struct Target<'m> {
    pub(super) model: &'m Model,
    pub(super) backend: Backend,
}

/// Translates every tool of the request.
pub(super) fn translate<'a>(
    chat: &ChatRequest<'a>,
    more: &[(String, &'a RawValue)],
    target: Target<'_>,
    names: &mut Names,
) -> Result<Tools<'a>, Error> {
    let mut tools = Tools::default();
    for (param, list) in [("tools", &chat.tools), ("functions", &chat.functions)] {
        if list.as_ref().is_some_and(|list| list.len() > MOST_TOOLS) {
            return Err(Error::invalid(format!(
                "Invalid '{param}': array too long. Expected at most {MOST_TOOLS}."
            ))
            .param(param)
            .code("array_above_max_length"));
        }
    }
    for (index, raw) in chat.tools.iter().flatten().enumerate() {
        tools.add(raw, &format!("tools[{index}]"), target, names)?;
    }
    for (path, raw) in more {
        tools.native(raw, path, target, names)?;
    }
    for (index, raw) in chat.functions.iter().flatten().enumerate() {
        let path = format!("functions[{index}]");
        let Object(function) = json::from_raw(raw, &path)?;
        tools.legacy = true;
        tools.declare(&function, &path, target, names)?;
    }
    if chat.web_search_options.is_some() {
        tools.built_in.add_search();
    }
    // Models before Gemini 3 refuse both kinds together; the client's own functions matter more.
    if !tools.declarations.is_empty() && !target.model.has_mixed_tools() {
        tools.left_out = !tools.built_in.tools.is_empty();
        tools.built_in = BuiltIn::default();
    }
    Ok(tools)
}

impl<'a> Tools<'a> {
    /// Whether there are none of either kind.
    pub(super) fn is_empty(&self) -> bool {
        self.declarations.is_empty() && self.built_in.tools.is_empty()
    }

    /// Whether there are both kinds.
    pub(super) fn mixed(&self) -> bool {
        !self.declarations.is_empty() && !self.built_in.tools.is_empty()
    }

    /// How they may be used, and whether arguments are to come in pieces. Gemini 3 takes both kinds together only when
    /// told to report its own calls.
    pub(super) fn config(
        &mut self,
        mut choice: Option<FunctionCallingConfig>,
        in_pieces: bool,
        backend: Backend,
    ) -> Option<ToolConfig> {
        if in_pieces && !self.declarations.is_empty() {
            let auto = FunctionCallingConfig { mode: "AUTO", ..Default::default() };
            choice.get_or_insert(auto).stream_function_call_arguments = Some(true);
        }
        let both = backend == Backend::Developer && self.mixed();
        let config = ToolConfig {
            function_calling_config: choice,
            retrieval_config: self.built_in.place.take(),
            include_server_side_tool_invocations: both.then_some(true),
        };
        (!config.is_empty()).then_some(config)
    }

    /// The request's `tools`: all functions in one, each built-in tool in one of its own.
    pub(super) fn into_wire(self) -> Vec<Tool<'a>> {
        let functions = (!self.declarations.is_empty()).then_some(Tool::Functions(self.declarations));
        functions.into_iter().chain(self.built_in.tools).collect()
    }

    fn add(
        &mut self,
        raw: &'a RawValue,
        path: &str,
        target: Target<'_>,
        names: &mut Names,
    ) -> Result<(), Error> {
        let Object(tool): Object<Given<'a>> = json::from_raw(raw, path)?;
        let Some(kind) = tool.r#type.as_deref() else {
            return self.native(raw, path, target, names);
        };
        let flat = Function {
            name: tool.name,
            description: tool.description,
            parameters: tool.parameters,
            parameters_json_schema: None,
            format: None,
        };
        let of_its_own = |nested: Option<Object<Function<'a>>>| match nested {
            Some(Object(function)) => (function, format!("{path}.{kind}")),
            None => (flat, path.to_owned()),
        };
        match kind {
            "function" => {
                let (function, path) = of_its_own(tool.function);
                self.declare(&function, &path, target, names)
            }
            "custom" => {
                let (function, path) = of_its_own(tool.custom);
                self.declare_custom(&function, &path, names)
            }
            kind => {
                if self.built_in.add_type(kind, tool.vector_store_ids, path, target.backend)? {
                    return Ok(());
                }
                Err(Error::invalid("This type of tool is not supported.")
                    .param(format!("{path}.type"))
                    .code("invalid_value"))
            }
        }
    }

    /// A tool in Google's own form: one member, named like the tool.
    fn native(
        &mut self,
        raw: &'a RawValue,
        path: &str,
        target: Target<'_>,
        names: &mut Names,
    ) -> Result<(), Error> {
        let Members(members) = json::from_raw(raw, path)?;
        if members.is_empty() {
            return Err(Error::missing(format!("{path}.type")));
        }
        for (name, value) in members {
            let path = format!("{path}.{name}");
            if matches!(&*name, "functionDeclarations" | "function_declarations") {
                let functions: Vec<Object<Function<'a>>> = json::from_raw(value, &path)?;
                for (index, Object(function)) in functions.iter().enumerate() {
                    self.declare(function, &format!("{path}[{index}]"), target, names)?;
                }
            } else if !self.built_in.add_native(&name, value, &path, target.backend)? {
                return Err(Error::invalid("A tool needs a `type`, or to be one of Google's own.")
                    .param(path)
                    .code("invalid_value"));
            }
        }
        Ok(())
    }

    fn declare(
        &mut self,
        function: &Function<'a>,
        path: &str,
        target: Target<'_>,
        names: &mut Names,
    ) -> Result<(), Error> {
        let model = target.model;
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
        let given = function.parameters.or(function.parameters_json_schema);
        let given = given.filter(|schema| schema.get() != "null");
        let invalid = |message| {
            Error::invalid(message).param(format!("{path}.parameters")).code("invalid_function_parameters")
        };
        let schema = given.map(clean).transpose().map_err(|error| invalid(error.to_string()))?.flatten();
        let length = |schema: Option<&RawValue>| schema.map_or(0, |schema| schema.get().len());
        let grown = length(schema.as_deref()).saturating_sub(length(given));
        self.grown = self.grown.saturating_add(grown);
        if self.grown > MOST_GROWN {
            return Err(invalid(
                "With their references resolved, the schemas of all tools are too large.".to_owned(),
            ));
        }
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
