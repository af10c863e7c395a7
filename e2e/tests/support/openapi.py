"""Replies against OpenAI's own OpenAPI document (the corpus has it as published).

The document mixes 3.0's `nullable` with 3.1's type arrays, so both are understood. Known slips of the
document, which OpenAI's own recorded replies contradict, are listed in `SLIPS`.
"""

import copy
import functools
import gzip

import jsonschema
import yaml

from .corpus import corpus_file

# (schema, property): OpenAI's servers answer null here (recorded in openai-requests.jsonl.gz).
SLIPS = [("CreateChatCompletionResponse", "system_fingerprint"), ("CreateChatCompletionStreamResponse", "system_fingerprint")]


def translate(node):
    """The same schema with `nullable: true` as JSON Schema says it."""
    if isinstance(node, list):
        return [translate(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: translate(value) for key, value in node.items() if key not in ("nullable", "example")}
    return {"anyOf": [changed, {"type": "null"}]} if node.get("nullable") is True else changed


@functools.cache
def document() -> dict:
    with gzip.open(corpus_file("openai-openapi.yaml.gz"), "rt") as text:
        loaded = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    schemas = copy.deepcopy(loaded["components"]["schemas"])
    for schema, name in SLIPS:
        schemas[schema]["properties"][name]["nullable"] = True
    return {"components": {"schemas": translate(schemas)}}


@functools.cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    """A validator of one component, `$ref`s resolved inside the document."""
    return jsonschema.Draft202012Validator({**document(), "$ref": f"#/components/schemas/{name}"})


def schema_problems(name: str, value) -> list[str]:
    """Breaches of OpenAI's schema `name`, e.g. `CreateChatCompletionResponse`."""
    return [
        f"{name}: {'.'.join(map(str, error.absolute_path))}: {error.message[:300]}"
        for error in validator(name).iter_errors(value)
    ]
