"""Requests through a real Envoy that is configured as Istio and Envoy Gateway would from the manifests, over TLS to the
fake. Only addresses, the authority and the Secrets' contents are the test's."""

import json

import certificates
import pytest
from envoy import Envoy, listener
from fake_google.identity import keys
from fake_google.launch import Fake
from support.clusters import GEMINI, SECRETS, SETS, VERTEX, running
from support.lab import VERSION, Gateway, candidate, events, lock_step, reply


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    return certificates.issue(tmp_path_factory.mktemp("certificates"), GEMINI, VERTEX, "oauth2.googleapis.com")


@pytest.fixture(scope="module")
def google(issued):
    with Fake(cert=issued.cert, key=issued.key) as running:
        yield running


@pytest.fixture(scope="module", params=SETS)
def applied(request, google, issued, tmp_path_factory):
    """A gateway for each set: (the set, Gateway)."""
    one = SETS[request.param]
    # The metadata server is not needed: there is a key.
    ports = {"google": google.port, "tokens": google.port, "metadata": 1}
    secrets = SECRETS | {("vertex", "service-account"): json.dumps(keys.service_account(google))}
    arguments = running(one, tmp_path_factory.mktemp("proxy"), ports, issued.ca, secrets)
    if VERSION.startswith("1.36."):
        # As the files say.
        listener(arguments["bootstrap"])["per_connection_buffer_limit_bytes"] = 157286400
    gateway = Gateway(Envoy(version=VERSION, **arguments), google)
    yield one, gateway
    gateway.close()


def whole(one, text="Hello there."):
    """A scenario whose reply has that text; without full access the filter always asks for a stream."""
    return {"body": json.dumps(reply(candidate(text)))} if one.full else {"events": events(text)}


def test_chat(applied):
    one, gateway = applied
    # Without full access the model is the manifest's, whatever the client asks for.
    got = gateway.ask(whole(one), model="gemini-2.5-flash" if one.full else "gpt-4o")
    assert (got.status, got.text) == (200, "Hello there."), got.body
    sent = {name.lower(): value for name, value in got.received["headers"]}
    assert got.received["tls"] and sent["host"] == one.host
    assert "/models/gemini-2.5-flash:" in got.received["path"]
    if one.host == VERTEX:
        assert got.received["path"].startswith("/v1/projects/my-project/locations/global/")
        assert sent["authorization"].startswith("Bearer ya29.") and "x-goog-api-key" not in sent
    else:
        assert sent["x-goog-api-key"] == SECRETS["gemini", "api-key"] and "authorization" not in sent
    assert not sent.keys() & {"x-forwarded-proto", "x-forwarded-for", "x-request-id"}


def test_stream(applied):
    lock_step(applied[1])


def test_long_request(applied):
    """More than the 1 MiB (Istio) and 32 KiB (Envoy Gateway) which their proxies hold otherwise."""
    one, gateway = applied
    got = gateway.ask(whole(one), text="0123456789abcdef" * 200_000)
    assert got.status == 200, got.body[:300]
    assert len(got.received["body_text"]) > 3_200_000


def test_long_reply(applied):
    one, gateway = applied
    text = "0123456789abcdef" * 200_000
    got = gateway.ask(whole(one, text))
    assert got.status == 200 and got.text == text


def test_error(applied):
    error = {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}
    got = applied[1].ask({"status": 429, "body": json.dumps({"error": error})})
    assert got.status == 429 and got.error["code"] == "rate_limit_exceeded"


def test_a_reply_that_breaks_off(applied):
    """With full access Envoy's own answer has OpenAI's shape; without it the client sees that the reply is not whole."""
    one, gateway = applied
    got = gateway.ask({**whole(one, "x" * 1000), "reset_after": 500})
    if one.full:
        assert got.status in (502, 503) and got.error["type"] == "server_error"
    else:
        assert got.broken
