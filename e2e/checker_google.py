"""Google's bytes as values: JSON in every framing that a reply may come in."""

from __future__ import annotations

import json
import re

UNREADABLE = object()


def json_values(text: str) -> list:
    """All JSON values in `text`, concatenated or in an (unfinished) array; UNREADABLE ends a broken one."""
    decoder = json.JSONDecoder(strict=False)
    values, at = [], 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,[]":
            at += 1
        if at >= len(text):
            return values
        try:
            value, at = decoder.raw_decode(text, at)
        except json.JSONDecodeError:
            return [*values, UNREADABLE]
        values.append(value)


def stream_values(body: bytes) -> list:
    """The JSON values of a stream in order: SSE events, array framing, bare or concatenated JSON."""
    text = body.decode("utf-8", "replace").removeprefix("\ufeff")
    values, data, bare = [], [], []
    for line in [*re.split("\r\n|\n|\r", text), ""]:
        if not bare and re.match("(data|event|id|retry)?:", line):
            if line.startswith("data:"):
                data.append(line[5:].removeprefix(" "))
            continue
        if not line.strip() and not bare:
            event, data = "\n".join(data), []
            if event.strip() != "[DONE]":
                values += json_values(event)
            continue
        bare.append(line)
        if not re.match(r"[\[{,\]]|\s*$", bare[0]):
            bare = []
    if data:
        values += json_values("\n".join(data))
    return values + json_values("\n".join(bare))
