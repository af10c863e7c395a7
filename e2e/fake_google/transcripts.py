"""A model that listens: the transcript it writes, in whatever JSON the request's schema asks for.

`transcript` of a scenario: `{"text": "Hello there.", "language": "english", "duration": 2.5, "segments": [{"start": 0,
"end": 1.25, "text": "Hello", "speaker": "A"}]}`, all optional. Without a schema the reply is the text.
"""

import json
from typing import Any

DEFAULT = {
    "language": "english",
    "duration": 2.5,
    "segments": [
        {"start": 0.0, "end": 1.25, "text": "The fake heard", "speaker": "A"},
        {"start": 1.25, "end": 2.5, "text": "your recording.", "speaker": "B"},
    ],
}
# What a property of the asked schema is called, by what it is.
NAMES = {
    "start": ("start", "start_time", "startTime", "start_seconds", "begin"),
    "end": ("end", "end_time", "endTime", "end_seconds", "stop"),
    "text": ("text", "transcript", "transcription", "content", "word"),
    "language": ("language", "language_code", "languageCode"),
    "duration": ("duration", "duration_seconds"),
    "speaker": ("speaker", "speaker_label"),
    "segments": ("segments", "words"),
}
MEANING = {name: meaning for meaning, names in NAMES.items() for name in names}


class Unfitting(ValueError):
    """The asked schema wants what no transcript has; the text says what."""


def heard(config: dict[str, Any], given: dict[str, Any] | None) -> str:
    """The reply's text. Raises `Unfitting`."""
    facts = {**DEFAULT, **(given or {})}
    if given is not None and "text" in given and "segments" not in given:
        facts["segments"] = [{"start": 0.0, "end": facts["duration"], "text": given["text"], "speaker": "A"}]
    facts.setdefault("text", " ".join(segment["text"] for segment in facts["segments"]))
    if config.get("responseMimeType") != "application/json":
        return facts["text"]
    schema = config.get("responseJsonSchema", config.get("responseSchema"))
    if schema is None:
        return json.dumps(facts)
    return json.dumps(filled(schema, facts))


def filled(schema: dict[str, Any], facts: dict[str, Any]) -> dict[str, Any]:
    """An object that fits `schema`, whose properties are named after what a transcript has."""
    if kind(schema) != "object":
        raise Unfitting(f"a transcript is an object, not {kind(schema)}")
    result = {}
    for name, prop in schema.get("properties", {}).items():
        meaning = MEANING.get(name)
        if meaning is None:
            raise Unfitting(f"a transcript has no {name!r}")
        if meaning in facts:
            result[name] = value(name, prop, facts[meaning])
    missing = set(schema.get("required", [])) - result.keys()
    if missing:
        raise Unfitting(f"the transcript has no {', '.join(sorted(missing))}")
    return result


def value(name: str, prop: dict[str, Any], given: Any) -> Any:
    """`given` in the type that the schema asks for; times as text are minutes, seconds and thousandths."""
    match kind(prop), given:
        case "array", list():
            return [filled(prop.get("items", {}), one) for one in given]
        case "number", int() | float():
            return given
        case "integer", int() | float():
            return round(given)
        case "string", str():
            return given
        case "string", int() | float():
            return f"{int(given // 60):02}:{given % 60:06.3f}"
    raise Unfitting(f"{name} of a transcript is no {kind(prop)}")


def kind(schema: dict[str, Any]) -> str:
    """The schema's type in JSON Schema's spelling, without null."""
    given = schema.get("type", "object")
    kinds = [one for one in (given if isinstance(given, list) else [given]) if one.lower() != "null"]
    return kinds[0].lower() if kinds else "null"


def listens(body: dict[str, Any]) -> bool:
    """Whether there is a recording in the request."""
    parts = [part for content in body.get("contents", []) for part in content.get("parts", [])]
    media = [part.get("inlineData") or part.get("fileData") or {} for part in parts]
    return any(one.get("mimeType", "").startswith("audio/") for one in media)
