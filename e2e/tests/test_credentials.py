"""Credentials: nothing that identifies the client reaches Google, and nothing of ours or Google's the client."""

import json
import urllib.request

import httpx
import pytest
from checker_errors import shape_problems
from envoy import Envoy
from fake_google.launch import Fake
from support.lab import CHAT, MODEL, VERSION, Gateway, chat, events, reply

SECRET = "AIzaSyConfiguredKey0123456789abcdefghijk"

# Sent by clients, proxies in front of us and Envoy itself; any of these names or values at Google's is a leak.
CLIENT_HEADERS = {
    "authorization": "Bearer sk-client-secret-1",
    "x-goog-api-key": "client-secret-2",
    "x-goog-user-project": "client-secret-3",
    "x-goog-authenticated-user-email": "client-secret-4",
    "x-api-key": "client-secret-5",
    "api-key": "client-secret-6",
    "cookie": "session=client-secret-7",
    "proxy-authorization": "Basic client-secret-8",
    "openai-organization": "client-secret-9",
    "openai-project": "client-secret-10",
    "openai-beta": "client-secret-11",
    "x-stainless-lang": "client-secret-12",
    "x-stainless-retry-count": "client-secret-13",
    "x-forwarded-for": "10.11.12.13",
    "x-forwarded-host": "client-secret-14",
    "x-forwarded-client-cert": "client-secret-15",
    "x-envoy-original-path": "/client-secret-16",
    "x-envoy-upstream-rq-timeout-ms": "60000",
    "x-real-ip": "client-secret-17",
    "forwarded": "for=client-secret-18",
    "origin": "https://client-secret-19",
    "referer": "https://client-secret-20",
    "user-agent": "client-secret-21",
    "x-request-id": "client-secret-22",
    "x-unknown-header": "client-secret-23",
    "accept": "application/client-secret-24",
    "accept-encoding": "gzip, br",
    "traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    "te": "trailers",
    "idempotency-key": "client-secret-25",
}
ALLOWED = {"host", "content-type", "content-length", "user-agent", "x-goog-api-key"}


@pytest.fixture(scope="module")
def guarded():
    """A gateway with a key that looks like Google's, at the wasm log level debug, and a fake that wants that key."""
    with Fake(api_key=SECRET) as fake:
        config = {"auth": {"header_value": "$env://GEMINI_API_KEY"}}
        gateway = Gateway(Envoy(version=VERSION, upstream=fake.port, config=config, env={"GEMINI_API_KEY": SECRET}), fake)
        level = urllib.request.Request(gateway.envoy.admin + "/logging?wasm=debug", method="POST")
        urllib.request.urlopen(level, timeout=5).close()
        yield gateway
        gateway.close()


@pytest.mark.parametrize("stream", [False, True])
def test_no_header_of_the_client_reaches_google(gateway, stream):
    got = gateway.ask(headers=CLIENT_HEADERS, path=CHAT + "?key=client-secret-26&access_token=client-secret-27", stream=stream)
    assert got.status == 200, got.body
    headers = {k.lower(): v for k, v in got.received["headers"]}
    assert set(headers) == ALLOWED, headers
    assert headers["x-goog-api-key"] == "test-key"
    assert headers["host"] == "generativelanguage.googleapis.com"
    assert headers["content-type"] == "application/json"
    assert headers["user-agent"].startswith("gemini-filter/")
    everything = json.dumps(got.received)
    assert "client-secret" not in everything and "10.11.12.13" not in everything
    assert int(headers["content-length"]) == len(got.received["body_text"].encode())


def test_duplicate_and_odd_headers_do_not_reach_google(gateway):
    odd = [("Authorization", "Bearer a"), ("authorization", "Bearer b"), ("X-Goog-Api-Key", "x"), ("x-goog-api-key", "y"),
           ("x-bin", b"\xff\xfe"), ("content-type", "application/json")]  # fmt: skip
    gateway.fake.clear()
    got = httpx.post(gateway.url + CHAT, headers=odd, content=json.dumps(chat()).encode())
    assert got.status_code == 200, got.text
    headers = gateway.fake.requests()[0]["headers"]
    assert sorted(k.lower() for k, _ in headers) == sorted(ALLOWED)


@pytest.mark.parametrize("name", ["x-goog-api-key", "authorization"])
def test_the_credentials_header_can_be_named(gateways, name):
    value = {"x-goog-api-key": "$env://GEMINI_API_KEY", "authorization": "Bearer test-token"}[name]
    got = gateways({"auth": {"header_name": name, "header_value": value}}).ask()
    assert got.status == 200, got.body
    headers = {k.lower(): v for k, v in got.received["headers"]}
    assert set(headers) == (ALLOWED - {"x-goog-api-key"}) | {name}


QUERY = {"param_name": "key", "param_value": "$env://GEMINI_API_KEY", "param_location": "query"}


def test_a_query_key_is_sent_as_a_header(gateways):
    got = gateways({"auth": QUERY}).ask()
    assert got.status == 200, got.body
    assert got.received["path"] == f"/v1beta/models/{MODEL}:generateContent"
    assert ["x-goog-api-key", "test-key"] in [[k.lower(), v] for k, v in got.received["headers"]]


@pytest.mark.parametrize("stream", [False, True])
def test_force_query(gateways, stream):
    gateway = gateways({"auth": {**QUERY, "force_query": True}})
    got = gateway.ask(stream=stream)
    assert got.status == 200, got.body
    method = "streamGenerateContent?alt=sse&key=test-key" if stream else "generateContent?key=test-key"
    assert got.received["path"] == f"/v1beta/models/{MODEL}:{method}"
    assert "x-goog-api-key" not in [k.lower() for k, _ in got.received["headers"]]
    assert stream or "test-key" not in gateway.log()


def google_error(status, text):
    return {"status": status, "body": json.dumps({"error": {"code": status, "message": text, "status": "X"}})}


ECHOES = {
    "message with the key": google_error(400, f"API key {SECRET} was rejected"),
    "url with the key": google_error(403, f"https://x.invalid/v1beta/models/y?key={SECRET}&alt=sse failed"),
    "not found": google_error(404, f"key={SECRET}"),
    "server error": google_error(500, f"Authorization: Bearer {SECRET}"),
    "html": {"status": 502, "body": f"<html>{SECRET}</html>", "content_type": "text/html"},
    "text": {"status": 500, "body": SECRET, "content_type": "text/plain"},
    "error in a 200": {"body": google_error(503, SECRET)["body"]},
    "header": {"body": json.dumps(reply()), "headers": {"x-goog-api-key": SECRET, "x-debug-key": SECRET, "www-authenticate": SECRET}},
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", ECHOES)
def test_the_key_never_comes_back(guarded, name, stream):
    """Even when Google's reply quotes it."""
    got = guarded.ask(ECHOES[name], stream=stream)
    assert SECRET.encode() not in got.body
    assert SECRET not in str(got.headers.raw)
    if got.status != 200:
        assert shape_problems(got.json) == []


def test_the_key_is_in_no_log(guarded):
    """Whatever happened, with the filter's log level at debug."""
    scenarios = [None, *ECHOES.values(), {"reset_after": -1}, {"events": events("a", "b"), "reset_after": 30}]
    for scenario in scenarios:
        for stream in (False, True):
            guarded.ask(scenario, stream=stream)
    guarded.post(b"{")
    guarded.post(chat(model="../x"))
    guarded.post(chat(), headers={"authorization": f"Bearer {SECRET}", "x-goog-api-key": SECRET})
    guarded.post(chat(), path=f"{CHAT}?key={SECRET}")
    guarded.post(chat(), path=f"/unknown?key={SECRET}")
    log = guarded.log()
    assert "chat/completions" in log or "generateContent" in log, "the access log is there"
    assert SECRET not in log


def test_the_log_holds_no_bodies(guarded):
    guarded.ask(text="my-private-question", scenario={"body": json.dumps(reply({"content": {"parts": [{"text": "my-private-answer"}]}}))})
    guarded.ask(text="my-private-question", scenario={"events": events("my-private-answer")}, stream=True)
    guarded.post(b'{"model": "my-private-question')
    assert "my-private" not in guarded.log()


MODELS = [
    "../files/x", "..", ".", "a/../b", "a?b", "a?key=x", "a#b", "a/b:countTokens", "a:generateContent", "%2e%2e", "a%2fb", "%00",
    "a b", "a\nb", "a\r\nx-evil: 1", "a\tb", "a\0b", "a\x7fb", "ü", "\u202e", "a\\b", "", " ", "/", "//", "a//b", "models/", "models/../x",
    "x" * 2000, "projects/p/locations/l/publishers/google/models/../../x", "tunedModels/../x", "a;b", "a&b=c", "a@b/c", "http://evil/x",
]  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", MODELS, ids=[repr(m)[:40] for m in MODELS])
def test_hostile_model_name(gateway, model, stream):
    with gateway.untouched():
        got = gateway.post(chat(model=model, stream=stream))
    assert got.status == 400, got.body
    assert got.error["param"] == "model", got.error


REPLY_HEADERS = {
    "set-cookie": "NID=1",
    "alt-svc": 'h3=":443"',
    "x-goog-request-id": "g1",
    "x-goog-sherlog-link": "http://internal",
    "x-google-backend": "b1",
    "x-gemini-service-tier": "standard",
    "server-timing": "gfet4t7; dur=500",
    "www-authenticate": "Bearer realm=google",
}


@pytest.mark.parametrize("case", ["unary", "stream", "error", "stream error"])
def test_headers_of_google_are_stripped(gateway, case):
    scenario = {"headers": REPLY_HEADERS}
    if "error" in case:
        scenario |= google_error(429, "no")
    elif case == "stream":
        scenario |= {"events": events("a")}
    else:
        scenario |= {"body": json.dumps(reply())}
    got = gateway.ask(scenario, stream="stream" in case)
    assert got.status == (429 if "error" in case else 200)
    assert set(REPLY_HEADERS) & set(got.headers) == set(), dict(got.headers)


def test_request_id_and_model_header(gateway):
    got = gateway.ask()
    assert got.headers["x-llm-model"] == f"gemini/{MODEL}"
    assert got.headers["x-request-id"]
    assert got.headers["x-request-id"] in gateway.log()


def test_clients_own_key_in_an_error_is_not_repeated(gateway):
    got = gateway.post(b"{}", headers={"authorization": "Bearer sk-client-secret-1", "x-api-key": "client-secret-5"})
    assert got.status == 400
    assert b"client-secret" not in got.body
