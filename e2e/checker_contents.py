"""Which turns a conversation must become, worked out a second time: words, calls, results and media, each in its place.

`expected(messages, model)` reads OpenAI's messages, `received(contents)` what Google got; both give `Turn`s whose items
are tuples: ("text", words), ("call", name, arguments, id), ("result", name, response, id, media…), and media as in
`checker_media` with their resolution. `compare` lists the differences. Values are compared as JSON text, so that a number keeps its spelling
and an object its order.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field

import checker_media

LEGAL = re.compile(r"[A-Za-z_][A-Za-z0-9_.:-]{0,63}")
DUMMIES = {"skip_thought_signature_validator", "c2tpcF90aG91Z2h0X3NpZ25hdHVyZV92YWxpZGF0b3I="}


@dataclass
class Turn:
    """`role` is Google's; `answers` marks a turn of results. `signed` holds the carried signatures by item."""

    role: str
    items: list = field(default_factory=list)
    signed: dict = field(default_factory=dict)
    answers: bool = False


def clean(value):
    """Google refuses unpaired surrogates and NUL, wherever they stand."""
    if isinstance(value, str):
        return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in value if c != "\0")
    if isinstance(value, list):
        return [clean(item) for item in value]
    return {clean(key): clean(item) for key, item in value.items()} if isinstance(value, dict) else value


def written(value) -> str:
    return json.dumps(value, ensure_ascii=False)


# ---------------------------------------------------------------- OpenAI's side


def content_items(content) -> list[tuple]:
    """Texts (no empty ones) and media of a message's content."""
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content or []
    items = []
    for part in parts:
        found = checker_media.of_client(part)
        words = part.get("text") if part.get("type") == "text" else part.get("refusal")
        if found:
            detail = (part.get("image_url") or {}).get("detail") if isinstance(part.get("image_url"), dict) else None
            items.append((*found, None if detail in (None, "auto") else f"MEDIA_RESOLUTION_{detail.upper()}"))
        elif clean(words or ""):
            items.append(("text", clean(words)))
    return items


def arguments(text) -> dict:
    """A call's arguments; what is no object is kept under a name of its own."""
    if text in (None, "", "null"):
        return {}
    try:
        value = json.loads(text)
        value = json.loads(value) if isinstance(value, str) else value
    except ValueError:
        value = None
    return clean(value) if isinstance(value, dict) else {"arguments": clean(text)}


def made_calls(message: dict) -> list[tuple[tuple, str | None]]:
    """((call item), carried signature) of an assistant message, the legacy form included."""
    found = []
    for call in message.get("tool_calls") or []:
        body = call.get("custom") or call.get("function") or {}
        made = {"input": clean(body["input"])} if call.get("type") == "custom" else arguments(body.get("arguments"))
        id, _, suffix = (call.get("id") or "").partition("__thought__")
        found.append((("call", body.get("name"), written(made), id or None), carried(call) or suffix or None))
    if legacy := message.get("function_call"):
        found.append((("call", legacy["name"], written(arguments(legacy.get("arguments"))), None), None))
    return found


def carried(call: dict) -> str | None:
    """A signature in any of the places where clients keep it on a call."""
    function = call.get("function") or {}
    extra = call.get("extra_content") or {}
    places = [extra.get("google"), extra.get("vertex"), call.get("provider_specific_fields"), function.get("provider_specific_fields"), call, function]
    return next((place["thought_signature"] for place in places if place and place.get("thought_signature")), None)


def result(content) -> tuple:
    """(response, media…) of a tool message: an object as it is, anything else as `output`."""
    items, text = [], content
    if isinstance(content, list):
        known = [part for part in content if part.get("type") in ("text", "refusal") or checker_media.of_client(part)]
        items = [item for item in content_items(known) if item[0] != "text"]
        rest = [part.get("text", "") if part.get("type") == "text" else written(part) for part in content if part not in known or part.get("type") == "text"]
        text = "".join(rest)
    text = clean(text or "") if isinstance(text, str | None) else written(text)
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    direct = isinstance(value, dict) and not refers(value)
    return (written(value if direct else {"output": text}), *items)


def refers(value) -> bool:
    """Google takes a nested `$ref` for a reference to one of its parts."""
    if isinstance(value, list):
        return any(map(refers, value))
    return isinstance(value, dict) and (bool(isinstance(value.get("$ref"), str) and value["$ref"]) or any(map(refers, value.values())))


def expected(messages: list[dict], generation: tuple, system_ok: bool = True) -> tuple[list[str], list[Turn]]:
    """(system texts, turns) for a conversation that is in order or can be repaired."""
    system, turns = [], []
    for message in messages:
        role = message["role"]
        if role in ("system", "developer"):
            system += [item[1] for item in content_items(message.get("content"))]
        elif role in ("tool", "function"):
            answer(turns, message)
        else:
            add(turns, message, "model" if role in ("assistant", "model") else "user")
    flat = settled(turns, nested=generation >= (3, 0))
    if not flat:
        return [], [Turn("user", [("text", text) for text in system])]
    if not system_ok:
        flat[0].items[:0] = [("text", text) for text in system]
    if flat[0].role == "model":
        flat.insert(0, Turn("user", [("text", " ")]))
    if flat[-1].role == "model" and generation >= (3, 0):
        flat.append(Turn("user", [("text", "Continue.")]))
    return system if system_ok else [], flat


def add(turns: list, message: dict, role: str) -> None:
    """A user or assistant message joins the turn before it if that is of the same role and not answered yet."""
    items = content_items(message.get("content"))
    calls = made_calls(message) if role == "model" else []
    if role == "model":
        if isinstance(message.get("refusal"), str) and message["refusal"]:
            items.append(("text", clean(message["refusal"])))
        if not items and not calls and (spoken := (message.get("audio") or {}).get("transcript")):
            items.append(("text", clean(spoken)))
        if not items and not calls:
            return
    last = turns[-1] if turns and turns[-1]["role"] == role and not turns[-1]["results"] else None
    if last is None:
        last = {"role": role, "turn": Turn(role), "calls": [], "results": {}}
        turns.append(last)
    last["turn"].items += items
    for item, signature in calls:
        last["turn"].signed[len(last["turn"].items)] = signature
        last["calls"].append(item)
        last["turn"].items.append(item)


def answer(turns: list, message: dict) -> None:
    """A result goes to the latest call of its id that has none yet (the legacy form: of its name)."""
    id = (message.get("tool_call_id") or "").partition("__thought__")[0]
    for turn in reversed(turns):
        for number, call in enumerate(turn["calls"]):
            mine = call[3] == id if message["role"] == "tool" and id else call[1] == message.get("name")
            if mine and number not in turn["results"]:
                turn["results"][number] = result(message.get("content"))
                return


def settled(turns: list, nested: bool) -> list[Turn]:
    """Each turn, followed by the results of its calls in the calls' order; a lost result is empty.

    Media of a result are `nested` in it where the model can, else they follow all results.
    """
    flat = []
    for one in turns:
        turn = one["turn"]
        turn.items = turn.items or [("text", " ")]
        flat.append(turn)
        if one["calls"]:
            given = [one["results"].get(number, (written({"output": ""}),)) for number in range(len(one["calls"]))]
            pairs = list(zip(one["calls"], given, strict=True))
            items = [("result", call[1], answer[0], call[3], *(answer[1:] if nested else ())) for call, answer in pairs]
            after = [] if nested else [media for answer in given for media in answer[1:]]
            flat.append(Turn("user", items + after, answers=True))
    return merged(flat)


def merged(turns: list[Turn]) -> list[Turn]:
    """Neighbours of one role are one turn; results stay apart."""
    flat: list[Turn] = []
    for turn in turns:
        if flat and flat[-1].role == turn.role and not flat[-1].answers and not turn.answers:
            start = len(flat[-1].items)
            flat[-1].signed |= {start + number: signature for number, signature in turn.signed.items()}
            flat[-1].items = flat[-1].items + turn.items
        else:
            flat.append(turn)
    return flat


# ---------------------------------------------------------------- Google's side


def received(contents: list[dict]) -> tuple[list[Turn], list[str]]:
    """(turns, what was found in them that no message asks for)."""
    turns, problems = [], []
    for content in contents:
        problems += [f"unknown key {key!r} in a content" for key in set(content) - {"role", "parts"}]
        turn = Turn(content.get("role"), answers=any("functionResponse" in part for part in content["parts"]))
        for part in content["parts"]:
            turn.signed[len(turn.items)] = part.get("thoughtSignature")
            turn.items.append(read_part(part, problems))
        turns.append(turn)
    return merged(turns), problems


def read_part(part: dict, problems: list[str]) -> tuple:
    rest = set(part) - {"thoughtSignature", "mediaResolution", "videoMetadata"}
    if media := checker_media.of_google(part):
        item, allowed = (*media, (part.get("mediaResolution") or {}).get("level")), {"inlineData", "fileData"}
    elif call := part.get("functionCall"):
        item, allowed = ("call", call.get("name"), written(call.get("args", {})), call.get("id")), {"functionCall"}
    elif answer := part.get("functionResponse"):
        inner = [(*(checker_media.of_google(one) or ()), None) for one in answer.get("parts") or []]
        item = ("result", answer.get("name"), written(answer.get("response")), answer.get("id"), *inner)
        allowed = {"functionResponse"}
    else:
        item, allowed = ("text", part.get("text")), {"text"}
    if rest - allowed:
        problems.append(f"a part with {sorted(rest)}")
    return item


# ---------------------------------------------------------------- comparing


def compare(want: list[Turn], got: list[Turn], names: dict[str, str], ids: bool) -> list[str]:
    """Differences, turn by turn. `names`: OpenAI's function name to Google's; `ids`: whether the model knows call ids (and
    signatures, and a resolution for each part), that is Gemini 3."""
    want_roles, got_roles = [turn.role for turn in want], [turn.role for turn in got]
    if want_roles != got_roles:
        return [f"turns: got {got_roles}, expected {want_roles}"]
    problems = []
    for number, (one, other) in enumerate(zip(want, got, strict=True)):
        mine = without_fillers([renamed(item, names, ids) for item in one.items])
        problems += [f"turn {number}: {p}" for p in compare_items(mine, without_fillers(other.items))]
        problems += [f"turn {number}: {p}" for p in compare_signatures(one, other, ids)]
    return problems


def renamed(item: tuple, names: dict[str, str], ids: bool) -> tuple:
    if item[0] in ("blob", "uri"):
        # Older models have one resolution for the whole request.
        return item if ids else (*item[:3], None)
    if item[0] not in ("call", "result"):
        return item
    return (item[0], names.get(item[1], item[1]), item[2], item[3] if ids else None, *item[4:])


def without_fillers(items: list) -> list:
    """A lone space stands for an empty message; beside other parts it may be there or not."""
    return [item for item in items if item != ("text", " ")] or [("text", " ")]


def compare_items(want: list, got: list) -> list[str]:
    problems = []
    if len(want) != len(got):
        problems.append(f"{len(got)} parts, expected {len(want)}")
    for one, other in zip(want, got, strict=False):
        media = one[0] in ("blob", "uri")
        if (media and not checker_media.same(one, other)) or (not media and one != other):
            problems.append(f"got {str(other)[:300]}, expected {str(one)[:300]}")
    return problems


def compare_signatures(want: Turn, got: Turn, ids: bool) -> list[str]:
    """A call has the signature it came with; a dummy stands in for a lost one, on Gemini 3's first call of a step only."""
    problems, first = [], True
    positions = [number for number, item in enumerate(want.items) if item[0] == "call"]
    found = [number for number, item in enumerate(got.items) if item[0] == "call"]
    for mine, theirs in zip(positions, found, strict=False):
        signature, sent = want.signed.get(mine), got.signed.get(theirs)
        if signature != sent and not (ids and first and signature is None and sent in DUMMIES):
            problems.append(f"signature of call {mine}: got {sent!r}, expected {signature!r}")
        first = False
    others = [s for number, s in got.signed.items() if s and got.items[number][0] != "call"]
    return problems + [f"a signature that no call had: {s[:60]}" for s in others]
