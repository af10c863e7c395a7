"""A server behind TLS that notes which name each client asked for, and answers every request with one JSON body."""

import contextlib
import json
import socket
import ssl
import threading

from certificates import Certificates


class TlsUpstream:
    """`port`, and what has been seen so far: `names` (the SNI of each handshake, None without one) and
    `requests` (the head of each request). Every connection is for one request."""

    def __init__(self, answer: dict) -> None:
        self.names: list[str | None] = []
        self.requests: list[str] = []
        body = json.dumps(answer).encode()
        head = f"content-type: application/json\r\nconnection: close\r\ncontent-length: {len(body)}\r\n\r\n"
        self._answer = b"HTTP/1.1 200 OK\r\n" + head.encode() + body
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def present(self, certificates: Certificates) -> None:
        """From now on clients see that certificate; nothing has been seen yet."""
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates.cert, certificates.key)
        self._context.sni_callback = lambda _, name, __: self.names.append(name)
        self.names.clear()
        self.requests.clear()

    def close(self) -> None:
        """No more connections."""
        self._listener.close()

    def _accept(self) -> None:
        # Closing the listener ends the loop.
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # A client that does not like the certificate goes away: that is what some tests are about.
        with contextlib.suppress(OSError), self._context.wrap_socket(connection, server_side=True) as secure:
            data = b""
            while piece := secure.recv(1 << 16):
                data += piece
                head, end, rest = data.partition(b"\r\n\r\n")
                if end and len(rest) >= length(head):
                    self.requests.append(head.decode("latin-1"))
                    secure.sendall(self._answer)
                    return


def length(head: bytes) -> int:
    """The content-length of a request."""
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    return int(fields.get(b"content-length", 0))
