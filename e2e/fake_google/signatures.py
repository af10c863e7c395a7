"""Thought signatures (`translation.md` section 1.3), for the models that insist on them.

The current turn is everything after the last user content with ordinary parts. In each of its steps, the first
function call must carry a signature; parallel siblings need none; earlier turns are not looked at.
"""

from typing import Any

from .errors import GoogleError, invalid
from .surface import VERTEX, Call
from .turns import grouped


def check(call: Call, contents: list[dict[str, Any]]) -> None:
    """Raises `GoogleError` for the first call that has to be signed and is not."""
    start = turn_start(contents)
    for step in grouped(contents):
        calls = [
            (n, part)
            for n, content in step
            if n >= start
            for part in content.get("parts", [])
            if "functionCall" in part
        ]
        if calls and not calls[0][1].get("thoughtSignature"):
            position, part = calls[0]
            raise missing(call, part["functionCall"].get("name", ""), position + 1)


def turn_start(contents: list[dict[str, Any]]) -> int:
    """Index of the first content of the current turn."""
    for number in reversed(range(len(contents))):
        content = contents[number]
        ordinary = any("functionResponse" not in part for part in content.get("parts", []))
        if content.get("role") != "model" and ordinary:
            return number + 1
    return 0


def missing(call: Call, name: str, position: int) -> GoogleError:
    if call.api == VERTEX:
        return invalid(
            f"Unable to submit request because function call `default_api:{name}` in the {position}. content block is"
            " missing a `thought_signature`. Learn more:"
            " https://docs.cloud.google.com/vertex-ai/generative-ai/docs/thought-signatures"
        )
    return invalid(
        "Function call is missing a thought_signature in functionCall parts. This is required for tools to work"
        " correctly, and missing thought_signature may lead to degraded model performance. Additional data, function"
        f" call `default_api:{name}` , position {position}. Please refer to"
        " https://ai.google.dev/gemini-api/docs/thought-signatures for more details."
    )
