"""Google's OpenAI-compatible endpoints at the fake: what they take, and the defects on record in what they answer."""

import json

import pytest
from fake_fixtures import BEARER, KEY, send
from support.corpus import records

from fake_google.launch import Fake

DEVELOPER = "/v1beta/openai/chat/completions"
PROJECT = "/projects/p/locations/us-central1/endpoints/"
VERTEX = "/v1beta1" + PROJECT + "openapi/chat/completions"
GARDEN = "/v1" + PROJECT + "1234567890/chat/completions"
BEARER_KEY = {"authorization": "Bearer test-key"}
USER = {"role": "user", "content": "hi there"}
SIGNED = {"extra_content": {"google": {"thought_signature": "c2ln"}}}


def tool(name, **properties):
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


def calls(**changed):
    function = {"name": "f", "arguments": "{}"}
    return {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": function, **changed}]}


TOOLS = [tool("f", a={"type": "integer"}), tool("g", b={"enum": ["x"]})]
RESULT = {"role": "tool", "tool_call_id": "1", "content": "sunny"}


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def chat(fake, /, path=DEVELOPER, headers=None, **changed):
    model = {} if path == GARDEN else {"model": "google/gemini-2.5-flash" if path == VERTEX else "gemini-2.5-flash"}
    body = {name: value for name, value in {**model, "messages": [USER], **changed}.items() if value is not ...}
    return send(fake, path, body, headers or (BEARER_KEY if path == DEVELOPER else BEARER))


def chunks(reply):
    """The JSON of each chunk; `[DONE]` is the last event."""
    *events, done, rest = reply.body.decode().split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def only(reply):
    """The error, which is the one element of an array."""
    (value,) = reply.json()
    assert value["error"]["code"] == reply.status
    return value["error"]


# Credentials.


def test_the_developer_api_takes_its_key_as_bearer(google):
    assert chat(google).status == 200


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"x-goog-api-key": "test-key"}, "Missing or invalid Authorization header."),
        ({"authorization": "test-key"}, "Missing or invalid Authorization header."),
        ({**BEARER_KEY, **KEY}, "Multiple authentication credentials received. Please pass only one."),
        ({**BEARER_KEY, "openai-organization": "o"}, "Multiple authentication credentials received."),
        ({**BEARER_KEY, "openai-project": "p"}, "Multiple authentication credentials received."),
        ({"authorization": "Bearer nope"}, "API key not valid. Please pass a valid API key."),
        (BEARER, "API key not valid. Please pass a valid API key."),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_bad_credentials(google, headers, message, stream):
    reply = chat(google, headers=headers, stream=stream)
    error = only(reply)
    assert (reply.status, error["status"]) == (400, "INVALID_ARGUMENT") and error["message"].startswith(message)
    assert reply.headers["content-type"] == "application/json; charset=utf-8"


def test_key_in_the_query_is_one_too_many(google):
    assert chat(google, DEVELOPER + "?key=test-key", BEARER_KEY, model="gemini-2.5-flash").status == 400


@pytest.mark.parametrize("path", [VERTEX, GARDEN])
def test_vertex_takes_tokens(google, path):
    assert chat(google, path).status == 200
    assert chat(google, path, {"authorization": f"Bearer {google.issue_token()}"}).status == 200
    for headers in (KEY, BEARER_KEY, {"authorization": f"Bearer {google.issue_token(expires_in=-1)}"}):
        reply = chat(google, path, headers)
        assert reply.status == 401 and only(reply)["status"] == "UNAUTHENTICATED"
        assert "www-authenticate" in reply.headers


def test_hosts(google):
    regional = {**BEARER, "host": "us-central1-aiplatform.googleapis.com"}
    assert chat(google, VERTEX, regional).status == 200
    assert chat(google, VERTEX, {**regional, "host": "europe-west4-aiplatform.googleapis.com"}).status == 400
    assert chat(google, DEVELOPER, {**BEARER_KEY, "host": "aiplatform.googleapis.com"}).status == 404
    assert chat(google, "/v1/openai/chat/completions", BEARER_KEY, model="gemini-2.5-flash").status == 404


# Requests. name: (path, changes, beginning of the message)


UNKNOWN = "Invalid JSON payload received. Unknown name"
MALFORMED = "Malformed publisher model (`model`: '{}') for the 'openapi' request endpoint ID; expected"
THINKING = {"google": {"thinking_config": {"thinking_budget": 100}}}
BAD = {
    "a seed": (DEVELOPER, {"seed": 1}, f'{UNKNOWN} "seed": Cannot find field.'),
    "a penalty": (DEVELOPER, {"frequency_penalty": 1}, f'{UNKNOWN} "frequency_penalty": Cannot find field.'),
    "top_k": (DEVELOPER, {"top_k": 1}, f'{UNKNOWN} "top_k": Cannot find field.'),
    "reasoning": (DEVELOPER, {"reasoning": {}}, f'{UNKNOWN} "reasoning": Cannot find field.'),
    "google at the top": (DEVELOPER, {"google": {}}, f'{UNKNOWN} "google": Cannot find field.'),
    "extra_body twice": (DEVELOPER, {"extra_body": {"extra_body": {}}}, f"{UNKNOWN} \"extra_body\" at 'extra_body': "),
    "logprobs": (DEVELOPER, {"logprobs": True}, f'{UNKNOWN} "logprobs": Cannot find field.'),
    "an unknown member of a message": (
        DEVELOPER,
        {"messages": [{**USER, "reasoning_content": "x"}]},
        f"{UNKNOWN} \"reasoning_content\" at 'messages[0]': Cannot find field.",
    ),
    "a string for a number": (DEVELOPER, {"max_tokens": "many"}, "Invalid value at 'max_tokens' (TYPE_INT32), "),
    "a signature that is no base64": (
        DEVELOPER,
        {"messages": [USER, calls(extra_content={"google": {"thought_signature": "~"}}), RESULT]},
        "Invalid value at 'messages[1].tool_calls[0].extra_content.google.thought_signature' (TYPE_BYTES)",
    ),
    "no messages": (DEVELOPER, {"messages": []}, "* GenerateContentRequest.contents: contents is not specified"),
    "another role": (DEVELOPER, {"messages": [{"role": "bot", "content": "x"}]}, "Please use a valid role"),
    "a result of no call": (DEVELOPER, {"messages": [USER, RESULT]}, "* GenerateContentRequest.contents[1].parts[0]"),
    "arguments of no object": (
        DEVELOPER,
        {"messages": [USER, calls(function={"name": "f", "arguments": "[]"}), RESULT]},
        "The arguments of a function call",
    ),
    "a number as content": (DEVELOPER, {"messages": [{"role": "user", "content": 1}]}, "A message's content"),
    "an unknown part": (DEVELOPER, {"messages": [{**USER, "content": [{"type": "file"}]}]}, "Invalid content part"),
    "an image by address": (
        DEVELOPER,
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "https://x/y.png"}}]}]},
        "Invalid image URL",
    ),
    "a choice of nothing": (DEVELOPER, {"tools": TOOLS, "tool_choice": {"function": []}}, "Invalid tool_choice"),
    "parameters of no kind": (DEVELOPER, {"tools": [tool("f", a={"type": []})]}, "Invalid value of the schema keyword"),
    "a property that is no schema": (DEVELOPER, {"tools": [tool("f", a=1)]}, "A schema must be an object."),
    "too hot": (DEVELOPER, {"temperature": 3}, "* GenerateContentRequest.generation_config.temperature"),
    "an effort of no name": (DEVELOPER, {"reasoning_effort": "huge"}, "Invalid reasoning_effort: huge"),
    "effort and budget": (
        DEVELOPER,
        {"reasoning_effort": "low", "extra_body": THINKING},
        "reasoning_effort and thinking_config cannot both be set.",
    ),
    "no thinking on a Pro": (
        DEVELOPER,
        {"model": "gemini-2.5-pro", "reasoning_effort": "none"},
        "Budget 0 is invalid. This model only works in thinking mode.",
    ),
    "effort of a model that does not think": (
        DEVELOPER,
        {"model": "gemini-2.0-flash", "reasoning_effort": "low"},
        "Thinking is not supported for this model.",
    ),
    "an unsigned call on Gemini 3": (
        DEVELOPER,
        {"model": "gemini-3-flash-preview", "messages": [USER, calls(), RESULT], "tools": TOOLS},
        "Function call is missing a thought_signature in functionCall parts.",
    ),
    "an unsigned call on Gemini 3, Vertex": (
        VERTEX,
        {"model": "google/gemini-3-flash-preview", "messages": [USER, calls(), RESULT], "tools": TOOLS},
        "Unable to submit request because function call `default_api:f` in the 2. content block is missing",
    ),
    "no publisher": (VERTEX, {"model": "gemini-2.5-flash"}, MALFORMED.format("gemini-2.5-flash")),
    "no model": (VERTEX, {"model": ...}, MALFORMED.format("")),
}


@pytest.mark.parametrize("name", BAD)
def test_refused(google, name):
    path, changes, message = BAD[name]
    reply = chat(google, path, **changes)
    assert reply.status == 400 and only(reply)["message"].startswith(message), reply.body


@pytest.mark.parametrize(
    ("path", "model", "message"),
    [
        (DEVELOPER, "gpt-4o", "models/gpt-4o is not found for API version v1beta"),
        (
            VERTEX,
            "google/gpt-4o",
            "Publisher Model `projects/p/locations/us-central1/publishers/google/models/gpt-4o` was not found",
        ),
    ],
)
def test_no_such_model(google, path, model, message):
    reply = chat(google, path, model=model)
    assert reply.status == 404 and only(reply)["message"].startswith(message)


def test_no_json(google):
    reply = send(google, DEVELOPER, b"{", BEARER_KEY)
    assert reply.status == 400 and only(reply)["message"].startswith("Invalid JSON payload received.")


PNG = "data:image/png;base64,iVBORw0KGgo="
GOOD = {
    "a model with its collection": {"model": "models/gemini-2.5-flash"},
    "a system message": {"messages": [{"role": "system", "content": "be brief"}, USER]},
    "nulls": {"temperature": None, "tools": None},
    "sampling": {"temperature": 1, "top_p": 0.5, "n": 2, "stop": "END", "max_tokens": 5},
    "an image": {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": PNG}}]}]},
    "tools": {"tools": TOOLS, "tool_choice": "auto", "parallel_tool_calls": True},
    "a result": {"messages": [USER, calls(), RESULT], "tools": TOOLS},
    "a signed result": {"model": "gemini-3-flash-preview", "messages": [USER, calls(**SIGNED), RESULT], "tools": TOOLS},
    "JSON": {"response_format": {"type": "json_object"}},
    "a schema": {"response_format": {"type": "json_schema", "json_schema": {"schema": {"type": "object"}}}},
    "effort": {"reasoning_effort": "low"},
    "no effort": {"reasoning_effort": "none"},
    "effort of Gemini 3": {"model": "gemini-3-pro-preview", "reasoning_effort": "minimal"},
    "Google's own": {"extra_body": THINKING},
}


@pytest.mark.parametrize("name", GOOD)
def test_accepted(google, name):
    reply = chat(google, **GOOD[name])
    assert reply.status == 200, reply.body


def test_vertex_ignores_what_it_does_not_know(google):
    assert chat(google, VERTEX, seed=1, user="me", logit_bias={}).status == 200
    assert chat(google, VERTEX, messages=[{**USER, "reasoning_content": "x"}]).status == 400, "inside it does not"


# Replies, with their defects.


def test_usage_comes_with_every_chunk(google):
    seen = chunks(chat(google, stream=True))
    assert len(seen) > 1
    for chunk in seen:
        assert chunk["object"] == "chat.completion.chunk" and "id" not in chunk
        assert chunk["choices"][0]["delta"]["role"] == "assistant"
        usage = chunk["usage"]
        assert usage["total_tokens"] > usage["prompt_tokens"] + usage["completion_tokens"], "thinking is not itemised"
    assert [chunk["choices"][0].get("finish_reason") for chunk in seen] == [None] * (len(seen) - 1) + ["stop"]
    assert "".join(chunk["choices"][0]["delta"].get("content", "") for chunk in seen) == "You said: hi there"


def test_streamed_calls_have_no_index_and_stop(google):
    seen = chunks(chat(google, stream=True, tools=TOOLS, tool_choice="required"))
    made = [one for chunk in seen for one in chunk["choices"][0]["delta"]["tool_calls"]]
    assert made == [
        {"function": {"arguments": '{"a":1}', "name": "f"}, "id": "", "type": "function"},
        {"function": {"arguments": '{"b":"x"}', "name": "g"}, "id": "", "type": "function"},
    ]
    assert seen[-1]["choices"][0]["finish_reason"] == "stop"


def test_calls_of_gemini_3_are_signed(google):
    changes = {"model": "gemini-3-flash-preview", "tools": TOOLS, "tool_choice": "required"}
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks(chat(google, stream=True, **changes))]
    streamed = [one for delta in deltas for one in delta["tool_calls"]]
    choice = chat(google, **changes).json()["choices"][0]
    assert streamed == choice["message"]["tool_calls"]
    first, second = streamed
    assert first["extra_content"]["google"]["thought_signature"] and "extra_content" not in second
    assert first["id"] != second["id"] and choice["finish_reason"] == "tool_calls"


def test_signature_alone_in_a_delta(google):
    last = chunks(chat(google, model="gemini-3-flash-preview", stream=True))[-1]["choices"][0]
    assert last["delta"].keys() == {"extra_content", "role"} and last["finish_reason"] == "stop"


def test_thoughts_are_in_the_content(google):
    extra = {"google": {"thinking_config": {"include_thoughts": True}}}
    content = chat(google, extra_body=extra).json()["choices"][0]["message"]["content"]
    assert content.startswith("<thought>") and "</thought>You said:" in content


def test_several_choices(google):
    assert [choice["index"] for choice in chat(google, n=3).json()["choices"]] == [0, 1, 2]
    assert {chunk["choices"][0]["index"] for chunk in chunks(chat(google, n=3, stream=True))} == {0, 1, 2}


def test_vertex_replies(google):
    whole = chat(google, VERTEX, {**BEARER, "X-Vertex-AI-LLM-Shared-Request-Type": "flex"}).json()
    assert whole["model"] == "google/gemini-2.5-flash"
    assert whole["usage"]["extra_properties"] == {"google": {"traffic_type": "ON_DEMAND_FLEX"}}
    assert whole["usage"]["completion_tokens_details"]["reasoning_tokens"] > 0
    *early, last = chunks(chat(google, VERTEX, stream=True))
    assert all("usage" not in chunk and chunk["id"] == last["id"] for chunk in early) and last["usage"]


# The Model Garden.


def test_garden(google):
    whole = chat(google, GARDEN)
    value = whole.json()
    assert value["choices"][0]["message"]["content"] == "You said: hi there" and value["id"]
    assert whole.headers["server"] == "uvicorn"
    seen = chunks(chat(google, GARDEN, stream=True, stream_options={"include_usage": True}))
    assert seen[-1]["choices"] == [] and seen[-1]["usage"] and all("usage" not in chunk for chunk in seen[:-1])
    assert seen[-2]["choices"][0]["finish_reason"] == "stop"
    called = chunks(chat(google, GARDEN, stream=True, tools=TOOLS, tool_choice="required"))
    deltas = [one for chunk in called for one in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert [one["index"] for one in deltas] == [0, 1]
    assert called[-1]["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"model": "google/gemini-2.5-flash"}, 404, "The model `google/gemini-2.5-flash` does not exist."),
        ({"messages": []}, 400, "messages:"),
        ({"messages": ...}, 400, "messages:"),
        ({"contents": [], "messages": ...}, 400, "messages:"),
    ],
)
def test_garden_refuses(google, changes, status, message):
    reply = chat(google, GARDEN, **changes)
    assert reply.status == status and reply.json()["message"].startswith(message)


def test_no_such_endpoint(google):
    assert only(chat(google, GARDEN.replace("1234567890", "gemini")))["status"] == "NOT_FOUND"


# Scenarios and the record.


def test_scenarios(google):
    marked = {"messages": [{"role": "user", "content": "[[fake:it]]"}]}
    google.put_scenario("it", {"events": [{"choices": []}, {"usage": None}]})
    assert chunks(chat(google, stream=True, **marked)) == [{"choices": []}, {"usage": None}]
    google.put_scenario("it", {"status": 503, "body": "[]", "headers": {"retry-after": "3"}})
    reply = chat(google, **marked)
    assert (reply.status, reply.body, reply.headers["retry-after"]) == (503, b"[]", "3")
    google.put_scenario("it", {"agent": {"final": "x"}})
    assert chat(google, **marked).status == 500
    assert chat(google, messages=[{"role": "user", "content": "[[fake:none]]"}]).status == 500


def test_record(google):
    google.clear()
    chat(google)
    chat(google, seed=1)
    good, bad = google.requests()
    assert (good["verdict"], good["body"]["messages"]) == ("accepted", [USER])
    assert bad["verdict"].startswith(UNKNOWN) and bad["status"] == 400


# Recorded traffic: each request is taken, and the reply has the members that Google's had.


def shape(value):
    """Paths of the members, arrays by their elements."""
    if isinstance(value, list):
        return {f"[]{path}" for item in value for path in shape(item)}
    if isinstance(value, dict):
        return {f".{name}{path}" for name, item in value.items() for path in shape(item) or {""}} or {""}
    return {""}


def test_recorded_exchanges(google):
    """What differs: the fake calls only when it must, so the request that may call is made one that must."""
    count = 0
    for record in records("compat.jsonl.gz"):
        if record["method"] != "POST":
            continue
        count += 1
        body = json.loads(record["request_body"])
        if "tools" in body and body["tool_choice"] == "auto" and body["messages"][-1]["role"] == "user":
            body["tool_choice"] = "required"
        reply = send(google, DEVELOPER, body, BEARER_KEY)
        assert reply.status == record["status"] == 200, reply.body
        kind, recorded = reply.headers["content-type"], record["response_headers"]["content-type"]
        assert kind == recorded
        if body["stream"]:
            events = [event.removeprefix("data: ") for event in record["response_body"].split("\n\n")[:-2]]
            assert shape(chunks(reply)) == shape([json.loads(event) for event in events])
        else:
            assert shape(reply.json()) == shape(json.loads(record["response_body"]))
    assert count == 10
