"""The official Node SDK at the endpoints of texts, on both back ends: one run of e2e/node/text.mjs each."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from fake_google import embedders, models, vectors
from support.lab import MODEL, candidate, events, fresh, reply

E2E = Path(__file__).resolve().parent.parent
EMBEDDER = "gemini-embedding-001"
TEXTS = ["red", "blue sky", "red"]


def cases(mark) -> dict:
    """Name -> [method of the script, parameters]; `mark(scenario)` is a prompt that the fake answers with it."""
    whole = {"body": json.dumps(reply(candidate("whole answer")))}
    return {
        "completion": ["completion", {"model": MODEL, "prompt": mark(whole)}],
        "completionStream": [
            "completionStream",
            {
                "model": MODEL,
                "prompt": mark({"events": events("one ", "two")}),
                "stream_options": {"include_usage": True},
            },
        ],
        "severalPrompts": ["completion", {"model": MODEL, "prompt": ["a", "b"]}],
        # The SDK asks for base64 by itself and makes numbers of it.
        "embedding": ["embedding", {"model": EMBEDDER, "input": TEXTS, "dimensions": 128}],
        "embeddingFloat": [
            "embedding",
            {"model": EMBEDDER, "input": TEXTS, "dimensions": 128, "encoding_format": "float"},
        ],
        "embeddingMany": [
            "embedding",
            {"model": EMBEDDER, "input": [f"text {n}" for n in range(99)], "dimensions": 128},
        ],
        "tokenIds": ["embedding", {"model": EMBEDDER, "input": [1, 2, 3]}],
        "count": ["count", {"model": MODEL, "input": "one two three", "instructions": "be brief"}],
        "moderation": ["moderation", {"input": "x"}],
        "models": ["models", {}],
        "model": ["model", {"id": MODEL}],
    }


@pytest.fixture(scope="module")
def results(served):
    """(back end, {case: what the SDK saw})"""
    node = shutil.which("node")
    assert node, "Node 20 or newer is needed"
    assert (E2E / "node_modules/openai").exists(), "npm packages are missing: make setup"

    def mark(scenario):
        id = fresh()
        served.fake.put_scenario(id, scenario)
        return f"hello [[fake:{id}]]"

    served.fake.put_models(count=1200)
    given = json.dumps({"baseURL": served.gateway.url + "/v1", "cases": cases(mark)})
    done = subprocess.run([node, E2E / "node/text.mjs"], input=given, capture_output=True, text=True, timeout=60)
    served.fake.put_models()
    assert done.returncode == 0, done.stderr
    return served, json.loads(done.stdout)


def test_completion(results):
    got = results[1]["completion"]
    assert (got["object"], got["choices"][0]["text"], got["choices"][0]["finish_reason"]) == (
        "text_completion",
        "whole answer",
        "stop",
    )
    assert got["usage"]["total_tokens"] == 8


def test_completion_stream(results):
    *chunks, last = results[1]["completionStream"]
    assert "".join(one["choices"][0]["text"] for one in chunks) == "one two"
    assert [one["choices"][0]["finish_reason"] for one in chunks if one["choices"][0]["finish_reason"]] == ["stop"]
    assert last["choices"] == [] and last["usage"]["total_tokens"] == 8


@pytest.mark.parametrize(
    ("case", "word"),
    [("severalPrompts", "prompt"), ("tokenIds", "check_embedding_ctx_length=False")],
)
def test_refused(results, case, word):
    got = results[1][case]
    assert (got["failed"], got["status"], got["type"]) == ("BadRequestError", 400, "invalid_request_error")
    assert word in got["message"]


def test_moderation(results):
    assert results[1]["moderation"]["status"] == 501


def test_embeddings(results):
    served, got = results
    facts = embedders.find(EMBEDDER, "vertex" if served.vertex else "gemini")
    assert [one["index"] for one in got["embedding"]["data"]] == [0, 1, 2]
    bits = [
        [struct.pack("<128f", *one["embedding"]) for one in got[case]["data"]]
        for case in ("embedding", "embeddingFloat")
    ]
    assert bits[0] == bits[1], "base64 is bit for bit the floats"
    for one, text in zip(got["embedding"]["data"], TEXTS, strict=True):
        wanted = vectors.scaled(vectors.vector(EMBEDDER, facts, text, 128))
        assert one["embedding"] == pytest.approx(wanted, abs=1e-6)
    assert got["embedding"]["usage"]["prompt_tokens"] > 0


def test_many_embeddings(results):
    served, got = results
    facts = embedders.find(EMBEDDER, "vertex" if served.vertex else "gemini")
    for n, one in enumerate(got["embeddingMany"]["data"]):
        assert one["embedding"] == pytest.approx(
            vectors.scaled(vectors.vector(EMBEDDER, facts, f"text {n}", 128)), abs=1e-6
        )
    assert len(got["embeddingMany"]["data"]) == 99


def test_count(results):
    assert results[1]["count"] == {"object": "response.input_tokens", "input_tokens": 5}


def test_models(results):
    served, got = results
    if served.vertex:
        pytest.skip("no model is configured there: test_models")
    assert [one["id"] for one in got["models"]] == models.Catalogue(count=1200).names()
    assert (got["model"]["id"], got["model"]["object"]) == (MODEL, "model")
