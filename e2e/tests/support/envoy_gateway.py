"""What Envoy Gateway makes of the manifests in envoy/gateway: a stand-in for its controller, written from its
documentation (<https://gateway.envoyproxy.io/docs/api/>) and the xDS in its own tests. Nothing may be without effect."""

import jsonpath
from support.manifests import Document, Documents, Fields, NotApplied, label
from support.proxy import TYPE, Config, Proxy, cluster, connection_manager, http_options, plugin, tls

CONTROLLER = "gateway.envoyproxy.io/gatewayclass-controller"
# Where it runs its proxies.
PROXIES = "envoy-gateway-system"
LISTENER = f"{TYPE}.config.listener.v3.Listener"
ROUTES = f"{TYPE}.config.route.v3.RouteConfiguration"
CLUSTER = f"{TYPE}.config.cluster.v3.Cluster"
SIZES = {"Ki": 1 << 10, "Mi": 1 << 20}


def render(documents: list[Document]) -> Proxy:
    """The proxy of the one Gateway, as it would be with these documents and no others applied."""
    world = Documents(documents)
    gateway = world.one("Gateway")
    namespace, name = gateway["metadata"]["namespace"], gateway["metadata"]["name"]
    listener, environment = entry(world, gateway)
    settings, limit = clients(world, gateway)
    route_name = f"{namespace}/{name}/{listener}"
    proxy = Proxy(
        {
            "name": route_name,
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
            "per_connection_buffer_limit_bytes": limit,
            "default_filter_chain": {"name": route_name, "filters": [connection_manager(**settings)]},
        },
        {"name": route_name, "ignore_port_in_host_matching": True, "virtual_hosts": []},
        {},
        {},
        environment,
    )
    proxy.hcm["http_filters"][-1]["typed_config"]["suppress_envoy_headers"] = True
    routes(world, proxy, gateway, route_name)
    for document in world.of("EnvoyExtensionPolicy"):
        extensions(proxy, document)
    for document in world.of("EnvoyPatchPolicy"):
        patches(proxy, document, gateway)
    world.all_used()
    return proxy


def targets(spec: Fields, document: Document, wanted: Document) -> None:
    """An error unless the policy is for that document; the reference has no namespace and means the policy's own."""
    reference = {"group": wanted["apiVersion"].partition("/")[0], "kind": wanted["kind"], "name": wanted["metadata"]["name"]}
    named = spec("targetRefs", None) or [spec("targetRef")]
    if reference not in named or document["metadata"]["namespace"] != wanted["metadata"]["namespace"]:
        raise NotApplied(f"{label(document)} is not for {label(wanted)}")


def entry(world: Documents, gateway: Document) -> tuple[str, dict[str, tuple[str, str]]]:
    """The listener's name, and the proxy's variables."""
    with Fields(gateway["spec"], label(gateway)) as spec:
        owner = world.named("GatewayClass", spec("gatewayClassName"), None)
        with Fields(owner["spec"], label(owner)) as fields:
            fields.expect(controllerName=CONTROLLER)
        with spec.within("infrastructure") as infrastructure, infrastructure.within("parametersRef") as reference:
            reference.expect(group="gateway.envoyproxy.io", kind="EnvoyProxy")
            proxy = world.named("EnvoyProxy", reference("name"), gateway["metadata"]["namespace"])
        (listener,) = spec("listeners")
    with Fields(listener, "listener") as fields:
        name = fields("name")
        fields.expect(protocol="HTTP", port=80)
    with Fields(proxy["spec"], label(proxy)).within("provider") as provider:
        provider.expect(type="Kubernetes")
        container = provider("kubernetes")["envoyDeployment"]["container"]
    return name, world.environment(container["env"], PROXIES)


def size(text: str) -> int:
    """A Kubernetes quantity in bytes."""
    return int(text[:-2]) * SIZES[text[-2:]]


def clients(world: Documents, gateway: Document) -> tuple[Config, int]:
    """The HCM's settings and the listener's buffer limit. The defaults are Envoy Gateway's, which are not Envoy's."""
    document = world.one("ClientTrafficPolicy")
    settings: Config = {
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
        "server_header_transformation": "PASS_THROUGH",
        "common_http_protocol_options": {"headers_with_underscores_action": "REJECT_REQUEST"},
    }
    with Fields(document["spec"], label(document)) as spec:
        targets(spec, document, gateway)
        with spec.within("connection") as connection:
            limit = size(connection("bufferLimit", "32Ki"))
        with spec.within("timeout") as timeout, timeout.within("http") as http:
            settings["request_headers_timeout"] = http("requestHeadersReceivedTimeout")
            settings["request_timeout"] = http("requestReceivedTimeout")
            settings["stream_idle_timeout"] = http("streamIdleTimeout")
        with spec.within("http2") as http2:
            settings["http2_protocol_options"] = {
                "max_concurrent_streams": http2("maxConcurrentStreams"),
                "initial_stream_window_size": size(http2("initialStreamWindowSize")),
                "initial_connection_window_size": size(http2("initialConnectionWindowSize")),
            }
    return settings, limit


def routes(world: Documents, proxy: Proxy, gateway: Document, name: str) -> None:
    """The route of the one HTTPRoute, and the cluster of its Backend."""
    document = world.one("HTTPRoute")
    namespace = document["metadata"]["namespace"]
    with Fields(document["spec"], label(document)) as spec:
        if spec("parentRefs") != [{"name": gateway["metadata"]["name"]}] or namespace != gateway["metadata"]["namespace"]:
            raise NotApplied(f"{label(document)} has no parent")
        (rule,) = spec("rules")
    with Fields(rule, "rule") as fields:
        (match,) = fields("matches")
        with Fields(match, "match") as matched, matched.within("path") as path:
            path.expect(type="PathPrefix", value="/")
        (modifier,) = fields("filters")
        with Fields(modifier, "filter") as changed, changed.within("requestHeaderModifier") as request:
            changed.expect(type="RequestHeaderModifier")
            removed = request("remove")
        (backend,) = fields("backendRefs")
    with Fields(backend, "backendRef") as reference:
        reference.expect(group="gateway.envoyproxy.io", kind="Backend")
        target = world.named("Backend", reference("name"), namespace)
    prefix = f"httproute/{namespace}/{document['metadata']['name']}/rule/0"
    action, settings = traffic(world, document)
    proxy.clusters[prefix] = cluster(prefix, [endpoint(target)], transport_socket=trust(world, target), **settings)
    route = {
        "name": f"{prefix}/match/0/*",
        "match": {"prefix": "/"},
        "route": {"cluster": prefix, **action},
        "request_headers_to_remove": removed,
        "typed_per_filter_config": {},
    }
    proxy.routes["virtual_hosts"] = [{"name": f"{name}/*", "domains": ["*"], "routes": [route]}]


def endpoint(backend: Document) -> tuple[str, int]:
    """Host and port of a Backend."""
    with Fields(backend["spec"], label(backend)) as spec:
        (only,) = spec("endpoints")
    with Fields(only, "endpoint") as fields, fields.within("fqdn") as name:
        return name("hostname"), name("port")


def trust(world: Documents, backend: Document) -> Config:
    """A BackendTLSPolicy's transport socket: the server's name is its own, whatever the request's host is."""
    policy = world.one("BackendTLSPolicy")
    with Fields(policy["spec"], label(policy)) as spec:
        targets(spec, policy, backend)
        with spec.within("validation") as validation:
            validation.expect(wellKnownCACertificates="System")
            host = validation("hostname")
    return tls({"match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": host}}]}, sni=host)


def traffic(world: Documents, route: Document) -> tuple[Config, Config]:
    """A BackendTrafficPolicy's settings: the route's action, and the cluster."""
    policy = world.one("BackendTrafficPolicy")
    with Fields(policy["spec"], label(policy)) as spec:
        targets(spec, policy, route)
        with spec.within("timeout") as timeout, timeout.within("tcp") as tcp, timeout.within("http") as http:
            connect, action = tcp("connectTimeout"), {"timeout": http("requestTimeout")}
            idle = http("connectionIdleTimeout")
        with spec.within("retry") as retry, retry.within("retryOn") as on:
            action["retry_policy"] = {"num_retries": retry("numRetries"), "retry_on": ",".join(on("triggers"))}
        with spec.within("circuitBreaker") as breaker:
            limits = {
                "max_connections": breaker("maxConnections"),
                "max_pending_requests": breaker("maxPendingRequests"),
                "max_requests": breaker("maxParallelRequests"),
                "max_retries": breaker("maxParallelRetries"),
            }
        with spec.within("tcpKeepalive") as alive:
            keepalive = {
                "keepalive_time": int(alive("idleTime").removesuffix("s")),
                "keepalive_interval": int(alive("interval").removesuffix("s")),
                "keepalive_probes": alive("probes"),
            }
    settings = {
        "connect_timeout": connect,
        "per_connection_buffer_limit_bytes": 32768,
        "circuit_breakers": {"thresholds": [limits]},
        "upstream_connection_options": {"tcp_keepalive": keepalive},
        "typed_extension_protocol_options": http_options(common_http_protocol_options={"idle_timeout": idle}),
    }
    return action, settings


def extensions(proxy: Proxy, document: Document) -> None:
    """An EnvoyExtensionPolicy's filters: in the HCM but disabled, and enabled on the route."""
    (host,) = proxy.routes["virtual_hosts"]
    (route,) = host["routes"]
    _, namespace, name, *_ = route["name"].split("/")
    with Fields(document["spec"], label(document)) as spec:
        metadata = {"name": name, "namespace": namespace}
        targets(spec, document, {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata})
        plugins = spec("wasm")
    for index, value in enumerate(plugins):
        owner = f"envoyextensionpolicy/{namespace}/{document['metadata']['name']}/wasm/{index}"
        with Fields(value, "wasm") as fields:
            with fields.within("code") as code, code.within("image") as image:
                code.expect(type="Image")
                remote = {"http_uri": {"uri": f"oci://{image('url')}", "timeout": "10s"}}
            with fields.within("env") as env:
                variables = env("hostKeys")
            if missing := set(variables) - set(proxy.environment):
                raise NotApplied(f"the container has no {sorted(missing)}")
            fields.expect(failOpen=False)
            typed = plugin(fields("name"), "", remote, variables, fields("config"))
        typed["config"]["vm_config"]["vm_id"] = owner
        filter_name = f"envoy.filters.http.wasm/{owner}"
        proxy.hcm["http_filters"].insert(-1, {"name": filter_name, "disabled": True, "typed_config": typed})
        enabled = {"@type": f"{TYPE}.config.route.v3.FilterConfig", "config": {}}
        route["typed_per_filter_config"][filter_name] = enabled


def patches(proxy: Proxy, document: Document, gateway: Document) -> None:
    """An EnvoyPatchPolicy's JSON patches, in order."""
    with Fields(document["spec"], label(document)) as spec:
        spec.expect(type="JSONPatch")
        targets(spec, document, gateway)
        for entry in spec("jsonPatches"):
            with Fields(entry, "jsonPatches") as fields, fields.within("operation") as operation:
                patch(proxy, fields("type"), fields("name"), operation)


def patch(proxy: Proxy, kind: str, name: str, operation: Fields) -> None:
    """One of them: a new resource when its path is empty, else a change of one that is there."""
    operation.expect(op="add")
    path, value, found = operation("path"), operation("value"), operation("jsonPath", None)
    if path == "" and found is None:
        if kind != CLUSTER or value["name"] != name or name in proxy.clusters:
            raise NotApplied(f"not a new cluster: {name}")
        proxy.clusters[name] = value
        return
    resource = {LISTENER: proxy.listener, ROUTES: proxy.routes}[kind]
    if resource["name"] != name:
        raise NotApplied(f"there is no {kind} named {name}")
    pointers = [str(match.pointer()) for match in jsonpath.finditer(found, resource)]
    if not pointers:
        raise NotApplied(f"nothing is at {found}")
    paths = [f"{pointer}/{path.removeprefix('/')}" for pointer in pointers]
    jsonpath.patch.apply([{"op": "add", "path": path, "value": value} for path in paths], resource)
