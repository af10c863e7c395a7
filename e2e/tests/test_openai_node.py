"""The official Node SDK, unmodified: one run of e2e/node/client.mjs, each case held against what the fake was told."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from support.lab import MODEL, candidate, events, fresh, reply, sse, stream_body

E2E = Path(__file__).resolve().parent.parent
OVERLOADED = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
LIMITED = {"status": 429, "body": json.dumps([{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}])}
DATA = sse(events("some ", "more ", "text"))

SCENARIOS = {
    "whole": {"body": json.dumps(reply(candidate("whole answer")))},
    "stream": {"events": events("one ", "two ", "three"), "chunks": "bytes"},
    "helper": {"events": events("one ", "two")},
    "error": LIMITED,
    "streamError": stream_body(DATA[: DATA.index(b"\r\n\r\n") + 4] + sse([OVERLOADED])),
    "brokenStream": stream_body(DATA, reset_after=len(DATA) // 2, pauses=[[len(DATA) // 2 - 1, 0.2]]),
    "retry": {**LIMITED, "next": {"body": json.dumps(reply(candidate("at last")))}},
    "abort": {"events": events("a", "b", "c"), "gate": True},
}
USAGE = {"prompt_tokens": 5, "completion_tokens": 3, "total_tokens": 8}


@pytest.fixture(scope="module")
def results(gateway):
    """{case: what the SDK saw}, and {case: scenario id}."""
    node = shutil.which("node")
    assert node, "Node 20 or newer is needed"
    assert (E2E / "node_modules/openai").exists(), "npm packages are missing: make setup"
    ids = {name: fresh() for name in SCENARIOS}
    for name, scenario in SCENARIOS.items():
        gateway.fake.put_scenario(ids[name], scenario)
    cases = {name: [{"role": "user", "content": f"hello [[fake:{id}]]"}] for name, id in ids.items()}
    given = json.dumps({"baseURL": gateway.url + "/v1", "model": MODEL, "cases": cases})
    done = subprocess.run([node, E2E / "node/client.mjs"], input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), ids


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("whole", {"text": "whole answer", "finish": "stop"}),
        ("stream", {"text": "one two three", "finish": "stop"}),
        ("helper", {"text": "one two", "finish": "stop", "deltas": "one two"}),
        ("error", {"name": "RateLimitError", "status": 429, "code": "rate_limit_exceeded"}),
        ("streamError", {"name": "APIError", "code": "overloaded"}),
        ("brokenStream", {"name": "failed"}),
        ("retry", {"text": "at last"}),
    ],
)
def test_case(results, case, expected):
    got = results[0][case]
    assert {k: got.get(k) for k in expected} == expected, got


@pytest.mark.parametrize("case", ["whole", "stream"])
def test_usage(results, case):
    usage = results[0][case]["usage"]
    assert {k: usage[k] for k in USAGE} == USAGE


def test_leaving_the_loop_cancels_the_upstream(results, gateway):
    gateway.fake.wait_requests(lambda seen: seen and seen[0]["aborted"], scenario=results[1]["abort"])
