"""Hundreds of requests that come to their end at the same time. Envoy answers and resumes after a callback, each within
the one before, and some hundreds in one callback once overflowed its stack."""

from collections import Counter

import pytest
from envoy import listener
from support.tokens import Crowd, hello, principal

MANY = 600
DIRECT = {"model": {"name": "gemini-2.5-flash"}}


def unbalanced(config):
    """All connections are of the one worker, and the upstream takes them all."""
    listener(config).pop("connection_balance_config", None)


def statuses(gateway) -> Counter[int]:
    told = Counter(reply.status for reply in Crowd(gateway, [hello(f"{index}") for index in range(MANY)]).replies())
    assert gateway.envoy.alive() and "call stack" not in gateway.envoy.log()
    assert not any(count for name, count in gateway.envoy.stats("wasm.").items() if "reload" in name)
    return told


@pytest.mark.parametrize("mode", ["body", "headers"])
@pytest.mark.parametrize(
    ("behaviour", "status"),
    [
        pytest.param({"hold": True, "times": 1000}, 503, id="late"),
        pytest.param({"delay": 2, "status": 404, "times": 1000}, 503, id="refused"),
        pytest.param({"delay": 2, "times": 1}, 200, id="granted"),
    ],
)
def test_requests_that_wait_for_a_token(fresh_envoy, google, mode, behaviour, status):
    google.behave("metadata", behaviour)
    more = {**DIRECT, "request_mode": mode}
    gateway = fresh_envoy(**principal(google, {"gcp_token_wait": 6}, more=more, edit=unbalanced, concurrency=1))
    assert statuses(gateway) == {status: MANY}


def test_requests_whose_bodies_are_not_delivered(fresh_envoy):
    gateway = fresh_envoy(config={"auth": {"header_value": "k"}, "body_wait": 3}, flag=False, concurrency=1)
    assert statuses(gateway) == {500: MANY}
