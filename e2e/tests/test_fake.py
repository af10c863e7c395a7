"""The fake Google replies like Google and records what it received. Raw sockets throughout."""

import gzip
import json
import socket
import ssl
import time

import pytest
import trustme
from fake_fixtures import KEY, PLAIN, STREAM, read, request_bytes, said, scripted, send, sse_events

from fake_google import scenarios
from fake_google.launch import Fake, FakeError

GOOGLE = "generativelanguage.googleapis.com"


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


# The default reply.


def test_reply_names_the_last_user_text(google):
    reply = send(
        google,
        PLAIN,
        {
            "contents": [
                *said("one")["contents"],
                {"role": "model", "parts": [{"text": "x"}]},
                *said("two three")["contents"],
            ]
        },
    )
    value = reply.json()
    assert reply.status == 200
    assert value["candidates"] == [
        {"content": {"parts": [{"text": "You said: two three"}], "role": "model"}, "finishReason": "STOP"}
    ]
    counts = value["usageMetadata"]
    assert counts["totalTokenCount"] == counts["promptTokenCount"] + counts["candidatesTokenCount"] == 8
    assert value["modelVersion"] == "gemini-2.5-flash" and value["responseId"]
    assert reply.body.startswith(b'{\n  "candidates": [\n'), "pretty-printed"


def test_reply_is_deterministic(google):
    assert send(google, PLAIN, said("again")).body == send(google, PLAIN, said("again")).body


def test_reply_has_googles_headers(google):
    headers = send(google, PLAIN, said("hi")).headers
    assert headers["content-type"] == "application/json; charset=utf-8"
    assert headers["server"] == "scaffolding on httpserver2"
    for name in (
        "vary",
        "x-xss-protection",
        "x-frame-options",
        "x-content-type-options",
        "server-timing",
        "alt-svc",
        "set-cookie",
    ):
        assert name in headers


def test_several_candidates_and_thoughts(google):
    config = {"candidateCount": 3, "thinkingConfig": {"includeThoughts": True}}
    value = send(google, PLAIN, {**said("hi"), "generationConfig": config}).json()
    assert [c.get("index", 0) for c in value["candidates"]] == [0, 1, 2]
    assert value["candidates"][2]["content"]["parts"][0]["thought"] is True
    assert value["usageMetadata"]["thoughtsTokenCount"] > 0


def test_stream_is_the_same_reply_in_events(google):
    reply = send(google, STREAM, said("hello there"))
    events = sse_events(reply.body)
    assert reply.headers["content-type"] == "text/event-stream"
    assert reply.headers["content-disposition"] == "attachment"
    texts = [event["candidates"][0]["content"]["parts"][0]["text"] for event in events]
    assert len(texts) > 1 and "".join(texts) == "You said: hello there"
    assert ["finishReason" in event["candidates"][0] for event in events] == [False] * (len(events) - 1) + [True]
    assert all("usageMetadata" in event for event in events)
    assert b"[DONE]" not in reply.body


def test_stream_without_sse_is_an_array(google):
    reply = send(google, STREAM.removesuffix("?alt=sse"), said("hello"))
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert b"}\n,\r\n{" in reply.body
    assert len(reply.json()) == 2


def test_count_tokens_both_ways(google):
    path = PLAIN.replace("generateContent", "countTokens")
    plain = send(google, path, said("one two three"))
    inner = {"generateContentRequest": {"model": "models/gemini-2.5-flash", **said("one two three")}}
    assert plain.json()["totalTokens"] == send(google, path, inner).json()["totalTokens"] == 3


def test_models(google):
    listed = send(google, "/v1beta/models?pageSize=50", None, method="GET").json()["models"]
    one = send(google, "/v1beta/models/gemini-2.5-pro", None, method="GET").json()
    assert one in listed and one["name"] == "models/gemini-2.5-pro"


def test_key_in_the_query(google):
    assert send(google, PLAIN + "?key=test-key", said("hi"), {}).status == 200


def test_gzip_when_asked_for(google):
    reply = send(google, PLAIN, said("hi"), {**KEY, "accept-encoding": "gzip, br"})
    assert reply.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(reply.body))["candidates"]


def test_expect_continue(google):
    with socket.create_connection(("127.0.0.1", google.port), timeout=5) as connection:
        head, _, body = request_bytes(PLAIN, said("hi"), {**KEY, "expect": "100-continue"}).partition(b"\r\n\r\n")
        connection.sendall(head + b"\r\n\r\n")
        assert connection.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert read(connection).status == 200


def test_tls(tmp_path):
    authority, trust = trustme.CA(), ssl.create_default_context()
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    issued = authority.issue_cert(GOOGLE)
    issued.private_key_pem.write_to_path(key)
    for pem in issued.cert_chain_pems:
        pem.write_to_path(certificate, append=True)
    authority.configure_trust(trust)

    def wrap(connection):
        return trust.wrap_socket(connection, server_hostname=GOOGLE, suppress_ragged_eofs=False)

    with Fake(cert=certificate, key=key) as google:
        assert send(google, PLAIN, said("hi"), wrap=wrap).status == 200
        google.put_scenario("cut", scenarios.reset_after(scenarios.stream("a", "b"), 20))
        cut = send(google, STREAM, said("[[fake:cut]]"), wrap=wrap)
        assert cut.reset and len(cut.body) == 20
        assert [one["tls"] for one in google.requests()] == [True, True]


# The control plane and the record.


def test_record(google):
    google.clear()
    send(google, PLAIN, said("keep"), {**KEY, "X-Odd-Case": "Value"})
    send(google, PLAIN, b"{", KEY)
    kept, broken = google.requests()
    assert (kept["method"], kept["path"], kept["body"], kept["verdict"]) == ("POST", PLAIN, said("keep"), "accepted")
    assert ["X-Odd-Case", "Value"] in kept["headers"], "names and values as received"
    assert kept["finished"] and not kept["aborted"] and kept["scenario"] is None
    assert broken["body"] is None and broken["body_text"] == "{" and broken["status"] == 400
    assert broken["verdict"].startswith("Invalid JSON payload received.")
    assert broken["n"] == kept["n"] + 1


def test_record_by_scenario(google):
    google.clear()
    scripted(google, {"body": "1"}, PLAIN)
    send(google, PLAIN, said("other"))
    assert [one["scenario"] for one in google.requests()] == ["it", None]
    assert [one["scenario"] for one in google.requests("it")] == ["it"]


@pytest.mark.parametrize(
    "scenario", [scenarios.slow_first_byte(scenarios.reply("x"), 20), scenarios.gated(scenarios.stream("a", "b"))]
)
def test_record_of_a_client_that_left(google, scenario):
    google.put_scenario("left", scenario)
    google.clear()
    with socket.create_connection(("127.0.0.1", google.port), timeout=5) as connection:
        connection.sendall(request_bytes(STREAM, said("[[fake:left]]"), KEY))
        google.wait_requests(lambda seen: seen and seen[0]["verdict"] == "accepted", "left")
        time.sleep(0.05)
    (seen,) = google.wait_requests(lambda seen: seen[0]["aborted"], "left")
    assert not seen["finished"]


def test_scenario_of_a_refused_request_is_not_used(google):
    google.put_scenario("unused", {"body": "1"})
    google.clear()
    assert send(google, PLAIN, {**said("[[fake:unused]]"), "nope": 1}).status == 400
    assert google.requests("unused")[0]["verdict"].startswith('Invalid JSON payload received. Unknown name "nope"')


@pytest.mark.parametrize(
    "scenario",
    [
        {"stauts": 200},
        {"status": "200"},
        {"status": True},
        {"body": "a", "events": []},
        {"body_b64": "*"},
        {"chunks": [0]},
        {"chunks": "words"},
        {"gate": True},
        {"pauses": [[1]]},
        {"reset_after": -2},
        {"framing": "xml"},
        {"next": {"status": 0}},
        {"rules": {"turn_rules": "no"}},
        {"rules": {"all": False}},
        [],
    ],
)
def test_bad_scenarios_are_refused(google, scenario):
    with pytest.raises(FakeError, match="400"):
        google.put_scenario("bad", scenario)


def test_misuse_is_a_plain_500(google):
    unknown = send(google, PLAIN, said("[[fake:never-put]]"))
    assert unknown.status == 500 and b"no scenario 'never-put'" in unknown.body
    several = scripted(google, scenarios.stream("a", "b"), PLAIN)
    assert several.status == 500 and b"no stream" in several.body
    with pytest.raises(FakeError, match="404"):
        google.open_gate("never-put")
    with pytest.raises(FakeError, match="400"):
        google.rules(everything=False)


def test_rules_switch_globally_and_per_scenario(google):
    empty_turn = {"contents": [*said("[[fake:lenient]]")["contents"], {"role": "model"}, *said("go on")["contents"]]}
    google.put_scenario("lenient", scenarios.reply("x"))
    assert send(google, PLAIN, empty_turn).status == 400
    google.put_scenario("lenient", {**scenarios.reply("x"), "rules": {"turn_rules": False}})
    assert send(google, PLAIN, empty_turn).status == 200
    google.put_scenario("lenient", scenarios.reply("x"))
    try:
        assert google.rules(turn_rules=False) == {"turn_rules": False, "signatures": True, "documented": True}
        assert send(google, PLAIN, empty_turn).status == 200
    finally:
        google.rules(turn_rules=True)
    assert send(google, PLAIN, empty_turn).status == 400


def test_the_fake_ends_with_its_owner():
    google = Fake()
    send(google, PLAIN, said("hi"))
    google._process.stdin.close()
    assert google._process.wait(5) == 0
    google.close()
