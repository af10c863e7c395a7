"""Which path is which token service, and what each answers to a request that is in order."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote

from ..errors import TYPE, GoogleError, bad_request, invalid
from . import assertion
from .behaviour import Behaviour
from .form import JSON, Refusal, fields, oauth
from .issuer import CLOUD_PLATFORM, DEFAULT_ACCOUNT, LIFETIME, SUBJECT_LIFETIME, Granted, Issuer, known_scopes

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"
IAM = "https://www.googleapis.com/auth/iam"
# The longest life iamcredentials gives, seconds.
LONGEST = 3600


@dataclass(frozen=True)
class Asked:
    """A request to a token service. `headers` have lower-case names, `url` is without its query."""

    url: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    path: dict[str, str]


@dataclass(frozen=True)
class Row:
    """One service. `hosts`: the names it has at Google; any host that is none of Google's will do as well."""

    service: str
    verb: str
    path: re.Pattern
    hosts: tuple[str, ...]
    answer: Callable[[Issuer, Asked, Behaviour], Any]


def jwt_bearer(issuer: Issuer, asked: Asked, behaviour: Behaviour) -> Any:
    """POST oauth2.googleapis.com/token."""
    given = fields(asked.headers.get("content-type", ""), asked.body)
    if given.get("grant_type") != JWT_BEARER:
        raise oauth("unsupported_grant_type", f"Invalid grant_type: {given.get('grant_type', '')}")
    if "assertion" not in given:
        raise oauth("invalid_request", "Missing required parameter: assertion")
    own = () if asked.url in assertion.AUDIENCES else (asked.url, asked.url.replace("http:", "https:", 1))
    google = ".googleapis.com/" in asked.url
    account, scopes = assertion.check(issuer, given["assertion"], assertion.AUDIENCES + (() if google else own))
    return bearer(issuer, account, scopes, behaviour)


def bearer(issuer: Issuer, principal: str, scopes: list[str], behaviour: Behaviour) -> dict[str, Any]:
    """A token reply of OAuth."""
    lifetime = LIFETIME if behaviour.expires_in is None else behaviour.expires_in
    token = issuer.issue(principal, scopes, lifetime)
    return {"access_token": token, "expires_in": lifetime, "token_type": "Bearer"}


def metadata(issuer: Issuer, asked: Asked, behaviour: Behaviour) -> Any:
    """GET …/instance/service-accounts/default/token, on a machine or in a GKE pod."""
    flavor = {"metadata-flavor": "Google"}
    if asked.headers.get("metadata-flavor") != "Google":
        raise Refusal(403, "Missing Metadata-Flavor:Google header.", flavor)
    # Documented: what has passed a proxy is refused, lest a forged request reach it.
    if "x-forwarded-for" in asked.headers:
        raise Refusal(403, "Request contains X-Forwarded-For header.", flavor)
    account = unquote(asked.path["account"])
    if account not in ("default", DEFAULT_ACCOUNT):
        raise Refusal(404, "The requested service account was not found.", flavor)
    scopes = asked.query.get("scopes", [CLOUD_PLATFORM])[-1].split(",")
    if not known_scopes(scopes):
        raise Refusal(400, "Invalid scope.", flavor)
    return bearer(issuer, DEFAULT_ACCOUNT, scopes, behaviour)


def exchange(issuer: Issuer, asked: Asked, behaviour: Behaviour) -> Any:
    """POST sts.googleapis.com/v1/token: a foreign token for a federated one."""
    given = {snake(name): value for name, value in fields(asked.headers.get("content-type", ""), asked.body).items()}
    if given.get("grant_type") != EXCHANGE:
        raise oauth("unsupported_grant_type", f"Invalid value for \"grant_type\". Expected {EXCHANGE}.")
    for name in ("audience", "requested_token_type", "scope", "subject_token", "subject_token_type"):
        if not given.get(name):
            raise oauth("invalid_request", f'Missing required parameter "{name}".')
    if given["requested_token_type"] != ACCESS_TOKEN:
        raise oauth("invalid_request", 'Invalid value for "requested_token_type".')
    pool = issuer.pools.get(given["audience"])
    if pool is None:
        raise oauth(
            "invalid_target",
            'The target service indicated by the "audience" parameters is invalid. This might either be because the pool'
            " or provider is disabled or deleted or because it doesn't exist.",
        )
    if given["subject_token_type"] != pool.subject_token_type:
        raise oauth("invalid_request", 'Invalid value for "subject_token_type".')
    if not issuer.subject_fits(given["audience"], given["subject_token"]):
        raise oauth("invalid_grant", "The subject token is invalid, or expired, or of another audience.")
    scopes = given["scope"].split()
    if not known_scopes(scopes):
        raise oauth("invalid_scope", "Invalid OAuth scope.")
    principal = given["audience"].replace("/providers/", "/subject/")
    return {**bearer(issuer, principal, scopes, behaviour), "issued_token_type": ACCESS_TOKEN}


def impersonate(issuer: Issuer, asked: Asked, behaviour: Behaviour) -> Any:
    """POST …/serviceAccounts/{email}:generateAccessToken."""
    caller = principal(issuer, asked)
    body = generate_request(asked)
    scopes, lifetime = body.get("scope", []), body.get("lifetime", f"{LONGEST}s")
    if not isinstance(scopes, list) or not known_scopes(map(str, scopes)):
        raise invalid("Scope required.")
    if not isinstance(lifetime, str) or not re.fullmatch(r"\d+(\.\d+)?s", lifetime):
        kind = "type.googleapis.com/google.protobuf.Duration"
        raise bad_request([("lifetime", f"Invalid value at 'lifetime' ({kind}), {json.dumps(lifetime)}")])
    seconds = float(lifetime.removesuffix("s"))
    if not 0 < seconds <= LONGEST:
        raise invalid("The access token lifetime cannot exceed 3600 seconds.")
    email = unquote(asked.path["account"])
    account = issuer.accounts.get(email)
    if account is None or (account.actors is not None and caller.principal not in account.actors):
        info = {"@type": TYPE + "ErrorInfo", "reason": "IAM_PERMISSION_DENIED", "domain": "iam.googleapis.com"}
        info["metadata"] = {"permission": "iam.serviceAccounts.getAccessToken"}
        raise GoogleError(
            "PERMISSION_DENIED",
            "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist).",
            [info],
        )
    lives = seconds if behaviour.expires_in is None else behaviour.expires_in
    token = issuer.issue(email, scopes, lives)
    expires = datetime.fromtimestamp(int(issuer.now() + lives), UTC)
    return {"accessToken": token, "expireTime": expires.strftime("%Y-%m-%dT%H:%M:%SZ")}


def principal(issuer: Issuer, asked: Asked) -> Granted:
    """Who calls. Raises Google's 401, or 403 when the token's scopes do not reach."""
    kind, _, token = asked.headers.get("authorization", "").partition(" ")
    caller = issuer.granted(token) if kind == "Bearer" else None
    if caller is None or caller.expires <= issuer.now():
        raise GoogleError(
            "UNAUTHENTICATED",
            "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
            " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        )
    if not caller.scopes & {CLOUD_PLATFORM, IAM}:
        raise GoogleError("PERMISSION_DENIED", "Request had insufficient authentication scopes.")
    return caller


def generate_request(asked: Asked) -> dict[str, Any]:
    """The body of generateAccessToken. Raises Google's 400."""
    if asked.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise invalid("Invalid JSON payload received. Unknown content type.")
    try:
        value = json.loads(asked.body)
    except ValueError:
        raise bad_request([("", "Invalid JSON payload received. Unexpected token.")]) from None
    if not isinstance(value, dict):
        raise bad_request([("", 'Invalid JSON payload received. Unknown name "": Root element must be a message.')])
    unknown = [one for one in value if one not in ("scope", "lifetime", "delegates")]
    if unknown:
        said = 'Invalid JSON payload received. Unknown name "{}": Cannot find field.'
        raise bad_request([("", said.format(name)) for name in unknown])
    return value


def subject(issuer: Issuer, asked: Asked, behaviour: Behaviour) -> Any:
    """A foreign identity provider's address (`credential_source.url`): the subject token as text, or in JSON."""
    audience = asked.query.get("audience", [""])[-1]
    pool = issuer.pools.get(audience)
    if pool is None:
        raise Refusal(404, "no such pool")
    for name, value in pool.headers.items():
        if asked.headers.get(name) != value:
            raise Refusal(403, f"header {name} is missing or wrong")
    token = issuer.subject(audience)
    if asked.query.get("format") != ["json"]:
        return token
    return {pool.field: token, "expires_in": SUBJECT_LIFETIME}


def snake(name: str) -> str:
    """JSON bodies may spell parameters as ProtoJSON does."""
    return re.sub("[A-Z]", lambda match: "_" + match[0].lower(), name)


METADATA_HOSTS = ("metadata.google.internal", "169.254.169.254")
ROWS = [
    Row(
        "oauth2",
        "POST",
        re.compile(r"/token|/oauth2/v4/token"),
        ("oauth2.googleapis.com", "www.googleapis.com"),
        jwt_bearer,
    ),
    Row(
        "metadata",
        "GET",
        re.compile(r"/computeMetadata/v1/instance/service-accounts/(?P<account>[^/]+)/token"),
        METADATA_HOSTS,
        metadata,
    ),
    Row("sts", "POST", re.compile(r"/v1/token"), ("sts.googleapis.com",), exchange),
    Row(
        "iamcredentials",
        "POST",
        re.compile(r"/v1/projects/-/serviceAccounts/(?P<account>[^/:]+):generateAccessToken"),
        ("iamcredentials.googleapis.com",),
        impersonate,
    ),
    Row("subject_token", "GET", re.compile(r"/subject_token"), (), subject),
]


def of_google(host: str) -> bool:
    """Whether `host` (without port) is a name that only Google has."""
    return host.endswith((".googleapis.com", ".google.internal")) or host == METADATA_HOSTS[1]


def find(verb: str, target: str, headers: dict[str, str], body: bytes, tls: bool) -> tuple[Row, Asked] | None:
    """The service that a request is for, if any."""
    path, _, query = target.partition("?")
    authority = headers.get("host", "")
    host = authority.partition(":")[0]
    for row in ROWS:
        match = row.path.fullmatch(path)
        if match and row.verb == verb and (host in row.hosts or not of_google(host)):
            url = f"{'https' if tls or of_google(host) else 'http'}://{authority}{path}"
            return row, Asked(url, parse_qs(query, keep_blank_values=True), headers, body, match.groupdict())
    return None
