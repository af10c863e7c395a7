"""What the fake's own tests share: a raw HTTP client and the smallest valid requests."""

import json
import socket
import ssl
import time
from dataclasses import dataclass
from itertools import pairwise

PLAIN = "/v1beta/models/gemini-2.5-flash:generateContent"
STREAM = "/v1beta/models/gemini-2.5-flash:streamGenerateContent?alt=sse"
KEY = {"x-goog-api-key": "test-key"}
BEARER = {"authorization": "Bearer test-token"}


def credential(path):
    """The header that the call takes: Vertex takes a token in a project, all else a key."""
    return BEARER if "/projects/" in path else KEY


def said(text):
    """A request of one user turn."""
    return {"contents": [{"role": "user", "parts": [{"text": text}]}]}


@dataclass
class Reply:
    """A reply as read from the socket. `body` has its transfer coding removed; `chunks` are the sizes of the server's
    writes (HTTP chunks), `reads` and `times` how many bytes arrived when (seconds after the request) once the head
    was there; `reset` whether it ended in a TCP reset."""

    status: int
    headers: dict[str, str]
    body: bytes
    chunks: list[int]
    reads: list[int]
    times: list[float]
    reset: bool

    def json(self):
        return json.loads(self.body)

    @property
    def message(self):
        return self.json()["error"]["message"]


def request_bytes(path, body, headers, method="POST"):
    data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    whole = {"host": "fake", "connection": "close", "content-length": len(data), **headers}
    head = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in whole.items())]
    return "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + data


def send(fake, path, body, headers=None, method="POST", wrap=lambda connection: connection):
    """One request over a connection of its own, with a fitting credential unless `headers` are given; the reply is read
    until the server closes. `wrap` adds TLS."""
    headers = credential(path) if headers is None else headers
    with wrap(socket.create_connection(("127.0.0.1", fake.port), timeout=30)) as connection:
        connection.sendall(request_bytes(path, body, headers, method))
        return read(connection)


def scripted(fake, scenario, path=STREAM):
    """The reply to a request that asks for `scenario`."""
    fake.put_scenario("it", scenario)
    return send(fake, path, said("please [[fake:it]]"))


def read(connection):
    begun = time.monotonic()
    data, seen, times, reset = b"", [], [], False
    try:
        while piece := connection.recv(1 << 20):
            data += piece
            seen.append(len(data))
            times.append(time.monotonic() - begun)
    except (ConnectionResetError, ssl.SSLEOFError):
        # Over TLS, Python reports a reset as an end without goodbye.
        reset = True
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head:
        return Reply(0, {}, b"", [], [], [], reset)
    lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines[1:])
    chunks = [rest]
    if headers.get("transfer-encoding") == "chunked":
        chunks, complete = unchunked(rest)
        assert reset or complete, "the chunked body was cut without a reset"
    after = [(count, when) for count, when in zip(seen, times, strict=True) if count > len(head) + 4]
    reads = [b - a for a, b in pairwise([len(head) + 4, *(count for count, _ in after)])]
    status, sizes = int(lines[0].split()[1]), list(map(len, chunks))
    return Reply(status, headers, b"".join(chunks), sizes, reads, [when for _, when in after], reset)


def unchunked(data):
    """The chunks' content, and whether the last chunk was there."""
    chunks = []
    while data:
        size, _, data = data.partition(b"\r\n")
        if not int(size, 16):
            return chunks, True
        chunks.append(data[: int(size, 16)])
        data = data[int(size, 16) + 2 :]
    return chunks, False


def sse_events(body):
    """The JSON of each event of a stream framed as Google frames it; anything else fails."""
    *events, rest = body.split(b"\r\n\r\n")
    assert rest == b"", rest
    assert all(event.startswith(b"data: ") for event in events)
    return [json.loads(event.removeprefix(b"data: ")) for event in events]
