"""An upstream in HTTP/2 that ends its replies with trailers: then no end-of-stream flag ever comes."""

import json

import pytest
from checker_stream import collect
from support.http2 import Http2Client, Http2Upstream, answering, json_script
from support.lab import CHAT, candidate, chat, events, reply, sse

SSE = "text/event-stream"


@pytest.fixture(scope="module")
def upstream():
    with Http2Upstream() as running:
        yield running


@pytest.fixture
def gateway(gateways, upstream):
    return gateways(upstream=upstream.port, http2=True)


@pytest.mark.parametrize("trailers", [False, True])
@pytest.mark.parametrize("pieces", ["whole", "events", "bytes"])
def test_stream(gateway, upstream, trailers, pieces):
    data = events("one ", "two ", "three")
    cut = {"whole": [sse(data)], "events": [sse([e]) for e in data], "bytes": [bytes([b]) for b in sse(data)]}[pieces]
    upstream.script = answering(200, SSE, *cut, trailers=trailers)
    got = gateway.post(chat(stream=True, stream_options={"include_usage": True}))
    assert got.status == 200 and not got.broken
    assert got.stream.problems == []
    assert got.stream.messages[0]["content"] == "one two three"
    assert got.stream.usage["total_tokens"] == 8


@pytest.mark.parametrize("trailers", [False, True])
def test_finish_without_text_then_trailers(gateway, upstream, trailers):
    usage_only = {"usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1}}
    data = [reply(candidate("one", None)), reply({"content": {"role": "model"}, "finishReason": "MAX_TOKENS"}), usage_only]
    upstream.script = answering(200, SSE, *(sse([e]) for e in data), trailers=trailers)
    got = gateway.post(chat(stream=True))
    assert got.stream.problems == []
    assert got.stream.messages[0]["finish_reason"] == "length"


@pytest.mark.parametrize("trailers", [False, True])
def test_two_choices_that_end_one_after_the_other(gateway, upstream, trailers):
    def part(index, finish=None):
        return reply({**candidate(f"{index}", finish), "index": index})

    data = [part(0), part(1), part(0, "STOP"), part(1, "MAX_TOKENS")]
    upstream.script = answering(200, SSE, *(sse([e]) for e in data), trailers=trailers)
    got = gateway.post(chat(stream=True, n=2))
    assert got.stream.problems == []
    assert [got.stream.messages[i]["finish_reason"] for i in (0, 1)] == ["stop", "length"]


@pytest.mark.parametrize("trailers", [False, True])
def test_no_final_newline_then_trailers(gateway, upstream, trailers):
    upstream.script = answering(200, SSE, sse(events("a", "b")).rstrip(), trailers=trailers)
    got = gateway.post(chat(stream=True))
    assert got.stream.problems == []
    assert got.stream.messages[0]["content"] == "ab"


@pytest.mark.parametrize("trailers", [False, True])
def test_premature_end(gateway, upstream, trailers):
    """Earlier text has left already; whatever the framing, the client must not take it for a whole answer."""
    upstream.script = answering(200, SSE, sse(events("a", "b")[:1]), trailers=trailers)
    got = gateway.post(chat(stream=True))
    assert not got.stream.done
    assert got.broken or got.stream.error is not None, got.body


@pytest.mark.parametrize("trailers", [False, True])
@pytest.mark.parametrize("size", [10, 100_000])
def test_unary(gateway, upstream, trailers, size):
    upstream.script = json_script(reply(candidate("x" * min(size, 60_000))), trailers=trailers)
    got = gateway.post(chat("y" * size))
    assert (got.status, got.text) == (200, "x" * min(size, 60_000))


@pytest.mark.parametrize("trailers", [False, True])
@pytest.mark.parametrize("stream", [False, True])
def test_error(gateway, upstream, trailers, stream):
    error = {"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}
    upstream.script = json_script([error], status=429, trailers=trailers)
    got = gateway.post(chat(stream=stream))
    assert got.status == 429
    assert got.error["code"] == "rate_limit_exceeded"


def test_empty_body_with_trailers(gateway, upstream):
    for status, expected in ((200, 502), (503, 503)):
        upstream.script = [("headers", {":status": str(status), "content-type": "application/json"}), ("trailers", {"x": "1"})]
        got = gateway.post(chat())
        assert got.status == expected
        assert got.error["type"] == "server_error"


@pytest.mark.parametrize("trailers", [False, True])
def test_http2_on_both_sides(gateway, upstream, trailers):
    upstream.script = answering(200, SSE, sse(events("a", "b")), trailers=trailers)
    with Http2Client(gateway.envoy.port) as client:
        got = client.post(CHAT, json.dumps(chat(stream=True)).encode(), trailers={"x": "1"} if trailers else None)
    assert got.ended and collect(got.body).problems == []
    assert "grpc-status" not in got.trailers


def test_reset_midway(gateway, upstream):
    upstream.script = [*answering(200, SSE, sse(events("a", "b")[:1]))[:-1], ("reset",)]
    got = gateway.post(chat(stream=True))
    assert got.broken or got.status >= 500
    assert b"[DONE]" not in got.body and b'"finish_reason":"' not in got.body
