"""Chat requests: every text and parameter reaches Google, nothing else does (checked by `checker_requests`)."""

import base64

import pytest
from checker_requests import compare_request, unaccounted
from support.lab import MODEL, chat


def say(role, content, **fields):
    return {"role": role, "content": content, **fields}


def parts(*texts):
    return [{"type": "text", "text": t} for t in texts]


USER = say("user", "question")

CONVERSATIONS = {
    "one user": [USER],
    "system first": [say("system", "be brief"), USER],
    "developer": [say("developer", "be brief"), USER],
    "several instructions": [say("system", "one"), say("developer", "two"), USER, say("system", "three")],
    "instruction as parts": [say("system", parts("a", "", "b")), USER],
    "empty instruction": [say("system", ""), USER],
    "alternating": [USER, say("assistant", "answer"), say("user", "and then?")],
    "text parts": [say("user", parts("first", "second"))],
    "empty parts between": [say("user", parts("", "x", ""  , "y"))],
    "two users": [say("user", "a"), say("user", "b")],
    "two assistants": [USER, say("assistant", "a"), say("assistant", "b"), say("user", "c")],
    "null assistant": [USER, say("assistant", None), say("user", "still there?")],
    "empty assistant": [USER, say("assistant", ""), say("user", "still there?")],
    "assistant parts": [USER, say("assistant", parts("x", "y")), say("user", "c")],
    "refusal field": [USER, say("assistant", None, refusal="I cannot."), say("user", "why?")],
    "refusal part": [USER, say("assistant", [{"type": "refusal", "refusal": "No."}]), say("user", "why?")],
    "role model": [USER, say("model", "answer"), say("user", "more")],
    "assistant first": [say("assistant", "greeting"), USER],
    "names": [say("system", "s", name="sys"), say("user", "u", name="ann"), say("assistant", "x", name="bot"), USER],
    "reasoning in history": [USER, say("assistant", "a", reasoning_content="hm", reasoning="hm"), say("user", "b")],
    "output-only fields": [USER, say("assistant", "a", annotations=[], audio=None, refusal=None, id="m1"), USER],
    "system only": [say("system", "tell a joke")],
    "two systems only": [say("system", "you are funny"), say("developer", "tell a joke")],
    "unicode": [say("user", "zażółć 🧑‍🚀 \u2028 \u0085 line\nbreak\ttab \"quoted\" \\ back / slash \u007f")],
    "escapes": [say("user", "\u0001\u001f and \U0001f600")],
    "surrogate": [say("user", "broken \ud800 half")],
    "long": [say("user", "word " * 40_000)],
    "hundred turns": [say("user" if i % 2 == 0 else "assistant", f"turn {i}") for i in range(101)],
}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("name", CONVERSATIONS)
def test_conversation(gateway, name, stream):
    got = gateway.ask(body=chat(messages=CONVERSATIONS[name], stream=stream))
    assert got.status == 200, got.body
    assert compare_request(got.sent, MODEL, got.received["body"]) == []
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    assert got.received["path"] == f"/v1beta/models/{MODEL}:{method}"


EMPTY = {
    "empty user": [say("user", "")],
    "empty user parts": [say("user", parts("", ""))],
    "no user parts": [say("user", [])],
}


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_user_message_becomes_a_space(gateway, name):
    got, received = gateway.send(chat(messages=EMPTY[name]))
    assert got.status == 200, got.body
    assert compare_request(got.sent, MODEL, received["body"]) == []


def test_nul_is_removed(gateway):
    got = gateway.ask(body=chat(messages=[say("user", "a\0b")]))
    assert got.status == 200, got.body
    text = got.received["body"]["contents"][0]["parts"][0]["text"]
    assert text.startswith("ab [[fake:"), text


@pytest.mark.parametrize(
    ("model", "last"), [("gemini-2.5-flash", "model"), ("gemini-3-flash-preview", "user"), ("gemini-3.1-pro-preview", "user")]
)
def test_last_message_is_the_assistants(gateway, model, last):
    """Gemini 3 refuses to go on from its own words; older models take them as a prefix."""
    got = gateway.ask(body=chat(model=model, messages=[USER, say("assistant", "The answer is")]))
    assert got.status == 200, got.body
    assert compare_request(got.sent, model, got.received["body"]) == []
    assert got.received["body"]["contents"][-1]["role"] == last


PARAMETERS = {
    "temperature": {"temperature": 0.7},
    "temperature 0": {"temperature": 0},
    "temperature 2": {"temperature": 2},
    "temperature 1.0": {"temperature": 1.0},
    "top_p": {"top_p": 0.95},
    "top_p 1": {"top_p": 1},
    "top_k": {"top_k": 40},
    "n 1": {"n": 1},
    "n 2": {"n": 2},
    "n 8": {"n": 8},
    "seed": {"seed": 42},
    "seed 0": {"seed": 0},
    "seed negative": {"seed": -7},
    "seed largest int32": {"seed": 2**31 - 1},
    "seed above int32": {"seed": 2**31},
    "seed int64": {"seed": 9_007_199_254_740_993},
    "seed largest int64": {"seed": 2**63 - 1},
    "seed smallest int64": {"seed": -(2**63)},
    "stop string": {"stop": "END"},
    "stop array": {"stop": ["a", "b", "c", "d"]},
    "stop empty": {"stop": ""},
    "stop with empties": {"stop": ["", "x", ""]},
    "stop empty array": {"stop": []},
    "stop five": {"stop": ["1", "2", "3", "4", "5"]},
    "max_tokens": {"max_tokens": 100},
    "max_completion_tokens": {"max_completion_tokens": 200},
    "both limits": {"max_tokens": 100, "max_completion_tokens": 200},
    "limit null and set": {"max_tokens": 100, "max_completion_tokens": None},
    "limit 0": {"max_tokens": 0},
    "limit -1": {"max_tokens": -1},
    "penalties 0": {"presence_penalty": 0, "frequency_penalty": 0.0},
    "penalties": {"presence_penalty": 0.5, "frequency_penalty": -0.5},
    "nulls": dict.fromkeys(
        ("temperature", "top_p", "n", "seed", "stop", "max_tokens", "max_completion_tokens", "presence_penalty",
         "frequency_penalty", "user", "metadata", "stream_options", "response_format", "tools", "tool_choice",
         "logit_bias", "logprobs", "top_logprobs", "parallel_tool_calls", "reasoning_effort", "stream")
    ),
    "ignored": {
        "user": "u1", "metadata": {"a": "b"}, "store": True, "safety_identifier": "s", "prompt_cache_key": "k",
        "prompt_cache_retention": "24h", "logit_bias": {"50256": -100}, "verbosity": "low", "parallel_tool_calls": True,
        "prediction": {"type": "content", "content": "x"}, "moderation": {"x": 1},
    },
    "unknown keys": {"frobnicate": 1, "max_output_tokens": 5, "nested": {"deep": [1, {"x": None}]}, "": "empty name"},
    "text response format": {"response_format": {"type": "text"}},
    "text modality": {"modalities": ["text"]},
    "no tools": {"tools": []},
    "include_obfuscation": {"stream": True, "stream_options": {"include_obfuscation": False}},
}  # fmt: skip


@pytest.mark.parametrize("model", [MODEL, "gemini-2.0-flash", "gemini-3-flash-preview"])
@pytest.mark.parametrize("name", PARAMETERS)
def test_parameter(gateway, name, model):
    body = chat(model=model, **PARAMETERS[name])
    assert unaccounted(body) == set() or name == "unknown keys"
    got = gateway.ask(body=body)
    assert got.status == 200, got.body
    assert compare_request(got.sent, model, got.received["body"]) == []


@pytest.mark.parametrize("model", ["gemini-3.6-flash", "gemini-3.5-flash-lite"])
def test_models_without_sampling(gateway, model):
    got = gateway.ask(body=chat(model=model, temperature=0.5, top_p=0.5, top_k=3, seed=1))
    assert got.status == 200, got.body
    assert compare_request(got.sent, model, got.received["body"]) == []
    assert got.received["body"]["generationConfig"] == {"seed": 1}


OUT_OF_RANGE = {
    "temperature high": ({"temperature": 2.1}, "temperature"),
    "temperature low": ({"temperature": -0.1}, "temperature"),
    "top_p high": ({"top_p": 1.5}, "top_p"),
    "top_p low": ({"top_p": -1}, "top_p"),
    "n 0": ({"n": 0}, "n"),
    "n 9": ({"n": 9}, "n"),
    "n negative": ({"n": -1}, "n"),
    "presence high": ({"presence_penalty": 2.5}, "presence_penalty"),
    "frequency low": ({"frequency_penalty": -2.5}, "frequency_penalty"),
    "stop six": ({"stop": ["1", "2", "3", "4", "5", "6"]}, "stop"),
}


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_out_of_range(gateway, name):
    fields, param = OUT_OF_RANGE[name]
    got = gateway.post(chat(**fields))
    assert got.status == 400, got.body
    assert got.error["type"] == "invalid_request_error"
    assert got.error["param"] == param, got.error


def calling(*calls, **fields):
    made = [{"id": id, "type": "function", "function": {"name": name, "arguments": text}} for id, name, text in calls]
    return say("assistant", None, tool_calls=made, **fields)


def function(name, parameters=None, **fields):
    return {"type": "function", "function": {"name": name, **({"parameters": parameters} if parameters else {}), **fields}}


def data_url(mime, data=b"\x89PNG\r\n\x1a\n"):
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def image(url, **fields):
    return {"type": "image_url", "image_url": {"url": url, **fields}}


TRIP = {
    "type": "object",
    "properties": {
        "to": {"type": "string", "description": "a city", "enum": ["Oslo", "Bern"]},
        "stops": {"type": "array", "items": {"$ref": "#/$defs/Stop"}},
        "type": {"anyOf": [{"const": "fast"}, {"type": "null"}]},
    },
    "required": ["to"],
    "additionalProperties": False,
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$defs": {"Stop": {"type": "object", "properties": {"at": {"type": "integer", "exclusiveMinimum": 0}, "next": {"$ref": "#/$defs/Stop"}}}},
}
F, BOOK = function("f"), function("book", TRIP, description="Books a trip", strict=True)
ANSWER = {"type": "json_schema", "json_schema": {"name": "trip", "description": "Where to", "strict": True, "schema": TRIP}}

FEATURES = {
    "tools": {"tools": [BOOK, F]},
    "odd names": {"tools": [function("1st"), function("a/b"), function("a b"), function("x" * 70), function("x" * 71)]},
    "functions": {"functions": [{"name": "f", "description": "d", "parameters": TRIP}], "function_call": {"name": "f"}},
    "custom tool": {"tools": [{"type": "custom", "custom": {"name": "sh", "description": "runs", "format": {
        "type": "grammar", "grammar": {"syntax": "lark", "definition": 'start: "a"'}}}}]},
    "required": {"tools": [F], "tool_choice": "required"},
    "none": {"tools": [F], "tool_choice": "none"},
    "auto": {"tools": [F], "tool_choice": "auto"},
    "forced": {"tools": [F, BOOK], "tool_choice": {"type": "function", "function": {"name": "book"}}},
    "search": {"web_search_options": {"search_context_size": "low"}},
    "search beside functions": {"web_search_options": {}, "tools": [F]},
    "built-in tools": {"tools": [{"type": "web_search"}, {"type": "code_interpreter"}, {"urlContext": {}}]},
    "json_object": {"response_format": {"type": "json_object"}},
    "json_schema": {"response_format": ANSWER},
    "json_schema beside tools": {"response_format": ANSWER, "tools": [BOOK]},
    "effort": {"reasoning_effort": "medium"},
    "no effort": {"reasoning_effort": "none"},
    "flex": {"service_tier": "flex"},
    "auto tier": {"service_tier": "auto"},
    "logprobs": {"logprobs": True, "top_logprobs": 3},
    "image": {"messages": [say("user", [*parts("look"), image(data_url("image/png"))])]},
    "images with detail": {"messages": [say("user", [image(data_url("image/png"), detail="low"), image(data_url("image/jpg"), detail="high"), *parts("x")])]},
    "only an image": {"messages": [say("user", [image(data_url("image/png", b"\x89PNG"))])]},
    "image elsewhere": {"messages": [say("user", [image("https://example.org/a.webp?x=1"), *parts("x")])]},
    "untold type": {"messages": [say("user", [image(data_url("", b"GIF89a")), image(data_url("application/octet-stream", b"%PDF-1")), *parts("x")])]},
    "audio": {"messages": [say("user", [{"type": "input_audio", "input_audio": {"data": "UklGRg==", "format": "wav"}}, *parts("x")])]},
    "file": {"messages": [say("user", [{"type": "file", "file": {"file_id": "files/x"}}, *parts("x")])]},
    "file data": {"messages": [say("user", [{"type": "file", "file": {"filename": "a.txt", "file_data": "aGk="}}, *parts("x")])]},
    "tool loop": {"tools": [F, BOOK], "messages": [
        USER, calling(("c1", "f", "{}"), ("c2", "book", '{"to": "Oslo", "n": 1.50}')), say("tool", '{"b": 1, "a": 2}', tool_call_id="c2"),
        say("tool", parts("two ", "words"), tool_call_id="c1"), say("assistant", "Done."), say("user", "thanks")]},
    "tool results of every kind": {"tools": [F], "messages": [
        USER, calling(*((f"c{n}", "f", "") for n in range(7))), *(say("tool", value, tool_call_id=f"c{n}") for n, value in enumerate(
            ("", "[]", "null", "3", '"x"', '{"$ref": "#/$defs/a"}', '{"a": {"b": []}}')))]},
    "odd arguments": {"tools": [F], "messages": [
        USER, calling(*((f"c{n}", "f", text) for n, text in enumerate(("null", "[1]", "nonsense {", '"{\\"a\\": 1}"', '{"a": 12345678901234567890}')))),
        *(say("tool", "ok", tool_call_id=f"c{n}") for n in range(5))]},
    "a lost result": {"tools": [F], "messages": [USER, calling(("c1", "f", "{}"), ("c2", "f", "{}")), say("tool", "x", tool_call_id="c2"), USER]},
    "a late result": {"tools": [F], "messages": [USER, calling(("c1", "f", "{}")), say("user", "wait"), say("tool", "x", tool_call_id="c1")]},
    "an image as a result": {"tools": [F], "messages": [
        USER, calling(("c1", "f", "{}")), say("tool", [*parts("see"), image(data_url("image/png"))], tool_call_id="c1")]},
    "two assistants call": {"tools": [F], "messages": [
        USER, calling(("c1", "f", "{}")), calling(("c2", "f", "{}")), say("tool", "1", tool_call_id="c1"), say("tool", "2", tool_call_id="c2")]},
    "a signed call": {"tools": [F], "messages": [
        USER, say("assistant", None, tool_calls=[{"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"},
                                                  "extra_content": {"google": {"thought_signature": "c2lnbmF0dXJl"}}}]), say("tool", "1", tool_call_id="c")]},
}  # fmt: skip


@pytest.mark.parametrize("model", [MODEL, "gemini-2.0-flash", "gemini-3-flash-preview", "gemini-3-pro-preview"])
@pytest.mark.parametrize("name", FEATURES)
def test_feature(gateway, name, model):
    body = chat(model=model, **FEATURES[name])
    assert unaccounted(body) == set()
    got = gateway.ask(body=body)
    assert got.status == 200, got.body
    assert compare_request(got.sent, model, got.received["body"]) == []


SPEECH = {"modalities": ["text", "audio"], "audio": {"voice": "alloy", "format": "wav"}}


def test_speech(gateway):
    model = "gemini-2.5-flash-preview-tts"
    got = gateway.ask(body=chat(model=model, **SPEECH))
    assert got.status == 200, got.body
    assert compare_request(got.sent, model, got.received["body"]) == []


REFUSED = {
    "an orphan result": ({"messages": [USER, say("tool", "1", tool_call_id="c")]}, "messages"),
    "plain HTTP": ({"messages": [say("user", [image("http://example.org/a.png")])]}, "messages[0].content[0].image_url.url"),
    "a bucket": ({"messages": [say("user", [image("gs://b/a.png")])]}, "messages[0].content[0].image_url.url"),
    "OpenAI's file": ({"messages": [say("user", [{"type": "file", "file": {"file_id": "file-1"}}])]}, "messages[0].content[0].file.file_id"),
    "an unknown part": ({"messages": [say("user", [{"type": "hologram"}])]}, "messages[0].content[0].type"),
    "an image in the system message": ({"messages": [say("system", [image(data_url("image/png"))]), USER]}, "messages[0].content[0].type"),
    "an unknown tool": ({"tools": [{"type": "image_generation"}]}, "tools[0].type"),
    "an unknown function": ({"tools": [F], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice"),
    "MP3": ({**SPEECH, "model": "gemini-2.5-flash-preview-tts", "audio": {"voice": "alloy", "format": "mp3"}}, "audio.format"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused(gateway, name):
    fields, param = REFUSED[name]
    with gateway.untouched():
        got = gateway.post(chat(**fields))
    assert got.status == 400, got.body
    assert got.error["type"] == "invalid_request_error"
    assert (got.error["param"] or "").startswith(param), got.error


@pytest.mark.parametrize("prefix", ["/v1", "", "/openai/v1", "/a/b/c", "/v1beta/openai"])
def test_any_route_prefix(gateway, prefix):
    got = gateway.ask(path=prefix + "/chat/completions")
    assert (got.status, got.text) == (200, "Hello there.")


MODELS = {
    "models/gemini-2.5-flash": "gemini-2.5-flash",
    "google/gemini-2.5-flash": "gemini-2.5-flash",
    "gemini/gemini-2.5-pro": "gemini-2.5-pro",
    "gemini-flash-latest": "gemini-flash-latest",
}


@pytest.mark.parametrize("name", MODELS)
def test_model_names(gateway, name):
    got = gateway.ask(body=chat(model=name))
    assert got.status == 200, got.body
    assert got.received["path"] == f"/v1beta/models/{MODELS[name]}:generateContent"
    assert got.headers["x-llm-model"] == f"gemini/{MODELS[name]}"


def test_query_of_the_client_is_dropped(gateway):
    got = gateway.ask(path="/v1/chat/completions?api-version=1&key=secret&alt=json")
    assert got.status == 200, got.body
    assert got.received["path"] == f"/v1beta/models/{MODEL}:generateContent"
