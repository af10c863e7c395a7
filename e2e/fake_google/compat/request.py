"""Credentials and structure of a chat completion at Google's compatible endpoints.

Words quoted from Google: "Missing or invalid Authorization header.", "Multiple authentication credentials received."
and "Malformed publisher model" in third parties' reports of 2025 and 2026; the rest is as on the native paths.
"""

import json
import re
from dataclasses import replace
from typing import Any

from .. import auth, schema
from ..errors import invalid
from ..identity.issuer import Issuer
from ..surface import GEMINI, Call

MARKER = re.compile(r"\[\[fake:([^\]]+)\]\]")
# Google counts these as credentials of their own.
CREDENTIALS = ("authorization", "x-goog-api-key", "openai-organization", "openai-project")


def check_credentials(call: Call, headers: dict[str, str], api_key: str, token: str, issuer: Issuer) -> None:
    """The Developer API takes its key as bearer, and nothing beside it; Vertex a token. Raises `GoogleError`."""
    if call.api != GEMINI:
        auth.check(call, headers, api_key, token, issuer)
        return
    bearer = headers.get("authorization", "")
    if not bearer.startswith("Bearer "):
        raise invalid("Missing or invalid Authorization header.")
    if sum(name in headers for name in CREDENTIALS) + (call.key is not None) > 1:
        raise invalid("Multiple authentication credentials received. Please pass only one.")
    if bearer != f"Bearer {api_key}":
        raise auth.bad_key(call)


def check_structure(call: Call, value: dict[str, Any]) -> dict[str, Any]:
    """The body with its nulls dropped. Raises Google's 400: the Developer API takes known fields only, Vertex ignores
    others at the top."""
    if call.api != GEMINI:
        known = schema.messages(schema.OPENAI)["ChatCompletionRequest"]["f"]
        value = {name: item for name, item in value.items() if name in known}
    return schema.check(schema.OPENAI, call.version, "ChatCompletionRequest", value)


def resolved(call: Call, body: dict[str, Any]) -> Call:
    """The call with the body's model and framing. Raises the 400 of a model that is not named as the API names it."""
    name = body.get("model", "")
    if call.api == GEMINI:
        model = name.removeprefix("models/")
    else:
        publisher, slash, model = name.partition("/")
        if not slash or not publisher or not model:
            raise invalid(
                f"Malformed publisher model (`model`: '{name}') for the 'openapi' request endpoint ID; expected"
                " '<publisher>/<model>'."
            )
        if publisher != "google":
            raise invalid(f"The publisher {publisher} is none of the fake's (`model`: '{name}').")
    return framed(replace(call, model=model, endpoint=None), body)


def framed(call: Call, body: Any) -> Call:
    """The call, streaming or not as the body says."""
    streams = isinstance(body, dict) and body.get("stream") is True
    return replace(call, method=replace(call.method, streams=streams), sse=streams)


def marker(body: Any) -> str | None:
    """The last scenario marker in the messages."""
    found = MARKER.findall(json.dumps(body.get("messages"))) if isinstance(body, dict) else []
    return found[-1] if found else None
