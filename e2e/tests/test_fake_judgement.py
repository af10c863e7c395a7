"""What the fake Google refuses, in which words, and what it must not refuse."""

import copy
from itertools import pairwise

import pytest
from fake_fixtures import KEY, PLAIN, STREAM, said, send
from fake_refusals import (
    ALL,
    ANSWERED,
    ASK,
    CALL,
    CALLED,
    DOCUMENTED,
    G3,
    RESPONSE,
    SIGNATURES,
    SURFACE,
    TURNS,
    VERTEX,
    Bad,
    blob,
)

from fake_google.launch import Fake

SIGNED = {"role": "model", "parts": [{**CALL, "thoughtSignature": "c2ln"}, CALL]}
BOTH_ANSWERED = {"role": "user", "parts": [RESPONSE, RESPONSE]}


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def put(body, path, value):
    """Sets `value` at the dotted `path`, making objects and arrays on the way."""
    steps = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step, following in pairwise(steps):
        body = entry(body, step, [] if isinstance(following, int) else {})
    if entry(body, steps[-1], value) is not value:
        body[steps[-1]] = value


def entry(body, step, fresh):
    """What `body` holds at `step`, which is `fresh` when there was nothing."""
    if isinstance(body, dict):
        return body.setdefault(step, fresh)
    if step == len(body):
        body.append(fresh)
    return body[step]


def changed(changes):
    body = said("hi")
    for path, value in changes.items():
        put(body, path, copy.deepcopy(value))
    return body


def target(bad: Bad):
    return bad.path or PLAIN.replace("gemini-2.5-flash", bad.model)


def post(google, bad: Bad):
    body = changed(bad.set) if bad.body is None else bad.body
    return send(google, target(bad), body, bad.headers, bad.method)


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_refused(google, bad):
    reply = post(google, bad)
    assert reply.status == bad.status, reply.body
    error = reply.json()["error"]
    assert error["message"].startswith(bad.message), error["message"]
    assert error["code"] == bad.status
    if bad.at is not None:
        violation = error["details"][0]["fieldViolations"][0]
        assert violation == {"field": bad.at, "description": error["message"].split("\n")[0]}


@pytest.mark.parametrize(
    "bad", [bad for bad in ALL if bad not in SURFACE and bad.body is None], ids=lambda bad: bad.name
)
def test_the_change_alone_is_refused(google, bad):
    """The same request without the change is accepted, so the refusal is about the change."""
    assert send(google, target(bad), said("hi")).status == 200


def test_there_are_enough():
    assert len(ALL) >= 30
    assert len({bad.name for bad in ALL}) == len(ALL)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1beta/models",
        "/v1beta/models/gemini-2.5-flash",
        "/v9/models/gemini-2.5-flash:generateContent",
        "/v1beta/models/a/b:generateContent",
        "/v1beta/models/gemini-2.5-flash:generatecontent",
        "/v1beta//models/gemini-2.5-flash:generateContent",
        "/v1beta/chat/completions",
    ],
)
def test_unknown_paths_get_the_html_page(google, path):
    reply = send(google, path, said("hi"))
    assert reply.status == 404
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert b"<title>Error 404 (Not Found)!!1</title>" in reply.body and path.encode() in reply.body


def test_bad_key_names_its_reason(google):
    reply = send(google, PLAIN, said("hi"), {"x-goog-api-key": "nope"})
    assert reply.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"
    assert b"nope" not in reply.body


def test_credentials_come_before_the_body(google):
    assert send(google, PLAIN, b"{", {}).status == 403


def test_errors_before_a_stream(google):
    """Plain JSON typed as a stream with `alt=sse`, an array without; both recorded."""
    sse, array = send(google, STREAM, {}), send(google, STREAM.removesuffix("?alt=sse"), {})
    assert (sse.status, sse.headers["content-type"]) == (400, "text/event-stream")
    assert sse.json()["error"]["code"] == 400
    assert array.json()[0]["error"] == sse.json()["error"]


LENIENT = {
    "snake_case": {"generation_config": {"max_output_tokens": 5}, "system_instruction": {"parts": [{"text": "a"}]}},
    "lower-case enum": {"tools.0.functionDeclarations.0": {"name": "f", "parameters": {"type": "object"}}},
    "numeric enum": {"safetySettings.0": {"category": 7, "threshold": 3}},
    "null": {"generationConfig.temperature": None, "tools": None, "toolConfig": None},
    "one object for an array": {"systemInstruction.parts": {"text": "a"}, "tools": {"googleSearch": {}}},
    "numbers as strings": {"generationConfig.maxOutputTokens": "5", "generationConfig.temperature": "0.5"},
    "a whole float for an integer": {"generationConfig.maxOutputTokens": 5.0},
    "URL-safe base64 without padding": {"contents.0.parts.0.thoughtSignature": "_-8"},
    "empty properties": {
        "tools.0.functionDeclarations.0": {"name": "f", "parameters": {"type": "OBJECT", "properties": {}}}
    },
    "a recursive JSON Schema": {
        "tools.0.functionDeclarations.0": {
            "name": "f",
            "parametersJsonSchema": {
                "$defs": {"A": {"type": ["object", "null"], "properties": {"const": {"$ref": "#/$defs/A"}}}},
                "type": "object",
                "properties": {"a": {"$ref": "#/$defs/A"}, "enum": {"enum": ["", 1.5]}},
                "additionalProperties": {"anyOf": [{}, {"type": "null"}]},
            },
        }
    },
    "media of every kind": {
        "contents.0.parts": [
            {"text": "look"},
            blob("image/png"),
            blob("audio/L16;rate=24000"),
            blob("video/mp4"),
            blob("application/pdf"),
            blob("text/csv"),
            {"fileData": {"fileUri": "https://generativelanguage.googleapis.com/v1beta/files/x"}},
            {"fileData": {"fileUri": "files/x"}},
            {"fileData": {"fileUri": "https://www.youtube.com/watch?v=x", "mimeType": "video/mp4"}},
        ]
    },
    "no role": {"contents.0.role": None},
    "empty text beside text": {"contents.0.parts.1.text": ""},
    "a oneof member that is null": {"contents.0.parts.0.inlineData": None},
    "zero penalties": {"generationConfig.presencePenalty": 0, "generationConfig.frequencyPenalty": 0.0},
    "dynamic thinking": {"generationConfig.thinkingConfig.thinkingBudget": -1},
    "a prefill before Gemini 3": {"contents": [ASK, {"role": "model", "parts": [{"text": "Sure, "}]}]},
    "responses and words in neighbouring contents": {"contents": [ASK, CALLED, ANSWERED, ASK]},
    "unsigned calls before Gemini 3": {"contents": [ASK, CALLED, ANSWERED]},
}


@pytest.mark.parametrize("changes", LENIENT.values(), ids=LENIENT)
def test_leniency(google, changes):
    reply = send(google, PLAIN, changed(changes))
    assert reply.status == 200, reply.body


SIGNED_TURNS = {
    "the first of parallel calls is signed": [ASK, SIGNED, BOTH_ANSWERED],
    "an earlier turn is not looked at": [ASK, CALLED, ANSWERED, {"role": "model", "parts": [{"text": "so"}]}, ASK],
    "the dummy, base64": [
        ASK,
        {"role": "model", "parts": [{**CALL, "thoughtSignature": "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="}]},
        ANSWERED,
    ],
    "the dummy, literal": [
        ASK,
        {"role": "model", "parts": [{**CALL, "thoughtSignature": "skip_thought_signature_validator"}]},
        ANSWERED,
    ],
}


@pytest.mark.parametrize("contents", SIGNED_TURNS.values(), ids=SIGNED_TURNS)
def test_signatures_in_order(google, contents):
    reply = send(google, PLAIN.replace("gemini-2.5-flash", G3), {"contents": contents})
    assert reply.status == 200, reply.body


def test_penalties_where_recorded(google):
    config = {"generationConfig": {"presencePenalty": -1.5}}
    assert send(google, VERTEX, {**said("hi"), **config}).status == 200
    assert send(google, PLAIN.replace("2.5", "2.0"), {**said("hi"), **config}).status == 200


@pytest.mark.parametrize(
    "group, rows",
    [("turn_rules", TURNS), ("signatures", SIGNATURES), ("documented", DOCUMENTED)],
    ids=["turns", "signatures", "documented"],
)
def test_groups_can_be_switched_off(google, group, rows):
    try:
        google.rules(**{group: False})
        for bad in rows:
            assert post(google, bad).status == 200, bad.name
    finally:
        google.rules(**{group: True})


MODALITIES = {
    "gemini-2.5-flash-preview-tts": {(): 400, ("TEXT",): 400, ("AUDIO",): 200, ("TEXT", "AUDIO"): 400},
    "gemini-2.5-flash-image": {(): 200, ("TEXT", "IMAGE"): 200, ("IMAGE",): 200, ("AUDIO",): 400},
    "gemini-2.5-flash": {(): 200, ("TEXT",): 200, ("IMAGE",): 400},
}


@pytest.mark.parametrize("model", MODALITIES)
def test_each_model_answers_in_its_own_way(google, model):
    for wanted, status in MODALITIES[model].items():
        body = {**said("hi"), "generationConfig": {"responseModalities": list(wanted)}}
        assert send(google, PLAIN.replace("gemini-2.5-flash", model), body).status == status, wanted
