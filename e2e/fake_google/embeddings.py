"""`embedContent` and `batchEmbedContents`, of both APIs: what they refuse, and their replies.

Quoted from GitHub issues: the limit of a batch (langchain-ai/langchainjs#4491, geldata/gel#9032), the empty part
(lingfengQAQ/webnovel-writer#51), a model's name (a forum post), "Empty instances." (googleapis/python-genai#2148) and
"is not supported in the embedContent API" (quarkiverse/quarkus-langchain4j#2376). Elsewhere only the sense is known.
"""

from typing import Any

from . import counting, embedders, media_rules, vectors
from .control import Rules
from .errors import GoogleError, invalid
from .surface import GEMINI, VERTEX, Call

REQUESTS = 100
DOCUMENT = "RETRIEVAL_DOCUMENT"
Request = dict[str, Any]


def check(call: Call, body: Request, groups: Rules) -> None:
    """Raises `GoogleError` for the first broken rule of an `embedContent`."""
    one(call, body, "EmbedContentRequest")
    if body.get("model", call.resource) != call.resource:
        raise other_model(call, "EmbedContentRequest")


def check_batch(call: Call, body: Request, groups: Rules) -> None:
    if body.get("model", call.resource) != call.resource:
        raise other_model(call, "BatchEmbedContentsRequest")
    requests = body.get("requests", [])
    if not requests:
        raise named("BatchEmbedContentsRequest.requests", "requests is not specified")
    if len(requests) > REQUESTS:
        raise named("BatchEmbedContentsRequest.requests", f"at most {REQUESTS} requests can be in one batch")
    for n, request in enumerate(requests):
        path = f"BatchEmbedContentsRequest.requests[{n}]"
        prefix = call.resource.removesuffix(call.model)
        if not request.get("model", "").startswith(prefix):
            raise named(f"{path}.model", "unexpected model name format")
        if request["model"] != call.resource:
            raise other_model(call, path)
        one(call, request, path)


def one(call: Call, request: Request, path: str) -> None:
    """One request: content that is not empty, of a kind that the model takes, and options that go together."""
    facts = embedders.find(call.model, call.api)
    parts = request.get("content", {}).get("parts", [])
    if "content" not in request:
        raise named(f"{path}.content", "content is not specified")
    if not parts:
        raise invalid("Empty instances.") if call.api == VERTEX else named(f"{path}.content.parts", "parts is empty")
    for part in parts:
        content(call, facts, part)
    options = chosen(request)
    if options.get("title") and options.get("taskType") != DOCUMENT:
        raise named(f"{path}.title", f"title is only applicable when task_type is {DOCUMENT}.")
    size = options.get("outputDimensionality")
    if size is not None and size not in facts.sizes:
        raise dimensions(call, facts, path, size)


def content(call: Call, facts: embedders.Embedder, part: dict[str, Any]) -> None:
    kinds = part.keys() & {"text", "inlineData", "fileData"}
    if not kinds or part.get("text") == "":
        if call.api == VERTEX:
            raise invalid("The text content is empty.")
        raise invalid("EmbedContentRequest.content contains an empty Part.")
    if kinds != {"text"} and not facts.media:
        raise invalid(f"{call.resource} only supports text input.")
    media_rules.media(call, part)


def dimensions(call: Call, facts: embedders.Embedder, path: str, size: float) -> GoogleError:
    least, greatest = facts.sizes[0], facts.size
    if call.api == GEMINI:
        return named(f"{path}.output_dimensionality", f"must be in the range [{least}, {greatest}].")
    return invalid(
        f"Unable to submit request because it has a outputDimensionality value of {size:g} but the supported range is"
        f" from {least} (inclusive) to {greatest + 1} (exclusive). Update the value and try again."
    )


def chosen(request: Request) -> dict[str, Any]:
    """The options, which stand in a message of their own or, deprecated, beside the content."""
    names = ("taskType", "title", "outputDimensionality", "autoTruncate")
    return {name: request[name] for name in names if name in request} | request.get("embedContentConfig", {})


def reply(call: Call, body: Request) -> dict[str, Any]:
    return {"embedding": embedded(call, body), **usage(call, [body])}


def reply_batch(call: Call, body: Request) -> dict[str, Any]:
    return {"embeddings": [embedded(call, one) for one in body["requests"]], **usage(call, body["requests"])}


def embedded(call: Call, request: Request) -> dict[str, Any]:
    """A `ContentEmbedding`: all parts of a content go into one vector."""
    options, size = chosen(request), chosen(request).get("outputDimensionality")
    facts = embedders.find(call.model, call.api)
    meant = meaning(request["content"]["parts"], options if call.api == GEMINI else {})
    return {"values": vectors.short(vectors.vector(call.model, facts, meant, int(size) if size else None))}


def meaning(parts: list[dict[str, Any]], options: dict[str, Any]) -> Any:
    """What a vector stands for: the parts and, where the model heeds them, the task and the title.

    A text alone is its string, so that both APIs, whose requests differ, give the same vector for it, as recorded.
    """
    texts = [part["text"] if part.keys() == {"text"} else part for part in parts]
    task = options.get("taskType", "")
    meant = texts[0] if len(texts) == 1 else texts
    return [meant, task, options.get("title", "")] if task else meant


def usage(call: Call, requests: list[Request]) -> dict[str, Any]:
    """The usage, which the Developer API gives for the newer models only (recorded)."""
    facts = embedders.find(call.model, call.api)
    count = sum(counting.part(part) for request in requests for part in request["content"]["parts"])
    if call.api == VERTEX:
        detail = {"promptTokensDetails": [{"modality": "TEXT", "tokenCount": count}]}
        return {"usageMetadata": {"promptTokenCount": count, **detail, "totalTokenCount": count}}
    if not facts.counts:
        return {}
    detail = {"promptTokenDetails": [{"modality": "TEXT", "tokenCount": count}]}
    return {"usageMetadata": {"promptTokenCount": count, **detail}}


def named(path: str, text: str) -> GoogleError:
    """A 400 that names a field as the Developer API does."""
    return invalid(f"* {path}: {text}\n")


def other_model(call: Call, path: str) -> GoogleError:
    return named(f"{path}.model", f"the model must be the one of the URL, {call.resource}")
