"""What Istio makes of the manifests in envoy/istio, for one ingress gateway: a stand-in for istiod, written from its
documentation (<https://istio.io/latest/docs/reference/config/>) and source. Nothing in a manifest may be without effect."""

from typing import Any

from support.manifests import Document, Documents, Fields, NotApplied, label
from support.proxy import HCM, TYPE, WASM_TYPE, Config, Proxy, cluster, connection_manager, http_options, merge, plugin, tls

PORT = 8080


def render(documents: list[Document]) -> Proxy:
    """The gateway's proxy, as it would be with these documents and no others applied."""
    world = Documents(documents)
    labels, namespace, environment = workload(world)
    hosts, name = servers(world.one("Gateway"), labels)
    listener = {
        "name": "0.0.0.0_8080",
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
        "per_connection_buffer_limit_bytes": 1048576,
        "filter_chains": [{"filters": [connection_manager(*stock(), normalize_path=True)]}],
    }
    clusters = {entry["name"]: entry for entry in outbound(world, labels, namespace)}
    routes = virtual_hosts(world.one("VirtualService"), hosts, f"{namespace}/{name}", clusters)
    proxy = Proxy(listener, routes, clusters, {}, environment)
    for document in world.of("WasmPlugin", "TrafficExtension"):
        wasm(proxy, document, labels, namespace)
    for document in world.of("EnvoyFilter"):
        patches(proxy, document, labels, namespace)
    world.all_used()
    return proxy


def stock() -> list[Config]:
    """Filters which Istio's gateways have anyway, as far as stock Envoy knows them."""
    base = f"{TYPE}.extensions.filters.http"
    return [
        {"name": "envoy.filters.http.cors", "typed_config": {"@type": f"{base}.cors.v3.Cors"}},
        {"name": "envoy.filters.http.fault", "typed_config": {"@type": f"{base}.fault.v3.HTTPFault"}},
    ]


def selected(selector: Document, labels: Document, namespace: str, document: Document) -> None:
    """An error unless the document is for a workload with those labels, in that namespace."""
    if not selector or not selector.items() <= labels.items() or document["metadata"].get("namespace") != namespace:
        raise NotApplied(f"{label(document)} does not select the gateway")


def workload(world: Documents) -> tuple[Document, str, dict[str, tuple[str, str]]]:
    """The gateway's labels, namespace and variables."""
    deployment, service = world.one("Deployment"), world.one("Service")
    namespace = deployment["metadata"]["namespace"]
    world.named("Namespace", namespace, None)
    template = deployment["spec"]["template"]
    labels = template["metadata"]["labels"]
    selected(deployment["spec"]["selector"]["matchLabels"], labels, namespace, deployment)
    selected(service["spec"]["selector"], labels, namespace, service)
    injected = labels["sidecar.istio.io/inject"] == "true"
    if template["metadata"]["annotations"] != {"inject.istio.io/templates": "gateway"} or not injected:
        raise NotApplied("the Deployment is no gateway")
    (container,) = template["spec"]["containers"]
    ports = {port["containerPort"] for port in container["ports"]}
    if (container["name"], container["image"]) != ("istio-proxy", "auto"):
        raise NotApplied("the Deployment's container is not the proxy")
    if {port["targetPort"] for port in service["spec"]["ports"]} != ports:
        raise NotApplied("the Service does not lead to the proxy")
    return {**labels, "port": ports}, namespace, world.environment(container["env"], namespace)


def servers(gateway: Document, labels: Document) -> tuple[list[str], str]:
    """The hosts that the gateway accepts, and its name."""
    with Fields(gateway["spec"], label(gateway)) as spec:
        selected(spec("selector"), labels, gateway["metadata"]["namespace"], gateway)
        (server,) = spec("servers")
    with Fields(server, "server") as fields:
        with fields.within("port") as port:
            port("name")
            port.expect(protocol="HTTP")
            if {port("number")} != labels["port"]:
                raise NotApplied("the Gateway listens on a port that the Service does not lead to")
        return fields("hosts"), gateway["metadata"]["name"]


def virtual_hosts(service: Document, hosts: list[str], gateway: str, clusters: dict[str, Config]) -> Config:
    """The route configuration."""
    with Fields(service["spec"], label(service)) as spec:
        names = [name if "/" in name else f"{service['metadata']['namespace']}/{name}" for name in spec("gateways")]
        domains = spec("hosts")
        if gateway not in names or not ("*" in hosts or set(domains) <= set(hosts)):
            raise NotApplied(f"{label(service)} is not bound to {gateway}")
        routes = [route(entry, clusters) for entry in spec("http")]
    return {"name": "http.8080", "virtual_hosts": [{"name": f"{domains[0]}:8080", "domains": domains, "routes": routes}]}


def route(entry: Document, clusters: dict[str, Config]) -> Config:
    """One route; without these settings Istio has no timeout and repeats twice, after a 503 too."""
    with Fields(entry, "http") as fields:
        name = fields("name")
        (match,) = fields("match")
        with Fields(match, "match") as matched, matched.within("uri") as uri:
            prefix = uri("prefix")
        (destination,) = fields("route")
        with Fields(destination, "route") as leads, leads.within("destination") as to, to.within("port") as port:
            upstream = f"outbound|{port('number')}||{to('host')}"
        if upstream not in clusters:
            raise NotApplied(f"{name} leads to {upstream}, which is none of {sorted(clusters)}")
        action = {"cluster": upstream, "timeout": fields("timeout", "0s")}
        with fields.within("retries") as retries:
            action["retry_policy"] = {"num_retries": retries("attempts"), "retry_on": retries("retryOn")}
        with fields.within("headers") as headers, headers.within("request") as request:
            removed = request("remove")
    return {"name": name, "match": {"prefix": prefix}, "route": action, "request_headers_to_remove": removed}


def outbound(world: Documents, labels: Document, namespace: str) -> list[Config]:
    """A cluster for each port of each host outside, with what a DestinationRule says of it."""
    rules = {}
    for document in world.of("DestinationRule"):
        with Fields(document["spec"], label(document)) as spec:
            with spec.within("workloadSelector") as selector:
                selected(selector("matchLabels"), labels, namespace, document)
            spec.expect(exportTo=["."])
            rules[spec("host")] = spec.within("trafficPolicy")
    found = []
    for document in world.of("ServiceEntry"):
        if document["metadata"].get("namespace") != namespace:
            raise NotApplied(f"{label(document)} is not seen in {namespace}")
        with Fields(document["spec"], label(document)) as spec:
            spec.expect(location="MESH_EXTERNAL", exportTo=["."])
            (host,), (port,) = spec("hosts"), spec("ports")
            static = {"DNS": False, "STATIC": True}[spec("resolution")]
            addresses = [endpoint["address"] for endpoint in spec("endpoints", [])] if static else [host]
        with Fields(port, "port") as fields:
            number, protocol = fields("number"), fields("protocol")
            fields("name")
        if (protocol == "HTTPS") != (host in rules):
            raise NotApplied(f"{host} is {protocol}, and a DestinationRule for it {'is' if host in rules else 'is not'} there")
        settings = policy(rules.pop(host)) if host in rules else {}
        found.append(cluster(f"outbound|{number}||{host}", [(address, number) for address in addresses], **settings))
    if rules:
        raise NotApplied(f"no ServiceEntry for {sorted(rules)}")
    return found


def policy(traffic: Fields) -> Config:
    """A cluster's settings from a trafficPolicy. In mode SIMPLE without `sni`, `subjectAltNames` and authorities of its
    own, istiod sets auto_sni and auto_san_validation and trusts the system's roots."""
    settings: Config = {}
    options: Config = {"upstream_http_protocol_options": {"auto_sni": True, "auto_san_validation": True}}
    with traffic:
        with traffic.within("tls") as fields:
            fields.expect(mode="SIMPLE")
            settings["transport_socket"] = tls({})
        with traffic.within("connectionPool", {}) as pool:
            with pool.within("tcp", {}) as tcp:
                settings["connect_timeout"] = tcp("connectTimeout", "10s")
                limits = {"max_connections": tcp("maxConnections", None)}
                if alive := tcp("tcpKeepalive", None):
                    settings["upstream_connection_options"] = {"tcp_keepalive": keepalive(alive)}
            with pool.within("http", {}) as http:
                limits["max_pending_requests"] = http("http1MaxPendingRequests", None)
                limits["max_requests"] = http("http2MaxRequests", None)
                limits["max_retries"] = http("maxRetries", None)
                if idle := http("idleTimeout", None):
                    options["common_http_protocol_options"] = {"idle_timeout": idle}
        settings["circuit_breakers"] = {"thresholds": [{name: limit for name, limit in limits.items() if limit is not None}]}
    return {**settings, "typed_extension_protocol_options": http_options(**options)}


def keepalive(value: Document) -> Config:
    with Fields(value, "tcpKeepalive") as fields:
        seconds = {"keepalive_time": fields("time"), "keepalive_interval": fields("interval")}
        return {**{name: int(text.removesuffix("s")) for name, text in seconds.items()}, "keepalive_probes": fields("probes")}


def wasm(proxy: Proxy, document: Document, labels: Document, namespace: str) -> None:
    """A WasmPlugin's or TrafficExtension's filter, before the router."""
    with Fields(document["spec"], label(document)) as spec:
        with spec.within("selector") as selector:
            selected(selector("matchLabels"), labels, namespace, document)
        with spec if document["kind"] == "WasmPlugin" else spec.within("wasm") as fields:
            name = f"extensions.istio.io/{document['kind'].lower()}/{namespace}.{document['metadata']['name']}"
            image = {"http_uri": {"uri": fields("url"), "timeout": "30s"}}
            variables = []
            with fields.within("vmConfig") as vm:
                for variable in vm("env"):
                    with Fields(variable, "env") as entry:
                        variables.append(entry("name"))
                        entry.expect(valueFrom="HOST")
            policy = fields("failStrategy")
            typed = plugin(name, fields("pluginName"), image, variables, fields("pluginConfig"), failure_policy=policy)
    known(variables, proxy)
    proxy.extensions[name] = {"name": name, "typed_config": typed}
    source = {"ads": {}, "resource_api_version": "V3", "initial_fetch_timeout": "0s"}
    discovery = {"config_source": source, "type_urls": [WASM_TYPE]}
    proxy.hcm["http_filters"].insert(-1, {"name": name, "config_discovery": discovery})


def known(variables: list[str], proxy: Proxy) -> None:
    """An error when the filter is to read a variable that the container does not have."""
    if missing := set(variables) - set(proxy.environment):
        raise NotApplied(f"the container has no {sorted(missing)}")


def patches(proxy: Proxy, document: Document, labels: Document, namespace: str) -> None:
    """An EnvoyFilter's patches, in order."""
    with Fields(document["spec"], label(document)) as spec:
        with spec.within("workloadSelector") as selector:
            selected(selector("labels"), labels, namespace, document)
        for entry in spec("configPatches"):
            with Fields(entry, "configPatches") as fields, fields.within("match") as match, fields.within("patch") as patch:
                match.expect(context="GATEWAY")
                where = fields("applyTo")
                APPLY[where, patch("operation")](proxy, match, patch("value"))


def extension(proxy: Proxy, match: Fields, value: Any) -> None:
    config = value["typed_config"]["config"]
    known(config["vm_config"]["environment_variables"]["host_env_keys"], proxy)
    proxy.extensions[value["name"]] = value


def http_filter(proxy: Proxy, match: Fields, value: Any) -> None:
    with match.within("listener") as listener, listener.within("filterChain") as chain, chain.within("filter") as network:
        network.expect(name=HCM)
        with network.within("subFilter") as sub:
            names = [f["name"] for f in proxy.hcm["http_filters"]]
            proxy.hcm["http_filters"].insert(names.index(sub("name")), value)


def network_filter(proxy: Proxy, match: Fields, value: Any) -> None:
    with match.within("listener") as listener, listener.within("filterChain") as chain, chain.within("filter") as network:
        network.expect(name=HCM)
    (found,) = proxy.listener["filter_chains"][0]["filters"]
    proxy.listener["filter_chains"][0]["filters"] = [merge(found, value)]


def http_route(proxy: Proxy, match: Fields, value: Any) -> None:
    with match.within("routeConfiguration") as config, config.within("vhost") as host, host.within("route") as wanted:
        name = wanted("name")
    (virtual_host,) = proxy.routes["virtual_hosts"]
    if name not in [route["name"] for route in virtual_host["routes"]]:
        raise NotApplied(f"no route is named {name}")
    virtual_host["routes"] = [merge(r, value) if r["name"] == name else r for r in virtual_host["routes"]]


def whole_listener(proxy: Proxy, match: Fields, value: Any) -> None:
    with match.within("listener") as listener:
        listener.expect(portNumber=PORT)
    proxy.listener = merge(proxy.listener, value)


APPLY = {
    ("EXTENSION_CONFIG", "ADD"): extension,
    ("HTTP_FILTER", "INSERT_BEFORE"): http_filter,
    ("NETWORK_FILTER", "MERGE"): network_filter,
    ("HTTP_ROUTE", "MERGE"): http_route,
    ("LISTENER", "MERGE"): whole_listener,
}
