"""Google's error bodies: `{"error": {code, message, status, details?}}`, pretty-printed, and its HTML 404 page."""

import dataclasses
import html
import json
from dataclasses import dataclass
from typing import Any

TYPE = "type.googleapis.com/google.rpc."

# HTTP code of each canonical status the fake answers with.
CODES = {
    "INVALID_ARGUMENT": 400,
    "UNAUTHENTICATED": 401,
    "PERMISSION_DENIED": 403,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
}


@dataclass
class GoogleError(Exception):
    """A refusal in Google's words: canonical `status`, `message`, `details` as Google's JSON."""

    status: str
    message: str
    details: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    @property
    def code(self) -> int:
        return CODES[self.status]

    def value(self) -> dict[str, Any]:
        """The error's JSON object."""
        error: dict[str, Any] = {"code": self.code, "message": self.message, "status": self.status}
        if self.details:
            error["details"] = self.details
        return {"error": error}


@dataclass
class NoSuchUrl(Exception):
    """The path is none of Google's."""

    path: str

    def page(self) -> bytes:
        return (
            "<!DOCTYPE html>\n<html lang=en>\n  <meta charset=utf-8>\n"
            "  <title>Error 404 (Not Found)!!1</title>\n"
            "  <p><b>404.</b> <ins>That’s an error.</ins>\n"
            f"  <p>The requested URL <code>{html.escape(self.path)}</code> was not found on this server."
            "  <ins>That’s all we know.</ins>\n"
        ).encode()


def pretty(value: Any) -> bytes:
    """JSON as Google prints it: two spaces, UTF-8 unescaped, a newline at the end."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass")


def bad_request(violations: list[tuple[str, str]]) -> GoogleError:
    """A 400 with one line and one `fieldViolations` entry per (path, description); the root has no path."""
    listed = [{"field": p, "description": d} if p else {"description": d} for p, d in violations]
    details = [{"@type": TYPE + "BadRequest", "fieldViolations": listed}]
    return GoogleError("INVALID_ARGUMENT", "\n".join(d for _, d in violations), details)


def invalid(message: str) -> GoogleError:
    """A 400 without details, as semantic rules answer."""
    return GoogleError("INVALID_ARGUMENT", message)


def field(path: str, text: str) -> GoogleError:
    """A 400 that names a field of the request as the Developer API does."""
    return invalid(f"* GenerateContentRequest.{path}: {text}\n")
