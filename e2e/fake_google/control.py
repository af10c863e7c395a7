"""What the tests ask of the fake through `/_fake/...`, and the state behind it."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from aiohttp import web

from . import models, surface
from .identity import control as identity
from .identity.control import Identity
from .scenario import BadScenario, Scenario, switches
from .videos import Videos

PREFIX = "/_fake/"
METHODS = {method.name for method in surface.METHODS}
# How long opening a gate waits for a stream that has an event to release.
GATE_WAIT = 10.0


class Misuse(Exception):
    """A test asked for a scenario that does not exist or does not fit the call."""


@dataclass
class Rules:
    """Rule groups that a test can switch off."""

    turn_rules: bool = True
    signatures: bool = True
    documented: bool = True

    def changed(self, groups: dict[str, Any]) -> "Rules":
        """These rules with `groups` applied. Raises `BadScenario` on an unknown group or a value that is no bool."""
        if not switches(groups):
            raise BadScenario(f"rules are {', '.join(sorted(vars(self)))}, each a bool")
        return Rules(**{**vars(self), **groups})


@dataclass
class Record:
    """One request as received, and how its reply went."""

    n: int
    method: str
    path: str
    headers: list[list[str]]
    tls: bool
    body: Any = None
    body_text: str = ""
    verdict: str = "not judged"
    scenario: str | None = None
    service: str | None = None
    status: int | None = None
    finished: bool = False
    aborted: bool = False


@dataclass
class State:
    """Everything that outlives one request."""

    api_key: str
    token: str
    rules: Rules = field(default_factory=Rules)
    scenarios: dict[str, Scenario] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)
    methods: dict[str, Scenario] = field(default_factory=dict)
    catalogue: models.Catalogue = field(default_factory=models.Catalogue)
    records: list[Record] = field(default_factory=list)
    count: int = 0
    identity: Identity = field(default_factory=Identity)
    videos: Videos = field(default_factory=Videos)
    _gates: dict[str, asyncio.Queue] = field(default_factory=dict)

    def gate(self, id: str) -> asyncio.Queue:
        """The queue of releases asked for on scenario `id`: futures, resolved when the event is written."""
        return self._gates.setdefault(id, asyncio.Queue())

    def record(self, method: str, path: str, headers: list[list[str]], tls: bool) -> Record:
        self.count += 1
        record = Record(self.count, method, path, headers, tls)
        self.records.append(record)
        return record

    def take_scenario(self, id: str) -> Scenario | None:
        """The scenario this request gets; one with a `next` makes way for it."""
        scenario = self.scenarios.get(id)
        if scenario is not None and scenario.next is not None:
            self.scenarios[id] = scenario.next
        return scenario

    def take_method(self, method: str) -> Scenario | None:
        """What was put for the next call of `method`; the one after it gets the `next`, if there is one."""
        scenario = self.methods.pop(method, None)
        if scenario is not None and scenario.next is not None:
            self.methods[method] = scenario.next
        return scenario

    def asked(self, id: str | None, method: str) -> Scenario | None:
        """The scenario of a request with the marker `id`, else the one put for the next call of `method`, if any.
        Raises `Misuse`."""
        if id is None:
            return self.take_method(method)
        scenario = self.take_scenario(id)
        if scenario is None:
            raise Misuse(f"no scenario {id!r}")
        return scenario


async def answer(state: State, request: web.BaseRequest) -> web.Response:
    """The control plane: plain JSON in and out, `{"error": text}` with 4xx on misuse."""
    path, _, _ = request.raw_path.removeprefix(PREFIX).partition("?")
    what, _, id = path.partition("/")
    id = unquote(id)
    body = await request.content.read()
    try:
        match request.method, what:
            case "PUT", "scenarios" if id:
                state.scenarios[id] = Scenario.parse(json.loads(body))
                return web.json_response({"scenario": id})
            case "PUT", "endpoints" if id:
                state.endpoints[id] = json.loads(body)["model"]
                return web.json_response({"endpoint": id})
            case "PUT", "methods" if id in METHODS:
                state.methods[id] = Scenario.parse(json.loads(body))
                return web.json_response({"method": id})
            case "PUT", "models":
                state.catalogue = models.Catalogue.parse(json.loads(body))
                return web.json_response(vars(state.catalogue))
            case "GET", "requests":
                wanted, service = request.query.get("scenario"), request.query.get("service")
                own = [record for record in state.records if record.service == service]
                return web.json_response([vars(r) for r in own if wanted is None or r.scenario == wanted])
            case "DELETE", "requests":
                state.records.clear()
                return web.json_response({})
            case "POST", "gate" if id:
                return await open_gate(state, id)
            case "PUT", "rules":
                state.rules = state.rules.changed(json.loads(body))
                return web.json_response(vars(state.rules))
        done = identity.answer(state.identity, request.method, what, id, json.loads(body) if body else None)
        if done is not None:
            return web.json_response(done)
    except (BadScenario, ValueError, KeyError, TypeError) as error:
        return web.json_response({"error": str(error)}, status=400)
    return web.json_response({"error": f"no control {request.method} {request.raw_path}"}, status=404)


async def open_gate(state: State, id: str) -> web.Response:
    if id not in state.scenarios:
        return web.json_response({"error": f"no scenario {id!r}"}, status=404)
    released = asyncio.get_running_loop().create_future()
    state.gate(id).put_nowait(released)
    try:
        event = await asyncio.wait_for(released, GATE_WAIT)
    except TimeoutError:
        return web.json_response({"error": f"no stream of {id!r} had an event to release"}, status=504)
    if event is None:
        return web.json_response({"error": f"the stream of {id!r} is over"}, status=409)
    return web.json_response({"released": event})
