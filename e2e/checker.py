"""What a client must receive for a Gemini reply, worked out a second time.

Written from Google's published reply format and OpenAI's contract, with nothing from `src/`: the
tests compare what the filter delivered with what this file computes from the upstream bytes.

`expect_unary(status, body)` and `expect_stream(body)` give an `Expected`; `compare_message` and
`compare_stream` return a list of differences in words, empty when nothing was lost or added.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field

import checker_compare
from checker_errors import ExpectedError, expect_error
from checker_google import UNREADABLE, stream_values
from checker_parts import Candidate
from checker_usage import compare_usage, merge_usage

CONTENT_FILTER = {
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION",
    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "LANGUAGE",
}
BROKEN = {
    "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
}

@dataclass
class Expected:
    """A whole reply: `choices` by index, or `error`; `usage` None when Google sent none."""

    choices: dict[int, Candidate] = field(default_factory=dict)
    usage: dict | None = None
    model: str | None = None
    response_id: str | None = None
    block_reason: str | None = None
    block_message: str | None = None
    error: ExpectedError | None = None
    # Streams only: the upstream ended without saying why.
    premature: bool = False


# ---------------------------------------------------------------- collecting


def read_candidates(into: Expected, value: dict) -> None:
    """Adds one GenerateContentResponse to `into`."""
    for position, candidate in enumerate(value.get("candidates") or []):
        index = position if candidate.get("index") is None else candidate["index"]
        into.choices.setdefault(index, Candidate()).read(candidate)


def read_value(into: Expected, value) -> None:
    """One reply object; sets `error` when it is an error object."""
    if value is UNREADABLE:
        into.error = ExpectedError(status={502}, type={"server_error"}, code=None)
        return
    if not isinstance(value, dict):
        return
    if "error" in value:
        into.error = expect_error(None, json.dumps(value).encode())
        return
    read_candidates(into, value)
    into.usage = merge_usage(into.usage, value.get("usageMetadata"))
    into.model = into.model or value.get("modelVersion")
    into.response_id = into.response_id or value.get("responseId")
    feedback = value.get("promptFeedback") or {}
    if feedback.get("blockReason"):
        into.block_reason = feedback["blockReason"]
        into.block_message = feedback.get("blockReasonMessage")


def expect_unary(status: int, body: bytes) -> Expected:
    """Expected reply to a generateContent call that Google answered with `status` and `body`."""
    expected = Expected()
    if not 200 <= status < 300:
        expected.error = expect_error(status, body)
        return expected
    value = json.loads(body)
    read_value(expected, value[0] if isinstance(value, list) else value)
    if expected.error:
        return expected
    if not expected.choices:
        expected.choices[0] = Candidate(finish=None if expected.block_reason else "STOP")
    settle(expected)
    return expected


def expect_stream(body: bytes) -> Expected:
    """Expected reply to a streamGenerateContent call answered 200 with `body`, which then ended cleanly."""
    expected = Expected()
    for value in stream_values(body):
        read_value(expected, value)
        if expected.error:
            return expected
    if not expected.choices and expected.block_reason:
        expected.choices[0] = Candidate()
    said_why = expected.block_reason or any(c.finish for c in expected.choices.values())
    if not said_why:
        expected.premature = True
        expected.error = ExpectedError(status={502}, type={"server_error"}, code=None)
        return expected
    settle(expected)
    return expected


def settle(expected: Expected) -> None:
    """A reply that broke off with nothing usable is an error, whatever its HTTP status was."""
    for candidate in expected.choices.values():
        if candidate.finish in BROKEN and not (candidate.text or candidate.calls):
            code = {"malformed_function_call"} if candidate.finish == "MALFORMED_FUNCTION_CALL" else None
            expected.error = ExpectedError(status={502}, type={"server_error"}, code=code)


# ---------------------------------------------------------------- OpenAI's words


def finish_reason(expected: Expected, candidate: Candidate) -> str:
    """OpenAI's finish_reason for one candidate of a reply that is not an error."""
    reason = candidate.finish
    if expected.block_reason and reason is None:
        return "content_filter"
    if reason in ("MAX_TOKENS", "CONTINUATION"):
        return "length"
    if reason in CONTENT_FILTER:
        return "content_filter"
    if candidate.calls:
        return "tool_calls"
    if reason in (None, "STOP") or reason in BROKEN:
        return "stop"
    return "stop" if candidate.text else "content_filter"


def model_name(version: str) -> str:
    """`models/x@001` is reported as `x`."""
    return version.rsplit("/", 1)[-1].split("@")[0]


# ---------------------------------------------------------------- comparing


def compare_choice(expected: Expected, index: int, choice: dict) -> list[str]:
    """Differences in one choice of OpenAI's."""
    message, finish = choice["message"], choice.get("finish_reason")
    want = expected.choices[index]
    problems = []
    content = message.get("content")
    if want.saw_text:
        if content != want.text:
            problems.append(f"content: got {content!r}, expected {want.text!r}")
    elif content:
        problems.append(f"content invented: {content!r}")
    elif (expected.block_reason or (want.calls and not want.saw_other)) and content is not None:
        problems.append(f"content: got {content!r}, expected null")
    elif not (want.calls or want.saw_other or expected.block_reason) and want.finish in ("STOP", "MAX_TOKENS") and content != "":
        problems.append(f"content: got {content!r}, expected an empty string")
    if (message.get("reasoning_content") or "") != want.reasoning:
        problems.append(f"reasoning_content: got {message.get('reasoning_content')!r}, expected {want.reasoning!r}")
    refusal = expected.block_message if expected.block_reason and not want.finish else None
    if (message.get("refusal") or None) != refusal:
        problems.append(f"refusal: got {message.get('refusal')!r}, expected {refusal!r}")
    problems += checker_compare.compare(want, message, choice.get("logprobs"))
    if finish != finish_reason(expected, want):
        problems.append(f"finish_reason: got {finish!r}, expected {finish_reason(expected, want)!r}")
    # Google's words as they came; a blocked prompt's reason is one.
    for name, said in (("native_finish_reason", want.native_finish or expected.block_reason), ("native_finish_message", want.finish_message)):
        if choice.get(name) != said:
            problems.append(f"{name}: got {choice.get(name)!r}, expected {said!r}")
    return [f"choice {index}: {p}" for p in problems]


def compare_envelope(expected: Expected, got: dict) -> list[str]:
    """id and model, which come from the reply when it names them."""
    problems = []
    if expected.response_id and got.get("id") != "chatcmpl-" + expected.response_id:
        problems.append(f"id: got {got.get('id')!r} for responseId {expected.response_id!r}")
    if expected.model and got.get("model") != model_name(expected.model):
        problems.append(f"model: got {got.get('model')!r} for modelVersion {expected.model!r}")
    return problems


def compare_message(expected: Expected, status: int, got: dict) -> list[str]:
    """Differences between a non-streaming reply (`status`, parsed JSON) and `expected`."""
    if expected.error:
        return expected.error.differences(status, got)
    if status != 200:
        return [f"status {status}: {json.dumps(got)[:300]}"]
    choices = {c.get("index"): c for c in got.get("choices") or []}
    if sorted(choices) != sorted(expected.choices):
        return [f"choices: got {sorted(choices)}, expected {sorted(expected.choices)}"]
    problems = compare_envelope(expected, got) + compare_usage(expected.usage, got.get("usage"))
    for index, choice in choices.items():
        problems += compare_choice(expected, index, choice)
    return problems


def compare_stream(expected: Expected, got) -> list[str]:
    """Differences between a `checker_stream.Collected` client stream and `expected`."""
    if expected.error:
        if got.error is None:
            return ["an error was expected in the stream, none came"]
        return expected.error.differences(None, {"error": got.error})
    if got.error is not None:
        return [f"unexpected error in the stream: {got.error}"]
    if sorted(got.messages) != sorted(expected.choices):
        return [f"choices: got {sorted(got.messages)}, expected {sorted(expected.choices)}"]
    problems = compare_envelope(expected, got.first)
    if got.include_usage:
        problems += compare_usage(expected.usage, got.usage)
    for index, choice in got.choices().items():
        message, want = choice["message"], expected.choices[index]
        # A stream opens with an empty text, so an empty and an absent content are one there.
        if not message["content"]:
            message["content"] = "" if want.saw_text or not (want.calls or want.saw_other or expected.block_reason) else None
        problems += compare_choice(expected, index, choice)
    return problems
