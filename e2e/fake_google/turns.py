"""Turn rules (`translation.md` section 1.2.3): contents with parts, parts with data, calls answered in order."""

from itertools import groupby
from typing import Any

from .errors import GoogleError, invalid
from .models import Model
from .surface import VERTEX, Call

# What fills a part: a member of its oneof.
DATA = {
    *("text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"),
    *("toolCall", "toolResponse", "audioTranscription"),
}
CALL_ORDER = (
    "Please ensure that function call turn comes immediately after a user turn or after a function response turn."
)
RESPONSE_ORDER = "Please ensure that function response turn comes immediately after a function call turn."
RESPONSE_COUNT = (
    "Please ensure that the number of function response parts is equal to the number of function call parts of the"
    " function call turn."
)
SINGLE_TURN_END = "Please ensure that single turn requests end with a user role or the role field is empty."
MULTI_TURN_END = "Please ensure that multiturn requests ends with a user role or a function response."


def check(call: Call, facts: Model, contents: list[dict[str, Any]]) -> None:
    """Raises `GoogleError` for the first content out of order."""
    for number, content in enumerate(contents):
        filled(call, facts, f"contents[{number}]", content)
    order(contents)
    # Older models continue a last turn of the model's (prefill), newer ones refuse it.
    if facts.generation >= (3, 0) and contents[-1].get("role") == "model":
        raise invalid(SINGLE_TURN_END if len(contents) == 1 else MULTI_TURN_END)


def system(call: Call, request: dict[str, Any]) -> None:
    """A system instruction has parts, and they are text."""
    instruction = request.get("systemInstruction")
    if instruction is None:
        return
    parts = instruction.get("parts", [])
    if not parts:
        raise refused(call, "system_instruction.parts", "contents.parts must not be empty.")
    for number, part in enumerate(parts):
        if "text" not in part:
            raise refused(call, f"system_instruction.parts[{number}]", "system instruction must be text.")


def refused(call: Call, path: str, text: str) -> GoogleError:
    return invalid(f"* {call.method.request}.{path}: {text}\n")


def filled(call: Call, facts: Model, path: str, content: dict[str, Any]) -> None:
    """Each content has parts, each part has data, and not all of it is empty text."""
    parts = content.get("parts", [])
    if not parts and call.api == VERTEX:
        raise invalid("Unable to submit request because it must include at least one parts field.")
    if not parts:
        raise refused(call, f"{path}.parts", "contents.parts must not be empty.")
    for number, part in enumerate(parts):
        # A signature of its own is data to those models that issue it.
        if not DATA & part.keys() and "thoughtSignature" not in part:
            raise no_data(call, f"{path}.parts[{number}]")
    if all(part.get("text") == "" and "thoughtSignature" not in part for part in parts):
        raise no_data(call, f"{path}.parts[0]")


def no_data(call: Call, path: str) -> GoogleError:
    if call.api == VERTEX:
        return invalid(
            "Unable to submit request because it must have a text parameter. Add a text parameter and try again."
        )
    return refused(call, f"{path}.data", "required oneof field 'data' must have one initialized field")


def grouped(contents: list[dict[str, Any]]) -> list[list[tuple[int, dict[str, Any]]]]:
    """Turns: neighbouring contents of one side, each with its index. Recorded traffic proves that Google counts calls
    and responses over such a run, not per content."""
    runs = groupby(enumerate(contents), key=lambda item: item[1].get("role") == "model")
    return [list(run) for _, run in runs]


def order(contents: list[dict[str, Any]]) -> None:
    """The user begins; responses come right after their calls, one for each, and bear no foreign id."""
    if contents[0].get("role") == "model":
        raise invalid(CALL_ORDER)
    waiting: list[dict[str, Any]] = []
    for turn in grouped(contents):
        responses = held(turn, "functionResponse")
        if responses and (not waiting or late(turn)):
            raise invalid(RESPONSE_ORDER)
        if len(responses) != len(waiting):
            raise invalid(RESPONSE_COUNT)
        foreign = {one.get("id") for one in responses} - {one.get("id") for one in waiting} - {None}
        if foreign:
            raise invalid(RESPONSE_ORDER)
        waiting = held(turn, "functionCall")
    if waiting:
        raise invalid(RESPONSE_COUNT)


def late(turn: list[tuple[int, dict[str, Any]]]) -> bool:
    """Whether a content without responses stands before one with them."""
    answering = [bool(held([item], "functionResponse")) for item in turn]
    return answering != sorted(answering, reverse=True)


def held(turn: list[tuple[int, dict[str, Any]]], name: str) -> list[dict[str, Any]]:
    """The turn's calls or responses."""
    return [part[name] for _, content in turn for part in content.get("parts", []) if name in part]
