"""Tokens counted, and what there is no model for: `responses.input_tokens.count`, `/tokenize`, moderations."""

import openai
import pytest
from fake_google import scenarios
from support.backends import refused
from support.lab import MODEL, fresh

TOOL = {
    "type": "function",
    "name": "weather",
    "description": "tells the weather",
    "parameters": {"type": "object", "properties": {}},
    "strict": False,
}
TURNS = [
    {"role": "user", "content": "one two"},
    {"role": "assistant", "content": "three"},
    {"role": "user", "content": [{"type": "input_text", "text": "four five six"}]},
]


def count(served, **fields):
    """What was counted, and Google's request."""
    served.fake.clear()
    got = served.client.responses.input_tokens.count(model=MODEL, **fields)
    assert got.object == "response.input_tokens"
    (sent,) = served.sent()
    assert sent["path"].endswith(f"/{served.models()}{MODEL}:countTokens")
    return got.input_tokens, sent["body"]


def test_a_text(served):
    tokens, body = count(served, input="one two three")
    assert tokens == 3
    inner = body if served.vertex else body.get("generateContentRequest", body)
    assert inner["contents"] == [{"role": "user", "parts": [{"text": "one two three"}]}]


def test_instructions_and_functions_count(served):
    """On each back end in its own form."""
    plain, _ = count(served, input="one two three")
    system, body = count(served, input="one two three", instructions="be brief")
    tools, _ = count(served, input="one two three", instructions="be brief", tools=[TOOL])
    assert (plain, system, tools) == (3, 5, 9)
    assert ("generateContentRequest" in body) != served.vertex


def test_turns(served):
    tokens, _ = count(served, input=TURNS)
    assert tokens == 6


def test_a_conversation_kept_elsewhere_is_refused(served):
    with served.gateway.untouched():
        client = served.client.responses.input_tokens
        refused(
            lambda: client.count(model=MODEL, input="x", previous_response_id="resp_1"),
            openai.BadRequestError,
            param="previous_response_id",
        )


def test_google_refuses(served):
    id = fresh()
    served.fake.put_scenario(id, scenarios.exhausted())
    client = served.client.responses.input_tokens
    refused(lambda: client.count(model=MODEL, input=f"[[fake:{id}]]"), openai.RateLimitError, "exhausted")
    error = refused(lambda: client.count(model="gemini-9-nano", input="x"), openai.NotFoundError)
    assert error.body["code"] == "model_not_found"


@pytest.mark.parametrize(
    ("body", "tokens"),
    [
        ({"prompt": "one two three"}, 3),
        ({"messages": [{"role": "system", "content": "be brief"}, {"role": "user", "content": "one two"}]}, 4),
    ],
    ids=["prompt", "messages"],
)
def test_tokenize(served, body, tokens):
    """As vLLM and Envoy's AI gateway have it, without the tokens themselves, which Google does not tell."""
    assert served.post("/tokenize", {"model": MODEL, **body}).json["count"] == tokens


@pytest.mark.parametrize("body", [{}, {"prompt": [1, 2]}, {"messages": []}])
def test_nothing_to_tokenize(served, body):
    with served.gateway.untouched():
        assert served.post("/tokenize", {"model": MODEL, **body}, status=400).error["type"] == "invalid_request_error"


def test_moderations(served):
    """There is nothing to forward to; the error says what there is instead."""
    with served.gateway.untouched():
        error = refused(lambda: served.client.moderations.create(input="x"), openai.InternalServerError, "safety")
        assert error.status_code == 501
