"""HTTP/1.1 over a bare socket: exact bytes out, and a reply read without any help."""

import socket
from dataclasses import dataclass


@dataclass
class RawReply:
    """`headers` as received (lower-case names, in order); `complete` False: the peer closed too early."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes
    complete: bool = True

    def header(self, name: str) -> str | None:
        return next((v for k, v in self.headers if k == name), None)


class RawClient:
    """One connection to 127.0.0.1:`port`; `receive_buffer` (bytes) makes a client that the server soon waits for."""

    def __init__(self, port: int, timeout: float = 20, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def fill(self) -> bool:
        """Reads once more; False at the end of the connection."""
        try:
            data = self.socket.recv(65536)
        except ConnectionResetError:
            return False
        self.buffer += data
        return bool(data)

    def until(self, mark: bytes) -> bytes:
        """Everything up to and including `mark`."""
        while mark not in self.buffer:
            if not self.fill():
                raise EOFError(f"closed before {mark!r}: {self.buffer[:500]!r}")
        at = self.buffer.index(mark) + len(mark)
        found, self.buffer = self.buffer[:at], self.buffer[at:]
        return found

    def exactly(self, count: int) -> bytes:
        while len(self.buffer) < count and self.fill():
            pass
        found, self.buffer = self.buffer[:count], self.buffer[count:]
        return found

    def head(self) -> RawReply:
        """The status line and headers of the next reply."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        headers = [(k.strip().lower(), v.strip()) for k, _, v in (line.partition(":") for line in lines[1:] if line)]
        return RawReply(int(lines[0].split()[1]), headers, b"")

    def chunk(self) -> bytes:
        """One HTTP chunk; empty at the end."""
        size = int(self.until(b"\r\n").split(b";")[0], 16)
        data = self.exactly(size)
        self.until(b"\r\n")
        return data

    def reply(self) -> RawReply:
        """The next reply as a whole."""
        got = self.head()
        if got.header("content-length") is not None:
            got.body = self.exactly(int(got.header("content-length")))
            got.complete = len(got.body) == int(got.header("content-length"))
        elif got.header("transfer-encoding") == "chunked":
            try:
                while piece := self.chunk():
                    got.body += piece
            except EOFError:
                got.complete = False
        elif got.status not in (100, 204, 304):
            while self.fill():
                pass
            got.body, self.buffer = self.buffer, b""
        return got


def request(body: bytes, *headers: str, path: str = "/v1/chat/completions", method: str = "POST", length: bool = True) -> bytes:
    """The bytes of a request; `length` False leaves content-length out."""
    lines = [f"{method} {path} HTTP/1.1", "host: gateway.test", "content-type: application/json", *headers]
    if length:
        lines.append(f"content-length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked(body: bytes, size: int) -> bytes:
    """A body in HTTP chunks of `size` bytes."""
    pieces = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"
