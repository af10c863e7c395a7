"""The recorded traffic, which lives beside the project: found by CORPUS_DIR, default ../shared/corpus."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DEFAULT = ROOT.parent / "shared" / "corpus"


def corpus_file(name: str) -> Path:
    """Path of a corpus file; without it the test is skipped, or fails when REQUIRE_CORPUS=1."""
    path = Path(os.environ.get("CORPUS_DIR") or DEFAULT) / name
    if not path.exists():
        message = f"recorded traffic not found: {path} (set CORPUS_DIR)"
        if os.environ.get("REQUIRE_CORPUS") == "1":
            pytest.fail(message)
        pytest.skip(message)
    return path


def records(name: str) -> Iterator[dict]:
    """The recorded exchanges of one file."""
    with gzip.open(corpus_file(name), "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def generations() -> Iterator[dict]:
    """Every recorded reply to generateContent and streamGenerateContent, both backends; its body is text, never null."""
    for name in ("gemini.jsonl.gz", "vertex.jsonl.gz", "responses-only.jsonl.gz"):
        for record in records(name):
            # A reply without a body was recorded as null.
            record["response_body"] = record["response_body"] or ""
            if is_generation(record):
                yield record


def is_generation(record: dict) -> bool:
    """By its endpoint; one whose request was not kept is known by its reply."""
    if record.get("endpoint"):
        return record["endpoint"].endswith((":generateContent", ":streamGenerateContent"))
    body = record["response_body"]
    return body.startswith(("{", "[", "data:")) and (record["status"] != 200 or '"candidates"' in body)


def is_stream(record: dict) -> bool:
    """Whether it answers streamGenerateContent."""
    if record.get("endpoint"):
        return record["endpoint"].endswith(":streamGenerateContent")
    return bool(record["stream"])
