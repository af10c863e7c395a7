"""Key files for tests, as Google's console and gcloud write them; each is registered with a running fake.

RSA keys are made anew in every test run: none is in the repository.
"""

import hashlib
from functools import cache
from typing import Any
from urllib.parse import quote

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from ..launch import Fake

AUDIENCE = "//iam.googleapis.com/projects/123456/locations/global/workloadIdentityPools/pool/providers/provider"
JWT = "urn:ietf:params:oauth:token-type:jwt"
TOKEN_URL = "https://oauth2.googleapis.com/token"
IMPERSONATION = "https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:generateAccessToken"


@cache
def private_key(name: str = "") -> RSAPrivateKey:
    """The key of this run that `name` has."""
    return generate_private_key(65537, 2048)


def pem(key: RSAPrivateKey) -> str:
    """The private key as a key file holds it: PKCS #8."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def public_pem(key: RSAPrivateKey) -> str:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def service_account(
    fake: Fake, email: str = "robot@p.iam.gserviceaccount.com", actors: list[str] | None = None, **extra: Any
) -> dict[str, Any]:
    """A `service_account` key file whose account the fake knows. `actors`: the principals that may act for it (None:
    all); `extra` replaces members of the file."""
    key = private_key(email)
    id = hashlib.sha1(public_pem(key).encode()).hexdigest()
    fake.register_account(email, {"keys": {id: public_pem(key)}, **({} if actors is None else {"actors": actors})})
    return {
        "type": "service_account",
        "project_id": "p",
        "private_key_id": id,
        "private_key": pem(key),
        "client_email": email,
        "client_id": "100000000000000000001",
        "auth_uri": "https://accounts.google.com/o/oauth2/auth",
        "token_uri": TOKEN_URL,
        "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
        "client_x509_cert_url": f"https://www.googleapis.com/robot/v1/metadata/x509/{quote(email)}",
        "universe_domain": "googleapis.com",
        **extra,
    }


def external_account(
    fake: Fake,
    source: dict[str, Any] | None = None,
    as_json: bool = False,
    headers: dict[str, str] | None = None,
    subject_tokens: list[str] | None = None,
    impersonate: str | None = None,
    audience: str = AUDIENCE,
    **extra: Any,
) -> dict[str, Any]:
    """An `external_account` file (workload identity federation) whose pool the fake knows.

    The subject token comes from the fake's own address (as text, or `as_json` in a member `id_token`), which asks for
    `headers`; else from where `source` says, and then the pool takes `subject_tokens`. `impersonate`: e-mail.
    """
    wanted = headers or {}
    fake.register_pool(
        {
            "audience": audience,
            "subject_token_type": JWT,
            "headers": wanted,
            "field": "id_token",
            "subject_tokens": subject_tokens or [],
        }
    )
    query = f"audience={quote(audience, safe='')}" + ("&format=json" if as_json else "")
    address = {"url": f"{fake.url}/subject_token?{query}"}
    if as_json:
        address["format"] = {"type": "json", "subject_token_field_name": "id_token"}
    if wanted:
        address["headers"] = wanted
    made = {
        "type": "external_account",
        "audience": audience,
        "subject_token_type": JWT,
        "token_url": "https://sts.googleapis.com/v1/token",
        "credential_source": source or address,
        "universe_domain": "googleapis.com",
    }
    if impersonate is not None:
        made["service_account_impersonation_url"] = IMPERSONATION.format(impersonate)
    return {**made, **extra}


def impersonated_service_account(source: dict[str, Any], email: str, **extra: Any) -> dict[str, Any]:
    """An `impersonated_service_account` file: `source` (another key file) acts for `email`."""
    return {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": IMPERSONATION.format(email),
        "source_credentials": source,
        "delegates": [],
        **extra,
    }
