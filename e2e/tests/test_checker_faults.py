"""The checker notices every kind of loss: each row spoils one thing in a request or reply that is right, and must be found.

The right ones are written by hand, from the specification, so that this needs no filter.
"""

import base64
import copy
import hashlib
import json

import pytest
from checker import compare_message, compare_stream, expect_stream, expect_unary
from checker_requests import compare_request, unaccounted
from checker_stream import collect
from support.lab import sse

G3 = "gemini-3-flash-preview"
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n123456").decode()
WAV = base64.b64encode(b"RIFF\x04\0\0\0WAVE").decode()
PDF = base64.b64encode(b"%PDF-1.7").decode()
SCHEMA = {
    "type": "object",
    "properties": {
        "city": {"type": "string", "description": "Where to", "enum": ["Oslo", "Bern"]},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/Stop"}, "minItems": 1},
        "class": {"anyOf": [{"const": "first"}, {"type": "null"}], "title": "Class"},
    },
    "required": ["city", "stops"],
    "additionalProperties": False,
    "$defs": {"Stop": {"type": "object", "properties": {"at": {"type": "integer", "minimum": 0}}, "required": ["at"]}},
}
CALL = {"id": "c1", "type": "function", "function": {"name": "book", "arguments": '{"city": "Oslo", "stops": [{"at": 3}], "n": 1.50}'}}
OTHER = {"id": "c2", "type": "function", "function": {"name": "look up/it", "arguments": '{"b": 2, "a": 1}'}}
BODY = {
    "model": G3, "temperature": 0.5, "stop": ["END"], "reasoning_effort": "low", "service_tier": "flex",
    "tool_choice": {"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [{"type": "function", "function": {"name": "book"}}]}},
    "tools": [
        {"type": "function", "function": {"name": "book", "description": "Books a trip", "strict": True, "parameters": SCHEMA}},
        {"type": "function", "function": {"name": "look up/it", "parameters": {"type": "object", "properties": {"a": {}, "b": {}}}}},
        {"type": "web_search_preview"},
    ],
    "response_format": {"type": "json_schema", "json_schema": {"name": "answer", "description": "The answer", "schema": SCHEMA}},
    "messages": [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": [
            {"type": "text", "text": "first"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "high"}},
            {"type": "input_audio", "input_audio": {"data": WAV, "format": "wav"}},
            {"type": "file", "file": {"filename": "a.pdf", "file_data": f"data:application/pdf;base64,{PDF}"}},
            {"type": "image_url", "image_url": {"url": "https://example.org/b.jpg"}},
            {"type": "text", "text": "second"},
        ]},
        {"role": "assistant", "content": "I book.", "tool_calls": [{**CALL, "extra_content": {"google": {"thought_signature": "c2ln"}}}, OTHER]},
        {"role": "tool", "tool_call_id": "c2", "content": "plain"},
        {"role": "tool", "tool_call_id": "c1", "content": [
            {"type": "text", "text": '{"booked": true}'}, {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}}]},
    ],
}  # fmt: skip
ARRIVED = {k: v for k, v in SCHEMA.items() if k != "$defs"} | {"$defs": SCHEMA["$defs"]}
REQUEST = {
    "contents": [
        {"role": "user", "parts": [
            {"text": "first"},
            {"inlineData": {"mimeType": "image/png", "data": PNG}, "mediaResolution": {"level": "MEDIA_RESOLUTION_HIGH"}},
            {"inlineData": {"mimeType": "audio/wav", "data": WAV}},
            {"inlineData": {"mimeType": "application/pdf", "data": PDF}},
            {"fileData": {"mimeType": "image/jpeg", "fileUri": "https://example.org/b.jpg"}},
            {"text": "second"},
        ]},
        {"role": "model", "parts": [
            {"text": "I book."},
            {"functionCall": {"id": "c1", "name": "book", "args": {"city": "Oslo", "stops": [{"at": 3}], "n": 1.5}}, "thoughtSignature": "c2ln"},
            {"functionCall": {"id": "c2", "name": "look_up_it", "args": {"b": 2, "a": 1}}},
        ]},
        {"role": "user", "parts": [
            {"functionResponse": {"id": "c1", "name": "book", "response": {"booked": True},
                                  "parts": [{"inlineData": {"mimeType": "image/png", "data": PNG}}]}},
            {"functionResponse": {"id": "c2", "name": "look_up_it", "response": {"output": "plain"}}},
        ]},
    ],
    "systemInstruction": {"parts": [{"text": "be brief"}]},
    "tools": [
        {"functionDeclarations": [
            {"name": "book", "description": "Books a trip", "parametersJsonSchema": ARRIVED},
            {"name": "look_up_it", "parametersJsonSchema": {"type": "object", "properties": {"a": {}, "b": {}}}},
        ]},
        {"googleSearch": {}},
    ],
    "toolConfig": {"functionCallingConfig": {"mode": "ANY", "allowedFunctionNames": ["book"]}, "includeServerSideToolInvocations": True},
    "generationConfig": {
        "temperature": 0.5, "stopSequences": ["END"], "responseMimeType": "application/json",
        "responseJsonSchema": {**ARRIVED, "title": "answer", "description": "The answer"},
        "thinkingConfig": {"includeThoughts": True, "thinkingLevel": "LOW"},
    },
    "serviceTier": "flex",
}  # fmt: skip
GONE = object()
FLIPPED = base64.b64encode(b"\x89PNG\r\n\x1a\n123457").decode()


def spoilt(good, path: str, change):
    """A copy of `good` in which the value at the dotted path is replaced, or taken out, or changed by a function."""
    made = copy.deepcopy(good)
    *way, last = [int(step) if step.lstrip("-").isdigit() else step for step in path.split("/")]
    at = made
    for step in way:
        at = at[step]
    if change is GONE:
        del at[last]
    else:
        at[last] = change(at[last]) if callable(change) else change
    return made


def swapped(value):
    """The same members in another order."""
    return dict(reversed(value.items())) if isinstance(value, dict) else value[::-1]


TOOL = "tools/0/functionDeclarations/0"
PROPERTIES = f"{TOOL}/parametersJsonSchema/properties"
REQUEST_FAULTS = [
    ("contents/0/parts/0", GONE), ("contents/0/parts/5/text", "secon"), ("contents/0/parts", swapped), ("contents/0/role", "model"),
    ("contents/0/parts/1/inlineData/data", FLIPPED), ("contents/0/parts/1/inlineData/mimeType", "image/jpeg"), ("contents/0/parts/1", GONE),
    ("contents/0/parts/1/mediaResolution", GONE), ("contents/0/parts/1/mediaResolution/level", "MEDIA_RESOLUTION_LOW"),
    ("contents/0/parts/2/inlineData/data", PDF), ("contents/0/parts/3/inlineData/mimeType", "text/plain"),
    ("contents/0/parts/4/fileData/fileUri", "https://example.org/c.jpg"), ("contents/0/parts/4/fileData/mimeType", "image/png"),
    ("contents/0/parts/0/thought", True), ("contents/0/parts/0/thoughtSignature", "c2ln"),
    ("contents/1/parts/0", GONE), ("contents/1/parts/2", GONE), ("contents/1/parts/1/functionCall/args/city", "Bern"),
    ("contents/1/parts/1/functionCall/args/stops/0/at", 4), ("contents/1/parts/1/functionCall/args/n", GONE), ("contents/1/parts/1/functionCall/args/n", 1),
    ("contents/1/parts/2/functionCall/args", swapped), ("contents/1/parts/2/functionCall/args/a", True), ("contents/1/parts/1/functionCall/args/new", 1),
    ("contents/1/parts/1/functionCall/name", "look_up_it"), ("contents/1/parts/1/functionCall/id", "c2"), ("contents/1/parts/2/functionCall/id", GONE),
    ("contents/1/parts/1/thoughtSignature", GONE), ("contents/1/parts/1/thoughtSignature", "c2lo"),
    ("contents/1/parts/2/thoughtSignature", "skip_thought_signature_validator"),
    ("contents/2/parts", swapped), ("contents/2/parts/1", GONE), ("contents/2/parts/1/functionResponse/response/output", "plane"),
    ("contents/2/parts/0/functionResponse/response", {"output": '{"booked": true}'}), ("contents/2/parts/0/functionResponse/name", "look_up_it"),
    ("contents/2/parts/0/functionResponse/parts", GONE), ("contents/2/parts/0/functionResponse/parts/0/inlineData/data", FLIPPED),
    ("contents/2", GONE), ("systemInstruction/parts/0/text", "be"), ("systemInstruction", GONE),
    (f"{TOOL}/description", "Books"), (f"{TOOL}/description", GONE), (f"{TOOL}/name", "look"), (f"{TOOL}/strict", True), (TOOL, GONE),
    ("tools/0/functionDeclarations", swapped), ("tools/0/functionDeclarations/1/name", "look up/it"), ("tools/0/functionDeclarations/1/name", "book"),
    (f"{TOOL}/parametersJsonSchema", GONE), (f"{PROPERTIES}/city", GONE), (PROPERTIES, swapped), (f"{PROPERTIES}/city/description", "Where"),
    (f"{PROPERTIES}/city/enum", ["Oslo"]), (f"{PROPERTIES}/city/enum", swapped), (f"{PROPERTIES}/city/enum", GONE), (f"{PROPERTIES}/city/type", "number"),
    (f"{PROPERTIES}/stops/items", {}), (f"{PROPERTIES}/stops/minItems", GONE), (f"{PROPERTIES}/class/anyOf/1", GONE), (f"{PROPERTIES}/class/title", GONE),
    (f"{PROPERTIES}/class/anyOf/0", {"const": "second"}), (f"{TOOL}/parametersJsonSchema/$defs/Stop/properties/at/minimum", 1),
    (f"{TOOL}/parametersJsonSchema/$defs/Stop/required", GONE), (f"{TOOL}/parametersJsonSchema/required", ["city"]),
    (f"{TOOL}/parametersJsonSchema/additionalProperties", GONE), (f"{PROPERTIES}/city/madeUp", 1),
    ("tools/1", GONE), ("tools/1", {"codeExecution": {}}), ("tools", lambda tools: [{**tools[0], **tools[1]}]),
    ("toolConfig/functionCallingConfig/mode", "AUTO"), ("toolConfig/functionCallingConfig/allowedFunctionNames", ["look_up_it"]),
    ("toolConfig/includeServerSideToolInvocations", GONE), ("toolConfig", GONE),
    ("generationConfig/temperature", 0.6), ("generationConfig/stopSequences", []), ("generationConfig/topP", 1), ("generationConfig/responseMimeType", GONE),
    ("generationConfig/responseJsonSchema", GONE), ("generationConfig/responseJsonSchema/properties/city", GONE),
    ("generationConfig/responseJsonSchema/title", GONE), ("generationConfig/responseJsonSchema/description", "An answer"),
    ("generationConfig/thinkingConfig/thinkingLevel", "HIGH"), ("generationConfig/thinkingConfig", GONE),
    ("serviceTier", GONE), ("serviceTier", "priority"), ("safetySettings", []), ("labels", {}),
]  # fmt: skip


def test_a_right_request_has_no_differences():
    assert unaccounted(BODY) == set()
    assert compare_request(BODY, G3, REQUEST) == []


@pytest.mark.parametrize(("path", "change"), REQUEST_FAULTS, ids=[f"{path} {n}" for n, (path, _) in enumerate(REQUEST_FAULTS)])
def test_every_fault_of_a_request_is_found(path, change):
    assert compare_request(BODY, G3, spoilt(REQUEST, path, change)) != []


@pytest.mark.parametrize(
    "path", ["frobnicate", "messages/0/mood", "messages/1/content/0/colour", "tools/0/function/limit", "messages/2/tool_calls/0/function/mode", "response_format/json_schema/x"]
)
def test_a_key_that_nobody_looks_at_is_found(path):
    assert unaccounted(spoilt(BODY, path, 1)) != set()


# ---------------------------------------------------------------- replies

JPEG = base64.b64encode(b"\xff\xd8\xff\xe0").decode()
PCM = [base64.b64encode(piece).decode() for piece in (b"\x01\0\x02\0", b"\x03\0")]
PARTS = [
    {"text": "Hm.", "thought": True},
    {"text": "Zürich: "},
    {"functionCall": {"id": "x", "name": "f", "args": {"a": 1, "b": [True, 2.50]}}, "thoughtSignature": "c2ln"},
    {"functionCall": {"name": "g"}},
    {"inlineData": {"mimeType": "image/png", "data": PNG}, "thoughtSignature": "c2lo"},
    {"inlineData": {"mimeType": "image/jpeg", "data": JPEG}},
    {"inlineData": {"mimeType": "image/jpeg", "data": JPEG}, "thought": True},
    {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": PCM[0]}},
    {"inlineData": {"mimeType": "audio/L16;rate=24000", "data": PCM[1]}},
    {"executableCode": {"language": "PYTHON", "code": "print(1)"}},
    {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "1"}},
    {"toolCall": {"toolType": "GOOGLE_SEARCH_WEB", "id": "s", "args": {"queries": ["q"]}}, "thoughtSignature": "c2lp"},
    {"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/v"}},
    {"text": "größte", "thoughtSignature": "c2lq"},
]
GROUNDING = {
    "webSearchQueries": ["q"],
    "groundingChunks": [{"web": {"uri": "https://a.example", "title": "A"}}, {"maps": {"uri": "https://b.example", "title": "B"}}],
    "groundingSupports": [{"segment": {"startIndex": 9, "endIndex": 17, "text": "größte"}, "groundingChunkIndices": [0, 1]}],
}
LOGPROBS = {"chosenCandidates": [{"token": "Zü", "logProbability": -0.5}], "topCandidates": [{"candidates": [{"token": "Zü", "logProbability": -0.5}]}]}
META = {"groundingMetadata": GROUNDING, "citationMetadata": {"citationSources": [{"endIndex": 7, "uri": "https://c.example"}]}, "logprobsResult": LOGPROBS, "avgLogprobs": -0.5}
USAGE = {"promptTokenCount": 5, "candidatesTokenCount": 3, "totalTokenCount": 8}
UPSTREAM = {
    "candidates": [{"content": {"role": "model", "parts": PARTS}, "finishReason": "STOP", "finishMessage": "Done.", **META}],
    "usageMetadata": USAGE, "modelVersion": G3, "responseId": "r1",
}  # fmt: skip


def signed(signature: str) -> dict:
    return {"extra_content": {"google": {"thought_signature": signature}}}


def cited(url: str, title: str, start: int, end: int) -> dict:
    return {"type": "url_citation", "url_citation": {"url": url, "title": title, "start_index": start, "end_index": end}}


def pictured(mime: str, data: str, index: int, **fields) -> dict:
    return {"type": "image_url", "image_url": {"url": f"data:{mime};base64,{data}"}, "index": index, **fields}


TOKEN = {"token": "Zü", "logprob": -0.5, "bytes": [90, 195, 188]}
MESSAGE = {
    "role": "assistant", "content": "Zürich: größte", "refusal": None, "reasoning_content": "Hm.", **signed("c2lq"),
    "tool_calls": [
        {"id": "x", "type": "function", "function": {"name": "f", "arguments": '{"a":1,"b":[true,2.50]}'}, **signed("c2ln")},
        {"id": "call_1", "type": "function", "function": {"name": "g", "arguments": "{}"}},
    ],
    "images": [pictured("image/png", PNG, 0, **signed("c2lo")), pictured("image/jpeg", JPEG, 1)],
    "files": [{"type": "file", "file": {"file_id": "gs://b/v", "format": "video/mp4"}, "index": 0}],
    "audio": {"id": "audio_1", "expires_at": 1_760_000_000, "transcript": "", "data": base64.b64encode(b"\x01\0\x02\0\x03\0").decode()},
    "annotations": [cited("https://a.example", "A", 8, 14), cited("https://b.example", "B", 8, 14), cited("https://c.example", "c", 0, 6)],
    "provider_specific_fields": {
        "grounding_metadata": GROUNDING, "citation_metadata": META["citationMetadata"], "avg_logprobs": -0.5,
        "code_execution": [
            {"type": "executable_code", "language": "PYTHON", "code": "print(1)"},
            {"type": "code_execution_result", "outcome": "OUTCOME_OK", "output": "1"},
        ],
        "server_side_tool_invocations": [
            {"type": "tool_call", "tool_type": "GOOGLE_SEARCH_WEB", "id": "s", "args": {"queries": ["q"]}, "thought_signature": "c2lp"}],
    },
}  # fmt: skip
COUNTS = {
    "prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8,
    "prompt_tokens_details": {"cached_tokens": 0}, "completion_tokens_details": {"reasoning_tokens": 0},
}  # fmt: skip
REPLY = {
    "id": "chatcmpl-r1", "object": "chat.completion", "created": 1_760_000_000, "model": G3, "usage": COUNTS,
    "choices": [{"index": 0, "finish_reason": "tool_calls", "native_finish_reason": "STOP", "native_finish_message": "Done.", "message": MESSAGE,
                 "logprobs": {"content": [{**TOKEN, "top_logprobs": [TOKEN]}], "refusal": None}}],
}  # fmt: skip

M = "choices/0/message"
REPLY_FAULTS = [
    (f"{M}/content", "Zürich: größt"), (f"{M}/content", None), (f"{M}/reasoning_content", GONE), (f"{M}/extra_content", GONE),
    (f"{M}/extra_content/google/thought_signature", "c2lr"), (f"{M}/tool_calls", swapped), (f"{M}/tool_calls/1", GONE),
    (f"{M}/tool_calls/0/function/name", "g"), (f"{M}/tool_calls/0/function/arguments", '{"b":[true,2.5],"a":1}'),
    (f"{M}/tool_calls/0/function/arguments", '{"a":1,"b":[true]}'), (f"{M}/tool_calls/0/function/arguments", '{"a":true,"b":[true,2.5]}'),
    (f"{M}/tool_calls/0/id", "y"), (f"{M}/tool_calls/1/id", "x"), (f"{M}/tool_calls/1/id", ""), (f"{M}/tool_calls/0/type", "custom"),
    (f"{M}/tool_calls/0/extra_content", GONE), (f"{M}/tool_calls/1/extra_content", {"google": {"thought_signature": "c2ln"}}),
    (f"{M}/images/1", GONE), (f"{M}/images", swapped), (f"{M}/images/0/image_url/url", f"data:image/png;base64,{FLIPPED}"),
    (f"{M}/images/0/image_url/url", f"data:image/webp;base64,{PNG}"), (f"{M}/images/0/extra_content", GONE),
    (f"{M}/images", lambda images: [*images, images[1]]), (f"{M}/files", GONE), (f"{M}/files/0/file/file_id", "gs://b/w"),
    (f"{M}/audio", GONE), (f"{M}/audio/data", PCM[0]), (f"{M}/audio/data", base64.b64encode(b"\x01\0\x03\0\x02\0").decode()),
    (f"{M}/annotations/0", GONE), (f"{M}/annotations/2", GONE), (f"{M}/annotations", lambda all: [*all, all[0]]),
    (f"{M}/annotations/0/url_citation/url", "https://z.example"), (f"{M}/annotations/1/url_citation/title", "A"),
    (f"{M}/annotations/0/url_citation/start_index", 9), (f"{M}/annotations/0/url_citation/end_index", 17),
    (f"{M}/provider_specific_fields", {}), (f"{M}/provider_specific_fields/grounding_metadata/webSearchQueries", []),
    (f"{M}/provider_specific_fields/citation_metadata", GONE), (f"{M}/provider_specific_fields/avg_logprobs", GONE),
    (f"{M}/provider_specific_fields/code_execution/0/code", "print(2)"), (f"{M}/provider_specific_fields/code_execution/1", GONE),
    (f"{M}/provider_specific_fields/server_side_tool_invocations", []),
    (f"{M}/provider_specific_fields/server_side_tool_invocations/0/thought_signature", GONE), (f"{M}/hologram", 1),
    ("choices/0/logprobs", None), ("choices/0/logprobs/content/0/logprob", -0.6), ("choices/0/logprobs/content/0/bytes", [90, 252]),
    ("choices/0/logprobs/content/0/top_logprobs", []), ("choices/0/finish_reason", "stop"), ("choices/0/native_finish_reason", GONE), ("choices/0/native_finish_message", "Then."), ("usage/prompt_tokens", 4), ("id", "chatcmpl-2"),
]  # fmt: skip


def reply_problems(made: dict) -> list[str]:
    return compare_message(expect_unary(200, json.dumps(UPSTREAM).encode()), 200, made)


def test_a_right_reply_has_no_differences():
    assert reply_problems(REPLY) == []


@pytest.mark.parametrize(("path", "change"), REPLY_FAULTS, ids=[f"{path} {n}" for n, (path, _) in enumerate(REPLY_FAULTS)])
def test_every_fault_of_a_reply_is_found(path, change):
    assert reply_problems(spoilt(REPLY, path, change)) != []


def streamed(reply: dict) -> bytes:
    """The reply as a stream: a chunk for each member of the message, each list element and piece of sound on its own."""
    choice = reply["choices"][0]
    message, deltas = choice["message"], [{"role": "assistant", "content": "", "refusal": None}]
    for key, value in message.items():
        if key in ("images", "files"):
            deltas += [{key: [one]} for one in value]
        elif key == "tool_calls":
            deltas += [{key: [{"index": n, **one}]} for n, one in enumerate(value)]
        elif key == "audio":
            deltas += [{key: {**value, "data": PCM[0]}}, {key: {"data": PCM[1]}}]
        elif key not in ("role", "refusal"):
            deltas.append({key: value})
    deltas.append({})
    head = {key: reply[key] for key in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    chunks = [{**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]} for delta in deltas]
    chunks[-2]["choices"][0]["logprobs"] = choice["logprobs"]
    chunks[-1]["choices"][0] |= {key: value for key, value in choice.items() if "finish" in key}
    return b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks) + b"data: [DONE]\n\n"


def stream_problems(client: bytes, upstream: list[dict]) -> list[str]:
    got = collect(client)
    return got.problems + compare_stream(expect_stream(sse(upstream)), got)


def parted() -> list[dict]:
    """The upstream's reply with each part in an event of its own."""
    candidate = UPSTREAM["candidates"][0]
    parts = [{**UPSTREAM, "candidates": [{"content": {"role": "model", "parts": [part]}}]} for part in PARTS]
    return [*parts, {**UPSTREAM, "candidates": [{**candidate, "content": {"role": "model"}}]}]


def test_a_right_stream_has_no_differences():
    assert stream_problems(streamed(REPLY), [UPSTREAM]) == []
    assert stream_problems(streamed(REPLY), parted()) == []


STREAM_FAULTS = [(path, change) for path, change in REPLY_FAULTS if not path.startswith("usage") and "/audio/" not in path]


@pytest.mark.parametrize(("path", "change"), STREAM_FAULTS, ids=[f"{path} {n}" for n, (path, _) in enumerate(STREAM_FAULTS)])
def test_every_fault_of_a_stream_is_found(path, change):
    assert stream_problems(streamed(spoilt(REPLY, path, change)), parted()) != []


BYTE_FAULTS = {
    "an image twice": lambda body: body.replace(b'"index": 1}]}, "logprobs"', b'"index": 0}]}, "logprobs"', 1),
    "a call's index": lambda body: body.replace(b'"tool_calls": [{"index": 1', b'"tool_calls": [{"index": 0', 1),
    "a piece of sound": lambda body: body.replace(PCM[1].encode(), PCM[0].encode(), 1),
    "sound without an id": lambda body: body.replace(b'"id": "audio_1", ', b"", 1),
}


@pytest.mark.parametrize("fault", BYTE_FAULTS.values(), ids=BYTE_FAULTS)
def test_every_fault_between_chunks_is_found(fault):
    body = streamed(REPLY)
    assert fault(body) != body
    assert stream_problems(fault(body), parted()) != []


XY, D = {"f": {"x": {"y": ["ab"]}, "n": 2}}, {"f": {"a": [None, {"b.c": "xy"}], "d": 0}, "g": {"e": None}}
PARTIAL = [
    (XY, [{"name": "f", "willContinue": True},
          {"partialArgs": [{"jsonPath": "$.x.y[0]", "stringValue": "a", "willContinue": True}], "willContinue": True},
          {"partialArgs": [{"jsonPath": "$.x.y[0]", "stringValue": "b"}, {"jsonPath": "$.n", "numberValue": 2}], "willContinue": True}, {}]),
    (XY, [{"name": "f", "partialArgs": [{"jsonPath": "$.x.y[0]", "stringValue": "ab"}, {"jsonPath": "$.n", "numberValue": 2}]}]),
    (D, [{"name": "f", "willContinue": True},
         {"partialArgs": [{"jsonPath": "$.a[1]['b.c']", "stringValue": "x", "willContinue": True}], "willContinue": True},
         {"partialArgs": [{"jsonPath": "$.a[1]['b.c']", "stringValue": "y"}, {"jsonPath": "$.d", "numberValue": 0}], "willContinue": True},
         {}, {"name": "g", "args": {"e": None}}]),
]  # fmt: skip


@pytest.mark.parametrize(("wanted", "pieces"), PARTIAL)
def test_arguments_in_pieces_are_put_together(wanted, pieces):
    parts = [{"content": {"parts": [{"functionCall": piece}]}} for piece in pieces]
    parts[-1]["finishReason"] = "STOP"
    calls = expect_stream(sse([{"candidates": [part]} for part in parts])).choices[0].calls
    assert {call["name"]: call["args"] for call in calls} == wanted


def test_media_are_compared_by_their_bytes():
    """Worked examples: alphabets and white space do not matter, types are Google's spelling."""
    from checker_media import Unreachable, reference

    digest = hashlib.sha256(b"\xfb\xff").hexdigest()
    assert reference("data:image/jpg;base64,+/8=") == reference("data:image/jpeg;base64,-_ 8") == ("blob", "image/jpeg", digest)
    assert reference("data:,a%20b")[2] == hashlib.sha256(b"a b").hexdigest()
    assert reference("files/x") == ("uri", "https://generativelanguage.googleapis.com/v1beta/files/x", None)
    for bad in ("http://example.org/a.png", "file-123"):
        with pytest.raises(Unreachable):
            reference(bad)
