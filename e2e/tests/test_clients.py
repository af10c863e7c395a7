"""Agents on unmodified client libraries, through the gateway: every client has every kind of conversation.

The strict fake plays the model: it issues a signature per call, takes only that one back and refuses the dummy. Each
program also runs against a small server of OpenAI's own shape, so that a failure here is the gateway's, not the program's.
"""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import pytest
from clients import matrix
from clients.stub import Stub

KINDS = [(client, kind) for client, model, kind in matrix.cells() if model == matrix.MODELS[0]]
# Kinds in which a signature has to come back.
SIGNED = ("tools", "tools_stream", "turns")
# The README's words for kinds and clients.
TITLES = {
    "tools": "tools",
    "tools_stream": "streamed tools",
    "turns": "next turn",
    "structured": "JSON schema",
    "structured_tool": "JSON by a tool",
    "stream": "stream",
    "image": "image",
}
NAMES = {
    "openai-python": "OpenAI for Python",
    "openai-node": "OpenAI for Node",
    "langchain": "LangChain",
    "vercel-ai-google": "Vercel AI SDK, provider named `google`",
    "vercel-ai": "the same, any other name",
    "openai-agents": "OpenAI Agents SDK, chat completions",
    "pydantic-ai": "Pydantic AI",
}
README = matrix.E2E.parent / "README.md"
# Programs at a time: what starts them is import statements, one core each.
AT_ONCE = 2


class Programs:
    """Every client's program, run once with all its cases: `result(case)` waits for the one it belongs to."""

    def __init__(self, wanted: set[str], gateway, stub: Stub) -> None:
        self.stub, self.cases = stub, {}
        for cell in matrix.cells():
            if cell[0] in wanted:
                self.cases[("gateway", *cell)] = made = matrix.case(*cell, gateway.url)
                for id, script in made.scripts.items():
                    gateway.fake.put_scenario(id, {"agent": script})
        for client, kind in KINDS:
            if client in wanted:
                self.cases[("stub", client, kind)] = made = matrix.case(client, matrix.MODELS[0], kind, stub.url)
                stub.scripts.update(made.scripts)
        self.pool = ThreadPoolExecutor(AT_ONCE)
        self.runs = {client: self.pool.submit(matrix.run, client, self.of(client)) for client in matrix.CLIENTS if client in wanted}

    def of(self, client: str) -> list[matrix.Case]:
        return [case for case in self.cases.values() if case.client == client]

    def problem(self, case: matrix.Case) -> str:
        return case.problem(self.runs[case.client].result()[case.given["name"]])

    def kept(self, client: str, kind: str) -> bool:
        """Whether the client sent every thought signature back that it got."""
        case = self.cases["stub", client, kind]
        assert not self.problem(case)
        bodies = [body for id in case.turns for body in self.stub.bodies[id]]
        calls = [call for body in bodies for message in body["messages"] for call in message.get("tool_calls") or []]
        # The first call of each step was signed.
        return all("extra_content" in call for call in calls if call["id"].endswith("_0"))


@pytest.fixture(scope="module")
def programs(request, gateway, figures):
    """The programs of the clients that the chosen tests need; at the end the matrix joins the figures."""
    chosen = [item for item in request.session.items if item.path == request.path]
    wanted = {item.callspec.params["client"] for item in chosen if hasattr(item, "callspec")}
    if not all(hasattr(item, "callspec") for item in chosen):
        wanted = set(matrix.CLIENTS)
    with Stub() as stub:
        running = Programs(wanted, gateway, stub)
        yield running
        figures.extend(table(running))
        running.pool.shutdown()


def table(programs: Programs) -> list[str]:
    """The matrix: models passed per client and kind, `*` where the client returns no signature by itself."""
    lines = [f"{'client':17}" + "".join(f"{kind:16}" for kind in matrix.KINDS)]
    for client in programs.runs:
        cells = [cell(programs, client, kind) for kind in matrix.KINDS]
        lines.append(f"{client:17}" + "".join(f"{shown:16}" for shown in cells))
    return lines


def cell(programs: Programs, client: str, kind: str) -> str:
    """`3/3`: of so many models it passed on so many."""
    cases = [case for key, case in programs.cases.items() if key[0] == "gateway" and (case.client, case.kind) == (client, kind)]
    if not cases:
        return "-"
    needs_memory = kind in SIGNED and not programs.kept(client, kind)
    return f"{sum(not programs.problem(case) for case in cases)}/{len(cases)}" + "*" * needs_memory


def support(programs: Programs) -> list[str]:
    """The same as the README has it."""
    lines = ["| client | " + " | ".join(TITLES[kind] for kind in matrix.KINDS) + " |", "|---" * (len(matrix.KINDS) + 1) + "|"]
    passed = f"{len(matrix.MODELS)}/{len(matrix.MODELS)}"
    for client, name in NAMES.items():
        cells = [cell(programs, client, kind).replace(passed, "yes").replace("-", "–") for kind in matrix.KINDS]
        lines.append(f"| {name} ({matrix.versions(client)}) | " + " | ".join(cells) + " |")
    return lines


@pytest.mark.parametrize(("client", "model", "kind"), matrix.cells())
def test_conversation(programs, gateway, client, model, kind):
    case = programs.cases["gateway", client, model, kind]
    problem = programs.problem(case)
    seen = [gateway.fake.requests(id) for id in case.turns]
    verdicts = [request["verdict"] for turn in seen for request in turn]
    assert not problem, verdicts
    assert set(verdicts) == {"accepted"}
    assert list(map(len, seen)) == case.requests


@pytest.mark.parametrize(("client", "kind"), KINDS)
def test_program(programs, client, kind):
    """The program itself, against OpenAI's shape without a gateway."""
    case = programs.cases["stub", client, kind]
    assert not programs.problem(case)
    assert [len(programs.stub.bodies[id]) for id in case.turns] == case.requests


@pytest.mark.parametrize(("client", "kept"), [("openai-python", True), ("langchain", False)])
def test_signatures_are_kept_by_some(programs, client, kept):
    """The matrix holds clients of both sorts: those that return a call's unknown fields, and those that drop them."""
    assert programs.kept(client, "tools") is kept


def test_the_readme_says_so(programs):
    """Its table of clients is the matrix: clients, locked versions, kinds of conversation."""
    section = README.read_text().partition("\n## Clients\n")[2].partition("\n## ")[0]
    assert [line for line in section.splitlines() if line.startswith("|")] == support(programs)
    assert all(model in section for model in matrix.MODELS)
