"""A gateway under test: a real Envoy with the filter, a fake Google behind it, and one way to ask.

`Gateway.ask(scenario, ...)` makes the fake reply with `scenario` to this one request and returns an
`Exchange`: what the client got and what the fake received.
"""

import base64
import contextlib
import itertools
import json
import os
import time
import uuid
from dataclasses import dataclass, field

import httpx
from checker_stream import Collected, collect
from envoy import PINNED
from fake_google.launch import Fake

# Any supported version can be put to the whole suite: ENVOY_VERSION=1.36.2 pytest e2e/tests
VERSION = os.environ.get("ENVOY_VERSION", PINNED)
MODEL = "gemini-2.5-flash"
CHAT = "/v1/chat/completions"
COUNTER = itertools.count(1)
RUN = uuid.uuid4().hex[:6]


def fresh() -> str:
    """A scenario id that no other test uses."""
    return f"t{RUN}-{next(COUNTER)}"


def chat(text: str = "hello", **fields) -> dict:
    """An OpenAI chat request with one user message; `fields` are added or replace (None stays null)."""
    return {"model": MODEL, "messages": [{"role": "user", "content": text}], **fields}


def candidate(text: str | None = "Hello there.", finish: str | None = "STOP", **fields) -> dict:
    """A Gemini candidate; `text` None gives one without parts."""
    value = {"content": {"role": "model", "parts": [{"text": text}]} if text is not None else {"role": "model"}, **fields}
    return {**value, "finishReason": finish} if finish else value


def reply(*candidates: dict, usage: dict | None = None, **fields) -> dict:
    """A GenerateContentResponse."""
    counters = {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8} if usage is None else usage
    value = {"candidates": list(candidates) or [candidate()], "usageMetadata": counters, "modelVersion": MODEL, "responseId": "r1"}
    return {**value, **fields}


def events(*texts: str, **fields) -> list[dict]:
    """A stream of one reply per text; the last one carries the finish reason."""
    return [reply(candidate(t, "STOP" if i == len(texts) - 1 else None), **fields) for i, t in enumerate(texts)]


def sse(values: list, newline: str = "\r\n") -> bytes:
    """Those replies as Google frames a stream."""
    return "".join(f"data: {json.dumps(v, ensure_ascii=False)}{newline}{newline}" for v in values).encode()


def raw_body(data: bytes, **fields) -> dict:
    """A scenario whose reply is exactly these bytes."""
    return {"body_b64": base64.b64encode(data).decode(), **fields}


def stream_body(data: bytes, **fields) -> dict:
    """The same with a stream's content type."""
    return raw_body(data, content_type="text/event-stream", **fields)


@dataclass
class Exchange:
    """One request and its reply. `broken`: the connection ended before the reply was complete."""

    status: int
    headers: httpx.Headers
    body: bytes
    scenario: str
    fake: Fake
    sent: dict = field(default_factory=dict)
    broken: bool = False

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self) -> dict:
        """The error object of an error reply; anything else is a test failure."""
        value = self.json
        assert set(value) == {"error"}, value
        assert set(value["error"]) == {"message", "type", "param", "code"}, value
        assert self.headers["content-type"].startswith("application/json"), self.headers
        return value["error"]

    @property
    def text(self) -> str:
        return self.json["choices"][0]["message"]["content"]

    @property
    def stream(self) -> Collected:
        """The chunks, checked against the contract."""
        wanted = bool((self.sent.get("stream_options") or {}).get("include_usage"))
        return collect(self.body, wanted, complete=not self.broken)

    @property
    def received(self) -> dict:
        """The only request that the fake got for this scenario."""
        found = self.fake.requests(self.scenario)
        assert len(found) == 1, found
        assert found[0]["verdict"] == "accepted", found[0]
        return found[0]


class Gateway:
    """One Envoy (`envoy`) in front of one fake (`fake`)."""

    def __init__(self, envoy, fake: Fake) -> None:
        self.envoy, self.fake = envoy, fake
        self.url = envoy.url
        self.client = httpx.Client(base_url=envoy.url, timeout=30)

    def close(self) -> None:
        self.client.close()
        self.envoy.stop()

    def post(self, body, *, path: str = CHAT, headers: dict | None = None, method: str = "POST") -> Exchange:
        """`body` a dict (sent as JSON) or bytes; no scenario, so the fake gives its default reply."""
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = body if isinstance(body, dict) else {}
        head = {"content-type": "application/json", "authorization": "Bearer sk-client", **(headers or {})}
        with self.client.stream(method, path, content=content, headers=head) as response:
            data, broken = bytearray(), False
            try:
                for piece in response.iter_bytes():
                    data += piece
            except (httpx.RemoteProtocolError, httpx.ReadError):
                broken = True
        return Exchange(response.status_code, response.headers, bytes(data), "", self.fake, sent, broken)

    def ask(self, scenario: dict | None = None, body: dict | None = None, *, path: str = CHAT, headers: dict | None = None, **fields) -> Exchange:
        """Posts `body` (default: a hello, with `fields`), marked so that the fake replies with `scenario`."""
        id, body = fresh(), chat(**fields) if body is None else body
        if scenario is None:
            scenario = {"events": events("Hello", " there.")} if body.get("stream") else {"body": json.dumps(reply())}
        self.fake.put_scenario(id, scenario)
        exchange = self.post(mark(body, id), path=path, headers=headers)
        exchange.scenario = id
        return exchange

    def send(self, body: dict, **arguments) -> tuple[Exchange, dict]:
        """Posts `body` unmarked: (reply, the one request that the fake received since)."""
        self.fake.clear()
        exchange = self.post(body, **arguments)
        new = self.fake.requests()
        assert len(new) == 1, (exchange.status, exchange.body[:300], new)
        return exchange, new[0]

    @contextlib.contextmanager
    def untouched(self):
        """Nothing inside may reach Google."""
        self.fake.clear()
        yield
        assert self.fake.requests() == []

    def log(self) -> str:
        """Envoy's log, with all access log lines so far."""
        last = self.post(b"", path="/last-line-please", method="GET").headers["x-request-id"]
        deadline = time.monotonic() + 15
        while last not in self.envoy.log():
            assert time.monotonic() < deadline, "the access log was not written"
            # Envoy writes it out every 10 s, and before it opens the file again.
            httpx.post(self.envoy.admin + "/reopen_logs")
        return self.envoy.log()

    @contextlib.contextmanager
    def open(self, scenario: dict, *, headers: dict | None = None, **fields):
        """A streaming request left open: (scenario id, httpx response, iterator over its bytes)."""
        id = fresh()
        self.fake.put_scenario(id, scenario)
        body = mark(chat(stream=True, **fields), id)
        with httpx.Client(base_url=self.url, timeout=60) as client, client.stream("POST", CHAT, json=body, headers=headers) as response:
            yield id, response, response.iter_raw()


def lock_step(gateway: Gateway, count: int = 20) -> None:
    """The upstream sends event k+1 only after the client has seen event k: nothing may be held back or batched."""
    texts = [f"word{i} " for i in range(count)]
    with gateway.open({"events": events(*texts), "gate": True}) as (id, _, pieces):
        seen = b""
        for k in range(count - 1):
            while texts[k].encode() not in seen:
                seen += next(pieces)
            assert texts[k + 1].encode() not in seen, "an event came before it was let go"
            gateway.fake.open_gate(id)
        rest = b"".join(pieces)
    got = collect(seen + rest)
    assert got.problems == []
    assert got.messages[0]["content"] == "".join(texts)
    assert texts[-1].encode() in rest


def mark(body: dict, id: str) -> dict:
    """The request with the scenario's marker appended to its last user text, else to any other text, else as one of its own."""
    messages = [dict(m) for m in body["messages"]]
    order = sorted(reversed(messages), key=lambda m: m.get("role") != "user")
    for message in order:
        content = message.get("content")
        if isinstance(content, str) and content:
            message["content"] = f"{content} [[fake:{id}]]"
            return {**body, "messages": messages}
        texts = [n for n, part in enumerate(content or []) if isinstance(part, dict) and part.get("type") == "text" and part.get("text")]
        if texts:
            marked = {**content[texts[-1]], "text": f"{content[texts[-1]]['text']} [[fake:{id}]]"}
            message["content"] = [*content[: texts[-1]], marked, *content[texts[-1] + 1 :]]
            return {**body, "messages": messages}
    return {**body, "messages": [{"role": "system", "content": f"[[fake:{id}]]"}, *messages]}
