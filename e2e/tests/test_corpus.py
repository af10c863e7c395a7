"""The recorded traffic through a real Envoy: every reply of Google's to a chat, and every OpenAI chat request.

Replies are held against the checker and OpenAI's schema. What belongs to the next issue (calls, media, grounding)
is not looked at, but its text, reasoning, finish and usage are.
"""

import asyncio
import collections
import contextlib
import json

import pytest
from checker_requests import compare_request, unaccounted, uses_later_features
from support.corpus import generations, is_stream, records
from support.lab import MODEL, events, fresh, mark, reply
from support.replay import Replayer, post_all

SMALL = 2000


@pytest.fixture(scope="module")
def recorded():
    return list(generations())


def report(figures, name: str, jobs: int, problems: list[str], extra: str = "") -> None:
    failed = len({p.split(":")[0] for p in problems})
    figures.append(f"corpus, {name}: {jobs}{extra}, failures: {failed}")
    kinds = collections.Counter(p.split(": ", 1)[1][:100] for p in problems)
    shown = [f"{count} x {kind}" for kind, count in kinds.most_common(20)] + [p[:600] for p in problems[:20]]
    assert problems == [], "\n".join([f"{failed} of {jobs} failed:", *shown])


@pytest.mark.timeout(300)
def test_whole_replies(gateway, recorded, figures):
    jobs = [(r, "whole") for r in recorded if not is_stream(r)]
    report(figures, "whole replies", len(jobs), Replayer(gateway).run(jobs))


@pytest.mark.timeout(300)
def test_streams(gateway, recorded, figures):
    jobs = [(r, "whole") for r in recorded if is_stream(r)]
    replayer = Replayer(gateway)
    report(figures, "streams", len(jobs), replayer.run(jobs), f", chunks checked: {replayer.schemas}")


@pytest.mark.timeout(300)
def test_streams_cut_at_random(gateway, recorded, figures):
    jobs = [(r, "random") for r in recorded if is_stream(r) and r["status"] == 200 and r["response_body"]]
    report(figures, "streams cut at 24 places", len(jobs), Replayer(gateway).run(jobs), f", cuts: {24 * len(jobs)}")


@pytest.mark.timeout(300)
def test_small_streams_in_single_bytes(gateway, recorded, figures):
    small = [r for r in recorded if is_stream(r) and r["status"] == 200 and 0 < len(r["response_body"].encode()) <= SMALL]
    jobs = [(r, "bytes") for r in small if not r.get("note")]
    total = sum(len(r["response_body"].encode()) - 1 for r, _ in jobs)
    report(figures, "streams in single bytes", len(jobs), Replayer(gateway).run(jobs), f", cuts: {total}")


def client_requests():
    """(record id, scenario id, body) of every recorded chat request that is JSON."""
    for record in records("openai-requests.jsonl.gz"):
        if record["endpoint"] != "POST /v1/chat/completions":
            continue
        try:
            body = json.loads(record["request_body"])
        except ValueError:
            continue
        if isinstance(body, dict) and isinstance(body.get("messages"), list) and body["messages"]:
            yield record["id"], {**body, "model": MODEL}


@pytest.mark.timeout(300)
def test_requests(gateway, figures):
    """Text chats are accepted and arrive whole; others may be refused with a 400 that says why."""
    kept, bodies = [], []
    for name, body in client_requests():
        id = fresh()
        with contextlib.suppress(ValueError):
            body = mark(body, id)
        gateway.fake.put_scenario(id, {"events": events("ok")} if body.get("stream") else {"body": json.dumps(reply())})
        kept.append((name, body))
        bodies.append((id, body))
    problems, accepted, later = [], 0, 0
    for name, body in kept:
        problems += [f"{name}: a key nobody answers for: {key}" for key in unaccounted(body)]
    for (name, body), (status, parsed, seen) in zip(kept, asyncio.run(post_all(gateway, bodies)), strict=True):
        accepted += status == 200
        if name in REFUSED:
            found = [] if status == 400 and parsed["error"]["param"] == REFUSED[name] else [f"{status}: {parsed}"]
        else:
            found = request_problems(body, status, parsed, seen)
        problems += [f"{name}: {problem}" for problem in found]
        later += status != 200 and uses_later_features(body)
    report(figures, "client requests", len(kept), problems, f", accepted: {accepted}, refused until the next issue: {later}")


# Recorded requests that no chat endpoint can answer: the field which the 400 must name.
REFUSED = {"envoyproxy-ai-gateway__20cae3bd8938": "messages[0].content"}


def request_problems(body: dict, status: int, parsed: dict | None, seen: list[dict]) -> list[str]:
    if status == 200 and seen and seen[0]["verdict"] == "accepted":
        return [] if uses_later_features(body) else compare_request(body, MODEL, seen[0]["body"])
    if status == 400 and uses_later_features(body):
        error = parsed["error"]
        return [] if error["param"] or "not supported yet" in error["message"] else [f"a 400 without param: {error}"]
    return [f"status {status}: {json.dumps(parsed)[:300]}; the fake said {seen[:1]}"]
