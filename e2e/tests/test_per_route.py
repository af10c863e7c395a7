"""A configuration for each route, in each of the four ways that the shipped files show."""

import copy
import json
import os
import time

import pytest
from envoy import PINNED, ROOT, Envoy, cluster, filter_configs, hcm
from fake_google.identity import keys
from servers import ServerFailed
from support.lab import CHAT, MODEL, Gateway, chat

ENVOY = ROOT / "envoy"
KEYS = {"GEMINI_API_KEY": "test-key", "GEMINI_API_KEY_A": "key-a", "GEMINI_API_KEY_B": "key-b"}
OLDEST = "1.36.2"


@pytest.fixture(scope="module")
def gateway_of(fake):
    """`gateway_of(file, version, edit=None)`: a shipped file in an Envoy, once for each set of arguments."""
    running = {}

    def start(file, version=PINNED, edit=None, **arguments):
        key = (file, version, edit)
        if key not in running:
            over = ENVOY / file if file else None
            envoy = Envoy(version=version, upstream=fake.port, over=over, env=KEYS, edit=edit, **arguments)
            running[key] = Gateway(envoy, fake)
        return running[key]

    yield start
    for gateway in running.values():
        reloads = {name: value for name, value in gateway.envoy.stats("wasm.").items() if "reload" in name and value}
        assert not reloads and gateway.envoy.alive() and "panicked" not in gateway.envoy.log()
        gateway.close()


def sent(gateway, path=CHAT, model=None, headers=None, **fields):
    """The key and the model that Google got for a chat on `path`, and the request."""
    _, record = gateway.send(chat(model=model, **fields), path=path, headers=headers)
    names = dict(record["headers"])
    assert names["host"] == "generativelanguage.googleapis.com"
    assert "authorization" not in names and "x-forwarded-proto" not in names
    return names["x-goog-api-key"], record["path"].split("/")[-1].split(":")[0], record


@pytest.mark.parametrize("version", [OLDEST, PINNED])
@pytest.mark.parametrize(
    ("path", "headers", "asked", "key", "model", "most"),
    [
        (CHAT, {}, MODEL, "test-key", MODEL, 4096),
        ("/team-a" + CHAT, {}, None, "key-a", "gemini-2.5-pro", 4096),
        (CHAT, {"host": "x.team-b.example.com:8080"}, None, "key-b", "gemini-2.5-flash", 4096),
        ("/team-a" + CHAT, {"host": "x.team-b.example.com"}, None, "key-a", "gemini-2.5-pro", 4096),
        (CHAT, {"host": "team-b.example.com"}, "gemini-2.0-flash", "test-key", "gemini-2.0-flash", 4096),
        ("/batch" + CHAT, {}, MODEL, "test-key", MODEL, None),
        ("/cheap" + CHAT, {}, "gemini-2.5-pro", "test-key", "gemini-2.5-flash-lite", 4096),
        ("/cheap" + CHAT, {"host": "x.team-b.example.com"}, None, "key-b", "gemini-2.5-flash-lite", 4096),
    ],
    ids=["base", "path", "host", "first rule wins", "not that host", "name", "metadata", "metadata over a rule"],
)
def test_table_and_metadata(gateway_of, version, path, headers, asked, key, model, most):
    got_key, got_model, record = sent(gateway_of("per-route.yaml", version), path, asked, headers)
    assert (got_key, got_model) == (key, model)
    # Google reads no body that comes with another key than the fake's.
    body = json.loads(record["body_text"])
    assert body.get("generationConfig", {}).get("maxOutputTokens") == most


@pytest.mark.parametrize("version", [OLDEST, PINNED])
def test_routes_reply_as_ever(gateway_of, version):
    """The whole exchange, streams too, on a route whose own cluster settings never apply."""
    gateway = gateway_of("per-route.yaml", version)
    assert gateway.ask(path="/cheap" + CHAT, model=None).text == "Hello there."
    got = gateway.ask(path="/cheap" + CHAT, model=None, stream=True)
    assert got.stream.problems == [] and got.received["path"].endswith("?alt=sse")
    denied = gateway.post(chat(stream=True), path="/batch" + CHAT)
    assert denied.status == 400 and "streaming" in denied.error["message"]


def own_vms(config):
    for number, plugin in enumerate(filter_configs(config)):
        plugin["vm_config"] = {**plugin["vm_config"], "vm_id": f"vm-{number}"}


WAYS = [
    ("per-route-instances.yaml", OLDEST, ""),
    ("per-route-instances.yaml", PINNED, "/v1beta"),
    ("per-route-filter-chain.yaml", "1.39.3", "/team-a"),
    ("per-route-filter-chain.yaml", PINNED, "/team-a"),
]


@pytest.mark.parametrize("edit", [None, own_vms], ids=["one VM", "own VMs"])
@pytest.mark.parametrize(("file", "version", "first"), WAYS)
def test_instances_and_filter_chains(gateway_of, file, version, first, edit):
    gateway = gateway_of(file, version, edit)
    for stream in (False, True):
        assert sent(gateway, first + CHAT, stream=stream)[:2] == ("key-a", "gemini-2.5-pro")
        key, model, record = sent(gateway, "/team-b" + CHAT, stream=stream)
        assert (key, model) == ("key-b", "gemini-2.5-flash")
        assert record["path"].endswith(":streamGenerateContent?alt=sse" if stream else ":generateContent")


@pytest.mark.parametrize(("file", "version", "first"), WAYS)
def test_nothing_reaches_google_past_the_filter(gateway_of, file, version, first):
    """Google's own paths, asked for by a client, are no way around it."""
    gateway = gateway_of(file, version)
    for path in (f"/v1beta/models/{MODEL}:generateContent", f"/team-b/v1beta/models/{MODEL}:generateContent", "/"):
        with gateway.untouched():
            assert gateway.post(chat(), path=path).status == 404


def metadata_routes(*texts):
    """A route without a name for each text, at /0/, /1/, ..., and the last one for Google's paths."""
    tagged = [
        {
            "match": {"prefix": f"/{number}/"},
            "metadata": {"filter_metadata": {"gemini_filter": {"config": text}}},
            "route": {"cluster": "gemini"},
        }
        for number, text in enumerate(texts)
    ]
    return [*tagged, {"match": {"prefix": "/"}, "route": {"cluster": "gemini", "timeout": "0s"}}]


def keyed(key, model="gemini-2.5-pro"):
    return json.dumps({"auth": {"header_value": key}, "model": {"name": model}})


def with_routes(*texts):
    def edit(config):
        hcm(config)["route_config"]["virtual_hosts"][0]["routes"] = metadata_routes(*texts)

    return edit


@pytest.mark.parametrize("version", [OLDEST, PINNED])
def test_unnamed_routes_with_metadata_of_their_own(gateways, version):
    edit = with_routes(keyed("key-0"), keyed("key-1", "gemini-2.0-flash"))
    gateway = gateways(version=version, edit=edit)
    for _ in range(2):
        assert sent(gateway, "/0" + CHAT)[:2] == ("key-0", "gemini-2.5-pro")
        assert sent(gateway, "/1" + CHAT)[:2] == ("key-1", "gemini-2.0-flash")
        assert sent(gateway, model=MODEL)[:2] == ("test-key", MODEL)


def test_routes_with_identities_of_their_own(gateways, fake):
    """Service accounts in the metadata of two routes, unknown when the filter was loaded: each gets its own token."""
    emails = ["a@p1.iam.gserviceaccount.com", "b@p1.iam.gserviceaccount.com"]
    accounts = [json.dumps(keys.service_account(fake, email)) for email in emails]
    texts = [{"auth": {"gcp_use_service_account": True, "gcp_service_account_json": account}} for account in accounts]

    def edit(config):
        with_routes(*map(json.dumps, texts))(config)
        tokens = copy.deepcopy(cluster(config))
        tokens["name"] = tokens["load_assignment"]["cluster_name"] = "google-oauth"
        config["static_resources"]["clusters"].append(tokens)

    # Envoy 1.36 cannot sign: a 503 there.
    gateway = gateways(version=PINNED, edit=edit)
    bearers = []
    for number in (0, 1, 0, 1):
        got = gateway.ask(path=f"/{number}" + CHAT)
        assert got.status == 200, got.body
        headers = dict(got.received["headers"])
        assert "x-goog-api-key" not in headers
        bearers.append(headers["authorization"])
    assert bearers[:2] == bearers[2:] and bearers[0] != bearers[1]
    assert gateway.ask().status == 200


@pytest.mark.parametrize("version", [OLDEST, PINNED])
def test_metadata_that_is_no_configuration(fresh_envoy, version):
    """Its requests get a 500, whatever they are; the reason is logged once and holds no secret."""
    broken = ["{", '{"auth": {"header_value": "sk-secret"}, "modle": 1}', "[]", '{"auth": {"header_value": "$env://NONE"}}']
    gateway = fresh_envoy(version=version, edit=with_routes(*broken, keyed("key-4")))
    for number in range(len(broken)):
        with gateway.untouched():
            for _ in range(3):
                got = gateway.post(chat(), path=f"/{number}" + CHAT)
                assert got.status == 500
                assert got.error["code"] == "gateway_misconfigured" and got.error["type"] == "server_error"
                assert got.headers["x-request-id"]
    assert sent(gateway, "/4" + CHAT)[:2] == ("key-4", "gemini-2.5-pro")
    assert sent(gateway, model=MODEL)[:2] == ("test-key", MODEL)
    log = gateway.log()
    assert log.count("configuration of route `` refused") == len(broken)
    assert "unknown field `modle`" in log and "environment variable `NONE` is not set" in log
    assert "sk-secret" not in log


def test_an_invalid_rule_is_refused_with_the_whole(fake):
    config = {"routes": [{"match": {"path_prefix": "/a"}, "config": {"modle": {}}}]}
    with pytest.raises(ServerFailed, match=r"routes\[0\]\.config: unknown field `modle`"):
        Envoy(upstream=fake.port, config=config)


class Routes:
    """Routes that Envoy reads from a file, and reads again when it is replaced (RDS)."""

    def __init__(self, folder):
        self.file = folder / "routes.json"
        self.version = 0

    def write(self, routes):
        self.version += 1
        virtual_host = {"name": "openai", "domains": ["*"], "routes": routes}
        resource = {
            "@type": "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
            "name": "openai",
            "request_headers_to_remove": ["x-forwarded-proto"],
            "virtual_hosts": [virtual_host],
        }
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps({"version_info": str(self.version), "resources": [resource]}))
        os.replace(new, self.file)

    def edit(self, config):
        config["node"] = {"id": "test", "cluster": "test"}
        manager = hcm(config)
        del manager["route_config"]
        source = {"resource_api_version": "V3", "path_config_source": {"path": str(self.file)}}
        manager["rds"] = {"route_config_name": "openai", "config_source": source}

    def update(self, gateway, routes):
        """Writes new routes and waits until Envoy has them."""
        self.write(routes)
        deadline = time.monotonic() + 20
        while gateway.envoy.stats("http.openai.rds.openai.update_success").popitem()[1] < self.version:
            assert time.monotonic() < deadline, gateway.envoy.log()[-2000:]
            time.sleep(0.02)


@pytest.mark.parametrize("version", [OLDEST, PINNED])
def test_a_route_changes_under_its_name(fresh_envoy, tmp_path, version):
    """The filter is not told and need not be."""
    routes = Routes(tmp_path)
    named = [{**route, "name": "same"} for route in metadata_routes(keyed("key-old"))]
    routes.write(named)
    gateway = fresh_envoy(version=version, edit=routes.edit)
    assert sent(gateway, "/0" + CHAT)[:2] == ("key-old", "gemini-2.5-pro")
    for text, key, model in [
        (keyed("key-new", "gemini-2.0-flash"), "key-new", "gemini-2.0-flash"),
        ("{}", "test-key", MODEL),
        (keyed("key-old"), "key-old", "gemini-2.5-pro"),
    ]:
        routes.update(gateway, [{**route, "name": "same"} for route in metadata_routes(text)])
        assert sent(gateway, "/0" + CHAT, model)[:2] == (key, model)
    routes.update(gateway, metadata_routes("{"))
    assert gateway.post(chat(), path="/0" + CHAT).status == 500


def test_a_name_that_comes_later_is_matched(fresh_envoy, tmp_path):
    """Rules by name follow the routes as they change."""
    config = {"routes": [{"match": {"name": "gold"}, "config": {"auth": {"header_value": "key-gold"}}}]}
    routes = Routes(tmp_path)
    routes.write(metadata_routes("", ""))
    gateway = fresh_envoy(config, edit=routes.edit)
    assert sent(gateway, "/0" + CHAT, MODEL)[0] == "test-key"
    first, *others = metadata_routes("", "")
    routes.update(gateway, [{**first, "name": "gold"}, *others])
    assert sent(gateway, "/0" + CHAT, MODEL)[0] == "key-gold"
    assert sent(gateway, "/1" + CHAT, MODEL)[0] == "test-key"


def resident(gateway):
    """Bytes of memory that Envoy has."""
    with open(f"/proc/{gateway.envoy.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_memory_is_bounded(fresh_envoy, tmp_path):
    """However many texts of metadata and values of templates there have been: each is 20 KB here, so that the last 1200
    would be 24 MB even if nothing but the text were kept."""
    config = {"model": {"name": MODEL, "model_alias": "$(headers.x-alias)"}}
    routes = Routes(tmp_path)
    padding = "x" * 20_000

    def texts(round):
        return [json.dumps({"model": {"model_alias": f"{round}-{n}-{padding}"}}) for n in range(100)]

    routes.write(metadata_routes(*texts(0)))
    gateway = fresh_envoy(config, edit=routes.edit)

    def burst(round):
        routes.update(gateway, metadata_routes(*texts(round)))
        for number in range(100):
            assert gateway.post(b"", method="GET", path=f"/{number}{CHAT}").status == 405
            got = gateway.post(b"", method="GET", headers={"x-alias": f"{round}-{number}-{padding}"})
            assert got.status == 405

    for round in range(1, 4):
        burst(round)
    before = resident(gateway)
    for round in range(4, 10):
        burst(round)
    assert resident(gateway) - before < 12 << 20
