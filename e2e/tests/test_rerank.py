"""Rerank, in the shapes of Cohere's and Jina's APIs, by Vertex's ranking API."""

import pytest
from fake_google import scenarios
from support.lab import fresh

PATH = "/v1/rerank"
RANK = "/v1/projects/p1/locations/global/rankingConfigs/default_ranking_config:rank"
HOST = "discoveryengine.googleapis.com"
MODEL = "semantic-ranker-default@latest"
DOCUMENTS = ["Dogs bark.", "The red cat sleeps.", "A red house.", "Red cat, red cat."]
# Of "red cat" in each: the fake's, by index.
SCORES = {0: 0.0, 1: 1.0, 2: 0.5, 3: 1.0}
ORDER = [1, 3, 2, 0]


def ask(vertex, **fields):
    """The reply, and Google's request."""
    vertex.fake.clear()
    body = {"model": MODEL, "query": "red cat", "documents": DOCUMENTS, **fields}
    got = vertex.post(PATH, body).json
    (sent,) = vertex.sent()
    names = dict(sent["headers"])
    assert (sent["path"], names["host"], names["authorization"]) == (RANK, HOST, "Bearer test-token")
    assert "x-goog-api-key" not in names
    return got, sent["body"]


def test_texts(vertex):
    """Best first, each with the place it had; Google leaves out a score of zero."""
    got, sent = ask(vertex)
    assert [(one["index"], one["relevance_score"]) for one in got["results"]] == [(n, SCORES[n]) for n in ORDER]
    assert all(type(one["index"]) is int for one in got["results"])
    assert sent["query"] == "red cat" and sent["model"] == MODEL
    assert [one["content"] for one in sent["records"]] == DOCUMENTS


def test_best_of_them(vertex):
    got, sent = ask(vertex, top_n=2)
    assert [one["index"] for one in got["results"]] == ORDER[:2]
    assert sent["topN"] == 2


@pytest.mark.parametrize("wanted", [True, False])
def test_documents_on_request(vertex, wanted):
    """They are the client's own; Google need not send them back, least of all those that nobody reads."""
    got, sent = ask(vertex, return_documents=wanted)
    if wanted:
        assert [one["document"] for one in got["results"]] == [{"text": DOCUMENTS[n]} for n in ORDER]
    else:
        assert all("document" not in one for one in got["results"])
        assert sent["ignoreRecordDetailsInResponse"] is True


@pytest.mark.parametrize("form", ["texts", "titles"])
def test_objects(vertex, form):
    """Cohere's and Jina's documents may be objects."""
    documents = [
        {"text": text, **({"title": f"cat {n}"} if form == "titles" else {})} for n, text in enumerate(DOCUMENTS)
    ]
    got, sent = ask(vertex, documents=documents, return_documents=True)
    assert [one["content"] for one in sent["records"]] == DOCUMENTS
    assert [one.get("title") for one in sent["records"]] == [one.get("title") for one in documents]
    assert {one["index"]: one["document"]["text"] for one in got["results"]} == dict(enumerate(DOCUMENTS))


def test_as_cohere_has_it(vertex):
    """The members that Cohere's SDK reads."""
    got, _ = ask(vertex, max_tokens_per_doc=512)
    assert isinstance(got["id"], str) and isinstance(got["meta"], dict)
    assert all({"index", "relevance_score"} <= one.keys() for one in got["results"])


def test_as_jina_has_it(vertex):
    got, _ = ask(vertex, documents=[{"text": text} for text in DOCUMENTS], return_documents=True, top_n=3)
    assert got["model"] == MODEL
    assert [one["document"]["text"] for one in got["results"]] == [DOCUMENTS[n] for n in ORDER[:3]]


def test_many(vertex):
    got, sent = ask(vertex, documents=[f"document {n}" for n in range(200)])
    assert sorted(one["index"] for one in got["results"]) == list(range(200))
    assert len(sent["records"]) == 200


BAD = {
    "no query": ({"query": None}, "query"),
    "an empty query": ({"query": ""}, "query"),
    "no documents": ({"documents": None}, "documents"),
    "an empty list": ({"documents": []}, "documents"),
    "a text for a list": ({"documents": "Dogs bark."}, "documents"),
    "201 documents": ({"documents": ["x"] * 201}, "documents"),
    "an empty document": ({"documents": ["a", ""]}, "documents"),
    "a number": ({"documents": ["a", 1]}, "documents"),
    "top_n of zero": ({"top_n": 0}, "top_n"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_refused(vertex, case):
    fields, param = BAD[case]
    with vertex.gateway.untouched():
        body = {"model": MODEL, "query": "red cat", "documents": DOCUMENTS, **fields}
        error = vertex.post(PATH, body, status=400).error
    assert error["param"].startswith(param) and error["type"] == "invalid_request_error"
    if case == "201 documents":
        assert "200" in error["message"]


def test_google_refuses(vertex):
    id = fresh()
    vertex.fake.put_scenario(id, scenarios.exhausted())
    body = {"model": MODEL, "query": "red cat", "documents": [f"[[fake:{id}]]"]}
    assert "exhausted" in vertex.post(PATH, body, status=429).error["message"]


def test_the_developer_api_ranks_nothing(developer):
    with developer.gateway.untouched():
        got = developer.gateway.post({"model": MODEL, "query": "q", "documents": ["a"]}, path=PATH)
        assert 400 <= got.status <= 501 and "Vertex" in got.error["message"]
