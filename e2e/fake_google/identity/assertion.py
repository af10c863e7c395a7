"""The JWT with which a service account asks for a token (RFC 7523), checked as Google's token endpoint does.

The order of the checks and the words are the endpoint's own where third parties quote them.
"""

import base64
import binascii
import json
import re
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from .form import Refusal, oauth
from .issuer import Issuer, known_scopes

AUDIENCES = ("https://oauth2.googleapis.com/token", "https://www.googleapis.com/oauth2/v4/token")
LONGEST = 3600
# How far the clock of the caller may be off, seconds.
SKEW = 60
SEGMENT = re.compile(r"[A-Za-z0-9_-]+")
TIMEFRAME = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp"
    " values in the JWT claim."
)


def check(issuer: Issuer, assertion: str, audiences: tuple[str, ...]) -> tuple[str, list[str]]:
    """The account and the scopes that a valid assertion names. `audiences`: what `aud` may be. Raises `Refusal`."""
    segments = assertion.split(".")
    if len(segments) != 3 or not all(map(SEGMENT.fullmatch, segments)):
        raise grant("Bad Request")
    header, claims = parsed(segments[0]), parsed(segments[1])
    if header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT":
        raise grant("Invalid JWT: unsupported algorithm or type.")
    account = issuer.accounts.get(str(claims.get("iss")))
    if account is None:
        raise grant("Invalid grant: account not found")
    public = account.keys.get(str(header.get("kid")))
    if public is None:
        raise grant("Invalid JWT Signature.")
    try:
        public.verify(decoded(segments[2]), ".".join(segments[:2]).encode(), PKCS1v15(), SHA256())
    except InvalidSignature:
        raise grant("Invalid JWT Signature.") from None
    if claims.get("aud") not in audiences:
        raise grant(f"Invalid JWT: Failed audience check. The right audience is {audiences[0]}")
    timely(claims, issuer.now())
    if claims.get("sub", claims["iss"]) != claims["iss"]:
        raise oauth(
            "unauthorized_client",
            "Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of"
            " the scopes requested.",
            401,
        )
    scopes = str(claims.get("scope", "")).split()
    if not known_scopes(scopes):
        raise oauth("invalid_scope", "Invalid OAuth scope or ID token audience provided.")
    return claims["iss"], scopes


def timely(claims: dict[str, Any], now: float) -> None:
    """`iat` and `exp` are whole seconds, at most an hour apart, around `now`."""
    issued, expires = claims.get("iat"), claims.get("exp")
    if not all(isinstance(value, int) and not isinstance(value, bool) for value in (issued, expires)):
        raise grant(TIMEFRAME)
    if not 0 < expires - issued <= LONGEST or issued > now + SKEW or expires <= now - SKEW:
        raise grant(TIMEFRAME)


def grant(description: str) -> Refusal:
    return oauth("invalid_grant", description)


def decoded(segment: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error:
        raise grant("Bad Request") from None


def parsed(segment: str) -> dict[str, Any]:
    try:
        value = json.loads(decoded(segment))
    except ValueError:
        raise grant("Bad Request") from None
    if not isinstance(value, dict):
        raise grant("Bad Request")
    return value
