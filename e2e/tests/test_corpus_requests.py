"""Every recorded OpenAI chat request through a real Envoy: Google's strict fake accepts it, with all that was asked for.

The others get a 400 that names its rule: `data/corpus_requests.json` lists them, each with its rule, and each rule with
its place in the specification. A listed request that is accepted is an error too, so the list cannot rot.
"""

import asyncio
import collections
import json
from pathlib import Path

import pytest
from checker_errors import shape_problems
from checker_requests import compare_request, unaccounted
from support.corpus import records
from support.lab import MODEL, events, fresh, mark, reply
from support.replay import post_all

EXPECTED = json.loads((Path(__file__).parent / "data" / "corpus_requests.json").read_text())
NEWER = "gemini-3-flash-preview"
SPEAKING = "gemini-2.5-flash-preview-tts"
SHARE = 0.05


def client_requests(model: str):
    """(record id, body) of every recorded chat request; one that is no JSON stays text. Sound is asked of a model that speaks."""
    for record in records("openai-requests.jsonl.gz"):
        if record["endpoint"] != "POST /v1/chat/completions":
            continue
        try:
            body = json.loads(record["request_body"])
        except ValueError:
            yield record["id"], record["request_body"]
            continue
        yield record["id"], {**body, "model": SPEAKING if "audio" in (body.get("modalities") or []) else model}


def test_the_list_is_in_order():
    """Every rule is used, every refusal has one, and they are few."""
    assert {one["rule"] for one in EXPECTED["refused"].values()} == set(EXPECTED["rules"])
    assert all(set(rule) == {"text", "source"} for rule in EXPECTED["rules"].values())
    ids = [name for name, _ in client_requests(MODEL)]
    assert set(EXPECTED["refused"]) <= set(ids)
    assert len(EXPECTED["refused"]) <= SHARE * len(ids)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("model", [MODEL, NEWER])
def test_requests(gateway, figures, model):
    kept, posts = [], []
    for name, body in client_requests(model):
        id = fresh()
        if name not in EXPECTED["refused"]:
            body = mark(body, id)
            gateway.fake.put_scenario(id, {"events": events("ok")} if body.get("stream") else {"body": json.dumps(reply())})
        kept.append((name, body))
        posts.append((id, body))
    problems, refused = {}, collections.Counter()
    for (name, body), answer in zip(kept, asyncio.run(post_all(gateway, posts)), strict=True):
        if rule := EXPECTED["refused"].get(name):
            found = refusal_problems(rule, *answer)
            refused[rule["rule"]] += not found
        else:
            found = request_problems(body, *answer)
        if found:
            problems[name] = found
    accepted = len(kept) - sum(refused.values()) - len(problems)
    listed = ", ".join(f"{rule} {count}" for rule, count in sorted(refused.items()))
    figures.append(f"corpus, requests to {model}: {len(kept)}, accepted: {accepted}, refused: {sum(refused.values())} ({listed}), failed: {len(problems)}")
    assert not problems, "\n".join([f"{len(problems)} of {len(kept)} failed:", *(f"{name}: {found[:5]}"[:1200] for name, found in problems.items())])


def refusal_problems(rule: dict, status: int, parsed: dict | None, seen: list[dict]) -> list[str]:
    """A listed request is refused by the filter, in the words and with the `param` that its rule names."""
    if status != 400 or seen:
        return [f"expected a 400 ({rule['rule']}), got {status}: {json.dumps(parsed)[:300]}"]
    error = parsed.get("error") or {}
    problems = shape_problems(parsed)
    if error.get("param") != rule["param"] or error.get("type") != "invalid_request_error":
        problems.append(f"param {rule['param']!r} expected: {error}")
    if rule["says"] not in (error.get("message") or ""):
        problems.append(f"{rule['says']!r} expected: {error}")
    return problems


def request_problems(body: dict, status: int, parsed: dict | None, seen: list[dict]) -> list[str]:
    """Google accepted it, and all of it arrived."""
    if status != 200 or not seen or seen[0]["verdict"] != "accepted":
        return [f"status {status}: {json.dumps(parsed)[:400]}; the fake said {[one['verdict'] for one in seen]}"]
    unknown = [f"a key nobody answers for: {key}" for key in unaccounted(body)]
    return unknown + compare_request(body, body["model"], seen[0]["body"])
