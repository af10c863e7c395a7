"""What a test tells the agent to play: the `agent` of a scenario.

    {"steps": [{"say": "Let me look.", "calls": [{"name": "get_weather", "args": {"city": "Oslo"}, "expect": "snow"}]}],
     "final": "It snows.", "answer": {...}, "schema": ["city", "degrees"], "images": [{"mimeType": ..., "sha256": ...}],
     "system": "be brief", "heard": ["earlier words"], "each": false, "dummy": false, "size": 160}

`steps`: the rounds of calls of the current turn, in order; each call may say what text its result must hold (`expect`)
and which `id` it gets. After them comes the answer: `answer` as JSON (then the request must ask for JSON, with a schema
that has exactly the properties `schema` and that the answer fits), else `final`, else a quotation of all results.
`images`: the inline data of the user's turn, in order. `system` and `heard`: text that must have arrived.
`each`: a stream brings one call per event. `dummy`: a dummy signature passes. `size`: bytes of a signature.
"""

from dataclasses import dataclass, field, fields
from typing import Any

from . import issued


class BadScript(ValueError):
    """The test's script makes no sense; the text says why."""


@dataclass(frozen=True)
class Planned:
    """A call the agent will make."""

    name: str
    args: dict[str, Any] = field(default_factory=dict)
    expect: str = ""
    id: str | None = None


@dataclass(frozen=True)
class Step:
    """Calls made at once, and the words before them."""

    calls: list[Planned]
    say: str = ""


@dataclass(frozen=True)
class Script:
    """See the module's docstring."""

    steps: list[Step] = field(default_factory=list)
    final: str | None = None
    answer: Any = None
    schema: list[str] | None = None
    images: list[dict[str, str]] = field(default_factory=list)
    system: str = ""
    heard: list[str] = field(default_factory=list)
    each: bool = False
    dummy: bool = False
    size: int = issued.SIZE

    @classmethod
    def parse(cls, value: Any) -> "Script":
        """A script from its JSON. Raises `BadScript`."""
        given = known(cls, value)
        steps = [known(Step, step) for step in given.get("steps", [])]
        calls = [[Planned(**known(Planned, call)) for call in step.get("calls", [])] for step in steps]
        if not all(calls):
            raise BadScript("a step has calls")
        made = [Step(**{**step, "calls": planned}) for step, planned in zip(steps, calls, strict=True)]
        if (given.get("answer") is None) != (given.get("schema") is None):
            raise BadScript("answer and schema go together")
        return cls(**{**given, "steps": made})


def known(kind: type, value: Any) -> dict[str, Any]:
    """`value` if it is an object with fields of `kind` only. Raises `BadScript`."""
    names = {f.name for f in fields(kind)}
    if not isinstance(value, dict) or not value.keys() <= names:
        raise BadScript(f"a {kind.__name__} is an object of {', '.join(sorted(names))}: {str(value)[:100]}")
    if "name" in names and not isinstance(value.get("name"), str):
        raise BadScript("a call has a name")
    return value
