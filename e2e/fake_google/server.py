"""One request from start to end: judge it, choose the reply, write it, keep the record."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from aiohttp import web

from . import agent, auth, control, delivery, media, methods, models, places, replies, schema, storage, surface, tiers
from .compat import exchange as compat
from .control import Misuse, Record, State
from .errors import GoogleError, NoSuchUrl
from .identity import exchange as token_exchange
from .identity import services
from .scenario import Scenario
from .surface import Call
from .transcripts import Unfitting

MARKER = re.compile(r"\[\[fake:([^\]]+)\]\]")


def handler(state: State) -> Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]:
    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        if request.raw_path.startswith(control.PREFIX):
            return await control.answer(state, request)
        return await exchange(state, request)

    return handle


async def exchange(state: State, request: web.BaseRequest) -> web.StreamResponse:
    headers = [[k.decode("latin-1"), v.decode("latin-1")] for k, v in request.raw_headers]
    tls = request.transport.get_extra_info("ssl_object") is not None
    record = state.record(request.method, request.raw_path, headers, tls)
    try:
        if request.headers.get("expect", "").lower() == "100-continue":
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = b"".join([chunk async for chunk in request.content.iter_any()])
        response = await reply(state, request, record, body)
        record.finished = True
        return response
    except delivery.Reset:
        # The reset was the reply.
        record.finished = True
        return web.Response()
    except (asyncio.CancelledError, ConnectionError):
        record.aborted = True
        raise


async def reply(state: State, request: web.BaseRequest, record: Record, body: bytes) -> web.StreamResponse:
    record.body_text = body.decode("utf-8", "replace")
    headers = {name.lower(): value for name, value in record.headers}
    found = services.find(request.method, request.raw_path, headers, body, record.tls)
    if found is not None:
        return await serve(state, request, record, *found)
    address = storage.find(request.method, request.raw_path, headers)
    if address is not None:
        return await write(state, request, record, *media.stored(state, record, address, headers), asyncio.Queue())
    call, scenario = None, None
    try:
        call = models.looked_up(surface.resolve(request.method, request.raw_path), state.endpoints)
        places.check_api(call, headers.get("host", ""), request.raw_path)
        if call.method.compat:
            answer, scenario = compat.answer(state, call, record, body)
            return await write(state, request, record, answer, scenario, state.gate(record.scenario or ""))
        message, scenario = judge(state, call, record, body)
        record.verdict = "accepted"
        # A scenario without a body to name it in is for this very call.
        mine = scenario is not None and call.method.request is None
        medium = None if mine else media.answer(state, call, record, message, scenario)
        if medium is not None:
            return await write(state, request, record, *medium, asyncio.Queue())
        made = None if scenario is not None else methods.reply(call, message, state.catalogue)
        if scenario is not None and scenario.video is not None:
            raise Misuse(f"scenario {record.scenario!r} is a video for {call.method.name}")
        if scenario is not None and scenario.transcript is not None:
            scenario = replace(scenario, events=replies.transcript(call, message, scenario.transcript))
    except NoSuchUrl as error:
        record.verdict = f"no such URL: {error.path}"
        return await write(state, request, record, replies.not_found(error), Scenario(status=404), asyncio.Queue())
    except GoogleError as error:
        record.verdict = error.message
        answer, plain = replies.error(call, error), Scenario(status=error.code)
        return await write(state, request, record, answer, plain, asyncio.Queue())
    except (Misuse, Unfitting) as error:
        record.verdict, record.status = str(error), 500
        return web.Response(status=500, text=f"fake Google: {error}\n")
    if scenario is None:
        answer = replies.default(call, message, tiers.traffic(headers)) if made is None else replies.whole(call, made)
        scenario = Scenario(gzip="gzip" in request.headers.get("accept-encoding", ""))
    else:
        answer = replies.scripted(call, scenario)
    return await write(state, request, record, answer, scenario, state.gate(record.scenario or ""))


async def serve(
    state: State, request: web.BaseRequest, record: Record, row: services.Row, asked: services.Asked
) -> web.StreamResponse:
    """A token service's reply."""
    record.service = row.service
    service = state.identity.services[row.service]
    response, record.verdict = await token_exchange.serve(state.identity.issuer, service, row, asked, request)
    record.status = response.status
    await response.prepare(request)
    await response.write_eof()
    return response


def judge(state: State, call: Call, record: Record, body: bytes) -> tuple[dict[str, Any], Scenario | None]:
    """The body in canonical form and the scenario that a valid request asks for, if any. Raises `GoogleError` in the
    order Google checks: credentials, structure, model, rules; `Misuse` for the test's own mistake."""
    headers = {name.lower(): value for name, value in record.headers}
    places.check(call, headers.get("host", ""))
    auth.check(call, headers, state.api_key, state.token, state.identity.issuer)
    message: dict[str, Any] = {}
    if call.method.request is not None:
        record.body = schema.parse(body)
        record.scenario = marker(record.body)
    scenario = state.asked(record.scenario, call.method.name)
    if call.method.request is not None:
        message = schema.check(call.api, call.version, methods.request(call), record.body)
    models.check(call)
    own = media.judge(call)
    if own is not None:
        return own(call, record.body), scenario
    groups = state.rules.changed(scenario.rules if scenario else {})
    methods.check(call, message, groups)
    tiers.check(call, headers)
    if scenario is not None and scenario.agent is not None:
        played = agent.play(call, message, scenario.agent, record.scenario or "", groups.signatures)
        scenario = replace(scenario, events=played)
    if scenario is not None and scenario.events is not None and len(scenario.events) != 1 and not call.method.streams:
        raise Misuse(f"scenario {record.scenario!r} has {len(scenario.events)} events for a reply that is no stream")
    return message, scenario


def marker(body: Any) -> str | None:
    """The last scenario marker in a text of the conversation, else elsewhere (a system instruction), else in a result
    or in any other string, such as one to embed."""
    if not isinstance(body, dict):
        return None
    # One after the other: the last is slow where there are megabytes of base64.
    for where in (lambda: texts(body.get("contents")), lambda: texts(body), lambda: [json.dumps(body)]):
        found = MARKER.findall(" ".join(where()))
        if found:
            return found[-1]
    return None


def texts(value: Any) -> list[str]:
    """Every `text` string inside, in document order."""
    if isinstance(value, list):
        return [text for item in value for text in texts(item)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for item in value.values() for text in texts(item)]


async def write(
    state: State,
    request: web.BaseRequest,
    record: Record,
    answer: replies.Answer,
    scenario: Scenario,
    gate: asyncio.Queue,
) -> web.StreamResponse:
    record.status = scenario.status
    response = web.StreamResponse(status=scenario.status, headers=answer.headers)
    response.headers.setdefault("date", state.identity.issuer.date())
    await delivery.send(request, response, answer.pieces, scenario, gate)
    return response
