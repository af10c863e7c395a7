"""The checker itself: it finds what is wrong, and has nothing to say about OpenAI's own recorded streams."""

import copy
import json

import pytest
from checker import compare_message, compare_stream, expect_stream, expect_unary
from checker_contents import expected
from checker_errors import expect_error, retry_after
from checker_google import stream_values
from checker_requests import compare_request, fold_seed, generation
from checker_stream import collect
from support.contract import contract_problems
from support.corpus import generations, is_stream, records
from support.lab import MODEL, candidate, chat, events, reply, sse

USAGE = {
    "prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8,
    "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0},
}  # fmt: skip
GOOD = {
    "id": "chatcmpl-r1", "object": "chat.completion", "created": 1_760_000_000, "model": MODEL, "usage": USAGE,
    "choices": [{"index": 0, "finish_reason": "stop", "native_finish_reason": "STOP", "logprobs": None,
                 "message": {"role": "assistant", "content": "Hello there.", "refusal": None}}],
}  # fmt: skip


def change(path: str, value):
    """A copy of GOOD with one value changed; path like `choices.0.message.content`."""
    made = copy.deepcopy(GOOD)
    *way, last = path.split(".")
    at = made
    for key in way:
        at = at[int(key) if key.isdigit() else key]
    at[last] = value
    return made


def test_a_right_reply_has_no_differences():
    assert compare_message(expect_unary(200, json.dumps(reply()).encode()), 200, GOOD) == []
    assert contract_problems("CreateChatCompletionResponse", GOOD) == []


WRONG = [
    ("choices.0.message.content", "Hello there"),
    ("choices.0.message.content", None),
    ("choices.0.message.reasoning_content", "made up"),
    ("choices.0.message.refusal", "no"),
    ("choices.0.finish_reason", "length"),
    ("choices.0.index", 1),
    ("choices", []),
    ("usage", None),
    ("usage.completion_tokens", 4),
    ("usage.total_tokens", 9),
    ("usage.prompt_tokens_details", {"cached_tokens": 1}),
    ("usage.completion_tokens_details", {"reasoning_tokens": 2}),
    ("model", "gpt-4"),
    ("id", "chatcmpl-other"),
]


@pytest.mark.parametrize(("path", "value"), WRONG)
def test_every_loss_is_found(path, value):
    assert compare_message(expect_unary(200, json.dumps(reply()).encode()), 200, change(path, value)) != []


@pytest.mark.parametrize("arguments", ['{"x":1}', '{"x":2}', "{}", None])
def test_a_lost_or_changed_call_is_found(arguments):
    upstream = reply({"content": {"parts": [{"functionCall": {"name": "f", "args": {"x": 1}}}]}, "finishReason": "STOP"})
    made = change("choices.0.finish_reason", "tool_calls")
    calls = [] if arguments is None else [{"id": "c", "type": "function", "function": {"name": "f", "arguments": arguments}}]
    made["choices"][0]["message"] |= {"content": None, "tool_calls": calls}
    problems = compare_message(expect_unary(200, json.dumps(upstream).encode()), 200, made)
    assert (problems == []) == (arguments == '{"x":1}'), problems


@pytest.mark.parametrize(
    ("path", "value"), [("choices.0.finish_reason", "eos"), ("choices.0.message", {"content": "x"}), ("created", "now"), ("usage", {})]
)
def test_the_schema_finds_what_is_invalid(path, value):
    assert contract_problems("CreateChatCompletionResponse", change(path, value)) != []


def chunk(delta, finish=None, **fields):
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    choice |= {"native_finish_reason": "STOP"} if finish else {}
    return {"id": "chatcmpl-r1", "object": "chat.completion.chunk", "created": 1_760_000_000, "model": MODEL, "choices": [choice], **fields}


ROLE, HELLO, FINISH = chunk({"role": "assistant", "content": "", "refusal": None}), chunk({"content": "Hello"}), chunk({}, "stop")


def written(*chunks, done=True) -> bytes:
    return b"".join(b"data: " + json.dumps(c).encode() + b"\n\n" for c in chunks) + (b"data: [DONE]\n\n" if done else b"")


def test_a_right_stream_has_no_problems():
    got = collect(written(ROLE, HELLO, FINISH))
    assert got.problems == []
    assert compare_stream(expect_stream(sse([reply(candidate("Hello"))])), got) == []


ERROR = {"error": {"message": "m", "type": "server_error", "param": None, "code": None}}
BREACHES = {
    "no done": written(ROLE, HELLO, FINISH, done=False),
    "done twice": written(ROLE, HELLO, FINISH) + b"data: [DONE]\n\n",
    "role twice": written(ROLE, ROLE, FINISH),
    "no role": written(HELLO, FINISH),
    "no finish": written(ROLE, HELLO),
    "finish twice": written(ROLE, FINISH, FINISH),
    "text after the finish": written(ROLE, FINISH, HELLO),
    "finish with text": written(ROLE, chunk({"content": "x"}, "stop")),
    "id changes": written(ROLE, {**HELLO, "id": "other"}, FINISH),
    "created changes": written(ROLE, {**HELLO, "created": 1_760_000_001}, FINISH),
    "usage unasked": written(ROLE, {**HELLO, "usage": None}, FINISH),
    "done after an error": written(ROLE, ERROR),
    "text after an error": written(ROLE, ERROR, HELLO, done=False),
    "finish before an error": written(ROLE, FINISH, ERROR, done=False),
    "bad error": written(ROLE, {"error": {"message": "m"}}, done=False),
    "no logprobs": written({**ROLE, "choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]}, FINISH),
    "CRLF": written(ROLE, FINISH).replace(b"\n", b"\r\n"),
    "Google's bytes": sse(events("leaked")) + written(ROLE, FINISH),
    "cut": written(ROLE, FINISH)[:-5],
}


@pytest.mark.parametrize("name", BREACHES)
def test_every_breach_of_the_contract_is_found(name):
    assert collect(BREACHES[name]).problems != []


def test_usage_must_be_where_it_belongs():
    last = {**ROLE, "choices": [], "usage": USAGE}
    with_null = [{**c, "usage": None} for c in (ROLE, HELLO, FINISH)]
    assert collect(written(*with_null, last), include_usage=True).problems == []
    assert collect(written(*with_null), include_usage=True).problems != []
    assert collect(written(ROLE, HELLO, FINISH, last), include_usage=True).problems != []
    assert collect(written(*with_null, last)).problems != []


NULLS = ("choice without ['logprobs']", "a chunk without the usage key")


def test_openais_own_streams_keep_the_contract():
    """Recorded from OpenAI itself, which of late leaves some nulls out. Not looked at: what a recorder or another
    provider behind the same client wrote (line ends, `provider` in each chunk)."""
    checked = 0
    for record in records("openai-requests.jsonl.gz"):
        body = (record["response_body"] or "").replace("\r\n", "\n").rstrip("\n") + "\n\n"
        first = body.split("\n\n")[0]
        if record["endpoint"] != "POST /v1/chat/completions" or "[DONE]" not in body or "\n" in first or '"provider"' in first:
            continue
        problems = collect(body.encode(), '"usage":' in body).problems
        assert [p for p in problems if p not in NULLS] == [], record["id"]
        checked += 1
    assert checked >= 40


def test_requests_are_compared_exactly():
    body = chat("hi", temperature=0.5, stop="END", messages=[{"role": "system", "content": "s"}, {"role": "user", "content": "hi"}])
    good = {
        "contents": [{"role": "user", "parts": [{"text": "hi"}]}], "systemInstruction": {"parts": [{"text": "s"}]},
        "generationConfig": {"temperature": 0.5, "stopSequences": ["END"]},
    }  # fmt: skip
    assert compare_request(body, MODEL, good) == []
    for key, value in [
        ("contents", [{"role": "user", "parts": [{"text": "h"}]}]),
        ("contents", [{"role": "user", "parts": [{"text": "hi", "thought": True}]}]),
        ("systemInstruction", {"parts": []}),
        ("generationConfig", {"temperature": 0.5}),
        ("generationConfig", {"temperature": 0.5, "stopSequences": ["END"], "topP": 1}),
        ("safetySettings", []),
    ]:
        assert compare_request(body, MODEL, {**good, key: value}) != [], (key, value)


def test_rules_with_a_worked_example():
    assert generation("gemini-2.5-flash") == (2, 5) < generation("gemini-3-flash-preview") < generation("gemini-flash-latest")
    assert fold_seed(2**31) == -(2**31) and fold_seed(5 << 32) == 5 and fold_seed(-1) == -1
    _, repaired = expected([{"role": "assistant", "content": "x"}], generation("gemini-3-pro"))
    assert [turn.role for turn in repaired] == ["user", "model", "user"]
    limited = b'[{"error":{"code":429,"status":"RESOURCE_EXHAUSTED","message":"Please retry in 26.66s"}}]'
    assert retry_after(limited) == 26.66
    assert expect_error(429, limited).differences(429, ERROR) != []


def test_streams_are_read_the_same_in_every_framing():
    """The checker's own reader, over everything recorded: nothing unreadable, and the same without line ends."""
    for record in filter(is_stream, generations()):
        if record["status"] == 200 and record["response_body"]:
            values = stream_values(record["response_body"].encode())
            assert values and all(isinstance(v, dict) for v in values), record["id"]
            assert stream_values(json.dumps(values, indent=1).encode()) == values, record["id"]
