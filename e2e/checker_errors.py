"""Which OpenAI error a Google (or Envoy) error must become, worked out from the status table.

Several columns leave a choice (`requests` or `tokens`, 403 or 429 for billing): the fields of
`ExpectedError` are therefore sets of allowed values, or None where anything goes.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

KEYS = {"message", "type", "param", "code"}
SECRETS = re.compile(r"AIza[0-9A-Za-z_\-]{8,}|[?&]key=(?!\W|REDACTED|redacted|\*|…)[^\s&\"]{4,}|\bya29\.[\w\-]+")


@dataclass
class ExpectedError:
    """Allowed values of the HTTP status, `type` and `code` of one error."""

    status: set | None
    type: set | None
    code: set | None

    def differences(self, status: int | None, got: dict) -> list[str]:
        """`status` None means that the error came inside a stream, which has no status of its own."""
        problems = shape_problems(got)
        if problems:
            return problems
        error = got["error"]
        if status is not None and self.status and status not in self.status:
            problems.append(f"error status: got {status}, expected {sorted(self.status)}: {json.dumps(error)[:300]}")
        for name, allowed in (("type", self.type), ("code", self.code)):
            if allowed is not None and error[name] not in allowed:
                problems.append(f"error.{name}: got {error[name]!r}, expected {allowed}")
        return problems


def shape_problems(got) -> list[str]:
    """OpenAI's shape: one `error` object with exactly four keys, and no secret in its message."""
    if not isinstance(got, dict) or set(got) != {"error"} or not isinstance(got["error"], dict):
        return [f"not an error object: {json.dumps(got)[:300]}"]
    error = got["error"]
    problems = []
    if set(error) != KEYS:
        problems.append(f"error keys: {sorted(error)}")
    if not isinstance(error.get("message"), str) or not error.get("message"):
        problems.append(f"error.message: {error.get('message')!r}")
    if not isinstance(error.get("type"), str):
        problems.append(f"error.type: {error.get('type')!r}")
    for key in ("param", "code"):
        if not isinstance(error.get(key), (str, type(None))):
            problems.append(f"error.{key}: {error.get(key)!r}")
    if SECRETS.search(str(error.get("message"))):
        problems.append(f"a secret in the message: {error['message']!r}")
    return problems


def read_google(body: bytes) -> dict:
    """The inner error object of a body, `{}` for HTML, text or nothing."""
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    if isinstance(value, list):
        value = value[0] if value else {}
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return {}
    try:
        nested = json.loads(error.get("message") or "")
    except ValueError:
        return error
    inner = nested.get("error") if isinstance(nested, dict) else None
    return {**error, **inner} if isinstance(inner, dict) else error


def expect_error(status: int | None, body: bytes) -> ExpectedError:
    """`status` None: an error object inside a 200 reply, whose `code` is then the status."""
    error = read_google(body)
    code = error.get("code") if isinstance(error.get("code"), int) else None
    if status is None or (status == 500 and code == 429):
        status = code or 500
    text = json.dumps(error)
    name = error.get("status", "")
    invalid = {"invalid_request_error"}
    if status == 400 and ("API_KEY_INVALID" in text or "API key not valid" in text):
        return ExpectedError({401}, invalid, {"invalid_api_key"})
    if status == 400 and name == "FAILED_PRECONDITION":
        if "location is not supported" in text:
            return ExpectedError({403}, invalid, {"unsupported_country_region_territory"})
        if re.search("billing", text, re.I):
            return ExpectedError({429, 403}, {"insufficient_quota"}, {"insufficient_quota"})
    if status == 400 and re.search("exceeds the maximum number of tokens|input token count", text):
        return ExpectedError({400}, invalid, {"context_length_exceeded"})
    if status == 429:
        rate, quota = ({"requests", "tokens"}, {"rate_limit_exceeded"}), ({"insufficient_quota"}, {"insufficient_quota"})
        if "PerDay" in text:
            return ExpectedError({429}, *quota)
        # Google's usual sentence for a plain rate limit also says "check your plan and billing".
        if "billing" in text and "PerMinute" not in text:
            return ExpectedError({429}, rate[0] | quota[0], rate[1] | quota[1])
        return ExpectedError({429}, *rate)
    table = {
        400: ({400}, invalid, None),
        401: ({401}, invalid, {"invalid_api_key"}),
        403: ({403}, invalid, {"permission_denied"}),
        404: ({404}, invalid, {"model_not_found"}),
        409: ({409}, {"conflict_error"}, {None}),
        413: ({413}, invalid, {"request_too_large"}),
        499: ({499}, {"server_error"}, {None}),
        500: ({500}, {"server_error"}, {None}),
        501: ({501}, {"server_error"}, {None}),
        502: ({503}, {"server_error"}, {"overloaded"}),
        503: ({503}, {"server_error"}, {"overloaded"}),
        504: ({504}, {"server_error"}, {"timeout"}),
    }
    return ExpectedError(*table.get(status, (None, None, None)))


def retry_after(body: bytes) -> float | None:
    """Seconds to wait that the body names: RetryInfo, else quotaResetDelay, else the sentence."""
    error = read_google(body)
    for detail in error.get("details") or []:
        if str(detail.get("retryDelay", "")).endswith("s"):
            return float(detail["retryDelay"][:-1])
    for detail in error.get("details") or []:
        delay = (detail.get("metadata") or {}).get("quotaResetDelay", "")
        if match := re.fullmatch(r"([\d.]+)(ms|s)", delay):
            return float(match[1]) / (1000 if match[2] == "ms" else 1)
    if match := re.search(r"(?:retry in|reset after) ([\d.]+)s", error.get("message") or "", re.I):
        return float(match[1])
    return None
