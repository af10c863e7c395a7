"""The two ways to read a body, through every supported Envoy: with headers held back, and without.

`request_mode: "headers"` works on an Envoy that was not told to hold headers back (`allow_on_headers_stop_iteration`),
as Istio's and Envoy Gateway's own resources leave it, and on one that was. What it cannot do is the README's table; the
tests at the end have a row each.
"""

import json
import time

import pytest
from envoy import PINNED, Envoy, hcm, listener, route
from fake_google.launch import Fake
from support.http2 import Http2Client, Http2Upstream, answering
from support.lab import CHAT, MODEL, Gateway, candidate, chat, events, fresh, mark, reply, sse, stream_body
from support.raw import RawClient, chunked, request

VERSIONS = ["1.36.2", "1.37.0", "1.39.3", PINNED]
KEY = {"auth": {"header_value": "$env://GEMINI_API_KEY"}}
HEADERS = {**KEY, "request_mode": "headers", "model": {"name": MODEL}}
# The filter's JSON, and whether Envoy holds headers back.
MODES = {"body": (KEY, True), "headers": (HEADERS, False), "headers although held back": (HEADERS, True)}
LIMIT = 32_768


def limited(config: dict) -> None:
    """Envoy Gateway's limit on what a connection may buffer."""
    listener(config)["per_connection_buffer_limit_bytes"] = LIMIT
    route(config).pop("request_body_buffer_limit", None)


def start(fake, mode: str, **arguments) -> Gateway:
    config, flag = MODES[mode]
    if mode != "body":
        arguments = {"edit": limited, **arguments}
    return Gateway(Envoy(**{"upstream": fake.port, "config": config, "flag": flag, "trailers": True, **arguments}), fake)


@pytest.fixture(scope="module", params=[(m, v) for v in VERSIONS for m in MODES], ids=lambda p: f"{p[0]}-{p[1]}")
def served(request, fake):
    """(mode, gateway)"""
    mode, version = request.param
    gateway = start(fake, mode, version=version)
    yield mode, gateway
    stats = gateway.envoy.stats("wasm.")
    assert not {name: value for name, value in stats.items() if "reload" in name and value}
    gateway.close()


def scenario_of(mode: str, *texts: str) -> dict:
    """A scenario for a client that wants no stream: Google is asked for one in headers mode."""
    return {"body": json.dumps(reply(candidate("".join(texts))))} if mode == "body" else {"events": events(*texts)}


def method(got) -> str:
    return got.received["path"].split("?")[0].rsplit(":", 1)[1]


def test_one_reply(served):
    mode, gateway = served
    got = gateway.ask(scenario_of(mode, "Hello ", "there."))
    assert (got.status, got.text) == (200, "Hello there.")
    assert got.json["object"] == "chat.completion" and got.json["usage"]["total_tokens"] == 8
    assert got.headers["content-type"].startswith("application/json")
    assert method(got) == ("generateContent" if mode == "body" else "streamGenerateContent")


def test_stream(served):
    _, gateway = served
    got = gateway.ask(stream=True, stream_options={"include_usage": True})
    assert got.status == 200 and got.headers["content-type"].startswith("text/event-stream")
    assert got.stream.problems == []
    assert got.stream.messages[0]["content"] == "Hello there." and got.stream.usage["total_tokens"] == 8


def test_tool_call(served):
    mode, gateway = served
    call = {"content": {"role": "model", "parts": [{"functionCall": {"name": "f", "args": {"a": 1}}}]}, "finishReason": "STOP"}
    tools = [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}}}}]
    got = gateway.ask({"body": json.dumps(reply(call))} if mode == "body" else {"events": [reply(call)]}, tools=tools)
    choice = got.json["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    made = choice["message"]["tool_calls"][0]["function"]
    assert made["name"] == "f" and json.loads(made["arguments"]) == {"a": 1}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(("status", "name", "code"), [
    (400, "INVALID_ARGUMENT", None), (429, "RESOURCE_EXHAUSTED", "rate_limit_exceeded"), (500, "INTERNAL", None),
])
def test_google_refuses(served, status, name, code, stream):
    _, gateway = served
    error = {"error": {"code": status, "message": "No.", "status": name}}
    got = gateway.ask({"status": status, "body": json.dumps(error), "content_type": "application/json"}, stream=stream)
    assert got.status == status
    assert got.error["message"] == "No." and got.error["code"] == code


def test_error_in_the_midst_of_a_stream(served):
    _, gateway = served
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    got = gateway.ask(stream_body(sse(events("some", "more")[:1]) + sse([error])), stream=True)
    assert got.status == 200 and not got.broken
    assert got.stream.error["code"] == "overloaded" and not got.stream.done


@pytest.mark.parametrize("body", [b"{", b'{"messages":[]}', b"null", b"[]", b""])
def test_wrong_body(served, body):
    _, gateway = served
    got = gateway.post(body)
    assert got.status == 400
    assert got.error["type"] == "invalid_request_error"


def test_large_body(served):
    """3 MB; in headers mode through an Envoy that buffers 32 KiB at most."""
    mode, gateway = served
    if mode == "body" and gateway.envoy.version == "1.36.2":
        pytest.skip("Envoy 1.36 limits bodies that it holds to the listener's limit, 1 MiB as shipped")
    text = "é" * 1_500_000
    got = gateway.ask(scenario_of(mode, "read"), text=text)
    assert (got.status, got.text) == (200, "read")
    assert got.received["body"]["contents"][0]["parts"][0]["text"].startswith(text)


def test_large_reply(served):
    """2 MB; likewise."""
    mode, gateway = served
    if mode == "body" and gateway.envoy.version == "1.36.2":
        pytest.skip("as above")
    text = "y" * 500_000
    got = gateway.ask(scenario_of(mode, *[text] * 4))
    assert got.status == 200 and not got.broken and got.text == text * 4


@pytest.mark.parametrize("size", [1, 50, 10**6])
def test_chunked_body_with_trailers(served, size):
    mode, gateway = served
    id = fresh()
    gateway.fake.put_scenario(id, scenario_of(mode, "ok"))
    data = chunked(json.dumps(mark(chat(), id)).encode(), size).removesuffix(b"\r\n") + b"x-checksum: 1\r\n\r\n"
    with RawClient(gateway.envoy.port) as client:
        client.send(request(b"", "transfer-encoding: chunked", "trailer: x-checksum", length=False) + data)
        got = client.reply()
    assert got.status == 200 and got.complete and json.loads(got.body)["choices"][0]["message"]["content"] == "ok"
    sent = gateway.fake.requests(id)[0]
    assert sent["verdict"] == "accepted" and "x-checksum" not in json.dumps(sent["headers"]).lower()


@pytest.mark.parametrize("trailers", [None, {"x-checksum": "1"}])
@pytest.mark.parametrize("size", [10, 200_000])
def test_http2_client(served, trailers, size):
    mode, gateway = served
    id = fresh()
    gateway.fake.put_scenario(id, scenario_of(mode, "ok"))
    with Http2Client(gateway.envoy.port) as client:
        got = client.post(CHAT, json.dumps(mark(chat("x" * size), id)).encode(), trailers=trailers)
    assert got.status == 200 and got.ended, got
    assert json.loads(got.body)["choices"][0]["message"]["content"] == "ok"


def test_keep_alive(served):
    """Good and wrong requests in turn on one connection: none spills into the next."""
    mode, gateway = served
    with RawClient(gateway.envoy.port) as client:
        for round in range(4):
            id = fresh()
            gateway.fake.put_scenario(id, scenario_of(mode, id))
            client.send(request(json.dumps(mark(chat("x" * (round * 20_000 + 1)), id)).encode()))
            got = client.reply()
            assert json.loads(got.body)["choices"][0]["message"]["content"] == id
            client.send(request(b"", method="GET"))
            assert client.reply().status == 405


HEADERS_MODES = [mode for mode in MODES if mode != "body"]


@pytest.fixture(scope="module", params=HEADERS_MODES)
def ahead(request, fake):
    """A gateway in headers mode."""
    gateway = start(fake, request.param)
    yield gateway
    gateway.close()


@pytest.fixture(scope="module", params=HEADERS_MODES)
def behind(request, fake):
    """The same with an upstream in HTTP/2 that can end replies with trailers: (gateway, upstream)."""
    with Http2Upstream() as upstream:
        gateway = start(fake, request.param, upstream=upstream.port, http2=True)
        yield gateway, upstream
        gateway.close()


@pytest.mark.parametrize("trailers", [False, True])
@pytest.mark.parametrize("pieces", ["whole", "events"])
def test_upstream_in_http2(behind, trailers, pieces):
    gateway, upstream = behind
    data = events("one ", "two ", "three")
    upstream.script = answering(200, "text/event-stream", *([sse(data)] if pieces == "whole" else [sse([e]) for e in data]), trailers=trailers)
    got = gateway.post(chat())
    assert got.status == 200 and not got.broken and got.text == "one two three"


@pytest.mark.parametrize("trailers", [False, True])
def test_upstream_error_in_http2(behind, trailers):
    gateway, upstream = behind
    body = json.dumps({"error": {"code": 429, "message": "No.", "status": "RESOURCE_EXHAUSTED"}}, indent=2).encode()
    upstream.script = answering(429, "application/json", body[:10], body[10:], trailers=trailers)
    got = gateway.post(chat())
    assert got.status == 429 and not got.broken and got.error["code"] == "rate_limit_exceeded"


def test_no_upstream(fake):
    """What Envoy itself answers has OpenAI's shape as well."""
    gateway = start(fake, "headers", upstream=1)
    got = gateway.post(chat())
    assert got.status == 503 and got.error["code"] == "overloaded"
    gateway.close()


# Where the model is known from before the body.


def test_model_from_a_header(fake):
    config = {**HEADERS, "model": {"name": "$(headers.x-model)"}}
    gateway = start(fake, "headers", config=config)
    got = gateway.ask(scenario_of("headers", "ok"), headers={"x-model": MODEL})
    assert got.text == "ok" and f"/{MODEL}:" in got.received["path"]
    assert gateway.post(chat()).error["message"] == "headers key x-model was not provided"
    assert gateway.post(chat(), headers={"x-model": "gemini-2.5-pro"}).status == 400, "the body names another"
    gateway.close()


def test_model_from_the_path(fake):
    config = {**HEADERS, "uri_template": "/models/{model}/v1/chat/completions", "model": {"name": "$(uri_captures.model)"}}
    gateway = start(fake, "headers", config=config)
    got = gateway.ask(scenario_of("headers", "ok"), path=f"/models/{MODEL}/v1/chat/completions")
    assert got.text == "ok" and f"/{MODEL}:" in got.received["path"]
    gateway.close()


@pytest.mark.parametrize("version", VERSIONS)
def test_model_from_the_body_by_json_to_metadata(fake, version):
    """Envoy's own filter reads the body first, and tells the model before ours sees the head."""

    def read_first(config: dict) -> None:
        rule = {"selectors": [{"key": "model"}], "on_present": {"metadata_namespace": "j2m", "key": "model"}}
        hcm(config)["http_filters"].insert(0, {
            "name": "json-to-metadata",
            "typed_config": {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata",
                "request_rules": {"rules": [rule]},
            },
        })

    config = {**HEADERS, "model": {"name": "$(metadata.j2m.model)"}}
    gateway = start(fake, "headers", config=config, version=version, edit=read_first)
    for model in (MODEL, "gemini-2.5-pro"):
        got = gateway.ask(scenario_of("headers", "ok"), model=model)
        assert got.status == 200 and got.text == "ok" and f"/{model}:" in got.received["path"]
    assert gateway.post({"messages": []}).error["message"] == "metadata key j2m.model was not provided"
    gateway.close()


@pytest.mark.parametrize("mode", HEADERS_MODES)
def test_google_s_own_endpoint_for_openai_s_clients(fake, mode):
    """Its replies are streamed or not as the client asks; only their errors come late."""
    auth = {"header_name": "authorization", "header_value": "Bearer test-key"}
    gateway = start(fake, mode, config={**HEADERS, "auth": auth, "upstream_format": "openai"})
    made = {"id": "r1", "object": "chat.completion", "created": 1_795_000_000, "model": MODEL, "choices": [
        {"index": 0, "message": {"role": "assistant", "content": "ok"}, "finish_reason": "stop"},
    ], "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}
    got = gateway.ask({"body": json.dumps(made)})
    assert got.status == 200, got.body
    assert got.text == "ok" and got.received["path"].endswith("/openai/chat/completions")
    chunk = {**made, "object": "chat.completion.chunk", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "ok"}, "logprobs": None, "finish_reason": "stop"}]}
    got = gateway.ask(stream_body(sse([chunk]) + b"data: [DONE]\n\n"), stream=True)
    assert got.stream.problems == [] and got.stream.messages[0]["content"] == "ok"
    error = [{"error": {"code": 429, "message": "No.", "status": "RESOURCE_EXHAUSTED"}}]
    got = gateway.ask({"status": 429, "body": json.dumps(error), "content_type": "application/json"})
    assert got.status == 429 and got.error["message"] == "No."
    gateway.close()


# A head that waits for its token.


@pytest.mark.parametrize("framing", ["length", "http2 with trailers"])
@pytest.mark.parametrize("mode", HEADERS_MODES)
def test_the_head_waits_for_its_token(mode, framing):
    """Also where Envoy shows the filter the body meanwhile: then every callback has to hold it back."""
    with Fake() as google:
        google.behave("metadata", {"delay": 0.7})
        options = {"project_id": "acme-prod", "location_id": "us-central1", "api_endpoint": "us-central1-aiplatform.googleapis.com"}
        auth = {"gcp_use_service_account": True, "gcp_metadata_cluster": "metadata"}
        config = {**HEADERS, "auth": auth, "model": {"name": MODEL, "options": {"gemini": options}}}

        def metadata(bootstrap: dict) -> None:
            limited(bootstrap)
            address = {"socket_address": {"address": "127.0.0.1", "port_value": google.port}}
            endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
            bootstrap["static_resources"]["clusters"].append(
                {"name": "metadata", "type": "STATIC", "load_assignment": {"cluster_name": "metadata", "endpoints": endpoints}}
            )

        gateway = start(google, mode, config=config, edit=metadata)
        id = fresh()
        google.put_scenario(id, scenario_of(mode, "ok"))
        body = json.dumps(mark(chat("x" * 10_000), id)).encode()
        if framing == "length":
            with RawClient(gateway.envoy.port) as client:
                sent = request(body)
                client.send(sent[:-5000])
                time.sleep(0.2)
                client.send(sent[-5000:])
                got = client.reply()
        else:
            with Http2Client(gateway.envoy.port) as client:
                got = client.post(CHAT, body, trailers={"x-checksum": "1"})
        assert got.status == 200 and json.loads(got.body)["choices"][0]["message"]["content"] == "ok", got
        received = google.requests(id)[0]
        assert received["verdict"] == "accepted" and "x-checksum" not in json.dumps(received["headers"]).lower()
        assert "authorization" in {name.lower() for name, _ in received["headers"]}
        gateway.close()


# What headers mode cannot do: a test for each row of the README's table.


def test_row_model_of_the_body(ahead):
    got = ahead.post(chat(model="gemini-2.5-pro"))
    assert got.status == 400 and got.error["message"] == f"cannot use own model - must be: {MODEL}"


def test_row_status_stays_googles(ahead):
    """An invalid key is OpenAI's 401 and Google's 400; when to retry is only told in Google's body."""
    invalid = {"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}
    got = ahead.ask({"status": 400, "body": json.dumps(invalid), "content_type": "application/json"})
    assert got.status == 400 and got.error["code"] == "invalid_api_key"
    info = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}]
    slow = {"error": {"code": 429, "message": "No.", "status": "RESOURCE_EXHAUSTED", "details": info}}
    got = ahead.ask({"status": 429, "body": json.dumps(slow), "content_type": "application/json"})
    assert got.status == 429 and "retry-after" not in got.headers and "retry-after-ms" not in got.headers


FAULTS = {
    "error event": sse(events("some", "more")[:1]) + sse([{"error": {"code": 503, "message": "No.", "status": "UNAVAILABLE"}}]),
    "error event first": sse([{"error": {"code": 503, "message": "No.", "status": "UNAVAILABLE"}}]),
    "cut short": sse(events("some", "more")[:1]),
    "not JSON": b"data: oops\r\n\r\n",
    "nothing": b"",
    "malformed call": sse([reply(candidate(None, "MALFORMED_FUNCTION_CALL"))]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_row_an_error_after_200_cuts_the_connection(ahead, name):
    got = ahead.ask(stream_body(FAULTS[name]))
    if name == "nothing" and got.status != 200:
        # Envoy saw the end with the head, so that a status could still be set.
        assert got.error["code"] == "stream_ended_prematurely"
        return
    assert got.status == 200 and got.broken and got.body == b""


def test_row_a_connection_that_google_resets(ahead):
    got = ahead.ask({"events": events("some", "more"), "reset_after": 40})
    assert got.status == 200 and got.broken and got.body == b""


@pytest.mark.parametrize("size", [1_000, 40_000])
def test_row_a_large_reply_that_ends_with_trailers(behind, size):
    gateway, upstream = behind
    upstream.script = answering(200, "text/event-stream", sse(events("x" * size, "y")), trailers=True)
    got = gateway.post(chat())
    assert got.status == 200 and got.broken == (size > 16_384)
    if got.broken:
        assert got.body == b""


VERTEX = {**HEADERS, "auth": {"header_name": "authorization", "header_value": "Bearer ya29.vertex"}, "model": {
    "name": MODEL, "options": {"gemini": {"project_id": "p", "location_id": "us-central1", "api_endpoint": "us-central1-aiplatform.googleapis.com"}},
}}


def test_row_service_tier_on_vertex(fake):
    with Http2Upstream(answering(200, "text/event-stream", sse(events("ok")), trailers=False)) as upstream:
        gateway = start(fake, "headers", config=VERTEX, upstream=upstream.port, http2=True)
        got = gateway.post(chat(service_tier="flex"))
        assert got.text == "ok" and got.headers["x-llm-dropped"] == "service_tier"
        head, _ = upstream.requests[0]
        assert not [name for name in head if name.startswith("x-vertex")], head
        gateway.close()


def test_row_cached_content_on_vertex(fake):
    gateway = start(fake, "headers", config=VERTEX)
    got = gateway.post(chat(extra_body={"google": {"cached_content": "projects/p/locations/us-central1/cachedContents/1"}}))
    assert got.status == 400 and got.error["code"] == "unsupported_in_headers_mode"
    gateway.close()


def test_row_no_length(behind):
    """Neither body has a content-length: both are sent before their size is known."""
    gateway, upstream = behind
    upstream.script = answering(200, "text/event-stream", sse(events("ok")), trailers=False)
    got = gateway.post(chat())
    assert "content-length" not in got.headers and "content-length" not in upstream.requests[-1][0]


# The wrong mode is explained.


@pytest.mark.parametrize("version", VERSIONS)
def test_body_mode_on_an_envoy_that_holds_no_headers_back(fake, version):
    gateway = start(fake, "body", flag=False, version=version)
    got = gateway.post(chat())
    assert got.status == 500 and got.error["code"] == "gateway_misconfigured"
    assert "allow_on_headers_stop_iteration" in got.error["message"] and 'request_mode: "headers"' in got.error["message"]
    gateway.close()


def test_both_modes_beside_each_other(fake):
    """A route in headers mode proves nothing about another in body mode."""
    config = {**KEY, "routes": [{"match": {"path_prefix": "/ahead"}, "config": {"request_mode": "headers", "model": {"name": MODEL}}}]}
    gateway = start(fake, "body", flag=False, config=config)
    for _ in range(2):
        assert gateway.ask(scenario_of("headers", "ok"), path=f"/ahead{CHAT}").text == "ok"
        assert gateway.post(chat()).error["code"] == "gateway_misconfigured"
    gateway.close()
