"""Cloud Storage: one object's bytes, from storage.googleapis.com, by its JSON API or by its plain address."""

import re
from urllib.parse import unquote

from .control import State
from .errors import pretty
from .identity.issuer import CLOUD_PLATFORM
from .videos import Job

HOST = "storage.googleapis.com"
# Under a name of its own the fake knows the JSON API's paths only: they are nobody else's.
JSON_API = re.compile(r"(?:/download)?/storage/v1/b/(?P<bucket>[^/]+)/o/(?P<object>[^/?]+)\?alt=media")
PLAIN = re.compile(r"/(?P<bucket>[^/]+)/(?P<object>[^?]+)")


def find(verb: str, target: str, headers: dict[str, str]) -> str | None:
    """The gs:// address that is asked for; None: this is no request to storage."""
    host = headers.get("host", "").partition(":")[0].lower()
    if verb != "GET" or (host.endswith(".googleapis.com") and host != HOST):
        return None
    match = JSON_API.fullmatch(target) or (PLAIN.fullmatch(target) if host == HOST else None)
    return f"gs://{unquote(match['bucket'])}/{unquote(match['object'])}" if match else None


def check(state: State, headers: dict[str, str]) -> tuple[int, bytes] | None:
    """The refusal of a credential that does not do."""
    bearer = headers.get("authorization", "")
    granted = state.identity.issuer.granted(bearer.removeprefix("Bearer "))
    scoped = granted is not None and granted.expires > state.identity.issuer.now() and CLOUD_PLATFORM in granted.scopes
    if bearer == f"Bearer {state.token}" or scoped:
        return None
    return refusal(401, "Anonymous caller does not have storage.objects.get access to the Google Cloud Storage object.")


def found(state: State, address: str) -> tuple[Job, int] | None:
    job, number = state.videos.objects.get(address, (None, 0))
    return None if job is None or job.video.gone else (job, number)


def missing(address: str) -> tuple[int, bytes]:
    return refusal(404, f"No such object: {address.removeprefix('gs://')}")


def refusal(code: int, text: str) -> tuple[int, bytes]:
    """An error as Cloud Storage writes it."""
    reason = {401: "required", 404: "notFound"}[code]
    error = {"code": code, "message": text, "errors": [{"message": text, "domain": "global", "reason": reason}]}
    return code, pretty({"error": error})
