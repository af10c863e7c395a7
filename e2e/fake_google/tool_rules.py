"""Rules about tools and how they may be called (`translation.md` sections 1.4 and 1.5)."""

import re
from typing import Any

from .errors import field, invalid
from .models import Model
from .surface import VERTEX, Call

FUNCTION_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}")


def check(call: Call, facts: Model, request: dict[str, Any]) -> None:
    """Raises `GoogleError` for the first broken rule."""
    tools, config = request.get("tools", []), request.get("toolConfig", {})
    names = declared(tools)
    mixed(call, facts, tools, config)
    calling(config.get("functionCallingConfig", {}), tools, names)


def declared(tools: list[dict[str, Any]]) -> set[str]:
    """Names of the declared functions, all of them in order."""
    names = set()
    for t, tool in enumerate(tools):
        if not tool:
            raise field(f"tools[{t}].tool_type", "required one_of 'tool_type' must have one initialized field")
        if len(tool) > 1:
            raise field(f"tools[{t}].tool_type", "one_of 'tool_type' has more than one initialized field")
        for d, declaration in enumerate(tool.get("functionDeclarations", [])):
            function(f"tools[{t}].function_declarations[{d}]", declaration)
            if declaration["name"] in names:
                raise invalid(f"Duplicate function declaration found: {declaration['name']}")
            names.add(declaration["name"])
    return names


def function(at: str, declaration: dict[str, Any]) -> None:
    if not FUNCTION_NAME.fullmatch(declaration.get("name", "")):
        raise field(
            f"{at}.name",
            "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9),"
            " underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 128.",
        )
    if "parameters" in declaration and "parametersJsonSchema" in declaration:
        raise field(at, "only one of parameters and parameters_json_schema can be set.")


def mixed(call: Call, facts: Model, tools: list[dict[str, Any]], config: dict[str, Any]) -> None:
    """Built-in tools beside functions: not before Gemini 3; there, the Developer API wants a flag."""
    newer, flag = facts.generation >= (3, 0), config.get("includeServerSideToolInvocations")
    if flag and not newer:
        raise invalid("Tool call context circulation is not enabled for this model.")
    functions = [bool(tool.get("functionDeclarations")) for tool in tools]
    if all(functions) or not any(functions):
        return
    if not newer:
        raise invalid("Tool use with function calling is unsupported")
    if call.api != VERTEX and not flag:
        raise invalid(
            "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools with Function"
            " calling."
        )


def calling(config: dict[str, Any], tools: list[dict[str, Any]], names: set[str]) -> None:
    """Forcing needs something to force; names need a mode that forces."""
    forced = config.get("mode") in ("ANY", "VALIDATED")
    # Recorded: with a built-in tool alone the same is taken.
    if forced and not tools:
        raise invalid("Function calling config is set without function_declarations.")
    allowed = config.get("allowedFunctionNames", [])
    if allowed and not forced:
        raise field(
            "tool_config.function_calling_config",
            "allowed_function_names should only be set when the mode is ANY or VALIDATED.",
        )
    missing = [name for name in allowed if name not in names]
    if missing:
        raise field(
            "tool_config.function_calling_config.allowed_function_names",
            f"'{missing[0]}' is not among the declared functions.",
        )
