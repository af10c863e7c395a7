"""The official Python SDK, unmodified, with strict response validation on: plain, streaming, async, retries, errors."""

import asyncio
import json
import time

import openai
import pytest
from support.lab import MODEL, candidate, events, fresh, reply, sse, stream_body

MESSAGES = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}]


@pytest.fixture
def client(gateway):
    with openai.OpenAI(base_url=gateway.url + "/v1", api_key="sk-any", _strict_response_validation=True, max_retries=0) as made:
        yield made


def scenario(gateway, value) -> list[dict]:
    """Messages that the fake answers with `value`."""
    id = fresh()
    gateway.fake.put_scenario(id, value)
    return [*MESSAGES, {"role": "user", "content": f"[[fake:{id}]]"}]


def test_chat(client):
    got = client.chat.completions.create(model=MODEL, messages=MESSAGES, temperature=0.2, seed=1, user="u")
    assert got.choices[0].message.content
    assert got.choices[0].finish_reason == "stop"
    assert got.usage.total_tokens == got.usage.prompt_tokens + got.usage.completion_tokens
    assert got.model == MODEL


def test_details(gateway, client):
    usage = {"promptTokenCount": 9, "cachedContentTokenCount": 4, "candidatesTokenCount": 2, "thoughtsTokenCount": 7, "totalTokenCount": 18}
    value = reply({"content": {"parts": [{"text": "hm", "thought": True}, {"text": "x"}]}, "finishReason": "MAX_TOKENS"}, usage=usage)
    got = client.chat.completions.create(model=MODEL, messages=scenario(gateway, {"body": json.dumps(value)}))
    assert (got.choices[0].message.content, got.choices[0].finish_reason) == ("x", "length")
    assert got.choices[0].message.reasoning_content == "hm"
    assert got.usage.completion_tokens_details.reasoning_tokens == 7
    assert got.usage.prompt_tokens_details.cached_tokens == 4


def test_several_choices(gateway, client):
    value = reply({**candidate("a"), "index": 0}, {**candidate("b", "SAFETY"), "index": 1})
    got = client.chat.completions.create(model=MODEL, n=2, messages=scenario(gateway, {"body": json.dumps(value)}))
    assert [(c.index, c.message.content, c.finish_reason) for c in got.choices] == [(0, "a", "stop"), (1, "b", "content_filter")]


def test_stream(gateway, client):
    made = client.chat.completions.create(
        model=MODEL, messages=scenario(gateway, {"events": events("one ", "two"), "chunks": "bytes"}), stream=True,
        stream_options={"include_usage": True},
    )  # fmt: skip
    chunks = list(made)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == "one two"
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.total_tokens == 8


def test_stream_helper(gateway, client):
    kinds, text = [], ""
    with client.chat.completions.stream(model=MODEL, messages=scenario(gateway, {"events": events("one ", "two ", "three")}),
                                        stream_options={"include_usage": True}) as stream:  # fmt: skip
        for event in stream:
            kinds.append(event.type)
            if event.type == "content.delta":
                text += event.delta
        final = stream.get_final_completion()
    assert text == final.choices[0].message.content == "one two three"
    assert "content.done" in kinds
    assert final.usage.total_tokens == 8


def test_stream_error_is_raised(gateway, client):
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    messages = scenario(gateway, stream_body(sse(events("some", "more")[:1]) + sse([error])))
    seen = []
    with pytest.raises(openai.APIError, match="overloaded"):
        for chunk in client.chat.completions.create(model=MODEL, messages=messages, stream=True):
            seen.append(chunk.choices[0].delta.content)
    assert "some" in seen


def test_premature_end_is_raised(gateway, client):
    messages = scenario(gateway, stream_body(sse(events("some", "more")[:1])))
    with pytest.raises(openai.APIError, match="premature"):
        list(client.chat.completions.create(model=MODEL, messages=messages, stream=True))


def test_broken_connection_is_raised(gateway, client):
    data = sse(events("some ", "more ", "text"))
    messages = scenario(gateway, stream_body(data, reset_after=len(data) // 2, pauses=[[len(data) // 2 - 1, 0.2]]))
    with pytest.raises(Exception, match="(?i)peer closed|incomplete|connection"):
        list(client.chat.completions.create(model=MODEL, messages=messages, stream=True))


def google(status: int, text: str, name: str, **fields) -> dict:
    return {"status": status, "body": json.dumps([{"error": {"code": status, "message": text, "status": name, **fields}}])}


ERRORS = {
    400: (openai.BadRequestError, "INVALID_ARGUMENT"),
    401: (openai.AuthenticationError, "UNAUTHENTICATED"),
    403: (openai.PermissionDeniedError, "PERMISSION_DENIED"),
    404: (openai.NotFoundError, "NOT_FOUND"),
    409: (openai.ConflictError, "ABORTED"),
    429: (openai.RateLimitError, "RESOURCE_EXHAUSTED"),
    500: (openai.InternalServerError, "INTERNAL"),
    503: (openai.InternalServerError, "UNAVAILABLE"),
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("status", ERRORS)
def test_error_classes(gateway, client, status, stream):
    kind, name = ERRORS[status]
    with pytest.raises(kind) as caught:
        client.chat.completions.create(model=MODEL, messages=scenario(gateway, google(status, "words", name)), stream=stream)
    assert caught.value.body["message"] and "words" in caught.value.message
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_local_error(client):
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model="../x", messages=MESSAGES)
    assert caught.value.param == "model"


def test_other_endpoints_are_not_found(client):
    for call in (client.files.list, client.batches.list):
        with pytest.raises(openai.NotFoundError) as caught:
            call()
        assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_retry_after_is_honoured(gateway, client):
    """A 429 with Google's RetryInfo, then the answer: the SDK waits as long as it was told."""
    info = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1.2s"}]
    first = {**google(429, "slow down", "RESOURCE_EXHAUSTED", details=info), "next": {"body": json.dumps(reply())}}
    started = time.monotonic()
    got = client.with_options(max_retries=1).chat.completions.create(model=MODEL, messages=scenario(gateway, first))
    assert got.choices[0].message.content == "Hello there."
    assert 1.1 < time.monotonic() - started < 4


@pytest.mark.parametrize("stream", [False, True])
def test_retry_after_500(gateway, client, stream):
    last = {"events": events("x")} if stream else {"body": json.dumps(reply(candidate("x")))}
    first = {**google(500, "Internal error", "INTERNAL"), "next": {**google(503, "overloaded", "UNAVAILABLE"), "next": last}}
    got = client.with_options(max_retries=2).chat.completions.create(model=MODEL, messages=scenario(gateway, first), stream=stream)
    text = "".join(c.choices[0].delta.content or "" for c in got) if stream else got.choices[0].message.content
    assert text == "x"


def test_malformed_call_is_retried(gateway, client):
    """A reply with nothing usable in it is a 502, which SDKs try again by themselves."""
    first = {"body": json.dumps(reply({"finishReason": "MALFORMED_FUNCTION_CALL"})), "next": {"body": json.dumps(reply())}}
    got = client.with_options(max_retries=1).chat.completions.create(model=MODEL, messages=scenario(gateway, first))
    assert got.choices[0].message.content == "Hello there."


def test_async(gateway):
    async def main():
        async with openai.AsyncOpenAI(base_url=gateway.url + "/v1", api_key="sk-any", _strict_response_validation=True) as client:

            async def whole(n):
                messages = scenario(gateway, {"body": json.dumps(reply(candidate(f"whole {n}")))})
                got = await client.chat.completions.create(model=MODEL, messages=messages)
                return got.choices[0].message.content == f"whole {n}"

            async def streamed(n):
                messages = scenario(gateway, {"events": events("part ", str(n))})
                made = await client.chat.completions.create(model=MODEL, messages=messages, stream=True)
                return "".join([c.choices[0].delta.content or "" async for c in made]) == f"part {n}"

            return await asyncio.gather(*(f(n) for n in range(15) for f in (whole, streamed)))

    assert asyncio.run(main()) == [True] * 30


def test_with_raw_response(client):
    got = client.chat.completions.with_raw_response.create(model=MODEL, messages=MESSAGES)
    assert got.headers["x-llm-model"] == f"gemini/{MODEL}"
    assert got.request_id == got.headers["x-request-id"]
    assert got.parse().choices[0].message.content
