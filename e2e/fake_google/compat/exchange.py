"""One chat completion: judge it, choose the reply."""

from typing import Any

from .. import models, places, rules, schema, tiers
from ..control import Misuse, Record, State
from ..errors import GoogleError
from ..replies import Answer
from ..scenario import Scenario
from ..surface import Call
from . import garden, native, replies, request


def answer(state: State, call: Call, record: Record, body: bytes) -> tuple[Answer, Scenario]:
    """The reply and how it is written. Raises `Misuse` for the test's own mistake."""
    headers = {name.lower(): value for name, value in record.headers}
    gzip = "gzip" in headers.get("accept-encoding", "")
    try:
        places.check(call, headers.get("host", ""))
        request.check_credentials(call, headers, state.api_key, state.token, state.identity.issuer)
        record.body = schema.parse(body)
        record.scenario = request.marker(record.body)
        scenario = state.asked(record.scenario, call.method.name)
        if scenario is not None and scenario.agent is not None:
            raise Misuse("an agent speaks on the native paths only")
        if call.garden:
            models.check(call)
            call = request.framed(call, record.body)
            made = garden.reply(record.body)
        else:
            call, made = judged(state, call, record.body, scenario, tiers.traffic(headers))
            tiers.check(call, headers)
    except GoogleError as error:
        record.verdict = error.message
        return replies.error(error), Scenario(status=error.code)
    except garden.Refused as refusal:
        record.verdict = refusal.message
        return refusal.answer(), Scenario(status=refusal.code)
    record.verdict = "accepted"
    if scenario is not None:
        return replies.scripted(call, scenario), scenario
    return made, Scenario(gzip=gzip)


def judged(
    state: State, call: Call, value: dict[str, Any], scenario: Scenario | None, traffic: str
) -> tuple[Call, Answer]:
    """The call with its model, and the reply of Google's own. Raises `GoogleError`."""
    body = request.check_structure(call, value)
    call = request.resolved(call, body)
    models.check(call)
    facts = models.model(call.model)
    meant = native.request(facts, body)
    # What Google documents of its native schemas it does not say of these.
    rules.check(call, meant, state.rules.changed({**(scenario.rules if scenario else {}), "documented": False}))
    return call, replies.default(call, facts, body, meant, traffic)
