"""What a chat completion means to Gemini, as far as the rules need it: they judge both surfaces alike."""

import json
from typing import Any

from ..errors import GoogleError, invalid
from ..models import Model

# `reasoning_effort` on 2.5 as Google documents it; from Gemini 3 on an effort is a level.
BUDGETS = {"none": 0, "minimal": 1024, "low": 1024, "medium": 8192, "high": 24576}
MODES = {"none": "NONE", "auto": "AUTO", "required": "ANY", "validated": "VALIDATED"}
KINDS = {
    "type": lambda value: isinstance(value, str) or strings(value),
    "properties": lambda value: isinstance(value, dict),
    "required": lambda value: strings(value) or value == [],
    "enum": lambda value: isinstance(value, list) and bool(value),
}
SAMPLING = {
    "temperature": "temperature",
    "top_p": "topP",
    "n": "candidateCount",
    "max_tokens": "maxOutputTokens",
    "max_completion_tokens": "maxOutputTokens",
}


def strings(value: Any) -> bool:
    """Whether `value` is an array of strings, at least one."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, str) for one in value)


def request(facts: Model, body: dict[str, Any]) -> dict[str, Any]:
    """A `GenerateContentRequest`. Raises `GoogleError` for what cannot be one."""
    messages = body.get("messages", [])
    spoken = [message for message in messages if message.get("role") not in ("system", "developer")]
    system = [text for message in messages if message not in spoken for text in texts(message)]
    made: dict[str, Any] = {"contents": contents(spoken)}
    if system:
        made["systemInstruction"] = {"parts": [{"text": text} for text in system]}
    config = {native: body[name] for name, native in SAMPLING.items() if name in body}
    if "stop" in body:
        config["stopSequences"] = body["stop"] if isinstance(body["stop"], list) else [body["stop"]]
    config |= output(body.get("response_format", {})) | thinking(facts, body)
    if config:
        made["generationConfig"] = config
    functions = [tool.get("function", {}) for tool in body.get("tools", [])]
    if functions:
        made["tools"] = [{"functionDeclarations": [declaration(function) for function in functions]}]
    if "tool_choice" in body:
        made["toolConfig"] = {"functionCallingConfig": choice(body["tool_choice"])}
    if cached := body.get("extra_body", {}).get("google", {}).get("cached_content"):
        made["cachedContent"] = cached
    return made


def contents(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    called: dict[str, str] = {}
    for number, message in enumerate(messages):
        role = message.get("role")
        if role == "user":
            made.append({"role": "user", "parts": parts(message)})
        elif role == "assistant":
            calls = message.get("tool_calls", [])
            called |= {one.get("id", ""): one.get("function", {}).get("name", "") for one in calls}
            made.append({"role": "model", "parts": [*parts(message), *map(call, calls)]})
        elif role == "tool":
            part = response(called, message, number)
            before = made[-1] if made else {}
            if any("functionResponse" in one for one in before.get("parts", [])):
                before["parts"].append(part)
            else:
                made.append({"role": "user", "parts": [part]})
        else:
            raise invalid("Please use a valid role: user, model.")
    return made


def parts(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Text and media of a message; a message of nothing has one empty text, unless it calls."""
    content = message.get("content")
    if isinstance(content, list):
        return [part(one) for one in content]
    if not isinstance(content or "", str):
        raise invalid("A message's content must be a string or an array of parts.")
    return [{"text": content or ""}] if content or not message.get("tool_calls") else []


def part(one: Any) -> dict[str, Any]:
    kind = one.get("type") if isinstance(one, dict) else None
    if kind == "text" and isinstance(one.get("text"), str):
        return {"text": one["text"]}
    if kind == "image_url" and isinstance(one.get("image_url"), dict):
        return media(one["image_url"].get("url", ""))
    if kind == "input_audio" and isinstance(one.get("input_audio"), dict):
        audio = one["input_audio"]
        return {"inlineData": {"mimeType": f"audio/{audio.get('format', '')}", "data": audio.get("data", "")}}
    raise invalid(f"Invalid content part type: {kind}")


def media(url: str) -> dict[str, Any]:
    head, comma, data = url.partition(",")
    if url.startswith("data:") and comma and head.endswith(";base64"):
        return {"inlineData": {"mimeType": head.removeprefix("data:").removesuffix(";base64"), "data": data}}
    raise invalid("Invalid image URL: only data URLs are supported.")


def texts(message: dict[str, Any]) -> list[str]:
    return [one["text"] for one in parts(message) if "text" in one]


def call(one: dict[str, Any]) -> dict[str, Any]:
    function = one.get("function", {})
    try:
        arguments = json.loads(function.get("arguments") or "{}")
    except ValueError:
        arguments = None
    if not isinstance(arguments, dict):
        raise invalid("The arguments of a function call must be a JSON object.")
    made = {"functionCall": {"name": function.get("name", ""), "args": arguments}}
    signature = one.get("extra_content", {}).get("google", {}).get("thought_signature")
    return {**made, "thoughtSignature": signature} if signature else made


def response(called: dict[str, str], message: dict[str, Any], number: int) -> dict[str, Any]:
    name = called.get(message.get("tool_call_id", ""), "")
    if not name:
        raise unnamed(number)
    return {"functionResponse": {"name": name, "response": {"output": message.get("content")}}}


def unnamed(number: int) -> GoogleError:
    where = f"contents[{number}].parts[0].function_response.name"
    return invalid(f"* GenerateContentRequest.{where}: Name cannot be empty.\n")


def declaration(function: dict[str, Any]) -> dict[str, Any]:
    made = {name: function[name] for name in ("name", "description") if name in function}
    if not function.get("parameters"):
        return made
    well_formed(function["parameters"])
    return {**made, "parametersJsonSchema": function["parameters"]}


def well_formed(schema: Any) -> None:
    """Raises a 400 (the sense) for a schema whose keywords have values of another kind."""
    if not isinstance(schema, dict):
        raise invalid("A schema must be an object.")
    for name, fits in KINDS.items():
        if name in schema and not fits(schema[name]):
            raise invalid(f"Invalid value of the schema keyword {name}: {json.dumps(schema[name])[:100]}")
    for one in schema.get("properties", {}).values():
        well_formed(one)


def choice(given: Any) -> dict[str, Any]:
    if isinstance(given, str) and given in MODES:
        return {"mode": MODES[given]}
    function = given.get("function") if isinstance(given, dict) else None
    name = function.get("name") if isinstance(function, dict) else None
    if not isinstance(name, str):
        raise invalid(f"Invalid tool_choice: {json.dumps(given)[:100]}")
    return {"mode": "ANY", "allowedFunctionNames": [name]}


def output(wanted: dict[str, Any]) -> dict[str, Any]:
    match wanted.get("type", "text"):
        case "text":
            return {}
        case "json_object":
            return {"responseMimeType": "application/json"}
        case "json_schema":
            schema = wanted.get("json_schema", {}).get("schema", {})
            return {"responseMimeType": "application/json", "responseJsonSchema": schema}
    raise invalid(f"Invalid response_format type: {wanted['type']}")


def thinking(facts: Model, body: dict[str, Any]) -> dict[str, Any]:
    """`thinkingConfig` of `reasoning_effort` or of Google's own field; both together are refused."""
    own = body.get("extra_body", {}).get("google", {}).get("thinking_config")
    effort = body.get("reasoning_effort")
    if own is not None and effort is not None:
        raise invalid("reasoning_effort and thinking_config cannot both be set.")
    if own is not None:
        spelled = {"thinking_budget": "thinkingBudget", "thinking_level": "thinkingLevel"}
        config = {spelled[name]: value for name, value in own.items() if name in spelled}
        if "thinkingLevel" in config:
            config["thinkingLevel"] = config["thinkingLevel"].upper()
        return {"thinkingConfig": config | {"includeThoughts": own.get("include_thoughts", False)}}
    if effort is None:
        return {}
    if effort not in BUDGETS:
        raise invalid(f"Invalid reasoning_effort: {effort}")
    if not facts.levels:
        return {"thinkingConfig": {"thinkingBudget": BUDGETS[effort]}}
    if effort == "none":
        raise invalid("Thinking cannot be disabled for this model.")
    level = "LOW" if effort == "minimal" and "pro" in facts.name else effort.upper()
    return {"thinkingConfig": {"thinkingLevel": level}}
