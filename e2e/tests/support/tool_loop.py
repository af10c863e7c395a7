"""A tool loop over chat completions without a client library: what goes back of a reply is for the test to say."""

import copy
import json
from collections.abc import Callable

from checker_stream import events

from .lab import Exchange, fresh, mark

G3 = "gemini-3.5-flash"
TOOLS = [
    {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {argument: {"type": "string"}}}}}
    for name, argument in (("get_weather", "city"), ("book", "flight"))
]
# Two steps: two calls at once, then another one.
STEPS = [
    {"say": "Let me look.", "calls": [{"name": "get_weather", "args": {"city": city}, "expect": city} for city in ("Paris", "Oslo")]},
    {"calls": [{"name": "book", "args": {"flight": "SK 4"}, "expect": "SK 4"}]},
]


def dropped(message: dict) -> dict:
    """The message as clients return it that know OpenAI's fields only."""
    known = {key: message[key] for key in ("role", "content", "tool_calls") if key in message}
    calls = [{key: call[key] for key in ("id", "type", call["type"])} for call in known.get("tool_calls", [])]
    return {**known, "tool_calls": calls} if calls else known


class Loop:
    """One caller's conversation with the fake's agent: `ask()` sends what was said so far, and says what comes next.

    `returned` makes the history's message of a reply's. Each user turn has its own script.
    """

    def __init__(
        self,
        gateway,
        script: dict,
        *,
        model: str = G3,
        stream: bool = False,
        tools: list[dict] = TOOLS,
        returned: Callable[[dict], dict] = dropped,
        headers: dict | None = None,
    ) -> None:
        self.gateway, self.returned, self.headers = gateway, returned, headers
        self.fields = {"model": model, "stream": stream, "tools": tools}
        self.messages: list[dict] = []
        self.says(script)

    def says(self, script: dict) -> None:
        """The user's next turn."""
        self.id = fresh()
        self.gateway.fake.put_scenario(self.id, {"agent": script})
        self.messages.append({"role": "user", "content": "Where to?"})

    def post(self, gateway=None, headers: dict | None = None) -> Exchange:
        """Sends the conversation, through another gateway or as another caller when one is given; it does not go on."""
        body = mark({**self.fields, "messages": self.messages}, self.id)
        return (gateway or self.gateway).post(body, headers=headers or self.headers)

    def ask(self, gateway=None) -> dict:
        """The reply's message, which the agent sends only if every signature came back as issued."""
        got = self.post(gateway)
        assert got.status == 200, got.body
        message = whole(got.body) if self.fields["stream"] else got.json["choices"][0]["message"]
        self.messages.append(self.returned(copy.deepcopy(message)))
        for call in self.messages[-1].get("tool_calls", []):
            # The result of every tool is what it was given.
            result = {"result": call[call["type"]]}
            self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": json.dumps(result)})
        return message

    def signatures(self) -> list[str | None]:
        """Those that reached Google with the last request of this turn: one per call, None where there was none."""
        return sent(self.gateway.fake.requests(self.id)[-1])


def sent(request: dict) -> list[str | None]:
    """A request's signatures, one per call."""
    parts = [part for content in request["body"]["contents"] for part in content["parts"]]
    return [part.get("thoughtSignature") for part in parts if "functionCall" in part]


def issued(message: dict) -> str:
    """The signature which the first call of a reply's message carries, as the only one."""
    first, *others = [call.get("extra_content") for call in message["tool_calls"]]
    assert not any(others), message
    return first["google"]["thought_signature"]


def whole(body: bytes) -> dict:
    """The message which a stream's deltas make, put together as clients do."""
    data, problems = events(body)
    assert not problems and data[-1] == "[DONE]", (problems, data[-1:])
    message: dict = {"role": "assistant", "content": None}
    calls: dict[int, dict] = {}
    for chunk in map(json.loads, data[:-1]):
        delta = chunk["choices"][0]["delta"]
        if delta.get("content"):
            message["content"] = (message["content"] or "") + delta["content"]
        message.update({key: value for key, value in delta.items() if key == "extra_content"})
        for call in delta.get("tool_calls", []):
            assert call["index"] not in calls, "a call in pieces"
            calls[call.pop("index")] = call
    return {**message, "tool_calls": list(calls.values())} if calls else message
