"""The shipped envoy/gemini.yaml as it stands, over TLS to the fake: slow, silent and large replies, and its limits."""

import json
import threading
import time

import pytest
import yaml
from envoy import ROOT, SHIPPED, Envoy, filter_configs, hcm, listener, prepare, route
from support.lab import CHAT, VERSION, Gateway, candidate, chat, events, lock_step, reply, sse, stream_body
from support.raw import RawClient

MIB = 1 << 20


@pytest.fixture(scope="module")
def shipped(issued, secure_fake):
    gateway = Gateway(Envoy(version=VERSION, upstream=secure_fake.port, ca=issued.ca), secure_fake)
    gateway.client.timeout = 60
    yield gateway
    gateway.close()


@pytest.fixture(scope="module")
def slow(shipped):
    """The three slow exchanges, run at the same time: {name: thread result}."""
    data = sse(events("before ", "after"))
    gap = len(sse(events("before ", "after")[:1]))
    asked = {
        "late first byte": ({"body": json.dumps(reply()), "first_byte_delay": 20}, {}),
        "late first byte of a stream": ({"events": events("x"), "first_byte_delay": 20}, {"stream": True}),
        "gap": (stream_body(data, pauses=[[gap, 20]]), {"stream": True}),
    }
    results = {}

    def run(name):
        started = time.monotonic()
        scenario, fields = asked[name]
        results[name] = shipped.ask(scenario, **fields), time.monotonic() - started

    threads = [threading.Thread(target=run, args=(name,)) for name in asked]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_chat_over_tls(shipped):
    got = shipped.ask()
    assert (got.status, got.text) == (200, "Hello there.")
    assert got.received["tls"]


def test_lock_step_over_tls(shipped):
    lock_step(shipped)


def test_first_byte_after_20_seconds(slow):
    got, seconds = slow["late first byte"]
    assert (got.status, got.text) == (200, "Hello there.") and seconds >= 20


def test_first_byte_of_a_stream_after_20_seconds(slow):
    got, seconds = slow["late first byte of a stream"]
    assert got.status == 200 and got.stream.problems == [] and seconds >= 20


def test_gap_of_20_seconds_in_a_stream(slow):
    got, seconds = slow["gap"]
    assert got.stream.problems == [] and seconds >= 20
    assert got.stream.messages[0]["content"] == "before after"


def test_reply_of_5_megabytes(shipped):
    text = "0123456789abcdef" * (5 * MIB // 16)
    got = shipped.ask({"body": json.dumps(reply(candidate(text)))})
    assert got.status == 200 and got.text == text


def test_request_of_20_megabytes(shipped):
    got = shipped.ask(text="0123456789abcdef" * (20 * MIB // 16))
    assert got.status == 200, got.body[:300]
    assert len(got.received["body_text"]) > 20 * MIB


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_body_over_the_limit(shipped, framing):
    """One byte more than 100 MiB is refused in OpenAI's shape, long before it is read when its length is announced."""
    size = 100 * MIB + 1
    with RawClient(shipped.envoy.port, timeout=60) as client:
        head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
        if framing == "length":
            client.send(f"{head}content-length: {size}\r\n\r\n".encode())
            piece, end = b"x" * MIB, b"x"
        else:
            client.send(f"{head}transfer-encoding: chunked\r\n\r\n".encode())
            piece, end = b"100000\r\n" + b"x" * MIB + b"\r\n", b"1\r\nx\r\n"
        try:
            for _ in range(100):
                client.send(piece)
            client.send(end)
        except (BrokenPipeError, ConnectionResetError):
            pass
        got = client.reply()
    assert got.status == 413
    assert json.loads(got.body)["error"]["code"] == "request_too_large"


def test_the_limits_match(shipped):
    """Envoy holds at least 1.4 times what the filter accepts, as a translated body may be longer."""
    limit = route(yaml.safe_load(SHIPPED.read_text()))["request_body_buffer_limit"]
    assert limit >= 1.4 * 100 * MIB


@pytest.mark.parametrize("file", ["per-route", "per-route-instances", "per-route-filter-chain", "filter-state"])
def test_what_replaces_a_part_keeps_its_settings(file):
    """The examples for routes say nothing else about what they do not show: router, failures, limits, headers."""
    shipped, other = prepare(), prepare(over=ROOT / "envoy" / f"{file}.yaml")
    assert hcm(other)["http_filters"][-1] == hcm(shipped)["http_filters"][-1]
    (plugin,) = filter_configs(shipped)
    for changed in filter_configs(other):
        for same in ("allow_on_headers_stop_iteration", "failure_policy", "reload_config"):
            assert changed[same] == plugin[same]
        for same in ("vm_id", "runtime", "code"):
            assert changed["vm_config"][same] == plugin["vm_config"][same]
    assert hcm(other)["route_config"]["request_headers_to_remove"] == ["x-forwarded-proto"]
    (host,) = hcm(other)["route_config"]["virtual_hosts"]
    assert host["request_body_buffer_limit"] == route(shipped)["request_body_buffer_limit"]
    last = host["routes"][-1]["route"]
    assert {name: last[name] for name in ("cluster", "timeout", "retry_policy")} == route(shipped)["route"]


@pytest.fixture(scope="module")
def tight(fake):
    """The same file with Envoy's own limits below the filter's."""

    def edit(config):
        listener(config)["per_connection_buffer_limit_bytes"] = 65536
        route(config)["request_body_buffer_limit"] = 65536

    gateway = Gateway(Envoy(version=VERSION, upstream=fake.port, edit=edit), fake)
    yield gateway
    gateway.close()


def test_envoys_own_413_is_in_openais_shape(tight):
    got = tight.post(chat("x" * 300_000))
    assert got.status == 413
    assert got.error["type"] == "invalid_request_error"
    assert got.error["code"] == "request_too_large"
    assert tight.ask().status == 200


def test_reply_over_envoys_limit_is_an_error(tight):
    got = tight.ask({"body": json.dumps(reply(candidate("x" * 500_000)))})
    assert got.status >= 500
    assert got.error["type"] == "server_error"


@pytest.mark.parametrize("how", ["reset", "short"])
def test_a_reply_that_breaks_off_is_an_error(tight, how):
    """Envoy answers in its own name then, past the filter: the file gives that answer OpenAI's shape."""
    body = json.dumps(reply(candidate("x" * 1000)))
    scenario = {"body": body, "reset_after": 500} if how == "reset" else {"body": body[:500], "headers": {"content-length": "5000"}}
    got = tight.ask(scenario)
    assert got.status in (502, 503)
    assert got.error["type"] == "server_error" and set(got.error) == {"message", "type", "param", "code"}
    assert "upstream" not in got.error["message"]


def test_a_stream_has_no_limit(tight):
    """Only what one read brings is ever held."""
    texts = [f"{i} " + "x" * 20_000 for i in range(100)]
    whole = len(sse(events(*texts)))
    got = tight.ask({"events": events(*texts), "chunks": list(range(20_000, whole, 20_000))}, stream=True)
    assert got.stream.problems == []
    assert got.stream.messages[0]["content"] == "".join(texts)
