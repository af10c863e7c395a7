"""Agent scripts in native requests: a client that does everything right, to be led astray by a test."""

import copy
import json

from fake_fixtures import KEY, send, sse_events

WEATHER = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
BOOK = {
    "type": "object",
    "properties": {"trip": {"$ref": "#/$defs/Trip"}},
    "$defs": {"Trip": {"type": "object", "properties": {"city": {"type": "string"}, "seats": {"type": "integer"}}}},
}
TOOLS = [
    {
        "functionDeclarations": [
            {"name": "get_weather", "description": "The weather.", "parametersJsonSchema": WEATHER},
            {"name": "book", "description": "Books a flight.", "parametersJsonSchema": BOOK},
        ]
    }
]
STEPS = [
    {
        "say": "Let me look.",
        "calls": [
            {"name": "get_weather", "args": {"city": "Paris"}, "expect": "sunny"},
            {"name": "get_weather", "args": {"city": "Oslo"}, "expect": "snow"},
        ],
    },
    {"calls": [{"name": "book", "args": {"trip": {"city": "Oslo", "seats": 2}}, "expect": "BK-2"}]},
]
RESULTS = {"Paris": "sunny 21", "Oslo": "snow -3"}


def path(model: str, stream: bool = False) -> str:
    return f"/v1beta/models/{model}:" + ("streamGenerateContent?alt=sse" if stream else "generateContent")


def ask(fake, model: str, body: dict, stream: bool = False) -> list[dict]:
    """The reply's events; a refusal fails the test with its text."""
    reply = send(fake, path(model, stream), body, KEY)
    assert reply.status == 200, reply.message
    return sse_events(reply.body) if stream else [reply.json()]


def said(events: list[dict]) -> list[dict]:
    """All parts of a reply."""
    return [part for event in events for part in event["candidates"][0]["content"]["parts"]]


def answered(parts: list[dict]) -> dict:
    """The user's content with the results of the calls among `parts`."""
    responses = []
    for call in (part["functionCall"] for part in parts if "functionCall" in part):
        output = RESULTS[call["args"]["city"]] if call["name"] == "get_weather" else {"booking": "BK-2"}
        id = {"id": call["id"]} if "id" in call else {}
        responses.append({"functionResponse": {"name": call["name"], **id, "response": {"output": output}}})
    return {"role": "user", "parts": responses}


class Talk:
    """A conversation with the agent of scenario `id`; `step()` sends it and appends the calls and their results."""

    def __init__(self, fake, id: str, script: dict, model: str, stream: bool = False, **scenario) -> None:
        self.fake, self.model, self.stream = fake, model, stream
        self.body = {"contents": [], "tools": copy.deepcopy(TOOLS)}
        self.says(id, script, **scenario)

    def says(self, id: str, script: dict, **scenario) -> None:
        """The user's next turn, for which the agent has a script."""
        self.fake.put_scenario(id, {"agent": script, **scenario})
        self.body["contents"].append({"role": "user", "parts": [{"text": f"Where to? [[fake:{id}]]"}]})

    def step(self) -> list[dict]:
        parts = said(ask(self.fake, self.model, self.body, self.stream))
        self.body["contents"].append({"role": "model", "parts": parts})
        if any("functionCall" in part for part in parts):
            self.body["contents"].append(answered(parts))
        return parts

    def refusal(self, change=None) -> str:
        """The text in which this request is refused once `change(contents)` was applied to a copy of it."""
        body = json.loads(json.dumps(self.body))
        if change:
            change(body["contents"])
        reply = send(self.fake, path(self.model, self.stream), body, KEY)
        assert reply.status == 400, reply.body
        return reply.message
