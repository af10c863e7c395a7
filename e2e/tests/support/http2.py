"""HTTP/2 in plain text over h2: a client that can send trailers, and an upstream that can."""

import json
import socket
import threading
from dataclasses import dataclass, field

import h2.config
import h2.connection
import h2.events
import h2.exceptions


@dataclass
class Http2Reply:
    """`ended`: the stream was closed in order; `reset`: it was reset."""

    status: int = 0
    headers: dict = field(default_factory=dict)
    trailers: dict = field(default_factory=dict)
    body: bytes = b""
    ended: bool = False
    reset: bool = False


class Http2Client:
    """One connection to 127.0.0.1:`port`, one request at a time."""

    def __init__(self, port: int, timeout: float = 20) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.http.initiate_connection()
        self.http.increment_flow_control_window(2**30)
        self.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def flush(self) -> None:
        self.socket.sendall(self.http.data_to_send())

    def start(self, path: str, body: bytes, headers: dict | None = None, trailers: dict | None = None) -> None:
        """Sends a whole POST; `trailers` end it when given."""
        self.stream, self.got = self.http.get_next_available_stream_id(), Http2Reply()
        head = {":method": "POST", ":scheme": "http", ":authority": "gateway.test", ":path": path, "content-type": "application/json"}
        self.http.send_headers(self.stream, [*{**head, **(headers or {})}.items()])
        while body:
            room = min(self.http.local_flow_control_window(self.stream), self.http.max_outbound_frame_size, len(body))
            if room == 0:
                self.flush()
                self.pump()
                continue
            self.http.send_data(self.stream, body[:room])
            body = body[room:]
        if trailers:
            self.http.send_headers(self.stream, [*trailers.items()], end_stream=True)
        else:
            self.http.end_stream(self.stream)
        self.flush()

    def pump(self) -> None:
        """Reads once and notes what came."""
        data = self.socket.recv(65536)
        if not data:
            raise EOFError("the connection was closed")
        for event in self.http.receive_data(data):
            if isinstance(event, h2.events.ResponseReceived):
                self.got.headers = dict(event.headers)
                self.got.status = int(self.got.headers[":status"])
            elif isinstance(event, h2.events.DataReceived):
                self.got.body += event.data
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
            elif isinstance(event, h2.events.TrailersReceived):
                self.got.trailers = dict(event.headers)
            elif isinstance(event, h2.events.StreamEnded):
                self.got.ended = True
            elif isinstance(event, h2.events.StreamReset):
                self.got.reset = True
        self.flush()

    def wait_data(self) -> None:
        while not self.got.body:
            self.pump()

    def reset(self) -> None:
        self.http.reset_stream(self.stream)
        self.flush()

    def post(self, path: str, body: bytes, headers: dict | None = None, trailers: dict | None = None) -> Http2Reply:
        """A whole exchange."""
        self.start(path, body, headers, trailers)
        while not (self.got.ended or self.got.reset):
            self.pump()
        return self.got


class Http2Upstream:
    """A server on `port` that answers every request with `script`: a list of steps, run in order.

    Steps: ("headers", {name: value}), ("data", bytes), ("trailers", {name: value}), ("end",), ("reset",).
    `requests` holds what came: [(headers, body)].
    """

    def __init__(self, script: list[tuple] | None = None) -> None:
        self.script = script or []
        self.requests: list[tuple[dict, bytes]] = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()

    def accept(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection: socket.socket) -> None:
        http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        http.initiate_connection()
        connection.sendall(http.data_to_send())
        heads: dict[int, tuple[dict, bytearray]] = {}
        try:
            while data := connection.recv(65536):
                for event in http.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        heads[event.stream_id] = dict(event.headers), bytearray()
                    elif isinstance(event, h2.events.DataReceived):
                        heads[event.stream_id][1].extend(event.data)
                        http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        head, body = heads.pop(event.stream_id)
                        self.requests.append((head, bytes(body)))
                        self.run(http, connection, event.stream_id)
                connection.sendall(http.data_to_send())
        except (OSError, h2.exceptions.ProtocolError):
            connection.close()

    def run(self, http, connection, stream: int) -> None:
        """The script, each step in a write of its own."""
        for kind, *value in self.script:
            if kind == "headers":
                http.send_headers(stream, [*value[0].items()])
            elif kind == "data":
                for at in range(0, len(value[0]), http.max_outbound_frame_size):
                    http.send_data(stream, value[0][at : at + http.max_outbound_frame_size])
            elif kind == "trailers":
                http.send_headers(stream, [*value[0].items()], end_stream=True)
            elif kind == "reset":
                http.reset_stream(stream)
            else:
                http.end_stream(stream)
            connection.sendall(http.data_to_send())


def answering(status: int, content_type: str, *data: bytes, trailers: bool = True) -> list[tuple]:
    """A script that ends with trailers, as gRPC-transcoding front ends do."""
    end = ("trailers", {"grpc-status": "0"}) if trailers else ("end",)
    return [("headers", {":status": str(status), "content-type": content_type}), *(("data", d) for d in data), end]


def json_script(value, status: int = 200, trailers: bool = True) -> list[tuple]:
    return answering(status, "application/json", json.dumps(value).encode(), trailers=trailers)
