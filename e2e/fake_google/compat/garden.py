"""A model of the Model Garden on an endpoint of one's own: a vLLM container, which speaks OpenAI's shape as it is.

The endpoint is the model: a request names none (`kong.md` section 2.1), and one that names another is refused in vLLM's
words.
"""

import json
import time
from dataclasses import dataclass
from typing import Any

from ..replies import Answer, tokens
from .replies import DONE, SSE

PLAIN = "application/json"
SERVER = {"server": "uvicorn"}
ID = "chatcmpl-fake"
MODEL = "garden-model"
CALLED = "chatcmpl-tool-fake"


@dataclass
class Refused(Exception):
    """A refusal of the container's."""

    code: int
    message: str
    kind: str

    def answer(self) -> Answer:
        body = {"object": "error", "message": self.message, "type": self.kind, "param": None, "code": self.code}
        return Answer([json.dumps(body).encode()], {"content-type": PLAIN, **SERVER})


def reply(body: dict[str, Any]) -> Answer:
    """The answer: it repeats the last user text, or calls the first function when it must. Raises `Refused`."""
    if body.get("model"):
        raise Refused(404, f"The model `{body['model']}` does not exist.", "NotFoundError")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(one, dict) for one in messages):
        raise Refused(400, "messages: Input should be a valid list", "BadRequestError")
    said = [one["content"] for one in messages if one.get("role") == "user" and isinstance(one.get("content"), str)]
    text = f"You said: {said[-1] if said else ''}"
    usage = {"prompt_tokens": tokens(" ".join(said)), "completion_tokens": tokens(text)}
    usage["total_tokens"] = sum(usage.values())
    forced = body.get("tools", []) if body.get("tool_choice") == "required" else []
    shared = {"id": ID, "created": int(time.time()), "model": MODEL}
    if not body.get("stream"):
        called = {"tool_calls": calls(forced)} if forced else {}
        message = {"role": "assistant", "content": None if forced else text, **called}
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if forced else "stop"}
        whole = {**shared, "object": "chat.completion", "choices": [choice], "usage": usage}
        return Answer([json.dumps(whole).encode()], {"content-type": PLAIN, **SERVER})
    deltas = [{"role": "assistant", "content": ""}]
    if forced:
        deltas += [{"tool_calls": [{"index": n, **one}]} for n, one in enumerate(calls(forced))]
    else:
        deltas += [{"content": text[: len(text) // 2]}, {"content": text[len(text) // 2 :]}]
    finish = "tool_calls" if forced else "stop"
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    choices.append({"index": 0, "delta": {}, "finish_reason": finish})
    chunks = [{**shared, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**shared, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    pieces = [b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks]
    return Answer([*pieces, DONE], {"content-type": SSE, **SERVER})


def calls(tools: list[dict[str, Any]]) -> list[dict[str, Any]]:
    names = [tool["function"]["name"] for tool in tools]
    return [
        {"id": f"{CALLED}-{n}", "type": "function", "function": {"name": name, "arguments": "{}"}}
        for n, name in enumerate(names)
    ]
