"""`predict` of Vertex's embedding models: what it refuses, and its replies.

Quoted from GitHub issues: both texts about too many instances (RooCodeInc/Roo-Code#5123, onyx-dot-app/onyx#2343), the
tokens of a request, and "The text content is empty."; elsewhere only the sense is known.
"""

from typing import Any

from . import counting, embedders, media_rules, vectors
from .control import Rules
from .embedders import Embedder
from .errors import GoogleError, invalid
from .surface import VERTEX, Call

REQUEST_TOKENS = 20000
LEARN = "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings"
TASKS = {
    *("RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING"),
    *("QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY"),
}
SOURCES = {"bytesBase64Encoded", "gcsUri"}
MEDIA = {"image": {*SOURCES, "mimeType"}, "video": {*SOURCES, "videoSegmentConfig"}}
MULTIMODAL_CHARACTERS = 1024
# Seconds of a video that one vector stands for.
INTERVAL = 16
Instance = dict[str, Any]


def request(call: Call) -> str:
    """The schema of the body, which is the model's own."""
    facts = embedders.find(call.model, VERTEX)
    if facts is None or not facts.instances:
        return call.method.request
    return "X_MMEmbeddingRequest" if facts.media else "X_TextEmbeddingRequest"


def check(call: Call, body: dict[str, Any], groups: Rules) -> None:
    """Raises `GoogleError` for the first broken rule."""
    facts = embedders.find(call.model, VERTEX)
    instances = body.get("instances", [])
    if not instances:
        raise invalid("Empty instances.")
    count(facts, instances)
    parameters = body.get("parameters", {})
    for n, instance in enumerate(instances):
        if facts.media:
            multimodal(call, instance, n)
        else:
            text(instance, n)
    size = parameters.get("dimension" if facts.media else "outputDimensionality")
    if size is not None and size not in facts.sizes:
        raise dimensions(facts, size)
    if not facts.media:
        tokens(facts, instances, parameters)


def count(facts: Embedder, instances: list[Instance]) -> None:
    if len(instances) <= facts.instances:
        return
    if facts.instances > 1:
        raise invalid(f"{facts.instances} instance(s) is allowed per prediction. Actual: {len(instances)}")
    raise invalid(
        "Unable to submit request because it included too many instances. Reduce the number of instances and try again."
        f" Learn more: {LEARN}: Unable to submit request because batchSize must be 1 but the entered value was"
        f" {len(instances)}. Update the batchSize value and try again."
    )


def text(instance: Instance, n: int) -> None:
    if not instance.get("content"):
        raise invalid("The text content is empty.")
    task = instance.get("task_type", instance.get("taskType", ""))
    # The body is free-form JSON there: no leniency in the spelling of an enum.
    if task and task not in TASKS:
        raise invalid(f"Invalid task_type in instances[{n}]: {task}")
    if instance.get("title") and task != "RETRIEVAL_DOCUMENT":
        raise invalid(f"title in instances[{n}] is only applicable when task_type is RETRIEVAL_DOCUMENT.")


def tokens(facts: Embedder, instances: list[Instance], parameters: dict[str, Any]) -> None:
    counts = [counting.text(instance["content"]) for instance in instances]
    if sum(counts) > REQUEST_TOKENS:
        raise too_long(sum(counts), REQUEST_TOKENS)
    if parameters.get("autoTruncate") is False and max(counts) > facts.tokens:
        raise too_long(max(counts), facts.tokens)


def too_long(counted: int, most: int) -> GoogleError:
    return invalid(
        f"Unable to submit request because the input token count is {counted} but the model supports up to {most}."
        " Reduce the input token count and try again. You can also use the CountTokens API to calculate prompt token"
        f" count and billable characters. Learn more: {LEARN}"
    )


def dimensions(facts: Embedder, size: float) -> GoogleError:
    if facts.media:
        return invalid(f"Invalid dimension {size:g}. Supported: {', '.join(map(str, facts.sizes))}.")
    return invalid(
        f"Unable to submit request because it has a outputDimensionality value of {size:g} but the supported range is"
        f" from {facts.sizes[0]} (inclusive) to {facts.size + 1} (exclusive). Update the value and try again."
    )


def multimodal(call: Call, instance: Instance, n: int) -> None:
    """A text, a picture, a film, or several of them, each with one source."""
    if not any(instance.get(kind) for kind in ("text", *MEDIA)):
        raise invalid(f"Invalid instances[{n}]: at least one of text, image and video is needed.")
    if len(instance.get("text", "")) > MULTIMODAL_CHARACTERS:
        raise invalid(f"Invalid text in instances[{n}]: it must be smaller than {MULTIMODAL_CHARACTERS} characters.")
    for kind, members in MEDIA.items():
        given = instance.get(kind, {"gcsUri": "gs://b/o"})
        if not isinstance(given, dict) or not given.keys() <= members or len(given.keys() & SOURCES) != 1:
            raise invalid(f"Invalid {kind} in instances[{n}]: one of bytesBase64Encoded and gcsUri is needed.")
        if not given.get("gcsUri", "gs://").startswith("gs://"):
            raise invalid(f"Invalid gcsUri in instances[{n}]: {given['gcsUri']}")
        if "mimeType" in given:
            media_rules.typed(call, given["mimeType"])


def reply(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    facts, parameters = embedders.find(call.model, VERTEX), body.get("parameters", {})
    if facts.media:
        size = parameters.get("dimension")
        predictions = [seen(call, facts, instance, size and int(size)) for instance in body["instances"]]
        return {"predictions": predictions, "deployedModelId": "1234567890123456789"}
    size = parameters.get("outputDimensionality")
    predictions = [read(call, facts, instance, size and int(size)) for instance in body["instances"]]
    characters = sum(counting.characters(instance["content"]) for instance in body["instances"])
    return {"predictions": predictions, "metadata": {"billableCharacterCount": characters}}


def read(call: Call, facts: Embedder, instance: Instance, size: int | None) -> dict[str, Any]:
    """The prediction of a text."""
    task = instance.get("task_type", instance.get("taskType", ""))
    meant = [instance["content"], task, instance.get("title", "")] if task else instance["content"]
    counted = counting.text(instance["content"])
    statistics = {"truncated": counted > facts.tokens, "token_count": min(counted, facts.tokens)}
    return {"embeddings": {"statistics": statistics, "values": vectors.vector(call.model, facts, meant, size)}}


def seen(call: Call, facts: Embedder, instance: Instance, size: int | None) -> dict[str, Any]:
    """The prediction of a text, a picture or a film."""
    made: dict[str, Any] = {}
    for kind in ("text", "image"):
        if instance.get(kind):
            made[f"{kind}Embedding"] = vectors.vector(call.model, facts, instance[kind], size)
    if instance.get("video"):
        values = vectors.vector(call.model, facts, instance["video"], size)
        made["videoEmbeddings"] = [{"startOffsetSec": 0, "endOffsetSec": INTERVAL, "embedding": values}]
    return made
