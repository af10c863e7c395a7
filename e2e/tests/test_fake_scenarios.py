"""The fake Google misbehaves as a scenario asks: what bytes, and when. Raw sockets throughout."""

import gzip
import socket
import threading

import pytest
from fake_fixtures import KEY, PLAIN, STREAM, request_bytes, said, scripted, send, sse_events

from fake_google import scenarios
from fake_google.launch import Fake


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def test_events_are_framed_as_google_does(google):
    reply = scripted(google, {"events": [{"a": 1}, {"b": "é"}]})
    assert reply.body == 'data: {"a": 1}\r\n\r\ndata: {"b": "é"}\r\n\r\n'.encode()
    assert "content-length" not in reply.headers


def test_raw_bytes_come_unchanged(google):
    raw = bytes(range(256))
    reply = scripted(google, scenarios.raw(raw, "application/octet-stream", 201), PLAIN)
    assert (reply.status, reply.body, reply.headers["content-type"]) == (201, raw, "application/octet-stream")


def test_headers_are_added_and_dropped(google):
    reply = scripted(google, {"body": "{}", "headers": {"X-Extra": "1", "vary": None}}, PLAIN)
    assert reply.headers["x-extra"] == "1" and "vary" not in reply.headers


def test_marker_in_a_system_instruction_and_the_last_one_wins(google):
    google.put_scenario("first", {"body": "1"})
    google.put_scenario("second", {"body": "2"})
    both = {"contents": [*said("[[fake:first]] then [[fake:second]]")["contents"]]}
    system = {"systemInstruction": {"parts": [{"text": "[[fake:first]]"}]}}
    assert send(google, PLAIN, {**system, **said("hi")}).body == b"1"
    assert send(google, PLAIN, {**both, **system}).body == b"2"


def test_slow_first_byte(google):
    reply = scripted(google, scenarios.slow_first_byte(scenarios.reply("late"), 0.4), PLAIN)
    assert 0.35 <= reply.times[0] < 2


def test_pause_in_the_middle(google):
    scenario = scenarios.stream("one", "two")
    middle = len(scenarios.wire(scenarios.stream("one", finish=None)))
    reply = scripted(google, scenarios.paused(scenario, middle, 0.4))
    assert reply.body == scenarios.wire(scenario)
    assert reply.times[0] < 0.3 and reply.times[-1] >= 0.35


def test_one_byte_chunks(google):
    scenario = scenarios.stream("né")
    reply = scripted(google, scenarios.byte_by_byte(scenario))
    assert reply.body == scenarios.wire(scenario)
    assert reply.chunks == [1] * len(reply.body)
    assert len(reply.reads) > len(reply.body) / 2, "the writes arrive apart"


def test_splits_at_every_offset(google):
    scenario = scenarios.stream("né", "ü")
    whole, split = scenarios.wire(scenario), scenarios.every_split(scenario)
    assert len(split) == len(whole) - 1 > 300
    for offset, cut in enumerate(split, 1):
        reply = scripted(google, cut)
        assert (reply.body, reply.chunks) == (whole, [offset, len(whole) - offset])


def test_split_arrives_as_two_reads(google):
    reply = scripted(google, {**scenarios.split_at(scenarios.stream("one"), 20), "pace": 0.2})
    assert (reply.times[-1] - reply.times[0]) > 0.1
    assert reply.reads[0] == len(b"14\r\n") + 20 + len(b"\r\n")


def test_rate_limit(google):
    reply = scripted(google, scenarios.rate_limited("1.5s"))
    error = reply.json()["error"]
    assert (reply.status, reply.headers["content-type"]) == (429, "text/event-stream"), (
        "as recorded: plain JSON, typed as a stream"
    )
    assert "retry-after" not in reply.headers
    assert [d["@type"].rpartition(".")[2] for d in error["details"]] == ["Help", "QuotaFailure", "RetryInfo"]
    assert error["details"][2]["retryDelay"] == "1.5s" and "Please retry in 1.5s" in error["message"]


def test_html_plain_empty_and_array_errors(google):
    page = scripted(google, scenarios.html_error(), PLAIN)
    assert (
        page.status == 500 and page.headers["content-type"].startswith("text/html") and b"<!DOCTYPE html>" in page.body
    )
    assert scripted(google, scenarios.plain_error(), PLAIN).headers["content-type"] == "text/plain"
    assert scripted(google, scenarios.empty_error(), PLAIN).body == b""
    assert scripted(google, scenarios.array_error(), PLAIN).json()[0]["error"]["code"] == 400


@pytest.mark.parametrize("size", [-1, 0, 1, 50, 100_000])
def test_reset(google, size):
    scenario = scenarios.stream("one", "two")
    reply = scripted(google, scenarios.reset_after(scenario, size))
    assert reply.reset
    assert reply.status == (0 if size < 0 else 200)
    assert reply.body == scenarios.wire(scenario)[: max(size, 0)]


def test_error_event_and_bare_error_tail(google):
    event = scripted(google, scenarios.error_event("Hel"))
    assert sse_events(event.body)[-1]["error"]["status"] == "UNAVAILABLE"
    tail = scripted(google, scenarios.error_tail("Hel"))
    before, _, after = tail.body.partition(b"\r\n\r\n")
    assert (tail.status, tail.headers["content-type"]) == (200, "text/event-stream")
    assert before.startswith(b"data: ") and after.startswith(b'{\n  "error": {\n')


def test_array_framing_although_sse_was_asked_for(google):
    reply = scripted(google, scenarios.as_array(scenarios.stream("a", "b")))
    assert reply.headers["content-type"].startswith("application/json") and len(reply.json()) == 2


@pytest.mark.parametrize("shape", [scenarios.byte_by_byte, scenarios.gated, lambda scenario: scenario])
def test_gzip(google, shape):
    scenario = scenarios.stream("one", "two")
    google.put_scenario("zip", shape(scenarios.gzipped(scenario)))
    opener = threading.Thread(target=google.open_gate, args=("zip",)) if shape is scenarios.gated else None
    if opener:
        opener.start()
    reply = send(google, STREAM, said("[[fake:zip]]"))
    if opener:
        opener.join()
    assert reply.headers["content-encoding"] == "gzip"
    assert gzip.decompress(reply.body) == scenarios.wire(scenario)


def test_big_event(google):
    reply = scripted(google, scenarios.big_event())
    (event,) = sse_events(reply.body)
    assert len(event["candidates"][0]["content"]["parts"][0]["text"]) == 8 << 20


def test_end_without_finish_reason(google):
    events = sse_events(scripted(google, scenarios.no_finish("a", "b")).body)
    assert not any("finishReason" in candidate for event in events for candidate in event["candidates"])


def test_one_event_scenario_serves_both_methods(google):
    whole, streamed = scripted(google, scenarios.reply("x"), PLAIN), scripted(google, scenarios.reply("x"))
    assert whole.json() == sse_events(streamed.body)[0] == scenarios.event("x", "STOP")


def test_next_scenario(google):
    google.put_scenario("retry", scenarios.then(scenarios.overloaded(), scenarios.reply("now")))
    assert [send(google, PLAIN, said("[[fake:retry]]")).status for _ in range(3)] == [503, 200, 200]


def test_gate_releases_event_by_event(google):
    google.put_scenario("step", scenarios.gated(scenarios.stream("a", "b", "c")))
    with socket.create_connection(("127.0.0.1", google.port), timeout=5) as connection:
        connection.sendall(request_bytes(STREAM, said("[[fake:step]]"), KEY))
        data = b""
        for number, text in enumerate([b'"a"', b'"b"', b'"c"']):
            if number:
                connection.settimeout(0.15)
                with pytest.raises(TimeoutError):
                    data += connection.recv(1 << 16)
                connection.settimeout(5)
                assert google.open_gate("step") == {"released": number}
            while text not in data:
                data += connection.recv(1 << 16)
            assert data.count(b"data: ") == number + 1
