"""Bodies of `:predict` and `:predictLongRunning`: to Google's front end anything goes in `instances` and `parameters`,
so the models behind it look at them themselves, name by name (no other spelling) and in words of their own.

Words: quoted from Google in public repositories; the sense on Vertex.
"""

import re
from typing import Any

from . import schema
from .errors import GoogleError, invalid
from .surface import GEMINI, Call

UNKNOWN = re.compile(r'Unknown name "([^"]*)"')


def message(call: Call, shape: str, body: dict[str, Any], vertex_only: set[str]) -> dict[str, Any]:
    """`body` in canonical form, judged as the message `shape` of `google_schemas`. Raises `GoogleError`."""
    schema.check(call.api, call.version, call.method.request, body)
    judge = schema.Judge(call.api, call.version)
    canonical = judge.message(shape, body, "")
    for _, text in judge.violations:
        unknown = UNKNOWN.search(text)
        raise unsupported(unknown[1]) if unknown else invalid(text)
    exact(body, canonical)
    given = canonical.get("parameters", {})
    only = [name for name in given if name in vertex_only]
    if call.api == GEMINI and only:
        raise unsupported(only[0])
    return canonical


def exact(given: Any, canonical: Any, at: str = "") -> None:
    """Raises when a name is spelled otherwise than the schema does (`aspect_ratio`), or a number is in quotes."""
    if isinstance(given, list) and isinstance(canonical, list):
        for one, other in zip(given, canonical, strict=True):
            exact(one, other, at)
    elif isinstance(given, dict) and isinstance(canonical, dict):
        for name, value in given.items():
            if name not in canonical and value is not None:
                raise unsupported(name)
            exact(value, canonical.get(name), name)
    elif isinstance(given, str) and isinstance(canonical, float):
        raise invalid(f"The value type for `{at}` needs to be a number.")


def unsupported(name: str) -> GoogleError:
    return invalid(
        f"`{name}` isn't supported by this model. Please remove it or refer to the Gemini API documentation for"
        " supported usage."
    )


def choice(name: str, value: str, known: tuple[str, ...]) -> None:
    """Raises when `value` is none of `known`."""
    if value not in known:
        raise invalid(
            f"`{name}` does not support `{value}` as a valid value. Please refer to the Gemini API documentation for"
            " supported usage."
        )


def bounded(name: str, value: Any, least: int, greatest: int) -> None:
    """Raises when `value` is out of bounds."""
    if not least <= value <= greatest:
        raise out_of_bound(name, least, greatest)


def out_of_bound(name: str, least: int, greatest: int) -> GoogleError:
    return invalid(
        f"The number value for `{name}` is out of bound. Please provide a value between {least} and {greatest},"
        " inclusive."
    )
