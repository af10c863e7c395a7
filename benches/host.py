"""A proxy-wasm host in which one instruction is one unit of wasmtime's fuel, so that costs are exact numbers.

Only what the filter calls is there (src/shell/abi.rs, and the standard library's start-up); any other import traps.
Buffers behave as Envoy's do with `allow_on_headers_stop_iteration`: what a callback pauses on is held and grows, what
it lets go leaves. Clock and randomness stand still. A copy of memory counts one instruction per byte.

ABI: <https://github.com/proxy-wasm/spec/tree/main/abi-versions/v0.2.1>
"""

import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import wasmtime

Headers = list[tuple[str, str]]

OK, NOT_FOUND = 0, 1
CONTINUE, PAUSE = 0, 1
REQUEST, REPLY = 0, 1
PLUGIN_CONFIGURATION = 7
HEADER_MAPS = {0: REQUEST, 2: REPLY}
ROOT, STREAM = 1, 2
INFO = 2
# More than any workload takes: running out of fuel is a trap.
TANK = 1 << 62
NOW = 1_800_000_000 * 1_000_000_000


class HostError(AssertionError):
    """The filter did what this host does not expect of it."""


@dataclass
class Exchange:
    """What came of one request: what Google got and what the client got, in the end."""

    request: Headers = field(default_factory=list)
    request_body: bytes = b""
    reply: Headers = field(default_factory=list)
    reply_body: bytes = b""


class Module:
    """A compiled filter. One is enough for any number of hosts."""

    def __init__(self, file: Path) -> None:
        config = wasmtime.Config()
        config.consume_fuel = True
        self.engine = wasmtime.Engine(config)
        self.module = wasmtime.Module.from_file(self.engine, str(file))


class Host:
    """A VM with the filter started and configured by `configuration`, for one exchange.

    `fuel` holds the instructions spent so far, per callback; `memory_size()` the bytes of linear memory, which never
    shrinks, so that it is the peak as well.
    """

    def __init__(self, module: Module, configuration: str) -> None:
        self.fuel: Counter[str] = Counter()
        self.exchange = Exchange()
        self._maps: dict[int, Headers] = {REQUEST: [], REPLY: []}
        self._buffers = {REQUEST: b"", REPLY: b"", PLUGIN_CONFIGURATION: configuration.encode()}
        self._shared: dict[bytes, bytes] = {}
        self._log: list[str] = []
        self._store = wasmtime.Store(module.engine)
        self._store.set_fuel(TANK)
        linker = wasmtime.Linker(module.engine)
        for item in module.module.imports:
            if function := getattr(self, f"_{item.name}", None):
                linker.define_func(item.module, item.name, item.type, function)
        linker.define_unknown_imports_as_traps(module.module)
        self._exports = linker.instantiate(self._store, module.module).exports(self._store)
        self._memory = self._exports["memory"]
        self._call("start", "_initialize")
        self._call("start", "proxy_on_context_create", ROOT, 0)
        if not self._call("start", "proxy_on_vm_start", ROOT, 0):
            raise HostError("the VM did not start")
        if not self._call("start", "proxy_on_configure", ROOT, len(configuration)):
            raise HostError(f"the configuration was refused: {self._log}")

    def memory_size(self) -> int:
        """Bytes of linear memory."""
        return self._memory.data_len(self._store)

    def run(
        self, path: str, sent_type: str, request: Iterable[bytes], content_type: str, reply: Iterable[bytes]
    ) -> Exchange:
        """One exchange: a POST whose body, of `sent_type`, comes in the pieces of `request`, answered 200 with those of
        `reply`, of `content_type`."""
        self._call("request headers", "proxy_on_context_create", STREAM, ROOT)
        pieces = list(request)
        self._maps[REQUEST] = [
            (":method", "POST"), (":path", path), (":authority", "localhost"), (":scheme", "http"),
            ("content-type", sent_type), ("content-length", str(sum(map(len, pieces)))),
            ("authorization", "Bearer sk-client"), ("accept", "application/json"), ("user-agent", "OpenAI/Python 3.54.0"),
            ("x-forwarded-proto", "http"), ("x-request-id", "6f2d0a4e-6c1f-4a39-9f0e-6b1c2f0d7a11"),
        ]  # fmt: skip
        self._headers(REQUEST, "request")
        self.exchange.request_body = self._body(REQUEST, "request", pieces)
        self.exchange.request = self._maps[REQUEST]
        self._maps[REPLY] = [
            (":status", "200"), ("content-type", content_type), ("date", "Sat, 21 Nov 2026 23:00:00 GMT"),
            ("server", "scaffolding on HTTPServer2"), ("x-frame-options", "SAMEORIGIN"),
        ]  # fmt: skip
        self._headers(REPLY, "response")
        self.exchange.reply_body = self._body(REPLY, "response", list(reply))
        self.exchange.reply = self._maps[REPLY]
        for callback in ("log", "done", "delete"):
            self._call("end", f"proxy_on_{callback}", STREAM)
        return self.exchange

    def _headers(self, side: int, name: str) -> None:
        self._call(f"{name} headers", f"proxy_on_{name}_headers", STREAM, len(self._maps[side]), 0)

    def _body(self, side: int, name: str, pieces: list[bytes]) -> bytes:
        """What leaves while `pieces` arrive."""
        left: list[bytes] = []
        for index, piece in enumerate(pieces):
            self._buffers[side] += piece
            end = index == len(pieces) - 1
            size = len(self._buffers[side])
            action = self._call(f"{name} body", f"proxy_on_{name}_body", STREAM, size, int(end))
            if action == CONTINUE:
                left.append(self._buffers[side])
                self._buffers[side] = b""
            elif end:
                raise HostError(f"the {name} never left the filter: {self._log}")
        return b"".join(left)

    def _call(self, kind: str, name: str, *arguments: int) -> int:
        before = self._store.get_fuel()
        result = self._exports[name](self._store, *arguments)
        self.fuel[kind] += before - self._store.get_fuel()
        return result

    # The guest's memory. Addresses and sizes come as signed numbers.

    def _read(self, at: int, size: int) -> bytes:
        at &= 0xFFFF_FFFF
        return bytes(self._memory.read(self._store, at, at + (size & 0xFFFF_FFFF)))

    def _write(self, at: int, data: bytes) -> int:
        self._memory.write(self._store, data, at & 0xFFFF_FFFF)
        return OK

    def _word(self, at: int, value: int) -> int:
        return self._write(at, struct.pack("<I", value & 0xFFFF_FFFF))

    def _give(self, data: bytes, at: int, size_at: int) -> int:
        """Hands over `data` in memory that the guest allocates, which costs it instructions as everything does."""
        place = self._exports["proxy_on_memory_allocate"](self._store, len(data))
        self._write(place, data)
        self._word(at, place)
        return self._word(size_at, len(data))

    # Host calls.

    def _proxy_log(self, _level: int, at: int, size: int) -> int:
        self._log.append(self._read(at, size).decode())
        return OK

    def _proxy_get_log_level(self, at: int) -> int:
        return self._word(at, INFO)

    def _proxy_get_current_time_nanoseconds(self, at: int) -> int:
        return self._write(at, struct.pack("<Q", NOW))

    def _proxy_set_tick_period_milliseconds(self, _period: int) -> int:
        return OK

    def _proxy_set_effective_context(self, _context: int) -> int:
        return OK

    def _proxy_define_metric(self, _kind: int, _name: int, _size: int, at: int) -> int:
        return self._word(at, 1)

    def _proxy_increment_metric(self, _metric: int, _offset: int) -> int:
        return OK

    def _proxy_get_shared_data(self, key: int, key_size: int, at: int, size_at: int, version: int) -> int:
        if (value := self._shared.get(self._read(key, key_size))) is None:
            return NOT_FOUND
        self._word(version, 1)
        return self._give(value, at, size_at)

    def _proxy_get_property(self, _path: int, _size: int, _at: int, _size_at: int) -> int:
        return NOT_FOUND

    def _proxy_set_shared_data(self, key: int, key_size: int, value: int, size: int, _version: int) -> int:
        self._shared[self._read(key, key_size)] = self._read(value, size)
        return OK

    def _proxy_get_header_map_pairs(self, map: int, at: int, size_at: int) -> int:
        pairs = [(name.encode(), value.encode()) for name, value in self._maps[HEADER_MAPS[map]]]
        sizes = b"".join(struct.pack("<II", len(name), len(value)) for name, value in pairs)
        texts = b"".join(name + b"\0" + value + b"\0" for name, value in pairs)
        return self._give(struct.pack("<I", len(pairs)) + sizes + texts, at, size_at)

    def _proxy_set_header_map_pairs(self, map: int, at: int, size: int) -> int:
        self._maps[HEADER_MAPS[map]] = decode(self._read(at, size))
        return OK

    def _proxy_get_buffer_bytes(self, buffer: int, start: int, most: int, at: int, size_at: int) -> int:
        data = self._buffers.get(buffer, b"")
        start, most = start & 0xFFFF_FFFF, most & 0xFFFF_FFFF
        return self._give(data[start : start + most], at, size_at) if data else NOT_FOUND

    def _proxy_set_buffer_bytes(self, buffer: int, start: int, length: int, at: int, size: int) -> int:
        held, data = self._buffers[buffer], self._read(at, size)
        if start & 0xFFFF_FFFF >= len(held) and start:
            self._buffers[buffer] = held + data
        elif start or length & 0xFFFF_FFFF < len(held):
            raise HostError("a body is only ever replaced as a whole, or appended to")
        else:
            self._buffers[buffer] = data
        return OK

    def _proxy_send_local_response(self, status: int, *arguments: int) -> int:
        body = self._read(arguments[2], arguments[3])
        raise HostError(f"the filter answered {status}: {body.decode()}; {self._log}")

    # WASI, as far as the standard library's start-up asks for it.

    def _random_get(self, at: int, size: int) -> int:
        return self._write(at, bytes(size))

    def _environ_sizes_get(self, count: int, size: int) -> int:
        return self._word(count, 0) or self._word(size, 0)

    def _environ_get(self, _names: int, _texts: int) -> int:
        return OK

    def _fd_write(self, _file: int, slices: int, count: int, written: int) -> int:
        """Only a panic writes here."""
        places = struct.iter_unpack("<II", self._read(slices, 8 * count))
        text = b"".join(self._read(at, size) for at, size in places)
        self._log.append(text.decode())
        return self._word(written, len(text))


def decode(data: bytes) -> Headers:
    """A serialized header map."""
    (count,) = struct.unpack_from("<I", data)
    sizes = struct.iter_unpack("<II", data[4 : 4 + 8 * count])
    texts = data[4 + 8 * count :]
    headers: Headers = []
    for name, value in sizes:
        headers.append((texts[:name].decode(), texts[name + 1 : name + 1 + value].decode()))
        texts = texts[name + value + 2 :]
    return headers
