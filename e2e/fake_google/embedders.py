"""Which models embed, and what each takes (`google-api.md` sections 1.1, 2 and 5, `translation.md` section 4.2)."""

import re
from dataclasses import dataclass

from .surface import GEMINI, VERTEX


@dataclass(frozen=True)
class Embedder:
    """Facts about a family. `sizes`: the numbers of dimensions it can give, the last one without being asked;
    `tokens` of one text, the rest is cut off; `instances` of one `predict`, 0 where it has `embedContent` instead;
    `unit`: a shorter vector has unit length too; `counts`: the Developer API tells the tokens."""

    sizes: range | tuple[int, ...]
    tokens: int
    instances: int
    apis: tuple[str, ...] = (GEMINI, VERTEX)
    media: bool = False
    unit: bool = False
    counts: bool = False

    @property
    def size(self) -> int:
        return self.sizes[-1]


BOTH = range(128, 3073)
FAMILIES = [
    # Recorded: of this one 768 dimensions are of unit length, and its replies hold the usage.
    (re.compile(r"gemini-embedding-2(-preview)?"), Embedder(BOTH, 8192, 0, media=True, unit=True, counts=True)),
    (re.compile(r"gemini-embedding-\d+"), Embedder(BOTH, 2048, 1)),
    (re.compile(r"embedding-001"), Embedder((768,), 2048, 0, (GEMINI,))),
    (re.compile(r"text-embedding-004"), Embedder(range(1, 769), 2048, 250)),
    (re.compile(r"text-(multilingual-)?embedding-00[25]"), Embedder(range(1, 769), 2048, 250, (VERTEX,))),
    (re.compile(r"multimodalembedding(@001)?"), Embedder((128, 256, 512, 1408), 32, 250, (VERTEX,), media=True)),
]


def find(name: str | None, api: str) -> Embedder | None:
    """The facts about `name` if it is a model of `api` that embeds."""
    for pattern, facts in FAMILIES:
        if pattern.fullmatch(name or ""):
            return facts if api in facts.apis else None
    return None
