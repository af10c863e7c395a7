"""What a client must receive for a Gemini reply, worked out a second time.

Written from Google's published reply format and OpenAI's contract, with nothing from `src/`: the
tests compare what the filter delivered with what this file computes from the upstream bytes.

`expect_unary(status, body)` and `expect_stream(body)` give an `Expected`; `compare_message` and
`compare_stream` return a list of differences in words, empty when nothing was lost or added.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

from checker_calls import assemble
from checker_errors import ExpectedError, expect_error

CONTENT_FILTER = {
    "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "ESCALATION",
    "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "LANGUAGE",
}
BROKEN = {
    "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE",
    "MISSING_THOUGHT_SIGNATURE",
}
# Kong's fixtures carry the text "NULL" where Google would leave the field out.
NO_FINISH = {None, "", "NULL"}
# Some clients ask for enums as numbers (`$alt=json;enum-encoding=int`). Both of Google's APIs agree on these.
FINISH_NUMBERS = {0: "FINISH_REASON_UNSPECIFIED", 1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION", 5: "OTHER"}
MODALITY_NUMBERS = {1: "TEXT", 2: "IMAGE", 3: "VIDEO", 4: "AUDIO", 5: "DOCUMENT"}


@dataclass
class Candidate:
    """One candidate, collected over the whole reply. `finish` is Google's word, None if never given."""

    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    saw_text: bool = False
    calls: list = field(default_factory=list)
    saw_other: bool = False


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


# ---------------------------------------------------------------- reading Google's bytes


UNREADABLE = object()


def json_values(text: str) -> list:
    """All JSON values in `text`, concatenated or in an (unfinished) array; UNREADABLE ends a broken one."""
    decoder = json.JSONDecoder(strict=False)
    values, at = [], 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,[]":
            at += 1
        if at >= len(text):
            return values
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return [*values, UNREADABLE]
        values.append(value)


def stream_values(body: bytes) -> list:
    """The JSON values of a stream in order: SSE events, array framing, bare or concatenated JSON."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    values, data, bare = [], [], []
    for line in [*re.split("\r\n|\n|\r", text), ""]:
        if not bare and re.match("(data|event|id|retry)?:", line):
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            continue
        if not line.strip() and not bare:
            event, data = "\n".join(data), []
            if event.strip() != "[DONE]":
                values += json_values(event)
            continue
        bare.append(line)
        if not re.match(r"[\[{,\]]|\s*$", bare[0]):
            bare = []
    if data:
        values += json_values("\n".join(data))
    return values + json_values("\n".join(bare))


# ---------------------------------------------------------------- collecting


def read_candidates(into: Expected, value: dict) -> None:
    """Adds one GenerateContentResponse to `into`: text and thoughts are appended, never joined by anything."""
    for position, candidate in enumerate(value.get("candidates") or []):
        index = position if candidate.get("index") is None else candidate["index"]
        state = into.choices.setdefault(index, Candidate())
        if candidate.get("finishReason") not in NO_FINISH:
            state.finish = FINISH_NUMBERS.get(candidate["finishReason"], candidate["finishReason"])
        for part in (candidate.get("content") or {}).get("parts") or []:
            read_part(state, part)


def read_part(state: Candidate, part: dict) -> None:
    """A part may carry text, a thought, a call or media; an unknown one adds nothing."""
    if isinstance(part.get("text"), str):
        if part.get("thought") is True:
            state.reasoning += part["text"]
        else:
            state.text += part["text"]
            state.saw_text = True
    elif "functionCall" in part:
        state.calls.append(part["functionCall"])
    elif part.keys() - {"thought", "thoughtSignature", "text"}:
        state.saw_other = True


def merge_usage(seen: dict | None, new: dict | None) -> dict | None:
    """Cumulative counters: the largest seen of each field, since fields come and go between chunks."""
    if new is None:
        return seen
    merged = dict(seen or {})
    for key, value in new.items():
        if isinstance(value, int) and not isinstance(value, bool):
            merged[key] = max(value, merged.get(key) or 0)
        elif key.endswith("Details"):
            before, now = modality_counts(merged.get(key)), modality_counts(value)
            largest = {name: max(before.get(name, 0), now.get(name, 0)) for name in before | now}
            merged[key] = [{"modality": name, "tokenCount": count} for name, count in largest.items()]
        elif value is not None:
            merged[key] = value
    return merged


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


def usage(meta: dict) -> dict:
    """OpenAI's counters from Google's: thoughts count as completion, tool prompts as prompt."""
    get = lambda key: meta.get(key) or 0  # noqa: E731
    prompt = get("promptTokenCount") + get("toolUsePromptTokenCount")
    completion = get("candidatesTokenCount")
    total = get("totalTokenCount")
    if prompt + completion != total:
        completion += get("thoughtsTokenCount")
    if total >= prompt and total:
        completion = total - prompt
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "cached_tokens": get("cachedContentTokenCount"),
        "reasoning_tokens": get("thoughtsTokenCount"),
    }


def modality_counts(details: list | None) -> dict:
    """{TEXT: 3, AUDIO: 5} of a promptTokensDetails list; documents count as text."""
    counts: dict[str, int] = {}
    for entry in details or []:
        name = MODALITY_NUMBERS.get(entry.get("modality"), entry.get("modality"))
        name = "TEXT" if name == "DOCUMENT" else name
        counts[name] = counts.get(name, 0) + (entry.get("tokenCount") or 0)
    return counts


def model_name(version: str) -> str:
    """`models/x@001` is reported as `x`."""
    return version.rsplit("/", 1)[-1].split("@")[0]


# ---------------------------------------------------------------- comparing


def compare_usage(meta: dict | None, got: dict | None) -> list[str]:
    """Differences between Google's usageMetadata and an OpenAI usage object."""
    if meta is None:
        nothing = not got or not any(got.get(k) for k in ("prompt_tokens", "completion_tokens", "total_tokens"))
        return [] if nothing else [f"usage invented: {got}"]
    if not got:
        return ["usage missing"]
    want = usage(meta)
    prompt = got.get("prompt_tokens_details") or {}
    completion = got.get("completion_tokens_details") or {}
    have = {
        **{k: got.get(k) for k in ("prompt_tokens", "completion_tokens", "total_tokens")},
        "cached_tokens": prompt.get("cached_tokens", 0),
        "reasoning_tokens": completion.get("reasoning_tokens", 0),
    }
    problems = [f"usage.{k}: got {have[k]!r}, expected {want[k]!r}" for k in want if have[k] != want[k]]
    for name, key in (("TEXT", "text_tokens"), ("AUDIO", "audio_tokens"), ("IMAGE", "image_tokens")):
        count = modality_counts(meta.get("promptTokensDetails")).get(name)
        if count is not None and prompt.get(key) != count:
            problems.append(f"usage.prompt_tokens_details.{key}: got {prompt.get(key)!r}, expected {count}")
    audio = modality_counts(meta.get("candidatesTokensDetails")).get("AUDIO")
    if audio is not None and completion.get("audio_tokens") != audio:
        problems.append(f"usage.completion_tokens_details.audio_tokens: got {completion.get('audio_tokens')!r}")
    return problems


def compare_choice(expected: Expected, index: int, message: dict, finish) -> list[str]:
    """Differences in one choice; `message` has content, reasoning_content, refusal, tool_calls."""
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
    problems += compare_calls(want.calls, message.get("tool_calls") or [])
    if finish != finish_reason(expected, want):
        problems.append(f"finish_reason: got {finish!r}, expected {finish_reason(expected, want)!r}")
    return [f"choice {index}: {p}" for p in problems]


def compare_calls(want: list[dict], got: list[dict]) -> list[str]:
    """Every call with its name and arguments, in order."""
    wanted = [(call["name"], call["args"]) for call in assemble(want)]
    found = [(call["function"]["name"], json.loads(call["function"]["arguments"] or "{}")) for call in got]
    return [] if found == wanted else [f"tool_calls: got {found}, expected {wanted}"]


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
        problems += compare_choice(expected, index, choice["message"], choice.get("finish_reason"))
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
    for index, message in got.messages.items():
        view = {**message, "tool_calls": [{"function": call} for call in message["tool_calls"].values()]}
        # A stream opens with an empty text, so an empty and an absent content are one there.
        if not view["content"]:
            view["content"] = "" if expected.choices[index].saw_text else None
            want = expected.choices[index]
            if not (want.calls or want.saw_other or expected.block_reason):
                view["content"] = ""
        problems += compare_choice(expected, index, view, message["finish_reason"])
    return problems
