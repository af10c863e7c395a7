"""Tokens: how many the fake counts, and `countTokens`.

The fake has no tokenizer: a token is a word. "Should provide instances for text model prediction." is quoted from
googleapis/js-genai#763.
"""

from typing import Any

from . import embedders, replies, rules
from .control import Rules
from .errors import invalid
from .surface import GEMINI, VERTEX, Call

# Tokens of a picture, a sound or a document, whatever its size.
MEDIA = 258


def text(said: str) -> int:
    return replies.tokens(said)


def part(one: dict[str, Any]) -> int:
    return text(one["text"]) if "text" in one else MEDIA


def characters(said: str) -> int:
    """Those that Vertex bills: without white space, as recorded."""
    return len("".join(said.split()))


def check(call: Call, body: dict[str, Any], groups: Rules) -> None:
    """Raises `GoogleError`. A request to generate names its model; a model that is predicted with takes instances."""
    facts = embedders.find(call.model, call.api)
    if call.api == VERTEX and facts is not None and facts.instances:
        if not body.get("instances"):
            raise invalid("Should provide instances for text model prediction.")
        return
    inner = body.get("generateContentRequest")
    if inner is not None and call.api == GEMINI and inner.get("model") != call.resource:
        path = "* CountTokensRequest.generate_content_request.model"
        raise invalid(f"{path}: the model must be the one of the URL, {call.resource}\n")
    rules.check(call, body, groups)


def reply(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    if body.get("instances"):
        said = "\n".join(instance.get("content", "") for instance in body["instances"])
        return {"totalTokens": text(said), "totalBillableCharacters": characters(said)}
    request = body.get("generateContentRequest", body)
    said = "\n".join([replies.prompt_text(request), *declared(request)])
    total = text(said)
    counted = {"totalTokens": total, "promptTokensDetails": [{"modality": "TEXT", "tokenCount": total}]}
    return counted | ({"totalBillableCharacters": characters(said)} if call.api == VERTEX else {})


def declared(request: dict[str, Any]) -> list[str]:
    """Words of the functions: their declarations are part of the prompt."""
    functions = [one for tool in request.get("tools", []) for one in tool.get("functionDeclarations", [])]
    return [f"{one['name']} {one.get('description', '')}" for one in functions]
