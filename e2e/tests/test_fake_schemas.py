"""The schemas which the fake judges by: whole, structure only, and newer fields kept apart and justified."""

import json

import pytest

from fake_google import schema
from fake_google.errors import GoogleError
from fake_google.surface import METHODS

# API: its revision, and less than the number of its properties.
REVISIONS = {"gemini": ("20260803", 500), "vertex": ("20261106", 500), "discoveryengine": ("20261106", 9)}
# Request: less than the number of messages in it; those that generate have more than 20.
SMALLER = {
    **{"EmbedContentRequest": 10, "BatchEmbedContentsRequest": 10, "PredictRequest": 0, "RankRequest": 1},
    **{"PredictLongRunningRequest": 0, "FetchPredictOperationRequest": 0},
}
# What predictions hold is free to the front end; the models behind it have shapes of their own.
SHAPES = {
    **{("vertex", "X_TextEmbeddingRequest"): 2, ("vertex", "X_MMEmbeddingRequest"): 2},
    **{("gemini", "X_ImagenRequest"): 2, ("gemini", "X_VeoRequest"): 3},
    **{("vertex", "X_ImagenRequest"): 2, ("vertex", "X_VeoRequest"): 3},
}
REQUESTS = sorted({(m.api, schema.PREFIX[m.api] + m.request) for m in METHODS if m.request})
REQUESTS += SHAPES


@pytest.mark.parametrize("api", REVISIONS)
def test_revision_and_structure_only(api):
    revision, least = REVISIONS[api]
    document = json.loads((schema.FOLDER / schema.FILES[api]).read_text())
    assert document["revision"] == revision
    properties = [prop for message in document["schemas"].values() for prop in message["f"].values()]
    assert len(properties) > least
    assert not any("description" in prop for prop in properties)


@pytest.mark.parametrize(("api", "request_name"), REQUESTS)
def test_every_reference_leads_somewhere(api, request_name):
    """From each method's request, every message that a property names exists."""
    known = schema.messages(api)
    seen, todo = set(), [request_name]
    while todo:
        name = todo.pop()
        if name not in seen:
            seen.add(name)
            todo += references(known[name]["f"])
    least = SMALLER.get(request_name.removeprefix(schema.PREFIX[api]), 20)
    assert len(seen) > SHAPES.get((api, request_name), least)


def references(value):
    if isinstance(value, list):
        return [name for item in value for name in references(item)]
    if not isinstance(value, dict):
        return []
    own = [value["r"]] if isinstance(value.get("r"), str) else []
    return own + [name for item in value.values() for name in references(item)]


def test_newer_fields_are_newer_and_justified():
    newer = json.loads((schema.FOLDER / "newer_fields.json").read_text())
    assert set(newer) == {"about", *schema.FILES}
    for api, file in schema.FILES.items():
        older = json.loads((schema.FOLDER / file).read_text())["schemas"]
        for message, fields in newer[api].items():
            for field, prop in fields.items():
                assert older[schema.PREFIX[api] + message]["f"].get(field, {"soft": 1}).get("soft"), (
                    f"{message}.{field}"
                )
                assert prop["why"]


def test_a_newer_field_is_accepted_once_listed(tmp_path, monkeypatch):
    body = {"contents": [], "labels": {"team": "a"}}
    with pytest.raises(GoogleError, match='Unknown name "labels"'):
        schema.check("gemini", "v1beta", "GenerateContentRequest", body)
    for file in schema.FOLDER.iterdir():
        (tmp_path / file.name).write_text(file.read_text())
    labels = {"t": "map", "v": {"t": "string"}, "why": "this test"}
    listed = {"gemini": {"GenerateContentRequest": {"labels": labels}}, "vertex": {}}
    (tmp_path / "newer_fields.json").write_text(json.dumps(listed))
    monkeypatch.setattr(schema, "FOLDER", tmp_path)
    try:
        schema.messages.cache_clear()
        schema.spellings.cache_clear()
        assert schema.check("gemini", "v1beta", "GenerateContentRequest", body) == body
        with pytest.raises(GoogleError, match=r"labels\[0\]\.value' \(TYPE_STRING\), 5"):
            schema.check("gemini", "v1beta", "GenerateContentRequest", {"labels": {"team": 5}})
    finally:
        schema.messages.cache_clear()
        schema.spellings.cache_clear()
