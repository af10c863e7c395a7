"""Which host serves which API and location, and what names projects and locations have (`google-api.md` section 2).

Only Google's own host names say anything: a test that reaches the fake by another name is served whatever it asks.
Words: "Invalid hostname", the HTML 404 and the mismatch of location and host as quoted from Google in GitHub issues
(davidmigloz/ai_clients_dart#305, langchain4j/langchain4j#5865, googleapis/python-aiplatform#1684).
"""

import re

from .errors import TYPE, GoogleError, NoSuchUrl, bad_request
from .surface import GEMINI, RANKING, Call

DEVELOPER = "generativelanguage.googleapis.com"
GLOBAL = "aiplatform.googleapis.com"
RANKER = "discoveryengine.googleapis.com"
MULTI_REGIONS = ("us", "eu")
# What the global host serves besides: quoted from a test of the real service.
ON_GLOBAL = {"global", "us", "eu", "asia", "europe"}
REGIONAL = re.compile(r"([a-z][a-z0-9-]*)-aiplatform\.googleapis\.com")
MULTI_REGIONAL = re.compile(r"aiplatform\.(us|eu)\.rep\.googleapis\.com")
# An id, a number, or an id of a domain ("example.com:p").
PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]*")
LOCATION = re.compile(r"[a-z][a-z0-9-]*")


def host(authority: str) -> str | None:
    """The host in `authority` when it is one of Google's."""
    name = authority.partition(":")[0].lower()
    return name if name.endswith(".googleapis.com") else None


def served(call: Call, name: str) -> set[str]:
    """The locations of a host of the call's API (not the Developer API); empty: it is none."""
    if call.api == RANKING:
        region = name.removesuffix(RANKER).removesuffix("-")
        return {region or "global"} if name.endswith(RANKER) and region in ("", *MULTI_REGIONS) else set()
    if name == GLOBAL:
        return ON_GLOBAL
    match = MULTI_REGIONAL.fullmatch(name) or REGIONAL.fullmatch(name)
    # No host has the name "global-…": it answers with the front end's 404.
    return {match[1]} - {"global"} if match else set()


def check_api(call: Call, authority: str, path: str) -> None:
    """Raises `NoSuchUrl` when `authority` is a host of Google's without this API."""
    name = host(authority)
    if name is None or (call.api == GEMINI and name == DEVELOPER):
        return
    if call.api == GEMINI or not served(call, name):
        raise NoSuchUrl(path)


def check(call: Call, authority: str) -> None:
    """Raises Google's 400 for a project or location that can be none, and for a location the host does not serve."""
    if call.api == GEMINI:
        return
    if call.project is not None and not PROJECT.fullmatch(call.project):
        raise bad_resource("RESOURCE_PROJECT_INVALID")
    if call.location is not None and not LOCATION.fullmatch(call.location):
        raise bad_resource("RESOURCE_LOCATION_INVALID")
    name = host(authority)
    if name is None:
        return
    locations = served(call, name)
    if locations & set(MULTI_REGIONS) and REGIONAL.fullmatch(name):
        raise GoogleError("INVALID_ARGUMENT", f"Invalid hostname: {name}")
    if not call.catalogue and (call.location or "global") not in locations:
        valid = min(locations, key=lambda one: (one != "global", one))
        text = f"The provided location ID doesn't match the endpoint. The valid location ID is `{valid}`."
        raise bad_request([("endpoint" if call.endpoint else "model", text)])


def bad_resource(reason: str) -> GoogleError:
    info = {"@type": TYPE + "ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": {"service": GLOBAL}}
    return GoogleError("INVALID_ARGUMENT", "Invalid resource field value in the request.", [info])
