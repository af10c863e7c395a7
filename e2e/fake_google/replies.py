"""What a reply says, and the headers Google puts on it."""

import base64
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from . import images, models, samples, speech, transcripts
from .errors import GoogleError, NoSuchUrl, pretty
from .scenario import Scenario
from .surface import GEMINI, VERTEX, Call

JSON = "application/json; charset=UTF-8"
SSE = "text/event-stream"
# As recorded on Google's answers; the cookie stands for those its front ends may set.
HEADERS = {
    "vary": "Origin, X-Origin, Referer",
    "server": "scaffolding on HTTPServer2",
    "x-xss-protection": "0",
    "x-frame-options": "SAMEORIGIN",
    "x-content-type-options": "nosniff",
    "server-timing": "gfet4t7; dur=756",
    "alt-svc": 'h3=":443"; ma=2592000,h3-29=":443"; ma=2592000',
    "set-cookie": "NID=fake-google-cookie; path=/; domain=.google.com; HttpOnly",
}


@dataclass
class Answer:
    """Body `pieces` (one per event of a stream) and response `headers`."""

    pieces: list[bytes]
    headers: dict[str, str] = field(default_factory=dict)


def headers(call: Call | None, content_type: str) -> dict[str, str]:
    result = {"content-type": content_type, **HEADERS}
    if content_type == SSE:
        result["content-disposition"] = "attachment"
    if call is not None and call.api == GEMINI:
        result["x-gemini-service-tier"] = "standard"
    return result


def not_found(error: NoSuchUrl) -> Answer:
    return Answer(
        [error.page()], {**HEADERS, "content-type": "text/html; charset=UTF-8", "referrer-policy": "no-referrer"}
    )


def error(call: Call | None, refusal: GoogleError) -> Answer:
    """An error before the stream is plain JSON with the stream's content type; without `alt=sse` it is an array."""
    challenge = {"www-authenticate": 'Bearer realm="https://accounts.google.com/"'} if refusal.code == 401 else {}
    body = pretty(refusal.value())
    if call is None or not call.method.streams:
        return Answer([body], headers(call, JSON) | challenge)
    if call.sse:
        return Answer([body], headers(call, SSE) | challenge)
    return Answer([b"[" + body.rstrip() + b"\n]"], headers(call, JSON) | challenge)


def scripted(call: Call, scenario: Scenario) -> Answer:
    """The reply a test asked for."""
    as_sse = scenario.framing == "sse" or (scenario.framing is None and call.sse)
    if scenario.events is None:
        pieces = [scenario.raw()]
    elif not call.method.streams:
        pieces = [pretty(event) for event in scenario.events]
    else:
        pieces = sse(scenario.events) if as_sse else array(scenario.events)
    chosen = headers(call, scenario.content_type or (SSE if as_sse else JSON))
    for name, value in scenario.headers.items():
        chosen.pop(name.lower(), None)
        if value is not None:
            chosen[name.lower()] = value
    return Answer(pieces, chosen)


def whole(call: Call, value: Any) -> Answer:
    """An answer that is no stream."""
    return Answer([pretty(value)], headers(call, JSON))


def default(call: Call, body: dict[str, Any], traffic: str) -> Answer:
    """A model's answer without a scenario: it mentions the last user text, and is the same each time but for Vertex's
    `createTime`. `traffic`: the tier that Vertex names."""
    made = generated(call, body)
    if call.api == VERTEX:
        made = vertex(made, traffic)
    if not call.method.streams:
        return whole(call, made)
    events = streamed(made)
    return Answer(sse(events), headers(call, SSE)) if call.sse else Answer(array(events), headers(call, JSON))


def sse(events: list[Any]) -> list[bytes]:
    return [b"data: " + compact(event) + b"\r\n\r\n" for event in events]


def array(events: list[Any]) -> list[bytes]:
    """One piece per event; the brackets and separators of the array go with their neighbours, as recorded."""
    pieces = [(b",\r\n" if n else b"[") + pretty(event) for n, event in enumerate(events)]
    if not pieces:
        return [b"[]"]
    pieces[-1] += b"]"
    return pieces


def compact(value: Any) -> bytes:
    """One line, separated as recorded streams are."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ": ")).encode("utf-8", "surrogatepass")


def tokens(text: str) -> int:
    """A count that grows with the text; the fake has no tokenizer."""
    return len(text.split()) or int(bool(text))


def prompt_text(body: dict[str, Any]) -> str:
    contents = [body.get("systemInstruction", {}), *body.get("contents", [])]
    return "\n".join(text for content in contents for text in own_texts(content))


def own_texts(content: dict[str, Any]) -> list[str]:
    """Text of a content's parts."""
    return [part["text"] for part in content.get("parts", []) if "text" in part]


def last_user_text(body: dict[str, Any]) -> str:
    said = [text for content in body["contents"] if content.get("role") != "model" for text in own_texts(content)]
    return said[-1] if said else ""


def generated(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """A whole `GenerateContentResponse`."""
    config = body.get("generationConfig", {})
    parts, answer, modality = answered(call, body, config)
    prompt = tokens(prompt_text(body))
    thoughts = sum(tokens(part.get("text", "")) for part in parts if part.get("thought"))
    count = int(config.get("candidateCount", 1))
    usage = {
        "promptTokenCount": prompt,
        "candidatesTokenCount": answer * count,
        "totalTokenCount": prompt + answer * count + thoughts,
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": prompt}],
    }
    if thoughts:
        usage["thoughtsTokenCount"] = thoughts
    if modality:
        usage["candidatesTokensDetails"] = [{"modality": modality, "tokenCount": answer}]
    candidates = [
        {"content": {"parts": parts, "role": "model"}, "finishReason": "STOP", **({"index": n} if n else {})}
        for n in range(count)
    ]
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    return {"candidates": candidates, "usageMetadata": usage, "modelVersion": call.model, "responseId": digest[:23]}


def answered(call: Call, body: dict[str, Any], config: dict[str, Any]) -> tuple[list[dict[str, Any]], int, str | None]:
    """The reply's parts, what they count, and what Google calls them when they are no text."""
    facts, said = models.model(call.model), last_user_text(body)
    if facts.speaks:
        sound = speech.sound(said)
        return speech.parts(facts, sound), len(sound) // speech.PIECE, "AUDIO"
    if facts.draws and "IMAGE" in images.modalities(facts, config):
        return images.parts(call, facts, config, said), images.tokens(facts), "IMAGE"
    if transcripts.listens(body):
        text = transcripts.heard(config, None)
    elif config.get("responseMimeType") == "application/json":
        text = json.dumps({"heard": said})
    else:
        text = f"You said: {said}"
    parts = [{"text": text}]
    if config.get("thinkingConfig", {}).get("includeThoughts"):
        parts.insert(0, {"text": "The user said something; I repeat it.", "thought": True})
    return parts, tokens(text), None


def transcript(call: Call, body: dict[str, Any], given: dict[str, Any]) -> list[dict[str, Any]]:
    """What a model that heard `given` replies, as events."""
    whole = generated(call, body)
    text = transcripts.heard(body.get("generationConfig", {}), given)
    for candidate in whole["candidates"]:
        candidate["content"]["parts"] = [{"text": text}]
    return streamed(whole) if call.method.streams else [whole]


def vertex(whole: dict[str, Any], traffic: str) -> dict[str, Any]:
    """What Vertex adds to a reply."""
    candidates = [{**candidate, "avgLogprobs": -0.25} for candidate in whole["candidates"]]
    return {**whole, "candidates": candidates, **vertex_shared(whole["usageMetadata"], traffic)}


def vertex_shared(usage: dict[str, Any], traffic: str = "ON_DEMAND") -> dict[str, Any]:
    """What every event of Vertex has besides the Developer API's."""
    created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return {"usageMetadata": {**usage, "trafficType": traffic}, "createTime": created}


def streamed(whole: dict[str, Any]) -> list[dict[str, Any]]:
    """The same reply as events: thoughts first, then the text in two halves per candidate, sound in pieces; the last
    event of each candidate has its finish reason, every event the usage."""
    shared = {name: value for name, value in whole.items() if name != "candidates"}
    events = []
    for candidate in whole["candidates"]:
        index = {"index": candidate["index"]} if "index" in candidate else {}
        pieces = [piece for part in candidate["content"]["parts"] for piece in halves(part)]
        for number, part in enumerate(pieces, 1):
            last = ("finishReason", "avgLogprobs") if number == len(pieces) else ()
            finish = {name: candidate[name] for name in last if name in candidate}
            one = {"content": {"parts": [part], "role": "model"}, **finish, **index}
            events.append({"candidates": [one], **shared})
    return events


def halves(part: dict[str, Any]) -> list[dict[str, Any]]:
    if part.get("inlineData", {}).get("mimeType", "").startswith("audio/"):
        return sounds(part["inlineData"])
    text = part.get("text", "")
    if part.get("thought") or len(text) < 2:
        return [part]
    middle = len(text) // 2
    return [{"text": text[:middle]}, {"text": text[middle:]}]


def sounds(blob: dict[str, Any]) -> list[dict[str, Any]]:
    """The sound in pieces of whole samples, each base64 by itself."""
    data = base64.b64decode(blob["data"])
    pieces = [data[at : at + speech.PIECE] for at in range(0, len(data), speech.PIECE)]
    return [{"inlineData": {**blob, "data": samples.encoded(piece)}} for piece in pieces]
