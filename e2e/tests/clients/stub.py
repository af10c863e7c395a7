"""A small OpenAI-shaped server that plays the fake's agent scripts, to try the client programs on without a gateway.

It is lenient where the gateway is not judged: it shows that a program asks, calls its tools and answers as it should.
"""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MARKER = re.compile(r"\[\[fake:([^\]]+)\]\]")


class Stub:
    """`with Stub() as stub:`; `url`, `scripts` {id: agent script} to be filled, `bodies` {id: request bodies in order}."""

    def __init__(self) -> None:
        self.scripts: dict[str, dict] = {}
        self.bodies: dict[str, list[dict]] = {}
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                id, turn = addressed(body["messages"])
                stub.bodies.setdefault(id, []).append(body)
                data = answer(id, stub.scripts[id], turn, body)
                self.send_response(200)
                self.send_header("content-type", "text/event-stream" if body.get("stream") else "application/json")
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_) -> None:
                """Nothing to standard error."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> "Stub":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def addressed(messages: list[dict]) -> tuple[str, list[dict]]:
    """The id of the script which the last user message names, and the messages after it."""
    last = max(n for n, message in enumerate(messages) if message["role"] == "user")
    return MARKER.findall(json.dumps(messages[last]))[-1], messages[last + 1 :]


def answer(id: str, script: dict, turn: list[dict], body: dict) -> bytes:
    """The reply to a chat request: what the script has next."""
    steps, done = script.get("steps", []), sum(bool(message.get("tool_calls")) for message in turn)
    answered(turn)
    if done < len(steps):
        step = steps[done]
        calls = [
            {
                "id": f"call_{id}_{done}_{n}",
                "type": "function",
                "function": {"name": call["name"], "arguments": json.dumps(call.get("args", {}))},
                **({} if n else {"extra_content": {"google": {"thought_signature": f"c2ln{id}{done}"}}}),
            }
            for n, call in enumerate(step["calls"])
        ]
        return rendered(body, {"role": "assistant", "content": step.get("say"), "tool_calls": calls}, "tool_calls")
    texts = [json.dumps(message["content"]) for message in turn if message["role"] == "tool"]
    text = script.get("final") or "The tools said: " + "; ".join(texts)
    if "answer" in script:
        text = json.dumps(script["answer"])
    signature = {"extra_content": {"google": {"thought_signature": "dGV4dA=="}}}
    return rendered(body, {"role": "assistant", "content": text, **signature}, "stop")


def answered(turn: list[dict]) -> None:
    """Every call of the turn has its result before the next step."""
    waiting: list[str] = []
    for message in turn:
        if message["role"] == "tool":
            waiting.remove(message["tool_call_id"])
        else:
            assert not waiting, waiting
            waiting = [call["id"] for call in message.get("tool_calls") or []]
    assert not waiting, waiting


def rendered(body: dict, message: dict, finish: str) -> bytes:
    head = {"id": "chatcmpl-1", "created": 1, "model": body["model"]}
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    if not body.get("stream"):
        choice = {"index": 0, "message": {"refusal": None, **message}, "finish_reason": finish, "logprobs": None}
        return json.dumps({**head, "object": "chat.completion", "choices": [choice], "usage": usage}).encode()
    calls, text = message.pop("tool_calls", []), message.pop("content") or ""
    deltas = [{"role": "assistant", "content": ""}, {"content": text[:3]}, {"content": text[3:]}]
    deltas += [{"tool_calls": [{"index": n, **call}]} for n, call in enumerate(calls)]
    choices = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
    signature = {key: value for key, value in message.items() if key == "extra_content"}
    choices.append({"index": 0, "delta": signature, "finish_reason": finish})
    chunks = [{**head, "object": "chat.completion.chunk", "choices": [choice]} for choice in choices]
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append({**head, "object": "chat.completion.chunk", "choices": [], "usage": usage})
    return b"".join(f"data: {json.dumps(chunk)}\n\n".encode() for chunk in chunks) + b"data: [DONE]\n\n"
