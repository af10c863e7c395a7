"""The manifests of envoy/istio and envoy/gateway: of their kinds' published shape, and doing together what they say.

No cluster is at hand. Fields are held against the published schemas with unknown ones forbidden; what a schema leaves
open (patches, the filter's JSON) is applied as Istio and Envoy Gateway would, and Envoy reads the result. The same checks
must find each field that is spelt wrong, and references that lead nowhere. `test_manifests_live.py` sends requests.
"""

import copy
import functools
import json
import re
import tomllib

import pytest
from envoy import ROOT
from support.clusters import SETS, check, plugins, set_of
from support.manifests import FOLDER, NotApplied, files, keys, label, load, misspelt, own, problems, published

DOCUMENTS = [(file, index, label(document)) for file in files() for index, document in enumerate(load(file))]
EACH = pytest.mark.parametrize(("file", "index"), [d[:2] for d in DOCUMENTS], ids=[f"{file}-{name}" for file, _, name in DOCUMENTS])


def refused(file, index, document):
    """Whether the checks refuse the file's set with that document in its place."""
    one = set_of(file)
    at = sum(len(load(name)) for name in one.files[: one.files.index(file)]) + index
    documents = one.documents()
    documents[at] = document
    try:
        check(one.render, documents)
    except NotApplied:
        return True
    return False


def test_every_file_belongs_to_a_set():
    assert {file for one in SETS.values() for file in one.files} == set(files())


@EACH
def test_the_schema_of_its_kind(file, index):
    assert problems(load(file)[index]) == []


def test_the_kinds_without_a_published_schema():
    """A schema of our own is only for what has no other."""
    assert not own().keys() & published().keys()
    used = {(d["apiVersion"], d["kind"]) for file in files() for d in load(file)}
    assert own().keys() <= used


@pytest.mark.parametrize("name", SETS)
def test_a_set_is_in_order(name):
    check(SETS[name].render, SETS[name].documents())


@EACH
@pytest.mark.timeout(300)
def test_every_misspelt_field_is_found(file, index):
    document = load(file)[index]
    paths = list(keys(document))
    assert {path[0] for path in paths} >= {"apiVersion", "kind", "metadata"}
    assert [path for path in paths if not refused(file, index, misspelt(document, path))] == []


def test_misspelt_settings_in_a_string_are_found():
    """In the EnvoyFilter the filter's JSON is text."""
    (document,) = load("istio/envoyfilter.yaml")
    path = ("spec", "configPatches", 0, "patch", "value", "typed_config", "config", "configuration", "value")
    for wrong in ('{"auths": {"header_value": "$env://GEMINI_API_KEY"}}', '{"auth": {"header_valu": "x"}}', '{"auth": '):
        assert refused("istio/envoyfilter.yaml", 0, changed(document, path, wrong)), wrong


def changed(document, path, value):
    """A copy with another value at `path`."""
    spoiled = copy.deepcopy(document)
    functools.reduce(lambda found, step: found[step], path[:-1], spoiled)[path[-1]] = value
    return spoiled


WRONG = [
    ("istio/gateway.yaml", "Service", ("spec", "selector", "istio"), "ingressgateway"),
    ("istio/gateway.yaml", "Service", ("spec", "ports", 0, "targetPort"), 8081),
    ("istio/gateway.yaml", "Gateway", ("spec", "servers", 0, "port", "number"), 80),
    ("istio/gateway.yaml", "Gateway", ("spec", "servers", 0, "hosts"), ["openai.example.com"]),
    ("istio/gateway.yaml", "Deployment", ("spec", "template", "spec", "containers", 0, "env", 0, "name"), "GEMINI_KEY"),
    ("istio/gateway.yaml", "Deployment", ("spec", "template", "spec", "containers", 0, "env", 0, "valueFrom", "secretKeyRef", "name"), "gemini2"),
    ("istio/gemini.yaml", "Secret", ("metadata", "namespace"), "default"),
    ("istio/gemini.yaml", "VirtualService", ("spec", "gateways"), ["gateway"]),
    ("istio/gemini.yaml", "VirtualService", ("spec", "http", 0, "name"), "google"),
    ("istio/gemini.yaml", "VirtualService", ("spec", "http", 0, "route", 0, "destination", "host"), "generativelanguage.googleapis.co"),
    ("istio/gemini.yaml", "ServiceEntry", ("spec", "hosts"), ["generativelanguage.googleapis.co"]),
    ("istio/gemini.yaml", "DestinationRule", ("spec", "host"), "generativelanguage.googleapis.co"),
    ("istio/gemini.yaml", "DestinationRule", ("spec", "trafficPolicy", "tls", "mode"), "DISABLE"),
    ("istio/envoyfilter.yaml", "EnvoyFilter", ("metadata", "namespace"), "istio-system"),
    ("istio/envoyfilter.yaml", "EnvoyFilter", ("spec", "configPatches", 0, "patch", "value", "name"), "gemini"),
    ("istio/envoyfilter.yaml", "EnvoyFilter", ("spec", "configPatches", 1, "match", "listener", "filterChain", "filter", "subFilter", "name"), "router"),
    ("istio/envoyfilter.yaml", "EnvoyFilter", ("spec", "configPatches", 3, "match", "listener", "portNumber"), 80),
    ("gateway/gateway.yaml", "EnvoyProxy", ("metadata", "namespace"), "envoy-gateway-system"),
    ("gateway/gateway.yaml", "ClientTrafficPolicy", ("spec", "targetRefs", 0, "name"), "eg"),
    ("gateway/gemini.yaml", "Secret", ("metadata", "namespace"), "default"),
    ("gateway/gemini.yaml", "HTTPRoute", ("spec", "parentRefs", 0, "name"), "eg"),
    ("gateway/gemini.yaml", "HTTPRoute", ("spec", "rules", 0, "backendRefs", 0, "name"), "google"),
    ("gateway/gemini.yaml", "Backend", ("spec", "endpoints", 0, "fqdn", "hostname"), "generativelanguage.googleapis.co"),
    ("gateway/gemini.yaml", "BackendTLSPolicy", ("spec", "targetRefs", 0, "name"), "google"),
    ("gateway/patchpolicy.yaml", "EnvoyExtensionPolicy", ("spec", "wasm", 0, "env", "hostKeys"), ["GEMINI_KEY"]),
    ("gateway/patchpolicy.yaml", "EnvoyExtensionPolicy", ("metadata", "name"), "gemini"),
    ("gateway/patchpolicy.yaml", "EnvoyPatchPolicy", ("spec", "jsonPatches", 0, "name"), "default/eg/http"),
    ("gateway/patchpolicy.yaml", "EnvoyPatchPolicy", ("spec", "jsonPatches", 0, "operation", "path"), "allow_on_header_stop_iteration"),
    ("gateway/patchpolicy.yaml", "EnvoyPatchPolicy", ("spec", "jsonPatches", 3, "operation", "jsonPath"), "$..routes[?(@.name == 'gemini')]"),
]


@pytest.mark.parametrize(("file", "kind", "path", "value"), WRONG, ids=[f"{f}-{k}-{p[-1]}-{v}" for f, k, p, v in WRONG])
def test_a_reference_that_leads_nowhere_is_found(file, kind, path, value):
    index, document = next((i, d) for i, d in enumerate(load(file)) if d["kind"] == kind)
    assert refused(file, index, changed(document, path, value))


@pytest.mark.parametrize("name", SETS)
def test_no_key_is_in_the_filters_settings(name):
    """Credentials come from a Secret by way of the proxy's environment."""
    proxy = SETS[name].render(SETS[name].documents())
    configs = [json.loads(p["configuration"]["value"]) for p in plugins({"a": proxy.listener, "b": list(proxy.extensions.values())})]
    assert configs
    secrets = {"header_value", "param_value", "gcp_service_account_json"}
    for config in configs:
        assert all(value.startswith("$env://") for key, value in config["auth"].items() if key in secrets)


def test_the_image_is_the_one_that_make_oci_builds():
    """Istio and Envoy Gateway look for plugin.wasm in the last layer."""
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    named = re.compile(r"\bregistry\.example\.com/\S+")
    images = {image for file in files() for image in named.findall((FOLDER / file).read_text())}
    assert images == {f"registry.example.com/gemini-filter:v{version}"}
    lines = (FOLDER / "oci/Dockerfile").read_text().splitlines()
    instructions = [line for line in lines if not line.startswith("#")]
    assert instructions == ["FROM scratch", "COPY gemini_filter.wasm /plugin.wasm"]
