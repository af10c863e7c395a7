"""The memory of thought signatures: who gets which one back, through which worker, for how long, and in how many bytes.

The fake's agent issues a signature per call and takes only that one back on that call; where a script does not say
`dummy`, it refuses the stand-in for a lost one. `tool_loop.Loop` is a client that drops what it does not know.
"""

import copy
import json
import os
import re
import time
from pathlib import Path

import httpx
import pytest
import yaml
from envoy import filter_config, listener
from fake_google.issued import is_dummy
from support.lab import MODEL, Gateway, chat, reply
from support.tool_loop import G3, STEPS, TOOLS, Loop, dropped, issued, sent

G3_PRO = "gemini-3-pro-preview"
SCRIPT = {"steps": STEPS}
# Without memory only what the client sends can be what comes back.
FORGETFUL = {"thought_signatures": {"cache_bytes": 0}}
KIB, MIB = 1 << 10, 1 << 20
ALICE, BOB = {"authorization": "Bearer sk-alice"}, {"authorization": "Bearer sk-bob"}


def signed(parts: list[dict]) -> dict:
    """The scenario of a reply that holds `parts`."""
    return {"body": json.dumps(reply({"content": {"role": "model", "parts": parts}, "finishReason": "STOP"}))}


def calls(*args: str, **fields) -> dict:
    """A script of one step with the same call for each of `args`; `fields` are the script's."""
    return {"steps": [{"calls": [{"name": "get_weather", "args": {"city": city}, "id": "same"} for city in args]}], **fields}


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", [G3, G3_PRO])
def test_a_dropped_signature_is_restored(gateway, model, stream):
    """On the first call of each step, and on no other."""
    loop = Loop(gateway, SCRIPT, model=model, stream=stream)
    first = issued(loop.ask())
    second = issued(loop.ask())
    assert loop.signatures() == [first, None]
    assert "SK 4" in loop.ask()["content"]
    assert loop.signatures() == [first, None, second]


@pytest.mark.parametrize("stream", [False, True])
def test_without_memory_there_is_the_dummy(gateways, stream):
    """The control for all others: it is the memory that brings a signature back."""
    loop = Loop(gateways(FORGETFUL), {**SCRIPT, "dummy": True}, stream=stream)
    loop.ask()
    loop.ask()
    first, other = loop.signatures()
    assert is_dummy(first) and other is None
    assert "SK 4" in loop.ask()["content"]


def connections(gateway) -> dict[str, int]:
    """How many connections each worker has had."""
    found = (re.search(r"^listener\..*\.(worker_\d+)\.downstream_cx_total$", name) for name in gateway.envoy.stats("listener."))
    return {match[1]: gateway.envoy.stats(match[0])[match[0]] for match in found if match}


class Once:
    """The gateway by a connection of its own per request; `workers` are those that served them, in order."""

    def __init__(self, gateway) -> None:
        self.fake, self.envoy, self.workers = gateway.fake, gateway.envoy, []

    def post(self, body, **arguments):
        before, one = connections(self), Gateway(self.envoy, self.fake)
        with one.client:
            got = one.post(body, **arguments)
        (worker,) = [name for name, count in connections(self).items() if count != before[name]]
        self.workers.append(worker)
        return got


def test_workers_share_them(fresh_envoy):
    """A worker finds what the other one kept, in both directions."""
    gateway, seen = fresh_envoy(concurrency=2), set()
    assert set(connections(gateway)) == {"worker_0", "worker_1"}
    for _ in range(60):
        once = Once(gateway)
        loop = Loop(once, calls("Paris"), stream=bool(len(seen) % 2))
        signature = issued(loop.ask())
        assert "Paris" in loop.ask()["content"]
        assert loop.signatures() == [signature]
        seen.add(tuple(once.workers))
        if {("worker_0", "worker_1"), ("worker_1", "worker_0")} <= seen:
            return
    raise AssertionError(f"the kernel never mixed the workers: {seen}")


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "api-key", "x-goog-api-key"])
def test_callers_do_not_share_them(gateway, header):
    """The same id of the same function: each caller gets their own, a third one none."""
    loops = {city: Loop(gateway, calls(city), headers={header: f"sk-{city}"}) for city in ("Paris", "Oslo")}
    signatures = {city: issued(loop.ask()) for city, loop in loops.items()}
    assert signatures["Paris"] != signatures["Oslo"]
    for city, loop in loops.items():
        for other in ("sk-Rome", "sk-" + min(set(loops) - {city})):
            assert loop.post(headers={header: other}).status == 400
            assert loop.signatures() != [signatures[city]]
        assert city in loop.ask()["content"]
        assert loop.signatures() == [signatures[city]]


def test_a_stranger_gets_the_dummy(gateway):
    """Who replays another's history without its signature."""
    loop = Loop(gateway, calls("Paris", dummy=True), headers=ALICE)
    own = issued(loop.ask())
    for headers in (BOB, {"authorization": "bearer sk-alice"}, {"authorization": ""}, {**ALICE, "x-api-key": "sk"}):
        assert loop.post(headers=headers).status == 200
        assert list(map(is_dummy, loop.signatures())) == [True], headers
    loop.ask()
    assert loop.signatures() == [own]


def two_listeners(config) -> None:
    """A second listener in the same Envoy, with a filter configuration of its own."""
    second = copy.deepcopy(listener(config))
    second["name"] = "second"
    config["static_resources"]["listeners"].append(second)
    settings = {**json.loads(filter_config(config)["configuration"]["value"]), "model_name_header": False}
    filter_config({"static_resources": {"listeners": [second]}})["configuration"]["value"] = json.dumps(settings)


def second_listener(gateway):
    """That listener as a gateway."""
    statuses = httpx.get(gateway.envoy.admin + "/listeners?format=json").json()["listener_statuses"]
    port = next(one["local_address"]["socket_address"]["port_value"] for one in statuses if one["name"] == "second")
    other = copy.copy(gateway)
    other.url, other.client = f"http://127.0.0.1:{port}", httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30)
    return other


def test_configurations_do_not_share_them(fresh_envoy):
    """The same caller and id in two configurations that share a `vm_id`: each has its own signature."""
    one = fresh_envoy(edit=two_listeners)
    other = second_listener(one)
    loops = [Loop(one, calls("Paris")), Loop(other, calls("Oslo"))]
    own = [issued(loop.ask()) for loop in loops]
    for loop, signature, foreign in zip(loops, own, (other, one), strict=True):
        assert loop.post(foreign).status == 400
        assert loop.signatures() != [signature]
        loop.ask()
        assert loop.signatures() == [signature]


def test_an_expired_one_is_gone(gateways):
    gateway = gateways({"thought_signatures": {"ttl": 3}})
    loop = Loop(gateway, calls("Paris", dummy=True))
    own = issued(loop.ask())
    assert loop.post().status == 200
    assert loop.signatures() == [own]
    # Whole seconds are compared.
    time.sleep(4.1)
    assert loop.post().status == 200
    assert list(map(is_dummy, loop.signatures())) == [True]


def skipped(gateway) -> int:
    """How many were too large to be kept."""
    counts = [value for name, value in gateway.envoy.stats().items() if name.endswith("gemini_filter.signatures_skipped")]
    return sum(counts)


# Bytes of a signature before base64, up to the largest that there is room for; on both sides of each size of slot.
SIZES = [32, 1536, 1537, 12 * KIB, 12 * KIB + 1, 104_250, 139_000, 192 * KIB]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("size", SIZES)
def test_every_size_is_restored(gateway, size, stream):
    """The largest on record have 139 KB."""
    before = skipped(gateway)
    loop = Loop(gateway, {"steps": STEPS[:1], "size": size}, stream=stream)
    signature = issued(loop.ask())
    assert "Oslo" in loop.ask()["content"]
    assert loop.signatures() == [signature, None]
    assert skipped(gateway) == before


@pytest.mark.parametrize("stream", [False, True])
def test_larger_ones_are_counted_and_not_kept(gateway, stream):
    before = skipped(gateway)
    script = {"steps": STEPS, "size": 192 * KIB + 1, "dummy": True}
    loop = Loop(gateway, script, stream=stream)
    loop.ask()
    loop.ask()
    assert skipped(gateway) == before + 2
    assert [signature and is_dummy(signature) for signature in loop.signatures()] == [True, None]
    assert "SK 4" in loop.ask()["content"]
    # A client that returns it needs no memory, and small ones are kept as ever.
    keeper = Loop(gateway, {**script, "dummy": False}, stream=stream, returned=lambda message: message)
    assert ["SK 4" in (keeper.ask()["content"] or "") for _ in range(3)] == [False, False, True]
    small = Loop(gateway, SCRIPT, stream=stream)
    for _ in range(3):
        small.ask()


def test_one_slot(gateways):
    """Room for a single signature: the newest is there; an older one is the dummy, and never the newer one."""
    gateway = gateways({"thought_signatures": {"cache_bytes": 4 * (2 * KIB + 32)}})
    old, new = (Loop(gateway, {"steps": STEPS[1:], "dummy": True}) for _ in range(2))
    signatures = [issued(loop.ask()) for loop in (old, new)]
    new.ask()
    assert new.signatures() == signatures[1:]
    old.ask()
    assert list(map(is_dummy, old.signatures())) == [True]


@pytest.mark.parametrize("sizes", [(32, 2 * KIB), (2 * KIB, 32), (32, 20 * KIB), (20 * KIB, 2 * KIB)])
def test_the_newest_of_an_id(gateway, sizes):
    """An id that comes again, with a signature of another size."""
    for size, city in zip(sizes, ("Paris", "Oslo"), strict=True):
        loop = Loop(gateway, calls(city, size=size), headers={"authorization": f"Bearer {sizes}"})
        own = issued(loop.ask())
    assert city in loop.ask()["content"]
    assert loop.signatures() == [own]


@pytest.mark.parametrize(
    ("tool", "called"),
    [
        ({"type": "function", "function": {"name": "get/the weather"}}, {"name": "get_the_weather"}),
        ({"type": "function", "function": {"name": "größe"}}, {"name": "gr__e"}),
        ({"type": "custom", "custom": {"name": "take note"}}, {"name": "take_note", "args": {"input": "a note"}}),
    ],
)
def test_functions_of_any_name(gateway, tool, called):
    """Google knows a function by another name than the client, and custom tools as functions."""
    loop = Loop(gateway, {"steps": [{"calls": [called]}]}, tools=[tool])
    kind = tool["type"]
    assert loop.ask()["tool_calls"][0][kind]["name"] == tool[kind]["name"]
    loop.ask()
    assert len(loop.signatures()) == 1


def test_a_function_under_its_namespace(gateway):
    """Models now and then call `default_api:get_weather`: the client gets its own name, and the signature comes back."""
    part = {"functionCall": {"name": "default_api:get_weather", "args": {}, "id": "call-1"}, "thoughtSignature": "c2lnbmVk"}
    asked = chat(model=G3, tools=TOOLS)
    message = gateway.ask(signed([part]), asked).json["choices"][0]["message"]
    assert message["tool_calls"][0]["function"]["name"] == "get_weather"
    answered = {"role": "tool", "tool_call_id": "call-1", "content": "sunny"}
    got = gateway.ask(body={**asked, "messages": [*asked["messages"], dropped(message), answered]})
    assert sent(got.received) == ["c2lnbmVk"]


def test_many_live_ones(gateway):
    """Four hundred small ones leave room for each other: few slots of the thousands are hit twice."""
    parts = [{"functionCall": {"name": "get_weather", "args": {}}, "thoughtSignature": f"c2ln{n:04}"} for n in range(400)]
    message = gateway.ask(signed(parts), chat(model=G3)).json["choices"][0]["message"]
    history = chat()["messages"]
    for call in dropped(message)["tool_calls"]:
        history.append({"role": "assistant", "content": None, "tool_calls": [call]})
        history.append({"role": "tool", "tool_call_id": call["id"], "content": "sunny"})
    got = gateway.ask(body=chat(model=G3, messages=history))
    assert got.status == 200, got.body
    pairs = zip(sent(got.received), (part["thoughtSignature"] for part in parts), strict=True)
    lost = [found for found, own in pairs if found != own]
    assert len(lost) <= 2 and all(map(is_dummy, lost))


def resident(gateway) -> int:
    """Envoy's memory in bytes."""
    with open(f"/proc/{gateway.envoy.process.pid}/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def fill(gateway, rounds: int) -> None:
    """Replies with 64 calls each, signed with 12 KB and under ids of their own."""
    parts = [{"functionCall": {"name": "get_weather", "args": {}}, "thoughtSignature": "A" * (12 * KIB)} for _ in range(64)]
    for _ in range(rounds):
        got = gateway.ask(signed(parts), chat(model=G3))
        assert len({call["id"] for call in got.json["choices"][0]["message"]["tool_calls"]}) == 64


@pytest.mark.parametrize(("cache_bytes", "least", "most"), [(2 * MIB, 0, 8 * MIB), (256 * MIB, 20 * MIB, 80 * MIB)])
def test_memory_is_bounded(fresh_envoy, figures, cache_bytes, least, most):
    """48 MB of signatures under 3840 ids; the larger budget shows that they would be seen."""
    gateway = fresh_envoy({"thought_signatures": {"cache_bytes": cache_bytes}})
    fill(gateway, 4)
    before = resident(gateway)
    fill(gateway, 60)
    grown = resident(gateway) - before
    figures.append(f"memory of signatures: 48 MB offered, {cache_bytes / MIB:.0f} MiB allowed, Envoy grew by {grown / MIB:.1f} MiB")
    assert least <= grown <= most
    loop = Loop(gateway, SCRIPT)
    for _ in range(3):
        loop.ask()


@pytest.mark.parametrize("stream", [False, True])
def test_in_the_id(gateways, stream):
    """`carrier: id`: two Envoys which share nothing and remember nothing, a step through each in turn."""
    config = {"thought_signatures": {"carrier": "id", "cache_bytes": 0}}
    here, there = (gateways({**config, "model_name_header": name}) for name in ("x-here", "x-there"))
    assert here.envoy.process.pid != there.envoy.process.pid
    loop = Loop(here, {**SCRIPT, "size": 2000}, stream=stream)
    message = loop.ask()
    signature = issued(message)
    ids = [call["id"].partition("__thought__") for call in message["tool_calls"]]
    assert [after for _, _, after in ids] == [signature, ""]
    second = issued(loop.ask(there))
    assert "SK 4" in loop.ask()["content"]
    assert loop.signatures() == [signature, None, second]
    parts = [part for content in loop.gateway.fake.requests(loop.id)[-1]["body"]["contents"] for part in content["parts"]]
    called = [part[kind]["id"] for part in parts for kind in ("functionCall", "functionResponse") if kind in part]
    assert [id for id, _, _ in ids] == called[:2] and not any("__" in id for id in called)


def history() -> list[dict]:
    """Two user turns of two steps each, as a client returns them whose signatures the gateway never saw."""

    def turn(number: int) -> list[dict]:
        made = [{"role": "user", "content": "Where to?"}]
        for step in range(2):
            ids = [f"call_{number}_{step}_{n}" for n in range(2)]
            function = {"name": "get_weather", "arguments": "{}"}
            made.append({"role": "assistant", "content": None, "tool_calls": [{"id": id, "type": "function", "function": function} for id in ids]})
            made += [{"role": "tool", "tool_call_id": id, "content": "sunny"} for id in ids]
        return made

    return [*turn(0), {"role": "assistant", "content": "Paris."}, *turn(1)]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        *((model, [False] * 4 + [True, False] * 2) for model in (G3, G3_PRO, "gemini-flash-latest")),
        *((model, [False] * 8) for model in (MODEL, "gemini-2.5-pro", "gemini-2.0-flash")),
    ],
)
def test_the_dummy_where_google_wants_one(gateway, model, expected):
    """On the first call of each step since the user last spoke, and only on models that insist."""
    got = gateway.ask(body=chat(model=model, messages=history()))
    assert got.status == 200, got.body
    dummies = [signature is not None and is_dummy(signature) for signature in sent(got.received)]
    assert dummies == expected
    assert sum(signature is not None for signature in sent(got.received)) == sum(expected)


def first_call(message: dict) -> dict:
    return message["tool_calls"][0]


# Where clients keep a signature (translation.md section 1.3): name -> change of a history's message.
CARRIERS = {
    "extra_content.google": lambda m, s: first_call(m).update(extra_content={"google": {"thought_signature": s}}),
    "extra_content.vertex": lambda m, s: first_call(m).update(extra_content={"vertex": {"thought_signature": s}}),
    "provider_specific_fields": lambda m, s: first_call(m).update(provider_specific_fields={"thought_signature": s}),
    "function.provider_specific_fields": lambda m, s: first_call(m)["function"].update(
        provider_specific_fields={"thought_signature": s}
    ),
    "thought_signature": lambda m, s: first_call(m).update(thought_signature=s),
    "function.thought_signature": lambda m, s: first_call(m)["function"].update(thought_signature=s),
    "id": lambda m, s: first_call(m).update(id=f"{first_call(m)['id']}__thought__{s}"),
    "reasoning_details": lambda m, s: m.update(
        reasoning_details=[
            {"type": "reasoning.text", "text": "hm", "id": first_call(m)["id"]},
            {"type": "reasoning.encrypted", "data": s, "id": first_call(m)["id"], "format": "google-gemini-v1"},
        ]
    ),
    "thinking_blocks": lambda m, s: m.update(thinking_blocks=[{"type": "thinking", "thinking": "hm", "signature": s}]),
    "message.extra_content": lambda m, s: m.update(extra_content={"google": {"thought_signature": s}}),
    "message.provider_specific_fields": lambda m, s: m.update(provider_specific_fields={"thought_signatures": [s]}),
}


@pytest.mark.parametrize("name", CARRIERS)
def test_every_carrier(gateways, name):
    """Each brings the signature back to its call, without any memory."""

    def returned(message: dict) -> dict:
        history = dropped(message)
        if "tool_calls" in history:
            CARRIERS[name](history, issued(message))
        return history

    loop = Loop(gateways(FORGETFUL), SCRIPT, returned=returned)
    signatures = [issued(loop.ask()), None, issued(loop.ask())]
    assert "SK 4" in loop.ask()["content"]
    assert loop.signatures() == signatures


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("carrier", ["extra_content", "provider_specific_fields"])
def test_the_signature_of_an_answer(gateways, carrier, stream):
    """The text's own goes back with the text, in the turn after it."""
    loop = Loop(gateways(FORGETFUL), {"final": "Hello there."}, stream=stream, returned=lambda message: message)
    signature = loop.ask()["extra_content"]["google"]["thought_signature"]
    if carrier != "extra_content":
        del loop.messages[-1]["extra_content"]
        loop.messages[-1][carrier] = {"thought_signatures": [signature]}
    loop.says({"heard": ["Hello there."], "final": "Bye."})
    assert loop.ask()["content"] == "Bye."
    parts = loop.gateway.fake.requests(loop.id)[-1]["body"]["contents"][1]["parts"]
    assert parts == [{"text": "Hello there.", "thoughtSignature": signature}]


def test_a_clients_own_comes_first(gateway):
    """What the client returns is used, whatever is remembered; what is no base64 is not returned."""
    loop = Loop(gateway, SCRIPT)
    own = issued(loop.ask())
    call = loop.messages[1]["tool_calls"][0]
    call["thought_signature"] = "bm90IHRoaXMgb25l"
    assert loop.post().status == 400 and loop.signatures()[0] == "bm90IHRoaXMgb25l"
    call["thought_signature"] = "not base64!"
    assert loop.post().status == 200 and loop.signatures()[0] == own


class Reloaded:
    """An Envoy that watches its listener's file: `change(edit)` rewrites it, and returns once Envoy has taken it."""

    def __init__(self, fresh_envoy, folder) -> None:
        self.file = folder / "listeners.yaml"
        self.gateway = fresh_envoy(edit=self.to_file)

    def to_file(self, config) -> None:
        self.static = copy.deepcopy(config)
        self.write(self.static)
        del config["static_resources"]["listeners"]
        source = {"path_config_source": {"path": str(self.file)}, "resource_api_version": "V3"}
        config["node"] = {"id": "test", "cluster": "test"}
        config["dynamic_resources"] = {"lds_config": source}

    def write(self, config) -> None:
        resource = {"@type": "type.googleapis.com/envoy.config.listener.v3.Listener", **listener(config)}
        fresh = self.file.with_suffix(".new")
        fresh.write_text(yaml.safe_dump({"resources": [resource]}))
        # Envoy looks for a file that is moved into place.
        fresh.replace(self.file)

    def change(self, edit) -> None:
        before = self.taken()
        edit(self.static, self.file.parent)
        self.write(self.static)
        deadline = time.monotonic() + 20
        while self.taken() == before or self.count("total_listeners_warming"):
            assert time.monotonic() < deadline, self.gateway.envoy.log()[-3000:]
            time.sleep(0.05)

    def taken(self) -> int:
        return self.count("listener_modified")

    def count(self, name: str) -> int:
        return self.gateway.envoy.stats("listener_manager.")[f"listener_manager.{name}"]


def same_module(config, _) -> None:
    """Another setting of the listener, and the filter's own settings in other white space."""
    listener(config)["per_connection_buffer_limit_bytes"] += 1
    settings = filter_config(config)["configuration"]
    settings["value"] = json.dumps(json.loads(settings["value"]), indent=8)


def new_module(config, folder) -> None:
    """The filter with a custom section more: other code, which needs VMs of its own."""
    section = b"\0\5\4note"
    code = filter_config(config)["vm_config"]["code"]["local"]
    file = folder / "filter.wasm"
    file.write_bytes(Path(code["filename"]).read_bytes() + section)
    code["filename"] = str(file)


@pytest.mark.parametrize("edit", [same_module, new_module])
def test_a_reload_forgets_nothing(fresh_envoy, tmp_path, edit):
    reloaded = Reloaded(fresh_envoy, tmp_path)
    loop = Loop(Once(reloaded.gateway), SCRIPT)
    first = issued(loop.ask())
    reloaded.change(edit)
    second = issued(loop.ask())
    reloaded.change(same_module)
    assert "SK 4" in loop.ask()["content"]
    assert loop.signatures() == [first, None, second]


def test_another_configuration_begins_anew(fresh_envoy, tmp_path):
    """The control for the reload: these are new settings, and what was kept under the old ones is not theirs."""

    def other_settings(config, _) -> None:
        settings = filter_config(config)["configuration"]
        settings["value"] = json.dumps({**json.loads(settings["value"]), "model_name_header": False})

    reloaded = Reloaded(fresh_envoy, tmp_path)
    loop = Loop(Once(reloaded.gateway), calls("Paris", dummy=True))
    loop.ask()
    reloaded.change(other_settings)
    loop.ask()
    assert list(map(is_dummy, loop.signatures())) == [True]
