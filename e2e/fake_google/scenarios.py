"""Ready-made scenarios: pure functions that return what `Fake.put_scenario` takes.

The first half makes replies, the second half takes a scenario and makes it misbehave, so they combine:
`byte_by_byte(stream("Hel", "lo"))`. Media are at the end.
"""

import base64
from itertools import pairwise
from typing import Any

from . import replies, samples
from .errors import TYPE, pretty
from .imagen import FILTERED

Scenario = dict[str, Any]
MODEL = "gemini-2.5-flash"
QUOTA_METRIC = "generativelanguage.googleapis.com/generate_content_free_tier_requests"


def usage(prompt: int = 4, answer: int = 3, thoughts: int = 0) -> dict[str, Any]:
    """`usageMetadata` whose counts add up."""
    counts = {"promptTokenCount": prompt, "candidatesTokenCount": answer, "totalTokenCount": prompt + answer + thoughts}
    return counts | ({"thoughtsTokenCount": thoughts} if thoughts else {})


def event(text: str | None = None, finish: str | None = None, index: int = 0, **more: Any) -> dict[str, Any]:
    """One `GenerateContentResponse` with one candidate; `text` None leaves its content out; `more` goes on top."""
    candidate: dict[str, Any] = {}
    if text is not None:
        candidate["content"] = {"parts": [{"text": text}], "role": "model"}
    if finish:
        candidate["finishReason"] = finish
    if index:
        candidate["index"] = index
    return {
        "candidates": [candidate],
        "usageMetadata": usage(),
        "modelVersion": MODEL,
        "responseId": "fake-response-1",
        **more,
    }


def reply(text: str, finish: str = "STOP", **more: Any) -> Scenario:
    """A whole reply; as a stream it is one event."""
    return {"events": [event(text, finish, **more)]}


def stream(*texts: str, finish: str | None = "STOP") -> Scenario:
    """One event per text, the last one with the finish reason (None: a stream that ends without one)."""
    last = len(texts) - 1
    return {"events": [event(text, finish if n == last else None) for n, text in enumerate(texts)]}


def no_finish(*texts: str) -> Scenario:
    """A stream that ends cleanly, yet without any finish reason."""
    return stream(*texts, finish=None)


def blocked_prompt(reason: str = "SAFETY") -> Scenario:
    feedback = {
        "promptFeedback": {"blockReason": reason},
        "usageMetadata": {"promptTokenCount": 4, "totalTokenCount": 4},
    }
    return {"events": [{**feedback, "modelVersion": MODEL, "responseId": "fake-response-1"}]}


def big_event(size: int = 8 << 20) -> Scenario:
    """A stream of one event with `size` bytes of text in it."""
    return stream("x" * size)


def raw(body: str | bytes, content_type: str | None = None, status: int = 200) -> Scenario:
    """These very bytes, for instance a recorded reply."""
    data = body.encode() if isinstance(body, str) else body
    typed = {"content_type": content_type} if content_type else {}
    return {"status": status, "body_b64": base64.b64encode(data).decode(), **typed}


def google_error(code: int, status: str, message: str, details: list[Any] | None = None) -> Scenario:
    """An error in Google's shape, pretty-printed."""
    return {"status": code, "body": pretty(error_value(code, status, message, details)).decode()}


def error_value(code: int, status: str, message: str, details: list[Any] | None = None) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status} | ({"details": details} if details else {})}


def rate_limited(
    delay: str = "48.939935699s", quota_id: str = "GenerateRequestsPerMinutePerProjectPerModel"
) -> Scenario:
    """429 with Help, QuotaFailure and RetryInfo; the message names the delay too, as recorded."""
    details = [
        {
            "@type": TYPE + "Help",
            "links": [{"description": "Limits", "url": "https://ai.google.dev/gemini-api/docs/rate-limits"}],
        },
        {
            "@type": TYPE + "QuotaFailure",
            "violations": [{"quotaMetric": QUOTA_METRIC, "quotaId": quota_id, "quotaValue": "15"}],
        },
        {"@type": TYPE + "RetryInfo", "retryDelay": delay},
    ]
    message = f"You exceeded your current quota, please check your plan and billing details.\nPlease retry in {delay}."
    return google_error(429, "RESOURCE_EXHAUSTED", message, details)


def exhausted() -> Scenario:
    """429 without details, as Vertex answers."""
    return google_error(429, "RESOURCE_EXHAUSTED", "Resource exhausted. Please try again later.")


def overloaded() -> Scenario:
    return google_error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.")


def array_error(
    code: int = 400, status: str = "INVALID_ARGUMENT", message: str = "Request contains an invalid argument."
) -> Scenario:
    """An error wrapped in an array, as streams without `alt=sse` answer."""
    body = "[" + pretty(error_value(code, status, message)).decode().rstrip() + "\n]\n"
    return {"status": code, "body": body, "content_type": replies.JSON}


def html_error(code: int = 500, title: str = "Internal Server Error") -> Scenario:
    """A front end's HTML page."""
    page = f"<!DOCTYPE html>\n<html lang=en>\n<title>Error {code} ({title})!!1</title>\n<p><b>{code}.</b>\n"
    return {"status": code, "body": page, "content_type": "text/html; charset=UTF-8"}


def plain_error(code: int = 502, text: str = "upstream connect error") -> Scenario:
    return {"status": code, "body": text, "content_type": "text/plain"}


def empty_error(code: int = 500) -> Scenario:
    return {"status": code, "body": ""}


def error_event(
    *texts: str, code: int = 503, status: str = "UNAVAILABLE", message: str = "The model is overloaded."
) -> Scenario:
    """A stream that ends with an error as an event of its own."""
    return {"events": [*(event(text) for text in texts), error_value(code, status, message)], "framing": "sse"}


def error_tail(
    *texts: str, code: int = 499, status: str = "CANCELLED", message: str = "The operation was cancelled."
) -> Scenario:
    """A stream that ends with a bare error: JSON over several lines, outside of any event."""
    body = wire({"events": [event(text) for text in texts]}) + pretty(error_value(code, status, message))
    return raw(body, replies.SSE)


def wire(scenario: Scenario) -> bytes:
    """The body as `alt=sse` writes it, so that offsets into it can be named."""
    return b"".join(replies.sse(scenario["events"]))


def slow_first_byte(scenario: Scenario, seconds: float) -> Scenario:
    return {**scenario, "first_byte_delay": seconds}


def paused(scenario: Scenario, offset: int, seconds: float) -> Scenario:
    """A rest of `seconds` once `offset` bytes are out."""
    return {**scenario, "pauses": [*scenario.get("pauses", []), [offset, seconds]]}


def byte_by_byte(scenario: Scenario, pace: float = 0.001) -> Scenario:
    return {**scenario, "chunks": "bytes", "pace": pace}


def split_at(scenario: Scenario, *offsets: int) -> Scenario:
    return {**scenario, "chunks": list(offsets)}


def every_split(scenario: Scenario) -> list[Scenario]:
    """The same reply split in two, at every offset of its `alt=sse` form in turn."""
    return [split_at(scenario, offset) for offset in range(1, len(wire(scenario)))]


def reset_after(scenario: Scenario, size: int) -> Scenario:
    """A TCP reset after `size` bytes of body (0: after the headers; -1: before them)."""
    return {**scenario, "reset_after": size}


def gated(scenario: Scenario) -> Scenario:
    return {**scenario, "gate": True}


def gzipped(scenario: Scenario) -> Scenario:
    return {**scenario, "gzip": True}


def as_array(scenario: Scenario) -> Scenario:
    """A JSON array although the client asked for `alt=sse`."""
    return {**scenario, "framing": "array"}


def then(scenario: Scenario, following: Scenario) -> Scenario:
    """`scenario` once, `following` from the next request on."""
    return {**scenario, "next": following}


def sample(kind: str, size: int = 0, seed: str = "", **pixels: int) -> dict[str, Any]:
    """Stands for base64 in an event; `samples.make` makes the same bytes."""
    return {samples.MARK: {"kind": kind, "size": size, "seed": seed, **pixels}}


def part(kind: str, size: int = 0, seed: str = "", mime: str | None = None, **more: Any) -> dict[str, Any]:
    """An `inlineData` part with a sample in it; `more` goes beside it, such as `thought=True`."""
    return {"inlineData": {"mimeType": mime or samples.TYPES[kind], "data": sample(kind, size, seed)}, **more}


def parts(*given: dict[str, Any], finish: str | None = "STOP", **more: Any) -> Scenario:
    """A whole reply of these parts."""
    candidate = {"content": {"parts": list(given), "role": "model"}} | ({"finishReason": finish} if finish else {})
    return {"events": [{**event(), "candidates": [candidate], **more}]}


def parts_streamed(*given: dict[str, Any], finish: str | None = "STOP") -> Scenario:
    """One event per part, the last one with the finish reason."""
    last = len(given) - 1
    return {"events": [parts(one, finish=finish if n == last else None)["events"][0] for n, one in enumerate(given)]}


def pictures(*sizes: int, kind: str = "png", seed: str = "", text: str | None = None) -> Scenario:
    """A picture of each of the sizes, after `text`; those after the first have their number in the seed."""
    words = [{"text": text}] if text is not None else []
    return parts(*words, *(part(kind, size, seed + (f" {n}" if n else "")) for n, size in enumerate(sizes)))


def no_picture(reason: str = "IMAGE_SAFETY", message: str | None = None) -> Scenario:
    """A candidate that ends for `reason` without content."""
    said = {"finishMessage": message} if message else {}
    return {"events": [{**event(), "candidates": [{"finishReason": reason, **said}]}]}


def imagen(*sizes: int, filtered: int = 0, kind: str = "png", seed: str = "") -> Scenario:
    """Imagen's reply: a picture of each of the sizes, and so many reasons why there are no more."""
    made = [sample(kind, size, seed + (f" {n}" if n else "")) for n, size in enumerate(sizes)]
    found = [{"mimeType": samples.TYPES[kind], "bytesBase64Encoded": one} for one in made]
    return {"events": [{"predictions": found + [{"raiFilteredReason": FILTERED}] * filtered}]}


def speech(size: int, pieces: int = 1, seed: str = "", mime: str | None = None) -> Scenario:
    """So many bytes of sound, in so many events."""
    data = samples.make("pcm", size, seed)
    cuts = [size * n // pieces for n in range(pieces + 1)]
    blobs = [samples.encoded(data[a:b]) for a, b in pairwise(cuts)]
    mime = mime or samples.TYPES["pcm"]
    return parts_streamed(*({"inlineData": {"mimeType": mime, "data": blob}} for blob in blobs))
