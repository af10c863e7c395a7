"""Differences between what a candidate holds (`checker_parts`) and the message that a client received for it.

A `message` is OpenAI's; a stream's is put together by `checker_stream`. Its sound is bytes already there.
"""

from __future__ import annotations

import json

import checker_parts
from checker_media import decoded, reference
from checker_parts import Candidate

# Members of a message that this looks at, or that `checker` does; any other was invented.
KNOWN = {
    "role", "content", "refusal", "reasoning_content", "tool_calls", "images", "files", "audio", "annotations",
    "extra_content", "provider_specific_fields",
}  # fmt: skip


def compare(want: Candidate, message: dict, logprobs: dict | None) -> list[str]:
    """Calls, media, sources, signatures, log probabilities and what Google did itself."""
    problems = [f"unknown member {key!r}" for key in set(message) - KNOWN]
    problems += calls(want.calls, message.get("tool_calls") or [])
    problems += equal("images", [image(one) for one in message.get("images") or []], want.images)
    problems += equal("files", [file(one) for one in message.get("files") or []], want.files)
    problems += equal("audio", sound(message.get("audio")), want.audio)
    problems += annotations(message.get("annotations") or [], want)
    problems += equal("thought_signature", signature(message), want.signature)
    problems += equal("logprobs", (logprobs or {}).get("content") or [], want.logprobs)
    return problems + provider(message.get("provider_specific_fields") or {}, want)


def equal(what: str, got, want) -> list[str]:
    return [] if got == want else [f"{what}: got {str(got)[:300]}, expected {str(want)[:300]}"]


def signature(value: dict) -> str | None:
    return ((value.get("extra_content") or {}).get("google") or {}).get("thought_signature")


def calls(want: list[dict], got: list[dict]) -> list[str]:
    """Every call with its name, arguments (values and order), id and signature, in order; ids are never shared."""
    problems, seen = [], set()
    for number, call in enumerate(got):
        id = call.get("id")
        if not isinstance(id, str) or not id or id in seen or call.get("type") != "function":
            problems.append(f"tool_calls[{number}]: id {id!r}, type {call.get('type')!r}")
        seen.add(id)
    mine = [(call["name"], json.dumps(call["args"]), call["signature"]) for call in want]
    theirs = [(call["function"]["name"], normal(call["function"]["arguments"]), signature(call)) for call in got]
    problems += equal("tool_calls", theirs, mine)
    given = [call["id"] for call in want]
    for one, call in zip(want, got, strict=False):
        if one["id"] and given.count(one["id"]) == 1 and call.get("id") != one["id"]:
            problems.append(f"tool call's id: got {call.get('id')!r}, expected {one['id']!r}")
    return problems


def normal(arguments: str) -> str:
    """The JSON in one spelling; what is none stays."""
    try:
        return json.dumps(json.loads(arguments))
    except ValueError:
        return arguments


def image(value: dict) -> tuple:
    _, mime, digest = reference(value["image_url"]["url"])
    return mime, digest, signature(value)


def file(value: dict) -> tuple:
    inner = value["file"]
    return ("uri", inner["file_id"]) if inner.get("file_id") else ("blob", reference(inner["file_data"])[2])


def sound(audio: dict | None) -> bytes:
    if not audio:
        return b""
    return audio["data"] if isinstance(audio["data"], bytes) else decoded(audio["data"])


def annotations(got: list[dict], want: Candidate) -> list[str]:
    """One per source and stretch, in code points; a title only where Google gave one."""
    problems, found = [], []
    for one in got:
        cited = one.get("url_citation") or {}
        found.append((cited.get("url"), cited.get("start_index"), cited.get("end_index")))
        if one.get("type") != "url_citation" or not isinstance(cited.get("title"), str):
            problems.append(f"annotation: {one}")
    expected = checker_parts.citations(want)
    titles = {(url, start, end): title for url, title, start, end in expected if title}
    for key, one in zip(found, got, strict=True):
        if titles.get(key, one["url_citation"].get("title")) != one["url_citation"].get("title"):
            problems.append(f"annotation's title: got {one}, expected {titles[key]!r}")
    return problems + equal("annotations", sorted(found), sorted((url, start, end) for url, _, start, end in expected))


def provider(got: dict, want: Candidate) -> list[str]:
    """Google's own words about the answer, as they are; what a stream brings in pieces is there in one."""
    problems = []
    for google, name in checker_parts.METADATA.items():
        problems += equal(name, got.get(name), united(want.metadata.get(google)))
    problems += equal("code_execution", [own(one) for one in got.get("code_execution") or []], want.code)
    return problems + equal("server_side_tool_invocations", [own(one) for one in got.get("server_side_tool_invocations") or []], want.server)


def united(pieces: list | None):
    """The last word of each member; lists have all elements, none twice."""
    if not pieces or not isinstance(pieces[0], dict):
        return pieces[-1] if pieces else None
    made: dict = {}
    for piece in pieces:
        for key, value in piece.items():
            before = made.get(key) or []
            made[key] = [*before, *(one for one in value if one not in before)] if isinstance(value, list) and before else value
    return made


def own(value: dict) -> dict:
    """What must be the same in an entry, whose id and position are not."""
    names = {
        "executable_code": ("language", "code"), "code_execution_result": ("outcome", "output"),
        "tool_call": ("tool_type", "args"), "tool_response": ("tool_type", "response"),
    }[value["type"]]  # fmt: skip
    return {"type": value["type"], **{name: value.get(name) or {} for name in names}, "signature": value.get("thought_signature")}
