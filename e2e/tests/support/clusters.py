"""The manifests as they are meant to be applied together, the checks that each such set must pass, and a running Envoy."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jsonschema
import wasmtime
import yaml
from envoy import ROOT, SHIPPED, Config, default_wasm, hcm, validate
from support import envoy_gateway, istio
from support.manifests import Document, NotApplied, load, problems
from support.proxy import WASM_TYPE, Proxy, below

GEMINI, VERTEX = "generativelanguage.googleapis.com", "aiplatform.googleapis.com"
# The ports of Google's that the manifests may lead to: (host, port) and the name by which a test gives it a stand-in.
SERVICES = {
    (GEMINI, 443): "google",
    (VERTEX, 443): "google",
    ("discoveryengine.googleapis.com", 443): "google",
    ("storage.googleapis.com", 443): "google",
    ("oauth2.googleapis.com", 443): "tokens",
    ("169.254.169.254", 80): "metadata",
}
# What the Secrets hold, by (name, key).
SECRETS = {("gemini", "api-key"): "test-key"}

# A filter that does nothing.
IDLE = base64.b64encode(
    wasmtime.wat2wasm(
        '(module (memory (export "memory") 1) (func (export "_initialize")) (func (export "proxy_abi_version_0_2_1"))'
        ' (func (export "malloc") (param i32) (result i32) i32.const 0))'
    )
).decode()


@dataclass(frozen=True)
class Set:
    """Files that belong together, and what renders them. `full`: bodies can be read before headers leave."""

    files: tuple[str, ...]
    render: Callable[[list[Document]], Proxy]
    full: bool
    host: str = GEMINI

    def documents(self) -> list[Document]:
        return load(*self.files)


SETS = {
    "istio-envoyfilter": Set(("istio/gateway.yaml", "istio/gemini.yaml", "istio/envoyfilter.yaml"), istio.render, True),
    "gateway-patchpolicy": Set(("gateway/gateway.yaml", "gateway/gemini.yaml", "gateway/patchpolicy.yaml"), envoy_gateway.render, True),
    "istio-wasmplugin": Set(("istio/gateway.yaml", "istio/gemini.yaml", "istio/wasmplugin.yaml"), istio.render, False),
    "istio-trafficextension": Set(("istio/gateway.yaml", "istio/gemini.yaml", "istio/trafficextension.yaml"), istio.render, False),
    "istio-vertex": Set(("istio/gateway.yaml", "istio/vertex.yaml"), istio.render, False, VERTEX),
    "gateway-extensionpolicy": Set(("gateway/gateway.yaml", "gateway/gemini.yaml", "gateway/extensionpolicy.yaml"), envoy_gateway.render, False),
    "gateway-vertex": Set(("gateway/gateway.yaml", "gateway/vertex.yaml"), envoy_gateway.render, False, VERTEX),
}


def set_of(file: str) -> Set:
    """A set with that file."""
    return next(one for one in SETS.values() if file in one.files)


@cache
def settings() -> jsonschema.Draft202012Validator:
    """The filter's own JSON, by the schema that it publishes."""
    return jsonschema.Draft202012Validator(json.loads((ROOT / "envoy/config.schema.json").read_text()))


def plugins(config: Config) -> list[Config]:
    """The PluginConfig of every Wasm filter in a configuration."""
    found = [*below(config, "typed_config"), *below(config, "default_config")]
    return [one["config"] for one in found if isinstance(one, dict) and one.get("@type") == WASM_TYPE]


def check(render: Callable[[list[Document]], Proxy], documents: list[Document]) -> None:
    """Raises NotApplied unless the documents are of their kinds' shape, do together what they say, and make a
    configuration that Envoy and the filter take."""
    for document in documents:
        if found := problems(document):
            raise NotApplied(f"{document.get('kind')}: {found}")
    try:
        config = render(documents).bootstrap(default_wasm(), dict.fromkeys(SERVICES, 1), None, None)
        shipped = hcm(yaml.safe_load(SHIPPED.read_text()))["local_reply_config"]
        if any(found != shipped for found in below(config, "local_reply_config")):
            raise NotApplied("Envoy's own replies are not as in envoy/gemini.yaml")
        for plugin in plugins(config):
            for error in settings().iter_errors(json.loads(plugin["configuration"]["value"])):
                raise NotApplied(f"{error.json_path}: {error.message}")
    except (KeyError, ValueError, TypeError) as error:
        raise NotApplied(f"{type(error).__name__}: {error}") from error
    # The filter itself, which takes seconds to compile, is not needed to find fault with the rest.
    for plugin in plugins(config):
        plugin["vm_config"]["code"]["local"] = {"inline_bytes": IDLE}
    status, output = validate(bootstrap=config)
    if status != 0:
        raise NotApplied(output[-2000:])


def running(one: Set, folder: Path, ports: dict[str, int], ca: Path, secrets: dict[tuple[str, str], str]) -> dict:
    """The arguments of an Envoy for that set: `ports` by the names in SERVICES, `secrets` instead of the placeholders."""
    proxy = one.render(one.documents())
    endpoints = {address: ports[name] for address, name in SERVICES.items() if name in ports}
    env = {name: secrets[reference] for name, reference in proxy.environment.items() if reference in secrets}
    return {"bootstrap": proxy.bootstrap(default_wasm(), endpoints, ca, folder), "env": {"GEMINI_API_KEY": None, **env}}
