"""Requests through a real Envoy that is configured as Istio and Envoy Gateway would from the manifests, over TLS to the
fake. Only addresses, the authority and the Secrets' contents are the test's."""

import json

import certificates
import pytest
from envoy import Envoy, listener
from fake_google.launch import Fake
from support.clusters import GEMINI, SECRETS, SETS, running
from support.lab import VERSION, Gateway, candidate, lock_step, reply


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    return certificates.issue(tmp_path_factory.mktemp("certificates"), GEMINI)


@pytest.fixture(scope="module")
def google(issued):
    with Fake(cert=issued.cert, key=issued.key) as running:
        yield running


@pytest.fixture(scope="module", params=SETS)
def applied(request, google, issued, tmp_path_factory):
    """A gateway for each set: (the set, Gateway)."""
    one = SETS[request.param]
    arguments = running(one, tmp_path_factory.mktemp("proxy"), {"google": google.port}, issued.ca, SECRETS)
    if VERSION.startswith("1.36."):
        # As the files say.
        listener(arguments["bootstrap"])["per_connection_buffer_limit_bytes"] = 157286400
    gateway = Gateway(Envoy(version=VERSION, **arguments), google)
    yield one, gateway
    gateway.close()


def test_chat(applied):
    one, gateway = applied
    got = gateway.ask()
    assert (got.status, got.text) == (200, "Hello there.")
    sent = {name.lower(): value for name, value in got.received["headers"]}
    assert got.received["tls"] and sent["host"] == one.host
    assert sent["x-goog-api-key"] == SECRETS["gemini", "api-key"]
    assert not sent.keys() & {"authorization", "x-forwarded-proto", "x-forwarded-for", "x-request-id"}


def test_stream(applied):
    lock_step(applied[1])


def test_long_request(applied):
    """More than the 1 MiB (Istio) and 32 KiB (Envoy Gateway) which their proxies hold otherwise."""
    got = applied[1].ask(text="0123456789abcdef" * 200_000)
    assert got.status == 200, got.body[:300]
    assert len(got.received["body_text"]) > 3_200_000


def test_long_reply(applied):
    text = "0123456789abcdef" * 200_000
    got = applied[1].ask({"body": json.dumps(reply(candidate(text)))})
    assert got.status == 200 and got.text == text


def test_error(applied):
    error = {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}
    got = applied[1].ask({"status": 429, "body": json.dumps({"error": error})})
    assert got.status == 429 and got.error["code"] == "rate_limit_exceeded"


def test_a_reply_that_breaks_off(applied):
    """Envoy's own answer has OpenAI's shape too."""
    got = applied[1].ask({"body": json.dumps(reply(candidate("x" * 1000))), "reset_after": 500})
    assert got.status in (502, 503) and got.error["type"] == "server_error"
