"""Which meaning of a JSON Schema must reach Google, worked out a second time.

`lost(schema, recorded)` compares what the client declared with what Google got by meaning, not by form: references are
followed, `const` is an `enum` of one, `oneOf` is `anyOf`. Every property with its name, place and order, every
description, title, type, enum value, bound and required list must be there. What may be missing stands in `DROPPED`.
"""

from __future__ import annotations

import json
from urllib.parse import unquote

# Keywords that Google's JSON Schema fields do not take, and why nothing that the model could obey is lost.
DROPPED = {
    "$schema": "says which draft this is",
    "$id": "names the document; references are followed here",
    "$anchor": "a name to refer to; references are followed here",
    "$comment": "a note to people",
    "$defs": "compared where they are referred to",
    "definitions": "compared where they are referred to",
    "default": "Google ignores it",
    "examples": "not among the keywords Google takes",
    "readOnly": "not among the keywords Google takes",
    "writeOnly": "not among the keywords Google takes",
    "deprecated": "not among the keywords Google takes",
    "strict": "OpenAI's switch, no keyword",
    "uniqueItems": "not among the keywords Google takes",
    "multipleOf": "not among the keywords Google takes",
    "minLength": "not among the keywords Google takes",
    "maxLength": "not among the keywords Google takes",
    "pattern": "not among the keywords Google takes",
    "patternProperties": "not among the keywords Google takes",
    "propertyNames": "not among the keywords Google takes",
    "if": "not among the keywords Google takes",
    "then": "not among the keywords Google takes",
    "else": "not among the keywords Google takes",
    "not": "not among the keywords Google takes",
    "contentMediaType": "not among the keywords Google takes",
    "contentEncoding": "not among the keywords Google takes",
    "dependentRequired": "not among the keywords Google takes",
    "dependentSchemas": "not among the keywords Google takes",
    "propertyOrdering": "the order of the properties is compared itself",
}
KEPT = {
    "type", "format", "title", "description", "enum", "items", "prefixItems", "minItems", "maxItems", "minimum", "maximum",
    "anyOf", "properties", "additionalProperties", "required",
}  # fmt: skip
TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null"}


def lost(schema, recorded) -> list[str]:
    """What of the client's `schema` did not arrive in `recorded`, and what was added, each with its place."""
    return list(differences(meaning(schema, schema), meaning(recorded, recorded), "schema"))


def takes_nothing(schema) -> bool:
    """Whether it declares no argument and admits none: Google wants no schema then."""
    found = meaning(schema, schema)
    return not found.get("properties") and "anyOf" not in found and found.get("additionalProperties", False) is False


def meaning(node, root, inside: tuple = ()):
    """The schema as a tree of `KEPT` keywords, whose `properties` are a list of (name, schema)."""
    if node is True or not isinstance(node, dict):
        return {}
    if isinstance(node.get("$ref"), str):
        pointer = node["$ref"]
        if pointer in inside:
            return {"recursion": True}
        rest = {key: value for key, value in node.items() if key != "$ref"}
        return {**meaning(target(root, pointer), root, (*inside, pointer)), **meaning(rest, root, inside)}
    found: dict = {}
    for key, value in node.items():
        read(found, key, value, lambda child: meaning(child, root, inside))
    for part in node.get("allOf") or []:
        merge(found, meaning(part, root, inside))
    if node.get("nullable") is True and "type" in found:
        found["type"] = sorted({*found["type"], "null"})
    if "enum" in found and "type" not in found:
        found["type"] = sorted({TYPES.get(type(value), "object") for value in found["enum"]})
    return found


def read(found: dict, key: str, value, child) -> None:
    """One keyword into `found`."""
    if key == "properties" and isinstance(value, dict):
        found[key] = [(name, child(one)) for name, one in value.items() if one is not False]
    elif key in ("anyOf", "oneOf") and isinstance(value, list):
        found["anyOf"] = [child(one) for one in value]
    elif key == "prefixItems" and isinstance(value, list):
        found[key] = [child(one) for one in value]
    elif key in ("items", "additionalProperties"):
        found[key] = child(value) if isinstance(value, dict) else value
    elif key == "type":
        found[key] = sorted({value} if isinstance(value, str) else set(value))
    elif key == "const":
        found["enum"] = [value]
    elif key in ("exclusiveMinimum", "exclusiveMaximum") and type(value) is int:
        found["minimum" if "Min" in key else "maximum"] = value + (1 if "Min" in key else -1)
    elif key == "required":
        found[key] = sorted(value)
    elif key in KEPT:
        found[key] = value
    elif key not in DROPPED and key not in ("allOf", "nullable", "exclusiveMinimum", "exclusiveMaximum") and not key.startswith("x-"):
        found["unknown keyword " + key] = value


def merge(found: dict, part: dict) -> None:
    """`allOf`: properties and required lists unite, the first of anything else wins."""
    for key, value in part.items():
        if key == "properties":
            found[key] = [*found.get(key, []), *(pair for pair in value if pair[0] not in dict(found.get(key, [])))]
        elif key == "required":
            found[key] = sorted({*found.get(key, []), *value})
        else:
            found.setdefault(key, value)


def target(root, pointer: str):
    """What a JSON pointer inside the document names."""
    at = root
    for step in pointer.removeprefix("#").split("/")[1:]:
        step = unquote(step).replace("~1", "/").replace("~0", "~")
        at = at[int(step)] if isinstance(at, list) else at[step]
    return at


def differences(want, got, path: str):
    """Places where two meanings differ."""
    if isinstance(want, dict) and isinstance(got, dict):
        for key in [*want, *(key for key in got if key not in want)]:
            if key == "properties":
                yield from properties(want.get(key, []), got.get(key, []), f"{path}.{key}")
            elif key not in got:
                yield f"{path}: {key} {json.dumps(want[key])[:100]} is lost"
            elif key not in want:
                yield f"{path}: {key} {json.dumps(got[key])[:100]} was added"
            else:
                yield from differences(want[key], got[key], f"{path}.{key}")
    elif isinstance(want, list) and isinstance(got, list) and any(isinstance(one, dict) for one in want):
        if len(want) != len(got):
            yield f"{path}: {len(got)} branches, expected {len(want)}"
        for number, (one, other) in enumerate(zip(want, got, strict=False)):
            yield from differences(one, other, f"{path}[{number}]")
    elif json.dumps(want) != json.dumps(got):
        yield f"{path}: got {json.dumps(got)[:200]}, expected {json.dumps(want)[:200]}"


def properties(want: list, got: list, path: str):
    """Their names in order, then each."""
    if [name for name, _ in want] != [name for name, _ in got]:
        yield f"{path}: got {[name for name, _ in got]}, expected {[name for name, _ in want]}"
    known = dict(got)
    for name, one in want:
        if name in known:
            yield from differences(one, known[name], f"{path}.{name}")
