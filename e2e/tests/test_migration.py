"""Configurations of Kong's and APISIX's users, pasted unchanged: JSON, decK's YAML, a route of APISIX's."""

import json

import pytest
import yaml
from envoy import Envoy, filter_config
from fake_google.identity import keys
from fake_google.launch import Fake
from support.lab import VERSION, Gateway, chat

KONG_GEMINI = (
    '{"route_type":"llm/v1/chat","auth":{"param_name":"key","param_value":"K","param_location":"query"},"model":{"provider":'
    '"gemini","name":"gemini-2.5-flash","options":{"max_tokens":512,"temperature":1.0}}}'
)
KONG_VERTEX = (
    '{"route_type":"llm/v1/chat","auth":{"gcp_use_service_account":true,"gcp_service_account_json":KEY_FILE},"model":{"provider":'
    '"gemini","name":"gemini-2.5-flash","options":{"gemini":{"api_endpoint":"us-central1-aiplatform.googleapis.com",'
    '"project_id":"p","location_id":"us-central1"}}}}'
)
APISIX = '{"provider":"gemini","auth":{"header":{"Authorization":"Bearer K"}},"options":{"model":"gemini-2.5-flash"}}'
# https://developer.konghq.com/how-to/set-up-ai-proxy-with-gemini/, with a service and route as `deck gateway dump` has them.
DECK = """
_format_version: "3.0"
services:
- name: llm
  url: http://localhost:32000
  routes:
  - name: chat
    paths:
    - /anything
plugins:
- name: ai-proxy
  config:
    route_type: llm/v1/chat
    auth:
      param_name: key
      param_value: K
      param_location: query
    model:
      provider: gemini
      name: gemini-2.5-flash
      options:
        max_tokens: 512
        temperature: 1.0
"""
# https://apisix.apache.org/docs/apisix/plugins/ai-proxy/
APISIX_ROUTE = """
id: ai-proxy-gemini-route
uri: /anything
methods: [POST]
plugins:
  ai-proxy:
    provider: gemini
    auth:
      header:
        Authorization: Bearer K
    options:
      model: gemini-2.5-flash
"""
NATIVE = "/v1beta/models/gemini-2.5-flash:generateContent"
COMPATIBLE = "/v1beta/openai/chat/completions"
NO_SIGNATURES = pytest.mark.skipif(VERSION.startswith("1.36."), reason="Envoy 1.36 cannot sign, and says so at load")


@pytest.fixture(scope="module")
def google():
    """It takes the key `K`."""
    with Fake(api_key="K") as running:
        yield running


@pytest.fixture
def pasted(google):
    """`pasted(JSON, or an object for a Struct, further clusters)`: a gateway with that configuration."""
    started = []

    def start(configuration, clusters=()):
        def edit(config):
            if not isinstance(configuration, str):
                struct = {"@type": "type.googleapis.com/google.protobuf.Struct", "value": configuration}
                filter_config(config)["configuration"] = struct
            found = config["static_resources"]["clusters"]
            found += [{**found[0], "name": name} for name in clusters]

        text = configuration if isinstance(configuration, str) else None
        envoy = Envoy(version=VERSION, upstream=google.port, config=text, edit=edit, env={"GEMINI_API_KEY": None})
        started.append(Gateway(envoy, google))
        return started[-1]

    yield start
    for one in started:
        assert "panicked" not in one.envoy.log()
        one.close()


def headers(received) -> dict:
    return {name.lower(): value for name, value in received["headers"]}


def untold() -> dict:
    """A chat whose model the gateway knows."""
    return {name: value for name, value in chat().items() if name != "model"}


@pytest.mark.parametrize("written", ["JSON", "decK as JSON", "decK in YAML", "the plugin in YAML"])
def test_kong_gemini(pasted, written):
    configurations = {
        "JSON": KONG_GEMINI,
        "decK as JSON": json.dumps(yaml.safe_load(DECK)),
        "decK in YAML": yaml.safe_load(DECK),
        "the plugin in YAML": yaml.safe_load(DECK)["plugins"][0],
    }
    gateway = pasted(configurations[written])
    # Kong's route types fix the endpoint: the path of a client is any.
    got, received = gateway.send(untold(), path="/anything")
    assert (got.status, got.text) == (200, "You said: hello"), got.body
    assert received["path"] == NATIVE, "a key is sent as a header, where no log has it"
    assert headers(received)["x-goog-api-key"] == "K"
    assert received["body"]["generationConfig"] == {"maxOutputTokens": 512, "temperature": 1}
    assert gateway.post(chat(model="gpt-4o")).error["message"] == "cannot use own model - must be: gemini-2.5-flash"
    assert gateway.ask(body={**untold(), "stream": True}).stream.problems == []
    if "decK" in written:
        assert "services[0].routes[0].paths: not used" in gateway.log()


@NO_SIGNATURES
@pytest.mark.parametrize("written", ["JSON", "YAML"])
def test_kong_vertex(pasted, google, written):
    text = KONG_VERTEX.replace("KEY_FILE", json.dumps(json.dumps(keys.service_account(google))))
    gateway = pasted(text if written == "JSON" else json.loads(text), clusters=["google-oauth"])
    got, received = gateway.send(untold())
    assert (got.status, got.text) == (200, "You said: hello"), got.body
    path = "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent"
    assert received["path"] == path
    assert headers(received)["host"] == "us-central1-aiplatform.googleapis.com"
    assert headers(received)["authorization"].startswith("Bearer ")
    assert gateway.ask(body={**untold(), "stream": True}).stream.problems == []


@pytest.mark.parametrize("written", ["JSON", "a route in YAML"])
def test_apisix(pasted, written):
    gateway = pasted(APISIX if written == "JSON" else yaml.safe_load(APISIX_ROUTE))
    for path in ("/anything", "/v1/chat/completions", "/"):
        # As in APISIX, the configured model replaces the client's.
        got, received = gateway.send(chat(model="gpt-4o"), path=path)
        assert (got.status, got.text) == (200, "You said: hello"), got.body
        assert received["path"] == COMPATIBLE
        assert headers(received)["authorization"] == "Bearer K"
        assert received["body"]["model"] == "gemini-2.5-flash"
        streamed, received = gateway.send({**untold(), "stream": True}, path=path)
        assert received["path"] == COMPATIBLE and received["body"]["stream"] is True
        assert streamed.stream.done and streamed.stream.messages[0]["content"] == "You said: hello"
    if written != "JSON":
        assert "uri: not used" in gateway.log()


@pytest.mark.parametrize("auth", [{"header": {"x-goog-api-key": "K"}}, {"query": {"key": "K"}}], ids=str)
def test_a_key_of_apisix_is_sent_as_the_endpoint_takes_it(pasted, auth):
    gateway = pasted(json.dumps({**json.loads(APISIX), "auth": auth}))
    got, received = gateway.send(chat())
    assert got.status == 200, got.body
    assert received["path"] == COMPATIBLE
    assert headers(received)["authorization"] == "Bearer K" and "x-goog-api-key" not in headers(received)
