"""The shipped envoy/rerank.yaml as it stands, over TLS to the fake: clients of Cohere's and Jina's APIs."""

import json

import pytest
from certificates import Authority
from envoy import ROOT, Envoy
from fake_google.launch import Fake
from support.clusters import SERVICES
from support.lab import VERSION, Gateway
from support.proxy import localise

FILE = ROOT / "envoy" / "rerank.yaml"
RANKING = "discoveryengine.googleapis.com"
DOCUMENTS = ["A cat sat on a mat.", {"text": "The capital of France is Paris.", "title": "France"}, "Paris"]


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    authority = Authority(tmp_path_factory.mktemp("certificates"))
    issued = authority.issue(RANKING)
    with Fake(cert=issued.cert, key=issued.key) as google, Fake() as metadata:
        body = {"access_token": google.token, "expires_in": 3599, "token_type": "Bearer"}
        metadata.behave("metadata", {"body": json.dumps(body)})
        ports = {"google": google.port, "tokens": google.port, "metadata": metadata.port}
        endpoints = {address: ports[name] for address, name in SERVICES.items()}

        def edit(config):
            for cluster in config["static_resources"]["clusters"]:
                localise(cluster, endpoints, authority.ca)

        env = {"GOOGLE_CLOUD_PROJECT": "acme-prod", "GCP_SERVICE_ACCOUNT": None}
        running = Gateway(Envoy(version=VERSION, file=FILE, edit=edit, env=env), google)
        yield running
        running.close()


@pytest.mark.parametrize("path", ["/v1/rerank", "/v2/rerank"])
def test_ranking(gateway, path):
    """Cohere's model and what the documents are about: the best first, one without a score at its end."""
    asked = {"model": "rerank-v3.5", "query": "capital of France", "documents": DOCUMENTS}
    got, received = gateway.send(asked, path=path)
    assert got.status == 200, got.body
    results = got.json["results"]
    assert [one["index"] for one in results] == [1, 0, 2]
    assert results[0]["relevance_score"] == 1 and results[2]["relevance_score"] == 0
    assert all(set(one) == {"index", "relevance_score"} for one in results)
    assert got.json["meta"]["billed_units"] == {"search_units": 1}
    sent = {name.lower(): value for name, value in received["headers"]}
    assert received["path"] == "/v1/projects/acme-prod/locations/global/rankingConfigs/default_ranking_config:rank"
    assert received["tls"] and sent["host"] == RANKING and received["body"]["model"] == "semantic-ranker-default@latest"


def test_documents_come_back(gateway):
    """As Jina's clients ask for them."""
    asked = {"query": "France", "documents": DOCUMENTS, "top_n": 1, "return_documents": True}
    got = gateway.post(asked, path="/v1/rerank").json
    (result,) = got["results"]
    assert (result["index"], result["document"]) == (1, DOCUMENTS[1])
    assert got["usage"]["total_tokens"] > 0


def test_bodies_above_a_mebibyte(gateway):
    """200 long documents: neither the request's route nor the one to Google has Envoy's small limit."""
    documents = [f"number {n} " + "x" * 20_000 for n in range(200)]
    got = gateway.post({"query": "7", "documents": documents}, path="/v1/rerank")
    assert got.status == 200, got.body[:300]
    assert got.json["results"][0]["index"] == 7
