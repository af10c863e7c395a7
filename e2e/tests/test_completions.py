"""Legacy completions through the official SDK, on both back ends."""

import json

import openai
import pytest
from support.backends import kept, refused
from support.lab import MODEL, candidate, events, fresh, reply, sse, stream_body

PATH = "/v1/completions"
TOKENS = [
    ("Once", -0.25, {"Once": -0.25, "Then": -1.5}),
    (" more", -0.5, {" more": -0.5}),
    (" é!", -2.0, {" é!": -2.0, " x": -3.0}),
]


def scenario(served, value, prompt="Say: ") -> str:
    """A prompt that the fake answers with `value`."""
    id = fresh()
    served.fake.put_scenario(id, value)
    return f"{prompt}[[fake:{id}]]"


def whole(*candidates, **fields) -> dict:
    return {"body": json.dumps(reply(*candidates, **fields))}


def received(served, prompt: str) -> dict:
    """Google's request of that prompt's scenario."""
    (one,) = served.fake.requests(prompt.partition("[[fake:")[2].removesuffix("]]"))
    assert one["verdict"] == "accepted"
    return one


def logprobs() -> dict:
    """Google's `logprobsResult` of `TOKENS`."""
    chosen = [{"token": token, "logProbability": logprob} for token, logprob, _ in TOKENS]
    top = [{"candidates": [{"token": t, "logProbability": p} for t, p in others.items()]} for _, _, others in TOKENS]
    return {"chosenCandidates": chosen, "topCandidates": top}


def test_prompt(served):
    """The fake's own answer; nothing but the prompt is in the request."""
    served.fake.clear()
    got = served.client.completions.create(model=MODEL, prompt="tell me")
    assert (got.object, got.model, got.id[:5]) == ("text_completion", MODEL, "cmpl-")
    (choice,) = got.choices
    assert (choice.text, choice.index, choice.finish_reason, choice.logprobs) == ("You said: tell me", 0, "stop", None)
    assert (got.usage.prompt_tokens, got.usage.completion_tokens, got.usage.total_tokens) == (2, 4, 6)
    (sent,) = served.sent()
    assert sent["path"].endswith(f"/{served.models()}{MODEL}:generateContent")
    assert sent["body"]["contents"] == [{"role": "user", "parts": [{"text": "tell me"}]}]
    assert "maxOutputTokens" not in sent["body"].get("generationConfig", {}), "OpenAI's 16 would leave nothing to say"


def test_one_prompt_in_an_array(served):
    served.fake.clear()
    texts = [served.client.completions.create(model=MODEL, prompt=p).choices[0].text for p in ("hi you", ["hi you"])]
    assert texts == ["You said: hi you"] * 2
    first, second = served.sent()
    assert first["body"] == second["body"]


@pytest.mark.parametrize("body", [{}, {"prompt": None}, {"prompt": []}])
def test_no_prompt(served, body):
    with served.gateway.untouched():
        assert served.post(PATH, {"model": MODEL, **body}, status=400).error["param"] == "prompt"


@pytest.mark.parametrize(
    ("prompt", "word"),
    [(["a", "b"], "prompt"), ([1, 2, 3], "oken"), ([[1, 2], [3]], "oken"), ([[1, 2]], "oken")],
    ids=["several", "token ids", "lists of token ids", "a list of token ids"],
)
def test_other_prompts_are_refused(served, prompt, word):
    with served.gateway.untouched():
        refused(
            lambda: served.client.completions.create(model=MODEL, prompt=prompt),
            openai.BadRequestError,
            word,
            param="prompt",
        )


def test_parameters(served):
    prompt = scenario(served, whole(candidate("x")))
    served.client.completions.create(
        model=MODEL, prompt=prompt, max_tokens=50, temperature=0.5, top_p=0.9, seed=7, stop=["END", "."], n=1, user="u"
    )
    config = received(served, prompt)["body"]["generationConfig"]
    assert {name: config[name] for name in ("maxOutputTokens", "temperature", "topP", "seed", "stopSequences")} == {
        "maxOutputTokens": 50,
        "temperature": 0.5,
        "topP": 0.9,
        "seed": 7,
        "stopSequences": ["END", "."],
    }


def test_several_choices(served):
    value = whole({**candidate("one"), "index": 0}, {**candidate("two", "MAX_TOKENS"), "index": 1})
    prompt = scenario(served, value)
    got = served.client.completions.create(model=MODEL, prompt=prompt, n=2)
    assert [(c.index, c.text, c.finish_reason) for c in got.choices] == [(0, "one", "stop"), (1, "two", "length")]
    assert received(served, prompt)["body"]["generationConfig"]["candidateCount"] == 2


def test_echo(served):
    prompt = scenario(served, whole(candidate(" and done.")))
    got = served.client.completions.create(model=MODEL, prompt=prompt, echo=True)
    assert got.choices[0].text == prompt + " and done."
    received(served, prompt)


def test_logprobs(served):
    text = "".join(token for token, _, _ in TOKENS)
    prompt = scenario(served, whole(candidate(text, logprobsResult=logprobs())))
    got = served.client.completions.create(model=MODEL, prompt=prompt, logprobs=2).choices[0].logprobs
    assert got.tokens == [token for token, _, _ in TOKENS]
    assert got.token_logprobs == [logprob for _, logprob, _ in TOKENS]
    assert got.top_logprobs == [others for _, _, others in TOKENS]
    assert got.text_offset == [0, 4, 9]
    config = received(served, prompt)["body"]["generationConfig"]
    assert (config["responseLogprobs"], config["logprobs"]) == (True, 2)


def test_logprobs_of_an_echo_are_refused(served):
    """Google does not tell them of a prompt, where clients look for nothing else (they score texts)."""
    with served.gateway.untouched():
        call = served.client.completions.create
        refused(
            lambda: call(model=MODEL, prompt="Once", logprobs=2, echo=True), openai.BadRequestError, "logprobs", "echo"
        )


def test_thoughts_are_left_out(served):
    thought = {"content": {"parts": [{"text": "hm", "thought": True}, {"text": "so"}]}, "finishReason": "STOP"}
    usage = {"promptTokenCount": 4, "candidatesTokenCount": 1, "thoughtsTokenCount": 5, "totalTokenCount": 10}
    got = served.client.completions.create(model=MODEL, prompt=scenario(served, whole(thought, usage=usage)))
    assert got.choices[0].text == "so"
    assert (got.usage.completion_tokens, got.usage.completion_tokens_details.reasoning_tokens) == (6, 5)


def test_a_filtered_reply(served):
    got = served.client.completions.create(model=MODEL, prompt=scenario(served, whole(candidate("half", "SAFETY"))))
    assert (got.choices[0].text, got.choices[0].finish_reason) == ("half", "content_filter")


def test_contract(served):
    for body in ({}, {"echo": True}, {"logprobs": 2}, {"n": 2}):
        value = whole(candidate("x", logprobsResult=logprobs()))
        kept(
            "CreateCompletionResponse",
            served.post(PATH, {"model": MODEL, "prompt": scenario(served, value), **body}).json,
        )


# Streams. The SDK's type has no null for `finish_reason`, which OpenAI's own streams have in all chunks but the last.


def stream(served, value, **options):
    prompt = scenario(served, value)
    return list(served.lenient.completions.create(model=MODEL, prompt=prompt, stream=True, **options)), prompt


def test_stream(served):
    chunks, prompt = stream(served, {"events": events("one ", "two ", "three"), "chunks": "bytes"})
    assert "".join(c.choices[0].text for c in chunks) == "one two three"
    assert [c.choices[0].finish_reason for c in chunks] == [None] * (len(chunks) - 1) + ["stop"]
    assert chunks[-1].choices[0].text == "" and len({c.id for c in chunks}) == 1
    assert all((c.object, c.model, c.usage) == ("text_completion", MODEL, None) for c in chunks)
    assert ":streamGenerateContent" in received(served, prompt)["path"]


def test_stream_with_usage(served):
    chunks, _ = stream(served, {"events": events("one ", "two")}, stream_options={"include_usage": True})
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens == 8
    assert all(c.usage is None for c in chunks[:-1])


def test_stream_with_echo(served):
    chunks, prompt = stream(served, {"events": events("one ", "two")}, echo=True)
    assert chunks[0].choices[0].text.startswith(prompt)
    assert "".join(c.choices[0].text for c in chunks) == prompt + "one two"


def test_stream_of_several_choices(served):
    values = [
        reply({**candidate(text, end), "index": n})
        for n, text, end in [
            (0, "a", None),
            (1, "x", None),
            (1, "y", "MAX_TOKENS"),
            (0, "b", "STOP"),
        ]
    ]
    chunks, _ = stream(served, {"events": values}, n=2)
    shown = {n: [c.choices[0] for c in chunks if c.choices[0].index == n] for n in (0, 1)}
    assert {n: "".join(c.text for c in one) for n, one in shown.items()} == {0: "ab", 1: "xy"}
    assert {n: [c.finish_reason for c in one if c.finish_reason] for n, one in shown.items()} == {
        0: ["stop"],
        1: ["length"],
    }


def test_stream_as_written(served):
    """Events of one line, `[DONE]` once at the end, each chunk of OpenAI's shape."""
    prompt = scenario(served, {"events": [reply(candidate("a", logprobsResult=logprobs()))]})
    got = served.post(PATH, {"model": MODEL, "prompt": prompt, "stream": True, "logprobs": 2})
    assert got.headers["content-type"].startswith("text/event-stream")
    *lines, done, rest = got.body.decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    chunks = [json.loads(line.removeprefix("data: ")) for line in lines]
    assert [one for chunk in chunks for one in (chunk["choices"][0]["logprobs"] or {}).get("tokens", [])] == [
        t for t, _, _ in TOKENS
    ]
    for chunk in chunks:
        chunk["choices"][0]["finish_reason"] = chunk["choices"][0]["finish_reason"] or "stop"
        kept("CreateCompletionResponse", chunk)


def test_an_error_in_a_stream(served):
    error = {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}
    with pytest.raises(openai.APIError, match="overloaded"):
        stream(served, stream_body(sse(events("some", "more")[:1]) + sse([error])))


@pytest.mark.parametrize("streamed", [False, True])
def test_google_refuses(served, streamed):
    limited = {
        "status": 429,
        "body": json.dumps([{"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}]),
    }
    prompt = scenario(served, limited)
    refused(
        lambda: served.client.completions.create(model=MODEL, prompt=prompt, stream=streamed),
        openai.RateLimitError,
        "slow",
    )
