"""The fake's agent: what it plays, and what it takes back only as issued."""

import base64
import hashlib

import pytest
from fake_fixtures import KEY, send
from support.agents import STEPS, Talk, answered, ask, path, said
from support.lab import fresh

from fake_google.launch import Fake, FakeError

G3, G35, G25 = "gemini-3-pro-preview", "gemini-3.5-flash", "gemini-2.5-flash"
SCRIPT = {"steps": STEPS}
DUMMY = "skip_thought_signature_validator"


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def calls(parts):
    return [part for part in parts if "functionCall" in part]


@pytest.mark.parametrize("each", [False, True])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", [G3, G35, G25])
def test_a_conversation(google, model, stream, each):
    """Parallel calls, then another step, then an answer that quotes the results; then a second turn."""
    talk = Talk(google, fresh(), {**SCRIPT, "each": each}, model, stream)
    first, second, last = talk.step(), talk.step(), talk.step()
    assert [call["functionCall"]["args"] for call in calls(first)] == [{"city": "Paris"}, {"city": "Oslo"}]
    assert "".join(part.get("text", "") for part in first) == "Let me look."
    signed, ids = model != G25, {call["functionCall"].get("id") for call in calls(first) + calls(second)}
    assert [bool(call.get("thoughtSignature")) for call in calls(first)] == [signed, False]
    assert len(ids) == 3 if signed else ids == {None}
    text = "".join(part.get("text", "") for part in last)
    assert text == "The tools said: sunny 21; snow -3; BK-2"
    assert ("thoughtSignature" in last[-1]) is signed
    talk.says(fresh(), {"heard": ["BK-2"], "steps": STEPS[:1], "final": "Bye."})
    talk.step()
    assert talk.step()[0]["text"].startswith("Bye" if not stream else "By")


def test_calls_per_event(google):
    for each, expected in [(False, [2]), (True, [1, 1])]:
        talk = Talk(google, fresh(), {"steps": [{"calls": STEPS[0]["calls"]}], "each": each}, G3, True)
        events = ask(google, G3, talk.body, True)
        assert [len(calls(said([event]))) for event in events if calls(said([event]))] == expected
        assert [event["candidates"][0].get("finishReason") for event in events] == [None] * len(expected) + ["STOP"]


def test_signature_size(google):
    talk = Talk(google, fresh(), {**SCRIPT, "size": 139_000}, G3)
    assert len(base64.b64decode(calls(talk.step())[0]["thoughtSignature"])) == 139_000
    talk.step()


def part(content, number):
    """The call or response which is `number` in a content that also may hold words."""
    return [part for part in content["parts"] if "text" not in part][number]


def changes():
    """name -> (change of the contents after one step, beginning of the refusal)."""

    def sign(value):
        return lambda contents: part(contents[1], 0).update(thoughtSignature=value)

    def unsign(contents):
        del part(contents[1], 0)["thoughtSignature"]

    def move(contents):
        part(contents[1], 1)["thoughtSignature"] = part(contents[1], 0).pop("thoughtSignature")

    def copy(contents):
        part(contents[1], 1)["thoughtSignature"] = part(contents[1], 0)["thoughtSignature"]

    def on_words(contents):
        contents[1]["parts"][0]["thoughtSignature"] = part(contents[1], 0)["thoughtSignature"]

    def cut(contents):
        part(contents[1], 0)["thoughtSignature"] = part(contents[1], 0)["thoughtSignature"][:40]

    def args(contents):
        part(contents[1], 1)["functionCall"]["args"]["city"] = "Rome"

    def signed_args(contents):
        part(contents[1], 0)["functionCall"]["args"]["city"] = "Rome"

    def swap_calls(contents):
        contents[1]["parts"][1:] = contents[1]["parts"][:0:-1]

    def swap_results(contents):
        contents[2]["parts"].reverse()

    def swap_outputs(contents):
        one, other = (part(contents[2], n)["functionResponse"] for n in (0, 1))
        one["response"], other["response"] = other["response"], one["response"]

    def result_name(contents):
        part(contents[2], 0)["functionResponse"]["name"] = "book"

    def no_result_id(contents):
        del part(contents[2], 0)["functionResponse"]["id"]

    def other_ids(contents):
        part(contents[1], 1)["functionCall"]["id"] = part(contents[2], 1)["functionResponse"]["id"] = "call_1"

    def empty_result(contents):
        part(contents[2], 1)["functionResponse"]["response"] = {"output": ""}

    def words(contents):
        del contents[1]["parts"][0]

    missing, corrupted, wrong = "Function call is missing", "Corrupted thought signature.", "This is not the conversation"
    return {
        "no signature": (unsign, missing),
        "the dummy": (sign(DUMMY), corrupted),
        "the dummy in base64": (sign(base64.b64encode(DUMMY.encode()).decode()), corrupted),
        "another": (sign("c2lnbmVk"), corrupted),
        "empty": (sign(""), missing),
        "moved to the second call": (move, missing),
        "also on the second call": (copy, corrupted),
        "also on the words": (on_words, corrupted),
        "cut short": (cut, corrupted),
        "other arguments than signed": (signed_args, corrupted),
        "other arguments": (args, wrong),
        "calls swapped": (swap_calls, "Function call is missing"),
        "results swapped": (swap_results, wrong),
        "outputs swapped": (swap_outputs, wrong),
        "a result under another name": (result_name, wrong),
        "a result without its id": (no_result_id, wrong),
        "ids renamed on both sides": (other_ids, wrong),
        "a result lost": (empty_result, wrong),
        "the words lost": (words, wrong),
    }


@pytest.mark.parametrize(("change", "text"), changes().values(), ids=changes())
def test_what_is_refused(google, change, text):
    talk = Talk(google, fresh(), SCRIPT, G3)
    talk.step()
    assert talk.refusal(change).startswith(text)
    talk.step()


def test_a_later_step_is_refused_too(google):
    """The second step's call with the first step's signature, and the first step's with none."""
    talk = Talk(google, fresh(), SCRIPT, G3)
    talk.step()
    talk.step()

    def stale(contents):
        part(contents[3], 0)["thoughtSignature"] = part(contents[1], 0)["thoughtSignature"]

    def forgotten(contents):
        del part(contents[1], 0)["thoughtSignature"]

    assert talk.refusal(stale).startswith("Corrupted")
    assert talk.refusal(forgotten).startswith("Function call is missing")


def test_an_earlier_turn(google):
    """Google does not look at it: a lost signature is nothing, a wrong one was put there by somebody."""
    talk = Talk(google, fresh(), SCRIPT, G3)
    for _ in range(3):
        talk.step()
    talk.says(fresh(), {"final": "Bye."})

    def put(value):
        return lambda contents: part(contents[1], 0).update(thoughtSignature=value)

    assert talk.refusal(put("c2lnbmVk")).startswith("Corrupted")
    assert talk.refusal(put(DUMMY)).startswith("Corrupted")
    for content in talk.body["contents"]:
        for one in content["parts"]:
            one.pop("thoughtSignature", None)
    assert talk.step()[0]["text"] == "Bye."


def test_the_signature_of_another_conversation(google):
    """The same call in another conversation has an id of its own, so its signature does not fit."""
    one, other = (Talk(google, fresh(), SCRIPT, G3) for _ in range(2))
    stolen = calls(one.step())[0]["thoughtSignature"]
    other.step()
    assert other.refusal(lambda contents: part(contents[1], 0).update(thoughtSignature=stolen)).startswith("Corrupted")


def test_the_dummy_when_allowed(google):
    talk = Talk(google, fresh(), {**SCRIPT, "dummy": True}, G3)
    talk.step()

    def on_both(contents):
        for number in (0, 1):
            part(contents[1], number)["thoughtSignature"] = DUMMY

    assert talk.refusal(on_both).startswith("Corrupted")
    part(talk.body["contents"][1], 0)["thoughtSignature"] = DUMMY
    talk.step()


def test_the_dummy_before_gemini_3(google):
    talk = Talk(google, fresh(), {**SCRIPT, "dummy": True}, G25)
    talk.step()
    assert talk.refusal(lambda contents: part(contents[1], 0).update(thoughtSignature=DUMMY)).startswith("Corrupted")


def test_signatures_switched_off(google):
    talk = Talk(google, fresh(), SCRIPT, G3, rules={"signatures": False})
    calls(talk.step())[0].pop("thoughtSignature")
    part(talk.body["contents"][1], 0).pop("thoughtSignature", None)
    talk.step()


def test_chosen_ids(google):
    steps = [{"calls": [{"name": "get_weather", "args": {"city": "Oslo"}, "id": "same"}]}]
    talk = Talk(google, fresh(), {"steps": steps}, G3)
    assert calls(talk.step())[0]["functionCall"]["id"] == "same"
    talk.step()


def test_the_signature_allows_other_spellings(google):
    """URL-safe base64 without padding, an integer as a float, another order of the keys."""
    talk = Talk(google, fresh(), {"steps": STEPS[1:]}, G3)
    call = calls(talk.step())[0]
    call["thoughtSignature"] = call["thoughtSignature"].rstrip("=").replace("+", "-").replace("/", "_")
    call["functionCall"]["args"]["trip"] = {"seats": 2.0, "city": "Oslo"}
    assert "BK-2" in talk.step()[0]["text"]


def test_tools_have_to_arrive(google):
    talk = Talk(google, fresh(), SCRIPT, G3)
    declarations = talk.body["tools"][0]["functionDeclarations"]
    book = declarations.pop()
    assert "book is not among the functions ['get_weather']" in talk.refusal()
    declarations.append({**book, "parametersJsonSchema": {"type": "object", "properties": {"trip": {}}}})
    assert "lacks ['city', 'seats']" in talk.refusal()
    trip = {"type": "object", "properties": {"city": {"type": "string"}, "seats": {"type": "string"}}}
    declarations[1] = {**book, "parametersJsonSchema": {"type": "object", "properties": {"trip": trip}}}
    assert "book does not fit the schema" in talk.refusal()


def test_words_have_to_arrive(google):
    talk = Talk(google, fresh(), {**SCRIPT, "system": "be brief"}, G3)
    assert "the system instruction lacks 'be brief'" in talk.refusal()
    talk.body["systemInstruction"] = {"parts": [{"text": "Always be brief."}]}
    talk.step()
    other = Talk(google, fresh(), {"heard": ["the answer is 42"]}, G3)
    assert "nobody said 'the answer is 42'" in other.refusal()


SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}, "stops": {"type": "array", "items": {"$ref": "#/$defs/S"}}},
          "$defs": {"S": {"type": "object", "properties": {"price": {"type": "number"}}}}}  # fmt: skip


@pytest.mark.parametrize("stream", [False, True])
def test_structured(google, stream):
    answer = {"city": "Oslo", "stops": [{"price": 1.5}]}
    talk = Talk(google, fresh(), {"answer": answer, "schema": ["city", "price", "stops"]}, G3, stream)
    assert "JSON was asked for" in talk.refusal()
    talk.body["generationConfig"] = {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}
    assert "".join(part["text"] for part in talk.step()) == '{"city": "Oslo", "stops": [{"price": 1.5}]}'
    talk.body["contents"].pop()
    talk.body["generationConfig"]["responseJsonSchema"] = {**SCHEMA, "$defs": {"S": {"type": "object"}}}
    assert "the schema has the properties ['city', 'stops']" in talk.refusal()
    talk.body["generationConfig"]["responseJsonSchema"] = {**SCHEMA, "required": ["nights"]}
    assert "does not fit the schema" in talk.refusal()


def test_images(google):
    data = bytes(range(256))
    image = {"mimeType": "image/png", "sha256": hashlib.sha256(data).hexdigest()}
    talk = Talk(google, fresh(), {"images": [image], "final": "Noise."}, G3)
    assert "the user showed" in talk.refusal()
    shown = {"inlineData": {"mimeType": "image/png", "data": base64.b64encode(data).decode()}}
    talk.body["contents"][0]["parts"].append(shown)
    assert talk.step()[0]["text"] == "Noise."
    talk.body["contents"].pop()
    shown["inlineData"]["data"] = base64.b64encode(data[:-1]).decode()
    assert "the user showed" in talk.refusal()


def test_thoughts(google):
    talk = Talk(google, fresh(), SCRIPT, G3)
    talk.body["generationConfig"] = {"thinkingConfig": {"includeThoughts": True}}
    assert talk.step()[0]["thought"] is True
    talk.step()


def test_more_steps_than_played(google):
    talk = Talk(google, fresh(), {"steps": STEPS[:1]}, G3)
    talk.step()
    contents = talk.body["contents"]
    contents += [contents[1], contents[2]]
    assert "only 1 steps were played" in talk.refusal()


def test_delivery_as_ever(google):
    """An agent's stream can be cut like any other."""
    id = fresh()
    talk = Talk(google, id, {"final": "Hello there."}, G3, True, chunks="bytes")
    reply = send(google, path(G3, True), talk.body, KEY)
    assert set(reply.chunks) == {1}


@pytest.mark.parametrize(
    "script",
    [[], {"step": []}, {"steps": [{}]}, {"steps": [{"calls": [{"args": {}}]}]}, {"answer": {}}, {"steps": [{"calls": []}]}],
)
def test_bad_scripts(google, script):
    with pytest.raises(FakeError, match="400"):
        google.put_scenario("bad", {"agent": script})
    with pytest.raises(FakeError, match="only one of"):
        google.put_scenario("bad", {"agent": {}, "body": "x"})


def test_results_are_given_in_the_calls_order():
    """The helper itself: one response per call, under its name."""
    parts = [{"functionCall": {"name": "get_weather", "args": {"city": city}}} for city in ("Oslo", "Paris")]
    assert [p["functionResponse"]["response"]["output"] for p in answered(parts)["parts"]] == ["snow -3", "sunny 21"]
