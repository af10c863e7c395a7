"""What a well-formed request still must not do, by backend and model generation.

The texts are Google's where one is on record (`google-api.md` section 4, `translation.md` sections 1.2.3 to 1.7);
elsewhere only the sense is known. `turns`, `signatures` and `documented` hold the groups that tests can switch off.
"""

import re
from typing import Any

from . import documented, images, media_rules, signatures, speech, tool_rules, turns
from .control import Rules
from .errors import GoogleError, field, invalid
from .models import Model, model
from .surface import GEMINI, VERTEX, Call

ROLES = {"user", "model", "function"}
SURROGATE = re.compile("[\ud800-\udfff]")
# field -> (least, greatest, words of the Developer API, end of the half-open range Vertex names).
RANGES = {
    "temperature": (0, 2, "must be in the range [0.0, 2.0]", "from 0 (inclusive) to 2.0001 (exclusive)"),
    "topP": (0, 1, "must be in the range [0.0, 1.0]", "from 0 (inclusive) to 1.0001 (exclusive)"),
    "topK": (1, float("inf"), "must be positive", "from 1 (inclusive)"),
    "candidateCount": (1, 8, "must be in the range [1, 8]", "from 1 (inclusive) to 9 (exclusive)"),
    "maxOutputTokens": (1, float("inf"), "must be positive", "from 1 (inclusive) to 65537 (exclusive)"),
    "logprobs": (0, 20, "must be in the range [0, 20]", "from 0 (inclusive) to 21 (exclusive)"),
    "presencePenalty": (-2, 2, "must be in the range [-2.0, 2.0]", "from -2 (inclusive) to 2 (exclusive)"),
    "frequencyPenalty": (-2, 2, "must be in the range [-2.0, 2.0]", "from -2 (inclusive) to 2 (exclusive)"),
}
STOP_SEQUENCES = 5
CACHE = {
    GEMINI: re.compile("cachedContents/[^/]+"),
    VERTEX: re.compile("projects/[^/]+/locations/[^/]+/cachedContents/[^/]+"),
}


def check(call: Call, body: dict[str, Any], groups: Rules) -> None:
    """Raises `GoogleError` for the first rule that `body` (canonical form) breaks."""
    request = body.get("generateContentRequest", body)
    facts = model(call.model)
    contents = request.get("contents", [])
    if not contents:
        if call.api == VERTEX:
            raise invalid("Unable to submit request because at least one contents field is required.")
        raise invalid(f"* {call.method.request}.contents: contents is not specified\n")
    roles(call, contents)
    no_control_text(request)
    cached(call, request.get("cachedContent", ""))
    config = request.get("generationConfig", {})
    ranges(call, config)
    sampling(call, facts, config)
    thinking(call, facts, config)
    output(call, facts, config, request)
    tool_rules.check(call, facts, request)
    media_rules.check(call, facts, contents, config)
    images.check(call, facts, config)
    speech.check(facts, request, config)
    if groups.turn_rules:
        turns.check(call, facts, contents)
        turns.system(call, request)
    if groups.documented:
        documented.check(call, request)
    if groups.signatures and facts.signatures:
        signatures.check(call, contents)


def roles(call: Call, contents: list[dict[str, Any]]) -> None:
    for content in contents:
        role = content.get("role", "")
        # The Developer API takes a content without a role as the user's.
        if role not in ROLES and not (role == "" and call.api != VERTEX):
            raise invalid("Please use a valid role: user, model.")


def cached(call: Call, name: str) -> None:
    """A cache is named as its API names it; Vertex reads one in v1beta1 only (`translation.md` section 0.2)."""
    if not name:
        return
    if call.api == VERTEX and call.version != "v1beta1":
        raise invalid("cached_content is not supported in this API version. Use v1beta1.")
    if not CACHE[call.api].fullmatch(name):
        raise invalid(f"Invalid CachedContent name: {name}")


def no_control_text(value: Any) -> None:
    """NUL and unpaired surrogates have no place in a proto3 string."""
    if isinstance(value, str):
        # Base64 of megabytes is left out of the slow search.
        if "\0" in value or not (value.isascii() or SURROGATE.search(value) is None):
            raise invalid("Request contains an invalid argument.")
    elif isinstance(value, dict):
        for key, item in value.items():
            no_control_text(key)
            no_control_text(item)
    elif isinstance(value, list):
        for item in value:
            no_control_text(item)


def ranges(call: Call, config: dict[str, Any]) -> None:
    for name, (least, greatest, words, vertex_words) in RANGES.items():
        value = config.get(name)
        if value is None or least <= value <= greatest:
            continue
        if call.api == VERTEX:
            raise invalid(
                f"Unable to submit request because it has a {name} value of {value:g} but the supported range is"
                f" {vertex_words}. Update the value and try again."
            )
        spelled = re.sub("[A-Z]", lambda match: "_" + match[0].lower(), name)
        raise field(f"generation_config.{spelled}", f"{spelled} {words}.")


def sampling(call: Call, facts: Model, config: dict[str, Any]) -> None:
    stops = config.get("stopSequences", [])
    if len(stops) > STOP_SEQUENCES:
        raise field("generation_config.stop_sequences", f"at most {STOP_SEQUENCES} stop sequences are allowed.")
    if not facts.penalties(call.api) and (config.get("presencePenalty") or config.get("frequencyPenalty")):
        raise invalid(f"Penalty is not enabled for this model: {facts.name}")
    if "logprobs" in config and not config.get("responseLogprobs"):
        raise field("generation_config.logprobs", "logprobs can only be set when response_logprobs is true.")


def thinking(call: Call, facts: Model, config: dict[str, Any]) -> None:
    thought = config.get("thinkingConfig")
    if not thought:
        return
    budget, level = thought.get("thinkingBudget"), thought.get("thinkingLevel")
    if budget is not None and level is not None:
        raise invalid("You can only set only one of thinking budget and thinking level.")
    if not facts.thinks:
        raise unsupported(call, "Thinking")
    # Of those that draw, Gemini 3.1 and later take one; none of them can do without.
    if level is not None and (not facts.levels or (facts.draws and facts.generation < (3, 1))):
        raise unsupported(call, "Thinking level")
    if level == "MINIMAL" and "pro" in facts.name:
        raise invalid("Thinking level MINIMAL is not supported for this model.")
    if budget is None or budget == -1:
        return
    if budget == 0:
        if facts.must_think or facts.draws:
            raise invalid("Budget 0 is invalid. This model only works in thinking mode.")
        return
    least, greatest = facts.budget
    if not least <= budget <= greatest:
        raise invalid(
            f"The thinking budget {budget:g} is invalid. Please choose a value between {least} and {greatest}."
        )


def unsupported(call: Call, what: str) -> GoogleError:
    if call.api == VERTEX:
        return invalid(f"Unable to submit request because {what.lower()} is not supported by this model.")
    return invalid(f"{what} is not supported for this model.")


def output(call: Call, facts: Model, config: dict[str, Any], request: dict[str, Any]) -> None:
    json_mode = config.get("responseMimeType") == "application/json"
    schemas = [name for name in ("responseSchema", "responseJsonSchema", "_responseJsonSchema") if name in config]
    if len(schemas) > 1:
        raise field("generation_config", "only one of response_schema and response_json_schema can be set.")
    if schemas and config.get("responseMimeType") not in ("application/json", "text/x.enum"):
        raise field("generation_config.response_schema", "only allowed when mime type is application/json.")
    if facts.gemma and json_mode:
        raise invalid(f"JSON mode is not enabled for {call.resource}")
    if facts.gemma and "systemInstruction" in request:
        raise invalid(f"Developer instruction is not enabled for {call.resource}")
    declared = any("functionDeclarations" in tool for tool in request.get("tools", []))
    if json_mode and request.get("tools") and not facts.generation >= (3, 0):
        what = "Function calling" if declared else "Tool use"
        raise invalid(f"{what} with a response mime type: 'application/json' is unsupported")
    if request.get("cachedContent") and any(name in request for name in ("systemInstruction", "tools", "toolConfig")):
        raise invalid(
            "CachedContent can not be used with GenerateContent request setting system_instruction, tools or"
            " tool_config.\n\nProposed fix: move those values to CachedContent from GenerateContent request."
        )
