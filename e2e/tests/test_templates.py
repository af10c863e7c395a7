"""Settings that each request fills in: the model, and the host, which must be an allowed one."""

import json

import pytest
from envoy import PINNED, hcm
from support.lab import CHAT, MODEL, chat
from support.raw import RawClient

GOOGLE = "generativelanguage.googleapis.com"
VERSIONS = ["1.36.2", PINNED]
TOKEN = {"header_name": "authorization", "header_value": "Bearer test-token"}
VERTEX = {"project_id": "p1", "location_id": "us-central1"}
ALLOWED = [GOOGLE, "us-central1-aiplatform.googleapis.com", "*.gw.test"]

URL = {"model": {"name": MODEL, "options": {"upstream_url": "https://$(headers.x_host)"}}, "allowed_hosts": ALLOWED}
ENDPOINT = {
    "auth": TOKEN,
    "model": {"name": MODEL, "options": {"gemini": {**VERTEX, "api_endpoint": "$(headers.x_host)"}}},
    "allowed_hosts": ALLOWED,
}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("config", "host", "expected"),
    [
        (URL, GOOGLE, GOOGLE),
        (URL, GOOGLE.upper(), GOOGLE),
        (URL, "a.gw.test", "a.gw.test"),
        (ENDPOINT, "us-central1-aiplatform.googleapis.com", "us-central1-aiplatform.googleapis.com"),
        (ENDPOINT, "b.gw.test:8443", "b.gw.test:8443"),
    ],
    ids=["url", "upper case", "domain", "vertex", "port"],
)
def test_an_allowed_host(gateways, version, config, host, expected):
    got = gateways(config, version=version).ask(headers={"x-host": host})
    assert got.status == 200, got.body
    names = dict(got.received["headers"])
    assert names["host"] == expected and "x-host" not in names
    path = f"/v1/projects/p1/locations/us-central1/publishers/google/models/{MODEL}" if config is ENDPOINT else f"/v1beta/models/{MODEL}"
    assert got.received["path"] == path + ":generateContent"


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("config", [URL, ENDPOINT], ids=["url", "endpoint"])
def test_any_other_host(gateways, version, config):
    """400, and no request, so no credential, leaves for anywhere."""
    gateway = gateways(config, version=version)
    others = [
        *("evil.test", "gw.test", "xgw.test", f"{GOOGLE}.evil.test", f"evil.test/{GOOGLE}", f"evil.test?{GOOGLE}"),
        *(f"{GOOGLE}@evil.test", f"evil.test#{GOOGLE}", f"evil.test:443#.gw.test", "evil.test\\.gw.test"),
        *("127.0.0.1", "[::1]", "169.254.169.254", "$env://GEMINI_API_KEY", "$(headers.host)", "a b.gw.test", "evil.test%2f.gw.test"),
        # The host would be right, the path the client's.
        *(f"{GOOGLE}/v1beta/files", f"{GOOGLE}/v1beta/models/other:generateContent", "a.gw.test/"),
    ]
    with gateway.untouched():
        for host in others:
            got = gateway.post(chat(), headers={"x-host": host})
            assert got.status == 400, (host, got.body)
            assert got.error["type"] == "invalid_request_error"
            assert b"test-key" not in got.body and b"test-token" not in got.body
        got = gateway.post(chat())
        assert got.status == 400 and got.error["message"] == "headers key x_host was not provided"
        with RawClient(gateway.envoy.port, timeout=20) as client:
            client.send(f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nx-host: ".encode() + b"\xff.gw.test\r\ncontent-length: 0\r\n\r\n")
            assert client.reply().status == 400
    assert gateway.ask(headers={"x-host": GOOGLE if config is URL else "a.gw.test"}).status == 200


def test_the_first_of_two_headers_is_checked_and_used(gateways):
    gateway = gateways(URL)
    body = json.dumps(chat()).encode()
    for first, second, status in [("a.gw.test", "evil.test", 200), ("evil.test", "a.gw.test", 400)]:
        gateway.fake.clear()
        with RawClient(gateway.envoy.port, timeout=20) as client:
            head = f"POST {CHAT} HTTP/1.1\r\nhost: x\r\nx-host: {first}\r\nx-host: {second}\r\ncontent-length: {len(body)}\r\n\r\n"
            client.send(head.encode() + body)
            assert client.reply().status == status
        hosts = [dict(request["headers"])["host"] for request in gateway.fake.requests()]
        assert hosts == (["a.gw.test"] if status == 200 else [])


def test_a_region_is_one_of_googles(gateways):
    """The location makes the host, always within Google's domain."""
    options = {"gemini": {"project_id": "p1", "location_id": "$(query_params.region)"}}
    gateway = gateways({"auth": TOKEN, "model": {"name": MODEL, "options": options}})
    got = gateway.ask(path=f"{CHAT}?region=europe-west4")
    assert dict(got.received["headers"])["host"] == "europe-west4-aiplatform.googleapis.com"
    with gateway.untouched():
        for region in ("evil.test%2F", "evil.test%23", "x.y", "", "A", "../x"):
            assert gateway.post(chat(), path=f"{CHAT}?region={region}").status == 400


def json_to_metadata(config):
    """Envoy's own filter, which reads the body before ours sees the headers."""
    rule = {"selectors": [{"key": "model"}], "on_present": {"metadata_namespace": "own.space", "key": "model"}}
    kind = "type.googleapis.com/envoy.extensions.filters.http.json_to_metadata.v3.JsonToMetadata"
    typed = {"@type": kind, "request_rules": {"rules": [rule]}}
    hcm(config)["http_filters"].insert(0, {"name": "json-to-metadata", "typed_config": typed})


# What stands for the model at which path, and a request that gives it.
PLACES = {
    "header": ("$(headers.x_model)", CHAT, {"x-model": "gemini-2.5-pro"}),
    "path": ("$(uri_captures.model)", "/gemini/gemini-2.5-pro" + CHAT, {}),
    "query": ("$(query_params.model)", CHAT + "?a=b&mod%65l=gemini%2D2.5-pro", {}),
    "part": ("gemini-2.5-$(headers.x_size)", CHAT, {"x-size": "pro"}),
    "metadata": ("$(metadata.own.space.model)", CHAT, {}),
}


@pytest.fixture(scope="module")
def placed(gateways):
    """`placed(version)`: a gateway with a rule for each place, at /header/, /path/, ..."""
    rules = [{"match": {"path_prefix": f"/{place}/"}, "config": {"model": {"name": name}}} for place, (name, _, _) in PLACES.items()]
    config = {"routes": rules, "uri_template": "/path/gemini/{model}/*"}
    return lambda version=PINNED: gateways(config, version=version, edit=json_to_metadata)


def without_model(**fields):
    return {name: value for name, value in chat(**fields).items() if name != "model"}


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("place", PLACES)
def test_where_a_model_can_come_from(placed, version, place):
    _, path, headers = PLACES[place]
    for stream in (False, True):
        body = chat(model="gemini-2.5-pro", stream=stream) if place == "metadata" else without_model(stream=stream)
        got = placed(version).ask(body=body, path=f"/{place}{path}", headers=headers)
        assert got.status == 200, got.body
        assert got.received["path"].startswith("/v1beta/models/gemini-2.5-pro:")
        assert got.headers["x-llm-model"] == "gemini/gemini-2.5-pro"


NAME = "model.name: expected a model's name"


@pytest.mark.parametrize(
    ("path", "headers", "message"),
    [
        ("/header" + CHAT, {}, "headers key x_model was not provided"),
        ("/header" + CHAT, {"x-model": ""}, "headers key x_model was not provided"),
        ("/query" + CHAT, {}, "query_params key model was not provided"),
        ("/path" + CHAT, {}, "uri_captures key model was not provided"),
        ("/metadata" + CHAT, {}, "metadata key own.space.model was not provided"),
        ("/header" + CHAT, {"x-model": "../secrets"}, NAME),
        ("/header" + CHAT, {"x-model": "$env://GEMINI_API_KEY"}, NAME),
        ("/path/gemini/a%2F..%2Fb" + CHAT, {}, NAME),
    ],
)
def test_a_model_that_is_missing_or_none(placed, path, headers, message):
    gateway = placed()
    with gateway.untouched():
        got = gateway.post(without_model(), path=path, headers=headers)
    assert got.status == 400 and message in got.error["message"]
    assert got.error["type"] == "invalid_request_error"


def test_a_template_in_a_routes_metadata(gateways):
    def edit(config):
        (route,) = hcm(config)["route_config"]["virtual_hosts"][0]["routes"]
        text = json.dumps({"model": {"name": "$(headers.x_model)"}})
        route["metadata"] = {"filter_metadata": {"gemini_filter": {"config": text}}}

    gateway = gateways(edit=edit)
    for model in ("gemini-2.5-pro", "gemini-2.0-flash", "gemini-2.5-pro"):
        got = gateway.ask(model=None, headers={"x-model": model})
        assert got.received["path"] == f"/v1beta/models/{model}:generateContent"
