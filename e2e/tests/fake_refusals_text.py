"""Seeded bad requests to the methods that embed, count, list and rank: what is changed in a valid one, and the answer.

Wordings as in `fake_refusals`: Google's where one is on record, else the sense.
"""

from dataclasses import dataclass, field
from typing import Any

GEMINI = "/v1beta/models/"
PROJECT = "/v1/projects/p/locations/us-central1/"
VERTEX = PROJECT + "publishers/google/models/"
CONTENT = {"content": {"parts": [{"text": "one two"}]}}
PICTURE = {"inlineData": {"mimeType": "image/png", "data": "AAAA"}}
DOCUMENT = "RETRIEVAL_DOCUMENT"
SAID = {"contents": [{"role": "user", "parts": [{"text": "one two three"}]}]}
NAME = "projects/p/locations/us-central1/publishers/google/models/"


def batch(model: str, count: int = 1, prefix: str = "models/") -> dict[str, Any]:
    return {"requests": [{"model": prefix + model, **CONTENT} for _ in range(count)]}


def instances(count: int) -> dict[str, Any]:
    return {"instances": [{"content": "one two"} for _ in range(count)]}


# A valid request each: path and body.
BASES: dict[str, tuple[str, Any]] = {
    "embed": (GEMINI + "gemini-embedding-001:embedContent", CONTENT),
    "embed media": (GEMINI + "gemini-embedding-2:embedContent", {"content": {"parts": [PICTURE]}}),
    "batch": (GEMINI + "gemini-embedding-001:batchEmbedContents", batch("gemini-embedding-001", 2)),
    "vertex embed": (VERTEX + "gemini-embedding-2:embedContent", CONTENT),
    "vertex batch": (
        VERTEX + "gemini-embedding-2:batchEmbedContents",
        batch("gemini-embedding-2", prefix=NAME),
    ),
    "predict": (VERTEX + "text-embedding-005:predict", instances(2)),
    "predict one": (VERTEX + "gemini-embedding-001:predict", instances(1)),
    "multimodal": (VERTEX + "multimodalembedding@001:predict", {"instances": [{"text": "a cat"}]}),
    "count": (GEMINI + "gemini-2.5-flash:countTokens", SAID),
    "count whole": (
        GEMINI + "gemini-2.5-flash:countTokens",
        {"generateContentRequest": {"model": "models/gemini-2.5-flash", **SAID}},
    ),
    "vertex count": (VERTEX + "gemini-2.5-flash:countTokens", SAID),
    "vertex count texts": (VERTEX + "gemini-embedding-001:countTokens", instances(2)),
    "list": ("/v1beta/models", None),
    "get": ("/v1beta/models/gemini-2.5-flash", None),
    "rank": (
        "/v1/projects/p/locations/global/rankingConfigs/default_ranking_config:rank",
        {"query": "red cat", "records": [{"id": "0", "content": "a red cat"}, {"id": "1", "title": "dogs"}]},
    ),
}


@dataclass
class Bad:
    """As `fake_refusals.Bad`: `base` is what is changed, `path` is (what, by what) in it."""

    base: str
    name: str
    message: str
    status: int = 400
    set: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    path: tuple[str, str] = ("", "")
    headers: dict[str, str] | None = None


def unknown(name: str, at: str = "") -> str:
    where = f" at '{at}'" if at else ""
    return f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'


def other(model: str, path: str) -> tuple[str, str]:
    return (path, model)


EMPTY = "EmbedContentRequest.content contains an empty Part."
TITLE = "title is only applicable when task_type is RETRIEVAL_DOCUMENT."
TASK = '(type.googleapis.com/google.{}.EmbedContentRequest.TaskType), "SEARCH"'
SIZE = "Unable to submit request because it has a outputDimensionality value of"
LONG = "Unable to submit request because the input token count is {} but the model supports up to {}."

EMBED = [
    Bad("embed", "OpenAI's input", unknown("input"), set={"input": "x"}),
    Bad(
        "embed",
        "an unknown option",
        unknown("dimensions", "embed_content_config"),
        set={"embedContentConfig.dimensions": 128},
    ),
    Bad(
        "embed",
        "no content",
        "* EmbedContentRequest.content: content is not specified",
        body={"taskType": "CLUSTERING"},
    ),
    Bad("embed", "no parts", "* EmbedContentRequest.content.parts: parts is empty", set={"content.parts": []}),
    Bad("embed", "an empty text", EMPTY, set={"content.parts.0.text": ""}),
    Bad("embed", "an empty part among others", EMPTY, set={"content.parts.1": {}}),
    Bad(
        "embed",
        "a picture for a model of texts",
        "models/gemini-embedding-001 only supports text input.",
        set={"content.parts.1": PICTURE},
    ),
    Bad(
        "embed media",
        "a misnamed type",
        "Unsupported MIME type: image/jpg",
        set={"content.parts.0.inlineData.mimeType": "image/jpg"},
    ),
    Bad(
        "embed media",
        "a bucket",
        "Referencing Google Cloud Storage files directly",
        set={"content.parts.0": {"fileData": {"fileUri": "gs://b/o"}}},
    ),
    Bad(
        "embed",
        "an unknown task",
        "Invalid value at 'task_type' " + TASK.format("ai.generativelanguage.v1beta"),
        set={"taskType": "SEARCH"},
    ),
    Bad("embed", "a title without a task", f"* EmbedContentRequest.title: {TITLE}", set={"title": "t"}),
    Bad(
        "embed",
        "a title with another task",
        f"* EmbedContentRequest.title: {TITLE}",
        set={"embedContentConfig": {"title": "t", "taskType": "CLUSTERING"}},
    ),
    Bad(
        "embed",
        "too many dimensions",
        "* EmbedContentRequest.output_dimensionality: must be in",
        set={"outputDimensionality": 3073},
    ),
    Bad(
        "embed",
        "too few dimensions",
        "* EmbedContentRequest.output_dimensionality: must be in",
        set={"embedContentConfig.outputDimensionality": 0},
    ),
    Bad(
        "embed",
        "another model",
        "* EmbedContentRequest.model: the model must be",
        set={"model": "models/gemini-embedding-2"},
    ),
    Bad(
        "embed",
        "a model that generates",
        "models/gemini-2.5-flash is not found for API version v1beta, or is not supported for embedContent.",
        404,
        path=other("2.5-flash", "embedding-001"),
    ),
    Bad(
        "embed",
        "a model of Vertex's",
        "models/text-embedding-005 is not found",
        404,
        path=other("text-embedding-005", "gemini-embedding-001"),
    ),
    Bad(
        "embed",
        "a method of other models",
        "models/gemini-embedding-001 is not found for API version v1beta, or is not supported for generateContent.",
        404,
        body=SAID,
        path=("embedContent", "generateContent"),
    ),
    Bad("batch", "no requests", "* BatchEmbedContentsRequest.requests: requests is not specified", body={}),
    Bad(
        "batch",
        "101 requests",
        "* BatchEmbedContentsRequest.requests: at most 100 requests can be in one batch\n",
        body=batch("gemini-embedding-001", 101),
    ),
    Bad(
        "batch",
        "a bare name",
        "* BatchEmbedContentsRequest.requests[1].model: unexpected model name format\n",
        set={"requests.1.model": "gemini-embedding-001"},
    ),
    Bad(
        "batch",
        "no name",
        "* BatchEmbedContentsRequest.requests[0].model: unexpected model name format\n",
        set={"requests.0": CONTENT},
    ),
    Bad(
        "batch",
        "another model inside",
        "* BatchEmbedContentsRequest.requests[1].model: the model must be",
        set={"requests.1.model": "models/text-embedding-004"},
    ),
    Bad(
        "batch",
        "another model above",
        "* BatchEmbedContentsRequest.model: the model must be",
        set={"model": "models/text-embedding-004"},
    ),
    Bad("batch", "an empty text", EMPTY, set={"requests.1.content.parts.0.text": ""}),
    Bad(
        "batch",
        "a title without a task",
        f"* BatchEmbedContentsRequest.requests[0].title: {TITLE}",
        set={"requests.0.title": "t"},
    ),
    Bad("batch", "an unknown member", unknown("input", "requests[1]"), set={"requests.1.input": "x"}),
    Bad("vertex embed", "no parts", "Empty instances.", set={"content.parts": []}),
    Bad("vertex embed", "an empty text", "The text content is empty.", set={"content.parts.0.text": ""}),
    Bad(
        "vertex embed",
        "a file of the Developer API",
        "Invalid file URI: files/x",
        set={"content.parts.0": {"fileData": {"fileUri": "files/x", "mimeType": "image/png"}}},
    ),
    Bad(
        "vertex embed",
        "an unknown task",
        "Invalid value at 'embed_content_config.task_type' ",
        set={"embedContentConfig.taskType": "SEARCH"},
    ),
    Bad(
        "vertex embed",
        "too many dimensions",
        f"{SIZE} 3073 but the supported range is from 128 (inclusive) to 3073 (exclusive).",
        set={"embedContentConfig.outputDimensionality": 3073},
    ),
    Bad(
        "vertex embed",
        "a model that is predicted with",
        f"Publisher Model `{NAME}gemini-embedding-001` is not supported in the embedContent API.",
        path=other("embedding-001", "embedding-2"),
    ),
    Bad(
        "vertex batch",
        "the Developer API's name",
        "* BatchEmbedContentsRequest.requests[0].model: unexpected model name format",
        set={"requests.0.model": "models/gemini-embedding-2"},
    ),
    Bad(
        "vertex batch",
        "a model that generates",
        f"Publisher Model `{NAME}gemini-2.5-flash` is not supported in the embedContent API.",
        path=other("2.5-flash", "embedding-2"),
    ),
    Bad(
        "vertex batch",
        "a model that is not there",
        f"Publisher Model `{NAME}gemini-embedding-x` was not found",
        404,
        path=other("embedding-x", "embedding-2"),
    ),
]

PREDICT = [
    Bad("predict", "no instances", "Empty instances.", body={"parameters": {}}),
    Bad("predict", "251 instances", "250 instance(s) is allowed per prediction. Actual: 251", body=instances(251)),
    Bad(
        "predict one",
        "two instances",
        "Unable to submit request because it included too many instances. Reduce the number of instances and try"
        " again. Learn more: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings:"
        " Unable to submit request because batchSize must be 1 but the entered value was 2. Update the batchSize value"
        " and try again.",
        body=instances(2),
    ),
    Bad(
        "predict",
        "a text as such",
        "Invalid value at 'instances[0]' ",
        set={"instances.0": "one two"},
        body={"instances": ["one two"]},
    ),
    Bad("predict", "an unknown member", unknown("text", "instances[1]"), set={"instances.1.text": "x"}),
    Bad("predict", "an unknown parameter", unknown("dimension", "parameters"), set={"parameters.dimension": 128}),
    Bad("predict", "an unknown member at the root", unknown("model"), set={"model": "text-embedding-005"}),
    Bad("predict", "an empty text", "The text content is empty.", set={"instances.1.content": ""}),
    Bad(
        "predict",
        "no text",
        "The text content is empty.",
        set={"instances.1": {"title": "t", "task_type": DOCUMENT}},
        body={"instances": [{"title": "t", "task_type": DOCUMENT}]},
    ),
    Bad(
        "predict",
        "an unknown task",
        "Invalid value at 'instances[0].task_type' ",
        set={"instances.0.task_type": "search_query"},
    ),
    Bad(
        "predict",
        "a task in small letters",
        "Invalid task_type in instances[0]: clustering",
        set={"instances.0.taskType": "clustering"},
    ),
    Bad(
        "predict", "a title without a task", "title in instances[0] is only applicable", set={"instances.0.title": "t"}
    ),
    Bad(
        "predict",
        "too many dimensions",
        f"{SIZE} 769 but the supported range is from 1 (inclusive) to 769 (exclusive).",
        set={"parameters.outputDimensionality": 769},
    ),
    Bad(
        "predict",
        "too many tokens in all",
        LONG.format(20001, 20000),
        body={"instances": [{"content": "a " * 2001}, *({"content": "a " * 2000} for _ in range(9))]},
    ),
    Bad(
        "predict",
        "too many tokens in one",
        LONG.format(2049, 2048),
        set={"parameters.autoTruncate": False, "instances.1.content": "a " * 2049},
    ),
    Bad(
        "predict",
        "a model that generates",
        f"Publisher Model `{NAME}gemini-2.5-flash` is not supported in the predict API.",
        path=other("gemini-2.5-flash", "text-embedding-005"),
    ),
    Bad(
        "predict",
        "a model that embeds contents",
        f"Publisher Model `{NAME}gemini-embedding-2` is not supported in the predict API.",
        path=other("gemini-embedding-2", "text-embedding-005"),
    ),
    Bad(
        "predict",
        "a model that is not there",
        f"Publisher Model `{NAME}does-not-exist` was not found",
        404,
        path=other("does-not-exist", "text-embedding-005"),
    ),
    Bad(
        "predict",
        "a method of other models",
        f"Publisher Model `{NAME}text-embedding-005` is not supported in the generateContent API.",
        body=SAID,
        path=("predict", "generateContent"),
    ),
    Bad("multimodal", "nothing in it", "Invalid instances[0]: at least one", body={"instances": [{}]}),
    Bad("multimodal", "content", unknown("content", "instances[0]"), set={"instances.0.content": "x"}),
    Bad("multimodal", "a long text", "Invalid text in instances[0]", set={"instances.0.text": "a" * 1025}),
    Bad(
        "multimodal",
        "a picture without bytes",
        "Invalid image in instances[0]",
        set={"instances.0.image": {"mimeType": "image/png"}},
    ),
    Bad(
        "multimodal",
        "a picture from two places",
        "Invalid image in instances[0]",
        set={"instances.0.image": {"gcsUri": "gs://b/o", "bytesBase64Encoded": "AAAA"}},
    ),
    Bad(
        "multimodal",
        "a picture's unknown member",
        "Invalid image in instances[0]",
        set={"instances.0.image": {"gcsUri": "gs://b/o", "data": "AAAA"}},
    ),
    Bad(
        "multimodal",
        "a picture from the web",
        "Invalid gcsUri in instances[0]: https://",
        set={"instances.0.image": {"gcsUri": "https://a/b"}},
    ),
    Bad(
        "multimodal",
        "a misnamed type",
        "Unsupported MIME type: image/jpg",
        set={"instances.0.image": {"gcsUri": "gs://b/o", "mimeType": "image/jpg"}},
    ),
    Bad("multimodal", "a film as text", "Invalid video in instances[0]", set={"instances.0.video": "gs://b/o"}),
    Bad(
        "multimodal",
        "an odd dimension",
        "Invalid dimension 300. Supported: 128, 256, 512, 1408.",
        set={"parameters.dimension": 300},
    ),
]

COUNT = [
    Bad(
        "count",
        "the system at the root",
        unknown("systemInstruction"),
        set={"systemInstruction": {"parts": [{"text": "x"}]}},
    ),
    Bad("count", "nothing", "* CountTokensRequest.contents: contents is not specified", body={}),
    Bad(
        "count whole",
        "no model",
        "* CountTokensRequest.generate_content_request.model: the model must be",
        body={"generateContentRequest": SAID},
    ),
    Bad(
        "count whole",
        "another model",
        "* CountTokensRequest.generate_content_request.model: the model must be",
        set={"generateContentRequest.model": "models/gemini-2.5-pro"},
    ),
    Bad(
        "count whole",
        "an unknown member",
        unknown("messages", "generate_content_request"),
        set={"generateContentRequest.messages": []},
    ),
    Bad(
        "vertex count",
        "the Developer API's form",
        unknown("generateContentRequest"),
        body={"generateContentRequest": SAID},
    ),
    Bad(
        "vertex count",
        "no contents",
        "Unable to submit request because at least one contents field is required.",
        body={},
    ),
    Bad("vertex count texts", "contents", "Should provide instances for text model prediction.", body=SAID),
]

LIST = [
    Bad(
        "list",
        "an unknown parameter",
        'Invalid JSON payload received. Unknown name "limit"',
        path=("/models", "/models?limit=5"),
    ),
    Bad(
        "list",
        "a size that is no number",
        "Invalid value at 'page_size' (TYPE_INT32), \"many\"",
        path=("/models", "/models?pageSize=many"),
    ),
    Bad("list", "a negative size", "page_size must not be negative.", path=("/models", "/models?pageSize=-1")),
    Bad("list", "a token of nobody's", "Invalid page token.", path=("/models", "/models?pageToken=abc")),
    Bad(
        "list", "a token of no model", "Invalid page token.", path=("/models", "/models?pageToken=Cg1tb2RlbHMvbm9ib2R5")
    ),
    Bad("list", "no credential", "Method doesn't allow unregistered callers", 403, headers={}),
    Bad(
        "get",
        "a model that is not there",
        "Model is not found: models/gemini-2.5-nano for api version v1beta",
        404,
        path=("flash", "nano"),
    ),
]

RANK = [
    Bad("rank", "Cohere's documents", unknown("documents"), set={"documents": ["a"]}),
    Bad("rank", "Cohere's top_n is topN", unknown("topK"), set={"topK": 1}),
    Bad("rank", "an unknown member of a record", unknown("text", "records[0]"), set={"records.0.text": "x"}),
    Bad("rank", "no records", "The number of records must be between 1 and 200; it is 0.", set={"records": []}),
    Bad(
        "rank",
        "201 records",
        "The number of records must be between 1 and 200; it is 201.",
        set={"records": [{"id": str(n), "content": "a"} for n in range(201)]},
    ),
    Bad(
        "rank",
        "a record of nothing",
        "records[1]: at least one of title or content should be set.",
        set={"records.1": {"id": "1"}},
        body={"query": "q", "records": [{"id": "0", "content": "a"}, {"id": "1"}]},
    ),
    Bad(
        "rank",
        "a record of empty content",
        "records[0]: at least one of title or content should be set.",
        set={"records.0.content": ""},
    ),
    Bad("rank", "no query", "`query` must not be empty.", set={"query": ""}),
    Bad(
        "rank", "no id", "Every record must have an id of its own.", body={"query": "q", "records": [{"content": "a"}]}
    ),
    Bad("rank", "an id twice", "Every record must have an id of its own.", set={"records.1.id": "0"}),
    Bad("rank", "a number for an id", "Invalid value at 'records[0].id' (TYPE_STRING), 0", set={"records.0.id": 0}),
    Bad("rank", "another model", "Model 'rerank-v3.5' is not supported.", set={"model": "rerank-v3.5"}),
    Bad("rank", "a label too long", "Invalid user_labels.", set={"userLabels": {"a" * 64: "b"}}),
    Bad(
        "rank",
        "another configuration",
        "RankingConfig projects/p/locations/global/rankingConfigs/mine not found.",
        404,
        path=("default_ranking_config", "mine"),
    ),
    Bad("rank", "a key", "API keys are not supported by this API.", 401, headers={"x-goog-api-key": "test-key"}),
    Bad("rank", "an odd location", "Invalid resource field value in the request.", path=("global", "-")),
]

ALL = [*EMBED, *PREDICT, *COUNT, *LIST, *RANK]
