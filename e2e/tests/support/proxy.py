"""What a control plane hands to its Envoy, as one bootstrap file: the part that Istio's and Envoy Gateway's share."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from envoy import HTTP_OPTIONS, Config
from support.manifests import Fields, NotApplied

TYPE = "type.googleapis.com/envoy"
HCM = "envoy.filters.network.http_connection_manager"
HCM_TYPE = f"{TYPE}.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "envoy.filters.http.router"
WASM_TYPE = f"{TYPE}.extensions.filters.http.wasm.v3.Wasm"
SYSTEM_ROOTS = "/etc/ssl/certs/ca-certificates.crt"
ECDS_TYPE = f"{TYPE}.config.core.v3.TypedExtensionConfig"


@dataclass
class Proxy:
    """One proxy: a listener with one HCM, its routes, clusters by name, extension configs by name, and the variables of
    its container as {name: (Secret, key)}."""

    listener: Config
    routes: Config
    clusters: dict[str, Config]
    extensions: dict[str, Config]
    environment: dict[str, tuple[str, str]]

    @property
    def hcm(self) -> Config:
        """The HTTP connection manager."""
        chain = self.listener.get("default_filter_chain") or self.listener["filter_chains"][0]
        return chain["filters"][0]["typed_config"]

    def bootstrap(self, module: Path, endpoints: dict[tuple[str, int], int], ca: Path | None, folder: Path | None) -> Config:
        """The file for Envoy. `module` is the wasm file that the image holds; `endpoints` says which port of 127.0.0.1
        plays which (host, port), `ca` (PEM) which authority is the system's. Extension configs come from files in
        `folder`, as from a control plane; without one they are defaults, which `--mode validate` looks into."""
        proxy = copy.deepcopy(self)
        hcm = proxy.hcm
        hcm["route_config"] = proxy.routes
        for found in hcm["http_filters"]:
            if found.get("typed_config", {}).get("@type") == WASM_TYPE:
                fetched(found["typed_config"]["config"], module)
        for name, extension in proxy.extensions.items():
            fetched(extension["typed_config"]["config"], module)
            users = [f for f in hcm["http_filters"] if f["name"] == name and "config_discovery" in f]
            if not users:
                raise NotApplied(f"no filter uses the extension {name}")
            for user in users:
                deliver(user["config_discovery"], extension, folder)
        for cluster in proxy.clusters.values():
            localise(cluster, endpoints, ca)
        return {
            "node": {"id": "proxy", "cluster": "proxy"},
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "static_resources": {"listeners": [proxy.listener], "clusters": list(proxy.clusters.values())},
        }


def connection_manager(*filters: Config, **settings: Any) -> Config:
    """A network filter with that HCM; the router is its last HTTP filter."""
    router = {"name": ROUTER, "typed_config": {"@type": f"{TYPE}.extensions.filters.http.router.v3.Router"}}
    config = {"@type": HCM_TYPE, "stat_prefix": "http", "use_remote_address": True, "normalize_path": True, **settings}
    return {"name": HCM, "typed_config": {**config, "http_filters": [*filters, router]}}


def plugin(name: str, root: str, image: Config, variables: list[str], config: Any, **settings: Any) -> Config:
    """A Wasm filter's typed_config, its JSON from a manifest's structure."""
    environment = {"host_env_keys": variables}
    vm = {"runtime": "envoy.wasm.runtime.v8", "code": {"remote": image}, "environment_variables": environment}
    value = {"@type": "type.googleapis.com/google.protobuf.StringValue", "value": json.dumps(config, sort_keys=True)}
    return {"@type": WASM_TYPE, "config": {"name": name, "root_id": root, "vm_config": vm, "configuration": value, **settings}}


def cluster(name: str, endpoints: list[tuple[str, int]], **settings: Any) -> Config:
    """A cluster of those (host, port); `settings` are Envoy's."""
    hosts = [{"endpoint": {"address": {"socket_address": {"address": h, "port_value": p}}}} for h, p in endpoints]
    assignment = {"cluster_name": name, "endpoints": [{"lb_endpoints": hosts}]}
    return {"name": name, "type": "STRICT_DNS", "connect_timeout": "10s", "load_assignment": assignment, **settings}


def http_options(**settings: Any) -> Config:
    """A cluster's typed_extension_protocol_options: HTTP/1.1 and these."""
    plain = {"explicit_http_config": {"http_protocol_options": {}}}
    return {HTTP_OPTIONS: {"@type": f"{TYPE}.extensions.upstreams.http.v3.HttpProtocolOptions", **plain, **settings}}


def tls(validation: Config, **settings: Any) -> Config:
    """A transport socket that trusts the system's authorities."""
    context = {"validation_context": {"trusted_ca": {"filename": SYSTEM_ROOTS}, **validation}}
    kind = f"{TYPE}.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
    config = {"@type": kind, "common_tls_context": context, **settings}
    return {"name": "envoy.transport_sockets.tls", "typed_config": config}


def fetched(config: Config, module: Path) -> None:
    """Puts the module where the image was to be fetched from, as the control plane's agent does."""
    code = config["vm_config"]["code"]
    with Fields(code, "code") as fields, fields.within("remote") as remote, remote.within("http_uri") as image:
        image("timeout")
        if not (uri := image("uri")).startswith("oci://"):
            raise NotApplied(f"not an image: {uri}")
    code.clear()
    code["local"] = {"filename": str(module)}


def deliver(discovery: Config, extension: Config, folder: Path | None) -> None:
    """Lets a filter find its configuration in a file, or in a default, instead of in the control plane's answers."""
    source = discovery["config_source"]
    if source.pop("ads") != {}:
        raise NotApplied("the extension does not come from the control plane")
    if folder is None:
        discovery |= {"default_config": extension["typed_config"], "apply_default_config_without_warming": True}
        source["path_config_source"] = {"path": "/dev/null"}
        return
    file = folder / f"{extension['name'].replace('/', '.')}.json"
    file.write_text(json.dumps({"version_info": "1", "resources": [{"@type": ECDS_TYPE, **extension}]}))
    source["path_config_source"] = {"path": str(file)}


def localise(config: Config, endpoints: dict[tuple[str, int], int], ca: Path | None) -> None:
    """Leads a cluster's connections to this machine, and has it trust `ca` where it trusts the system's authorities."""
    for address in below(config, "socket_address"):
        host = address["address"], address["port_value"]
        if host not in endpoints:
            raise NotApplied(f"the cluster {config['name']} leads to {host}")
        address |= {"address": "127.0.0.1", "port_value": endpoints[host]}
    for trusted in below(config, "trusted_ca"):
        if trusted != {"filename": SYSTEM_ROOTS}:
            raise NotApplied(f"the cluster {config['name']} trusts {trusted}")
        if ca is not None:
            trusted["filename"] = str(ca)


def below(value: Any, name: str) -> Iterator[Any]:
    """Every value of a field of that name, at any depth."""
    if isinstance(value, dict):
        for key, member in value.items():
            if key == name:
                yield member
            yield from below(member, name)
    elif isinstance(value, list):
        for element in value:
            yield from below(element, name)


def merge(base: Any, patch: Any) -> Any:
    """`patch` laid over `base` as protobuf merges messages: mappings field by field, lists one after the other."""
    if isinstance(base, dict) and isinstance(patch, dict):
        if base.get("@type", patch.get("@type")) != patch.get("@type", base.get("@type")):
            raise NotApplied(f"{patch['@type']} does not fit {base['@type']}")
        return {**base, **{k: merge(base[k], v) if k in base else v for k, v in patch.items()}}
    if isinstance(base, list) and isinstance(patch, list):
        return [*base, *patch]
    return patch
