"""What must reach Google for a chat request, worked out a second time, with nothing from `src/`.

`compare_request(body, model, recorded)` lists the differences between an OpenAI chat body and what the fake recorded: a
lost or altered text, argument, result, schema, media or parameter, and anything that was added. `unaccounted(body)`
lists the keys that nothing here looks at; what is dropped on purpose stands in `IGNORED`, with its reason.
"""

from __future__ import annotations

import json
import re

import checker_contents
import checker_schema
import checker_tools

# Client keys that must not leave the gateway, and why nothing is lost by that.
IGNORED = {
    "model": "goes into the path",
    "stream": "chooses the method",
    "stream_options": "controls our own usage chunk",
    "user": "identity of an end user",
    "safety_identifier": "identity of an end user",
    "metadata": "no target on the Developer API",
    "store": "OpenAI's storage",
    "prompt_cache_key": "OpenAI's cache",
    "prompt_cache_retention": "OpenAI's cache",
    "prompt_cache_options": "OpenAI's cache",
    "prompt_cache_breakpoint": "OpenAI's cache",
    "moderation": "OpenAI's moderation",
    "logit_bias": "token ids of another tokenizer",
    "parallel_tool_calls": "no equivalent",
    "verbosity": "no equivalent",
    "prediction": "no equivalent",
    "messages[].name": "no equivalent",
    "messages[].reasoning_content": "unsigned thoughts only cost tokens",
    "messages[].reasoning": "unsigned thoughts only cost tokens",
    "messages[].annotations": "output only",
    "messages[].parsed": "output only, a helper of the SDK",
    "messages[].audio": "cannot be dereferenced",
    "messages[].id": "output only",
    "messages[].content[].prompt_cache_breakpoint": "OpenAI's cache",
    "messages[].content[].cache_control": "another provider's cache",
    "messages[].tool_calls[].function.parsed_arguments": "output only, a helper of the SDK",
    "messages[].tool_calls[].index": "output only, a position in a stream",
    "messages[].tool_calls[].type": "function or custom, told apart by the member of that name",
    "messages[].tool_calls[].id": "compared where the model takes ids (Gemini 3)",
    "tools[].type": "function or custom, told apart by the member of that name",
    "tools[].function.strict": "OpenAI's switch; Google has none",
    "tools[].function.type": "a second type inside a function, which says nothing",
    "tools[].function.external_execution": "Agno's own switch, not OpenAI's",
    "tools[].function.requires_confirmation": "Agno's own switch, not OpenAI's",
    "functions[].strict": "OpenAI's switch; Google has none",
    "response_format.json_schema.strict": "OpenAI's switch; Google has none",
    "web_search_options.search_context_size": "Google's search has no options",
    "web_search_options.user_location": "Google's search has no options",
}

# What `compare_request` looks for at Google's.
CARRIED = {
    "messages", "temperature", "top_p", "top_k", "n", "seed", "stop", "max_tokens", "max_completion_tokens", "presence_penalty",
    "frequency_penalty", "logprobs", "top_logprobs", "tools", "tool_choice", "functions", "function_call", "response_format",
    "reasoning_effort", "modalities", "audio", "service_tier", "web_search_options",
    "messages[].role", "messages[].content", "messages[].refusal", "messages[].tool_calls", "messages[].tool_call_id",
    "messages[].function_call", "messages[].audio", "messages[].name",
    "messages[].content[].type", "messages[].content[].text", "messages[].content[].refusal", "messages[].content[].image_url",
    "messages[].content[].input_audio", "messages[].content[].file", "messages[].content[].image_url.url", "messages[].content[].image_url.detail",
    "messages[].content[].input_audio.data", "messages[].content[].input_audio.format", "messages[].content[].file.file_data",
    "messages[].content[].file.file_id", "messages[].content[].file.filename",
    "messages[].tool_calls[].function", "messages[].tool_calls[].custom", "messages[].tool_calls[].extra_content",
    "messages[].tool_calls[].function.name", "messages[].tool_calls[].function.arguments",
    "tools[].function", "tools[].custom", "tools[].name", *(f"tools[].{name}" for _, name in checker_tools.BUILT_IN), "tools[].function.name", "tools[].function.description",
    "tools[].function.parameters", "functions[].name", "functions[].description", "functions[].parameters",
    "response_format.type", "response_format.json_schema", "response_format.json_schema.name",
    "response_format.json_schema.schema", "response_format.json_schema.description", "audio.voice", "audio.format",
}  # fmt: skip
# Objects whose keys are compared as a whole, or belong to the client: nothing below them is looked up here.
OPAQUE = {
    "messages[].function_call", "messages[].tool_calls[].extra_content", "messages[].annotations", "messages[].parsed", "messages[].audio",
    "messages[].tool_calls[].custom", "tools[].function.parameters", "tools[].custom", "functions[].parameters", "tool_choice", "function_call",
    "response_format.json_schema.schema", "metadata", "logit_bias", "prediction", "stream_options", "prompt_cache_options", "moderation",
    "web_search_options.user_location", "messages[].content[].prompt_cache_breakpoint", "messages[].content[].cache_control",
}  # fmt: skip


def paths(value, path: str = ""):
    """Every key inside, as a path like `messages[].content[].text`."""
    if isinstance(value, list):
        for item in value:
            yield from paths(item, path + "[]")
    elif isinstance(value, dict) and path not in OPAQUE:
        for key, item in value.items():
            here = f"{path}.{key}" if path else key
            yield here
            yield from paths(item, here)


def unaccounted(body: dict) -> set[str]:
    """Keys that are neither looked for at Google's nor on the ignore list."""
    return set(paths(body)) - CARRIED - set(IGNORED)


def generation(model: str) -> tuple[int, int]:
    """(major, minor) of a Gemini model's name; an unknown one counts as the newest, a foreign one as old."""
    if match := re.match(r"gemini-(\d+)(?:\.(\d+))?(?:-|$)", model):
        return int(match[1]), int(match[2] or 0)
    if model.startswith("gemini-") and not re.match(r"gemini-(pro|flash|exp)(?!-(lite-)?latest)", model):
        return (99, 0)
    return (99, 0) if model.endswith("-latest") else (1, 0)


def expect_sampling(body: dict, model: str) -> dict:
    """The generationConfig for a request whose values are all in range."""
    config: dict = {}
    for ours, theirs in (("temperature", "temperature"), ("top_p", "topP"), ("top_k", "topK")):
        if body.get(ours) is not None and not sampling_ignored(model):
            config[theirs] = body[ours]
    if (body.get("n") or 1) > 1:
        config["candidateCount"] = body["n"]
    if body.get("seed") is not None:
        config["seed"] = fold_seed(body["seed"])
    stop = body.get("stop")
    stop = [s for s in ([stop] if isinstance(stop, str) else stop or []) if s]
    if stop:
        config["stopSequences"] = stop
    limit = body.get("max_completion_tokens")
    limit = body.get("max_tokens") if limit is None else limit
    if limit is not None and limit > 0:
        config["maxOutputTokens"] = limit
    if generation(model) == (2, 0) or model.startswith("gemini-1.5") and model.endswith("-002"):
        for ours, theirs in (("presence_penalty", "presencePenalty"), ("frequency_penalty", "frequencyPenalty")):
            if body.get(ours):
                config[theirs] = body[ours]
    if body.get("logprobs"):
        config["responseLogprobs"] = True
        if body.get("top_logprobs") is not None:
            config["logprobs"] = body["top_logprobs"]
    return config


def sampling_ignored(model: str) -> bool:
    """Models that take no sampling parameters today and announced to refuse them."""
    return "flash" in model and (generation(model) >= (3, 6) and generation(model) != (99, 0) or model.startswith("gemini-3.5-flash-lite"))


def fold_seed(seed: int) -> int:
    """Google's seed is an int32: one that does not fit is folded, the same way every time."""
    if -(2**31) <= seed < 2**31:
        return seed
    low = (seed ^ (seed >> 32)) & 0xFFFFFFFF
    return low - 2**32 if low >= 2**31 else low

LEVELS = {"none": "MINIMAL", "minimal": "MINIMAL", "low": "LOW", "medium": "MEDIUM", "high": "HIGH", "xhigh": "HIGH", "max": "HIGH"}
BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576, "xhigh": 24576, "max": 24576}
VOICES = {
    "alloy": "Kore", "ash": "Iapetus", "ballad": "Algieba", "cedar": "Achird", "coral": "Sulafat", "echo": "Charon", "fable": "Umbriel",
    "marin": "Despina", "onyx": "Orus", "nova": "Aoede", "sage": "Vindemiatrix", "shimmer": "Achernar", "verse": "Puck",
}  # fmt: skip
TIERS = {"default": "standard", "flex": "flex", "priority": "priority", "scale": "priority", "fast": "priority"}


def expect_thinking(effort: str | None, model: str) -> dict | None:
    """The thinkingConfig of Google's own table for a Flash or Pro model that thinks."""
    if effort is None or generation(model) < (2, 5) or re.search("-tts|-image|native-audio", model):
        return None
    thoughts = {"includeThoughts": effort != "none"}
    if generation(model) >= (3, 0):
        level = LEVELS[effort]
        return {**thoughts, "thinkingLevel": "LOW" if level == "MINIMAL" and "pro" in model else level}
    pro = "pro" in model
    budget = {"none": 128, "xhigh": 32768, "max": 32768}.get(effort, BUDGETS[effort]) if pro else BUDGETS[effort]
    return {**thoughts, "thinkingBudget": budget}


def expect_output(body: dict, model: str) -> dict:
    """What the answer is made of: modalities, voice, picture detail."""
    config: dict = {}
    wanted = [name.upper() for name in body.get("modalities") or []]
    sound = body.get("audio") or {}
    if "-tts" in model or sound:
        wanted = ["AUDIO"]
    if wanted and wanted != ["TEXT"]:
        config["responseModalities"] = wanted
    if sound.get("voice"):
        voice = VOICES.get(sound["voice"], sound["voice"])
        config["speechConfig"] = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": voice}}}
    details = {part["image_url"].get("detail") for part in pictures(body["messages"])}
    wanted_detail = next((level for level in ("high", "medium", "low") if level in details), None)
    if wanted_detail and generation(model) < (3, 0):
        config["mediaResolution"] = f"MEDIA_RESOLUTION_{wanted_detail.upper()}"
    if thinking := expect_thinking(body.get("reasoning_effort"), model):
        config["thinkingConfig"] = thinking
    return config


def pictures(messages: list[dict]) -> list[dict]:
    parts = [part for message in messages for part in (message.get("content") if isinstance(message.get("content"), list) else [])]
    return [part for part in parts if isinstance(part.get("image_url"), dict)]


def wanted_json(body: dict) -> dict | None:
    """The response_format if it asks for JSON: its `type` and, with a schema, `schema` and `name`."""
    format = body.get("response_format") or {}
    if format.get("type") not in ("json_object", "json_schema"):
        return None
    return {"type": format["type"], **(format.get("json_schema") or {})}


def compare_format(body: dict, model: str, recorded: dict, instruction: list[str]) -> list[str]:
    """JSON mode and the schema; before Gemini 3 both become words when there are tools, taken off `instruction`."""
    config = recorded.get("generationConfig") or {}
    wanted = wanted_json(body)
    got = {key: config.get(key) for key in ("responseMimeType", "responseJsonSchema") if key in config}
    if wanted is None:
        return [f"generationConfig: {got} was added"] if got else []
    schema = wanted.get("schema")
    if recorded.get("tools") and generation(model) < (3, 0):
        words = instruction.pop() if instruction else ""
        told = json.loads(words[words.index("{") :]) if "{" in words else None
        problems = [f"generationConfig: {got} beside tools"] if got else []
        problems += [] if "JSON" in words else [f"nobody asks for JSON: {words!r}"]
        return problems + (checker_schema.lost(schema, told) if schema else [])
    if got.pop("responseMimeType", None) != "application/json":
        return ["responseMimeType: no JSON"]
    if not schema:
        return [f"generationConfig: {got} was added"] if got else []
    if "responseJsonSchema" not in got:
        return ["responseJsonSchema is lost"]
    named = {"title": wanted.get("name"), "description": wanted.get("description")}
    return checker_schema.lost({**{key: value for key, value in named.items() if value is not None}, **schema}, got["responseJsonSchema"])


def compare_request(body: dict, model: str, recorded: dict) -> list[str]:
    """Differences between what the client's `body` asks for and the `recorded` Gemini request."""
    system_ok = not model.startswith("gemma-")
    known = {"contents", "systemInstruction", "generationConfig", "tools", "toolConfig", "serviceTier"}
    problems = [f"added: {key}" for key in set(recorded) - known]
    system, want = checker_contents.expected(body["messages"], generation(model), system_ok)
    got, odd = checker_contents.received(recorded.get("contents") or [])
    names = checker_tools.names(body, recorded)
    problems += odd + checker_contents.compare(want, got, names, ids=generation(model) >= (3, 0))
    told = recorded.get("systemInstruction") or {}
    if told.get("role") not in (None, "user", "system"):
        problems.append(f"systemInstruction.role: {told['role']!r}")
    instruction = [part.get("text") for part in told.get("parts") or []]
    problems += compare_format(body, model, recorded, instruction)
    if instruction != system:
        problems.append(f"systemInstruction: got {instruction}, expected {system}")
    problems += checker_tools.compare(body, generation(model), recorded)
    if recorded.get("serviceTier") != TIERS.get(body.get("service_tier")):
        problems.append(f"serviceTier: got {recorded.get('serviceTier')!r} for {body.get('service_tier')!r}")
    config = {k: v for k, v in (recorded.get("generationConfig") or {}).items() if k not in ("responseMimeType", "responseJsonSchema")}
    expected = {**expect_sampling(body, model), **expect_output(body, model)}
    for key in sorted(set(config) | set(expected)):
        if config.get(key) != expected.get(key):
            problems.append(f"generationConfig.{key}: got {config.get(key)!r}, expected {expected.get(key)!r}")
    return problems
