"""The contract of an OpenAI chat stream, checked over the bytes that a client received.

`collect(body)` reads them; its `problems` lists every breach: framing, envelope, the role once, one
finish per choice and nothing after it, usage only when asked, `[DONE]` once and last, none after an error.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field

from checker_errors import shape_problems


# What the finish chunk says.
ENDS = ("finish_reason", "native_finish_reason", "native_finish_message")


@dataclass
class Collected:
    """A stream put together: `messages` by choice index, `usage`, `error`, and what was wrong."""

    include_usage: bool
    chunks: list = field(default_factory=list)
    messages: dict[int, dict] = field(default_factory=dict)
    usage: dict | None = None
    error: dict | None = None
    done: bool = False
    problems: list[str] = field(default_factory=list)

    @property
    def first(self) -> dict:
        return self.chunks[0] if self.chunks else {}

    def choices(self) -> dict[int, dict]:
        """The choices by index, as a whole reply has them (but sound is bytes)."""
        made = {}
        for index, one in self.messages.items():
            message = {key: one[key] for key in ("content", "reasoning_content", "refusal", "images", "files", "annotations", "audio", "extra_content")}
            message |= {"tool_calls": list(one["tool_calls"].values()), "provider_specific_fields": one["provider"]}
            logprobs = None if one["logprobs"] is None else {"content": one["logprobs"]}
            made[index] = {"message": message, "logprobs": logprobs, **{key: one.get(key) for key in ENDS}}
        return made


def events(body: bytes) -> tuple[list[str], list[str]]:
    """The data of each event, and framing problems: `data: <one line>\\n\\n` is the only form allowed."""
    found, problems = [], []
    *complete, rest = body.split(b"\n\n")
    if rest:
        problems.append(f"bytes after the last event: {rest[:200]!r}")
    for block in complete:
        text = block.decode("utf-8", "replace")
        if text.startswith(":") and "\n" not in text:
            continue
        if not text.startswith("data: ") or "\n" in text or "\r" in text:
            problems.append(f"bad framing: {text[:200]!r}")
            continue
        found.append(text[6:])
    return found, problems


def new_message() -> dict:
    return {
        "content": None, "reasoning_content": "", "refusal": None, "tool_calls": {}, "finish_reason": None, "roles": 0,
        "images": [], "files": [], "annotations": [], "audio": None, "extra_content": None, "logprobs": None, "provider": {},
    }  # fmt: skip


def collect(body: bytes, include_usage: bool = False, complete: bool = True) -> Collected:
    """`complete` False: the connection broke or is still open, so an end is not asked for."""
    got = Collected(include_usage)
    found, got.problems = events(body)
    if not complete:
        got.problems = [p for p in got.problems if not p.startswith("bytes after")]
    for data in found:
        if got.done or got.error is not None:
            got.problems.append(f"an event after the end: {data[:200]}")
        if data == "[DONE]":
            got.done = True
            continue
        try:
            value = json.loads(data)
        except ValueError:
            got.problems.append(f"not JSON: {data[:200]}")
            continue
        if "error" in value:
            got.error = value["error"]
            got.problems += shape_problems(value)
            continue
        read_chunk(got, value)
    if complete:
        check_end(got)
    return got


def read_chunk(got: Collected, chunk: dict) -> None:
    """Checks one chunk against the ones before it and adds it to the messages."""
    if chunk.get("object") != "chat.completion.chunk":
        got.problems.append(f"object: {chunk.get('object')!r}")
    if got.chunks:
        for key in ("id", "created", "model"):
            if chunk.get(key) != got.first.get(key):
                got.problems.append(f"{key} changes: {got.first.get(key)!r} to {chunk.get(key)!r}")
    if not isinstance(chunk.get("created"), int) or not 1_500_000_000 < chunk["created"] < 10_000_000_000:
        got.problems.append(f"created: {chunk.get('created')!r}")
    got.chunks.append(chunk)
    if not got.include_usage and "usage" in chunk:
        got.problems.append("usage was not asked for")
    if got.include_usage and "usage" not in chunk:
        got.problems.append("a chunk without the usage key")
    if got.usage is not None:
        got.problems.append("a chunk after the usage chunk")
    if chunk.get("usage"):
        if chunk.get("choices"):
            got.problems.append("usage on a chunk with choices")
        got.usage = chunk["usage"]
    elif not chunk.get("choices"):
        got.problems.append("a chunk with neither choices nor usage")
    for choice in chunk.get("choices") or []:
        read_choice(got, choice)


def read_choice(got: Collected, choice: dict) -> None:
    if missing := {"index", "delta", "logprobs", "finish_reason"} - set(choice):
        got.problems.append(f"choice without {sorted(missing)}")
    index, delta = choice.get("index"), choice.get("delta") or {}
    message = got.messages.setdefault(index, new_message())
    if message["finish_reason"] is not None:
        got.problems.append(f"choice {index}: a chunk after its finish")
    if "role" in delta:
        if message["roles"]:
            got.problems.append(f"choice {index}: role twice")
        if delta["role"] != "assistant":
            got.problems.append(f"choice {index}: role {delta['role']!r}")
        message["roles"] += 1
    elif not message["roles"]:
        got.problems.append(f"choice {index}: a delta before the role")
        message["roles"] += 1
    for key in ("content", "refusal"):
        if delta.get(key) is not None:
            message[key] = (message[key] or "") + delta[key]
    message["reasoning_content"] += delta.get("reasoning_content") or ""
    read_extensions(got, index, message, delta)
    if choice.get("logprobs"):
        message["logprobs"] = (message["logprobs"] or []) + choice["logprobs"]["content"]
    for call in delta.get("tool_calls") or []:
        if "index" not in call:
            got.problems.append(f"choice {index}: a tool call without index")
        slot = message["tool_calls"].setdefault(call.get("index"), {"function": {"name": "", "arguments": ""}})
        for key in ("id", "type", "extra_content"):
            if key in call and slot.setdefault(key, call[key]) != call[key]:
                got.problems.append(f"choice {index}: a tool call's {key} changes")
        slot["function"]["name"] += (call.get("function") or {}).get("name") or ""
        slot["function"]["arguments"] += (call.get("function") or {}).get("arguments") or ""
    if choice.get("finish_reason") is not None:
        if delta:
            got.problems.append(f"choice {index}: the finish chunk carries {delta}")
        message |= {key: value for key, value in choice.items() if key in ENDS}


EXTENSIONS = {"images", "files", "annotations", "audio", "extra_content", "provider_specific_fields"}
DELTA = {"role", "content", "refusal", "reasoning_content", "tool_calls", "function_call"} | EXTENSIONS


def read_extensions(got: Collected, index: int, message: dict, delta: dict) -> None:
    """Media, sources and Google's own words, which come whole or in pieces with an index."""
    got.problems += [f"choice {index}: unknown member {key!r} of a delta" for key in set(delta) - DELTA]
    for key in ("images", "files"):
        for one in delta.get(key) or []:
            if one.get("index") != len(message[key]):
                got.problems.append(f"choice {index}: {key} index {one.get('index')!r} comes after {len(message[key])}")
            message[key].append(one)
    message["annotations"] += delta.get("annotations") or []
    message["extra_content"] = delta.get("extra_content") or message["extra_content"]
    if audio := delta.get("audio"):
        if message["audio"] is None and not audio.get("id"):
            got.problems.append(f"choice {index}: sound without an id")
        before = message["audio"] or {"data": b""}
        # Clients decode each piece for itself.
        message["audio"] = {**before, **audio, "data": before["data"] + base64.b64decode(audio.get("data") or "", validate=True)}
    for key, value in (delta.get("provider_specific_fields") or {}).items():
        listed = isinstance(value, list) and key in ("code_execution", "server_side_tool_invocations")
        message["provider"][key] = message["provider"].get(key, []) + value if listed else value


def check_end(got: Collected) -> None:
    """Either an error and nothing more, or finishes, usage if asked for, and `[DONE]`."""
    if got.error is not None:
        if got.done:
            got.problems.append("[DONE] after an error")
        if any(m["finish_reason"] for m in got.messages.values()):
            got.problems.append("a finish before an error")
        return
    if not got.done:
        got.problems.append("no [DONE]")
    if not got.messages:
        got.problems.append("no choice at all")
    for index, message in got.messages.items():
        if message["finish_reason"] is None:
            got.problems.append(f"choice {index}: no finish chunk")
        if list(message["tool_calls"]) != list(range(len(message["tool_calls"]))):
            got.problems.append(f"choice {index}: tool call indices {list(message['tool_calls'])}")
    if got.include_usage and got.usage is None:
        got.problems.append("no usage chunk")
