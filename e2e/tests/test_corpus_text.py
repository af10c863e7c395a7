"""Recorded replies to the methods that embed, count and list all translate: clients are told what Google said."""

import json
import math
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from support.backends import kept
from support.corpus import records
from support.lab import MODEL, fresh

EMBED = ("batchEmbedContents", "embedContent", "predict")
FILES = {"developer": "gemini.jsonl.gz", "vertex": "vertex.jsonl.gz"}


@pytest.fixture(scope="module", params=FILES)
def recorded(request, developer, vertex):
    """(back end, its records)"""
    served = {"developer": developer, "vertex": vertex}[request.param]
    return served, list(records(FILES[request.param]))


def exchanges(found: list[dict], *methods: str) -> Iterator[tuple[str, str, dict]]:
    """(model, method, record) of those methods."""
    for record in found:
        model, _, method = urlsplit(record["url"]).path.rpartition("/")[2].partition(":")
        if method in methods and not model.startswith("imagen"):
            yield model, method, record


def marked(served, record: dict, text: str = "text") -> str:
    """A text that the fake answers with the recorded reply."""
    id = fresh()
    served.fake.put_scenario(id, {"status": record["status"], "body": record["response_body"]})
    return f"{text} [[fake:{id}]]"


def vectors(reply: dict) -> list[list[float]]:
    """Those in Google's reply, whatever its method."""
    single = [reply["embedding"]] if "embedding" in reply else []
    predicted = [one["embeddings"] for one in reply.get("predictions", [])]
    return [one["values"] for one in [*single, *reply.get("embeddings", []), *predicted]]


def counted(reply: dict) -> int | None:
    """Tokens of the prompt, where Google tells them."""
    if "predictions" in reply:
        return sum(one["embeddings"]["statistics"]["token_count"] for one in reply["predictions"])
    return reply.get("usageMetadata", {}).get("promptTokenCount")


def test_vectors(recorded, figures):
    served, found = recorded
    count = 0
    for model, _, record in exchanges(found, *EMBED):
        if record["status"] != 200:
            continue
        reply = json.loads(record["response_body"])
        wanted, tokens = vectors(reply), counted(reply)
        texts = [marked(served, record), *(f"text {n}" for n in range(1, len(wanted)))]
        got = kept("CreateEmbeddingResponse", served.post("/v1/embeddings", {"model": model, "input": texts}).json)
        assert [one["index"] for one in got["data"]] == list(range(len(wanted))), record["id"]
        for one, vector in zip(got["data"], wanted, strict=True):
            assert one["embedding"] == pytest.approx(vector, abs=1e-6), record["id"]
            assert math.isclose(math.hypot(*one["embedding"]), 1, abs_tol=1e-5), record["id"]
        assert got["usage"]["prompt_tokens"] == tokens or tokens is None and got["usage"]["prompt_tokens"] > 0
        count += 1
    assert count >= 9
    figures.append(f"{count} recorded replies with vectors of the {served.name} API translate")


def test_counts(recorded):
    served, found = recorded
    count = 0
    for model, _, record in exchanges(found, "countTokens"):
        if record["status"] == 200:
            total = json.loads(record["response_body"])["totalTokens"]
            body = {"model": model, "input": marked(served, record)}
            got = served.post("/v1/responses/input_tokens", body).json
            assert got == {"object": "response.input_tokens", "input_tokens": total}, record["id"]
            assert served.post("/tokenize", {"model": model, "prompt": body["input"]}).json["count"] == total
            count += 1
    assert count >= 3


def test_refusals(recorded):
    """The recorded status, but for a key that is not valid: 401."""
    served, found = recorded
    count = 0
    for _, method, record in exchanges(found, *EMBED, "countTokens"):
        if record["status"] == 200:
            continue
        text, status = marked(served, record), record["status"]
        if "API_KEY_INVALID" in record["response_body"]:
            status = 401
        if method == "countTokens":
            error = served.post("/v1/responses/input_tokens", {"model": MODEL, "input": text}, status).error
        else:
            body = {"model": "gemini-embedding-001", "input": text}
            error = served.post("/v1/embeddings", body, status).error
        assert error["code"] == {404: "model_not_found", 401: "invalid_api_key"}.get(status), record["id"]
        count += 1
    assert count >= 4


def test_models(developer):
    """Both pages that were recorded make one list."""
    pages = [r for r in records(FILES["developer"]) if urlsplit(r["url"]).path == "/v1beta/models"]
    first, last = sorted(pages, key=lambda page: "pageToken" in page["url"])
    following = {"body": last["response_body"]}
    developer.fake.put_models()
    developer.fake.put_method("listModels", {"body": first["response_body"], "next": following})
    got = kept("ListModelsResponse", developer.post("/v1/models", None, method="GET").json)
    names = [
        one["name"].removeprefix("models/")
        for page in (first, last)
        for one in json.loads(page["response_body"])["models"]
    ]
    assert [one["id"] for one in got["data"]] == names and len(names) == 54
    for one in got["data"]:
        kept("Model", one)
