"""Rules that Google documents, or announced, and does not enforce everywhere: recorded traffic broke them and was taken.

The filter keeps them all the same, so the fake does; `documented` is a group that tests can switch off.
"""

from typing import Any

from .errors import field, invalid
from .surface import VERTEX, Call
from .turns import grouped, held

# The proto's comment on `responseJsonSchema` (`translation.md` section 1.6.2).
KEYWORDS = {
    *("$id", "$defs", "$ref", "$anchor", "type", "format", "title", "description", "enum", "items", "prefixItems"),
    *("minItems", "maxItems", "minimum", "maximum", "anyOf", "oneOf", "properties", "additionalProperties", "required"),
    "propertyOrdering",
}
TYPES = {"string", "number", "integer", "boolean", "object", "array", "null"}


def check(call: Call, request: dict[str, Any]) -> None:
    """Raises `GoogleError` for the first broken rule."""
    tools = [tool for tool in request.get("tools", []) if "functionDeclarations" in tool]
    if len(tools) > 1 and call.api != VERTEX:
        raise invalid("Only at most one tool is supported.")
    for d, declaration in enumerate(tools[0]["functionDeclarations"] if tools else []):
        at = f"tools[0].function_declarations[{d}].parameters_json_schema"
        if "parametersJsonSchema" in declaration:
            schema(at, declaration["parametersJsonSchema"], declaration["parametersJsonSchema"])
            if declaration["parametersJsonSchema"].get("type", "object") != "object":
                raise field(at, "parameters schema should be of type OBJECT.")
    answer = request.get("generationConfig", {}).get("responseJsonSchema")
    if answer is not None:
        schema("generation_config.response_json_schema", answer, answer)
    order(request["contents"])


def schema(at: str, node: Any, root: Any) -> None:
    """The keywords that are taken, with values of their kind."""
    if not isinstance(node, dict):
        raise field(at, "a schema must be an object.")
    reference = node.get("$ref")
    for key, value in node.items():
        if key not in KEYWORDS:
            raise field(at, f"unknown keyword '{key}'.")
        if reference is not None and not key.startswith("$"):
            raise field(at, f"'{key}' beside $ref.")
        values(f"{at}.{key}", key, value, root)
    if reference is not None and not found(root, reference):
        raise field(at, f"reference to undefined schema '{reference}'.")


def values(at: str, key: str, value: Any, root: Any) -> None:
    if key in ("properties", "$defs"):
        for name, one in checked(at, value, dict).items():
            schema(f"{at}.{name}", one, root)
    elif key in ("anyOf", "oneOf", "prefixItems"):
        for n, one in enumerate(checked(at, value, list)):
            schema(f"{at}[{n}]", one, root)
    elif key == "items" or (key == "additionalProperties" and not isinstance(value, bool)):
        schema(at, value, root)
    elif key == "type":
        for one in value if isinstance(value, list) else [value]:
            if one not in TYPES:
                raise field(at, f"unknown type '{one}'.")
    elif key == "enum":
        if not checked(at, value, list) or any(isinstance(one, (bool, dict, list)) for one in value):
            raise field(at, "enum values are strings or numbers.")
    elif key == "required":
        checked(at, value, list)
    elif key in ("title", "description", "format", "$ref", "$id", "$anchor"):
        checked(at, value, str)


def checked(at: str, value: Any, kind: type) -> Any:
    if not isinstance(value, kind):
        raise field(at, f"must be a {kind.__name__}.")
    return value


def found(root: Any, reference: str) -> bool:
    """Whether the reference points into the same document."""
    at = root
    if not reference.startswith("#"):
        return False
    for step in reference.removeprefix("#").split("/")[1:]:
        name = step.replace("~1", "/").replace("~0", "~")
        if isinstance(at, dict) and name in at:
            at = at[name]
        elif isinstance(at, list) and name.isdigit() and int(name) < len(at):
            at = at[int(name)]
        else:
            return False
    return True


def order(contents: list[dict[str, Any]]) -> None:
    """Responses stand in the order of their calls, name by name."""
    waiting: list[Any] = []
    for turn in grouped(contents):
        responses = [one.get("name") for one in held(turn, "functionResponse")]
        if sorted(map(str, responses)) == sorted(map(str, waiting)) and responses != waiting:
            raise invalid(f"Function responses {responses} do not follow their calls {waiting}.")
        waiting = [one.get("name") for one in held(turn, "functionCall")]
