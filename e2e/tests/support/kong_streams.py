"""Kong's cases of streams: `09-streaming_integration_spec.lua`, the framing cases of `01-unit_spec.lua` and its fuzz test, and the
network chunks that were seen to break Kong (kong.md A.4)."""

import json
from collections.abc import Iterator

from support.kong import JSON, SSE, Case, Reply, Seen, fixture, parsed, pieces
from support.kong_chat import HI, PUBLISHERS, REQUESTS, file, gemini, holds, refuses, said, sends, vertex

STREAM = f"{REQUESTS}good-stream.json".encode()
SPLIT = "master/unit/streaming-chunk-formats/"
SHAPE = "errors have OpenAI's shape"


def event(text: str | None = None, finish: str | None = None, **part) -> str:
    content = {"role": "model", "parts": [part or {"text": text}]}
    return json.dumps({"candidates": [{"content": content, **({"finishReason": finish} if finish else {})}]})


def text(expected: str, count: int | None = None, problems: bool = False):
    """A whole stream of that text; of `count` events when it is given."""

    def check(seen: Seen) -> None:
        assert seen.got.status == 200 and seen.got.headers["content-type"].startswith(SSE)
        stream = seen.got.stream
        assert problems or stream.problems == [], stream.problems
        assert stream.messages[0]["content"] == expected
        assert count in (None, seen.got.body.count(b"data: "))

    return check


def all_of(parts: Iterator[dict]) -> str:
    return "".join(event["candidates"][0]["content"]["parts"][0]["text"] for event in parts)


def of_file(name: str):
    """The text of the events that Kong expects."""

    def check(seen: Seen) -> None:
        events = [json.loads(one["data"]) for one in parsed(name) if one["data"] != "[DONE]"]
        text(all_of(events))(seen)

    return check


def cut(name: str, every: int, offset: int):
    def reply() -> Reply:
        data = fixture(name)
        return Reply(pieces(data, *range(offset, len(data), every)))

    return reply


def framed(*chunks: str, type: str = JSON) -> Reply:
    return Reply([chunk.encode() for chunk in chunks], type=type)


def called(seen: Seen) -> None:
    stream = seen.got.stream
    assert seen.got.status == 200 and stream.problems == []
    (call,) = stream.messages[0]["tool_calls"].values()
    assert call["function"]["name"] == "add" and json.loads(call["function"]["arguments"]) == {"a": 2, "b": 12}


def function_pieces() -> Reply:
    """The mock's three, each followed by an empty line: the first ends within the object."""
    content = {"role": "model", "parts": [{"functionCall": {"name": "add", "args": {"a": 2, "b": 12}}}]}
    whole = {"content": content, "finishReason": "STOP", "safetyRatings": []}
    usage = {"promptTokenCount": 47, "candidatesTokenCount": 3, "totalTokenCount": 50}
    value = json.dumps([{"candidates": [whole], "usageMetadata": usage, "modelVersion": "gemini-1.5-pro-001"}], indent=2).replace("\n", "\r\n")
    at = value.index('"finishReason"')
    return framed(value[:at] + "\n\n", value[at:-1] + "\n\n", "]\n\n")


def broken(seen: Seen) -> None:
    """What was understood came through, and then an error: never a clean end."""
    stream = seen.got.stream
    assert stream.error and not stream.done or seen.got.status >= 400


GOOD_PIECES = [
    "[", *(event(word, "NULL") + "," for word in ("Gemini", " is", " a", " powerful", " model")), event(".", "STOP"), "]",
]
A, B = event("a"), event("b", "STOP")

# What a network may make of a stream: most of these lose events in Kong, or crash it.
FRAMES = [
    ("array LF", [f"[{A},\n{B}]"], JSON),
    ("array split mid-object", ["[" + A[:20], A[20:] + "," + B, "]"], JSON),
    ("array: trailing comma then ]", [f"[{A}\n,\n", f"{B}\n", "]\n"], JSON),
    ("array first chunk only [", ["[", A + ",", B, "]"], JSON),
    ("array: leading newline chunk then [", ["\n", f"[{A},{B}]"], JSON),
    ("SSE CRLF 2 events 1 chunk", [f"data: {A}\r\n\r\ndata: {B}\r\n\r\n"], SSE),
    ("SSE CRLF split", [f"data: {A}\r\n", f"\r\ndata: {B}\r\n\r\n"], SSE),
    ("SSE LF 2 events", [f"data: {A}\n\ndata: {B}\n\n"], SSE),
    ("after eof extra", [f"[{A},{B}]", "\n"], JSON),
]
# The splits of json_array_iterator's 15 cases: within a string, an escape, braces, brackets, at and in a comma.
HARD = 'a"b\\ {c} [d], e\n\u00e9 \\u00e9 }],'
HARD_STREAM = f"[ {event(HARD)} ,\n{event('.', 'STOP')} ]"

STREAMS = [
    Case("09:1146 a call, in three pieces", gemini(), f"{REQUESTS}good-stream-with-functions.json".encode(), function_pieces(), called),
    Case(
        "09:1094 an upstream's 400", gemini(), STREAM, said({"error": {"message": "failure of some kind"}}, status=400),
        holds(lambda seen: (seen.got.status, seen.got.json) == (400, {"error": {"message": "failure of some kind"}})), SHAPE,
        holds(lambda seen: (seen.got.status, seen.got.error["message"]) == (400, "failure of some kind")),
    ),
    Case(
        "393 09:1325 a good stream", gemini(), STREAM, framed(*GOOD_PIECES), text("Gemini is a powerful model.", 7),
        "the role comes in a chunk of its own, or the finish does, as at OpenAI", text("Gemini is a powerful model."),
    ),
    Case(
        "393:635 the method of a stream", vertex("gemini-1.5-pro"), STREAM, framed(*GOOD_PIECES),
        sends(f"{PUBLISHERS}google/models/gemini-1.5-pro:streamGenerateContent"), "as events, not as an array",
        sends(f"{PUBLISHERS}google/models/gemini-1.5-pro:streamGenerateContent?alt=sse"),
    ),
    *(
        Case(
            f"393 fuzz/03-gemini cut every {every} from {offset}", gemini(), STREAM,
            cut("aigw-393/unit/streaming-chunk-formats/gemini/input.json", every, offset),
            of_file("aigw-393/unit/streaming-chunk-formats/gemini/expected-output.json"),
        )
        for every, offset in [(1500, 1), (311, 1), (97, 5), (53, 11), (29, 3)]
    ),
    *(
        Case(
            f"unit:{line} a stream in {count} files", gemini(), STREAM,
            lambda folder=folder, count=count: Reply([fixture(f"{SPLIT}{folder}/input-{n + 1}.bin") for n in range(count)]),
            lambda seen, folder=folder: text(fixture(f"{SPLIT}{folder}/expected-output.bin").decode())(seen),
        )
        for line, folder, count in [(878, "partial-json-split", 2), (902, "partial-json-split-three-parts", 3)]
    ),
    Case(
        "unit:933 the beginning of a stream", gemini(), STREAM, file(f"{SPLIT}partial-json-beginning/input.bin"),
        of_file(f"{SPLIT}partial-json-beginning/expected-output.json"),
    ),
    Case(
        "unit:943 the end of a stream", gemini(), STREAM, file(f"{SPLIT}partial-json-end/input.bin"),
        of_file(f"{SPLIT}partial-json-end/expected-output.json"),
    ),
    *(
        Case(
            f"unit:2261 splits, every {every}", gemini(), STREAM,
            Reply(pieces(HARD_STREAM.encode(), *range(1, len(HARD_STREAM), every))), text(HARD + "."),
        )
        for every in (1, 2, 5)
    ),
    *(Case(f"A.4 {name}", gemini(), STREAM, framed(*chunks, type=type), text("ab")) for name, chunks, type in FRAMES),
    Case("A.4 object not array", gemini(), STREAM, said({"error": {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}}), broken),
    Case("A.4 escaped backslash at string end", gemini(), STREAM, framed(f"[{event('x' + chr(92))},{B}]"), text("x\\b")),
    Case(
        "§2.4 streaming denied", gemini(response_streaming="deny"), STREAM, framed(A),
        refuses("response streaming is not enabled for this LLM"),
    ),
    Case("§2.4 streaming always", gemini(response_streaming="always"), HI, framed(f"[{A},{B}]"), text("ab")),
]
