"""TLS to Google, with every shipped configuration: the name asked for is the request's host, and the certificate must be
that host's and the system's authorities must vouch for it; else nothing of a request leaves."""

import json
from collections import Counter

import pytest
import yaml
from certificates import Authority
from envoy import ROOT, SHIPPED, Envoy, cluster
from fake_google.launch import Fake
from support.clusters import GEMINI, SECRETS, SERVICES, SETS, VERTEX, running
from support.lab import VERSION, Gateway, chat, reply
from support.proxy import localise
from support.tls import TlsUpstream

VERTEX_FILE = ROOT / "envoy" / "vertex.yaml"
# The host that each leads to.
CONFIGURATIONS = {"gemini.yaml": GEMINI, "vertex.yaml": VERTEX, **{name: one.host for name, one in SETS.items()}}
STRANGER = "generativelanguage.example.com"


def arguments(name, google, metadata, ca, folder):
    """An Envoy with that configuration, whose Google is at the port `google`, whose metadata server is at `metadata`, and
    whose system trusts `ca`."""
    ports = {"google": google, "tokens": 1, "metadata": metadata}
    if name in SETS:
        return running(SETS[name], folder, ports, ca, SECRETS)

    def edit(config):
        for one in config["static_resources"]["clusters"]:
            localise(one, {address: ports[service] for address, service in SERVICES.items()}, ca)

    return {"file": ROOT / "envoy" / name, "edit": edit, "env": {"GOOGLE_CLOUD_PROJECT": "p"}}


@pytest.fixture(scope="module")
def metadata():
    """The port of a metadata server."""
    with Fake() as server:
        token = {"access_token": "test-token", "expires_in": 3599, "token_type": "Bearer"}
        server.behave("metadata", {"body": json.dumps(token)})
        yield server.port


class Meeting:
    """A gateway, and the server that it takes for Google's."""

    def __init__(self, name, metadata, folder, **changes):
        self.folder = folder
        self.trusted = Authority(folder / "trusted")
        self.upstream = TlsUpstream(reply())
        changed = arguments(name, self.upstream.port, metadata, self.trusted.ca, folder) | changes
        self.gateway = Gateway(Envoy(version=VERSION, **changed), None)

    def ask(self, host, trusted=True):
        """One chat with a server that has a certificate for `host`: what the client got, and the TLS errors that Envoy
        counted meanwhile, by name."""
        self.upstream.present(self.trusted.issue(host) if trusted else Authority(self.folder / "other").issue(host))
        before = self.failures()
        got = self.gateway.post(chat())
        return got, set(self.failures() - before)

    def failures(self):
        """Envoy's counters of TLS errors, all clusters together."""
        counters = self.gateway.envoy.stats("cluster.").items()
        return sum((Counter({name.rpartition(".")[2]: n}) for name, n in counters if ".ssl.fail" in name), Counter())

    def close(self):
        self.gateway.close()
        self.upstream.close()


@pytest.fixture(scope="module", params=CONFIGURATIONS)
def met(request, metadata, tmp_path_factory):
    """(Google's host, Meeting) of each configuration."""
    meeting = Meeting(request.param, metadata, tmp_path_factory.mktemp("tls"))
    yield CONFIGURATIONS[request.param], meeting
    meeting.close()


def test_the_right_name(met):
    host, meeting = met
    got, failures = meeting.ask(host)
    assert (got.status, got.text) == (200, "Hello there.")
    assert meeting.upstream.names == [host] and len(meeting.upstream.requests) == 1 and not failures


def test_a_certificate_of_another_name(met):
    host, meeting = met
    got, failures = meeting.ask(STRANGER)
    refused(got, meeting.upstream)
    assert failures == {"fail_verify_san"} and set(meeting.upstream.names) == {host}


def test_a_certificate_of_an_unknown_authority(met):
    host, meeting = met
    got, failures = meeting.ask(host, trusted=False)
    refused(got, meeting.upstream)
    assert failures == {"fail_verify_error"}


def refused(got, upstream):
    """The client is told nothing but that the service is unavailable, and the server gets nothing of the request."""
    assert got.status == 503 and got.error["code"] == "overloaded", got.body
    assert "certificate" not in got.error["message"].lower() and "tls" not in got.error["message"].lower()
    assert upstream.requests == []


def test_the_name_is_the_requests_host(tmp_path):
    """The filter is told another host: TLS is for that one then, and Google's certificate will not do."""
    config = {"auth": {"header_value": "test-key"}, "model": {"options": {"upstream_url": f"https://{STRANGER}"}}}
    meeting = Meeting("gemini.yaml", 1, tmp_path, config=config)
    assert meeting.ask(STRANGER)[0].status == 200
    assert set(meeting.upstream.names) == {STRANGER}
    refused(meeting.ask(GEMINI)[0], meeting.upstream)
    assert set(meeting.upstream.names) == {STRANGER}
    meeting.close()


def test_the_two_files_differ_where_they_must():
    """gemini.yaml and vertex.yaml repeat each other; whatever is better in one is better in the other."""
    one, other = (yaml.safe_load(file.read_text()) for file in (SHIPPED, VERTEX_FILE))
    text = yaml.safe_dump(other["static_resources"]["listeners"]).replace("cluster: vertex", "cluster: gemini")
    listeners = yaml.safe_load(text)
    # What only Vertex AI needs: a body for downloads, and hosts beside the models'.
    chain = listeners[0]["filter_chains"][0]["filters"][0]["typed_config"]
    assert chain["http_filters"].pop(0)["name"] == "download-body"
    routes = chain["route_config"]["virtual_hosts"][0]["routes"]
    hosts = [route["match"]["headers"][0]["string_match"]["exact"] for route in routes[:2]]
    assert hosts == ["discoveryengine.googleapis.com", "storage.googleapis.com"]
    del routes[:2]
    for config in (one["static_resources"]["listeners"], listeners):
        plugin = config[0]["filter_chains"][0]["filters"][0]["typed_config"]["http_filters"][0]["typed_config"]["config"]
        plugin["configuration"]["value"] = plugin["vm_config"]["environment_variables"]["host_env_keys"] = None
    assert listeners == one["static_resources"]["listeners"]
    text = yaml.safe_dump(cluster(other)).replace(VERTEX, GEMINI).replace("vertex", "gemini")
    assert yaml.safe_load(text) == cluster(one)
    top = [{**config, "static_resources": sorted(config["static_resources"])} for config in (one, other)]
    assert top[0] == top[1]
    tokens = {one["name"]: one for one in other["static_resources"]["clusters"][1:]}
    oauth = tokens["google-oauth"]
    assert oauth["transport_socket"] == cluster(one)["transport_socket"]
    assert oauth["cluster_type"] == cluster(one)["cluster_type"]
