"""How a token service behaves when a test asks for more than the plain answer.

Behaviours are JSON, strict, and queue: each serves its `times` requests, then the next one does, then the default.
"""

import asyncio
from dataclasses import dataclass, field, fields
from typing import Any

NAMES = ("oauth2", "metadata", "sts", "iamcredentials", "subject_token")


class BadBehaviour(ValueError):
    """The test's behaviour makes no sense; the text says why."""


@dataclass(frozen=True)
class Behaviour:
    """One way to answer. What is not set is as Google does it.

    `times`: how many requests (None: all that follow). `delay`: seconds before anything is sent. `hold`: the answer
    waits until a test releases the service. `reset`: a TCP reset in place of an answer. `status`: an error in place of
    the answer. `body`: this text as the body, whatever it is. `headers`: added. `expires_in`: seconds that the token
    lives, and says so. `omit`: members that the answer lacks.
    """

    times: int | None = None
    delay: float = 0.0
    hold: bool = False
    reset: bool = False
    status: int | None = None
    body: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    expires_in: int | None = None
    omit: list[str] = field(default_factory=list)

    @classmethod
    def parse(cls, value: Any) -> "Behaviour":
        """A behaviour from its JSON. Raises `BadBehaviour`."""
        if not isinstance(value, dict):
            raise BadBehaviour("a behaviour is an object")
        for name, given in value.items():
            if name not in CHECKS:
                raise BadBehaviour(f"unknown field {name!r}; known: {', '.join(CHECKS)}")
            if not CHECKS[name](given):
                raise BadBehaviour(f"bad value for {name!r}: {given!r}")
        return cls(**value)


@dataclass
class Service:
    """One token service: its behaviours to come, and what it has done.

    `requests` came, `issued` of them got a token, `refused` an error of the service's own rules, `waiting` are being
    answered now, `most` were at once.
    """

    behaviours: list[Behaviour] = field(default_factory=list)
    requests: int = 0
    issued: int = 0
    refused: int = 0
    waiting: int = 0
    most: int = 0
    _served: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def counts(self) -> dict[str, int]:
        return {name: getattr(self, name) for name in ("requests", "issued", "refused", "waiting", "most")}

    def behave(self, behaviours: list[Behaviour]) -> None:
        """These from now on. Requests that are held stay so."""
        self.behaviours, self._served = list(behaviours), 0
        self._released = asyncio.Event() if self._released.is_set() else self._released

    def release(self) -> None:
        """Let the held requests go, and those still to come under the same behaviours."""
        self._released.set()

    def take(self) -> Behaviour:
        """The behaviour of the request that has just come."""
        while self.behaviours and self._served == self.behaviours[0].times:
            self.behaviours.pop(0)
            self._served = 0
        self._served += 1
        return self.behaviours[0] if self.behaviours else Behaviour()

    async def wait(self, behaviour: Behaviour) -> None:
        await asyncio.sleep(behaviour.delay)
        if behaviour.hold:
            await self._released.wait()


def number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def boolean(value: Any) -> bool:
    return isinstance(value, bool)


def text(value: Any) -> bool:
    return isinstance(value, str)


CHECKS = {
    "times": lambda value: value is None or (integer(value) and value > 0),
    "delay": lambda value: number(value) and value >= 0,
    "hold": boolean,
    "reset": boolean,
    "status": lambda value: integer(value) and 200 <= value <= 599,
    "body": text,
    "headers": lambda value: isinstance(value, dict) and all(map(text, value.values())),
    "expires_in": integer,
    "omit": lambda value: isinstance(value, list) and all(map(text, value)),
}
assert set(CHECKS) == {f.name for f in fields(Behaviour)}
