"""Large media through the shipped configuration: nothing of them changes, and what the filter's passes over them cost.

The times are printed at the end of the run beside those of the same Envoy without the filter, which hands on a body of
Google's own form as it comes. They are not asserted, as they depend on the machine.
"""

import base64
import hashlib
import json
import os
import statistics
import time
from pathlib import Path

import pytest
from envoy import Envoy, hcm
from support.lab import MODEL, VERSION, Gateway, chat

GOOGLE = "generativelanguage.googleapis.com"
ROUNDS = 3


@pytest.fixture(scope="module")
def shipped(issued, secure_fake):
    gateway = Gateway(Envoy(version=VERSION, upstream=secure_fake.port, ca=issued.ca), secure_fake)
    yield gateway
    gateway.close()


@pytest.fixture(scope="module")
def plain(issued, secure_fake):
    """The same Envoy, listener and cluster, without the filter."""

    def edit(config):
        del hcm(config)["http_filters"][0]

    gateway = Gateway(Envoy(version=VERSION, upstream=secure_fake.port, ca=issued.ca, edit=edit), secure_fake)
    yield gateway
    gateway.close()


def image(megabytes: int) -> str:
    """So much base64."""
    return base64.b64encode(os.urandom(megabytes * 750_000)).decode()


def asking(data: str) -> dict:
    """A request with that image, as OpenAI's clients send it."""
    parts = [{"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}}, {"type": "text", "text": "What?"}]
    return chat(messages=[{"role": "user", "content": parts}])


def google(data: str) -> dict:
    """The same in Google's form."""
    parts = [{"inlineData": {"mimeType": "image/png", "data": data}}, {"text": "What?"}]
    return {"contents": [{"role": "user", "parts": parts}]}


def digest(data: str) -> str:
    return hashlib.sha256(data.encode()).hexdigest()


def milliseconds(gateway: Gateway, body: bytes, **arguments) -> tuple[float, float]:
    """How long the exchange takes, and how much of the processor's time Envoy does."""
    start, spent = time.perf_counter(), processor(gateway)
    got = gateway.post(body, **arguments)
    elapsed = (time.perf_counter() - start) * 1000
    assert got.status == 200, got.body[:300]
    gateway.fake.clear()
    return elapsed, processor(gateway) - spent


def processor(gateway: Gateway) -> float:
    """Milliseconds that all of Envoy's threads have run."""
    threads = Path(f"/proc/{gateway.envoy.process.pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e6


@pytest.mark.parametrize("megabytes", [1, 20])
def test_an_image_arrives_byte_for_byte(shipped, plain, figures, megabytes):
    data = image(megabytes)
    got = shipped.ask(body=asking(data))
    assert got.status == 200, got.body[:300]
    (turn,) = got.received["body"]["contents"]
    inline = turn["parts"][0]["inlineData"]
    assert (inline["mimeType"], digest(inline["data"])) == ("image/png", digest(data))

    ours, googles = (json.dumps(body).encode() for body in (asking(data), google(data)))
    head = {"host": GOOGLE, "authorization": "Bearer test-token"}
    path = f"/v1beta/models/{MODEL}:generateContent"
    # In turn, so that whatever else the machine does falls on both.
    rounds = [
        milliseconds(shipped, ours) + milliseconds(plain, googles, path=path, headers=head) for _ in range(ROUNDS)
    ]
    elapsed, spent, plainly, plainly_spent = (statistics.median(times) for times in zip(*rounds, strict=True))
    figures.append(
        f"request with an image of {megabytes} MB: {elapsed:.0f} ms, of which Envoy's threads {spent:.0f}; "
        f"without the filter {plainly:.0f} ms, {plainly_spent:.0f} (medians of {ROUNDS})"
    )
