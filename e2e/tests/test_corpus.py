"""Every recorded reply of Google's to a chat through a real Envoy, held against the checker and OpenAI's schema.

Whole, as a stream, cut at random and in single bytes. `test_corpus_requests` has the requests.
"""

import collections

import pytest
from support.corpus import generations, is_stream
from support.replay import Replayer

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
def test_whole_replies_cut_at_random(gateway, recorded, figures):
    jobs = [(r, "random") for r in recorded if not is_stream(r) and r["status"] == 200 and len(r["response_body"].encode()) > 2]
    report(figures, "whole replies cut at 24 places", len(jobs), Replayer(gateway).run(jobs), f", cuts: {24 * len(jobs)}")


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
