"""Replies to a chat: what the checker computes from Google's bytes is what the client gets, in OpenAI's schema.

Each reply is asked for three times: whole, as one stream event, and as a stream with the text in two events.
"""

import json
import time

import pytest
from checker import compare_message, compare_stream, expect_stream, expect_unary
from support.contract import contract_problems
from support.lab import candidate, reply, sse, stream_body


def model(*parts, finish="STOP", **fields):
    return {"content": {"role": "model", "parts": list(parts)}, "finishReason": finish, **fields}


def thought(text):
    return {"text": text, "thought": True}


def counters(**fields):
    return reply(usage=fields)


SHAPES = {
    "plain": reply(),
    "two parts": reply(model({"text": "a"}, {"text": "b"})),
    "empty text": reply(model({"text": ""})),
    "no parts": reply(model()),
    "no content": reply({"finishReason": "STOP"}),
    "empty content": reply({"content": {}, "finishReason": "STOP"}),
    "role only": reply({"content": {"role": "model"}, "finishReason": "STOP"}),
    "no role": reply({"content": {"parts": [{"text": "x"}]}, "finishReason": "STOP"}),
    "null text": reply(model({"text": None}, {"text": "x"})),
    "empty part": reply(model({}, {"text": "x"})),
    "unknown part": reply(model({"hologram": {"x": 1}}, {"text": "x"})),
    "thought first": reply(model(thought("let me see. "), {"text": "42"})),
    "interleaved thoughts": reply(model(thought("a"), {"text": "b"}, thought("c"), {"text": "d"})),
    "thought without text": reply(model({"thought": True}, {"text": "x"})),
    "thought only": reply(model(thought("only thinking"), finish="MAX_TOKENS")),
    "thought false": reply(model({"text": "x", "thought": False})),
    "signature": reply(model({"text": "x", "thoughtSignature": "c2lnbmF0dXJl"})),
    "signature on empty text": reply(model({"text": "x"}, {"text": "", "thoughtSignature": "c2ln"})),
    "signature only": reply(model({"text": "x"}, {"thoughtSignature": "c2ln"})),
    "unicode": reply(model({"text": "zażółć 🧑‍🚀 \u2028 \u2029 \u0085 \x00 \x1f \x7f \"\\/\n\r\t"})),
    "data: in text": reply(model({"text": "data: {\"x\": 1}\n\ndata: [DONE]\n\n"})),
    "long": reply(model({"text": "lorem ipsum " * 30_000})),
    "two candidates": reply({**candidate("a"), "index": 0}, {**candidate("b", "MAX_TOKENS"), "index": 1}),
    "index missing": reply(candidate("a"), {**candidate("b"), "index": 1}),
    "candidates in reverse": reply({**candidate("b"), "index": 1}, {**candidate("a"), "index": 0}),
    "no modelVersion": {k: v for k, v in reply().items() if k != "modelVersion"},
    "no responseId": {k: v for k, v in reply().items() if k != "responseId"},
    "model path": reply(modelVersion="models/gemini-2.5-flash-001"),
    "model with version": reply(modelVersion="publishers/google/models/gemini-2.5-pro@001"),
    "create time": reply(createTime="2025-03-04T05:06:07.890123Z"),
    "unknown fields": reply(candidate(futureThing={"a": [1]}), alsoNew="x"),
    "null fields": reply(candidate(index=None, safetyRatings=None, citationMetadata=None), promptFeedback=None),
    "finish message": reply(candidate(finishMessage="Finished successfully")),
    "safety ratings": reply(candidate(safetyRatings=[{"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}])),
    "no usage": {k: v for k, v in reply().items() if k != "usageMetadata"},
    "only prompt tokens": counters(promptTokenCount=7),
    "prompt and total": counters(promptTokenCount=10, totalTokenCount=10),
    "thoughts apart": counters(promptTokenCount=10, candidatesTokenCount=5, thoughtsTokenCount=20, totalTokenCount=35),
    "thoughts inside": counters(promptTokenCount=10, candidatesTokenCount=25, thoughtsTokenCount=20, totalTokenCount=35),
    "no candidates count": counters(promptTokenCount=9, thoughtsTokenCount=50, totalTokenCount=59),
    "tool prompt": counters(promptTokenCount=21, toolUsePromptTokenCount=243, candidatesTokenCount=126, thoughtsTokenCount=95, totalTokenCount=485),
    "cached": counters(promptTokenCount=100, cachedContentTokenCount=80, candidatesTokenCount=1, totalTokenCount=101),
    "sum differs": counters(promptTokenCount=5, candidatesTokenCount=3, totalTokenCount=20),
    "total too small": counters(promptTokenCount=5, candidatesTokenCount=3, totalTokenCount=2),
    "no total": counters(promptTokenCount=5, candidatesTokenCount=3, thoughtsTokenCount=4),
    "modalities": counters(
        promptTokenCount=16, candidatesTokenCount=3, totalTokenCount=19,
        promptTokensDetails=[{"modality": "TEXT", "tokenCount": 5}, {"modality": "DOCUMENT", "tokenCount": 4},
                             {"modality": "IMAGE", "tokenCount": 6}, {"modality": "AUDIO", "tokenCount": 1}],
        candidatesTokensDetails=[{"modality": "TEXT", "tokenCount": 3}],
    ),
    "numeric enums": reply(
        candidate("x", 2),
        usage={"promptTokenCount": 5, "totalTokenCount": 5, "promptTokensDetails": [{"modality": 1, "tokenCount": 5}]},
    ),
    "unknown numeric enums": reply(
        candidate("x", 99),
        usage={"promptTokenCount": 5, "totalTokenCount": 5, "promptTokensDetails": [{"modality": 77, "tokenCount": 5}]},
    ),
    "standard tier": counters(promptTokenCount=1, candidatesTokenCount=1, totalTokenCount=2, serviceTier="standard"),
    "blocked": {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4}},
    "blocked with words": {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT", "blockReasonMessage": "Not that."}},
    "blocked, unknown reason": {"promptFeedback": {"blockReason": "NEW_REASON"}, "candidates": []},
    "feedback without block": reply(promptFeedback={"safetyRatings": []}),
}  # fmt: skip

FINISH = [
    "STOP", "MAX_TOKENS", "CONTINUATION", "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR",
    "ESCALATION", "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "LANGUAGE", "OTHER", "IMAGE_OTHER", "NO_IMAGE",
    "FINISH_REASON_UNSPECIFIED", "SOMETHING_NEW", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
    "MALFORMED_RESPONSE", "MISSING_THOUGHT_SIGNATURE",
]  # fmt: skip
for _reason in FINISH:
    SHAPES[f"{_reason} with text"] = reply(candidate("partial", _reason))
    SHAPES[f"{_reason} without"] = reply(candidate(None, _reason, finishMessage="why it ended"))
    SHAPES[f"{_reason} after a thought"] = reply(model(thought("hm"), {"text": "x"}, finish=_reason))


def check_unary(gateway, upstream: bytes) -> None:
    got = gateway.ask({"body": upstream.decode()})
    assert compare_message(expect_unary(200, upstream), got.status, got.json) == []
    name = "CreateChatCompletionResponse" if got.status == 200 else "ErrorResponse"
    assert contract_problems(name, got.json) == []
    assert got.headers["content-type"].startswith("application/json")


def check_stream(gateway, upstream: bytes, include_usage: bool) -> None:
    options = {"stream_options": {"include_usage": True}} if include_usage else {}
    got = gateway.ask(stream_body(upstream), stream=True, **options)
    if got.status != 200:
        error = expect_stream(upstream).error
        assert error is not None and error.differences(got.status, got.json) == [], got.body
        return
    assert got.stream.problems == []
    assert compare_stream(expect_stream(upstream), got.stream) == []
    for chunk in got.stream.chunks:
        assert contract_problems("CreateChatCompletionStreamResponse", chunk) == []
    assert got.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("name", SHAPES)
def test_whole(gateway, name):
    check_unary(gateway, json.dumps(SHAPES[name], indent=2).encode())


@pytest.mark.parametrize("include_usage", [False, True])
@pytest.mark.parametrize("name", SHAPES)
def test_one_event(gateway, name, include_usage):
    check_stream(gateway, sse([SHAPES[name]]), include_usage)


@pytest.mark.parametrize("name", [n for n, value in SHAPES.items() if value.get("candidates")])
def test_between_other_events(gateway, name):
    """The same after a first text and before a last event that carries nothing but usage."""
    value = SHAPES[name]
    opening = {"candidates": [{"content": {"role": "model", "parts": [{"text": "So: "}]}, "index": 0}], **common(value)}
    closing = {"usageMetadata": value.get("usageMetadata", {}), **common(value)}
    check_stream(gateway, sse([opening, value, closing]), True)


def common(value: dict) -> dict:
    return {k: value[k] for k in ("modelVersion", "responseId") if k in value}


def test_empty_object_is_an_empty_answer(gateway):
    got = gateway.ask({"body": "{}"})
    assert (got.status, got.text, got.json["choices"][0]["finish_reason"]) == (200, "", "stop")
    assert contract_problems("CreateChatCompletionResponse", got.json) == []


def test_no_candidates_is_an_empty_answer(gateway):
    got = gateway.ask({"body": json.dumps({"candidates": [], "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 1}})})
    assert (got.status, got.text, got.json["choices"][0]["finish_reason"]) == (200, "", "stop")
    assert got.json["usage"]["prompt_tokens"] == 1


def test_absent_finish_reason_is_stop(gateway):
    got = gateway.ask({"body": json.dumps(reply(candidate("x", None)))})
    assert got.json["choices"][0]["finish_reason"] == "stop"


def test_required_nulls_and_envelope(gateway):
    got = gateway.ask().json
    choice = got["choices"][0]
    assert got["object"] == "chat.completion"
    assert got["id"] == "chatcmpl-r1"
    assert choice["message"]["refusal"] is None and choice["logprobs"] is None
    assert choice["message"]["role"] == "assistant"
    assert choice["native_finish_reason"] == "STOP"


def test_created_is_createtime_or_now(gateway):
    made = gateway.ask({"body": json.dumps(SHAPES["create time"])}).json["created"]
    assert made == 1741064767
    now = gateway.ask().json["created"]
    assert abs(now - time.time()) < 30


def test_an_id_is_made_when_google_sends_none(gateway):
    body = json.dumps(SHAPES["no responseId"])
    first, second = (gateway.ask({"body": body}).json["id"] for _ in range(2))
    assert first.startswith("chatcmpl-") and len(first) > 20
    assert first != second


def test_requested_model_when_google_names_none(gateway):
    assert gateway.ask({"body": json.dumps(SHAPES["no modelVersion"])}).json["model"] == "gemini-2.5-flash"


@pytest.mark.parametrize(("tier", "expected"), [("standard", "default"), ("flex", "flex"), ("priority", "priority")])
@pytest.mark.parametrize("carrier", ["body", "header"])
def test_service_tier(gateway, tier, expected, carrier):
    usage = {"promptTokenCount": 1, "candidatesTokenCount": 1, "totalTokenCount": 2}
    scenario = {"body": json.dumps(reply(usage={**usage, "serviceTier": tier} if carrier == "body" else usage))}
    if carrier == "header":
        scenario["headers"] = {"x-gemini-service-tier": tier}
    assert gateway.ask(scenario).json["service_tier"] == expected


def test_error_inside_a_200(gateway):
    error = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
    got = gateway.ask({"body": json.dumps(error)})
    assert got.status == 503
    assert (got.error["type"], got.error["code"]) == ("server_error", "overloaded")


@pytest.mark.parametrize("body", ["not json", "", "<html>hi</html>", "42", '{"candidates": [{"content"'])
def test_unreadable_reply_is_a_bad_gateway(gateway, body):
    got = gateway.ask({"body": body})
    assert got.status == 502, (got.status, got.body)
    assert got.error["type"] == "server_error"
