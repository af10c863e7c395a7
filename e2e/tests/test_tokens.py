"""Tokens of Google principals: whose they are, that one fetch serves everybody, and what survives what."""

import base64
import copy
import json
import threading
import time

import httpx
import pytest
import wasmtime
from envoy import PINNED, filter_configs, validate
from fake_google.identity import keys
from support.lab import CHAT, chat
from support.raw import RawClient, chunked, request
from support.tokens import OTHER, ROBOT, Crowd, active, asked, assertions, bearers, eventually, hello, known, principal, signing, waits_at


def key_file(google, email=ROBOT, **extra):
    return json.dumps(signing(google, email, **extra))


# Whose token it is: (fields of `auth`, variables, how often each service is asked).
PRINCIPALS = {
    "key file": lambda g: ({"gcp_service_account_json": key_file(g)}, {}, {"oauth2": 1}),
    "key file of the environment": lambda g: ({}, {"GCP_SERVICE_ACCOUNT": key_file(g)}, {"oauth2": 1}),
    "the configured one of two": lambda g: (
        {"gcp_service_account_json": key_file(g)}, {"GCP_SERVICE_ACCOUNT": key_file(g, OTHER)}, {"oauth2": 1}
    ),
    "machine": lambda g: ({}, {}, {"metadata": 1}),
    "machine that impersonates": lambda g: (
        {"gcp_impersonate_service_account": known(g, OTHER)}, {}, {"metadata": 1, "iamcredentials": 1}
    ),
    "key file that impersonates": lambda g: (
        {"gcp_service_account_json": key_file(g), "gcp_impersonate_service_account": known(g, OTHER)}, {},
        {"oauth2": 1, "iamcredentials": 1},
    ),
    "file that impersonates": lambda g: (
        {"gcp_service_account_json": json.dumps(keys.impersonated_service_account(signing(g), known(g, OTHER)))}, {},
        {"oauth2": 1, "iamcredentials": 1},
    ),
    "federation, variable": lambda g: (
        {"gcp_service_account_json": federated(g, {"environment_variable": "SUBJECT_TOKEN"}, subject_tokens=["aaa.bbb.ccc"])},
        {"SUBJECT_TOKEN": "aaa.bbb.ccc"}, {"sts": 1},
    ),
    "federation, text": lambda g: ({"gcp_service_account_json": federated(g)}, {}, {"subject_token": 1, "sts": 1}),
    "federation, JSON": lambda g: (
        {}, {"GCP_SERVICE_ACCOUNT": federated(g, as_json=True, headers={"Metadata": "True"})}, {"subject_token": 1, "sts": 1}
    ),
    "federation that impersonates": lambda g: (
        {"gcp_service_account_json": federated(g, impersonate=known(g, OTHER))}, {},
        {"subject_token": 1, "sts": 1, "iamcredentials": 1},
    ),
}  # fmt: skip


def federated(google, source=None, **arguments):
    return json.dumps(keys.external_account(google, source, **arguments))


@pytest.mark.parametrize("name", PRINCIPALS)
def test_principals(fresh_envoy, google, name):
    auth, env, services = PRINCIPALS[name](google)
    gateway = fresh_envoy(**principal(google, auth, env=env))
    assert [gateway.ask().text for _ in range(3)] == ["Hello there."] * 3
    assert gateway.ask(stream=True).stream.problems == []
    assert asked(google) == services
    assert len(set(bearers(google))) == 1
    assert [claims["iss"] for claims in assertions(google)] == [ROBOT] * services.get("oauth2", 0)
    for record in google.requests(service="iamcredentials"):
        assert record["path"].endswith(f"/{OTHER}:generateAccessToken")


def test_many_first_requests_are_one_fetch(fresh_envoy, google):
    """200 at once on two workers."""
    gateway = fresh_envoy(**principal(google, {"gcp_service_account_json": key_file(google), "gcp_token_wait": 60}), concurrency=2)
    google.behave("oauth2", {"hold": True})
    crowd = Crowd(gateway, [hello()] * 200)
    shares = [value for name, value in gateway.envoy.stats("listener.").items() if ".worker_" in name and name.endswith("_cx_total")]
    assert sum(shares) == 200 and min(shares) >= 80, shares
    waits_at(google, "oauth2")
    assert bearers(google) == []
    google.release("oauth2")
    assert {reply.status for reply in crowd.replies()} == {200}
    assert google.services()["oauth2"]["requests"] == 1 and asked(google) == {"oauth2": 1}
    assert len(bearers(google)) == 200 and len(set(bearers(google))) == 1


def test_rotation_under_load_loses_no_request(fresh_envoy, google):
    google.behave("oauth2", {"expires_in": 5})
    gateway = fresh_envoy(**principal(google, {"gcp_service_account_json": key_file(google)}), concurrency=2)
    end, statuses = time.monotonic() + 14, []

    def load():
        with httpx.Client(timeout=30) as client:
            while time.monotonic() < end:
                statuses.append(client.post(gateway.url + CHAT, json=chat()).status_code)

    clients = [threading.Thread(target=load) for _ in range(4)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    counts = google.services()["oauth2"]
    assert set(statuses) == {200} and len(statuses) > 50
    assert counts["issued"] >= 3 and counts["most"] == 1
    # The last one may not have been needed.
    assert counts["issued"] - 1 <= len(set(bearers(google))) <= counts["issued"]


@pytest.mark.parametrize("concurrency", [1, 2])
def test_the_first_requester_leaves(fresh_envoy, google, concurrency):
    """The fetch goes on without it, for those who came later."""
    gateway = fresh_envoy(**principal(google, {"gcp_service_account_json": key_file(google)}), concurrency=concurrency)
    google.behave("oauth2", {"hold": True})
    first = RawClient(gateway.envoy.port)
    first.send(hello())
    waits_at(google, "oauth2")
    crowd = Crowd(gateway, [hello()] * 5)
    first.socket.close()
    eventually(lambda: active(gateway) == 5)
    google.release("oauth2")
    assert [reply.status for reply in crowd.replies()] == [200] * 5
    assert asked(google) == {"oauth2": 1}
    assert len(bearers(google)) == 5, "nothing was asked for the one that left"


# A filter with the same `vm_id`: its VM takes every lease as one of ours would and dies of a trap.
DYING = """
(module
  (import "env" "proxy_get_current_time_nanoseconds" (func $now (param i32) (result i32)))
  (import "env" "proxy_set_shared_data" (func $share (param i32 i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 64) "gemini_filter.lease.")
  (data (i32.const 128) "\\01\\02\\03\\04\\05\\06\\07\\08")
  (func (export "_initialize"))
  (func (export "proxy_abi_version_0_2_1"))
  (func (export "malloc") (param i32) (result i32) i32.const 1024)
  (func (export "proxy_on_context_create") (param i32 i32))
  (func (export "proxy_on_request_headers") (param i32 i32 i32) (result i32)
    (local $expiry i64) (local $n i32)
    (drop (call $now (i32.const 0)))
    (local.set $expiry (i64.add (i64.div_u (i64.load (i32.const 0)) (i64.const 1000000)) (i64.const 2000)))
    (local.set $n (i32.const 143))
    (loop $bytes
      (i64.store8 (local.get $n) (local.get $expiry))
      (local.set $expiry (i64.shr_u (local.get $expiry) (i64.const 8)))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $bytes (i32.ge_u (local.get $n) (i32.const 136))))
    (local.set $n (i32.const 0))
    (loop $leases
      (if (i32.lt_u (local.get $n) (i32.const 10))
        (then (i32.store8 (i32.const 84) (i32.add (i32.const 48) (local.get $n))))
        (else
          (i32.store8 (i32.const 84) (i32.add (i32.const 48) (i32.div_u (local.get $n) (i32.const 10))))
          (i32.store8 (i32.const 85) (i32.add (i32.const 48) (i32.rem_u (local.get $n) (i32.const 10))))))
      (drop (call $share
        (i32.const 64) (select (i32.const 21) (i32.const 22) (i32.lt_u (local.get $n) (i32.const 10)))
        (i32.const 128) (i32.const 16) (i32.const 0)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $leases (i32.lt_u (local.get $n) (i32.const 32))))
    unreachable))
"""


def second_listener(config, name="second"):
    """A listener like the first, with its own plugin; that plugin."""
    listeners = config["static_resources"]["listeners"]
    listeners.append({**copy.deepcopy(listeners[0]), "name": name})
    (plugin,) = filter_configs(listeners[-1])
    plugin["name"] = name
    return plugin


def port_of(gateway, name):
    listeners = httpx.get(gateway.envoy.admin + "/listeners?format=json").json()["listener_statuses"]
    (found,) = [one for one in listeners if one["name"] == name]
    return found["local_address"]["socket_address"]["port_value"]


def test_the_owner_of_the_lease_dies(fresh_envoy, google):
    """Another VM takes over within its requests' wait."""

    def edit(config):
        plugin = second_listener(config)
        plugin["vm_config"]["code"]["local"] = {"inline_bytes": base64.b64encode(wasmtime.wat2wasm(DYING)).decode()}
        plugin["failure_policy"] = "FAIL_CLOSED"
        del plugin["reload_config"]

    wait = {"gcp_service_account_json": key_file(google), "gcp_token_wait": 10}
    gateway = fresh_envoy(**principal(google, wait, edit=edit), concurrency=2)
    with RawClient(port_of(gateway, "second")) as client:
        client.send(hello())
        assert client.reply().status == 503
    died = time.monotonic()
    assert "unreachable" in gateway.envoy.log()
    crowd = Crowd(gateway, [hello()] * 10)
    assert [reply.status for reply in crowd.replies()] == [200] * 10
    # A lease lasts 2 s: nobody waited longer, nor fetched while it lasted.
    assert 1.5 < time.monotonic() - died < 9
    assert asked(google) == {"oauth2": 1}


def test_the_owner_of_the_lease_is_taken_away(fresh_envoy, google, tmp_path):
    """Its configuration is replaced (ECDS) while it fetches, its VM goes, and its call with it."""
    source, file = "type.googleapis.com/envoy.extensions.filters.http.", tmp_path / "filter.json"

    def write(typed_config):
        resource = {"@type": "type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig", "name": "one", "typed_config": typed_config}
        new = file.with_suffix(".new")
        new.write_text(json.dumps({"resources": [resource]}))
        new.replace(file)

    def edit(config):
        plugin = second_listener(config)
        plugin["vm_config"]["configuration"] = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": "a VM of its own"}
        filters = config["static_resources"]["listeners"][-1]["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"]
        write(filters[0]["typed_config"])
        discovery = {"config_source": {"resource_api_version": "V3", "path_config_source": {"path": str(file)}}}
        filters[0] = {"name": "one", "config_discovery": {**discovery, "type_urls": [source + "wasm.v3.Wasm", source + "buffer.v3.Buffer"]}}
        config["node"] = {"id": "test", "cluster": "test"}

    gateway = fresh_envoy(**principal(google, {"gcp_service_account_json": key_file(google)}, edit=edit))

    def vms():
        return gateway.envoy.stats("wasm.")["wasm.envoy.wasm.runtime.v8.active"]

    google.behave("oauth2", {"hold": True, "times": 1})
    before = vms()
    with RawClient(port_of(gateway, "second")) as client:
        client.send(hello())
        waits_at(google, "oauth2")
        crowd = Crowd(gateway, [hello()] * 5)
        assert asked(google) == {"oauth2": 1}
    write({"@type": source + "buffer.v3.Buffer", "max_request_bytes": 1})
    eventually(lambda: vms() < before)
    assert [reply.status for reply in crowd.replies()] == [200] * 5
    assert asked(google) == {"oauth2": 2} and len(set(bearers(google))) == 1


def test_kinds_of_requests_that_wait(fresh_envoy, google):
    gateway = fresh_envoy(**principal(google, {"gcp_service_account_json": key_file(google)}), concurrency=2, trailers=True)
    google.behave("oauth2", {"hold": True})
    body = json.dumps(chat()).encode()
    pieces = request(b"", "transfer-encoding: chunked", length=False) + chunked(body, 30)
    crowd = Crowd(
        gateway,
        [
            hello(), hello("x" * 1_000_000), hello(stream=True), pieces,
            pieces.removesuffix(b"\r\n") + b"x-checksum: 1\r\n\r\n",
            hello("hello", "connection: close"),
        ],
    )  # fmt: skip
    waits_at(google, "oauth2")
    google.release("oauth2")
    replies = crowd.replies()
    assert [reply.status for reply in replies] == [200] * 6, [reply.body[:200] for reply in replies]
    assert all(reply.complete for reply in replies)
    assert replies[2].body.rstrip().endswith(b"data: [DONE]") and asked(google) == {"oauth2": 1}


def test_a_token_of_the_client(fresh_envoy, google):
    auth = {"gcp_use_service_account": None, "gcp_token_wait": None, "gcp_access_token_header": "x-google-token"}
    gateway = fresh_envoy(**principal(google, auth))
    own = google.issue_token()
    for given in (f"Bearer {own}", own):
        got, record = gateway.send(chat(), headers={"x-google-token": given})
        sent = {name.lower(): value for name, value in record["headers"]}
        assert got.status == 200 and sent["authorization"] == f"Bearer {own}" and "x-google-token" not in sent
    with gateway.untouched():
        for headers in ({}, {"x-google-token": ""}, {"x-google-token": "Basic eDp5"}, {"authorization": f"Bearer {own}"}):
            got = gateway.post(chat(), headers=headers)
            assert got.status == 401 and got.error["code"] == "missing_access_token"
            assert got.error["type"] == "authentication_error" and "x-google-token" in got.error["message"]
    google.revoke_tokens()
    assert gateway.post(chat(), headers={"x-google-token": own}).status == 401
    assert asked(google) == {}


def test_a_token_of_the_client_is_never_sent_where_another_is_configured(fresh_envoy, google):
    gateway = fresh_envoy(**principal(google))
    own = google.issue_token()
    for name in ("authorization", "x-google-token", "x-goog-api-key"):
        got, record = gateway.send(chat(), headers={name: f"Bearer {own}"})
        assert got.status == 200 and own not in json.dumps(record["headers"])


def test_urls_and_clusters(fresh_envoy, google):
    """The assertion is for the URL it is sent to."""
    url = f"http://tokens.example.com:{google.port}/oauth2/v4/token"
    auth = {"gcp_service_account_json": key_file(google, token_uri="https://evil.example.com"), "gcp_oauth_token_cluster": "ours"}
    gateway = fresh_envoy(**principal(google, {**auth, "gcp_oauth_token_url": url}, clusters=["ours"]))
    assert gateway.ask().status == 200
    (record,) = google.requests(service="oauth2")
    headers = {name.lower(): value for name, value in record["headers"]}
    assert (record["path"], headers["host"]) == ("/oauth2/v4/token", f"tokens.example.com:{google.port}")
    (claims,) = assertions(google)
    assert claims["aud"] == url and claims["iss"] == ROBOT and claims["exp"] - claims["iat"] <= 3600

    path = "/computeMetadata/v1/instance/service-accounts/default/token"
    for url in ("http://10.0.0.1", "http://10.0.0.1" + path):
        google.clear()
        auth = {"gcp_metadata_url": url, "gcp_metadata_cluster": "ours"}
        gateway = fresh_envoy(**principal(google, auth, clusters=["ours"]))
        assert gateway.ask().status == 200
        (record,) = google.requests(service="metadata")
        headers = {name.lower(): value for name, value in record["headers"]}
        assert record["path"].partition("?")[0] == path and headers["host"] == "10.0.0.1"
        assert headers["metadata-flavor"] == "Google"

    clusters = dict(zip(["gcp_subject_token_cluster", "gcp_sts_cluster", "gcp_iamcredentials_cluster"], ["a", "b", "c"], strict=True))
    auth = {"gcp_service_account_json": federated(google, impersonate=known(google, OTHER)), **clusters}
    gateway = fresh_envoy(**principal(google, auth, clusters=["a", "b", "c"]))
    assert gateway.ask().status == 200


def test_routes_have_tokens_of_their_own(fresh_envoy, google):
    def routed(email):
        auth = {"gcp_use_service_account": True, "gcp_service_account_json": key_file(google, email)}
        return {"match": {"path_prefix": f"/{email.partition('@')[0]}/"}, "config": {"auth": auth}}

    gateway = fresh_envoy(**principal(google, more={"routes": [routed(ROBOT), routed(OTHER)]}), concurrency=2)
    used = {}
    for path in ("/robot" + CHAT, "/other" + CHAT, CHAT) * 2:
        google.clear()
        assert gateway.post(chat(), path=path).status == 200
        used.setdefault(path, []).extend(bearers(google))
    assert all(len(set(tokens)) == 1 for tokens in used.values())
    assert len({tokens[0] for tokens in used.values()}) == 3
    assert asked(google) == {"oauth2": 2, "metadata": 1}


@pytest.mark.parametrize("version", ["1.37.0", PINNED])
def test_envoys_that_sign(fresh_envoy, google, version):
    gateway = fresh_envoy(**principal(google, {"gcp_service_account_json": json.dumps(keys.service_account(google))}), version=version, concurrency=2)
    assert gateway.ask().status == 200 and asked(google) == {"oauth2": 1}


def test_an_envoy_that_cannot_sign(fresh_envoy, google):
    """Refuses the load for a key file, and only for that."""
    arguments = principal(google, {"gcp_service_account_json": json.dumps(keys.service_account(google))})
    arguments["upstream"] = google.port
    status, output = validate(version="1.36.2", **arguments)
    assert status != 0 and "needs Envoy 1.37 or later" in output
    assert "auth.gcp_service_account_json" in output and "PRIVATE KEY" not in output
    gateway = fresh_envoy(**principal(google), version="1.36.2")
    assert gateway.ask().status == 200 and asked(google) == {"metadata": 1}
