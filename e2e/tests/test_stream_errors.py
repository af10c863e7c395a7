"""Streams that go wrong: an error is one event with nothing after it, and a broken one never looks complete."""

import json

import pytest
from checker import compare_stream, expect_stream
from support.lab import candidate, events, raw_body, reply, sse, stream_body
from support.openapi import schema_problems

OVERLOADED = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
INTERNAL = {"error": {"code": 500, "message": "Internal error encountered.", "status": "INTERNAL"}}
TEXT = sse(events("some", "more")[:1])


def failing(gateway, upstream: bytes, **scenario):
    got = gateway.ask(stream_body(upstream, **scenario), stream=True)
    assert not got.broken
    assert got.stream.problems == []
    assert compare_stream(expect_stream(upstream), got.stream) == []
    assert got.stream.error is not None and not got.stream.done
    assert schema_problems("ErrorResponse", {"error": got.stream.error}) == []
    return got


BROKEN = {
    "error event after text": TEXT + sse([OVERLOADED]),
    "internal error after text": TEXT + sse([INTERNAL]),
    "error in an array": TEXT + sse([[OVERLOADED]]),
    "naked pretty error": TEXT + json.dumps(OVERLOADED, indent=2).encode() + b"\n",
    "naked error, no newline": TEXT + json.dumps(INTERNAL).encode(),
    "naked pretty error with CRLF": TEXT + json.dumps(OVERLOADED, indent=2).replace("\n", "\r\n").encode(),
    "error then more text": TEXT + sse([OVERLOADED]) + sse(events("never seen")),
    "error after the finish": sse(events("all")) + sse([INTERNAL]),
    "broken JSON": TEXT + b'data: {"candidates": [}\r\n\r\n' + TEXT,
    "not JSON": TEXT + b"data: oops\r\n\r\n",
    "no finish reason": TEXT,
    "cut inside an event": TEXT + TEXT[:40],
    "malformed call with nothing": sse([reply(candidate(None, "MALFORMED_FUNCTION_CALL", finishMessage="bad call"))]),
}


@pytest.mark.parametrize("chunks", ["whole", "bytes"])
@pytest.mark.parametrize("name", BROKEN)
def test_broken_stream(gateway, name, chunks):
    got = failing(gateway, BROKEN[name], chunks=chunks)
    if "error" not in name and "malformed" not in name:
        return
    assert "never seen" not in got.body.decode()


def test_text_before_the_error_is_delivered(gateway):
    got = failing(gateway, TEXT + sse([OVERLOADED]))
    assert got.stream.messages[0]["content"] == "some"
    assert got.stream.error["code"] == "overloaded"


def test_premature_end_says_so(gateway):
    got = failing(gateway, TEXT)
    assert got.stream.messages[0]["content"] == "some"
    assert got.stream.error["type"] == "server_error"
    assert "premature" in got.stream.error["message"]


FIRST = {
    "SSE": (sse([OVERLOADED]), "text/event-stream"),
    "object": (json.dumps(OVERLOADED).encode(), "application/json"),
    "array": (json.dumps([OVERLOADED], indent=2).encode(), "application/json"),
    "nothing": (b"", "text/event-stream"),
    "only comments": (b": ping\r\n\r\n: ping\r\n\r\n", "text/event-stream"),
    "HTML": (b"<html><body>hello</body></html>", "text/html"),
}


@pytest.mark.parametrize("name", FIRST)
def test_error_first_with_200(gateway, name):
    """Nothing usable came: an HTTP error or an error event, but never a finished answer."""
    upstream, content_type = FIRST[name]
    got = gateway.ask(raw_body(upstream, content_type=content_type), stream=True)
    if got.status == 200:
        assert got.headers["content-type"].startswith("text/event-stream")
        assert got.stream.problems == []
        assert got.stream.error is not None and not got.stream.done
        assert got.stream.error["type"] == "server_error"
    else:
        assert got.status in (502, 503)
        assert got.error["type"] == "server_error"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 503])
def test_http_error_on_a_stream_is_plain_json(gateway, status):
    error = {"error": {"code": status, "message": "no", "status": "X"}}
    for body in (error, [error]):
        got = gateway.ask({"status": status, "body": json.dumps(body, indent=2)}, stream=True)
        assert got.status == status
        assert got.error["message"]


@pytest.mark.parametrize("after", [0, 100, "mid", "finish"])
def test_reset_breaks_the_connection(gateway, after):
    """A reset cannot be told apart from an end by its bytes: so neither a finish chunk nor [DONE] may come."""
    data = sse(events("one ", "two ", "three"))
    offset = {"mid": len(data) // 2, "finish": len(data)}.get(after, after)
    got = gateway.ask(stream_body(data, reset_after=offset, pauses=[[max(offset - 1, 0), 0.2]]), stream=True)
    assert b"[DONE]" not in got.body
    assert b'"finish_reason":"' not in got.body
    assert got.broken or got.status >= 500 or got.stream.error is not None, got.body
    if after == "mid":
        assert got.stream.messages[0]["content"] == "one "


def test_reset_does_not_touch_other_streams(gateway):
    with gateway.open({"events": events("a", "b"), "gate": True}) as (id, _, pieces):
        seen = next(pieces)
        gateway.ask(stream_body(sse(events("x", "y")), reset_after=60), stream=True)
        gateway.fake.open_gate(id)
        seen += b"".join(pieces)
    assert seen.endswith(b"data: [DONE]\n\n")


def test_compressed_reply(gateway):
    """Nothing asks for compression, so a compressed reply is Google's fault: an error, never garbage."""
    got = gateway.ask({"events": events("a"), "gzip": True}, stream=True)
    accept = [v for k, v in got.received["headers"] if k.lower() == "accept-encoding"]
    assert accept in ([], ["identity"])
    if got.status == 200:
        assert got.stream.error is not None and not got.stream.done
    else:
        assert got.status == 502
        assert got.error["type"] == "server_error"
