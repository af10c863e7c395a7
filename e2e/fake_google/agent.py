"""The agent: plays a scripted conversation with tools, as a model would that knows what it said before.

It issues its own ids and thought signatures (Gemini 3) and takes a later turn only when every call comes back as it was
issued, each answered in its place. It keeps no state: all is proven by what the request carries.
"""

import hashlib
import json
from base64 import b64decode
from typing import Any

from . import issued, replies
from .errors import GoogleError, invalid
from .models import Model, model
from .script import Planned, Script, Step
from .signatures import turn_start
from .surface import VERTEX, Call
from .turns import grouped, held

Part = dict[str, Any]
THOUGHT = "I know what to do next."


def play(call: Call, request: dict[str, Any], script: Script, id: str, signed: bool) -> list[dict[str, Any]]:
    """The reply to a valid `request` (canonical form) of scenario `id`: its events, one when it is no stream.

    `signed` False leaves signatures unchecked. Raises `GoogleError` for whatever did not come back as issued.
    """
    facts = model(call.model)
    contents = request["contents"]
    start = turn_start(contents)
    if signed:
        signatures(contents, start, facts, script)
    arrived(request, contents[:start], script)
    declared(request, script)
    plan = [numbered(step, facts, (id, facts.name, n)) for n, step in enumerate(script.steps)]
    results = history(contents[start:], plan, script, facts)
    if len(results) < len(plan):
        step = plan[len(results)]
        return reply(call, request, *calls(step, script.steps[len(results)], script, facts))
    text = final(script, [result for step in results for result in step])
    if script.answer is not None:
        structured(request, script)
    pieces = [[part] for part in replies.halves({"text": text})]
    return reply(call, request, pieces, text_signature(text, script, facts))


def numbered(step: Step, facts: Model, where: tuple) -> list[Part]:
    """The `functionCall`s of a step, with the ids they are issued under (none before Gemini 3)."""
    made = []
    for n, planned in enumerate(step.calls):
        id = {"id": planned.id or issued.call_id(*where, n)} if facts.signatures else {}
        made.append({"name": planned.name, "args": planned.args, **id})
    return made


def calls(step: list[Part], planned: Step, script: Script, facts: Model) -> tuple[list[list[Part]], str]:
    """The pieces of a reply that calls: words, then the calls, the first one signed; and no signature of the text."""
    parts: list[Part] = [{"functionCall": one} for one in step]
    if facts.signatures:
        parts[0]["thoughtSignature"] = issued.for_call(step[0], script.size)
    said = [[part] for part in replies.halves({"text": planned.say})] if planned.say else []
    return said + ([[part] for part in parts] if script.each else [parts]), ""


def text_signature(text: str, script: Script, facts: Model) -> str:
    return issued.for_text(text, script.size) if facts.signatures else ""


def final(script: Script, results: list[str]) -> str:
    if script.answer is not None:
        return json.dumps(script.answer)
    return script.final if script.final is not None else "The tools said: " + "; ".join(results)


def reply(call: Call, request: dict[str, Any], pieces: list[list[Part]], signature: str) -> list[dict[str, Any]]:
    """Events of these pieces. The text's signature comes at the very end: in a stream on a part of empty text."""
    thoughts = request.get("generationConfig", {}).get("thinkingConfig", {}).get("includeThoughts")
    if thoughts:
        pieces = [[{"text": THOUGHT, "thought": True}], *pieces]
    last = {"thoughtSignature": signature} if signature else {}
    if call.method.streams:
        pieces = [*pieces, [{"text": "", **last}]]
    else:
        parts = joined([part for piece in pieces for part in piece])
        pieces = [[*parts[:-1], {**parts[-1], **last}]]
    prompt, answer = replies.tokens(replies.prompt_text(request)), sum(map(len, pieces))
    usage = {"promptTokenCount": prompt, "candidatesTokenCount": answer, "totalTokenCount": prompt + answer}
    id = hashlib.sha256(str(pieces).encode()).hexdigest()[:23]
    shared = {"usageMetadata": usage, "modelVersion": call.model, "responseId": id}
    if call.api == VERTEX:
        shared |= replies.vertex_shared(usage)
    events = [{"candidates": [{"content": {"parts": piece, "role": "model"}}], **shared} for piece in pieces]
    events[-1]["candidates"][0]["finishReason"] = "STOP"
    return events


def joined(parts: list[Part]) -> list[Part]:
    """The parts with neighbouring answer texts made one, as a whole reply has them."""
    result: list[Part] = []
    for part in parts:
        if result and part.keys() == {"text"} == result[-1].keys():
            result[-1] = {"text": result[-1]["text"] + part["text"]}
        else:
            result.append(part)
    return result


def signatures(contents: list[dict[str, Any]], start: int, facts: Model, script: Script) -> None:
    """Every signature in the history is on what it was issued for: the first call of a step, or a final text.

    Google looks at the current turn only, and insists there from Gemini 3 on; one that sits elsewhere was moved.
    """
    for run in grouped(contents):
        parts = [(n, part) for n, content in run for part in content.get("parts", [])]
        text = "".join(part.get("text", "") for _, part in parts if not part.get("thought"))
        first = True
        for n, part in parts:
            signature = part.get("thoughtSignature", "")
            if "functionCall" in part:
                signed_call(part, signature, first and n >= start and facts.signatures, n, script)
                first = False
            elif signature and not issued.is_for_text(signature, text):
                raise corrupted(n, "it was not issued for this text")


def signed_call(part: Part, signature: str, required: bool, n: int, script: Script) -> None:
    call = part["functionCall"]
    if not signature:
        if required:
            raise corrupted(n, f"{call['name']} has none")
        return
    if issued.is_dummy(signature):
        if not (script.dummy and required):
            raise corrupted(n, f"{call['name']} has a dummy, which is refused here")
        return
    if required and signature_size(signature) != script.size:
        raise corrupted(n, f"{call['name']} has one of {signature_size(signature)} bytes, {script.size} were issued")
    if not issued.is_for_call(signature, call):
        raise corrupted(n, f"it was not issued for {call['name']} with these arguments and the id {call.get('id')!r}")


def signature_size(signature: str) -> int:
    return len(issued.decoded(signature))


def corrupted(n: int, why: str) -> GoogleError:
    return invalid(f"Corrupted thought signature. (contents[{n}]: {why})")


def wrong(why: str) -> GoogleError:
    """A refusal which Google does not know: the conversation is not the one that was played."""
    return invalid(f"This is not the conversation that was had: {why}")


def history(contents: list[dict[str, Any]], plan: list[list[Part]], script: Script, facts: Model) -> list[list[str]]:
    """The results of the steps that were played so far, as text. Raises for one that is not as it was played."""
    runs = [[content for _, content in run] for run in grouped(contents)]
    results = []
    for n in range(0, len(runs), 2):
        if n // 2 >= len(plan):
            raise wrong(f"only {len(plan)} steps were played")
        if n + 1 >= len(runs):
            raise wrong("the last calls are not answered")
        step, planned = plan[n // 2], script.steps[n // 2]
        made = held(list(enumerate(runs[n])), "functionCall")
        got = held(list(enumerate(runs[n + 1])), "functionResponse")
        same_calls(made, step, facts)
        said = "".join(text for content in runs[n] for text in replies.own_texts(content))
        if planned.say not in said:
            raise wrong(f"the words before the calls were {planned.say!r}, not {said!r}")
        results.append([result(*pair, facts) for pair in zip(got, step, planned.calls, strict=True)])
    return results


def same_calls(made: list[Part], step: list[Part], facts: Model) -> None:
    names = ("name", "args", "id") if facts.signatures else ("name", "args")
    shown = [{name: call.get(name, {} if name == "args" else None) for name in names} for call in made]
    if shown != [{name: call.get(name) for name in names} for call in step]:
        raise wrong(f"the calls were {json.dumps(step)}, not {json.dumps(shown)}")


def result(got: Part, call: Part, planned: Planned, facts: Model) -> str:
    """The text of a call's result. Raises unless it is that call's."""
    if got.get("name") != call["name"] or (facts.signatures and got.get("id") != call["id"]):
        raise wrong(f"the result of {got.get('name')!r}, id {got.get('id')!r}, stands where that of {call} belongs")
    text = " ".join(leaves(got.get("response", {})))
    if planned.expect not in text:
        raise wrong(f"the result of {call} is {text!r}, without {planned.expect!r}")
    return text


def leaves(value: Any) -> list[str]:
    """Every value inside, as text, in document order."""
    if isinstance(value, dict):
        return [text for item in value.values() for text in leaves(item)]
    if isinstance(value, list):
        return [text for item in value for text in leaves(item)]
    return [value if isinstance(value, str) else json.dumps(value)]


def arrived(request: dict[str, Any], before: list[dict[str, Any]], script: Script) -> None:
    """The system instruction, earlier words and the user's images are there."""
    if script.system not in "".join(replies.own_texts(request.get("systemInstruction", {}))):
        raise wrong(f"the system instruction lacks {script.system!r}")
    texts = [text for content in before for text in replies.own_texts(content)]
    for text in script.heard:
        if not any(text in one for one in texts):
            raise wrong(f"nobody said {text!r}")
    if script.images:
        blobs = [part["inlineData"] for part in before[-1]["parts"] if "inlineData" in part]
        hashes = [hashlib.sha256(b64decode(blob["data"])).hexdigest() for blob in blobs]
        shown = [{"mimeType": b.get("mimeType"), "sha256": sha256} for b, sha256 in zip(blobs, hashes, strict=True)]
        if shown != script.images:
            raise wrong(f"the user showed {script.images}, not {shown}")


def declared(request: dict[str, Any], script: Script) -> None:
    """Every function that will be called is declared, and its schema takes the arguments."""
    tools = [one for tool in request.get("tools", []) for one in tool.get("functionDeclarations", [])]
    schemas = {one["name"]: one.get("parametersJsonSchema", one.get("parameters", {})) for one in tools}
    for planned in (planned for step in script.steps for planned in step.calls):
        if planned.name not in schemas:
            raise wrong(f"{planned.name} is not among the functions {sorted(schemas)}")
        if missing := keys(planned.args) - properties(schemas[planned.name]):
            raise wrong(f"the schema of {planned.name} lacks {sorted(missing)}")
        fits(schemas[planned.name], planned.args, planned.name)


def structured(request: dict[str, Any], script: Script) -> None:
    """The schema arrived, with the properties it was sent with, and the answer fits it."""
    config = request.get("generationConfig", {})
    schema = config.get("responseJsonSchema", config.get("responseSchema"))
    if config.get("responseMimeType") != "application/json" or schema is None:
        raise wrong("JSON was asked for, with a schema")
    if properties(schema) != set(script.schema or []):
        raise wrong(f"the schema has the properties {sorted(properties(schema))}, not {sorted(script.schema or [])}")
    fits(schema, script.answer, "the answer")


def fits(schema: Any, value: Any, what: str) -> None:
    # Only an agent needs this package: the fake alone, in its container, does without.
    import jsonschema

    try:
        jsonschema.validate(value, schema)
    except (jsonschema.ValidationError, jsonschema.SchemaError) as error:
        raise wrong(f"{what} does not fit the schema: {error.message}") from None


def keys(value: Any) -> set[str]:
    """The names of all members inside."""
    if isinstance(value, list):
        return {key for item in value for key in keys(item)}
    return set(value).union(*map(keys, value.values())) if isinstance(value, dict) else set()


def properties(schema: Any) -> set[str]:
    """The names of all properties which a schema declares, at any depth."""
    if isinstance(schema, list):
        return {name for item in schema for name in properties(item)}
    if not isinstance(schema, dict):
        return set()
    own = schema.get("properties", {})
    # Values are no schemas, whatever they look like.
    others = [item for key, item in schema.items() if key not in ("properties", "enum", "const", "default")]
    return set(own).union(*map(properties, [*own.values(), *others]))
