"""Bodies that may be a form or JSON, and the OAuth errors that answer bad ones."""

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"


@dataclass
class Refusal(Exception):
    """A service's own error: any JSON `value`, HTTP `status`, further `headers`."""

    status: int
    value: Any
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """What went wrong in one line, for the record."""
        return json.dumps(self.value)


def oauth(error: str, description: str, status: int = 400) -> Refusal:
    """An error as RFC 6749 writes it."""
    return Refusal(status, {"error": error, "error_description": description})


def fields(content_type: str, body: bytes) -> dict[str, str]:
    """The parameters of an OAuth request. Google takes a form, and JSON (Kong sends it). Raises `Refusal`."""
    kind = content_type.partition(";")[0].strip().lower()
    try:
        if kind == JSON:
            given = json.loads(body)
        elif kind == FORM:
            pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
            given = dict(pairs)
            if len(given) < len(pairs):
                raise oauth("invalid_request", "Parameters must not be repeated.")
        else:
            raise oauth("invalid_request", f"Unsupported content type: {kind or 'none'}")
    except ValueError:
        raise oauth("invalid_request", "The request body could not be parsed.") from None
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise oauth("invalid_request", "Parameters must be strings.")
    return given
