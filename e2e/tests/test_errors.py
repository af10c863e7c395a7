"""Errors: always OpenAI's shape and words, whoever made them, and nothing inside that is ours or Google's to know."""

import json
import re

import pytest
from checker_errors import expect_error, retry_after, shape_problems
from support.lab import CHAT, chat, raw_body
from support.openapi import schema_problems

# What no message may hold: keys, Google's internals, our own source, Envoy's or Rust's words.
INTERNALS = re.compile(
    r"AIza|test-key|ya29\.|projects/\d+|\bproject \d{6,}|\bsrc/|\.rs\b|panick|unwrap|wasm|proxy-wasm|envoy|upstream connect"
    r"|serde|x-goog|<html|<body|DOCTYPE",
    re.I,
)


def check(got, status: int, param=..., code=...):
    assert got.status == status, got.body
    assert shape_problems(got.json) == []
    assert schema_problems("ErrorResponse", got.json) == []
    error = got.error
    assert got.headers["x-request-id"]
    assert not INTERNALS.search(error["message"]), error
    if param is not ...:
        assert error["param"] == param, error
    if code is not ...:
        assert error["code"] == code, error
    return error


def raw_chat(inner: str) -> bytes:
    return (json.dumps(chat()).removesuffix("}") + inner + "}").encode()


BAD_JSON = {
    "empty": b"",
    "not JSON": b"hello",
    "cut": b'{"model": "gemini-2.5-flash", "messages": [',
    "trailing comma": b'{\n  "model": "x",\n}',
    "two values": b'{"model": "x"} {"y": 1}',
    "control character": b'{"model": "a\nb"}',
    "bad UTF-8": b'{"model": "\xff\xfe"}',
    "bad escape": b'{"model": "\\x"}',
    "single quotes": b"{'model': 'x'}",
    "NaN": raw_chat(', "temperature": NaN'),
    "deep": b'{"model":' * 50_000,
    "deep arrays": raw_chat(', "x": ' + "[" * 100_000),
}


@pytest.mark.parametrize("name", BAD_JSON)
def test_bad_json(gateway, name):
    error = check(gateway.post(BAD_JSON[name]), 400)
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize(("name", "line", "column"), [("trailing comma", 3, 1), ("not JSON", 1, 1), ("single quotes", 1, 2)])
def test_bad_json_names_the_position(gateway, name, line, column):
    message = check(gateway.post(BAD_JSON[name]), 400)["message"]
    assert re.search(rf"line {line}\b.*column {column}\b", message), message


@pytest.mark.parametrize("body", [[], "text", 42, None, True])
def test_body_is_not_an_object(gateway, body):
    error = check(gateway.post(json.dumps(body).encode()), 400)
    assert error["type"] == "invalid_request_error"


def message(content, role="user"):
    return [{"role": role, "content": content}]


WRONG = {
    "no messages": ({"messages": ...}, "messages"),
    "messages null": ({"messages": None}, "messages"),
    "messages empty": ({"messages": []}, "messages"),
    "messages string": ({"messages": "hi"}, "messages"),
    "messages object": ({"messages": {}}, "messages"),
    "message string": ({"messages": ["hi"]}, "messages[0]"),
    "message null": ({"messages": [None]}, "messages[0]"),
    "no role": ({"messages": [{"content": "hi"}]}, "messages[0].role"),
    "role number": ({"messages": message("x", role=1)}, "messages[0].role"),
    "unknown role": ({"messages": message("x", role="wizard")}, "messages[0].role"),
    "content number": ({"messages": message(5)}, "messages[0].content"),
    "content bool": ({"messages": message(True)}, "messages[0].content"),
    "content object": ({"messages": message({"text": "x"})}, "messages[0].content"),
    "second message": ({"messages": [*message("x"), *message(5)]}, "messages[1].content"),
    "part string": ({"messages": message(["x"])}, "messages[0].content[0]"),
    "part without type": ({"messages": message([{"text": "x"}])}, "messages[0].content[0].type"),
    "unknown part": ({"messages": message([{"type": "text", "text": "a"}, {"type": "hologram"}])}, "messages[0].content[1].type"),
    "text missing": ({"messages": message([{"type": "text"}])}, "messages[0].content[0].text"),
    "text number": ({"messages": message([{"type": "text", "text": 1}])}, "messages[0].content[0].text"),
    "image in system": ({"messages": [*message([{"type": "image_url", "image_url": {"url": "x"}}], role="system"), *message("x")]},
                        "messages[0].content[0].type"),
    "model number": ({"model": 5}, "model"),
    "no model": ({"model": ...}, "model"),
    "temperature string": ({"temperature": "hot"}, "temperature"),
    "temperature list": ({"temperature": [1]}, "temperature"),
    "top_p string": ({"top_p": "x"}, "top_p"),
    "n string": ({"n": "2"}, "n"),
    "n fraction": ({"n": 1.5}, "n"),
    "seed string": ({"seed": "x"}, "seed"),
    "max_tokens string": ({"max_tokens": "ten"}, "max_tokens"),
    "max_completion_tokens bool": ({"max_completion_tokens": True}, "max_completion_tokens"),
    "stop number": ({"stop": 5}, "stop"),
    "stop of numbers": ({"stop": ["a", 1]}, "stop[1]"),
    "stream string": ({"stream": "yes"}, "stream"),
    "stream_options string": ({"stream_options": "x"}, "stream_options"),
    "include_usage string": ({"stream": True, "stream_options": {"include_usage": "yes"}}, "stream_options.include_usage"),
    "presence_penalty string": ({"presence_penalty": "x"}, "presence_penalty"),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_wrong_field(gateway, name):
    """The error names the field by its JSON path in `param`."""
    fields, param = WRONG[name]
    body = {k: v for k, v in chat(**fields).items() if v is not ...}
    with gateway.untouched():
        error = check(gateway.post(body), 400, param=param)
    assert error["type"] == "invalid_request_error"


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_wrong_method(gateway, method):
    got = gateway.post(b"", method=method)
    check(got, 405)
    assert got.headers["allow"] == "POST"


def test_head_has_no_body(gateway):
    got = gateway.post(b"", method="HEAD")
    assert got.status == 405 and got.body == b""


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/v1/unknown", "/v1/chat/completions/x", "/v1/chat", "/chat/completionsx", "/v1beta/models/x:generateContent"])
def test_unknown_path(gateway, path, method):
    with gateway.untouched():
        error = check(gateway.post(chat() if method == "POST" else b"", path=path, method=method), 404)
    assert error["type"] == "invalid_request_error"


def test_unmatched_pass_leaves_other_paths_alone(gateways):
    """For listeners shared with other services: the request goes where Envoy's route says, as it is."""
    shared = gateways({"unmatched": "pass"})
    got, received = shared.send({"x": 1}, path="/other/service?key=v", headers={"authorization": "Bearer mine"})
    assert got.status == 404
    assert (received["path"], received["body_text"]) == ("/other/service?key=v", '{"x": 1}')
    assert ["authorization", "Bearer mine"] in [[k.lower(), v] for k, v in received["headers"]]
    assert shared.ask().status == 200


def test_body_over_our_limit(gateways):
    small = gateways({"max_request_body_size": 10_000})
    assert small.ask(text="x" * 9_000).status == 200
    for size in (10_001, 200_000):
        error = check(small.post(chat("x" * size)), 413, code="request_too_large")
        assert error["type"] == "invalid_request_error"


def google(code, status, text="Something went wrong.", **fields):
    return {"error": {"code": code, "message": text, "status": status, **fields}}


def detail(kind, **fields):
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **fields}


KEY_INVALID = [detail("ErrorInfo", reason="API_KEY_INVALID", domain="googleapis.com", metadata={"service": "generativelanguage.googleapis.com"})]
PER_DAY = [detail("QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]), detail("RetryInfo", retryDelay="3600s")]
PER_MINUTE = [detail("QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel-FreeTier"}])]

STATUSES = {
    "400": (400, google(400, "INVALID_ARGUMENT")),
    "400 key": (400, google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", details=KEY_INVALID)),
    "400 key, text only": (400, google(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.")),
    "400 location": (400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use.")),
    "400 billing": (400, google(400, "FAILED_PRECONDITION", "Gemini API free tier is not available; please enable billing.")),
    "400 context": (400, google(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens.")),
    "401": (401, google(401, "UNAUTHENTICATED")),
    "403": (403, google(403, "PERMISSION_DENIED")),
    "404": (404, google(404, "NOT_FOUND", "models/nope is not found for API version v1beta")),
    "409": (409, google(409, "ABORTED")),
    "409 exists": (409, google(409, "ALREADY_EXISTS")),
    "413": (413, google(413, "INVALID_ARGUMENT")),
    "429": (429, google(429, "RESOURCE_EXHAUSTED")),
    "429 per minute": (429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded: check your plan and billing details.", details=PER_MINUTE)),
    "429 per day": (429, google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", details=PER_DAY)),
    "499": (499, google(499, "CANCELLED")),
    "500": (500, google(500, "INTERNAL")),
    "500 unknown": (500, google(500, "UNKNOWN")),
    "500 with 429": (500, google(429, "RESOURCE_EXHAUSTED")),
    "501": (501, google(501, "UNIMPLEMENTED")),
    "502": (502, google(502, "UNAVAILABLE")),
    "503": (503, google(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")),
    "504": (504, google(504, "DEADLINE_EXCEEDED")),
}  # fmt: skip


def variants(value: dict) -> dict[str, bytes]:
    """One error as Google and the proxies before it write it."""
    inner = value["error"]
    return {
        "object": json.dumps(value).encode(),
        "pretty": json.dumps(value, indent=2).encode(),
        "array": json.dumps([value], indent=2).encode(),
        "nested": json.dumps({"error": {"code": inner["code"], "message": json.dumps(value), "status": inner["status"]}}).encode(),
        "legacy": json.dumps({"error": {**inner, "errors": [{"message": inner["message"], "reason": "x"}]}}).encode(),
    }


@pytest.mark.parametrize("variant", ["object", "pretty", "array", "nested", "legacy"])
@pytest.mark.parametrize("name", STATUSES)
def test_google_error(gateway, name, variant):
    status, value = STATUSES[name]
    body = variants(value)[variant]
    got = gateway.ask(raw_body(body, status=status, content_type="application/json"))
    assert expect_error(status, body).differences(got.status, got.json) == []
    error = check(got, got.status)
    if "key" not in name:
        assert value["error"]["message"] in error["message"], error


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503, 504, 418, 599])
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "text/plain"),
        (b"<!DOCTYPE html><html lang=en><title>Error 502 (Server Error)!!1</title></html>", "text/html; charset=UTF-8"),
        (b"<html>really JSON by its type</html>", "application/json"),
        (b"upstream connect error or disconnect/reset before headers", "text/plain"),
        (b"{}", "application/json"),
        (b"[]", "application/json"),
        (b'{"error": "a string"}', "application/json"),
        (b'{"error": {}}', "application/json"),
        (b'{"message": "elsewhere"}', "application/json"),
        (b'{"error": {"message": "cut', "application/json"),
        (b"\xff\xfe\x00binary", "application/octet-stream"),
    ],
)
def test_error_without_googles_shape(gateway, status, body, content_type):
    got = gateway.ask(raw_body(body, status=status, content_type=content_type))
    assert expect_error(status, body).differences(got.status, got.json) == []
    check(got, got.status)


@pytest.mark.parametrize("field", ["temperature", "topP"])
def test_field_violation_becomes_param(gateway, field):
    """Google's own field names are given back as the client's."""
    names = {"temperature": "generation_config.temperature", "topP": "generation_config.top_p"}
    details = [detail("BadRequest", fieldViolations=[{"field": names[field], "description": "out of range"}])]
    got = gateway.ask({"status": 400, "body": json.dumps(google(400, "INVALID_ARGUMENT", details=details))})
    check(got, 400, param={"topP": "top_p"}.get(field, field))


def test_field_violation_in_contents(gateway):
    details = [detail("BadRequest", fieldViolations=[{"field": "contents[0].parts[0].text", "description": "bad"}])]
    error = check(gateway.ask({"status": 400, "body": json.dumps(google(400, "INVALID_ARGUMENT", details=details))}), 400)
    assert error["param"].startswith("messages"), error


RETRY = {
    "RetryInfo": ([detail("RetryInfo", retryDelay="45.837906927s")], "x"),
    "whole seconds": ([detail("RetryInfo", retryDelay="7s")], "x"),
    "quotaResetDelay ms": ([detail("ErrorInfo", metadata={"quotaResetDelay": "373.8ms"})], "x"),
    "quotaResetDelay s": ([detail("ErrorInfo", metadata={"quotaResetDelay": "12.5s"})], "x"),
    "sentence": ([], "Quota exceeded. Please retry in 26.66s."),
    "reset after": ([], "Too many requests, reset after 3s"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", RETRY)
def test_retry_after(gateway, name, stream):
    details, text = RETRY[name]
    body = json.dumps([google(429, "RESOURCE_EXHAUSTED", text, details=details)])
    got = gateway.ask({"status": 429, "body": body}, stream=stream)
    seconds = retry_after(body.encode())
    check(got, 429)
    assert int(got.headers["retry-after"]) == -(-seconds // 1), dict(got.headers)
    assert abs(float(got.headers["retry-after-ms"]) - seconds * 1000) <= 1, dict(got.headers)


def test_no_retry_after_without_a_reason(gateway):
    got = gateway.ask({"status": 429, "body": json.dumps(google(429, "RESOURCE_EXHAUSTED"))})
    assert "retry-after" not in got.headers


SECRETIVE = [
    "API key AIzaSyA1234567890abcdefghijklmnopqrstuv is not allowed",
    "call to https://generativelanguage.googleapis.com/v1beta/models/x:generateContent?key=AIzaSyA1234567890abcdefghijklmnopqrstuv failed",
    "Generative Language API has not been used in project 123456789012 before or it is disabled.",
    "Permission denied on resource projects/123456789012/locations/global",
    "token ya29.a0AfH6SMBabcdefghijk expired",
]


@pytest.mark.parametrize("text", SECRETIVE)
@pytest.mark.parametrize("stream", [False, True])
def test_secrets_are_removed_from_googles_messages(gateway, text, stream):
    got = gateway.ask({"status": 403, "body": json.dumps(google(403, "PERMISSION_DENIED", text))}, stream=stream)
    check(got, 403)
    for secret in ("AIzaSy", "123456789012", "ya29."):
        assert secret.encode() not in got.body


def test_an_unknown_path_has_no_influence_on_the_next_request(gateway):
    assert gateway.post(b"{}", path="/nope").status == 404
    assert gateway.ask(path=CHAT).status == 200
