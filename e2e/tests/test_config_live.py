"""Configuration as clients feel it: models and aliases, streaming policy, defaults and forced options, headers."""

import json
import time

import pytest
from support.lab import MODEL, candidate, chat, events, reply, sse, stream_body


def without_model(**fields) -> dict:
    return {k: v for k, v in chat(**fields).items() if k != "model"}


NAMED = {"model": {"provider": "gemini", "name": "gemini-2.5-pro"}}
NAMED_PATH = "/v1beta/models/gemini-2.5-pro:generateContent"


@pytest.mark.parametrize("body", [without_model(), chat(model="gemini-2.5-pro"), chat(model=None), chat(model="")], ids=["absent", "equal", "null", "empty"])
def test_configured_model(gateways, body):
    got = gateways(NAMED).ask(body=body)
    assert got.status == 200, got.body
    assert got.received["path"] == NAMED_PATH
    assert got.headers["x-llm-model"] == "gemini/gemini-2.5-pro"


def test_another_model_gets_kongs_400(gateways):
    got = gateways(NAMED).post(chat(model="gpt-4o"))
    assert got.status == 400
    assert got.error["message"] == "cannot use own model - must be: gemini-2.5-pro"
    assert got.error["param"] == "model"


def test_no_model_anywhere_gets_kongs_400(gateway):
    for body in (without_model(), chat(model=None)):
        got = gateway.post(body)
        assert got.status == 400
        assert got.error["message"] == "model parameter not found in request, nor in gateway configuration"
        assert got.error["param"] == "model"


def test_pinned_model_ignores_the_clients(gateways):
    gateway = gateways({**NAMED, "model_policy": "pin"})
    for model in ("gpt-4o", "../x", "gemini-2.5-pro"):
        got = gateway.ask(body=chat(model=model))
        assert got.status == 200, got.body
        assert got.received["path"] == NAMED_PATH


def test_kongs_alias(gateways):
    gateway = gateways({"model": {**NAMED["model"], "model_alias": "smart"}})
    got = gateway.ask(body=chat(model="smart"))
    assert got.status == 200, got.body
    assert got.received["path"] == NAMED_PATH
    assert gateway.post(chat(model="other")).status == 400


@pytest.mark.parametrize(("header", "name"), [(True, "x-llm-model"), ("x-model-used", "x-model-used"), (False, None)])
def test_model_name_header(gateways, header, name):
    gateway = gateways({"model_name_header": header})
    for stream in (False, True):
        got = gateway.ask(stream=stream)
        found = {k: v for k, v in got.headers.items() if "model" in k}
        assert found == ({name: f"gemini/{MODEL}"} if name else {})


def test_no_model_header_on_errors_from_google(gateway):
    got = gateway.ask({"status": 404, "body": json.dumps({"error": {"code": 404, "message": "no", "status": "NOT_FOUND"}})})
    assert got.status == 404 and "x-llm-model" not in got.headers


def test_streaming_denied(gateways):
    gateway = gateways({"response_streaming": "deny"})
    got = gateway.post(chat(stream=True))
    assert got.status == 400
    assert got.error["message"] == "response streaming is not enabled for this LLM"
    assert got.error["param"] == "stream"
    assert gateway.ask(stream=False).text == "Hello there."


@pytest.mark.parametrize("fields", [{}, {"stream": False}, {"stream": True}, {"stream": None}], ids=str)
def test_streaming_always(gateways, fields):
    """As in Kong: the upstream streams, and so does the reply, asked for or not."""
    gateway = gateways({"response_streaming": "always"})
    got = gateway.ask({"events": [reply(candidate("a", None)), reply(candidate("b"))]}, **fields)
    assert got.headers["content-type"].startswith("text/event-stream")
    assert got.received["path"].endswith(":streamGenerateContent?alt=sse")
    assert got.stream.problems == []
    assert got.stream.messages[0]["content"] == "ab"


OPTIONS = {"max_tokens": 77, "temperature": 0.25, "top_p": 0.5, "top_k": 9}
AS_SENT = {"maxOutputTokens": 77, "temperature": 0.25, "topP": 0.5, "topK": 9}
ASKED = {"max_tokens": 5, "temperature": 1.5, "top_p": 0.9, "top_k": 3}
AS_ASKED = {"maxOutputTokens": 5, "temperature": 1.5, "topP": 0.9, "topK": 3}


@pytest.mark.parametrize(
    ("mode", "client", "expected"),
    [
        (None, {}, AS_SENT),
        (None, ASKED, AS_ASKED),
        (None, dict.fromkeys(ASKED), AS_SENT),
        (None, {"temperature": 1.5}, {**AS_SENT, "temperature": 1.5}),
        (None, {"max_completion_tokens": 6}, {**AS_SENT, "maxOutputTokens": 6}),
        ("default", ASKED, AS_ASKED),
        ("force", ASKED, AS_SENT),
        ("force", {"max_completion_tokens": 6}, AS_SENT),
        ("force", {}, AS_SENT),
    ],
    ids=str,
)
def test_options(gateways, mode, client, expected):
    config = {"model": {"provider": "gemini", "options": OPTIONS}, **({"options_mode": mode} if mode else {})}
    got = gateways(config).ask(body=chat(**client))
    assert got.status == 200, got.body
    assert got.received["body"]["generationConfig"] == expected


def test_forced_options_still_pass_the_others(gateways):
    config = {"model": {"provider": "gemini", "options": {"temperature": 0.25}}, "options_mode": "force"}
    got = gateways(config).ask(body=chat(temperature=1, top_p=0.5, seed=3))
    assert got.received["body"]["generationConfig"] == {"temperature": 0.25, "topP": 0.5, "seed": 3}


def test_route_type_chat_takes_any_path(gateways):
    gateway = gateways({"route_type": "llm/v1/chat"})
    for path in ("/", "/anything", "/v1/messages", "/v1/chat/completions"):
        got = gateway.ask(path=path)
        assert got.status == 200, got.body
        assert got.received["path"] == f"/v1beta/models/{MODEL}:generateContent"


def test_upstream_url_replaces_the_address(gateways):
    """Kong's option: scheme, host, port and path are taken as they stand."""
    config = {"model": {"provider": "gemini", "name": MODEL, "options": {"upstream_url": f"https://mock.test:8443/v1beta/models/{MODEL}:generateContent"}}}
    got = gateways(config).ask(body=chat())
    assert got.status == 200, got.body
    headers = {k.lower(): v for k, v in got.received["headers"]}
    assert headers["host"] == "mock.test:8443"
    assert got.received["path"] == f"/v1beta/models/{MODEL}:generateContent"


def test_kong_block_pasted_whole(gateways):
    """`config:` wrapper and fields of Kong's AI Proxy."""
    block = {
        "config": {
            "route_type": "llm/v1/chat",
            "auth": {"header_name": "x-goog-api-key", "header_value": "{vault://env/gemini-api-key}"},
            "model": {"provider": "gemini", "name": "gemini-2.5-pro", "options": {"max_tokens": 256, "temperature": 1.0}},
            "response_streaming": "allow",
            "max_request_body_size": 1048576,
            "model_name_header": True,
        }
    }
    got = gateways({"auth": None, **block}).ask(path="/chat", body=without_model())
    assert got.status == 200, got.body
    assert got.received["path"] == NAMED_PATH
    assert got.received["body"]["generationConfig"] == {"maxOutputTokens": 256, "temperature": 1.0}


def test_held_bytes_are_capped(fresh_envoy):
    """Bytes held in the guest across callbacks are counted: beyond the cap a request is answered 503, and the next one works."""
    gateway = fresh_envoy({"max_held_bytes": 200_000})
    big = reply(candidate("x" * 400_000, None))
    got = gateway.ask({"events": [big, reply(candidate("y"))], "chunks": list(range(20_000, 400_000, 20_000))}, stream=True)
    if got.status == 200:
        assert got.stream.error is not None and not got.stream.done, got.body[-300:]
    else:
        assert got.status == 503
        assert got.error["type"] == "server_error"
    for _ in range(5):
        assert gateway.ask(stream=True).stream.problems == []


def test_held_bytes_are_given_back(fresh_envoy):
    """Clients that leave while bytes are held for them: the room is free again."""
    gateway = fresh_envoy({"max_held_bytes": 200_000})
    half = sse([reply(candidate("x" * 150_000))])[:120_000]
    for _ in range(8):
        # The pause keeps the event incomplete in the guest until the client is gone.
        with gateway.open(stream_body(sse(events("a", "b")[:1]) + half + b" ", pauses=[[len(half), 30]])) as (_, _, pieces):
            next(pieces)
            time.sleep(0.1)
    value = sse([reply(candidate("y" * 150_000))])
    got = gateway.ask(stream_body(value, chunks=list(range(10_000, 150_000, 10_000))), stream=True)
    assert got.stream.problems == [], got.body[-300:]
