"""What is measured: requests that OpenAI clients send and replies that Google gives, small and large."""

import base64
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from host import Exchange

CHAT = "/v1/chat/completions"
# Envoy hands over about as much of a body at once.
READ = 64 << 10
MB = 1_000_000
SENTENCE = "The quick brown fox said: \"Voil\u00e0!\"\nand jumped over 13 lazy dogs. "
USAGE = {"promptTokenCount": 9, "candidatesTokenCount": 20, "totalTokenCount": 29}


@dataclass(frozen=True)
class Workload:
    """One exchange. `sent` must be in what Google gets, `told` in what the client gets."""

    name: str
    request: bytes
    reply: bytes
    streamed: bool
    sent: bytes
    told: bytes
    # Cuts the reply as the network would.
    cut: Callable[[bytes], Iterable[bytes]]
    path: str = CHAT
    sent_type: str = "application/json"

    def content_type(self) -> str:
        """Of Google's reply."""
        return "text/event-stream" if self.streamed else "application/json; charset=UTF-8"

    def check(self, done: Exchange) -> None:
        """The exchange was a success: no error path was measured."""
        (path,) = (value for name, value in done.request if name == ":path")
        assert path.endswith(":streamGenerateContent?alt=sse" if self.streamed else ":generateContent"), path
        assert self.sent in done.request_body, done.request_body[:500]
        assert self.told in done.reply_body, done.reply_body[:500]
        json.loads(done.request_body)
        if self.streamed and self.path == CHAT:
            assert done.reply_body.endswith(b"data: [DONE]\n\n"), done.reply_body[-500:]
        else:
            json.loads(done.reply_body)


def pieces(data: bytes, size: int = READ) -> list[bytes]:
    """`data` in pieces of `size` bytes."""
    return [data[at : at + size] for at in range(0, len(data), size)]


def events(data: bytes) -> list[bytes]:
    """A stream, one event at a time."""
    return [event + b"\r\n\r\n" for event in data.split(b"\r\n\r\n") if event]


def dump(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def chat(*messages: dict, **fields: object) -> bytes:
    return dump({"model": "gemini-2.5-flash", "messages": messages, **fields})


def user(content: object) -> dict:
    return {"role": "user", "content": content}


def response(*parts: dict, finish: str | None = "STOP") -> dict:
    candidate = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if finish:
        candidate["finishReason"] = finish
    return {"candidates": [candidate], "usageMetadata": USAGE, "modelVersion": "gemini-2.5-flash", "responseId": "r1"}


def sse(*replies: dict) -> bytes:
    return b"".join(b"data: " + dump(reply) + b"\r\n\r\n" for reply in replies)


def text(words: str, count: int) -> bytes:
    """A stream of `count` events with `words` each."""
    return sse(*(response({"text": words}, finish="STOP" if last == 1 else None) for last in range(count, 0, -1)))


def noise(size: int) -> str:
    """Base64 of `size` characters in which every character of the alphabet occurs."""
    block = base64.b64encode(bytes((index * 167 + index // 256 * 31) % 256 for index in range(3 << 10))).decode()
    return (block * (size // len(block) + 1))[: size // 4 * 4]


def tool(index: int) -> dict:
    """A function with the kind of schema that SDKs generate."""
    address = {"type": "object", "properties": {"street": {"type": "string"}, "city": {"type": "string", "minLength": 1}}}
    parameters = {
        "type": "object",
        "$defs": {"Address": {**address, "required": ["city"], "additionalProperties": False}},
        "properties": {
            "id": {"type": "integer", "minimum": 1, "description": "Which one."},
            "unit": {"type": "string", "enum": ["celsius", "fahrenheit"], "default": "celsius"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Note"},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 8},
            "home": {"$ref": "#/$defs/Address"},
        },
        "required": ["id", "home"],
        "additionalProperties": False,
    }
    function = {"name": f"tool_{index}", "description": f"Does the thing number {index}. {SENTENCE}"}
    return {"type": "function", "function": {**function, "parameters": parameters, "strict": True}}


def tool_loop(rounds: int) -> bytes:
    """An agent's history after so many rounds of two calls at once, each round with its signature."""
    messages = [{"role": "system", "content": "You are an agent."}, user("Do it all.")]
    for index in range(rounds):
        calls = [
            {"id": f"call_{index}_{k}", "type": "function", "function": {"name": f"tool_{k}", "arguments": "{\"id\":1}"}}
            for k in (0, 1)
        ]
        calls[0]["extra_content"] = {"google": {"thought_signature": noise(1200)}}
        messages.append({"role": "assistant", "content": None, "tool_calls": calls})
        messages += [
            {"role": "tool", "tool_call_id": call["id"], "content": dump({"result": SENTENCE * 5}).decode()}
            for call in calls
        ]
    body = json.loads(chat(*messages, tools=[tool(0), tool(1)]))
    return dump({**body, "model": "gemini-3-pro-preview"})


def form(files: dict[str, bytes], **fields: str) -> bytes:
    """A multipart form with the boundary `b`."""
    line = b'--b\r\nContent-Disposition: form-data; name="%s"'
    parts = [line % name.encode() + b"\r\n\r\n" + text.encode() + b"\r\n" for name, text in fields.items()]
    head = b'; filename="a.wav"\r\nContent-Type: audio/wav\r\n\r\n'
    parts += [line % name.encode() + head + data + b"\r\n" for name, data in files.items()]
    return b"".join(parts) + b"--b--\r\n"


def workloads() -> list[Workload]:
    """All of them, the quick ones first."""
    hello, answer = chat(user("Say hello.")), dump(response({"text": "Hello there."}))
    turns = [{"role": ("user", "assistant")[k % 2], "content": f"{k}. {SENTENCE * 8}"} for k in range(99)]
    long = chat({"role": "system", "content": "Be brief."}, *turns)
    tools = chat(user("Use a tool."), tools=[tool(index) for index in range(20)])
    call = dump(response({"functionCall": {"name": "tool_1", "args": {"id": 7}}, "thoughtSignature": noise(1200)}))
    stream = chat(user("Say hello."), stream=True, stream_options={"include_usage": True})
    page = response({"text": SENTENCE * (MB // len(SENTENCE.encode()))})
    image, drawn = noise(20 * MB), noise(10 * MB)
    seen = chat(user([
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{image}"}},
    ]))  # fmt: skip
    drawing = response({"inlineData": {"mimeType": "image/png", "data": drawn}})
    url = b'"data:image/png;base64,' + drawn.encode() + b'"'
    hello_sent, hello_told = b"Say hello.", b"Hello there."
    recording = base64.b64decode(noise(25 * MB // 3 * 4))
    upload = form({"file": recording}, model="gemini-2.5-flash")
    draw = dump({"model": "gemini-2.5-flash-image", "prompt": "Draw."})
    told = b'"b64_json":"' + drawn.encode() + b'"'
    return [
        Workload("small chat", hello, answer, False, hello_sent, hello_told, pieces),
        Workload("100 messages", long, answer, False, b"98. The quick", hello_told, pieces),
        Workload("20 tools", tools, call, False, b'"tool_19"', b'"tool_calls"', pieces),
        Workload("tool loop", tool_loop(10), call, False, b'"functionResponse"', b'"tool_calls"', pieces),
        Workload("stream, 200 events", stream, text(SENTENCE, 200), True, hello_sent, b"lazy dogs.", events),
        Workload("stream in bytes", stream, text("Hello.", 4), True, hello_sent, b"Hello.", lambda data: pieces(data, 1)),
        Workload("1 MB of text in a reply", hello, dump(page), False, hello_sent, b"lazy dogs.", pieces),
        Workload("20 MB image in a request", seen, answer, False, image.encode(), hello_told, pieces),
        Workload("10 MB image in a reply", hello, dump(drawing), False, hello_sent, url, pieces),
        Workload("10 MB image in a stream", stream, sse(drawing), True, hello_sent, url, pieces),
        Workload(
            "25 MB recording uploaded", upload, answer, False, base64.b64encode(recording), hello_told, pieces,
            "/v1/audio/transcriptions", "multipart/form-data; boundary=b",
        ),
        Workload(
            "10 MB image drawn", draw, dump(drawing), False, b"Draw.", told, pieces, "/v1/images/generations",
        ),
    ]
