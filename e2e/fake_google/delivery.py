"""Writing a reply the way a scenario asks: in pieces, with pauses, gated, ended by a TCP reset.

aiohttp frames each write as one HTTP chunk and hands it to the socket at once (TCP_NODELAY), so a piece is a packet.
"""

import asyncio
import socket
import struct
import sys
import zlib
from bisect import bisect_right
from collections.abc import Iterator

from aiohttp import web

from .scenario import Scenario

# Seconds between the last bytes and a reset.
SETTLE = 0.02


class Reset(Exception):
    """The scenario's reset point was reached; the connection is gone."""


class Writer:
    """Writes body bytes of one reply, cutting, pausing and resetting at the scenario's offsets."""

    def __init__(self, request: web.BaseRequest, response: web.StreamResponse, scenario: Scenario):
        self.request, self.response, self.scenario = request, response, scenario
        self.offset = 0
        self.stops = stops(scenario)

    async def write(self, data: bytes) -> None:
        """Send `data` as one or more writes. Raises `Reset` at the reset point."""
        left = memoryview(data)
        while left:
            if self.offset == self.scenario.reset_after:
                await self.reset()
            size = self.next_stop() - self.offset
            piece, left = left[:size], left[size:]
            await self.response.write(piece)
            self.offset += len(piece)
            await self.pause()

    def next_stop(self) -> int:
        """The offset where the current write has to end."""
        if self.scenario.chunks == "bytes":
            return self.offset + 1
        following = bisect_right(self.stops, self.offset)
        return self.stops[following] if following < len(self.stops) else sys.maxsize

    async def pause(self) -> None:
        """Rest at this offset: the asked seconds, or the tiny pause that keeps two writes apart."""
        asked = sum(seconds for offset, seconds in self.scenario.pauses if offset == self.offset)
        if asked or self.scenario.chunks != "whole":
            await asyncio.sleep(max(asked, self.scenario.pace))

    async def finish(self) -> None:
        """The body is complete: a reset that was to come at or after its end comes now."""
        if self.scenario.reset_after is not None:
            await self.reset()

    async def reset(self) -> None:
        # What was written has to arrive as data before the reset does.
        await asyncio.sleep(SETTLE)
        reset(self.request)
        raise Reset


def stops(scenario: Scenario) -> list[int]:
    """Every offset at which a write ends, ascending."""
    cuts = scenario.chunks if isinstance(scenario.chunks, list) else []
    ends = {*cuts, *(offset for offset, _ in scenario.pauses if offset > 0)}
    if scenario.reset_after:
        ends.add(scenario.reset_after)
    return sorted(ends)


def reset(request: web.BaseRequest) -> None:
    """End the connection with RST; what has not left the socket yet is lost, as on a real reset."""
    transport = request.transport
    if transport is None:
        return
    sock = transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()


def zipped(pieces: Iterator[bytes] | list[bytes]) -> Iterator[bytes]:
    """The pieces gzip-compressed, each flushed so that a client can read it when it arrives."""
    packer = zlib.compressobj(wbits=31)
    held = b""
    for piece in pieces:
        # One behind: the end of the stream is part of the last piece.
        if held:
            yield held
        held = packer.compress(piece) + packer.flush(zlib.Z_SYNC_FLUSH)
    yield held + packer.flush()


async def send(
    request: web.BaseRequest,
    response: web.StreamResponse,
    pieces: list[bytes],
    scenario: Scenario,
    gate: asyncio.Queue,
) -> None:
    """Write `pieces` (one per event) as the scenario asks. Raises `Reset`, or aiohttp's error when the peer left."""
    await asyncio.sleep(scenario.first_byte_delay)
    if scenario.reset_after == -1:
        reset(request)
        raise Reset
    if scenario.gzip:
        response.headers["content-encoding"] = "gzip"
        pieces = list(zipped(pieces))
    if len(pieces) == 1 and announced(response, scenario):
        response.content_length = len(pieces[0])
    await response.prepare(request)
    writer = Writer(request, response, scenario)
    await asyncio.sleep(sum(seconds for offset, seconds in scenario.pauses if offset == 0))
    try:
        for number, piece in enumerate(pieces if scenario.gate else [b"".join(pieces)]):
            released = await opened(gate) if scenario.gate and number else None
            await writer.write(piece)
            if released is not None and not released.done():
                released.set_result(number)
        await writer.finish()
    finally:
        over(gate)
    await response.write_eof()


def announced(response: web.StreamResponse, scenario: Scenario) -> bool:
    """Whether the reply tells its length: streams and those that go out in pieces do not."""
    pieces = scenario.chunks != "whole" or scenario.pauses or scenario.reset_after is not None
    return not pieces and response.content_type != "text/event-stream"


async def opened(gate: asyncio.Queue[asyncio.Future]) -> asyncio.Future:
    """The next wish to open the gate that somebody still waits for."""
    while (released := await gate.get()).done():
        pass
    return released


def over(gate: asyncio.Queue[asyncio.Future]) -> None:
    """Answer those who still want to open the gate of a stream that has ended."""
    while not gate.empty():
        released = gate.get_nowait()
        if not released.done():
            released.set_result(None)
