"""Many exchanges at once: recorded replies through the gateway, some dozens in flight."""

import asyncio
import base64
import json
import random

import httpx
from checker import compare_message, compare_stream, expect_stream, expect_unary
from checker_stream import collect

from .contract import contract_problems
from .corpus import is_stream
from .lab import CHAT, Gateway, chat, fresh

IN_FLIGHT = 24
HOP = {"content-length", "content-encoding", "transfer-encoding", "connection", "content-type", "date", "server"}


def reply_headers(record: dict) -> dict:
    """The recorded headers that describe the reply rather than its framing."""
    found = record.get("response_headers") or {}
    return {k: v if isinstance(v, str) else v[0] for k, v in found.items() if k.lower() not in HOP and v}


def cuts(data: bytes, how: str, id: str) -> str | list[int]:
    """Where the fake splits the reply: nowhere, everywhere, or at offsets that depend on the record alone."""
    if how != "random":
        return how
    rng = random.Random(id)
    return sorted(rng.sample(range(1, len(data)), min(24, len(data) - 1))) if len(data) > 2 else "whole"


class Replayer:
    """`run(jobs)` replays (record, cut) pairs and returns their problems, in words."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.schemas = 0

    def run(self, jobs: list[tuple[dict, str]]) -> list[str]:
        return asyncio.run(self._run(jobs))

    async def _run(self, jobs: list[tuple[dict, str]]) -> list[str]:
        limit = asyncio.Semaphore(IN_FLIGHT)
        limits = httpx.Limits(max_connections=IN_FLIGHT)
        async with httpx.AsyncClient(timeout=60, limits=limits) as client:

            async def one(job):
                async with limit:
                    return await self._replay(client, *job)

            found = await asyncio.gather(*(one(job) for job in jobs))
        return [problem for problems in found for problem in problems]

    async def _replay(self, client: httpx.AsyncClient, record: dict, how: str) -> list[str]:
        id, data = fresh(), record["response_body"].encode()
        content_type = (record.get("response_headers") or {}).get("content-type") or "application/json"
        scenario = {
            "status": record["status"], "headers": reply_headers(record), "chunks": cuts(data, how, record["id"]),
            "content_type": content_type if isinstance(content_type, str) else content_type[0],
            "body_b64": base64.b64encode(data).decode(),
        }  # fmt: skip
        put = await client.put(f"{self.gateway.fake.url}/_fake/scenarios/{id}", json=scenario)
        assert put.status_code == 200, put.text
        body = chat(f"[[fake:{id}]]")
        if is_stream(record):
            body |= {"stream": True, "stream_options": {"include_usage": True}}
        try:
            got = await client.post(self.gateway.url + CHAT, json=body)
            problems = self._check(record, data, got)
        except (httpx.HTTPError, ValueError, KeyError) as error:
            problems = [repr(error)]
        return [f"{record['id']} ({how}): {problem}" for problem in problems]

    def _check(self, record: dict, data: bytes, got: httpx.Response) -> list[str]:
        if record["status"] != 200 or not is_stream(record):
            problems = compare_message(expect_unary(record["status"], data), got.status_code, got.json())
            return problems + self._schema("CreateChatCompletionResponse" if got.status_code == 200 else "ErrorResponse", got.json())
        expected = expect_stream(data)
        if got.status_code != 200:
            # An error that came before anything else may still become an HTTP error.
            return expected.error.differences(got.status_code, got.json()) if expected.error else [f"status {got.status_code}: {got.text[:300]}"]
        stream = collect(got.content, include_usage=True)
        problems = stream.problems + compare_stream(expected, stream)
        for chunk in stream.chunks:
            problems += self._schema("CreateChatCompletionStreamResponse", chunk)
        return problems

    def _schema(self, name: str, value) -> list[str]:
        self.schemas += 1
        return contract_problems(name, value)


async def post_all(gateway: Gateway, bodies: list[tuple[str, dict | str]]) -> list[tuple[int, dict | None, list[dict]]]:
    """(status, parsed reply or None for a stream, what the fake recorded) per (marker's id, body); text is sent as it is."""
    limit = asyncio.Semaphore(IN_FLIGHT)
    async with httpx.AsyncClient(timeout=60) as client:

        async def one(id, body):
            async with limit:
                content = body if isinstance(body, str) else json.dumps(body)
                got = await client.post(gateway.url + CHAT, content=content, headers={"content-type": "application/json"})
                seen = await client.get(f"{gateway.fake.url}/_fake/requests", params={"scenario": id})
                parsed = json.loads(got.content) if "json" in got.headers["content-type"] else None
                return got.status_code, parsed, seen.json()

        return await asyncio.gather(*(one(id, body) for id, body in bodies))
