"""Embeddings through the official SDK, on both back ends: the right vector for each input, exact to the last bit.

The SDK asks for base64 unless told otherwise, and makes numbers of it only after it has validated the reply, so its
strict validation refuses OpenAI's own; what replies look like is `test_contract`'s matter.
"""

import asyncio
import base64
import json
import math
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import openai
import pytest
from fake_google import embedders, scenarios, vectors
from support.backends import kept, refused
from support.lab import fresh

PATH = "/v1/embeddings"
# Calls of one request that may be under way at a time.
MOST_CALLS = 8
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\nnot really").decode()
TEXTS = ["red", "blue sky", "red", "green and blue"]
# Every model of a back end: its shortest allowed vector is quick to compare.
CASES = [
    ("developer", "gemini-embedding-001", 128),
    ("developer", "gemini-embedding-2", 128),
    ("vertex", "gemini-embedding-001", 128),
    ("vertex", "gemini-embedding-2", 128),
    ("vertex", "text-embedding-005", 64),
    ("vertex", "multimodalembedding@001", 128),
]


@pytest.fixture(params=CASES, ids=[f"{name}-{model}" for name, model, _ in CASES])
def case(request, developer, vertex):
    """(back end, model, number of dimensions), and nothing recorded."""
    name, model, size = request.param
    served = {"developer": developer, "vertex": vertex}[name]
    served.fake.clear()
    return served, model, size


def expected(served, model: str, meant, size: int | None = None) -> list[float]:
    """The vector of `meant`, of unit length."""
    facts = embedders.find(model, "vertex" if served.vertex else "gemini")
    return vectors.scaled(vectors.vector(model, facts, meant, size))


def same(got: list[float], wanted: list[float]) -> bool:
    return len(got) == len(wanted) and all(math.isclose(a, b, abs_tol=1e-6) for a, b in zip(got, wanted, strict=True))


def length(values: list[float]) -> float:
    return math.sqrt(math.fsum(one * one for one in values))


def test_one(case):
    """A string, without anything else said: the model's own number of dimensions."""
    served, model, _ = case
    got = served.lenient.embeddings.create(model=model, input="red")
    assert (got.object, got.model, len(got.data)) == ("list", model.partition("@")[0], 1)
    assert (got.data[0].object, got.data[0].index) == ("embedding", 0)
    assert same(got.data[0].embedding, expected(served, model, "red"))
    assert 0 < got.usage.prompt_tokens == got.usage.total_tokens
    assert len(served.sent()) == 1


def test_several(case):
    """A vector for each input, in order; an input given twice as well."""
    served, model, size = case
    got = served.lenient.embeddings.create(model=model, input=TEXTS, dimensions=size)
    assert [one.index for one in got.data] == [0, 1, 2, 3]
    for one, text in zip(got.data, TEXTS, strict=True):
        assert same(one.embedding, expected(served, model, text, size)), text
    served.sent()


def test_dimensions(case):
    """As many as asked for, and of unit length whatever Google's are."""
    served, model, size = case
    for dimensions in (size, 2 * size):
        got = served.lenient.embeddings.create(
            model=model, input="blue", dimensions=dimensions, encoding_format="float"
        )
        assert len(got.data[0].embedding) == dimensions
        assert math.isclose(length(got.data[0].embedding), 1, abs_tol=1e-6)


def test_base64_is_bit_for_bit_the_floats(case):
    served, model, size = case
    asked = {"model": model, "input": ["red", "blue sky"], "dimensions": size}
    found = {}
    for form in ("float", "base64", None):
        got = served.post(PATH, {**asked, "encoding_format": form} if form else asked).json
        found[form] = [one["embedding"] for one in got["data"]]
    assert found[None] == found["float"], "floats are OpenAI's default"
    for text, floats in zip(found["base64"], found["float"], strict=True):
        assert base64.b64decode(text, validate=True) == struct.pack(f"<{size}f", *floats)
    sdk = served.lenient.embeddings.create(**asked)
    assert [struct.pack(f"<{size}f", *one.embedding) for one in sdk.data] == [
        base64.b64decode(one) for one in found["base64"]
    ]


def test_contract(case):
    served, model, size = case
    kept("CreateEmbeddingResponse", served.post(PATH, {"model": model, "input": TEXTS, "dimensions": size}).json)
    served.client.embeddings.create(model=model, input=TEXTS, dimensions=size, encoding_format="float")


@pytest.mark.parametrize(
    "given", ["", [""], ["a", ""], []], ids=["empty", "empty in a list", "one of them empty", "none"]
)
def test_nothing_to_embed(case, given):
    served, model, _ = case
    with served.gateway.untouched():
        error = refused(lambda: served.lenient.embeddings.create(model=model, input=given), openai.BadRequestError)
        assert error.body["param"].startswith("input")


@pytest.mark.parametrize("given", [[1, 2, 3], [[1, 2], [3]]], ids=["token ids", "lists of them"])
def test_token_ids_are_refused(case, given):
    """LangChain sends them unless told otherwise."""
    served, model, _ = case
    with served.gateway.untouched():
        refused(
            lambda: served.lenient.embeddings.create(model=model, input=given),
            openai.BadRequestError,
            "check_embedding_ctx_length=False",
            param="input",
        )


# How many inputs a request may have. (back end, model, inputs, Google's requests)
COUNTS = [
    ("developer", "gemini-embedding-001", 99, 1),
    ("developer", "gemini-embedding-001", 100, 1),
    ("vertex", "gemini-embedding-001", 99, 99),
    ("vertex", "text-embedding-005", 99, 1),
    ("vertex", "text-embedding-005", 250, 1),
]


@pytest.mark.parametrize(("name", "model", "count", "requests"), COUNTS, ids=[f"{c[0]}-{c[1]}-{c[2]}" for c in COUNTS])
def test_many(developer, vertex, name, model, count, requests):
    served = {"developer": developer, "vertex": vertex}[name]
    served.fake.clear()
    texts = [f"text {n}" for n in range(count)]
    got = served.lenient.embeddings.create(model=model, input=texts, dimensions=128)
    assert [one.index for one in got.data] == list(range(count))
    wrong = [n for n, one in enumerate(got.data) if not same(one.embedding, expected(served, model, texts[n], 128))]
    assert wrong == []
    assert len(served.sent()) == requests
    if served.vertex:
        assert got.usage.prompt_tokens == 2 * count


@pytest.mark.parametrize(
    ("name", "model", "count", "limit"),
    [
        ("developer", "gemini-embedding-001", 101, "100"),
        ("developer", "gemini-embedding-2", 101, "100"),
        ("vertex", "text-embedding-005", 251, "250"),
    ],
)
def test_too_many(developer, vertex, name, model, count, limit):
    served = {"developer": developer, "vertex": vertex}[name]
    with served.gateway.untouched():
        texts = ["x"] * count
        refused(
            lambda: served.lenient.embeddings.create(model=model, input=texts),
            openai.BadRequestError,
            limit,
            param="input",
        )


def test_usage(developer, vertex):
    """As Google counts where it does; the Developer API's older models do not, and then it is estimated."""
    for served, model in (
        (developer, "gemini-embedding-2"),
        (vertex, "gemini-embedding-001"),
        (vertex, "gemini-embedding-2"),
        (vertex, "text-embedding-005"),
    ):
        got = served.lenient.embeddings.create(model=model, input=TEXTS, dimensions=128)
        assert got.usage.prompt_tokens == got.usage.total_tokens == 7, model
    got = developer.lenient.embeddings.create(model="gemini-embedding-001", input=TEXTS, dimensions=128)
    assert 4 <= got.usage.prompt_tokens == got.usage.total_tokens <= 30


TASKS = {
    "task_type": ({"task_type": "RETRIEVAL_QUERY"}, ["red", "RETRIEVAL_QUERY", ""]),
    "input_type": ({"input_type": "search_document"}, ["red", "RETRIEVAL_DOCUMENT", ""]),
    "title": ({"task_type": "RETRIEVAL_DOCUMENT", "title": "Colours"}, ["red", "RETRIEVAL_DOCUMENT", "Colours"]),
    "similarity": ({"input_type": "similarity"}, ["red", "SEMANTIC_SIMILARITY", ""]),
}


@pytest.mark.parametrize("asked", TASKS)
@pytest.mark.parametrize(
    ("name", "model"),
    [("developer", "gemini-embedding-001"), ("vertex", "gemini-embedding-001"), ("vertex", "text-embedding-005")],
)
def test_tasks(developer, vertex, name, model, asked):
    """The vector tells that the task and the title arrived."""
    served = {"developer": developer, "vertex": vertex}[name]
    body, meant = TASKS[asked]
    got = served.lenient.embeddings.create(model=model, input="red", dimensions=128, extra_body=body)
    assert same(got.data[0].embedding, expected(served, model, meant, 128))


# Pictures: what Google is sent for one, and what its vector stands for.
BLOB = {"mimeType": "image/png", "data": PNG}
PICTURES = {
    ("developer", "gemini-embedding-2"): {"inlineData": BLOB},
    ("vertex", "gemini-embedding-2"): {"inlineData": BLOB},
    ("vertex", "multimodalembedding@001"): {"bytesBase64Encoded": PNG, "mimeType": "image/png"},
}


@pytest.mark.parametrize(("name", "model"), PICTURES)
def test_a_picture(developer, vertex, name, model):
    """A data URL is the picture in it, alone or among texts."""
    served = {"developer": developer, "vertex": vertex}[name]
    url, meant = f"data:image/png;base64,{PNG}", PICTURES[name, model]
    served.fake.clear()
    got = served.lenient.embeddings.create(model=model, input=["red", url], dimensions=128)
    assert same(got.data[0].embedding, expected(served, model, "red", 128))
    if model.startswith("multimodal"):
        instances = [one for request in served.sent() for one in request["body"]["instances"]]
        (picture,) = [one["image"] for one in instances if "image" in one]
        assert picture["bytesBase64Encoded"] == PNG
        meant = picture
    assert same(got.data[1].embedding, expected(served, model, meant, 128))
    assert got.usage.prompt_tokens > 1


@pytest.mark.parametrize(
    ("name", "uri"),
    [("developer", "https://generativelanguage.googleapis.com/v1beta/files/abc"), ("vertex", "gs://bucket/a.png")],
)
def test_a_file(developer, vertex, name, uri):
    """A file that Google holds."""
    served = {"developer": developer, "vertex": vertex}[name]
    served.fake.clear()
    got = served.lenient.embeddings.create(model="gemini-embedding-2", input=uri, dimensions=128)
    (sent,) = served.sent()
    request = sent["body"].get("requests", [sent["body"]])[0]
    (part,) = request["content"]["parts"]
    assert part["fileData"]["fileUri"] == uri
    assert same(got.data[0].embedding, expected(served, "gemini-embedding-2", part, 128))


@pytest.mark.parametrize("name", ["developer", "vertex"])
def test_a_picture_for_a_model_of_texts(developer, vertex, name):
    served = {"developer": developer, "vertex": vertex}[name]
    with served.gateway.untouched():
        url = f"data:image/png;base64,{PNG}"
        refused(
            lambda: served.lenient.embeddings.create(model="gemini-embedding-001", input=url),
            openai.BadRequestError,
            "text",
            param="input",
        )


@pytest.mark.parametrize("count", [1, 12])
def test_google_refuses(case, count):
    """One error, also where one of many requests is refused."""
    served, model, size = case
    id = fresh()
    served.fake.put_scenario(id, scenarios.exhausted())
    texts = [f"text {n}" for n in range(count - 1)] + [f"[[fake:{id}]]"]
    refused(
        lambda: served.lenient.embeddings.create(model=model, input=texts, dimensions=size),
        openai.RateLimitError,
        "exhausted",
    )


def test_the_first_of_many_is_refused(vertex):
    id = fresh()
    vertex.fake.put_scenario(id, scenarios.overloaded())
    texts = [f"[[fake:{id}]]", *(f"text {n}" for n in range(11))]
    refused(
        lambda: vertex.lenient.embeddings.create(model="gemini-embedding-001", input=texts, dimensions=128),
        openai.InternalServerError,
        "overloaded",
    )


def test_a_model_that_is_not_there(served):
    error = refused(
        lambda: served.lenient.embeddings.create(model="gemini-embedding-9x", input="red"), openai.NotFoundError
    )
    assert error.body["code"] == "model_not_found"


def test_some_at_a_time(vertex):
    """A request that becomes many is no flood: a handful of them are under way at a time, and more than one."""
    id, count = fresh(), 24
    one = {"embeddings": {"values": [1.0], "statistics": {"token_count": 1, "truncated": False}}}
    vertex.fake.put_scenario(id, {"body": json.dumps({"predictions": [one]}), "first_byte_delay": 0.2})
    texts = [f"text {n} [[fake:{id}]]" for n in range(count)]
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(vertex.lenient.embeddings.create, model="gemini-embedding-001", input=texts)
        under_way = []
        while not future.done():
            under_way.append(sum(not seen["finished"] for seen in vertex.fake.requests(id)))
            time.sleep(0.01)
    assert len(future.result().data) == len(vertex.fake.requests(id)) == count
    assert 1 < max(under_way) <= MOST_CALLS


def test_at_once(served):
    """Requests that go out at the same time, each of several calls, do not mix."""

    async def main():
        options = {"base_url": served.gateway.url + "/v1", "api_key": "sk-any", "max_retries": 0}
        async with openai.AsyncOpenAI(**options) as client:

            async def one(n):
                texts = [f"text {n} {m}" for m in range(9)]
                got = await client.embeddings.create(model="gemini-embedding-001", input=texts, dimensions=128)
                return all(
                    same(d.embedding, expected(served, "gemini-embedding-001", t, 128))
                    for d, t in zip(got.data, texts, strict=True)
                )

            return await asyncio.gather(*map(one, range(10)))

    assert asyncio.run(main()) == [True] * 10
