"""The models that exist, listed in pages as Google lists them, and one of them."""

import base64
import binascii
from typing import Any

from . import embedders, models
from .control import Rules
from .errors import GoogleError, bad_request
from .models import Catalogue
from .surface import GEMINI, Call

# Models of one page: without being asked, and at most.
PAGE, GREATEST = 50, 1000


def check(call: Call, body: dict[str, Any], groups: Rules) -> None:
    """Raises `GoogleError` for a page that cannot be."""
    size = call.query.get("pageSize", "")
    if not size.removeprefix("-").isascii() or (size and not size.removeprefix("-").isdecimal()):
        raise bad_request([("page_size", f"Invalid value at 'page_size' (TYPE_INT32), \"{size}\"")])
    if size.startswith("-"):
        raise bad_request([("page_size", "page_size must not be negative.")])
    if call.query.get("pageToken"):
        last(call.query["pageToken"])


def listed(call: Call, catalogue: Catalogue) -> dict[str, Any]:
    """One page, and the token of the next one if there is one. Raises a 400 for the token of no model."""
    names = catalogue.names()
    if call.query.get("pageToken"):
        before = last(call.query["pageToken"])
        if before not in names:
            raise bad_token()
        names = names[names.index(before) + 1 :]
    size = min(int(call.query.get("pageSize") or 0) or PAGE, GREATEST, catalogue.page)
    page = names[:size]
    more = {"nextPageToken": token(page[-1])} if len(names) > size else {}
    if call.api == GEMINI:
        return {"models": [description(name) for name in page], **more}
    return {"publisherModels": [published(name) for name in page], **more}


def token(name: str) -> str:
    """As recorded: a protobuf message with the last model's name, in base64."""
    full = f"models/{name}".encode()
    return base64.b64encode(bytes((0x0A, len(full))) + full).decode()


def last(page_token: str) -> str:
    """The last model of the page before. Raises a 400."""
    try:
        raw = base64.b64decode(page_token, validate=True)
    except (binascii.Error, ValueError):
        raise bad_token() from None
    name = raw[2:].decode("utf-8", "replace").removeprefix("models/")
    if token(name) != page_token:
        raise bad_token()
    return name


def bad_token() -> GoogleError:
    return bad_request([("page_token", "Invalid page token.")])


def single(call: Call) -> dict[str, Any]:
    return description(call.model) if call.api == GEMINI else published(call.model)


def description(name: str) -> dict[str, Any]:
    """A `Model` resource, with the members that recorded ones of its kind have."""
    named = {"name": f"models/{name}", "version": name.rpartition("-")[2] if name[-3:].isdecimal() else "001"}
    shown = {"displayName": name.replace("-", " ").title(), "description": f"The fake's {name}"}
    facts = embedders.find(name, GEMINI)
    if facts is not None:
        methods = ["embedContent", "countTextTokens", "countTokens", "asyncBatchEmbedContent"]
        limits = {"inputTokenLimit": facts.tokens, "outputTokenLimit": 1}
        return {**named, **shown, **limits, "supportedGenerationMethods": methods}
    return {
        **named,
        **shown,
        "inputTokenLimit": 1048576,
        "outputTokenLimit": 65536,
        "supportedGenerationMethods": ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"],
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        **({"thinking": True} if models.model(name).thinks else {}),
    }


def published(name: str) -> dict[str, Any]:
    """A `PublisherModel` resource."""
    template = f"projects/{{user-project}}/locations/{{location}}/publishers/google/models/{name}"
    facts = {"versionId": "default", "openSourceCategory": "PROPRIETARY", "launchStage": "GA"}
    return {"name": f"publishers/google/models/{name}", **facts, "publisherModelTemplate": template}
