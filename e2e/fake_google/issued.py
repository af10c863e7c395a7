"""The thought signatures and call ids which the fake's agent issues, and the proof that one is its own.

A signature is an HMAC over what it was issued for, stretched to the size that a test asks for, so that nothing but the
agent can make one, and one that was moved to another call does not fit there.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
from typing import Any

# A fake accepts what it issued itself, not what another one did.
SECRET = os.urandom(32)
# Bytes of a signature before base64; recorded ones have some hundred, the largest 139 KB.
SIZE = 160
DUMMIES = {
    base64.urlsafe_b64decode("skip_thought_signature_validator"),
    b"skip_thought_signature_validator",
    b"context_engineering_is_the_way_to_go",
}


def for_call(call: dict[str, Any], size: int = SIZE) -> str:
    """The signature of a `functionCall` (its name, arguments and id): base64 of `size` bytes."""
    return base64.b64encode(_bytes(["call", call["name"], call.get("args", {}), call.get("id")], size)).decode()


def for_text(text: str, size: int = SIZE) -> str:
    """The signature of a final answer's whole text."""
    return base64.b64encode(_bytes(["text", text], size)).decode()


def call_id(*where: Any) -> str:
    """The id of the call at this place of a conversation: eight characters, as Google's."""
    return hmac.new(SECRET, _canonical(["id", *where]), hashlib.sha256).hexdigest()[:8]


def is_for_call(signature: str, call: dict[str, Any]) -> bool:
    """Whether `signature` was issued for this very call."""
    given = decoded(signature)
    return hmac.compare_digest(given, _bytes(["call", call["name"], call.get("args", {}), call.get("id")], len(given)))


def is_for_text(signature: str, text: str) -> bool:
    given = decoded(signature)
    return hmac.compare_digest(given, _bytes(["text", text], len(given)))


def is_dummy(signature: str) -> bool:
    """Whether it is one of those which Google lets pass for a lost one, in either form."""
    return decoded(signature) in DUMMIES


def decoded(signature: str) -> bytes:
    """The signature's bytes, whatever alphabet and padding it came in; what is no base64 has none."""
    plain = signature.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except binascii.Error:
        return b""


def _bytes(what: list[Any], size: int) -> bytes:
    # Shorter than the HMAC itself proves nothing.
    digest = hmac.new(SECRET, _canonical(what), hashlib.sha256).digest()
    return hashlib.shake_256(digest).digest(max(size, len(digest)))


def _canonical(value: Any) -> bytes:
    return json.dumps(_numbers(value), sort_keys=True, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _numbers(value: Any) -> Any:
    """Numbers as a Struct holds them: 1 and 1.0 are the same."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
