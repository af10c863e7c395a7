"""The list of models through the official SDK: Google's own, its pages folded, and the configured names on Vertex."""

import json

import openai
import pytest
from fake_google import catalogue, models, scenarios
from support.backends import BACKENDS, Backend, kept, refused
from support.lab import MODEL

NAMES = ["house-model", "gpt-4o", "gpt-4o-mini"]


@pytest.fixture
def listing(developer):
    """The Developer API with its usual models, and nothing recorded."""
    developer.fake.put_models()
    developer.fake.clear()
    yield developer
    developer.fake.put_models()


@pytest.fixture(scope="module")
def named(gateways):
    """Vertex with a model and two other names for it."""
    config = BACKENDS["vertex"]
    model = {**config["model"], "name": MODEL, "model_alias": NAMES[1:]}
    return Backend.of("vertex", gateways({**config, "model": model}))


def test_list(listing):
    got = listing.client.models.list()
    assert [one.id for one in got] == list(models.LISTED)
    assert {(one.object, one.owned_by, type(one.created)) for one in got.data} == {("model", "google", int)}
    (sent,) = listing.sent()
    assert sent["path"].partition("?")[0] == "/v1beta/models"


@pytest.mark.parametrize(
    ("held", "requests"), [({"count": 1200}, 2), ({"count": 1000}, 1), ({"count": 20, "page": 3}, 7)]
)
def test_pages_are_folded(listing, held, requests):
    """Google gives 1000 at most in a page, and may give fewer."""
    listing.fake.put_models(**held)
    listed = listing.client.models.list()
    assert [one.id for one in listed.data] == models.Catalogue(**held).names()
    assert not listed.has_next_page()
    assert len(listing.sent()) == requests


def test_contract(listing):
    kept("ListModelsResponse", listing.post("/v1/models", None, method="GET").json)
    for one in listing.post("/v1/models", None, method="GET").json["data"]:
        kept("Model", one)
    kept("Model", listing.post(f"/v1/models/{MODEL}", None, method="GET").json)


@pytest.mark.parametrize("name", [MODEL, f"models/{MODEL}", "gemini-embedding-001"])
def test_retrieve(listing, name):
    got = listing.client.models.retrieve(name)
    assert (got.id, got.object, got.owned_by) == (name.removeprefix("models/"), "model", "google")


def test_retrieve_is_as_listed(listing):
    listed = listing.client.models.list().data
    assert [listing.client.models.retrieve(one.id) for one in listed] == listed


@pytest.mark.parametrize("name", ["gpt-4o", "gemini-2.5-nano"])
def test_a_model_that_is_not_there(listing, name):
    error = refused(lambda: listing.client.models.retrieve(name), openai.NotFoundError)
    assert error.body["code"] == "model_not_found"


@pytest.mark.parametrize("name", ["../files/x", "a?b", "a/b"])
def test_names_that_lead_elsewhere(listing, name):
    with pytest.raises(openai.APIStatusError) as caught:
        listing.client.models.retrieve(name)
    assert caught.value.status_code in (400, 404)
    paths = [one["path"] for one in listing.fake.requests()]
    assert all(path.startswith("/v1beta/models/") and "/.." not in path and "?" not in path for path in paths), paths


@pytest.mark.parametrize("page", [1, 2])
def test_google_fails(listing, page):
    """On any page: a list that is not whole is none."""
    first = {"models": [{"name": f"models/{MODEL}"}], "nextPageToken": catalogue.token(MODEL)}
    failure = scenarios.overloaded()
    listing.fake.put_method("listModels", failure if page == 1 else {"body": json.dumps(first), "next": failure})
    refused(lambda: listing.client.models.list(), openai.InternalServerError, "overloaded")


def test_configured_names(named):
    """Vertex has no list of the models that a project may call."""
    with named.gateway.untouched():
        listed = named.client.models.list()
        assert {one.id for one in listed.data} == {MODEL, *NAMES[1:]}
        for one in listed.data:
            assert named.client.models.retrieve(one.id) == one
        error = refused(lambda: named.client.models.retrieve("gemini-2.5-nano"), openai.NotFoundError)
        assert error.body["code"] == "model_not_found"
        kept("ListModelsResponse", named.post("/v1/models", None, method="GET").json)
