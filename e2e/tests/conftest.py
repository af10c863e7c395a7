"""Fixtures of the end-to-end tests: one fake Google, and one Envoy for each configuration a test asks for."""

import json

import certificates
import pytest
from envoy import Envoy, default_wasm
from fake_google.launch import Fake
from support.backends import BACKENDS, Backend
from support.lab import VERSION, Gateway

DEFAULT = {"auth": {"header_value": "$env://GEMINI_API_KEY"}}


@pytest.fixture(scope="session")
def issued(tmp_path_factory):
    """A test authority and Google's certificate from it."""
    return certificates.issue(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def fake():
    """The strict fake Google in plain HTTP/1.1, shared by all tests: each uses scenario ids of its own."""
    with Fake() as running:
        yield running


@pytest.fixture(scope="session")
def secure_fake(issued):
    """The same behind TLS, for the shipped configuration."""
    with Fake(cert=issued.cert, key=issued.key) as running:
        yield running


@pytest.fixture
def google(fake):
    """The fake with its token services and its clock as they are, and nothing counted."""
    fake.clear_services()
    fake.clear()
    yield fake
    fake.release("metadata")
    fake.clear_services()
    fake.set_clock(0)


@pytest.fixture(scope="session")
def gateways(fake):
    """`gateways(config=None, **Envoy arguments)`: a Gateway, started once per set of arguments.

    `config` is merged over the default filter configuration; a key whose value is None is removed.
    """
    assert default_wasm().exists(), f"{default_wasm()} is missing: make build"
    running = {}

    def start(config=None, **arguments):
        key = json.dumps([config, {k: repr(v) for k, v in arguments.items()}], sort_keys=True)
        if key not in running:
            merged = {k: v for k, v in {**DEFAULT, **(config or {})}.items() if v is not None}
            running[key] = Gateway(Envoy(**{"version": VERSION, "upstream": fake.port, "config": merged, **arguments}), fake)
        return running[key]

    yield start
    for gateway in running.values():
        check_health(gateway)
        gateway.close()


def check_health(gateway):
    """The filter's VM never fell over, whatever the tests sent: FAIL_RELOAD would hide it."""
    failures = {name: value for name, value in gateway.envoy.stats("wasm.").items() if "reload" in name and value}
    assert not failures, (failures, gateway.envoy.log()[-3000:])
    assert gateway.envoy.alive() and "panicked" not in gateway.envoy.log()


@pytest.fixture(scope="session")
def gateway(gateways):
    """The default configuration."""
    return gateways()


@pytest.fixture(scope="session", params=BACKENDS)
def served(request, gateways):
    """Either back end, one Envoy each."""
    return Backend.of(request.param, gateways(BACKENDS[request.param] or None))


@pytest.fixture(scope="session")
def developer(gateways):
    return Backend.of("developer", gateways())


@pytest.fixture(scope="session")
def vertex(gateways):
    return Backend.of("vertex", gateways(BACKENDS["vertex"]))


@pytest.fixture
def fresh_envoy(fake):
    """`fresh_envoy(config=None, **Envoy arguments)`: a Gateway of this test's own, stopped at its end."""
    started = []

    def start(config=None, **arguments):
        config = {**DEFAULT, **(config or {})}
        started.append(Gateway(Envoy(**{"version": VERSION, "upstream": fake.port, "config": config, **arguments}), fake))
        return started[-1]

    yield start
    for one in started:
        check_health(one)
        one.close()


FIGURES: list[str] = []


@pytest.fixture(scope="session")
def figures():
    """Lines to be printed at the end of the run."""
    return FIGURES


def pytest_sessionfinish(session):
    """A worker process hands its figures to the one that prints them."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["figures"] = FIGURES


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    FIGURES.extend(getattr(node, "workeroutput", {}).get("figures", []))


def pytest_terminal_summary(terminalreporter):
    """The figures that the tests collected: streams, cuts, failures."""
    if FIGURES:
        terminalreporter.section("figures")
        for line in FIGURES:
            terminalreporter.write_line(line)
