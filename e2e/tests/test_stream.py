"""Streams: the chunk contract, delivery in step with the upstream, and every way of cutting and framing."""

import json
import random
import threading
import time

import pytest
from checker import compare_stream, expect_stream
from checker_stream import collect
from support.lab import candidate, chat, events, fresh, lock_step, mark, reply, sse, stream_body
from support.raw import RawClient, request


def check(gateway, upstream: bytes, **scenario):
    """Streams `upstream` through the gateway and holds the result against the checker's."""
    got = gateway.ask(stream_body(upstream, **scenario), stream=True, stream_options={"include_usage": True})
    assert got.status == 200, got.body
    assert not got.broken
    assert got.stream.problems == []
    assert compare_stream(expect_stream(upstream), got.stream) == []
    return got


def test_headers(gateway):
    got = gateway.ask(stream=True)
    assert got.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert got.headers["cache-control"] == "no-cache"
    assert "content-length" not in got.headers


@pytest.mark.parametrize("options", [None, {}, {"include_usage": False}, {"include_usage": True}, {"include_usage": None}])
def test_usage_only_when_asked(gateway, options):
    got = gateway.ask(stream=True, stream_options=options)
    assert got.stream.problems == []
    assert (got.stream.usage is not None) == bool(options and options.get("include_usage"))


def test_lock_step(gateway):
    lock_step(gateway)


def test_role_chunk_comes_with_the_first_event(gateway):
    """The first event may hold no text at all (thinking): the client still learns that the answer began."""
    first = reply({"content": {"role": "model", "parts": [{"text": "hm", "thought": True}]}, "index": 0})
    with gateway.open({"events": [first, *events("x")], "gate": True}) as (id, _, pieces):
        seen = b""
        while b"reasoning_content" not in seen:
            seen += next(pieces)
        assert b'"role":"assistant"' in seen
        gateway.fake.open_gate(id)
        assert collect(seen + b"".join(pieces)).problems == []


def test_held_text_is_released_by_the_next_event(gateway):
    """Older models say STOP on every chunk: each is held until the next one comes, never longer."""
    texts = ["a1 ", "b2 ", "c3 ", "d4 "]
    repeated = [reply(candidate(t, "STOP")) for t in texts]
    with gateway.open({"events": repeated, "gate": True}) as (id, _, pieces):
        seen = b""
        for k in range(len(texts) - 1):
            gateway.fake.open_gate(id)
            while texts[k].encode() not in seen:
                seen += next(pieces)
        seen += b"".join(pieces)
    got = collect(seen)
    assert got.problems == []
    assert got.messages[0]["content"] == "".join(texts)


NAMED = {"responseId": "r1", "modelVersion": "gemini-2.5-flash"}
SMALL = sse([reply(candidate("Zażółć ", None)), reply(candidate("🧑‍🚀 \u2028ok", "STOP"), responseId="r1")])
USEFUL = {
    "one text": sse(events("Hello")),
    "several": sse(events("The", " quick", " brown", " fox")),
    "unicode": SMALL,
    "thoughts": sse([
        reply({"content": {"role": "model", "parts": [{"text": "first ", "thought": True}]}}),
        reply({"content": {"role": "model", "parts": [{"text": "then ", "thought": True}, {"text": "Answer"}]}}),
        reply({"content": {"role": "model", "parts": [{"text": "hm", "thought": True}]}}),
        reply(candidate(".", "STOP")),
    ]),
    "stop on every chunk": sse([reply(candidate(t, "STOP")) for t in "abc"]),
    "finish on a content-less chunk": sse([reply(candidate("a", None)), reply({"content": {"role": "model"}, "finishReason": "STOP"})]),
    "trailing usage-only chunk": sse([*events("a", "b"), {"usageMetadata": {"promptTokenCount": 5, "candidatesTokenCount": 9, "totalTokenCount": 14}}]),
    "usage disappears": sse([reply(candidate("a", None), usage={"promptTokenCount": 9, "cachedContentTokenCount": 4, "totalTokenCount": 9}),
                             reply(candidate("b", "STOP"), usage={"promptTokenCount": 9, "candidatesTokenCount": 2, "totalTokenCount": 11})]),
    "empty candidates": sse([{"candidates": [], **NAMED}, *events("a")]),
    "no candidates": sse([{"usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1}, **NAMED}, *events("a")]),
    "interleaved candidates": sse([
        reply({**candidate("a1", None), "index": 0}), reply({**candidate("b1", None), "index": 1}),
        reply({**candidate("a2", "STOP"), "index": 0}), reply({**candidate("b2", None), "index": 1}),
        reply({**candidate("b3", "MAX_TOKENS"), "index": 1}),
    ]),
    "both candidates in one event": sse([
        reply({**candidate("a1", None), "index": 0}, {**candidate("b1", None), "index": 1}),
        reply({**candidate("a2", "STOP"), "index": 0}, {**candidate("b2", "SAFETY"), "index": 1}),
    ]),
    "block": sse([{"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3, "totalTokenCount": 3}}]),
    "cut off by safety": sse([reply(candidate("So ", None)), reply({"finishReason": "SAFETY"})]),
    "kong's NULL": sse([reply(candidate("Gemini", "NULL")), reply(candidate(".", "STOP"))]),
}  # fmt: skip


@pytest.mark.parametrize("name", USEFUL)
def test_shape(gateway, name):
    check(gateway, USEFUL[name])


@pytest.mark.parametrize("name", USEFUL)
def test_shape_in_single_bytes(gateway, name):
    check(gateway, USEFUL[name], chunks="bytes")


def test_every_cut(gateway):
    """The reply never depends on where the network cut it: one split at each offset of a small stream."""
    for at in range(1, len(SMALL)):
        check(gateway, SMALL, chunks=[at])


def test_random_cuts(gateway):
    rng = random.Random(2)
    data = USEFUL["thoughts"]
    for _ in range(40):
        check(gateway, data, chunks=sorted(rng.sample(range(1, len(data)), rng.randrange(1, 12))))


def merged(values: list) -> dict:
    """The same text in a single reply."""
    parts = [p for v in values for p in v["candidates"][0]["content"]["parts"]]
    return {**values[-1], "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}]}


FRAMINGS = {
    "LF": lambda v: sse(v, "\n"),
    "CR": lambda v: sse(v, "\r"),
    "CRLF": lambda v: sse(v, "\r\n"),
    "mixed newlines": lambda v: b"".join(sse([x], n) for x, n in zip(v, ["\r", "\n", "\r\n", "\r"], strict=True)),
    "no space": lambda v: sse(v).replace(b"data: ", b"data:"),
    "BOM": lambda v: b"\xef\xbb\xbf" + sse(v),
    "comments and fields": lambda v: b": ping\r\n\r\nretry: 10\r\n" + sse(v).replace(b"data: ", b": x\r\nid: 1\r\nevent: m\r\ndata: "),
    "done at the end": lambda v: sse(v) + b"data: [DONE]\r\n\r\n",
    "no blank line at the end": lambda v: sse(v).removesuffix(b"\r\n"),
    "no newline at the end": lambda v: sse(v).removesuffix(b"\r\n\r\n"),
    "multi-line data": lambda v: b"".join(
        b"data: " + json.dumps(x, indent=1).encode().replace(b"\n", b"\r\ndata: ") + b"\r\n\r\n" for x in v
    ),
    "several values in one event": lambda v: b"data: " + b"".join(json.dumps(x).encode() for x in v) + b"\r\n\r\n",
    "pairs in one event": lambda v: b"".join(
        b"data: " + json.dumps(v[i]).encode() + json.dumps(v[i + 1]).encode() + b"\r\n\r\n" for i in (0, 2)
    ),
    "array": lambda v: b"[" + b"\n,\r\n".join(json.dumps(x).encode() for x in v) + b"\n]\n",
    "array, pretty": lambda v: json.dumps(v, indent=2).encode(),
    "array as Google writes it": lambda v: b"[" + b"\n,\r\n".join(json.dumps(x, indent=2).encode() for x in v) + b"\n]\n",
    "array of one, no last newline": lambda v: b"[" + json.dumps(merged(v), indent=2).encode() + b"\n]",
    "pretty object": lambda v: json.dumps(merged(v), indent=2).encode(),
    "pretty objects, concatenated": lambda v: b"\r\n".join(json.dumps(x, indent=2).encode() for x in v),
    "concatenated JSON": lambda v: b"\n".join(json.dumps(x).encode() for x in v),
}


@pytest.mark.parametrize("chunks", ["whole", "bytes"])
@pytest.mark.parametrize("framing", FRAMINGS)
def test_framing(gateway, framing, chunks):
    check(gateway, FRAMINGS[framing](events("One", " two", " {three} [x], ", 'fo"ur\\')), chunks=chunks)


@pytest.mark.parametrize("pretty", [False, True])
def test_array_with_its_own_content_type(gateway, pretty):
    data = json.dumps(events("a", "b"), indent=2 if pretty else None).encode()
    check(gateway, data, chunks="bytes") if pretty else None
    got = gateway.ask({"body": data.decode()}, stream=True)
    assert got.headers["content-type"].startswith("text/event-stream")
    assert compare_stream(expect_stream(data), got.stream) == []


def test_single_object_for_a_stream(gateway):
    got = gateway.ask({"body": json.dumps(reply())}, stream=True)
    assert got.headers["content-type"].startswith("text/event-stream")
    assert got.stream.problems == []
    assert got.stream.messages[0]["content"] == "Hello there."


def test_eight_megabyte_event(gateway):
    """One event of 8 MB, in 64 KiB pieces, and never scanned twice: well under a second a megabyte."""
    text = "".join(random.Random(1).choices("abcdefghij ü🧑", k=7_000_000))
    upstream = sse([reply(candidate("small", None)), reply(candidate(text, "STOP"))])
    assert len(upstream) > 8_000_000
    started = time.monotonic()
    got = check(gateway, upstream, chunks=list(range(65536, len(upstream), 65536)))
    assert got.stream.messages[0]["content"] == "small" + text
    assert time.monotonic() - started < 15


def test_many_events(gateway):
    check(gateway, sse(events(*(f"token{i} " for i in range(5000)))))


def test_a_client_that_leaves_cancels_the_upstream(gateway):
    id = fresh()
    gateway.fake.put_scenario(id, {"events": events("a", "b", "c"), "gate": True})
    with gateway.client.stream("POST", "/v1/chat/completions", json=mark(chat(stream=True), id)) as response:
        next(response.iter_raw())
    found = gateway.fake.wait_requests(lambda seen: seen and seen[0]["aborted"], scenario=id)
    assert not found[0]["finished"]


def test_a_client_that_leaves_before_the_reply_cancels_the_upstream(gateway):
    id = fresh()
    gateway.fake.put_scenario(id, {"body": json.dumps(reply()), "first_byte_delay": 30})
    with RawClient(gateway.envoy.port) as client:
        client.send(request(json.dumps(mark(chat(), id)).encode()))
        gateway.fake.wait_requests(lambda seen: len(seen) == 1, scenario=id)
    gateway.fake.wait_requests(lambda seen: seen[0]["aborted"], scenario=id)


def test_a_slow_reader_gets_everything(gateway):
    """The upstream runs far ahead of a client that reads little by little; back-pressure, no loss, no limit."""
    texts = [f"{i} " + "x" * 5000 for i in range(800)]
    id = fresh()
    gateway.fake.put_scenario(id, {"events": events(*texts)})
    with RawClient(gateway.envoy.port, receive_buffer=8192) as client:
        client.send(request(json.dumps(mark(chat(stream=True), id)).encode()))
        head, body = client.head(), b""
        while piece := client.chunk():
            body += piece
            if len(body) < 1_000_000:
                time.sleep(0.002)
    got = collect(body)
    assert head.status == 200 and got.problems == []
    assert got.messages[0]["content"] == "".join(texts)


def test_concurrent_streams_do_not_mix(gateways):
    """Forty streams at once on two workers, each with its own words, all in small pieces."""
    gateway, results = gateways(concurrency=2), {}

    def run(n):
        texts = [f"s{n}w{i} " for i in range(15)]
        results[n] = (gateway.ask({"events": events(*texts), "chunks": list(range(37, 1500, 37))}, stream=True), texts)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 40
    for got, texts in results.values():
        assert got.stream.problems == []
        assert got.stream.messages[0]["content"] == "".join(texts)
