"""Structure of a body, judged by Google's own schemas (`../google_schemas`), in Google's words.

Property format: `{t: type, fmt, enum}`, `{r: message}`, `{t: "array", i: property}`, `{t: "map", v: property}`,
`{t: "any"}`; a message's `oneof` lists groups of fields of which one may be set.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from . import scalars
from .errors import GoogleError, bad_request

FOLDER = Path(__file__).resolve().parent.parent / "google_schemas"
FILES = {"gemini": "gemini_v1beta.json", "vertex": "vertex_v1.json", "discoveryengine": "discoveryengine_v1.json"}
# The OpenAI-compatible endpoints, whose messages no document of Google's describes.
OPENAI = "openai"
PREFIX = {
    "gemini": "",
    "vertex": "GoogleCloudAiplatformV1",
    "discoveryengine": "GoogleCloudDiscoveryengineV1",
    OPENAI: "",
}
# Messages which no document of Google's has: what the models of `predict` take, from its SDK and pages.
OWN = "X_"
PACKAGE = {
    "gemini": "google.ai.generativelanguage",
    "vertex": "google.cloud.aiplatform",
    "discoveryengine": "google.cloud.discoveryengine",
    OPENAI: "google.ai.generativelanguage.openai",
}
# protobuf's default recursion limit.
DEPTH = 100
# The oneof's own name is not in discovery documents; this one is known from error messages.
ONEOF_NAMES = {"Part": "data"}
# Enums that are not nested in the message that uses them, or are named unlike their field.
ENUM_NAMES = {
    ("Schema", "type"): "Type",
    ("SafetySetting", "category"): "HarmCategory",
    ("SafetySetting", "threshold"): "SafetySetting.HarmBlockThreshold",
    ("GenerationConfig", "responseModalities"): "GenerationConfig.Modality",
}


@cache
def messages(api: str) -> dict[str, Any]:
    """Every message of `api`: `{name: {f: {field: property}, oneof: [[field]]}}`, newer fields merged in."""
    if api == OPENAI:
        return json.loads((FOLDER / "openai_compat.json").read_text())["schemas"]
    schemas = json.loads((FOLDER / FILES[api]).read_text())["schemas"]
    newer = json.loads((FOLDER / "newer_fields.json").read_text())[api]
    for name, message in schemas.items():
        added = newer.get(name.removeprefix(PREFIX[api]), {})
        message["f"] = {field: prop for field, prop in message["f"].items() if not prop.get("soft")} | added
    return schemas


@cache
def spellings(api: str, name: str) -> dict[str, str]:
    """Accepted spelling of a field -> its JSON name."""
    fields = messages(api)[name]["f"]
    return {snake(field): field for field in fields} | {field: field for field in fields}


def snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda match: "_" + match[0].lower(), name)


def parse(body: bytes) -> Any:
    """The body's JSON; no body is an empty message. Raises Google's 400."""
    if not body.strip():
        return {}
    try:
        text = body.decode("utf-8")
        value = json.loads(text, parse_constant=refuse_constant)
    except UnicodeDecodeError:
        raise syntax("Invalid UTF-8.") from None
    except json.JSONDecodeError as error:
        if error.pos >= len(error.doc.rstrip()):
            raise syntax(f"Unexpected end of string. Expected a value.\n{error.doc[-40:]}\n^") from None
        raise syntax(f"Unexpected token.\n{error.doc[max(0, error.pos - 20) : error.pos + 20]}\n^") from None
    except RecursionError:
        raise too_deep() from None
    bounded(value, DEPTH)
    if not isinstance(value, dict):
        raise bad_request([("", 'Invalid JSON payload received. Unknown name "": Root element must be a message.')])
    return value


def bounded(value: Any, levels: int) -> None:
    """Raises when objects and arrays are nested deeper than `levels`."""
    if not levels:
        raise too_deep()
    if isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            bounded(item, levels - 1)


def too_deep() -> GoogleError:
    return syntax("Message too deep. Max recursion depth reached.")


def refuse_constant(name: str) -> None:
    raise syntax(f"Unexpected token.\n{name}\n^")


def syntax(what: str) -> GoogleError:
    return bad_request([("", f"Invalid JSON payload received. {what}")])


def check(api: str, version: str, name: str, value: dict[str, Any]) -> dict[str, Any]:
    """`value` as a message `name`, in canonical form: JSON names, enums in Google's spelling, no nulls, arrays as
    arrays. Raises Google's 400 with every violation."""
    judge = Judge(api, version)
    canonical = judge.message(name if name.startswith(OWN) else PREFIX[api] + name, value, "")
    if judge.violations:
        raise bad_request(judge.violations)
    return canonical


class Judge:
    """One walk over a body, collecting violations as (path, description)."""

    def __init__(self, api: str, version: str):
        self.api, self.package = api, f"type.googleapis.com/{PACKAGE[api]}.{version}"
        self.violations: list[tuple[str, str]] = []

    def message(self, name: str, value: dict[str, Any], path: str) -> dict[str, Any]:
        message = messages(self.api)[name]
        result: dict[str, Any] = {}
        for key, item in value.items():
            field = spellings(self.api, name).get(key)
            if field is None:
                self.unknown(key, path, "Cannot find field.")
            elif item is not None:
                taken = self.taken(message, field, result)
                if taken:
                    self.oneof(name, path, key)
                    continue
                result[field] = self.value(name, field, key, message["f"][field], item, path)
        return result

    def taken(self, message: dict[str, Any], field: str, result: dict[str, Any]) -> bool:
        return any(field in group and any(other in result for other in group) for group in message.get("oneof", ()))

    def value(self, owner: str, field: str, key: str, prop: dict[str, Any], value: Any, path: str) -> Any:
        """`value` of `owner.field`, which the client wrote as `key` at `path`."""
        here = f"{path}.{snake(field)}" if path else snake(field)
        if prop.get("t") != "array":
            if isinstance(value, list) and prop.get("t") != "any":
                self.unknown(key, path, "Proto field is not repeating, cannot start list.")
                return value
            return self.single(owner, field, prop, value, here)
        item = prop["i"]
        if not isinstance(value, list):
            if not isinstance(value, dict):
                self.wrong(here, self.type_name(owner, field, item), value)
                return []
            # Proven by recordings: one object stands for an array of one.
            return [self.single(owner, field, item, value, here)]
        result = []
        for number, one in enumerate(value):
            if isinstance(one, list) and item.get("t") != "any":
                self.unknown(key, path, "Proto field is not repeating, cannot start list.")
            else:
                result.append(self.single(owner, field, item, one, f"{here}[{number}]"))
        return result

    def single(self, owner: str, field: str, prop: dict[str, Any], value: Any, path: str) -> Any:
        if "r" in prop:
            if isinstance(value, dict):
                return self.message(prop["r"], value, path)
            self.wrong(path, self.type_name(owner, field, prop), value)
            return {}
        if prop["t"] == "any":
            return value
        if prop["t"] == "map":
            return self.map(owner, field, prop, value, path)
        if isinstance(value, dict):
            parent, _, last = path.rpartition(".")
            self.violations.append(
                (parent, f"Invalid value at '{parent}' ({last}), Starting an object on a scalar field")
            )
            return value
        return self.scalar(owner, field, prop, value, path)

    def map(self, owner: str, field: str, prop: dict[str, Any], value: Any, path: str) -> Any:
        if not isinstance(value, dict):
            self.wrong(path, self.type_name(owner, field, prop), value)
            return {}
        if prop["v"].get("t") == "any":
            return value
        return {
            key: self.single(owner, field, prop["v"], item, f"{path}[{number}].value")
            for number, (key, item) in enumerate(value.items())
        }

    def scalar(self, owner: str, field: str, prop: dict[str, Any], value: Any, path: str) -> Any:
        kind = self.type_name(owner, field, prop)
        if prop.get("enum"):
            known = scalars.enum_value(prop, value)
            if known is None:
                self.wrong(path, kind, value)
            return known
        if prop.get("fmt") == "byte" and isinstance(value, str):
            if not scalars.base64_fits(value):
                shown = json.dumps(value if len(value) < 200 else value[:200])
                self.violations.append(
                    (path, f"Invalid value at '{path}' ({kind}), Base64 decoding failed for {shown}")
                )
        elif not scalars.fits(prop, value):
            self.wrong(path, kind, value)
        elif prop["t"] in ("integer", "number") and isinstance(value, str):
            return float(value)
        return value

    def type_name(self, owner: str, field: str, prop: dict[str, Any]) -> str:
        """The type of a value as it stands in parentheses in Google's messages."""
        if "r" in prop:
            return f"{self.package}.{prop['r'].removeprefix(PREFIX[self.api])}"
        if prop["t"] == "map":
            return "type.googleapis.com/google.protobuf.Struct" if prop["v"].get("t") == "any" else "Map"
        if prop.get("enum"):
            message = owner.removeprefix(PREFIX[self.api])
            nested = f"{message}.{field[0].upper()}{field[1:]}"
            return f"{self.package}.{ENUM_NAMES.get((message, field), nested)}"
        return scalars.type_name(prop)

    def unknown(self, key: str, path: str, why: str) -> None:
        where = f" at '{path}'" if path else ""
        shown = json.dumps(key, ensure_ascii=False)
        self.violations.append((path, f"Invalid JSON payload received. Unknown name {shown}{where}: {why}"))

    def wrong(self, path: str, kind: str, value: Any) -> None:
        shown = json.dumps(value, ensure_ascii=False)[:200]
        self.violations.append((path, f"Invalid value at '{path}' ({kind}), {shown}"))

    def oneof(self, owner: str, path: str, key: str) -> None:
        group = ONEOF_NAMES.get(owner.removeprefix(PREFIX[self.api]), "value")
        self.violations.append(
            (path, f"Invalid value at '{path}' (oneof), oneof field '{group}' is already set. Cannot set '{key}'")
        )
