"""A reply that a test asked for: what bytes, and how they are written.

A scenario is JSON, strict: an unknown field or a wrong type is an error for the test that sent it.
"""

import base64
import binascii
import json
from dataclasses import dataclass, field, fields
from typing import Any

from . import samples
from .script import BadScript, Script
from .videos import BadVideo, Video

# Tiny pause between two writes, so that they arrive as separate reads.
PACE = 0.001
# Members that say what the body is.
BODIES = ("body", "body_b64", "events", "agent", "transcript", "video")
# What a test can switch off, for all requests or for those of one scenario.
RULE_GROUPS = {"turn_rules", "signatures", "documented"}


class BadScenario(ValueError):
    """The test's scenario makes no sense; the text says why."""


@dataclass
class Scenario:
    """Fields as in the control plane's JSON; every offset counts bytes of the reply's body as written (after gzip).

    `status`, `headers` (added to Google's usual ones; a null value drops one), `content_type` (overrides).
    The body is one of `body` (text), `body_b64` (raw bytes), `events` (replies rendered as Google renders a stream:
    `framing` "sse" or "array", by default as the request asked for; base64 in them may stand as a sample: see
    `samples`), `agent` (events made up from the conversation: see `script`), `transcript` (what a model heard: see
    `transcripts`), `video` (how a job goes: see `videos`).
    `chunks`: "whole", "bytes" (one each) or offsets at which the body is split into separate writes, `pace` seconds
    apart. `first_byte_delay`: seconds before the status line. `pauses`: [[offset, seconds], ...].
    `gate`: after the first event each one waits until a test opens the gate.
    `reset_after`: bytes of body, then a TCP reset (0: right after the headers, -1: instead of them).
    `gzip`: compress. `rules`: rule groups switched for this request. `next`: the scenario of the following request.
    """

    status: int = 200
    headers: dict[str, str | None] = field(default_factory=dict)
    content_type: str | None = None
    body: str | None = None
    body_b64: str | None = None
    events: list[Any] | None = None
    agent: Script | None = None
    transcript: dict[str, Any] | None = None
    video: Video | None = None
    framing: str | None = None
    chunks: str | list[int] = "whole"
    pace: float = PACE
    first_byte_delay: float = 0.0
    pauses: list[tuple[int, float]] = field(default_factory=list)
    gate: bool = False
    reset_after: int | None = None
    gzip: bool = False
    rules: dict[str, bool] = field(default_factory=dict)
    next: "Scenario | None" = None

    @classmethod
    def parse(cls, value: Any) -> "Scenario":
        """A scenario from its JSON. Raises `BadScenario`."""
        if not isinstance(value, dict):
            raise BadScenario("a scenario is an object")
        for name, given in value.items():
            if name not in CHECKS:
                raise BadScenario(f"unknown field {name!r}; known: {', '.join(CHECKS)}")
            if not CHECKS[name](given):
                raise BadScenario(f"bad value for {name!r}: {json.dumps(given)[:100]}")
        following = cls.parse(value["next"]) if "next" in value else None
        made = {
            "events": sampled(value.get("events")),
            "agent": script(value.get("agent")),
            "video": video(value.get("video")),
        }
        scenario = cls(**{**value, **made, "next": following})
        if sum(value.get(name) is not None for name in BODIES) > 1:
            raise BadScenario(f"only one of {', '.join(BODIES)}")
        if scenario.gate and scenario.events is None and scenario.agent is None:
            raise BadScenario("gate needs events")
        if scenario.body_b64 is not None:
            scenario.raw()
        return scenario

    def scripted(self) -> bool:
        """Whether the test wrote the reply itself."""
        return self.status != 200 or any(part is not None for part in (self.body, self.body_b64, self.events))

    def raw(self) -> bytes:
        """The body as given (empty when there is none)."""
        if self.body_b64 is None:
            return (self.body or "").encode("utf-8", "surrogatepass")
        try:
            return base64.b64decode(self.body_b64, validate=True)
        except binascii.Error as error:
            raise BadScenario(f"body_b64: {error}") from None


def script(value: Any) -> Script | None:
    try:
        return None if value is None else Script.parse(value)
    except BadScript as error:
        raise BadScenario(f"agent: {error}") from None


def sampled(events: Any) -> Any:
    try:
        return samples.expanded(events)
    except (TypeError, ValueError) as error:
        raise BadScenario(f"events: {error}") from None


def video(value: Any) -> Video | None:
    try:
        return None if value is None else Video.parse(value, Scenario.parse)
    except BadVideo as error:
        raise BadScenario(f"video: {error}") from None


def number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value >= 0


def integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def boolean(value: Any) -> bool:
    return isinstance(value, bool)


def text(value: Any) -> bool:
    return isinstance(value, str)


def pauses(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(p, list) and len(p) == 2 and integer(p[0]) and p[0] >= 0 and number(p[1]) for p in value
    )


def chunks(value: Any) -> bool:
    return value in ("whole", "bytes") or (isinstance(value, list) and all(integer(n) and n > 0 for n in value))


def switches(value: Any) -> bool:
    """Whether `value` switches rule groups that exist."""
    return isinstance(value, dict) and set(value) <= RULE_GROUPS and all(map(boolean, value.values()))


CHECKS = {
    "status": lambda value: integer(value) and 200 <= value <= 599,
    "headers": lambda value: isinstance(value, dict) and all(v is None or text(v) for v in value.values()),
    "content_type": text,
    "body": text,
    "body_b64": text,
    "events": lambda value: isinstance(value, list),
    "agent": lambda value: isinstance(value, dict),
    "transcript": lambda value: isinstance(value, dict),
    "video": lambda value: isinstance(value, dict),
    "framing": lambda value: value in ("sse", "array"),
    "chunks": chunks,
    "pace": number,
    "first_byte_delay": number,
    "pauses": pauses,
    "gate": boolean,
    "reset_after": lambda value: integer(value) and value >= -1,
    "gzip": boolean,
    "rules": switches,
    "next": lambda value: isinstance(value, dict),
}
assert set(CHECKS) == {f.name for f in fields(Scenario)}
