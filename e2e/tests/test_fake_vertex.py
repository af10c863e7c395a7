"""Vertex AI at the fake: who is let in, which host serves what, whose fields are whose, and what its replies have."""

from datetime import datetime

import pytest
from fake_fixtures import BEARER, KEY, PLAIN, said, send, sse_events

from fake_google.launch import Fake

PROJECT = "/v1/projects/p/locations/us-central1"
PUBLISHED = "/publishers/google/models/gemini-2.5-flash:"
VERTEX = PROJECT + PUBLISHED
EXPRESS = "/v1" + PUBLISHED
TUNED = PROJECT + "/endpoints/1234567890:"
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
KEYED = "API keys are not supported by this API."
INVALID = "Request had invalid authentication credentials."


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def generate(google, place, headers=None, **changed):
    return send(google, place + "generateContent", {**said("hi"), **changed}, headers)


# Paths.


@pytest.mark.parametrize(
    ("place", "credential"),
    [(VERTEX, BEARER), (TUNED, BEARER), (EXPRESS, KEY)],
    ids=["project", "tuned", "express"],
)
@pytest.mark.parametrize("version", ["/v1/", "/v1beta1/"])
def test_surface(google, place, credential, version):
    place = place.replace("/v1/", version)
    assert generate(google, place, credential).json()["candidates"]
    events = sse_events(send(google, place + "streamGenerateContent?alt=sse", said("hi"), credential).body)
    assert events[-1]["candidates"][0]["finishReason"] == "STOP"
    assert send(google, place + "countTokens", said("one two"), credential).json()["totalTokens"] == 2


@pytest.mark.parametrize(
    "path",
    [
        VERTEX.replace("/v1/", "/v1beta/") + "generateContent",
        VERTEX.replace("google", "other") + "generateContent",
        VERTEX.replace("/locations/us-central1", "") + "generateContent",
        TUNED.replace("/projects/p/locations/us-central1", "") + "generateContent",
        PROJECT + "/endpoints:generateContent",
        "/v1beta1/models/gemini-2.5-flash:generateContent",
    ],
)
def test_no_such_path(google, path):
    reply = send(google, path, said("hi"), BEARER)
    assert reply.status == 404 and reply.body.startswith(b"<!DOCTYPE html>")


def test_endpoints(google):
    google.put_endpoint("mine", "gemini-2.0-flash")
    mine = PROJECT + "/endpoints/mine:"
    assert generate(google, mine).json()["modelVersion"] == "gemini-2.0-flash"
    thinking = {"generationConfig": {"thinkingConfig": {"thinkingBudget": 0}}}
    assert generate(google, TUNED, **thinking).status == 200
    assert generate(google, mine, **thinking).status == 400, "the rules of the model it serves"
    unknown = generate(google, PROJECT + "/endpoints/gemini-2.5-flash:")
    assert (unknown.status, unknown.json()["error"]["status"]) == (404, "NOT_FOUND")


# Credentials. name: (path, headers, status, beginning of the message, reason)


def tokens(google):
    return {
        "expired": google.issue_token(expires_in=-1),
        "narrow": google.issue_token(scopes=[CLOUD.replace("cloud-platform", "generative-language")]),
        "good": google.issue_token(),
    }


CREDENTIALS = {
    "no credential": (VERTEX, {}, 401, KEYED, "CREDENTIALS_MISSING"),
    "a key in a project": (VERTEX, KEY, 401, KEYED, "CREDENTIALS_MISSING"),
    "a key in the query in a project": (VERTEX + "?", {}, 401, KEYED, "CREDENTIALS_MISSING"),
    "a key for a tuned model": (TUNED, KEY, 401, KEYED, "CREDENTIALS_MISSING"),
    "a key as bearer": (VERTEX, {"authorization": "Bearer AIzaTest"}, 401, INVALID, "ACCESS_TOKEN_TYPE_UNSUPPORTED"),
    "the right key as bearer": (VERTEX, {"authorization": "Bearer test-key"}, 401, INVALID, None),
    "the right key as bearer, express": (EXPRESS, {"authorization": "Bearer test-key"}, 401, INVALID, None),
    "the right key as bearer, Developer API": (PLAIN, {"authorization": "Bearer test-key"}, 401, INVALID, None),
    "another scheme": (VERTEX, {"authorization": "Basic test-token"}, 401, INVALID, None),
    "a token of nobody": (VERTEX, {"authorization": "Bearer ya29.none"}, 401, INVALID, None),
    "an expired token": (VERTEX, "expired", 401, INVALID, "ACCESS_TOKEN_EXPIRED"),
    "another scope": (VERTEX, "narrow", 403, "Request had insufficient", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"),
    "a wrong key beside the token": (VERTEX, {**BEARER, "x-goog-api-key": "sk-1"}, 400, "API key not valid.", None),
    "a wrong key, express": (EXPRESS, {"x-goog-api-key": "nope"}, 400, "API key not valid.", "API_KEY_INVALID"),
    "no key, express": (EXPRESS, {}, 401, KEYED, "CREDENTIALS_MISSING"),
    "a token, express": (EXPRESS, "good", 403, "The request is missing a valid API key.", None),
}


@pytest.mark.parametrize("name", CREDENTIALS)
def test_bad_credential(google, name):
    place, headers, status, message, reason = CREDENTIALS[name]
    if isinstance(headers, str):
        headers = {"authorization": f"Bearer {tokens(google)[headers]}"}
    path = place if place == PLAIN else place.removesuffix("?") + "generateContent"
    reply = send(google, path + ("?key=test-key" if place.endswith("?") else ""), said("hi"), headers)
    error = reply.json()["error"]
    assert (reply.status, error["message"][: len(message)]) == (status, message)
    if reason is not None:
        assert error["details"][0]["reason"] == reason
    assert ("www-authenticate" in reply.headers) == (status == 401)


def test_good_credentials(google):
    token = {"authorization": f"Bearer {tokens(google)['good']}"}
    narrow = {"authorization": f"Bearer {tokens(google)['narrow']}"}
    assert generate(google, VERTEX, token).status == 200
    assert send(google, PLAIN, said("hi"), narrow).status == 200, "the Developer API has a scope of its own"
    assert send(google, EXPRESS + "generateContent?key=test-key", said("hi"), {}).status == 200


# Hosts. (host, location or None for express mode, status)


HOSTS = [
    ("us-central1-aiplatform.googleapis.com", "us-central1", 200),
    ("us-central1-aiplatform.googleapis.com:443", "us-central1", 200),
    ("europe-west4-aiplatform.googleapis.com", "us-central1", 400),
    ("us-central1-aiplatform.googleapis.com", "global", 400),
    ("us-central1-aiplatform.googleapis.com", None, 400),
    ("aiplatform.googleapis.com", "global", 200),
    ("aiplatform.googleapis.com", None, 200),
    ("aiplatform.googleapis.com", "us-central1", 400),
    ("aiplatform.us.rep.googleapis.com", "us", 200),
    ("aiplatform.eu.rep.googleapis.com", "eu", 200),
    ("aiplatform.eu.rep.googleapis.com", "us", 400),
    ("aiplatform.eu.rep.googleapis.com", "europe-west4", 400),
    ("aiplatform.googleapis.com", "eu", 200),
    ("eu-aiplatform.googleapis.com", "eu", 400),
    ("us-aiplatform.googleapis.com", "us", 400),
    ("global-aiplatform.googleapis.com", "global", 404),
    ("generativelanguage.googleapis.com", "us-central1", 404),
    ("oauth2.googleapis.com", "us-central1", 404),
    ("gateway.example", "us-central1", 200),
    ("us-central1-aiplatform.googleapis.com", "US-Central1", 400),
    ("gateway.example", "us_central1", 400),
]


@pytest.mark.parametrize(("host", "location", "status"), HOSTS)
def test_hosts(google, host, location, status):
    place = EXPRESS if location is None else VERTEX.replace("us-central1", location)
    credential = KEY if location is None else BEARER
    assert generate(google, place, {**credential, "host": host}).status == status


@pytest.mark.parametrize(
    ("host", "location", "message"),
    [
        ("eu-aiplatform.googleapis.com", "eu", "Invalid hostname: eu-aiplatform.googleapis.com"),
        (
            "europe-west4-aiplatform.googleapis.com",
            "us-central1",
            "The provided location ID doesn't match the endpoint. The valid location ID is `europe-west4`.",
        ),
    ],
)
def test_words_about_hosts(google, host, location, message):
    place = VERTEX.replace("us-central1", location)
    assert generate(google, place, {**BEARER, "host": host}).message == message


def test_the_developer_api_has_a_host_of_its_own(google):
    assert send(google, PLAIN, said("hi"), {**KEY, "host": "generativelanguage.googleapis.com"}).status == 200
    assert send(google, PLAIN, said("hi"), {**KEY, "host": "aiplatform.googleapis.com"}).status == 404


@pytest.mark.parametrize("project", ["p", "123456", "example.com:p", "a-b"])
def test_projects(google, project):
    assert generate(google, VERTEX.replace("/p/", f"/{project}/")).status == 200


@pytest.mark.parametrize("project", ["$(headers.x)", "P", "a%2Fb", "-", "..", "p%20q"])
def test_bad_projects(google, project):
    reply = generate(google, VERTEX.replace("/p/", f"/{project}/"))
    assert (reply.status, reply.message) == (400, "Invalid resource field value in the request.")


# Fields (`translation.md` section 0.4): what one API has, the other refuses as an unknown name.


TEXT = {"role": "user", "parts": [{"text": "hi"}]}
BLOB = {"mimeType": "image/png", "data": "AAAA", "displayName": "cat"}
FILE = {"mimeType": "image/png", "fileUri": "https://example.com/cat.png", "displayName": "cat"}
PARTIAL = {"name": "f", "args": {}, "partialArgs": [{"jsonPath": "$.a", "stringValue": "x"}]}
MINE = {
    "labels": {"labels": {"a": "b"}},
    "routing config": {"generationConfig": {"routingConfig": {"autoMode": {}}}},
    "audio timestamps": {"generationConfig": {"audioTimestamp": True}},
    "Model Armor": {"modelArmorConfig": {"promptTemplateName": "t"}},
    "a blob's name": {"contents": [{"role": "user", "parts": [{"inlineData": BLOB}]}]},
    "a file's name": {"contents": [{"role": "user", "parts": [{"fileData": FILE}]}]},
    "partial arguments": {"contents": [TEXT, {"role": "model", "parts": [{"functionCall": PARTIAL}]}, TEXT]},
    "streamed arguments": {"toolConfig": {"functionCallingConfig": {"streamFunctionCallArguments": True}}},
    "a safety method": {
        "safetySettings": [
            {"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE", "method": "SEVERITY"}
        ]
    },
    "retrieval": {"tools": [{"retrieval": {"vertexAiSearch": {"datastore": "projects/p/locations/l/collections/c"}}}]},
    "enterprise search": {"tools": [{"enterpriseWebSearch": {}}]},
    "parallel search": {"tools": [{"parallelAiSearch": {}}]},
    "Exa's search": {"tools": [{"exaAiSearch": {"apiKey": "k"}}]},
    "grounding in places": {"tools": [{"googleMaps": {"groundingTypes": {}}}]},
    "prominent people": {"generationConfig": {"imageConfig": {"prominentPeople": "BLOCK_PROMINENT_PEOPLE"}}},
    "excluded domains": {"tools": [{"googleSearch": {"excludeDomains": ["example.com"]}}]},
    "blocking confidence": {"tools": [{"googleSearch": {"blockingConfidence": "BLOCK_LOW_AND_ABOVE"}}]},
    "persons in images": {"generationConfig": {"imageConfig": {"personGeneration": "ALLOW_ALL"}}},
    "output of images": {"generationConfig": {"imageConfig": {"imageOutputOptions": {"mimeType": "image/png"}}}},
}
THEIRS = {
    "a tool call": {"contents": [{"role": "user", "parts": [{"toolCall": {"id": "1", "args": {}}}]}]},
    "a tool response": {"contents": [{"role": "user", "parts": [{"toolResponse": {"id": "1", "response": {}}}]}]},
    "metadata of a part": {"contents": [{"role": "user", "parts": [{"text": "hi", "partMetadata": {"a": 1}}]}]},
    "server-side tools": {"toolConfig": {"includeServerSideToolInvocations": True}},
    "file search": {"tools": [{"fileSearch": {"fileSearchStoreNames": ["fileSearchStores/x"]}}]},
    "civic answers": {"generationConfig": {"enableEnhancedCivicAnswers": True}},
    "MCP servers": {"tools": [{"mcpServers": [{"name": "x"}]}]},
    "a tier in the body": {"serviceTier": "flex"},
    "stored": {"store": True},
}


def refused_as_unknown(reply):
    said = reply.message.split("\n")[0]
    return reply.status == 400 and said.startswith("Invalid JSON payload received. Unknown name")


@pytest.mark.parametrize("name", MINE)
def test_fields_of_vertex(google, name):
    reply = generate(google, VERTEX, **MINE[name])
    assert not (reply.status == 400 and refused_as_unknown(reply)), reply.body
    assert refused_as_unknown(send(google, PLAIN, {**said("hi"), **MINE[name]}))


@pytest.mark.parametrize("name", THEIRS)
def test_fields_of_the_developer_api(google, name):
    reply = send(google, PLAIN, {**said("hi"), **THEIRS[name]})
    assert not (reply.status == 400 and refused_as_unknown(reply)), reply.body
    assert refused_as_unknown(generate(google, VERTEX, **THEIRS[name]))


def test_both_have_it_by_their_discovery_documents(google):
    """`translation.md` section 0.4 calls these the Developer API's alone; Vertex's document of 2026-11-06 has them."""
    config = {"generationConfig": {"translationConfig": {"targetLanguageCode": "de"}}}
    assert send(google, PLAIN, {**said("hi"), **config}).status == generate(google, VERTEX, **config).status == 200


def test_model_is_no_field_of_vertex(google):
    assert refused_as_unknown(generate(google, VERTEX, model="models/gemini-2.5-flash"))


def test_role_is_required(google):
    contents = [{"parts": [{"text": "hi"}]}]
    assert generate(google, VERTEX, contents=contents).message == "Please use a valid role: user, model."
    assert send(google, PLAIN, {"contents": contents}).status == 200


@pytest.mark.parametrize(
    ("place", "name", "status"),
    [
        (VERTEX.replace("v1", "v1beta1"), "projects/p/locations/us-central1/cachedContents/1", 200),
        (VERTEX, "projects/p/locations/us-central1/cachedContents/1", 400),
        (VERTEX.replace("v1", "v1beta1"), "cachedContents/1", 400),
        (PLAIN.removesuffix("generateContent"), "cachedContents/1", 200),
        (PLAIN.removesuffix("generateContent"), "projects/p/locations/us-central1/cachedContents/1", 400),
    ],
)
def test_caches(google, place, name, status):
    assert generate(google, place, cachedContent=name).status == status


# Tiers, by header.


@pytest.mark.parametrize(
    ("headers", "traffic"),
    [
        ({}, "ON_DEMAND"),
        ({"X-Vertex-AI-LLM-Shared-Request-Type": "flex"}, "ON_DEMAND_FLEX"),
        ({"X-Vertex-AI-LLM-Shared-Request-Type": "priority"}, "ON_DEMAND_PRIORITY"),
        ({"X-Vertex-AI-LLM-Request-Type": "shared"}, "ON_DEMAND"),
        ({"X-Vertex-AI-LLM-Request-Type": "dedicated"}, "PROVISIONED_THROUGHPUT"),
        (
            {"X-Vertex-AI-LLM-Request-Type": "shared", "X-Vertex-AI-LLM-Shared-Request-Type": "flex"},
            "ON_DEMAND_FLEX",
        ),
    ],
)
def test_tiers(google, headers, traffic):
    assert generate(google, VERTEX, {**BEARER, **headers}).json()["usageMetadata"]["trafficType"] == traffic


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Vertex-AI-LLM-Shared-Request-Type": "standard"},
        {"X-Vertex-AI-LLM-Request-Type": "flex"},
        {"X-Vertex-AI-LLM-Request-Type": "dedicated", "X-Vertex-AI-LLM-Shared-Request-Type": "flex"},
    ],
)
def test_bad_tiers(google, headers):
    assert generate(google, VERTEX, {**BEARER, **headers}).status == 400


# Replies.


def test_reply(google):
    reply = generate(google, VERTEX)
    value = reply.json()
    assert datetime.fromisoformat(value["createTime"]).tzinfo is not None
    assert value["usageMetadata"]["trafficType"] == "ON_DEMAND"
    assert value["candidates"][0]["avgLogprobs"] < 0
    assert "x-gemini-service-tier" not in reply.headers
    events = sse_events(send(google, VERTEX + "streamGenerateContent?alt=sse", said("hi")).body)
    assert all(event["createTime"] and event["usageMetadata"]["trafficType"] == "ON_DEMAND" for event in events)


def test_the_developer_api_has_none_of_it(google):
    reply = send(google, PLAIN, said("hi"))
    assert "createTime" not in reply.json() and "trafficType" not in reply.json()["usageMetadata"]
    assert reply.headers["x-gemini-service-tier"] == "standard"
