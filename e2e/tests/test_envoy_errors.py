"""Errors that Envoy makes itself: no upstream, timeout, reset; and configurations that are refused. OpenAI's shape all the same."""

import re
import socket

import pytest
from checker_errors import shape_problems
from envoy import cluster, route, validate
from support.lab import chat, events

ENVOYS_WORDS = re.compile(r"upstream|envoy|connect|reset reason|overflow|127\.0\.0\.1", re.I)


def check(got, status: int, code=...):
    assert got.status == status, got.body
    assert shape_problems(got.json) == []
    assert got.error["type"] == "server_error"
    assert not ENVOYS_WORDS.search(got.error["message"]), got.error
    if code is not ...:
        assert got.error["code"] == code, got.error


@pytest.fixture(scope="module")
def nowhere():
    """A port nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    return port


@pytest.mark.parametrize("stream", [False, True])
def test_connection_refused(gateways, nowhere, stream):
    check(gateways(upstream=nowhere).post(chat(stream=stream)), 503)


@pytest.mark.parametrize("stream", [False, True])
def test_no_healthy_upstream(gateways, stream):
    def edit(config):
        target = cluster(config)
        del target["cluster_type"]
        target |= {"type": "STATIC", "load_assignment": {"cluster_name": target["name"], "endpoints": []}}

    check(gateways(edit=edit).post(chat(stream=stream)), 503)


def short(config):
    route(config)["route"]["timeout"] = "0.5s"


@pytest.mark.parametrize("stream", [False, True])
def test_timeout_before_the_reply(gateways, stream):
    check(gateways(edit=short).ask({"events": events("x"), "first_byte_delay": 3}, stream=stream), 504, code="timeout")


def test_timeout_inside_a_stream_breaks_it(gateways):
    got = gateways(edit=short).ask({"events": events("a", "b"), "gate": True}, stream=True)
    assert got.status == 200
    assert got.broken or got.stream.error is not None
    assert b"[DONE]" not in got.body and b'"finish_reason":"' not in got.body


@pytest.mark.parametrize("stream", [False, True])
def test_reset_before_the_reply(gateway, stream):
    check(gateway.ask({"body": "x", "reset_after": -1}, stream=stream), 503)


def test_reset_inside_a_whole_reply(gateway):
    """Nothing was sent to the client yet, but nothing can be said any more either: it must not look complete."""
    got = gateway.ask({"body": "{" + " " * 5000, "reset_after": 2000})
    assert got.broken or got.status >= 500, got.body


# ---------------------------------------------------------------- configurations that must not load

KEY = {"header_value": "$env://GEMINI_API_KEY"}
REFUSED = {
    "unknown option": ({"auth": KEY, "model": {"options": {"temprature": 1}}}, "temprature"),
    "value not accepted": ({"auth": KEY, "response_streaming": "maybe"}, "always"),
    "unmatched": ({"auth": KEY, "unmatched": "drop"}, "pass"),
    "missing variable": ({"auth": {"header_value": "$env://NOT_THERE"}}, "NOT_THERE"),
    "missing vault variable": ({"auth": {"header_value": "{vault://env/not-there}"}}, "NOT_THERE"),
    "another provider": ({"auth": KEY, "model": {"provider": "openai"}}, "provider"),
    "route type of later": ({"auth": KEY, "route_type": "llm/v1/responses"}, "route_type"),
    "hostile model": ({"auth": KEY, "model": {"provider": "gemini", "name": "../files/x"}}, "name"),
    "half a parameter": ({"auth": {"param_name": "key", "param_value": "x"}}, "param_location"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_configuration(name):
    """Envoy does not start, and the log names the field or the accepted values; no secret is printed."""
    config, word = REFUSED[name]
    status, output = validate(config=config, env={"GEMINI_API_KEY": "AIzaSecretSecretSecret"})
    assert status != 0
    said = [line for line in output.splitlines() if "wasm log" in line or "gemini-filter" in line]
    assert any(word in line for line in said), output[-3000:]
    assert "AIzaSecret" not in output
