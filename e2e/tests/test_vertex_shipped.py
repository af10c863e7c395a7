"""The shipped envoy/vertex.yaml as it stands, over TLS to the fake: its tokens come from the token service with a service
account's key, and from the metadata server without one."""

import json

import pytest
from certificates import Authority
from envoy import ROOT, Envoy
from fake_google.identity import keys
from fake_google.launch import Fake
from support.clusters import SERVICES, VERTEX
from support.lab import VERSION, Gateway, chat, lock_step
from support.proxy import localise
from support.tls import TlsUpstream

FILE = ROOT / "envoy" / "vertex.yaml"
TOKENS = "oauth2.googleapis.com"
RANKER = "discoveryengine.googleapis.com"
OTHERS = (RANKER, "storage.googleapis.com")
PROJECT = "acme-prod"
NO_SIGNATURES = pytest.mark.skipif(VERSION.startswith("1.36."), reason="Envoy 1.36 cannot sign, and says so at load")


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def google(authority):
    issued = authority.issue(VERTEX, TOKENS, *OTHERS)
    with Fake(cert=issued.cert, key=issued.key) as running:
        yield running


@pytest.fixture(scope="module")
def metadata(google):
    """The metadata server: its tokens are good at Google's."""
    with Fake() as running:
        body = {"access_token": google.token, "expires_in": 3599, "token_type": "Bearer"}
        running.behave("metadata", {"body": json.dumps(body)})
        yield running


@pytest.fixture(scope="module")
def shipped(google, metadata, authority):
    """`shipped(GCP_SERVICE_ACCOUNT=None, tokens' port=Google's)`: a gateway, which the caller closes."""

    def start(key=None, tokens=google.port):
        ports = {"google": google.port, "tokens": tokens, "metadata": metadata.port}
        endpoints = {address: ports[name] for address, name in SERVICES.items()}

        def edit(config):
            for cluster in config["static_resources"]["clusters"]:
                localise(cluster, endpoints, authority.ca)

        env = {"GOOGLE_CLOUD_PROJECT": PROJECT, "GCP_SERVICE_ACCOUNT": key, "GEMINI_API_KEY": None}
        return Gateway(Envoy(version=VERSION, file=FILE, edit=edit, env=env), google)

    return start


@pytest.fixture(scope="module")
def account(google):
    return json.dumps(keys.service_account(google, "filter@acme-prod.iam.gserviceaccount.com"))


@pytest.fixture(scope="module", params=[pytest.param("key", marks=NO_SIGNATURES), "machine"])
def gateway(request, shipped, account):
    running = shipped(account if request.param == "key" else None)
    running.identity = request.param
    yield running
    running.close()


def test_chat(gateway, google, metadata):
    got = gateway.ask()
    assert (got.status, got.text) == (200, "Hello there."), got.body
    sent = {name.lower(): value for name, value in got.received["headers"]}
    path = f"/v1/projects/{PROJECT}/locations/global/publishers/google/models/gemini-2.5-flash:generateContent"
    assert got.received["path"] == path and sent["host"] == VERTEX and got.received["tls"]
    assert sent["authorization"].startswith("Bearer ") and "x-goog-api-key" not in sent
    if gateway.identity == "key":
        host, asked = TOKENS, google.requests(service="oauth2")
    else:
        host, asked = "metadata.google.internal", metadata.requests(service="metadata")
    assert len(asked) == 1 and asked[0]["status"] == 200
    assert {name.lower(): value for name, value in asked[0]["headers"]}["host"] == host


def test_stream(gateway):
    lock_step(gateway)


def received(google) -> list[tuple[str, str, str]]:
    """(host, end of the path, verdict) of what came over TLS and with a token."""
    found = google.requests()
    for one in found:
        assert one["tls"] and dict(one["headers"])["authorization"].startswith("Bearer ")
    return [(dict(one["headers"])["host"], one["path"].rpartition("/")[2], one["verdict"]) for one in found]


def test_rerank(gateway, google):
    """The ranking API has a host of its own, and so a route and a cluster."""
    google.clear()
    got = gateway.post({"query": "red cat", "documents": ["Dogs bark.", "The red cat sleeps."]}, path="/v1/rerank")
    assert [one["index"] for one in got.json["results"]] == [1, 0], got.body
    assert received(google) == [(RANKER, "default_ranking_config:rank", "accepted")]


def test_calls_ahead_of_a_request(gateway, google):
    """A model that takes one text of several is called several times, on the same cluster."""
    google.clear()
    body = {"model": "gemini-embedding-001", "input": ["a", "b", "c"], "dimensions": 128}
    got = gateway.post(body, path="/v1/embeddings")
    assert [one["index"] for one in got.json["data"]] == [0, 1, 2], got.body
    assert received(google) == [(VERTEX, "gemini-embedding-001:predict", "accepted")] * 3


@NO_SIGNATURES
def test_a_token_service_of_another_name(shipped, account, authority):
    """Nothing is signed for a server that is not Google's, and nothing is asked without a token."""
    upstream = TlsUpstream({"access_token": "stolen", "expires_in": 3599, "token_type": "Bearer"})
    upstream.present(authority.issue("oauth2.example.com"))
    gateway = shipped(account, upstream.port)
    with gateway.untouched():
        got = gateway.post(chat())
    assert got.status == 503 and got.error["type"] == "server_error"
    assert set(upstream.names) == {TOKENS} and upstream.requests == []
    gateway.close()
    upstream.close()
