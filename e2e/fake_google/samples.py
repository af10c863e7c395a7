"""Made-up media of any size: a true header, then filling, so that whoever sniffs sees what it is.

In a scenario's `events` a sample stands for its base64: `{"$sample": {"kind": "png", "size": 10000000, "seed": "a"}}`;
a test makes the same bytes with `make("png", 10000000, "a")`.
"""

import base64
import hashlib
import struct
import zlib
from functools import lru_cache
from typing import Any

MARK = "$sample"
# Kind -> its type, as Google's replies name it.
TYPES = {
    "png": "image/png",
    "jpeg": "image/jpeg",
    "mp4": "video/mp4",
    "wav": "audio/wav",
    # Speech of the 2.5 models; recorded.
    "pcm": "audio/L16;codec=pcm;rate=24000",
}
# Most bytes after the length of a JPEG segment.
SEGMENT = 65533


@lru_cache(maxsize=8)
def make(kind: str, size: int = 0, seed: str = "", width: int = 1024, height: int = 1024) -> bytes:
    """At least `size` bytes of `kind` (exactly so many, unless its header alone is more)."""
    match kind:
        case "png":
            return png(size, seed, width, height)
        case "jpeg":
            return jpeg(size, seed, width, height)
        case "mp4":
            return mp4(size, seed)
        case "wav":
            return wav(noise(max(size - 44, 0), seed))
        case "pcm":
            return noise(size, seed)
    raise ValueError(f"no sample of kind {kind!r}; known: {', '.join(TYPES)}")


def noise(size: int, seed: str) -> bytes:
    """The same bytes for the same seed, and none of them to be guessed from another's."""
    return hashlib.shake_256(seed.encode()).digest(size)


def png(size: int, seed: str, width: int, height: int) -> bytes:
    """A black picture of that many pixels; the filling is a chunk of its own, which viewers skip."""
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    pixels = zlib.compress((b"\0" * (1 + (width + 7) // 8)) * height, 9)
    head, tail = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header), chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    filling = size - len(head) - len(tail) - 12
    return head + (chunk(b"faKe", noise(filling, seed)) if filling > 0 else b"") + tail


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def jpeg(size: int, seed: str, width: int, height: int) -> bytes:
    """Start, a frame header of that many pixels, comments as filling, end: enough for whoever looks at the head."""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\0"
    head, tail = b"\xff\xd8" + frame, b"\xff\xd9"
    # Within a segment any byte will do, so the filling needs no care.
    left = noise(max(size - len(head) - len(tail), 0), seed)
    pieces = []
    while len(left) >= 4:
        room = min(len(left), SEGMENT + 4)
        pieces.append(b"\xff\xfe" + struct.pack(">H", room - 2) + left[: room - 4])
        left = left[room:]
    return head + b"".join(pieces) + b"\xff" * len(left) + tail


def mp4(size: int, seed: str) -> bytes:
    """A file type box and a box of media data."""
    head = struct.pack(">I4s4sI4s4s", 24, b"ftyp", b"isom", 512, b"isom", b"mp42")
    filling = max(size - len(head) - 8, 0)
    return head + struct.pack(">I4s", filling + 8, b"mdat") + noise(filling, seed)


def wav(samples: bytes, rate: int = 24000) -> bytes:
    """16-bit mono."""
    fields = (b"RIFF", 36 + len(samples), b"WAVE", b"fmt ", 16, 1, 1, rate, rate * 2, 2, 16, b"data", len(samples))
    return struct.pack("<4sI4s4sIHHIIHH4sI", *fields) + samples


def encoded(data: bytes) -> str:
    return base64.b64encode(data).decode()


def blob(kind: str, size: int = 0, seed: str = "", mime: str | None = None, **pixels: int) -> dict[str, Any]:
    """An `inlineData` part."""
    return {"inlineData": {"mimeType": mime or TYPES[kind], "data": encoded(make(kind, size, seed, **pixels))}}


def expanded(value: Any) -> Any:
    """`value` with the base64 of each sample in its place. Raises `ValueError` or `TypeError` for one that is none."""
    if isinstance(value, list):
        return [expanded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if MARK in value:
        return encoded(make(**value[MARK]))
    return {name: expanded(item) for name, item in value.items()}
