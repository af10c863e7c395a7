"""What one candidate holds, read from Google's parts and metadata in the order in which they came.

`Candidate.read(value)` adds one candidate object of a reply or of an event of a stream; nothing is joined by anything.
"""

from __future__ import annotations

import copy
import hashlib
from dataclasses import dataclass, field

from checker_calls import put
from checker_media import decoded

# Kong's fixtures carry the text "NULL" where Google would leave the field out.
NO_FINISH = {None, "", "NULL"}
# Some clients ask for enums as numbers (`$alt=json;enum-encoding=int`). Both of Google's APIs agree on these.
FINISH_NUMBERS = {0: "FINISH_REASON_UNSPECIFIED", 1: "STOP", 2: "MAX_TOKENS", 3: "SAFETY", 4: "RECITATION", 5: "OTHER"}
# Google's field -> the name under `provider_specific_fields`, as it is.
METADATA = {
    "groundingMetadata": "grounding_metadata", "citationMetadata": "citation_metadata", "urlContextMetadata": "url_context_metadata",
    "safetyRatings": "safety_ratings", "avgLogprobs": "avg_logprobs",
}  # fmt: skip


@dataclass
class Candidate:
    """`finish` is Google's word, None if never given; media are (MIME, sha256, signature or None)."""

    text: str = ""
    reasoning: str = ""
    finish: str | None = None
    native_finish: str | None = None
    finish_message: str | None = None
    saw_text: bool = False
    saw_other: bool = False
    calls: list[dict] = field(default_factory=list)
    images: list[tuple] = field(default_factory=list)
    files: list[tuple] = field(default_factory=list)
    audio: bytes = b""
    code: list[dict] = field(default_factory=list)
    server: list[dict] = field(default_factory=list)
    signature: str | None = None
    metadata: dict[str, list] = field(default_factory=dict)
    logprobs: list[dict] = field(default_factory=list)
    # Each part's visible text, "" for all others: citations count over them.
    spans: list[str] = field(default_factory=list)
    # The call whose arguments still come in pieces.
    open: dict | None = None

    def read(self, value: dict) -> None:
        if value.get("finishReason") not in NO_FINISH:
            self.finish = FINISH_NUMBERS.get(value["finishReason"], value["finishReason"])
            self.native_finish, self.finish_message = str(value["finishReason"]), None
        self.finish_message = value.get("finishMessage") or self.finish_message
        for part in (value.get("content") or {}).get("parts") or []:
            self.part(part)
        for name in METADATA:
            if value.get(name) not in (None, [], {}):
                self.metadata.setdefault(name, []).append(value[name])
        self.logprobs += tokens(value.get("logprobsResult") or {})

    def part(self, part: dict) -> None:
        """A part may carry text, a thought, a call or media; an unknown one adds nothing. Any may be signed."""
        signature = part.get("thoughtSignature")
        visible = isinstance(part.get("text"), str) and part.get("thought") is not True
        self.spans.append(part["text"] if visible else "")
        if isinstance(part.get("text"), str):
            self.words(part["text"], visible, signature)
        elif "functionCall" in part:
            self.call(part["functionCall"] or {}, signature)
        elif part.keys() - {"thought", "thoughtSignature", "text"}:
            self.saw_other = True
            self.other(part, signature)
        elif signature:
            self.signature = signature

    def words(self, text: str, visible: bool, signature: str | None) -> None:
        if not visible:
            self.reasoning += text
            return
        self.text += text
        self.saw_text = True
        self.signature = signature or self.signature

    def other(self, part: dict, signature: str | None) -> None:
        if inline := part.get("inlineData"):
            self.media(inline, signature, part.get("thought") is True)
        elif file := part.get("fileData"):
            self.files.append(("uri", file.get("fileUri")))
        else:
            self.own_work(part, signature)

    def own_work(self, part: dict, signature: str | None) -> None:
        """What Google did itself: code it ran, tools it called. A member that is empty was left out by Google."""
        shapes = {
            "executableCode": (self.code, "executable_code", {"language": "language", "code": "code"}),
            "codeExecutionResult": (self.code, "code_execution_result", {"outcome": "outcome", "output": "output"}),
            "toolCall": (self.server, "tool_call", {"tool_type": "toolType", "args": "args"}),
            "toolResponse": (self.server, "tool_response", {"tool_type": "toolType", "response": "response"}),
        }
        for key, (into, kind, names) in shapes.items():
            if key in part:
                said = {ours: part[key].get(theirs) or {} for ours, theirs in names.items()}
                into.append({"type": kind, **said, "signature": signature})

    def media(self, inline: dict, signature: str | None, draft: bool) -> None:
        """Images in a list, sound in one piece, drafts nowhere."""
        mime, data = inline.get("mimeType") or "", decoded(inline.get("data") or "")
        if mime.startswith("audio/"):
            self.audio += data
        elif not mime.startswith("image/"):
            self.files.append(("blob", hashlib.sha256(data).hexdigest()))
        elif not draft:
            self.images.append((mime, hashlib.sha256(data).hexdigest(), signature))

    def call(self, call: dict, signature: str | None) -> None:
        """A whole call, or a piece of the one that is open; an empty one is an end and nothing more."""
        if call.get("name"):
            self.open = {"name": call["name"], "args": copy.deepcopy(call.get("args") or {}), "id": call.get("id"), "signature": signature}
            self.calls.append(self.open)
        elif self.open is not None and signature:
            self.open["signature"] = signature
        if self.open is not None:
            for piece in call.get("partialArgs") or []:
                put(self.open["args"], piece)
        if not call.get("willContinue"):
            self.open = None


def tokens(result: dict) -> list[dict]:
    """OpenAI's log probabilities of one logprobsResult; the lists may differ in length."""
    chosen, top = result.get("chosenCandidates") or [], result.get("topCandidates") or []
    best = [(one or {}).get("candidates") or [] for one in top] + [[]] * len(chosen)
    return [{**token(one), "top_logprobs": [token(other) for other in best[n]]} for n, one in enumerate(chosen)]


def token(value: dict) -> dict:
    number = value.get("logProbability")
    finite = isinstance(number, (int, float)) and number > float("-inf")
    text = value.get("token") or ""
    return {"token": text, "logprob": number if finite else -9999.0, "bytes": list(text.encode())}


# ---------------------------------------------------------------- where the words are from


def citations(candidate: Candidate) -> list[tuple]:
    """(url, title or None, start, end) in code points of the visible text, none twice."""
    found: dict[tuple, tuple] = {}
    for grounding in candidate.metadata.get("groundingMetadata", []):
        chunks = grounding.get("groundingChunks") or []
        for support in grounding.get("groundingSupports") or []:
            span = stretch(candidate, support.get("segment") or {})
            for number in support.get("groundingChunkIndices") or []:
                chunk = next(iter((chunks[number] if number < len(chunks) else {}).values()), {})
                if chunk.get("uri"):
                    found.setdefault((chunk["uri"], *span), (chunk["uri"], chunk.get("title"), *span))
    for cited in candidate.metadata.get("citationMetadata", []):
        for source in [*(cited.get("citationSources") or []), *(cited.get("citations") or [])]:
            span = stretch(candidate, source)
            if source.get("uri"):
                found.setdefault((source["uri"], *span), (source["uri"], source.get("title"), *span))
    return list(found.values())


def stretch(candidate: Candidate, segment: dict) -> tuple[int, int]:
    """Code points for UTF-8 offsets. They count from the part that is named; without a name, from that place where the
    segment's own text stands: the first part, or the whole answer."""
    whole, number = "".join(candidate.spans), segment.get("partIndex") or 0
    start, end = segment.get("startIndex") or 0, segment.get("endIndex") or 0
    bases = [sum(map(len, candidate.spans[:number]))] + ([] if "partIndex" in segment else [0])
    spans = [span(whole, base, start, end) for base in bases]
    told = segment.get("text")
    return next((one for one in spans if told is not None and whole[one[0] : one[1]] == told), spans[-1])


def span(whole: str, base: int, start: int, end: int) -> tuple[int, int]:
    data = whole[base:].encode()
    return base + len(data[:start].decode("utf-8", "ignore")), base + len(data[:end].decode("utf-8", "ignore"))
