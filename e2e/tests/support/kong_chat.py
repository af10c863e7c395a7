"""Kong's cases of chat in one piece: `11-gemini_integration_spec.lua`, `01-unit_spec.lua`, `02-openai_integration_spec.lua`."""

import json

from support.kong import Case, Reply, Seen, parsed
from support.kong_load import HEADER, PARAM, PLACE

MOCK = "https://kong.mock/v1/chat/completions"
REQUESTS, REPLIES = "master/openai/llm-v1-chat/requests/", "master/openai/llm-v1-chat/responses/"
GOOD = "master/gemini/llm-v1-chat/responses/good.json"
MODEL_VERSION = "the model is the one that answered, Google's modelVersion, as in aigw-393 and OpenAI's API"
OWN_WORDS = "the message says which part is meant, with OpenAI's param"


def gemini(
    name: str | None = "gemini-1.5-pro", auth: dict | None = None, url: str | None = MOCK, options: dict | None = None, **fields
) -> dict:
    """The configuration of Kong's tests. `url` None: Google's address; `fields` are added."""
    given = {"max_tokens": 256, "temperature": 1.0, **({"upstream_url": url} if url else {}), **(options or {})}
    model = {"provider": "gemini", **({"name": name} if name else {}), "options": given}
    return {"route_type": "llm/v1/chat", "auth": auth or HEADER, "model": model, **fields}


def file(name: str, **fields):
    return lambda: Reply.file(name, **fields)


def said(value: dict, **fields) -> Reply:
    return Reply([json.dumps(value).encode()], **fields)


def candidate(*parts: dict) -> Reply:
    return said({"candidates": [{"content": {"role": "model", "parts": list(parts)}, "finishReason": "STOP"}]})


def user(*parts: dict) -> dict:
    return {"messages": [{"role": "user", "content": list(parts)}]}


def replies(model: str | None = None, content: str = "Everything is okay.", **headers: str):
    """The good reply, of that model, with those headers."""

    def check(seen: Seen) -> None:
        assert seen.got.status == 200, seen.got.body
        value = seen.got.json
        assert value["object"] == "chat.completion" and model in (None, value["model"])
        assert value["choices"][0]["finish_reason"] == "stop"
        assert value["choices"][0]["message"]["content"] == content
        for name, expected in headers.items():
            assert seen.got.headers[name.replace("_", "-")] == expected

    return check


def refuses(message: str, status: int = 400, exactly: bool = True):
    """An error of that message, and nothing sent."""

    def check(seen: Seen) -> None:
        assert seen.got.status == status and seen.sent == []
        told = seen.got.json["error"]["message"]
        assert told == message if exactly else message in told, told

    return check


def passes_on(status: int, message: str):
    """The upstream's status, with the message in OpenAI's shape."""

    def check(seen: Seen) -> None:
        assert seen.got.status == status and message in seen.got.error["message"], seen.got.body

    return check


def verbatim(status: int, name: str):
    """The upstream's reply as it is."""

    def check(seen: Seen) -> None:
        assert seen.got.status == status and seen.got.json == parsed(name)

    return check


def sends(path: str | None = None, credential: tuple[str, str] | None = None, **body):
    """The request to Google: the path, a header, members of the body."""

    def check(seen: Seen) -> None:
        sent = seen.upstream
        assert path in (None, sent["path"]), sent["path"]
        if credential:
            assert sent["headers"].get(credential[0]) == credential[1]
        for name, expected in body.items():
            assert sent["body"].get(name) == expected, sent["body"]

    return check


def holds(predicate):
    """Whatever `predicate` says of it."""

    def check(seen: Seen) -> None:
        assert predicate(seen), seen.got.body

    return check


def both(*checks):
    return lambda seen: [check(seen) for check in checks]


def whole(name: str):
    """The very body that Kong sends."""

    def check(seen: Seen) -> None:
        assert seen.upstream["body"] == parsed(name)

    return check


def like(name: str, *members: str):
    """Those members of the reply that Kong makes, and what it has of each choice."""

    def check(seen: Seen) -> None:
        wanted, value = parsed(name), seen.got.json
        for member in members:
            part = value[member]
            expected = wanted[member]
            assert ({k: part[k] for k in expected} if isinstance(expected, dict) else part) == expected, (member, part)
        for one, other in zip(wanted["choices"], value["choices"], strict=True):
            assert one["finish_reason"] == other["finish_reason"] and one["message"]["content"] == other["message"]["content"]

    return check


def blocked(seen: Seen) -> None:
    value = seen.got.json
    assert seen.got.status == 400 and value["reason"] == "MODEL_ARMOR" and value["error"] is True


def filtered(seen: Seen) -> None:
    choice = seen.got.json["choices"][0]
    assert seen.got.status == 200 and choice["finish_reason"] == "content_filter"
    assert choice["message"]["refusal"].startswith("Blocked by Model Armor Floor Setting")


def calls(name: str, arguments: str):
    def check(seen: Seen) -> None:
        call = seen.got.json["choices"][0]["message"]["tool_calls"][0]
        assert call["function"] == {"name": name, "arguments": arguments}

    return check


def declares(seen: Seen) -> None:
    """The tool as Kong writes it, under either of the names that Google takes."""
    function = CHECK_STOCK["function"]
    (tool,) = seen.upstream["body"]["tools"]
    (declared,) = tool.get("function_declarations") or tool["functionDeclarations"]
    schema = declared.get("parameters") or declared["parametersJsonSchema"]
    assert (declared["name"], declared["description"], schema) == (function["name"], function["description"], function["parameters"])


CHECK_STOCK = {
    "type": "function",
    "function": {
        "name": "check_stock", "description": "Check a product is in stock.",
        "parameters": {"type": "object", "properties": {"product_name": {"type": "string"}}, "required": ["product_name"]},
    },
}
HI = {"messages": [{"role": "user", "content": "hi"}]}
IMAGE = {"type": "image_url", "image_url": {"url": "https://example.local/image.jpg"}}
INLINE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,Y2F0X3BuZ19oZXJlX2xvbAo="}}
GOOD_BODY = f"{REQUESTS}good.json".encode()
UNIT = {"max_tokens": 8192, "temperature": 0.8, "top_k": 1, "top_p": 0.6}
PUBLISHERS = "/v1/projects/test-project/locations/us-central1/publishers/"


def vertex(name: str) -> dict:
    return gemini(name, url=None, options={"gemini": PLACE})


def one_user_turn(*parts: dict):
    return sends(contents=[{"role": "user", "parts": list(parts)}])


CHAT = [
    Case(
        "11-gemini good request", gemini(), GOOD_BODY, file(GOOD), replies("gemini-1.5-pro"), MODEL_VERSION,
        replies("gemini-1.5-flash-002"),
    ),
    Case("393:400 good request", gemini(), GOOD_BODY, file(GOOD), replies("gemini-1.5-flash-002")),
    Case(
        "11-gemini its credential and address", gemini(), GOOD_BODY, file(GOOD),
        sends("/v1/chat/completions", ("authorization", "Bearer gemini-key"), generationConfig={"maxOutputTokens": 256, "temperature": 1}),
    ),
    Case(
        "11-gemini its usage", gemini(), GOOD_BODY, file(GOOD),
        holds(lambda seen: {"prompt_tokens": 2, "completion_tokens": 11, "total_tokens": 13}.items() <= seen.got.json["usage"].items()),
    ),
    Case(
        "11-gemini a body sent with GET", gemini(), GOOD_BODY, file(GOOD), replies(), "a chat is posted, as at OpenAI",
        refuses("Only POST is allowed here.", 405), method="GET",
    ),
    Case(
        "11-gemini X-Kong-LLM-Model", gemini(), GOOD_BODY, file(GOOD), replies(x_kong_llm_model="gemini/gemini-1.5-pro"),
        "the header has no vendor's name by default", replies(x_llm_model="gemini/gemini-1.5-pro"),
    ),
    Case(
        "11-gemini X-Kong-LLM-Model, asked for", gemini(model_name_header="X-Kong-LLM-Model"), GOOD_BODY, file(GOOD),
        replies(x_kong_llm_model="gemini/gemini-1.5-pro"),
    ),
    Case(
        "11-gemini the model's name of the path", gemini("$(uri_captures.model)", uri_template="/{n}/{model}"), GOOD_BODY, file(GOOD),
        replies("gemni-2.0-flash"), MODEL_VERSION, replies("gemini-1.5-flash-002", x_llm_model="gemini/gemni-2.0-flash"), path="gemni-2.0-flash",
    ),
    Case(
        "393:465 a model of the path in upstream_url",
        gemini("$(uri_captures.model)", url=MOCK + "/$(uri_captures.model)", uri_template="/{n}/{model}", allowed_hosts=["kong.mock"]),
        GOOD_BODY, file("aigw-393/gemini/llm-v1-chat/responses/good-gemini-2.0-flash.json"),
        both(sends("/v1/chat/completions/gemini-2.0-flash"), replies("gemini-2.0-flash-079")), path="gemini-2.0-flash",
    ),
    Case(
        "393:479 blocked by Model Armor", gemini(), GOOD_BODY, file("aigw-393/gemini/llm-v1-chat/responses/fails-model-armor-floor.json"),
        blocked, "what Google blocks is a reply that a filter ended, as at OpenAI: with the reason, and paid for", filtered,
    ),
    Case(
        "393:501 a key in the query", gemini(auth=PARAM), GOOD_BODY, file(GOOD),
        both(sends("/v1/chat/completions?key=gemini-query-key"), replies()),
    ),
    Case(
        "393:568 Vertex, gemini", vertex("gemini-1.5-pro"), GOOD_BODY, file(GOOD),
        both(sends(PUBLISHERS + "google/models/gemini-1.5-pro:generateContent", ("host", "gemini.local")), replies()),
    ),
    *(
        Case(
            f"393:518,568 Vertex, {publisher}", vertex(name), GOOD_BODY, file(GOOD), sends(f"{PUBLISHERS}{publisher}/models/{name}:rawPredict"),
            "models of others than Google have other bodies, and are not built yet", sends(f"{PUBLISHERS}google/models/{name}:generateContent"),
        )
        for publisher, name in [("anthropic", "claude-2.1"), ("mistral", "mistral-large"), ("ai21", "jamba-1.5")]
    ),
    Case(
        "unit:684 the request", gemini("gemini-pro", options=UNIT), b"master/unit/requests/llm-v1-chat.json", file(GOOD),
        whole("master/unit/expected-requests/gemini/llm-v1-chat.json"),
    ),
    Case(
        "unit:722 the reply", gemini("gemini-pro"), HI, file("master/unit/real-responses/gemini/llm-v1-chat.json"),
        like("master/unit/expected-responses/gemini/llm-v1-chat.json", "model", "object"),
    ),
    Case(
        "393 unit:722 the reply", gemini("gemini-pro"), HI, file("aigw-393/unit/real-responses/gemini/llm-v1-chat.json"),
        like("aigw-393/unit/expected-responses/gemini/llm-v1-chat.json", "created", "model", "object", "usage"),
    ),
    Case(
        "393 unit:722 the reply's id", gemini("gemini-pro"), HI, file("aigw-393/unit/real-responses/gemini/llm-v1-chat.json"),
        like("aigw-393/unit/expected-responses/gemini/llm-v1-chat.json", "id"), "an id begins as OpenAI's do",
        holds(lambda seen: seen.got.json["id"] == "chatcmpl-QUdsaIKDBs-u3NoP5Iyb8QY"),
    ),
    Case("unit:1051 a part of text", gemini(), user({"type": "text", "text": "x"}), file(GOOD), one_user_turn({"text": "x"})),
    Case(
        "unit:1067 a part without text", gemini(), user({"type": "text"}), file(GOOD),
        refuses("message part type is 'text' but is missing .text block", exactly=False), OWN_WORDS, refuses("text", exactly=False),
    ),
    Case(
        "unit:1080 an image by URL", gemini(), user(IMAGE), file(GOOD),
        one_user_turn({"fileData": {"fileUri": IMAGE["image_url"]["url"], "mimeType": "image/generic"}}),
        "the type of a file is told by its name",
        one_user_turn({"fileData": {"fileUri": IMAGE["image_url"]["url"], "mimeType": "image/jpeg"}}, {"text": " "}),
    ),
    Case(
        "unit:1101 an image without URL", gemini(), user({"type": "image_url"}), file(GOOD),
        refuses("message part type is 'image_url' but is missing .image_url.url block", exactly=False), OWN_WORDS,
        refuses("image_url", exactly=False),
    ),
    Case(
        "unit:1114 a part of no known type", gemini(), user({"type": "bad_type"}), file(GOOD),
        refuses("cannot transform part of type 'bad_type' to Gemini format", exactly=False), OWN_WORDS, refuses("type", exactly=False),
    ),
    Case(
        "unit:1171 an image in base64", gemini(), user({"type": "text", "text": "What is this?"}, INLINE), file(GOOD),
        one_user_turn({"text": "What is this?"}, {"inlineData": {"mimeType": "image/png", "data": "Y2F0X3BuZ19oZXJlX2xvbAo="}}),
    ),
    Case("unit:1231 tools", gemini("gemini-2.5-flash"), {**HI, "tools": [CHECK_STOCK]}, file(GOOD), declares),
    Case("unit:1250 no tools", gemini(), HI, file(GOOD), sends(tools=None)),
    Case(
        "unit:1270 a call", gemini(), HI, candidate({"functionCall": {"name": "sql_execute", "args": {"product_name": "NewPhone"}}}),
        calls("sql_execute", '{"product_name":"NewPhone"}'),
    ),
    Case(
        "393 unit:1216 a result", gemini(), b"aigw-393/openai/llm-v1-chat/requests/good_with_function.json", file(GOOD),
        sends(None), "its model is another than the configured one", refuses("cannot use own model - must be: gemini-1.5-pro"),
    ),
    Case(
        "393 unit:1124,1216 calls and results", gemini("gpt-4.1"), b"aigw-393/openai/llm-v1-chat/requests/good_with_function.json", file(GOOD),
        lambda seen: result_of(seen, {"result": "16.1"}), "what a function gives out is `output`, in Google's words",
        lambda seen: result_of(seen, {"output": "16.1"}),
    ),
    Case(
        "unit:835 the operator's options win", gemini(), {**HI, "temperature": 0.1}, file(GOOD),
        sends(generationConfig={"maxOutputTokens": 256, "temperature": 1}), "Kong's documentation says that the client wins; options_mode tells",
        sends(generationConfig={"maxOutputTokens": 256, "temperature": 0.1}),
    ),
    Case(
        "unit:835 the same, forced", gemini(options_mode="force"), {**HI, "temperature": 0.1}, file(GOOD),
        sends(generationConfig={"maxOutputTokens": 256, "temperature": 1}),
    ),
    Case(
        "unit:650 a prompt for chat", gemini(), {"prompt": "x"}, file(GOOD),
        refuses("[llm/v1/completions] message format is not compatible with [llm/v1/chat] route type"),
    ),
    Case("unit:663 two formats", gemini(), {**HI, "prompt": "x"}, file(GOOD), refuses("request matches multiple LLM request formats")),
    Case(
        "unit:479 a header that is missing", gemini("$(headers.from_header_1)"), HI, file(GOOD),
        refuses("headers key from_header_1 was not provided"),
    ),
    Case(
        "unit:479 a parameter that is missing", gemini("$(query_params.arg_1)"), HI, file(GOOD),
        refuses("query_params key arg_1 was not provided"),
    ),
    Case(
        "unit:590 a capture that is missing", gemini("$(uri_captures.uri_cap_3)", uri_template="/{n}/other/{uri_cap_3}"), HI, file(GOOD),
        refuses("uri_captures key uri_cap_3 was not provided"),
    ),
    Case(
        "393 unit:3784 two expressions in one", gemini("$(headers.family)-$(query_params.size)", url=None), HI, file(GOOD),
        sends("/v1beta/models/gemini-2.5-flash:generateContent"), path="chat?size=flash", headers={"family": "gemini-2.5"},
    ),
    Case(
        "openai:1161 a bad request", gemini(), f"{REQUESTS}bad_request.json".encode(), file(GOOD),
        refuses("request body doesn't contain valid prompts"),
    ),
    Case(
        "openai:1130 a model of the client's", gemini(), f"{REQUESTS}good_own_model.json".encode(), file(GOOD),
        refuses("cannot use own model - must be: gemini-1.5-pro"),
    ),
    Case("openai:1099 a null model", gemini(), {**HI, "model": None}, file(GOOD), replies()),
    Case(
        "openai:1179 the client's model", gemini(None, url=None), {**HI, "model": "gemini-2.5-pro"}, file(GOOD),
        sends("/v1beta/models/gemini-2.5-pro:generateContent"),
    ),
    Case(
        "openai:1179 no model at all", gemini(None), HI, file(GOOD),
        refuses("model parameter not found in request, nor in gateway configuration"),
    ),
    Case(
        "openai:964 an upstream's 400", gemini(), GOOD_BODY, file(f"{REPLIES}bad_request.json", status=400),
        verbatim(400, f"{REPLIES}bad_request.json"),
    ),
    Case(
        "openai:994 an upstream's 401", gemini(), GOOD_BODY, file(f"{REPLIES}unauthorized.json", status=401),
        verbatim(401, f"{REPLIES}unauthorized.json"),
    ),
    Case(
        "openai:1145 an upstream's 500 in HTML", gemini(), GOOD_BODY,
        file(f"{REPLIES}internal_server_error.html", status=500, type="text/html"),
        holds(lambda seen: seen.got.status == 500 and b"<html" in seen.got.body), "errors have OpenAI's shape", passes_on(500, ""),
    ),
    Case(
        "openai:1312 a client's own key", gemini(auth=PARAM), HI, file(GOOD), sends("/v1/chat/completions?key=gemini-query-key"),
        path="chat?key=wrong",
    ),
    Case(
        "39-40 blocked for safety", gemini(), HI, file("master/gemini/llm-v1-chat/responses/fails_safety.json"),
        holds(lambda seen: "breached Gemini content safety" in seen.got.body.decode()), "as at OpenAI, the choice says so",
        holds(lambda seen: seen.got.json["choices"][0]["finish_reason"] == "content_filter"),
    ),
    Case(
        "39-40 JSON in a reply", gemini(), HI, file("master/gemini/request-transformer/response-in-json.json"),
        holds(lambda seen: len(json.loads(seen.got.text)["persons"]) == 2),
    ),
    Case("openai:1558 several kinds of parts", gemini(), f"{REQUESTS}good_multi_modal.json".encode(), file(GOOD), replies()),
    Case(
        "08-encoding gzip", gemini(), GOOD_BODY, file(GOOD), holds(lambda seen: seen.got.headers["content-encoding"] == "gzip"),
        "compression is Envoy's compressor filter's", replies(), headers={"accept-encoding": "gzip"},
    ),
    Case("openai tool_choice", gemini("gpt-4.1"), f"{REQUESTS}tool_choice_auto.json".encode(), file(GOOD), replies()),
]


def result_of(seen: Seen, response: dict) -> None:
    """The conversation of Kong's fixture: a call, and its result."""
    call, result = seen.upstream["body"]["contents"][1:]
    assert call["role"] == "model" and call["parts"][0]["functionCall"]["args"] == {"latitude": 48.8566, "longitude": 2.3522}
    found = result["parts"][0]["functionResponse"]
    assert (result["role"], found["name"], found["response"]) == ("user", "get_weather", response)
