"""Gateways whose tokens come from the fake's token services, and many requests at once."""

import base64
import json
import time
from urllib.parse import parse_qs

import pytest
from envoy import Config, filter_configs, listener
from fake_google.identity import keys
from support.lab import VERSION, Exchange, Gateway, chat
from support.raw import RawClient, RawReply, request

CLUSTERS = ("google-oauth", "google-metadata", "google-sts", "google-iamcredentials", "google-subject-token")
ROBOT, OTHER = "robot@p.iam.gserviceaccount.com", "other@p.iam.gserviceaccount.com"
VARIABLES = ["GEMINI_API_KEY", "GCP_SERVICE_ACCOUNT", "SUBJECT_TOKEN"]


def plain_cluster(name: str, port: int) -> Config:
    """A cluster of one address on this machine, without TLS."""
    address = {"socket_address": {"address": "127.0.0.1", "port_value": port}}
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address}}]}]
    return {"name": name, "type": "STATIC", "connect_timeout": "2s", "load_assignment": {"cluster_name": name, "endpoints": endpoints}}


def principal(fake, auth: Config | None = None, *, clusters=CLUSTERS, ports=None, edit=None, more=None, **arguments) -> Config:
    """Arguments of an Envoy whose filter sends tokens of a principal: `auth` beside `gcp_use_service_account`, `more`
    beside `auth`. Its `clusters` lead to the fake, those in `ports` elsewhere."""

    def edited(config):
        for name in clusters:
            config["static_resources"]["clusters"].append(plain_cluster(name, (ports or {}).get(name, fake.port)))
        for plugin in filter_configs(config):
            plugin["vm_config"]["environment_variables"]["host_env_keys"] = VARIABLES
        # Every worker gets its share of the connections.
        listener(config)["connection_balance_config"] = {"exact_balance": {}}
        if edit is not None:
            edit(config)

    auth = {"gcp_use_service_account": True, "gcp_token_wait": 20, **(auth or {})}
    return {"config": {"auth": auth, **(more or {})}, "edit": edited, **arguments}


def signing(google, email: str = ROBOT, **extra) -> Config:
    """A service account's key file, `extra` over its members, for an Envoy that can sign with it."""
    if VERSION.startswith("1.36."):
        pytest.skip("Envoy 1.36 cannot sign, and says so at load")
    return keys.service_account(google, email, **extra)


def known(google, email: str) -> str:
    """`email`, which is a service account's from now on."""
    keys.service_account(google, email)
    return email


def eventually(holds, timeout: float = 15.0):
    """What `holds()` gives once that is true."""
    deadline = time.monotonic() + timeout
    while not (value := holds()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return value


def waits_at(fake, service: str) -> None:
    """Returns once a request is held by the service."""
    eventually(lambda: fake.services()[service]["waiting"])


def asked(fake) -> dict[str, int]:
    """How many requests each token service got, without those that got none."""
    return {name: counts["requests"] for name, counts in fake.services().items() if counts["requests"]}


def assertions(google):
    """The claims of all assertions that the token endpoint got."""
    found = []
    for record in google.requests(service="oauth2"):
        claims = parse_qs(record["body_text"])["assertion"][0].split(".")[1]
        found.append(json.loads(base64.urlsafe_b64decode(claims + "==")))
    return found


def bearers(fake) -> list[str]:
    """The credentials that Google got, in order; no request had another one."""
    found = []
    for record in fake.requests():
        sent = {name.lower(): value for name, value in record["headers"]}
        assert "x-goog-api-key" not in sent and "key=" not in record["path"]
        kind, _, token = sent["authorization"].partition(" ")
        assert kind == "Bearer"
        found.append(token)
    return found


def hello(text: str = "hello", *headers: str, **fields) -> bytes:
    """The bytes of a chat request."""
    return request(json.dumps(chat(text, **fields)).encode(), *headers)


class Crowd:
    """Clients that have each sent one of `requests` and got no reply yet."""

    def __init__(self, gateway: Gateway, requests: list[bytes]) -> None:
        self.clients = [RawClient(gateway.envoy.port, timeout=60) for _ in requests]
        for client, data in zip(self.clients, requests, strict=True):
            client.send(data)
        eventually(lambda: active(gateway) >= len(requests))

    def replies(self) -> list[RawReply]:
        found = [client.reply() for client in self.clients]
        for client in self.clients:
            client.socket.close()
        return found


def active(gateway: Gateway) -> int:
    """Requests that have no reply yet."""
    return gateway.envoy.stats("http.openai.downstream_rq_active").get("http.openai.downstream_rq_active", 0)


def unavailable(got: Exchange) -> None:
    """The reply to a request for which there was no token."""
    assert got.status == 503, got.body
    assert got.error["type"] == "server_error" and got.error["code"] == "credentials_unavailable"
    assert "credential" in got.error["message"]
    assert 1 <= int(got.headers["retry-after"]) <= 60
