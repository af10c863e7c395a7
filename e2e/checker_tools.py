"""Which tools must be declared to Google and how they may be called, worked out a second time.

`compare(body, generation, recorded)` lists the differences; `names(body, recorded)` says which function of the client's is
which of Google's. A name that Google takes stays; any other gets one of its own, which must be legal.
"""

from __future__ import annotations

import json
import re

import checker_schema
from checker_contents import LEGAL, clean

# OpenAI's (and its clients') built-in tools -> Google's.
BUILT_IN = [
    (r"web_search|google_search", "googleSearch"), (r"code_(interpreter|execution)", "codeExecution"), (r"url_context|web_fetch", "urlContext"),
    (r"google_maps", "googleMaps"), (r"enterprise_web_search", "enterpriseWebSearch"), (r"file_search", "fileSearch"), (r"computer_use", "computerUse"),
]  # fmt: skip


def functions(body: dict) -> list[dict]:
    """The declared functions, {name, description, parameters}, the first of each name."""
    found = {}
    for tool in body.get("tools") or []:
        if tool.get("type") == "custom":
            declared = {**tool["custom"], "custom": True}
        elif tool.get("type") == "function":
            declared = tool.get("function") or tool
        else:
            continue
        found.setdefault(declared["name"], declared)
    for declared in body.get("functions") or []:
        found.setdefault(declared["name"], declared)
    return list(found.values())


def built_in(body: dict) -> set[str]:
    """Google's names of the built-in tools asked for."""
    found = {"googleSearch"} if body.get("web_search_options") is not None else set()
    for tool in body.get("tools") or []:
        kind = tool.get("type")
        if kind is None:
            found |= set(tool)
        elif kind not in ("function", "custom"):
            found |= {name for pattern, name in BUILT_IN if re.match(pattern, kind)}
    return found


def declarations(recorded: dict) -> list[dict]:
    return [one for tool in recorded.get("tools") or [] for one in tool.get("functionDeclarations") or []]


def names(body: dict, recorded: dict) -> dict[str, str]:
    """OpenAI's name -> Google's, by the order of the declarations; a legal one is its own."""
    pairs = zip(functions(body), declarations(recorded), strict=False)
    return {f["name"]: f["name"] if LEGAL.fullmatch(f["name"]) else d.get("name") for f, d in pairs}


def compare(body: dict, generation: tuple, recorded: dict) -> list[str]:
    """Differences in `tools` and `toolConfig`."""
    wanted, got = functions(body), declarations(recorded)
    problems = []
    if len(wanted) != len(got):
        problems.append(f"functions: got {[d.get('name') for d in got]}, expected {[f['name'] for f in wanted]}")
    for function, declared in zip(wanted, got, strict=False):
        problems += [f"function {function['name']}: {p}" for p in compare_function(function, declared)]
    mapped = names(body, recorded)
    if len(set(mapped.values())) != len(mapped):
        problems.append(f"two functions of one name: {mapped}")
    # Before Gemini 3 functions and built-in tools exclude each other.
    tools = built_in(body) if generation >= (3, 0) or not wanted else set()
    found = {key for tool in recorded.get("tools") or [] for key in tool} - {"functionDeclarations"}
    if found != tools:
        problems.append(f"built-in tools: got {found}, expected {tools}")
    if any(len(tool) != 1 for tool in recorded.get("tools") or []) or sum("functionDeclarations" in t for t in recorded.get("tools") or []) > 1:
        problems.append(f"tools are not one of a kind each: {[sorted(tool) for tool in recorded['tools']]}")
    return problems + compare_config(body, recorded.get("toolConfig") or {}, mapped, bool(tools and wanted))


def compare_function(function: dict, declared: dict) -> list[str]:
    problems = [f"unknown key {key!r}" for key in set(declared) - {"name", "description", "parametersJsonSchema"}]
    name = declared.get("name") or ""
    if (LEGAL.fullmatch(function["name"]) and name != function["name"]) or not LEGAL.fullmatch(name):
        problems.append(f"is named {name!r}")
    if (declared.get("description") or "") != clean(function.get("description") or ""):
        problems.append(f"description: got {declared.get('description')!r}, expected {function.get('description')!r}")
    schema, got = function.get("parameters"), declared.get("parametersJsonSchema")
    if function.get("custom"):
        text = json.dumps(got, ensure_ascii=False)
        grammar = ((function.get("format") or {}).get("grammar") or {}).get("definition")
        lost = grammar and json.dumps(json.dumps(grammar, ensure_ascii=False)[1:-1], ensure_ascii=False)[1:-1] not in text
        return problems + (["the grammar is lost"] if lost else []) + ([] if got and list(got["properties"]) == ["input"] else [f"schema: {text}"])
    if got is None:
        return problems + ([] if checker_schema.takes_nothing(schema or {}) else ["the schema is lost"])
    return problems + checker_schema.lost(clean(schema or {}), got)


def compare_config(body: dict, got: dict, mapped: dict[str, str], mixed: bool) -> list[str]:
    """`toolConfig`: the mode and names of `tool_choice`, and the switch for built-in tools beside functions."""
    want: dict = {}
    if mapped and (calling := choice(body, mapped)):
        want["functionCallingConfig"] = calling
    if mixed:
        want["includeServerSideToolInvocations"] = True
    found = dict(got)
    # AUTO is what Google does by itself.
    if found.get("functionCallingConfig") == {"mode": "AUTO"} and "functionCallingConfig" not in want:
        del found["functionCallingConfig"]
    return [] if found == want else [f"toolConfig: got {found}, expected {want}"]


def choice(body: dict, mapped: dict[str, str]) -> dict | None:
    """The functionCallingConfig for `tool_choice` or the legacy `function_call`; None is Google's default."""
    wish = body.get("tool_choice", body.get("function_call"))
    if wish in (None, "auto"):
        return None
    if isinstance(wish, str):
        return {"mode": {"none": "NONE", "required": "ANY", "any": "ANY", "validated": "VALIDATED"}[wish]}
    if wish.get("type") == "allowed_tools":
        allowed = wish["allowed_tools"]
        listed = [mapped[(tool.get("function") or tool.get("custom") or tool)["name"]] for tool in allowed["tools"]]
        return {"mode": "ANY" if allowed["mode"] == "required" else "VALIDATED", "allowedFunctionNames": listed}
    named = (wish.get("function") or wish.get("custom") or wish).get("name")
    return {"mode": "ANY", "allowedFunctionNames": [mapped[named]]} if named else None
