"""Envoy matches the route again after the filter has changed headers: what survives that, and how to go without.

`filter_state`: the filter names path and host, the route writes them. `cluster_header`: the filter names the cluster.
"""

import json

import pytest
from envoy import PINNED, ROOT, Envoy, cluster, filter_config, hcm
from fake_google.launch import Fake
from support.lab import CHAT, MODEL, Gateway, chat, lock_step
from support.raw import RawClient

OVER = ROOT / "envoy/filter-state.yaml"
STATEFUL = ["1.37.0", PINNED]
ALL = ["1.36.2", PINNED]
GOOGLE = "generativelanguage.googleapis.com"
QUERY_KEY = {"param_name": "key", "param_value": "test-key", "param_location": "query", "force_query": True}


def routes_of(config):
    return hcm(config)["route_config"]["virtual_hosts"][0]["routes"]


def changed(**fields):
    """An `edit` that sets fields of the shipped filter's own configuration."""

    def edit(config):
        value = filter_config(config)["configuration"]
        value["value"] = json.dumps({**json.loads(value["value"]), **fields})

    return edit


@pytest.fixture(scope="module")
def stateful(fake):
    """`stateful(version, **fields)`: envoy/filter-state.yaml, with these fields of the filter's."""
    running = {}

    def start(version, **fields):
        key = (version, json.dumps(fields))
        if key not in running:
            envoy = Envoy(version=version, upstream=fake.port, over=OVER, edit=changed(**fields))
            running[key] = Gateway(envoy, fake)
        return running[key]

    yield start
    for gateway in running.values():
        gateway.close()


@pytest.mark.parametrize("version", ALL)
def test_a_route_for_the_clients_path_alone_is_lost(gateways, version):
    """Why the shipped file has a catch-all: the request matches again with Google's path."""

    def edit(config):
        routes_of(config)[0]["match"] = {"prefix": "/v1/"}

    gateway = gateways(version=version, edit=edit)
    with gateway.untouched():
        got = gateway.post(chat())
    assert got.status == 404 and got.error["type"] == "invalid_request_error"


@pytest.mark.parametrize("version", STATEFUL)
@pytest.mark.parametrize("stream", [False, True])
def test_filter_state_keeps_the_route(stateful, version, stream):
    got = stateful(version).ask(stream=stream)
    assert got.status == 200, got.body
    names = dict(got.received["headers"])
    assert names["host"] == GOOGLE and names["x-goog-api-key"] == "test-key"
    assert not {"x-forwarded-proto", "x-envoy-original-path", "x-envoy-original-host", "authorization"} & set(names)
    method = "streamGenerateContent?alt=sse" if stream else "generateContent"
    assert got.received["path"] == f"/v1beta/models/{MODEL}:{method}"


def test_filter_state_streams_as_it_comes(stateful):
    lock_step(stateful(PINNED))


def test_filter_state_over_tls(issued, secure_fake):
    """SNI and the certificate's check follow the rewritten host."""
    with Envoy(upstream=secure_fake.port, ca=issued.ca, over=OVER) as envoy:
        got = Gateway(envoy, secure_fake).ask()
    assert got.status == 200 and got.received["tls"]


@pytest.mark.parametrize("version", STATEFUL)
def test_filter_state_with_a_query(stateful, version):
    """Ours survives the rewrite, the client's does not."""
    gateway = stateful(version, auth=QUERY_KEY)
    for query in ("", "?key=evil&alt=json", "?"):
        for stream in (False, True):
            got = gateway.ask(path=CHAT + query, stream=stream)
            assert got.status == 200, got.body
            end = "streamGenerateContent?alt=sse&key=test-key" if stream else "generateContent?key=test-key"
            assert got.received["path"] == f"/v1beta/models/{MODEL}:{end}"


@pytest.mark.parametrize("version", STATEFUL)
def test_a_client_cannot_name_path_or_host(stateful, version):
    names = ["wasm.gemini_filter.path", "gemini_filter.path", "wasm.gemini_filter.host", "x-envoy-original-path"]
    headers = {"host": "evil.test", **dict.fromkeys(names, "evil.test")}
    got = stateful(version).ask(headers=headers)
    assert got.received["path"] == f"/v1beta/models/{MODEL}:generateContent"
    assert dict(got.received["headers"])["host"] == GOOGLE
    assert "evil" not in json.dumps(got.received["headers"])


@pytest.mark.parametrize("version", STATEFUL)
def test_filter_state_with_answers_of_the_filters_own(stateful, version):
    gateway = stateful(version)
    with gateway.untouched():
        assert gateway.post(chat(), path="/v1/other").status == 404
        assert gateway.post(b"{").status == 400
        assert gateway.post(chat(), path="/v2/chat/completions").status == 404


@pytest.mark.parametrize("version", STATEFUL)
def test_a_request_that_passes_keeps_path_and_host(stateful, version):
    """An unset host would be `-`."""
    gateway = stateful(version, unmatched="pass")
    _, record = gateway.send(chat(), path="/v1/other?q=1", headers={"host": "own.test:81"})
    assert (record["path"], dict(record["headers"])["host"]) == ("/v1/other?q=1", "own.test:81")
    assert "x-goog-api-key" not in dict(record["headers"])
    assert gateway.ask().status == 200


def twice(config):
    """Retries what Google answers with 503, once."""
    routes_of(config)[0]["route"]["retry_policy"] = {"retry_on": "5xx", "num_retries": 1}


@pytest.mark.parametrize(("version", "over"), [("1.36.2", None), ("1.37.0", OVER), (PINNED, None), (PINNED, OVER)])
def test_a_retry_is_the_same_request(fresh_envoy, version, over):
    """With its body, path and credential; the metadata of the route is not read again."""

    def edit(config):
        twice(config)
        text = json.dumps({"model": {"name": "gemini-2.5-pro"}, "options_mode": "force"})
        routes_of(config)[0]["metadata"] = {"filter_metadata": {"gemini_filter": {"config": text}}}

    config = {"rewrite": "filter_state"} if over else {}
    gateway = fresh_envoy(config, version=version, over=over, edit=edit)
    error = {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}
    got = gateway.ask({"status": 503, "body": json.dumps(error)}, model=None)
    assert got.status == 503
    first, second = gateway.fake.requests(got.scenario)
    for same in ("path", "headers", "body"):
        assert first[same] == second[same]
    assert first["path"] == "/v1beta/models/gemini-2.5-pro:generateContent"


CLUSTER = "x-gemini-filter-cluster"


@pytest.fixture(scope="module")
def other():
    """A second Google."""
    with Fake() as running:
        yield running


@pytest.fixture(scope="module")
def clustered(fake, other):
    """`clustered(version, config)`: clusters `gemini` and `other`, chosen by header."""
    running = {}

    def edit(config):
        second = json.loads(json.dumps(cluster(config)))
        second["name"] = second["load_assignment"]["cluster_name"] = "other"
        endpoint = second["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        endpoint["address"]["socket_address"]["port_value"] = other.port
        config["static_resources"]["clusters"].append(second)
        (route,) = routes_of(config)
        del route["route"]["cluster"]
        route["route"]["cluster_header"] = CLUSTER
        route["request_headers_to_remove"].append(CLUSTER)

    def start(version, config):
        key = (version, json.dumps(config))
        if key not in running:
            merged = {"auth": {"header_value": "test-key"}, **config}
            running[key] = Gateway(Envoy(version=version, upstream=fake.port, config=merged, edit=edit), fake)
        return running[key]

    yield start
    for gateway in running.values():
        gateway.close()


def went_to(gateway, other, headers=None, path=CHAT):
    """Which fake got a chat, with what headers, and the client's reply."""
    gateway.fake.clear()
    other.clear()
    got = gateway.post(chat(), path=path, headers=headers)
    found = {"gemini": gateway.fake.requests(), "other": other.requests()}
    names = [name for name, requests in found.items() for _ in requests]
    assert all(CLUSTER not in dict(request["headers"]) for requests in found.values() for request in requests)
    return names, got


TABLE = {
    "upstream_cluster": "gemini",
    "routes": [
        {"match": {"path_prefix": "/b/"}, "config": {"upstream_cluster": "other"}},
        {"match": {"path_prefix": "/gone/"}, "config": {"upstream_cluster": "gone"}},
    ],
}


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("sent", [{}, {CLUSTER: "other"}, {CLUSTER: "gemini"}, {CLUSTER.upper(): "gone"}], ids=str)
def test_the_configuration_chooses_the_cluster(clustered, other, version, sent):
    """The client's header never does."""
    gateway = clustered(version, TABLE)
    for path, wanted in [(CHAT, ["gemini"]), ("/b" + CHAT, ["other"])]:
        names, got = went_to(gateway, other, sent, path)
        assert (names, got.status) == (wanted, 200)


@pytest.mark.parametrize("version", ALL)
def test_a_cluster_that_is_not_there(clustered, other, version):
    names, got = went_to(clustered(version, TABLE), other, path="/gone" + CHAT)
    assert names == [] and got.status == 503
    assert got.error["type"] == "server_error" and "gone" not in got.error["message"]


@pytest.mark.parametrize("version", ALL)
@pytest.mark.parametrize("path", [CHAT, "/v1/other"])
def test_a_client_never_chooses_the_cluster(clustered, other, version, path):
    """Not where the configuration names none, and not by a request that passes."""
    gateway = clustered(version, {"unmatched": "pass"})
    for value in ("other", "gemini"):
        names, got = went_to(gateway, other, {CLUSTER: value}, path)
        assert names == [] and got.status >= 500
    repeated = f"POST {path} HTTP/1.1\r\nhost: x\r\n{CLUSTER}: other\r\n{CLUSTER}: gemini\r\ncontent-length: 2\r\n\r\n{{}}"
    gateway.fake.clear()
    other.clear()
    with RawClient(gateway.envoy.port, timeout=20) as client:
        client.send(repeated.encode())
        assert client.reply().status >= 400
    assert gateway.fake.requests() == other.requests() == []


def test_a_header_of_another_name(clustered, other):
    """It is the operator's, and the usual one means nothing then."""
    gateway = clustered(PINNED, {"upstream_cluster": "gemini", "cluster_header": "x-own"})
    names, got = went_to(gateway, other, {"x-own": "other", CLUSTER: "other"})
    assert names == [] and got.status >= 500
