"""The client matrix: which program plays which kind of conversation on which model, and what must come of it."""

import base64
import hashlib
import json
import shutil
import struct
import subprocess
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path

from support.lab import fresh

E2E = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
NODE = E2E / "node/clients"
PATIENCE = 80  # seconds for one program, all of its cases
# client -> its program and arguments.
CLIENTS = {
    "openai-python": [HERE / "openai_python.py"],
    "openai-node": [NODE / "openai_node.mjs"],
    "langchain": [HERE / "langchain_openai_chat.py"],
    "vercel-ai": [NODE / "vercel_ai.mjs", "gateway"],
    "vercel-ai-google": [NODE / "vercel_ai.mjs", "google"],
    "openai-agents": [HERE / "openai_agents.py"],
    "pydantic-ai": [HERE / "pydantic_ai_chat.py"],
}
# client -> its packages.
PACKAGES = {
    "openai-python": ["openai"],
    "openai-node": ["openai"],
    "langchain": ["langchain-openai"],
    "vercel-ai": ["@ai-sdk/openai-compatible", "ai"],
    "vercel-ai-google": ["@ai-sdk/openai-compatible", "ai"],
    "openai-agents": ["openai-agents"],
    "pydantic-ai": ["pydantic-ai-slim[openai]"],
}
# The function in which a client can have the model wrap a structured answer.
WRAPPERS = {"langchain": "Trip", "pydantic-ai": "final_result"}
MODELS = ("gemini-3-pro-preview", "gemini-3.5-flash", "gemini-2.5-flash")
SYSTEM = "You are a travel agent."
ANSWER = {"city": "Oslo", "nights": 2, "stops": [{"name": "Opera", "price": 12.5}], "note": None}
NAMES = ["city", "name", "nights", "note", "price", "stops"]
PARALLEL = {
    "say": "Let me look.",
    "calls": [
        {"name": "get_weather", "args": {"city": "Paris"}, "expect": "sunny 21"},
        {"name": "get_weather", "args": {"city": "Oslo"}, "expect": "snow -3"},
    ],
}
BOOK = {
    "calls": [
        {"name": "book_flight", "args": {"trip": {"city": "Oslo", "seats": 2}, "cabin": "economy"}, "expect": "BK-Oslo-2"},
        {"name": "list_airports", "args": {}, "expect": "ORY CDG"},
    ],
}
LOOK = {"calls": [{"name": "get_weather", "args": {"city": "Paris"}, "expect": "sunny 21"}]}
TOLD = ["sunny 21", "snow -3", "BK-Oslo-2", "ORY CDG"]


def picture() -> bytes:
    """A PNG of one red pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\xff\0\0")) + chunk(b"IEND", b"")


IMAGE = {"mimeType": "image/png", "sha256": hashlib.sha256(picture()).hexdigest()}
# kind -> the agent's scripts, one per user turn, and what the result must hold.
KINDS = {
    "tools": ([{"system": SYSTEM, "steps": [PARALLEL, BOOK]}], {"text": TOLD}),
    "tools_stream": ([{"system": SYSTEM, "steps": [PARALLEL, BOOK], "each": True, "size": 2000}], {"text": TOLD}),
    "turns": (
        [{"steps": [PARALLEL, BOOK]}, {"heard": ["BK-Oslo-2"], "steps": [LOOK, BOOK]}],
        {"text": ["sunny 21", "BK-Oslo-2"]},
    ),
    "structured": ([{"system": SYSTEM, "answer": ANSWER, "schema": NAMES}], {"trip": ANSWER}),
    "structured_tool": ([{"steps": [{"calls": [{"name": "{function}", "args": ANSWER}]}]}], {"trip": ANSWER}),
    "stream": ([{"system": SYSTEM, "final": "Oslo, and then home again."}], {"text": ["Oslo, and then home again."]}),
    "image": ([{"images": [IMAGE], "final": "A red dot."}], {"text": ["A red dot."]}),
}


@dataclass
class Case:
    """One cell of the matrix: `scripts` {scenario id: agent script}, `given` what the program is told."""

    client: str
    model: str
    kind: str
    scripts: dict[str, dict]
    given: dict

    @property
    def turns(self) -> list[str]:
        """Scenario ids in the order of the user's turns."""
        return list(self.scripts)

    @property
    def requests(self) -> list[int]:
        """How many requests each user turn takes: one per step, and one for the answer unless the call was it."""
        answers = 0 if self.kind == "structured_tool" else 1
        return [len(script.get("steps", [])) + answers for script in self.scripts.values()]

    def problem(self, result: dict) -> str:
        """What is wrong with the program's result; empty when nothing is."""
        expected = KINDS[self.kind][1]
        if "trip" in expected:
            return "" if result.get("trip") == expected["trip"] else json.dumps(result)
        text = result.get("text") or ""
        streamed = self.kind != "stream" or result.get("deltas", 0) > 1
        return "" if streamed and all(part in text for part in expected["text"]) else json.dumps(result)


def cells() -> list[tuple[str, str, str]]:
    """Every (client, model, kind) there is."""
    return [
        (client, model, kind)
        for client in CLIENTS
        for model in MODELS
        for kind in KINDS
        if client in WRAPPERS or kind != "structured_tool"
    ]


def case(client: str, model: str, kind: str, url: str) -> Case:
    """The case of one cell against the server at `url`, with scenario ids of its own."""
    scripts = json.loads(json.dumps(KINDS[kind][0]).replace("{function}", WRAPPERS.get(client, "")))
    ids = [fresh() for _ in scripts]
    first, *second = [f"Where to? [[fake:{id}]]" for id in ids]
    given = {"name": ids[0], "base_url": url + "/v1", "kind": kind, "model": model, "prompt": first}
    if second:
        given["again"] = second[0]
    if kind == "image":
        given["image"] = "data:image/png;base64," + base64.b64encode(picture()).decode()
    return Case(client, model, kind, dict(zip(ids, scripts, strict=True)), given)


def versions(client: str) -> str:
    """The client's packages as they are locked: `openai 3.54.0`."""
    if CLIENTS[client][0].suffix == ".mjs":
        locked = json.loads((E2E / "package-lock.json").read_text())["packages"]
        return ", ".join(f"{name} {locked[f'node_modules/{name}']['version']}" for name in PACKAGES[client])
    pinned = dict(line.split("==") for line in (E2E / "requirements.txt").read_text().splitlines() if "==" in line)
    return ", ".join(f"{name.partition('[')[0]} {pinned[name]}" for name in PACKAGES[client])


def run(client: str, cases: list[Case]) -> dict[str, dict]:
    """Runs a client's program on `cases`: {case name: result}."""
    program, *arguments = CLIENTS[client]
    command = [shutil.which("node") or "node"] if program.suffix == ".mjs" else [sys.executable]
    given = json.dumps([one.given for one in cases])
    done = subprocess.run([*command, program, *arguments], input=given, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
