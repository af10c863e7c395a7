"""What must reach Google for a text chat request, worked out a second time.

`expect_request(body, model)` translates an OpenAI chat body independently of `src/`;
`compare_request` lists the differences to what the fake recorded: a lost text or parameter, and
anything that was added. What is dropped on purpose stands in `IGNORED`, with its reason.
"""

from __future__ import annotations

import re

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
}

# What `expect_request` looks for at Google's.
CARRIED = {
    "messages", "temperature", "top_p", "top_k", "n", "seed", "stop", "max_tokens", "max_completion_tokens", "presence_penalty",
    "frequency_penalty", "logprobs", "top_logprobs", "messages[].role", "messages[].content", "messages[].refusal",
}  # fmt: skip

# Features of the next issue: a request that uses one may be refused with "not supported yet".
LATER = {
    "tools", "functions", "tool_choice", "function_call", "reasoning_effort", "modalities", "audio",
    "web_search_options", "service_tier", "logprobs", "top_logprobs", "extra_body", "google", "thinking",
    "safety_settings", "cached_content", "labels", "response_schema", "response_format", "messages[].tool_calls",
    "messages[].tool_call_id", "messages[].function_call",
}


def unaccounted(body: dict) -> set[str]:
    """Keys that are neither looked for at Google's, nor on the ignore list, nor of the next issue."""
    inner = {f"messages[].{key}" for message in body.get("messages") or [] for key in message}
    return (set(body) | inner) - CARRIED - set(IGNORED) - LATER


def uses_later_features(body: dict) -> bool:
    """Whether the request goes beyond text chat."""
    wanted = {k for k in LATER & set(body) - {"response_format"} if body[k] not in (None, [], ["text"])}
    if (body.get("response_format") or {}).get("type", "text") != "text" or wanted:
        return True
    for message in body.get("messages") or []:
        if message.get("role") in ("tool", "function") or message.get("tool_calls") or message.get("function_call"):
            return True
        content = message.get("content")
        if isinstance(content, list) and any(p.get("type") not in ("text", "refusal") for p in content):
            return True
    return False


def generation(model: str) -> tuple[int, int]:
    """(major, minor) of a Gemini model's name; an unknown one counts as the newest, a foreign one as old."""
    if match := re.match(r"gemini-(\d+)(?:\.(\d+))?(?:-|$)", model):
        return int(match[1]), int(match[2] or 0)
    if model.startswith("gemini-") and not re.match(r"gemini-(pro|flash|exp)(?!-(lite-)?latest)", model):
        return (99, 0)
    return (99, 0) if model.endswith("-latest") else (1, 0)


def clean(text: str) -> str:
    """Google refuses unpaired surrogates and NUL."""
    return "".join("\ufffd" if 0xD800 <= ord(c) <= 0xDFFF else c for c in text if c != "\0")


def texts(message: dict) -> list[str]:
    """The non-empty texts of a message in order; a refusal is text like any other."""
    content = message.get("content")
    parts = [content] if isinstance(content, str) else [p.get("text") or p.get("refusal") or "" for p in content or []]
    if message.get("role") in ("assistant", "model") and isinstance(message.get("refusal"), str):
        parts.append(message["refusal"])
    return [clean(p) for p in parts if clean(p)]


def expect_contents(messages: list[dict], model: str) -> tuple[list[str], list[dict]]:
    """(system texts, contents): roles alternate, the first is the user's."""
    system, contents = [], []
    for message in messages:
        role, parts = message["role"], texts(message)
        if role in ("system", "developer"):
            system += parts
            continue
        target = "model" if role in ("assistant", "model") else "user"
        if target == "model" and not parts:
            continue
        if contents and contents[-1]["role"] == target:
            contents[-1]["parts"] += parts
        else:
            contents.append({"role": target, "parts": parts})
    for content in contents:
        content["parts"] = content["parts"] or [" "]
    if not contents:
        return [], [{"role": "user", "parts": system}]
    if contents[0]["role"] == "model":
        contents.insert(0, {"role": "user", "parts": [" "]})
    if contents[-1]["role"] == "model" and generation(model) >= (3, 0):
        contents.append({"role": "user", "parts": ["Continue."]})
    return system, contents


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


def expect_request(body: dict, model: str) -> dict:
    """The Gemini request, with parts as plain texts: {contents, system, config}."""
    system, contents = expect_contents(body["messages"], model)
    return {"contents": contents, "system": system, "config": expect_sampling(body, model)}


def plain(content: dict) -> tuple[dict, list[str]]:
    """A recorded content with its parts as plain texts, and what else was found in it."""
    problems = [f"unknown key {k!r} in a content" for k in set(content) - {"role", "parts"}]
    parts = []
    for part in content.get("parts") or []:
        if set(part) != {"text"}:
            problems.append(f"a part with {sorted(part)}")
        parts.append(part.get("text"))
    return {"role": content.get("role"), "parts": parts}, problems


def without_fillers(contents: list[dict]) -> list[dict]:
    """A lone space stands for an empty message; beside other parts it may be there or not."""
    return [{**c, "parts": [p for p in c["parts"] if p != " "] or [" "]} for c in contents]


def compare_request(body: dict, model: str, recorded: dict) -> list[str]:
    """Differences between what the client's `body` asks for and the `recorded` Gemini request."""
    want = expect_request(body, model)
    problems = [f"added: {k}" for k in set(recorded) - {"contents", "systemInstruction", "generationConfig"}]
    contents = []
    for content in recorded.get("contents") or []:
        got, odd = plain(content)
        contents.append(got)
        problems += odd
    if without_fillers(contents) != without_fillers(want["contents"]):
        problems.append(f"contents: got {contents}, expected {want['contents']}")
    instruction, odd = plain(recorded.get("systemInstruction") or {})
    problems += odd
    if instruction["role"] not in (None, "user", "system"):
        problems.append(f"systemInstruction.role: {instruction['role']!r}")
    if instruction["parts"] != want["system"]:
        problems.append(f"systemInstruction: got {instruction['parts']}, expected {want['system']}")
    config = recorded.get("generationConfig") or {}
    for key in sorted(set(config) | set(want["config"])):
        if config.get(key) != want["config"].get(key):
            problems.append(f"generationConfig.{key}: got {config.get(key)!r}, expected {want['config'].get(key)!r}")
    return problems
