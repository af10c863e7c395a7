"""What the Python client programs share: the tools an agent may use, and how a program runs its cases.

A case: `{"name", "base_url", "kind", "model", "prompt", "again"?, "image"?}`. `kind` names the program's function; `again` is the
second user turn of a conversation, `image` a data URL. A result is `{"text": answer}`, `{"trip": parsed object}`, with
`"deltas"` (number of text deltas) when it was streamed, or `{"error": what went wrong}`.
"""

import asyncio
import json
import sys
import traceback
from collections.abc import Awaitable, Callable

from pydantic import BaseModel

SYSTEM = "You are a travel agent."
WEATHER = {"Paris": "sunny 21", "Oslo": "snow -3"}


class Trip(BaseModel):
    """Where to go."""

    class Stop(BaseModel):
        """A place on the way."""

        name: str
        price: float

    city: str
    nights: int
    stops: list[Stop]
    note: str | None


class Booking(BaseModel):
    """Who flies where."""

    city: str
    seats: int


def get_weather(city: str) -> str:
    """The weather in a city."""
    return WEATHER[city]


def book_flight(trip: Booking, cabin: str) -> dict:
    """Books a flight."""
    return {"booking": f"BK-{trip.city}-{trip.seats}", "cabin": cabin, "paid": True}


def list_airports() -> str:
    """Every airport."""
    return "ORY CDG"


def use(name: str, arguments: str) -> str:
    """Runs the tool `name` on JSON arguments: the result as a tool message holds it."""
    given = json.loads(arguments)
    match name:
        case "get_weather":
            return get_weather(**given)
        case "book_flight":
            return json.dumps(book_flight(Booking(**given["trip"]), given["cabin"]))
        case "list_airports":
            return list_airports()
    raise ValueError(f"no tool {name!r}")


Kinds = dict[str, Callable[[dict], Awaitable[dict]]]


def main(kinds: Callable[[str], Kinds]) -> None:
    """Runs the cases given on standard input with the kinds that `kinds(base_url)` offers."""
    print(json.dumps(asyncio.run(every(kinds, json.load(sys.stdin)))))


async def every(kinds: Callable[[str], Kinds], cases: list[dict]) -> dict[str, dict]:
    offered = {url: kinds(url) for url in {case["base_url"] for case in cases}}
    results = await asyncio.gather(*(one(offered[case["base_url"]][case["kind"]], case) for case in cases))
    return {case["name"]: result for case, result in zip(cases, results, strict=True)}


async def one(run: Callable[[dict], Awaitable[dict]], case: dict) -> dict:
    try:
        return await run(case)
    except Exception as error:  # One case's failure is its result, whatever it is.
        traceback.print_exception(error, file=sys.stderr)
        return {"error": f"{type(error).__name__}: {error}"}
