"""One request to a token service from start to end."""

import json
from typing import Any

from aiohttp import web

from .. import delivery
from ..errors import GoogleError, pretty
from .behaviour import Behaviour, Service
from .form import Refusal
from .issuer import Issuer
from .services import Asked, Row

# What Google's token services answer when they fail themselves.
BROKEN = {"error": "internal_failure", "error_description": "Backend Error"}


async def serve(
    issuer: Issuer, service: Service, row: Row, asked: Asked, request: web.BaseRequest
) -> tuple[web.Response, str]:
    """The reply, and a verdict for the record. Raises `delivery.Reset` when the behaviour is one."""
    behaviour = service.take()
    service.requests += 1
    service.waiting += 1
    service.most = max(service.most, service.waiting)
    try:
        await service.wait(behaviour)
    finally:
        service.waiting -= 1
    if behaviour.reset:
        delivery.reset(request)
        raise delivery.Reset
    headers = {"date": issuer.date(), "cache-control": "no-cache, no-store, max-age=0, must-revalidate"}
    if row.service == "metadata":
        headers |= {"metadata-flavor": "Google", "server": "Metadata Server for VM"}
    try:
        value = row.answer(issuer, asked, behaviour)
    except Refusal as refusal:
        service.refused += 1
        return reply(refusal.status, refusal.value, headers | refusal.headers), refusal.text
    except GoogleError as error:
        service.refused += 1
        return reply(error.code, error.value(), headers), error.message
    if behaviour.status is None and behaviour.body is None:
        service.issued += 1
        return reply(200, without(value, behaviour), headers | behaviour.headers), "accepted"
    broken = reply(behaviour.status or 200, BROKEN if behaviour.body is None else value, headers | behaviour.headers)
    if behaviour.body is not None:
        broken.body = behaviour.body.encode()
    return broken, "accepted"


def without(value: Any, behaviour: Behaviour) -> Any:
    """The answer less the members it is to lack."""
    if not isinstance(value, dict):
        return value
    return {name: item for name, item in value.items() if name not in behaviour.omit}


def reply(status: int, value: Any, headers: dict[str, str]) -> web.Response:
    """Text as text, all else as JSON."""
    if isinstance(value, str):
        return web.Response(status=status, body=value.encode(), headers={"content-type": "text/plain"} | headers)
    kind = {"content-type": "application/json; charset=utf-8"}
    body = pretty(value) if status != 200 else json.dumps(value).encode()
    return web.Response(status=status, body=body, headers=kind | headers)
