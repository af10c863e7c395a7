"""Replies of Google's compatible endpoints, with their recorded defects.

The Developer API, as recorded in 2025 (`compat.jsonl.gz`) and quoted since: an error is an array; in a stream every
chunk has the role and the usage, none an id, a call has no index and the last chunk says `stop` although it called;
ids of calls are empty before Gemini 3; thinking is in `total_tokens` only; signatures are in `extra_content`.
Vertex, as Google documents it: chunks have an id and usage comes with the last, with the thinking itemised.
"""

import hashlib
import json
import time
from base64 import b64encode
from collections.abc import Iterator
from typing import Any

from ..errors import GoogleError, pretty
from ..models import Model
from ..replies import HEADERS, JSON, SSE, Answer, last_user_text, prompt_text, tokens
from ..scenario import Scenario
from ..surface import GEMINI, Call

PLAIN = "application/json"
DONE = b"data: [DONE]\n\n"
# Tokens a thinking model thinks.
THOUGHTS = 20
SIGNATURE = b64encode(b"fake-google-compat-signature").decode()
SIGNED = {"extra_content": {"google": {"thought_signature": SIGNATURE}}}
VALUES = {"string": "x", "integer": 1, "number": 1.5, "boolean": True, "array": [], "object": {}, "null": None}


def error(refusal: GoogleError) -> Answer:
    """An error is the one element of an array, for a stream too."""
    challenge = {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'} if refusal.code == 401 else {}
    return Answer([pretty([refusal.value()])], {"content-type": JSON, **HEADERS, **challenge})


def scripted(call: Call, scenario: Scenario) -> Answer:
    """The reply a test asked for; events are chunks, and `[DONE]` follows them."""
    if scenario.events is None:
        pieces = [scenario.raw()]
    elif call.method.streams:
        pieces = sse(scenario.events)
    else:
        pieces = [pretty(event) for event in scenario.events]
    chosen = {"content-type": scenario.content_type or (SSE if call.method.streams else PLAIN), **HEADERS}
    for name, value in scenario.headers.items():
        chosen.pop(name.lower(), None)
        if value is not None:
            chosen[name.lower()] = value
    return Answer(pieces, chosen)


def default(call: Call, facts: Model, body: dict[str, Any], meant: dict[str, Any], traffic: str) -> Answer:
    """The answer without a scenario: it repeats the last user text, or calls the functions it is made to call."""
    shared = {"created": int(time.time()), "model": body["model"]}
    if call.method.streams:
        shared["object"] = "chat.completion.chunk"
        chunks = [{**chunk, **shared} for chunk in streamed(call, facts, body, meant, traffic)]
        return Answer(sse(chunks), {"content-type": SSE, **HEADERS})
    choices = [whole(facts, body, meant, index) for index in range(int(body.get("n", 1)))]
    usage = used(call, facts, meant, written(facts, body, meant), traffic)
    made = {"choices": choices, **shared, "id": identity(body), "object": "chat.completion", "usage": usage}
    return Answer([compact(made)], {"content-type": PLAIN, **HEADERS})


def sse(chunks: list[Any]) -> list[bytes]:
    """As recorded: one line per event, two line feeds after it."""
    return [*(b"data: " + compact(chunk) + b"\n\n" for chunk in chunks), DONE]


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def whole(facts: Model, body: dict[str, Any], meant: dict[str, Any], index: int) -> dict[str, Any]:
    """One choice."""
    calls = called(facts, body)
    message: dict[str, Any] = {"role": "assistant"}
    if calls:
        message["tool_calls"] = calls
    else:
        message["content"] = said(body, meant)
    if facts.signatures and not calls:
        message |= SIGNED
    elif facts.must_think:
        # Recorded of 2.5 Pro.
        thought = {"thought": True, "thought_signature": SIGNATURE}
        message |= {"extra_content": {"google": thought}, "thought_signature": SIGNATURE}
    return {"finish_reason": "tool_calls" if calls else "stop", "index": index, "message": message}


def streamed(
    call: Call, facts: Model, body: dict[str, Any], meant: dict[str, Any], traffic: str
) -> Iterator[dict[str, Any]]:
    """The members of each chunk besides the shared ones."""
    deltas = [{"tool_calls": [one]} for one in called(facts, body)]
    if not deltas:
        text = said(body, meant)
        deltas = [{"content": text[: len(text) // 2]}, {"content": text[len(text) // 2 :]}]
        if facts.signatures:
            # Quoted: a delta of nothing but the signature.
            deltas.append(dict(SIGNED))
    # One choice after the other, as candidates arrive.
    for index in range(int(body.get("n", 1))):
        heard = ""
        for number, delta in enumerate(deltas, 1):
            last = number == len(deltas)
            heard += delta.get("content", "") + text_of(delta.get("tool_calls", []))
            finish = {"finish_reason": "stop"} if last else {}
            chunk: dict[str, Any] = {"choices": [{"delta": {**delta, "role": "assistant"}, **finish, "index": index}]}
            if call.api == GEMINI:
                chunk["usage"] = used(call, facts, meant, heard, traffic)
            else:
                chunk |= {"id": identity(body), "system_fingerprint": ""}
                if last:
                    chunk["usage"] = used(call, facts, meant, heard, traffic)
            yield chunk


def written(facts: Model, body: dict[str, Any], meant: dict[str, Any]) -> str:
    """All that the model wrote."""
    return text_of(called(facts, body)) or said(body, meant)


def text_of(calls: list[dict[str, Any]]) -> str:
    return " ".join(one["function"]["arguments"] for one in calls)


def said(body: dict[str, Any], meant: dict[str, Any]) -> str:
    heard = last_user_text(meant)
    if "responseMimeType" in meant.get("generationConfig", {}):
        return json.dumps({"heard": heard})
    wanted = meant.get("generationConfig", {}).get("thinkingConfig", {}).get("includeThoughts")
    return f"{'<thought>The user said something.</thought>' if wanted else ''}You said: {heard}"


def used(call: Call, facts: Model, meant: dict[str, Any], text: str, traffic: str) -> dict[str, Any]:
    """The count of tokens: thinking is part of the total alone, and itemised by Vertex only."""
    prompt, completion, thoughts = tokens(prompt_text(meant)), tokens(text), THOUGHTS if facts.thinks else 0
    usage = {"completion_tokens": completion, "prompt_tokens": prompt, "total_tokens": prompt + completion + thoughts}
    if call.api == GEMINI:
        return usage
    itemised = {"completion_tokens_details": {"reasoning_tokens": thoughts}} if thoughts else {}
    return {**usage, **itemised, "extra_properties": {"google": {"traffic_type": traffic}}}


def called(facts: Model, body: dict[str, Any]) -> list[dict[str, Any]]:
    """The calls of a request that forces some: the function it names, or every one it has."""
    wanted = body.get("tool_choice")
    functions = [tool["function"] for tool in body.get("tools", [])]
    if isinstance(wanted, dict):
        functions = [one for one in functions if one["name"] == wanted["function"]["name"]]
    elif wanted != "required":
        return []
    return [
        {
            "function": {"arguments": arguments(function.get("parameters") or {}), "name": function["name"]},
            "id": f"function-call-{number}" if facts.signatures else "",
            "type": "function",
            # The first of a step is signed.
            **(SIGNED if facts.signatures and not number else {}),
        }
        for number, function in enumerate(functions)
    ]


def arguments(schema: dict[str, Any]) -> str:
    """The least arguments that fit a schema's required properties."""
    properties = schema.get("properties", {})
    made = {name: value(properties.get(name, {})) for name in schema.get("required", [])}
    return json.dumps(made, separators=(",", ":"))


def value(schema: dict[str, Any]) -> Any:
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "string")
    return VALUES.get(kind[0] if isinstance(kind, list) else kind)


def identity(body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:22]
