"""The methods of the fake that embed, count, list and rank: what they refuse, and what they answer."""

import copy
import math
import struct

import pytest
from fake_fixtures import BEARER, KEY, credential, send
from fake_refusals_text import (
    ALL,
    BASES,
    CONTENT,
    DOCUMENT,
    GEMINI,
    PICTURE,
    PROJECT,
    SAID,
    Bad,
    batch,
    instances,
)
from test_fake_judgement import put

from fake_google import scenarios
from fake_google.launch import Fake, FakeError


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def changed(base, changes):
    body = copy.deepcopy(BASES[base][1])
    for path, value in changes.items():
        put(body, path, copy.deepcopy(value))
    return body


def ask(google, path, body=None, headers=None):
    return send(google, path, body, headers, "GET" if body is None else "POST")


# What is refused.


@pytest.mark.parametrize("base", BASES)
def test_a_valid_request_is_accepted(google, base):
    """So each refusal below is about its change."""
    reply = ask(google, *BASES[base])
    assert reply.status == 200, reply.body


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: f"{bad.base}: {bad.name}")
def test_refused(google, bad: Bad):
    body = changed(bad.base, bad.set) if bad.body is None else bad.body
    path = BASES[bad.base][0]
    assert bad.path[0] in path
    reply = ask(google, path.replace(*bad.path), body, bad.headers)
    assert reply.status == bad.status, reply.body
    assert reply.message.startswith(bad.message), reply.message


def test_refusals_have_names_of_their_own():
    assert len({(bad.base, bad.name) for bad in ALL}) == len(ALL)


@pytest.mark.parametrize(
    "path",
    [
        PROJECT + "publishers/google/models",
        PROJECT + "models/gemini-embedding-001:predict",
        "/v1/publishers/google/models",
        "/v1beta1/publishers/other/models",
        "/v1/projects/p/rankingConfigs/default_ranking_config:rank",
    ],
)
def test_no_such_path(google, path):
    """Vertex has no list in v1."""
    for body in (None, {}):
        reply = ask(google, path, body, BEARER)
        assert reply.status == 404 and reply.body.startswith(b"<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("host", "location", "status"),
    [
        ("discoveryengine.googleapis.com", "global", 200),
        ("us-discoveryengine.googleapis.com", "us", 200),
        ("discoveryengine.googleapis.com", "us", 400),
        ("us-discoveryengine.googleapis.com", "global", 400),
        ("asia-discoveryengine.googleapis.com", "asia", 404),
        ("aiplatform.googleapis.com", "global", 404),
        ("us-central1-aiplatform.googleapis.com", "us-central1", 404),
    ],
)
def test_hosts_of_the_ranking_api(google, host, location, status):
    path, body = BASES["rank"]
    assert ask(google, path.replace("global", location), body, {**BEARER, "host": host}).status == status


def test_other_apis_are_not_on_the_ranking_host(google):
    for base in ("embed", "vertex embed", "list"):
        path, body = BASES[base]
        assert ask(google, path, body, {**credential(path), "host": "discoveryengine.googleapis.com"}).status == 404


# Vectors.


def embed(google, path, body):
    reply = ask(google, path, body).json()
    return reply["embedding"]["values"]


def length(values):
    return math.sqrt(sum(one * one for one in values))


def single(value):
    """The nearest 32-bit float."""
    return struct.unpack("f", struct.pack("f", value))[0]


MODELS = {
    "gemini-embedding-001": (3072, 768, False),
    "gemini-embedding-2": (3072, 256, True),
    "text-embedding-004": (768, 64, False),
}


@pytest.mark.parametrize("model", MODELS)
def test_vectors(google, model):
    """As long as asked for, the beginning of the whole one, and of unit length where Google's are."""
    whole, size, unit = MODELS[model]
    path = f"{GEMINI}{model}:embedContent"
    values, fewer = embed(google, path, CONTENT), embed(google, path, {**CONTENT, "outputDimensionality": size})
    assert (len(values), len(fewer)) == (whole, size)
    assert values == embed(google, path, CONTENT) != embed(google, path, {"content": {"parts": [{"text": "two one"}]}})
    assert math.isclose(length(values), 1, abs_tol=1e-5)
    assert math.isclose(length(fewer), 1, abs_tol=1e-5) == unit
    assert math.isclose(fewer[0] / fewer[1], values[0] / values[1], rel_tol=1e-5)
    assert all(float(f"{one:.9g}") == one for one in values), "no more digits than a 32-bit float has"
    assert any("e-" in repr(one) for one in values), "as small as some recorded ones"


def test_both_apis_give_the_same_vector(google):
    """As recorded; `predict` prints the double that the float is."""
    body = {"instances": [{"content": "one two", "task_type": DOCUMENT, "title": "t"}]}
    predicted = ask(google, BASES["predict one"][0], body).json()["predictions"][0]["embeddings"]["values"]
    embedded = embed(google, BASES["embed"][0], {**CONTENT, "taskType": DOCUMENT, "title": "t"})
    assert predicted != embedded and [single(one) for one in embedded] == predicted
    assert embed(google, BASES["embed"][0], CONTENT) != embedded


def test_options_in_either_place_and_spelling(google):
    path = BASES["embed"][0]
    inside = {"embedContentConfig": {"taskType": DOCUMENT, "title": "t", "outputDimensionality": 128}}
    beside = {"task_type": "retrieval_document", "title": "t", "output_dimensionality": "128"}
    assert embed(google, path, {**CONTENT, **inside}) == embed(google, path, {**CONTENT, **beside})


def test_parts_of_one_content_are_one_vector(google):
    parts = {"content": {"parts": [{"text": "one"}, PICTURE]}}
    for base in ("embed media", "vertex embed"):
        assert len(embed(google, BASES[base][0], parts)) == 3072


def test_a_batch(google):
    reply = ask(google, BASES["batch"][0], batch("gemini-embedding-001", 100)).json()
    assert [one["values"] for one in reply["embeddings"]] == [embed(google, *BASES["embed"])] * 100
    vertex = ask(google, *BASES["vertex batch"]).json()
    assert vertex["embeddings"][0]["values"] == embed(google, *BASES["vertex embed"])


def test_predictions(google):
    body = {"instances": [{"content": "one two"}, {"content": "a " * 2050}], "parameters": {"outputDimensionality": 4}}
    reply = ask(google, BASES["predict"][0], body).json()
    shown = [one["embeddings"] for one in reply["predictions"]]
    assert [one["statistics"] for one in shown] == [
        {"truncated": False, "token_count": 2},
        {"truncated": True, "token_count": 2048},
    ]
    assert [len(one["values"]) for one in shown] == [4, 4]
    assert reply["metadata"] == {"billableCharacterCount": 2056}
    assert len(ask(google, BASES["predict"][0], instances(250)).json()["predictions"]) == 250


def test_predictions_of_an_endpoint(google):
    google.put_endpoint("77", "text-embedding-005")
    assert len(ask(google, PROJECT + "endpoints/77:predict", instances(2)).json()["predictions"]) == 2
    assert ask(google, PROJECT + "endpoints/78:predict", instances(2)).status == 400, "a tuned model that generates"


def test_multimodal_predictions(google):
    picture = {"bytesBase64Encoded": "AAAA", "mimeType": "image/png"}
    instance = {"text": "a cat", "image": picture, "video": {"gcsUri": "gs://b/o"}}
    body = {"instances": [instance], "parameters": {"dimension": 128}}
    (made,) = ask(google, BASES["multimodal"][0], body).json()["predictions"]
    assert (len(made["textEmbedding"]), len(made["imageEmbedding"]), len(made["videoEmbeddings"])) == (128, 128, 1)
    assert len(made["videoEmbeddings"][0]["embedding"]) == 128
    assert len(ask(google, *BASES["multimodal"]).json()["predictions"][0]["textEmbedding"]) == 1408


def test_usage_where_google_gives_it(google):
    """Recorded: the Developer API's older models do not."""
    shown = {base: ask(google, *BASES[base]).json().get("usageMetadata") for base in ("embed", "batch", "vertex embed")}
    detail = [{"modality": "TEXT", "tokenCount": 2}]
    counts = {"promptTokenCount": 2, "promptTokensDetails": detail, "totalTokenCount": 2}
    assert shown == {"embed": None, "batch": None, "vertex embed": counts}
    newer = ask(google, GEMINI + "gemini-embedding-2:batchEmbedContents", batch("gemini-embedding-2", 1)).json()
    assert newer["usageMetadata"] == {"promptTokenCount": 2, "promptTokenDetails": detail}


# Counts.


def test_counts(google):
    bases = ("count", "count whole", "vertex count", "vertex count texts")
    shown = [ask(google, *BASES[base]).json() for base in bases]
    assert [one["totalTokens"] for one in shown] == [3, 3, 3, 4]
    assert [one.get("totalBillableCharacters") for one in shown] == [None, None, 11, 12]


def test_everything_of_a_prompt_is_counted(google):
    """On each side in its own form: the system instruction and the functions as well."""
    more = {
        "systemInstruction": {"parts": [{"text": "be brief"}]},
        "tools": [{"functionDeclarations": [{"name": "f", "description": "does it"}]}],
    }
    inner = {"generateContentRequest": {"model": "models/gemini-2.5-flash", **SAID, **more}}
    assert ask(google, BASES["count"][0], inner).json()["totalTokens"] == 8
    assert ask(google, BASES["vertex count"][0], {**SAID, **more}).json()["totalTokens"] == 8


# Lists.


def pages(google, path, headers=None, size=None):
    """Every page, followed by its token."""
    made, query = [], [] if size is None else [f"pageSize={size}"]
    token = ""
    while True:
        whole = [*query, *([f"pageToken={token}"] if token else [])]
        page = ask(google, path + ("?" + "&".join(whole) if whole else ""), headers=headers).json()
        made.append(page.get("models") or page["publisherModels"])
        token = page.get("nextPageToken", "").replace("+", "%2B").replace("=", "%3D")
        if not token:
            return made


@pytest.mark.parametrize(
    ("catalogue", "size", "expected"),
    [
        ({}, None, [8]),
        ({"count": 120}, None, [50, 50, 20]),
        ({"count": 1200}, 1000, [1000, 200]),
        ({"count": 1200}, 5000, [1000, 200]),
        ({"count": 50}, None, [50]),
        ({"count": 120}, 0, [50, 50, 20]),
        ({"page": 3}, 1000, [3, 3, 2]),
    ],
)
def test_pages(google, catalogue, size, expected):
    google.put_models(**catalogue)
    try:
        for path, headers in (("/v1beta/models", KEY), ("/v1beta1/publishers/google/models", BEARER)):
            made = pages(google, path, headers, size)
            assert [len(page) for page in made] == expected
            names = [one["name"] for page in made for one in page]
            assert len(set(names)) == sum(expected)
    finally:
        google.put_models()


def test_a_model_alone_is_as_listed(google):
    google.put_models(count=20)
    try:
        listed = pages(google, "/v1beta/models")[0]
        assert [ask(google, "/v1beta/" + one["name"]).json() for one in listed] == listed
    finally:
        google.put_models()
    kinds = {one["name"]: one["supportedGenerationMethods"][0] for one in listed}
    assert kinds["models/gemini-2.5-flash"] == "generateContent"
    assert kinds["models/gemini-embedding-001"] == "embedContent"


@pytest.mark.parametrize("version", ["v1", "v1beta1"])
def test_a_model_of_vertex(google, version):
    name = "publishers/google/models/gemini-2.5-flash"
    for headers in (KEY, BEARER):
        assert ask(google, f"/{version}/{name}", headers=headers).json()["name"] == name
    assert ask(google, f"/{version}/{name}-nano", headers=BEARER).status == 404
    assert ask(google, f"/{version}/{name}", headers={}).status == 401


def test_bad_catalogues_are_refused(google):
    for bad in ({"count": -1}, {"page": 0}, {"count": "many"}, {"number": 5}, {"page": True}):
        with pytest.raises(FakeError, match="400"):
            google.put_models(**bad)


# Ranks.


def rank(google, **more):
    records = [
        {"id": "a", "content": "Dogs bark."},
        {"id": "b", "content": "The red cat sleeps.", "title": "cats"},
        {"id": "c", "title": "Red."},
    ]
    path, body = BASES["rank"]
    return ask(google, path, {**body, "records": records, **more}).json()["records"]


def test_ranks(google):
    """Best first, and without a score where it is zero."""
    assert rank(google) == [
        {"id": "b", "score": 1.0, "title": "cats", "content": "The red cat sleeps."},
        {"id": "c", "score": 0.5, "title": "Red."},
        {"id": "a", "content": "Dogs bark."},
    ]
    assert rank(google, query="red cat mat")[0]["score"] == 0.670000017


def test_ranks_without_details_and_the_best_only(google):
    best = rank(google, ignoreRecordDetailsInResponse=True, topN=2)
    assert best == [{"id": "b", "score": 1.0}, {"id": "c", "score": 0.5}]
    assert len(rank(google, topN=0)) == len(rank(google, topN=9)) == 3


# Scenarios.


@pytest.mark.parametrize("base", ["embed", "batch", "predict", "rank", "count"])
def test_a_marker_in_any_text(google, base):
    places = {
        "embed": "content.parts.0.text",
        "batch": "requests.1.content.parts.0.text",
        "predict": "instances.1.content",
        "rank": "records.0.content",
        "count": "contents.0.parts.0.text",
    }
    google.put_scenario("text", scenarios.exhausted())
    reply = ask(google, BASES[base][0], changed(base, {places[base]: "a [[fake:text]]"}))
    assert reply.status == 429
    assert google.requests("text")[-1]["verdict"] == "accepted"


def test_the_next_call_of_a_method(google):
    """For requests that cannot hold a marker."""
    google.put_method("listModels", scenarios.then(scenarios.overloaded(), scenarios.raw("{}")))
    answers = [ask(google, "/v1beta/models") for _ in range(3)]
    assert [one.status for one in answers] == [503, 200, 200]
    assert [len(one.body) > 2 for one in answers] == [True, False, True]
    assert ask(google, "/v1beta/models/gemini-2.5-flash").status == 200
    with pytest.raises(FakeError, match="404"):
        google.put_method("nothing", scenarios.overloaded())


def test_a_marker_comes_first(google):
    google.put_scenario("mine", scenarios.exhausted())
    google.put_method("embedContent", scenarios.overloaded())
    path = BASES["embed"][0]
    assert ask(google, path, changed("embed", {"content.parts.0.text": "[[fake:mine]]"})).status == 429
    assert [ask(google, path, CONTENT).status for _ in range(2)] == [503, 200]
