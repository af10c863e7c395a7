"""Who exists, and which tokens are out."""

import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

CLOUD_PLATFORM = "https://www.googleapis.com/auth/cloud-platform"
SCOPE_PREFIX = "https://www.googleapis.com/auth/"
SCOPE = re.compile(re.escape(SCOPE_PREFIX) + "[a-z._-]+")
# Seconds an access token lives: Google answers 3599.
LIFETIME = 3599
SUBJECT_LIFETIME = 3600
DEFAULT_ACCOUNT = "default@p.iam.gserviceaccount.com"


class BadIdentity(ValueError):
    """The test's registration makes no sense; the text says why."""


@dataclass(frozen=True)
class Granted:
    """An access token: whose it is, for what, and until when (seconds since 1970, the fake's clock)."""

    principal: str
    scopes: frozenset[str]
    expires: float


@dataclass
class Account:
    """A service account: its public keys by id, and the principals that may act for it (None: every one)."""

    keys: dict[str, RSAPublicKey] = field(default_factory=dict)
    actors: list[str] | None = None


@dataclass(frozen=True)
class Pool:
    """A workload identity provider. `headers`, `field`: what its subject-token address asks for and answers with."""

    subject_token_type: str
    headers: dict[str, str]
    field: str


@dataclass
class Issuer:
    """Accounts, pools and tokens. `skew`: seconds that the clock of Google is ahead of ours."""

    skew: float = 0.0
    accounts: dict[str, Account] = field(default_factory=lambda: {DEFAULT_ACCOUNT: Account()})
    pools: dict[str, Pool] = field(default_factory=dict)
    _tokens: dict[str, Granted] = field(default_factory=dict)
    _subjects: dict[str, tuple[str, float]] = field(default_factory=dict)

    def now(self) -> float:
        return time.time() + self.skew

    def date(self) -> str:
        """The `Date` header."""
        return format_datetime(datetime.fromtimestamp(self.now(), UTC), usegmt=True)

    def issue(self, principal: str, scopes: Iterable[str], lifetime: float) -> str:
        token = "ya29.fake-" + secrets.token_urlsafe(24)
        self._tokens[token] = Granted(principal, frozenset(scopes), self.now() + lifetime)
        return token

    def granted(self, token: str) -> Granted | None:
        """What `token` is good for; an expired one too. None: never issued, or revoked."""
        return self._tokens.get(token)

    def revoke(self) -> None:
        """Every token that is out is no longer one."""
        self._tokens.clear()

    def subject(self, audience: str) -> str:
        """A new subject token of the pool `audience`, in the shape of a JWT (its issuer is none of Google's)."""
        token = ".".join(("eyJhbGciOiJSUzI1NiJ9", secrets.token_urlsafe(30), secrets.token_urlsafe(64)))
        self.add_subject(audience, token)
        return token

    def add_subject(self, audience: str, token: str) -> None:
        self._subjects[token] = (audience, self.now() + SUBJECT_LIFETIME)

    def subject_fits(self, audience: str, token: str) -> bool:
        known, expires = self._subjects.get(token, (None, 0.0))
        return known == audience and self.now() < expires

    def register(self, email: str, value: Any) -> None:
        """A service account `{keys: {id: PEM of the public key}, actors?: [principal]}`. Raises `BadIdentity`."""
        if not isinstance(value, dict) or not value.keys() <= {"keys", "actors"}:
            raise BadIdentity("an account is {keys: {id: PEM}, actors: [principal]}")
        keys = {}
        for id, pem in value.get("keys", {}).items():
            key = load_pem_public_key(pem.encode())
            if not isinstance(key, RSAPublicKey):
                raise BadIdentity(f"key {id!r} is no RSA key")
            keys[id] = key
        self.accounts[email] = Account(keys, value.get("actors"))

    def register_pool(self, value: Any) -> None:
        """A provider `{audience, subject_token_type, headers, field, subject_tokens}`. Raises `BadIdentity`."""
        names = {"audience", "subject_token_type", "headers", "field", "subject_tokens"}
        if not isinstance(value, dict) or value.keys() != names:
            raise BadIdentity(f"a pool is an object of {', '.join(sorted(names))}")
        headers = {name.lower(): given for name, given in value["headers"].items()}
        self.pools[value["audience"]] = Pool(value["subject_token_type"], headers, value["field"])
        for token in value["subject_tokens"]:
            self.add_subject(value["audience"], token)


def known_scopes(scopes: Iterable[str]) -> bool:
    """Whether these are scopes as Google spells them, at least one."""
    listed = list(scopes)
    return bool(listed) and all(map(SCOPE.fullmatch, listed))
