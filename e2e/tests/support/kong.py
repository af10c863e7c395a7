"""Kong's own test cases: its fixtures, a mock in the place of Google, and what a case is."""

import json
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.corpus import corpus_file
from support.lab import Exchange

JSON, SSE = "application/json", "text/event-stream"


def fixture(name: str) -> bytes:
    """A file of Kong's, such as `master/gemini/llm-v1-chat/responses/good.json`; the test is skipped without them."""
    return corpus_file("kong").joinpath(name).read_bytes()


def parsed(name: str) -> Any:
    return json.loads(fixture(name))


@dataclass
class Reply:
    """What the mock answers with: each piece is a TCP segment of its own, unless `whole`."""

    pieces: list[bytes]
    status: int = 200
    type: str = JSON

    @classmethod
    def file(cls, name: str, **fields: Any) -> "Reply":
        return cls([fixture(name)], **fields)


@dataclass
class Seen:
    """What came of a case: the client's `got`, and the `sent` requests that the mock received, as {path, headers, body}."""

    got: Exchange
    sent: list[dict]

    @property
    def upstream(self) -> dict:
        """The only request."""
        assert len(self.sent) == 1, self.sent
        return self.sent[0]


Check = Callable[[Seen], None]


@dataclass
class Case:
    """One case of Kong's. `kong` raises AssertionError unless that happened which Kong's test expects. Where we do
    otherwise, `differs` says why and `ours` checks what happens instead."""

    name: str
    config: dict
    body: bytes | dict
    reply: Reply
    kong: Check
    differs: str = ""
    ours: Check | None = None
    path: str = "chat"
    method: str = "POST"
    headers: dict = field(default_factory=dict)


class Mock:
    """A server on `port` that answers everything with `reply` and notes it in `sent`."""

    def __init__(self) -> None:
        mock = self
        self.reply = Reply([b"{}"])
        self.sent: list[dict] = []

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                mock.sent.append({"path": self.path, "headers": headers, "body": json.loads(body) if body else None})
                reply = mock.reply
                self.send_response(reply.status)
                self.send_header("content-type", reply.type)
                self.send_header("transfer-encoding", "chunked")
                self.end_headers()
                for piece in reply.pieces:
                    self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                    self.wfile.flush()
                    # Without it segments are coalesced on the way.
                    time.sleep(0.02 if len(reply.pieces) > 1 else 0)
                self.wfile.write(b"0\r\n\r\n")

            do_POST = do_GET = answer

            def log_message(self, *_: Any) -> None:
                """Nothing: what is sent is in `sent`."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port: int = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def pieces(data: bytes, *cuts: int) -> list[bytes]:
    """The bytes, cut before each position."""
    edges = [0, *cuts, len(data)]
    return [data[a:b] for a, b in zip(edges, edges[1:], strict=False) if b > a]
