"""Bodies as clients really send them: bare sockets, in pieces, late, with Expect, pipelined, and in HTTP/2 with trailers."""

import json
import threading
import time

import pytest
from support.http2 import Http2Client
from support.lab import CHAT, candidate, chat, events, fresh, mark, reply
from support.raw import RawClient, chunked, request

TRANSFER = "transfer-encoding: chunked"


def body_for(gateway, scenario=None, **fields) -> tuple[str, bytes]:
    """(scenario id, request bytes) for a reply that the test can tell apart."""
    id = fresh()
    gateway.fake.put_scenario(id, scenario or {"body": json.dumps(reply(candidate(f"answer {id}")))})
    return id, json.dumps(mark(chat(**fields), id)).encode()


def answered(got, id: str) -> None:
    assert got.status == 200, got
    assert got.complete
    assert json.loads(got.body)["choices"][0]["message"]["content"] == f"answer {id}"


@pytest.mark.parametrize("text", ["short", "x" * 70_000, "y" * 3_000_000])
def test_content_length_body(gateway, text):
    id, body = body_for(gateway, text=text)
    with RawClient(gateway.envoy.port) as client:
        client.send(request(body))
        answered(client.reply(), id)


@pytest.mark.parametrize("size", [1, 7, 1000, 10**9])
def test_chunked_body(gateway, size):
    id, body = body_for(gateway)
    with RawClient(gateway.envoy.port) as client:
        client.send(request(b"", TRANSFER, length=False) + chunked(body, size))
        answered(client.reply(), id)


def test_chunked_body_with_trailers(gateways):
    gateway = gateways(trailers=True)
    id, body = body_for(gateway)
    with RawClient(gateway.envoy.port) as client:
        data = chunked(body, 50).removesuffix(b"\r\n") + b"x-checksum: 1\r\n\r\n"
        client.send(request(b"", TRANSFER, "trailer: x-checksum", length=False) + data)
        answered(client.reply(), id)
    sent = gateway.fake.requests(id)[0]
    assert sent["verdict"] == "accepted" and "x-checksum" not in json.dumps(sent["headers"]).lower()


@pytest.mark.parametrize("pieces", [2, 10, 60])
def test_slow_body(gateway, pieces):
    id, body = body_for(gateway)
    step = len(body) // pieces + 1
    with RawClient(gateway.envoy.port) as client:
        client.send(request(body)[: -len(body)])
        for at in range(0, len(body), step):
            time.sleep(1.2 / pieces)
            client.send(body[at : at + step])
        answered(client.reply(), id)


@pytest.mark.parametrize("transfer", ["length", "chunked"])
def test_expect_100_continue(gateway, transfer):
    id, body = body_for(gateway)
    with RawClient(gateway.envoy.port) as client:
        if transfer == "length":
            client.send(request(body, "expect: 100-continue")[: -len(body)])
        else:
            client.send(request(b"", TRANSFER, "expect: 100-continue", length=False))
        assert client.head().status == 100
        client.send(body if transfer == "length" else chunked(body, 20))
        answered(client.reply(), id)


def test_keep_alive(gateway):
    """Good and bad requests in turn on one connection: each gets its own answer, none spills into the next."""
    with RawClient(gateway.envoy.port) as client:
        for round in range(6):
            id, body = body_for(gateway, text="x" * (round * 20_000 + 1))
            client.send(request(body))
            answered(client.reply(), id)
            client.send(request(b"", path="/nope", method="GET"))
            assert client.reply().status == 404
            client.send(request(b"", method="GET"))
            assert client.reply().status == 405


def test_pipelined(gateway):
    made = [body_for(gateway) for _ in range(5)]
    with RawClient(gateway.envoy.port) as client:
        client.send(b"".join(request(body) for _, body in made))
        for id, _ in made:
            answered(client.reply(), id)


def test_stream_then_another_request(gateway):
    id, body = body_for(gateway, {"events": events("a", "b")}, stream=True)
    after, second = body_for(gateway)
    with RawClient(gateway.envoy.port) as client:
        client.send(request(body) + request(second))
        first = client.reply()
        assert first.complete and first.body.endswith(b"data: [DONE]\n\n")
        answered(client.reply(), after)


@pytest.mark.parametrize("framing", ["length", "none"])
def test_no_body(gateway, framing):
    with RawClient(gateway.envoy.port) as client:
        client.send(request(b"", length=framing == "length"))
        got = client.reply()
    assert got.status == 400
    assert json.loads(got.body)["error"]["type"] == "invalid_request_error"


def test_client_leaves_during_its_upload(gateway):
    """Nothing reaches Google, and the worker goes on."""
    with gateway.untouched():
        for _ in range(20):
            with RawClient(gateway.envoy.port) as client:
                client.send(request(json.dumps(chat()).encode())[:-10])
        time.sleep(0.3)
    assert gateway.ask().status == 200


def test_stale_content_length_is_not_forwarded(gateway):
    """The body changes its length on both ways; no byte may be left over on a connection."""
    with RawClient(gateway.envoy.port) as client:
        for size in (0, 1, 5000, 3):
            id, body = body_for(gateway, text="\\u0041" * size + "a")
            client.send(request(body))
            got = client.reply()
            answered(got, id)
            assert client.buffer == b""
            sent = gateway.fake.requests(id)[0]
            length = next(v for k, v in sent["headers"] if k.lower() == "content-length")
            assert int(length) == len(sent["body_text"].encode())


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("trailers", [False, True])
@pytest.mark.parametrize("size", [10, 200_000])
def test_http2(gateway, stream, trailers, size):
    scenario = {"events": events("answer ", "here")} if stream else None
    id, body = body_for(gateway, scenario, text="x" * size, stream=stream)
    with Http2Client(gateway.envoy.port) as client:
        got = client.post(CHAT, body, trailers={"x-checksum": "1"} if trailers else None)
    assert got.status == 200 and got.ended
    if stream:
        assert got.body.endswith(b"data: [DONE]\n\n")
    else:
        answered_json = json.loads(got.body)
        assert answered_json["choices"][0]["message"]["content"] == f"answer {id}"
    sent = gateway.fake.requests(id)[0]
    assert sent["verdict"] == "accepted" and "x-checksum" not in json.dumps(sent["headers"]).lower()


def test_http2_error_with_trailers(gateway):
    with Http2Client(gateway.envoy.port) as client:
        got = client.post(CHAT, b'{"model":', trailers={"x": "1"})
    assert got.status == 400
    assert json.loads(got.body)["error"]["type"] == "invalid_request_error"


def test_http2_reset_cancels_the_upstream(gateway):
    id, body = body_for(gateway, {"events": events("a", "b", "c"), "gate": True}, stream=True)
    with Http2Client(gateway.envoy.port) as client:
        client.start(CHAT, body)
        client.wait_data()
        client.reset()
        gateway.fake.wait_requests(lambda seen: seen and seen[0]["aborted"], scenario=id)


# ---------------------------------------------------------------- the body mode


def test_wrong_mode_is_explained(fresh_envoy):
    """Without the flag Envoy never shows the filter a body: a clear 500 within about two seconds, not a hang."""
    gateway = fresh_envoy(flag=False)
    for _ in range(2):
        started = time.monotonic()
        got = gateway.post(chat())
        assert got.status == 500 and time.monotonic() - started < 3, (got.status, time.monotonic() - started)
        assert got.error["type"] == "server_error"
    assert "allow_on_headers_stop_iteration" in gateway.envoy.log()
    assert gateway.post(b"", path="/nope", method="GET").status == 404


def test_wrong_mode_with_many_clients(fresh_envoy):
    gateway = fresh_envoy(flag=False, concurrency=2)
    results = []
    started = time.monotonic()
    threads = [threading.Thread(target=lambda: results.append(gateway.post(chat(stream=True)).status)) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [500] * 30 and time.monotonic() - started < 4


def test_body_wait_is_configurable(fresh_envoy):
    gateway = fresh_envoy({"body_wait": 0.3}, flag=False)
    started = time.monotonic()
    assert gateway.post(chat()).status == 500
    assert time.monotonic() - started < 1.3


@pytest.mark.parametrize("workers", [1, 2])
def test_late_body_once_proven(fresh_envoy, workers):
    """After one request was served, a client may take 5 s to send its body, on any worker."""
    gateway = fresh_envoy(concurrency=workers)
    assert gateway.ask().status == 200
    results = []

    def late():
        id, body = body_for(gateway)
        with RawClient(gateway.envoy.port) as client:
            client.send(request(body)[: -len(body)])
            time.sleep(5)
            client.send(body)
            results.append((client.reply(), id))

    threads = [threading.Thread(target=late) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 6
    for got, id in results:
        answered(got, id)


def test_late_body_before_anything_is_proven(fresh_envoy):
    """The very first client is late: the answer is quick either way, and everything works afterwards."""
    gateway = fresh_envoy()
    id, body = body_for(gateway)
    with RawClient(gateway.envoy.port) as client:
        client.send(request(body)[: -len(body)])
        started = time.monotonic()
        got = client.reply()
    assert got.status == 500 and 1 < time.monotonic() - started < 3.5
    assert json.loads(got.body)["error"]["type"] == "server_error"
    assert gateway.ask().status == 200
