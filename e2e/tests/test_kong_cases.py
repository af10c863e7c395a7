"""Kong's own test cases of its `gemini` provider, replayed through a real Envoy in front of a mock with Kong's fixtures.

A row is passed, or deliberately different, with the reason; then what Kong expects must indeed not hold, and what happens
instead is checked. Kong's plain `http://` addresses of its mock are `https://` here (Envoy's cluster decides), its prices and
logging are left out: both are refused at load, by name, which is a case of its own. Places are Kong's master at 22246ef and
branch aigw-393 at 312b61e.
"""

import json

import pytest
from envoy import Envoy, hcm, route
from support.kong import Mock, Reply, Seen, fixture
from support.kong_chat import CHAT
from support.kong_load import LOADS
from support.kong_streams import STREAMS
from support.lab import VERSION, Gateway

CASES = [*CHAT, *STREAMS]
OUTCOMES: dict[str, int] = {"passed": 0, "deliberately different": 0}


@pytest.fixture(scope="module", autouse=True)
def summary(figures):
    fixture("master/gemini/llm-v1-chat/responses/good.json")
    yield
    told = ", ".join(f"{outcome} {count}" for outcome, count in OUTCOMES.items())
    failed = len(CASES) + len(LOADS) - sum(OUTCOMES.values())
    figures.append(f"Kong's spec cases: {told}, failed {failed}")


@pytest.fixture(scope="module")
def mock():
    running = Mock()
    yield running
    running.close()


@pytest.fixture(scope="module")
def gateway(mock):
    """All configurations as they are, each on a path of its own."""
    routes = [{"match": {"path_prefix": f"/{n}/"}, "config": case.config} for n, case in enumerate(CASES)]
    envoy = Envoy(version=VERSION, upstream=mock.port, config={"routes": routes}, env={"GEMINI_API_KEY": None})
    running = Gateway(envoy, None)
    yield running
    assert "panicked" not in envoy.log()
    running.close()


def verdict(kong, differs: str, ours) -> None:
    """Counts a row whose checks hold."""
    if not differs:
        kong()
        OUTCOMES["passed"] += 1
        return
    ours()
    # A row whose difference is gone is to be moved.
    with pytest.raises((AssertionError, KeyError, TypeError, ValueError)):
        kong()
    OUTCOMES["deliberately different"] += 1


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case.name for case in CASES])
def test_case(gateway, mock, number):
    case = CASES[number]
    mock.sent.clear()
    mock.reply = case.reply() if callable(case.reply) else case.reply
    body = case.body if isinstance(case.body, dict) else fixture(case.body.decode()) if case.body.endswith(b".json") else case.body
    got = gateway.post(body, path=f"/{number}/{case.path}", method=case.method, headers=case.headers)
    seen = Seen(got, mock.sent)
    verdict(lambda: case.kong(seen), case.differs, lambda: case.ours(seen))


@pytest.fixture(scope="module")
def configured(mock):
    """All configurations that may be refused, each as metadata of a route of its own: one Envoy says what of them all."""

    def edit(config):
        template = route(config)
        routes = hcm(config)["route_config"]["virtual_hosts"][0]["routes"]
        routes[:] = [
            {**template, "match": {"prefix": f"/{n}/"}, "metadata": {"filter_metadata": {"gemini_filter": {"config": json.dumps(load.config)}}}}
            for n, load in enumerate(LOADS)
        ]
        # Google's path matches anew.
        routes.append(template)

    envoy = Envoy(version=VERSION, upstream=mock.port, config={}, edit=edit, env={"GEMINI_API_KEY": None})
    running = Gateway(envoy, None)
    yield running
    assert "panicked" not in envoy.log()
    running.close()


@pytest.mark.parametrize("number", range(len(LOADS)), ids=[load.name for load in LOADS])
def test_load(configured, mock, number):
    load = LOADS[number]
    mock.reply = Reply.file("master/gemini/llm-v1-chat/responses/good.json")
    before = len(configured.envoy.log())
    got = configured.post({"messages": [{"role": "user", "content": "hi"}]}, path=f"/{number}/chat")

    def refused(message: str) -> None:
        assert got.status == 500 and got.error["code"] == "gateway_misconfigured", got.body
        assert message in configured.envoy.log()[before:]

    def accepted() -> None:
        # On the routes of other endpoints a chat lacks what they ask for.
        other = load.config.get("route_type", "llm/v1/chat") != "llm/v1/chat"
        expected = (400, "missing_required_parameter") if other else (200, None)
        found = (got.status, got.error["code"] if got.status != 200 else None)
        assert found == expected, (got.body, configured.envoy.log()[before:])

    verdict(
        lambda: refused(load.kong) if load.kong else accepted(),
        load.differs,
        lambda: refused(load.ours) if load.ours else accepted(),
    )
