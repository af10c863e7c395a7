"""Embeddings: the same for the same input, and of unit length where Google's are."""

import hashlib
import json
import math
from array import array
from typing import Any

from .embedders import Embedder

# Recorded vectors hold values like -6.9625785e-06: the third one here is as small.
SMALL, SHRUNK = 2, 1e-4


def vector(model: str, facts: Embedder, meant: Any, size: int | None = None) -> list[float]:
    """The embedding of `meant` (any JSON) in `size` dimensions: doubles that are exactly some 32-bit float.

    A shorter one is the beginning of the whole one, as of Google's models, and has unit length for some of them only.
    """
    whole = facts.size
    seed = json.dumps([model, meant], sort_keys=True).encode("utf-8", "surrogatepass")
    integers = array("i", hashlib.shake_256(seed).digest(4 * whole))
    values = [float(one) for one in integers]
    values[SMALL] *= SHRUNK
    values = scaled(values)
    if size is not None and size < whole:
        values = scaled(values[:size]) if facts.unit else values[:size]
    return array("f", values).tolist()


def scaled(values: list[float]) -> list[float]:
    """The vector of the same direction and length 1."""
    length = math.sqrt(math.fsum(one * one for one in values))
    return [one / length for one in values]


def short(values: list[float]) -> list[float]:
    """As the Developer API and `embedContent` print them: no more digits than a 32-bit float has. `predict` prints
    all digits of the double."""
    return [float(f"{one:.9g}") for one in values]
