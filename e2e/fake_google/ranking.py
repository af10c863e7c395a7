"""The ranking API of Discovery Engine, `rankingConfigs/default_ranking_config:rank` (`translation.md` section 4.14).

What it takes is documented at `projects.locations.rankingConfigs.rank`; its words are not on record.
"""

from array import array
from typing import Any

from .control import Rules
from .errors import GoogleError, invalid
from .surface import Call

CONFIG = "default_ranking_config"
RECORDS = 200
MODELS = {
    f"semantic-ranker-{name}"
    for name in ("default@latest", "fast@latest", "512@latest", "default-004", "fast-004", "default-003", "512-003")
}
LABELS, LABEL = 64, 63


def check(call: Call, body: dict[str, Any], groups: Rules) -> None:
    """Raises `GoogleError` for the first broken rule."""
    if call.name != CONFIG:
        raise GoogleError("NOT_FOUND", f"RankingConfig {call.resource} not found.")
    if body.get("model", "semantic-ranker-default@latest") not in MODELS:
        raise invalid(f"Model {body['model']!r} is not supported.")
    if not body.get("query"):
        raise invalid("`query` must not be empty.")
    records = body.get("records", [])
    if not 0 < len(records) <= RECORDS:
        raise invalid(f"The number of records must be between 1 and {RECORDS}; it is {len(records)}.")
    for n, record in enumerate(records):
        if not record.get("title") and not record.get("content"):
            raise invalid(f"records[{n}]: at least one of title or content should be set.")
    ids = [record["id"] for record in records if "id" in record]
    if len(ids) != len(set(ids)) or len(ids) != len(records):
        raise invalid("Every record must have an id of its own.")
    labels = body.get("userLabels", {})
    if len(labels) > LABELS or any(not 0 < len(key) <= LABEL or len(value) > LABEL for key, value in labels.items()):
        raise invalid("Invalid user_labels.")


def reply(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The records, best first; a score of zero is left out, as proto3 does with every zero."""
    records = sorted(body["records"], key=lambda record: -score(body["query"], record))
    most = int(body.get("topN", 0))
    details = not body.get("ignoreRecordDetailsInResponse")
    return {"records": [ranked(body["query"], record, details) for record in records[: most if most > 0 else None]]}


def ranked(query: str, record: dict[str, Any], details: bool) -> dict[str, Any]:
    points = score(query, record)
    shown = {name: record[name] for name in ("title", "content") if details and record.get(name)}
    return {"id": record["id"], **({"score": points} if points else {}), **shown}


def score(query: str, record: dict[str, Any]) -> float:
    """How many of the query's words the record has: a fraction of two decimals, as a 32-bit float prints."""
    words = {word.strip(".,?!").lower() for word in query.split()}
    text = f"{record.get('title', '')} {record.get('content', '')}"
    found = words & {word.strip(".,?!").lower() for word in text.split()}
    return float(f"{array('f', [round(len(found) / len(words), 2)])[0]:.9g}")
