"""The methods that make media otherwise than by `generateContent`: who judges a request, and what is answered."""

from collections.abc import Callable
from typing import Any

from . import imagen, replies, samples, storage, veo
from .control import Record, State
from .errors import invalid, pretty
from .replies import Answer
from .scenario import Scenario
from .surface import Call
from .videos import DEVELOPER, Job

REDIRECT = 302


def judge(call: Call) -> Callable[[Call, dict[str, Any]], dict[str, Any]] | None:
    """What judges the body beyond its schema, and returns its canonical form."""
    match call.method.name:
        case "predict" if call.model.startswith("image"):
            return imagen.check
        case "predictLongRunning":
            return veo.check
        case "fetchPredictOperation":
            return fetch
    return None


def fetch(_: Call, body: dict[str, Any]) -> dict[str, Any]:
    if not body.get("operationName"):
        raise invalid("operation_name is required.")
    return body


def answer(
    state: State, call: Call, record: Record, message: dict[str, Any], scenario: Scenario | None
) -> tuple[Answer, Scenario] | None:
    """The reply and how it is written; None: another module's. Raises `GoogleError`."""
    plain = scenario if scenario is not None and not scenario.scripted() else Scenario()
    match call.method.name:
        case "predict" if call.model.startswith("image"):
            return None if scenario is not None and scenario.scripted() else (found(call, imagen.reply(message)), plain)
        case "predictLongRunning":
            if scenario is not None and scenario.scripted():
                return None
            video = scenario.video if scenario is not None else None
            return found(call, state.videos.start(call, message, video, record.scenario)), plain
        case "getOperation":
            return polled(state, call, record, f"{call.resource}/operations/{call.name}")
        case "fetchPredictOperation":
            return polled(state, call, record, message["operationName"])
        case "downloadFile":
            job, _ = state.videos.file(call.name)
            record.scenario = job.scenario
            location = f"{DEVELOPER}/download/{call.version}/files/{call.name}:download?alt=media"
            headers = {**replies.headers(call, "text/html; charset=UTF-8"), "location": location}
            return Answer([b""], headers), Scenario(status=REDIRECT)
        case "downloadMedia":
            return file(record, *state.videos.file(call.name))
    return None


def found(call: Call, value: dict[str, Any]) -> Answer:
    return Answer([pretty(value)], replies.headers(call, replies.JSON))


def polled(state: State, call: Call, record: Record, name: str) -> tuple[Answer, Scenario]:
    job = state.videos.job(call, name)
    record.scenario = job.scenario
    if job.polls:
        scenario = job.polls.pop(0)
        return replies.scripted(call, scenario), scenario
    known = state.videos.state(call, job)
    if "fields=" in record.path:
        # Nobody asks for the bytes who says which members to send.
        for video in known.get("response", {}).get("videos", []):
            video.pop("bytesBase64Encoded", None)
    return found(call, known), Scenario()


def file(record: Record, job: Job, number: int) -> tuple[Answer, Scenario]:
    """A video's bytes."""
    record.scenario = job.scenario
    headers = {**replies.HEADERS, "content-type": samples.TYPES["mp4"]}
    if not job.downloads:
        return Answer([job.made(number)], headers), Scenario()
    scenario = job.downloads.pop(0)
    if scenario.scripted():
        return Answer([scenario.raw()], {**headers, "content-type": scenario.content_type or replies.JSON}), scenario
    return Answer([job.made(number)], headers), scenario


def stored(state: State, record: Record, address: str, headers: dict[str, str]) -> tuple[Answer, Scenario]:
    """An object of Cloud Storage, or its refusal."""
    held = storage.found(state, address)
    refused = storage.check(state, headers) or (storage.missing(address) if held is None else None)
    if refused is not None:
        record.verdict = refused[1].decode()
        return Answer([refused[1]], {"content-type": replies.JSON}), Scenario(status=refused[0])
    record.verdict = "accepted"
    return file(record, *held)
