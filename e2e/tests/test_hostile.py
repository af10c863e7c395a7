"""Bytes that nobody should send: every answer stays in OpenAI's shape, and the filter's VM never falls over."""

import json
import random

import pytest
from checker_errors import shape_problems
from support.lab import CHAT, chat, events, fresh, mark, raw_body, reply, sse, stream_body
from support.raw import RawClient, request

ROUNDS = 250


def mutated(rng: random.Random, data: bytes) -> bytes:
    """A few bytes flipped, removed, doubled or replaced by something JSON cares about."""
    out = bytearray(data)
    for _ in range(rng.randrange(1, 5)):
        at = rng.randrange(len(out))
        kind = rng.randrange(5)
        if kind == 0:
            out[at] = rng.randrange(256)
        elif kind == 1:
            del out[at : at + rng.randrange(1, 20)]
        elif kind == 2:
            out[at:at] = out[at : at + rng.randrange(1, 40)]
        elif kind == 3:
            out[at:at] = rng.choice([b"null", b'"', b"{", b"[", b"]", b"}", b"\\", b",", b"-1", b"1e999", b"\x00", b"\xff", b"\r", b"\n\n"])
        else:
            del out[at:]
        out = out or bytearray(b"x")
    return bytes(out)


def acceptable(got) -> bool:
    """A success in one of the two forms, or an error in OpenAI's shape that is not the filter's own failure."""
    if got.status == 200:
        return got.json["object"] == "chat.completion" if "json" in got.headers["content-type"] else got.stream.problems == []
    return got.status in (400, 404, 413, 429, 502, 503) and shape_problems(got.json) == []


def test_mutated_requests(gateway):
    rng = random.Random(3)
    whole = json.dumps(chat(messages=[{"role": "system", "content": "a"}, {"role": "user", "content": [{"type": "text", "text": "ü🧑"}]}],
                            temperature=0.5, stop=["x"], n=1, seed=5, stream_options=None, max_tokens=7)).encode()  # fmt: skip
    for round in range(ROUNDS):
        body = mutated(rng, whole)
        got = gateway.post(body)
        assert acceptable(got), (round, body, got.status, got.body[:300])


@pytest.mark.parametrize("stream", [False, True])
def test_mutated_replies(gateway, stream):
    rng = random.Random(4)
    value = reply({"content": {"role": "model", "parts": [{"text": "hm", "thought": True}, {"text": "ü🧑 answer"}]}, "finishReason": "STOP"})
    whole = sse([*events("one"), value]) if stream else json.dumps(value).encode()
    for round in range(ROUNDS):
        body = mutated(rng, whole)
        got = gateway.ask(stream_body(body) if stream else raw_body(body, content_type="application/json"), stream=stream)
        assert acceptable(got), (round, body, got.status, got.body[:300])


ODD = {
    "deep arrays": b"[" * 200_000,
    "deep objects": b'{"candidates":' * 100_000,
    "deep inside a part": b'{"candidates":[{"content":{"parts":[{"x":' + b"[" * 50_000,
    "closed deep": b'{"candidates":[],"x":' + b"[" * 5000 + b"]" * 5000 + b"}",
    "counters as text": json.dumps(reply(usage={"promptTokenCount": "5", "totalTokenCount": "5"})).encode(),
    "huge counters": json.dumps(reply(usage={"promptTokenCount": 2**63, "totalTokenCount": 10**30})).encode(),
    "largest counters": json.dumps(reply(usage=dict.fromkeys(("promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount",
                                                              "toolUsePromptTokenCount", "totalTokenCount"), 2**63 - 1))).encode(),
    "negative counters": json.dumps(reply(usage={"promptTokenCount": -5, "candidatesTokenCount": -1, "totalTokenCount": -9})).encode(),
    "fractional counters": json.dumps(reply(usage={"promptTokenCount": 1.5, "totalTokenCount": 2.0})).encode(),
    "candidates is an object": b'{"candidates": {"content": 5}}',
    "parts is text": b'{"candidates": [{"content": {"parts": "x"}, "finishReason": "STOP"}]}',
    "text is a number": b'{"candidates": [{"content": {"parts": [{"text": 5}]}, "finishReason": "STOP"}]}',
    "index is huge": json.dumps(reply({"index": 2**40, "content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"})).encode(),
    "index is negative": json.dumps(reply({"index": -1, "content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"})).encode(),
    "same index twice": json.dumps(reply(*[{"index": 0, "content": {"parts": [{"text": t}]}, "finishReason": "STOP"} for t in "ab"])).encode(),
    "bad create time": json.dumps(reply(createTime="yesterday")).encode(),
    "create time before 1970": json.dumps(reply(createTime="0001-01-01T00:00:00Z")).encode(),
    "odd model version": json.dumps(reply(modelVersion="\r\nx: y\u2028\"")).encode(),
    "odd response id": json.dumps(reply(responseId="\r\n\r\ndata: x")).encode(),
    "lone surrogate": b'{"candidates": [{"content": {"parts": [{"text": "a\\ud800b"}]}, "finishReason": "STOP"}]}',
    "bad UTF-8": b'{"candidates": [{"content": {"parts": [{"text": "a\xffb"}]}, "finishReason": "STOP"}]}',
    "duplicate keys": b'{"candidates": [], "candidates": [{"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}]}',
    "many candidates": json.dumps(reply(*[{"index": i, "content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"} for i in range(300)])).encode(),
}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ODD)
def test_odd_reply(gateway, name, stream):
    body = ODD[name]
    scenario = stream_body(b"data: " + body + b"\r\n\r\n") if stream else raw_body(body, content_type="application/json")
    got = gateway.ask(scenario, stream=stream)
    assert acceptable(got), (got.status, got.body[:400])


@pytest.mark.parametrize("name", ["same index twice", "bad create time", "create time before 1970", "counters as text", "lone surrogate"])
def test_a_slightly_odd_reply_is_still_an_answer(gateway, name):
    got = gateway.ask(raw_body(ODD[name], content_type="application/json"))
    assert got.status == 200 and got.text, got.body
    assert got.json["created"] > 1_000_000_000


@pytest.mark.parametrize("status", [301, 302, 307, 304])
@pytest.mark.parametrize("stream", [False, True])
def test_redirects_are_not_passed_on(gateway, status, stream):
    """A client would send its request, credential included, wherever Google points."""
    got = gateway.ask({"status": status, "headers": {"location": "https://elsewhere.invalid/"}, "body": "" if status == 304 else "moved"}, stream=stream)
    assert got.status >= 500, got.status
    assert "location" not in got.headers
    assert shape_problems(got.json) == []


@pytest.mark.parametrize("status", [204, 205])
def test_success_without_content(gateway, status):
    got = gateway.ask({"status": status, "body": ""})
    assert got.status >= 500 and shape_problems(got.json) == []


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/octet-stream", "APPLICATION/JSON", "application/json;charset=utf-8"])
def test_content_type_of_the_request_does_not_matter(gateway, content_type):
    got = gateway.ask(headers={"content-type": content_type})
    assert got.status == 200, got.body


def test_long_paths_and_headers(gateway):
    assert gateway.post(chat(), path="/" + "a" * 20_000 + "/chat/completions").status in (200, 431)
    id = fresh()
    gateway.fake.put_scenario(id, {"body": json.dumps(reply())})
    got = gateway.post(mark(chat(), id), headers={f"x-h{i}": "v" * 400 for i in range(80)})
    assert got.status == 200


PATHS = [
    f"{CHAT}/", f"{CHAT}?", f"{CHAT}?a=b?c=d", f"/x/..{CHAT}", "/v1//chat//completions", "/v1/chat%2Fcompletions",
    "/v1/CHAT/completions", f"//{CHAT}",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_odd_paths_never_reach_google_as_they_are(gateway, path):
    """Either it is a chat, or a 404: the client's path itself never goes on."""
    gateway.fake.clear()
    body = json.dumps(chat()).encode()
    with RawClient(gateway.envoy.port) as client:
        client.send(request(body, path=path))
        got = client.reply()
    # What ends in `/completions` alone lacks a prompt.
    assert got.status in (200, 400, 404), got
    for seen in gateway.fake.requests():
        assert seen["path"] == "/v1beta/models/gemini-2.5-flash:generateContent"
    if got.status != 200:
        assert shape_problems(json.loads(got.body)) == []


def test_binary_headers(gateway):
    body = json.dumps(chat()).encode()
    with RawClient(gateway.envoy.port) as client:
        head = request(body, "x-bin: BINARY", "authorization: Bearer BINARY", "user-agent: BINARY", "accept: BINARY").replace(b"BINARY", b"\xff\xfe\x80")
        client.send(head)
        assert client.reply().status == 200
    assert gateway.ask().status == 200


@pytest.mark.parametrize("element", [b"{}", b"0", b'""', b'{"role":"user","content":"a"}'])
@pytest.mark.parametrize("member", ["messages", "tools", "stop", "modalities"])
def test_countless_values_do_not_exhaust_a_worker(gateway, member, element):
    """A few bytes each, hundreds once parsed: within the size limit they would take all of a VM's memory."""
    body = b'{"model":"gemini-2.5-flash","%s":[%s]}' % (member.encode(), b",".join([element] * (30_000_000 // (len(element) + 1))))
    got = gateway.post(body)
    assert got.status == 400 and not shape_problems(got.json)
    assert gateway.ask().status == 200
