"""Credentials, with Google's answers when they are missing or wrong."""

from .errors import TYPE, GoogleError
from .identity.issuer import CLOUD_PLATFORM, SCOPE_PREFIX, Issuer
from .surface import GEMINI, RANKING, Call

HOST = {
    "gemini": "generativelanguage.googleapis.com",
    "vertex": "aiplatform.googleapis.com",
    RANKING: "discoveryengine.googleapis.com",
}
SERVICE = {
    "gemini": "google.ai.generativelanguage.{}.GenerativeService",
    "vertex": "google.cloud.aiplatform.{}.PredictionService",
    RANKING: "google.cloud.discoveryengine.{}.RankService",
}
# Any one of these is enough.
SCOPES = {
    "gemini": frozenset((CLOUD_PLATFORM, SCOPE_PREFIX + "generative-language")),
    "vertex": frozenset((CLOUD_PLATFORM,)),
    RANKING: frozenset((CLOUD_PLATFORM,)),
}


def check(call: Call, headers: dict[str, str], api_key: str, token: str, issuer: Issuer) -> None:
    """Returns when `headers` (lower-case names) or the query hold the credential that the call takes: a token, which
    is `token` or one of `issuer`'s, or the key; Vertex takes a token in a project and a key in express mode, the
    Developer API and the list of Google's models either, the ranking API a token. Raises `GoogleError`."""
    bearer, key = headers.get("authorization"), headers.get("x-goog-api-key", call.key)
    # What is wrong is refused even beside what is right: a client's own credential must not get here.
    if bearer is not None and bearer != f"Bearer {token}":
        issued(call, bearer, issuer)
    if key is not None and key != api_key:
        raise bad_key(call)
    if call.express and key is None and bearer is not None:
        raise keyless(call)
    wanted = (bearer, key) if call.api == GEMINI or call.catalogue else (key,) if call.express else (bearer,)
    if not any(wanted):
        raise missing(call)


def issued(call: Call, bearer: str, issuer: Issuer) -> None:
    """Returns when `bearer` is a token that is out, still lives, and reaches this API. Raises `GoogleError`."""
    kind, _, token = bearer.partition(" ")
    granted = issuer.granted(token) if kind == "Bearer" else None
    if granted is None:
        raise unauthenticated(call)
    if granted.expires <= issuer.now():
        raise unauthenticated(call, "ACCESS_TOKEN_EXPIRED")
    if not granted.scopes & SCOPES[call.api]:
        info = error_info(call, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", method=rpc(call))
        raise GoogleError("PERMISSION_DENIED", "Request had insufficient authentication scopes.", [info])


def error_info(call: Call, reason: str, **metadata: str) -> dict:
    metadata = {"service": HOST[call.api], **metadata}
    return {"@type": TYPE + "ErrorInfo", "reason": reason, "domain": "googleapis.com", "metadata": metadata}


def rpc(call: Call) -> str:
    """The method's gRPC name, as `ErrorInfo` carries it."""
    name = call.method.name
    return f"{SERVICE[call.api].format(call.version)}.{name[0].upper()}{name[1:]}"


def unauthenticated(call: Call, reason: str = "ACCESS_TOKEN_TYPE_UNSUPPORTED") -> GoogleError:
    return GoogleError(
        "UNAUTHENTICATED",
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid"
        " authentication credential. See https://developers.google.com/identity/sign-in/web/devconsole-project.",
        [error_info(call, reason, method=rpc(call))],
    )


def missing(call: Call) -> GoogleError:
    if call.api == GEMINI:
        return GoogleError(
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or"
            " other form of API consumer identity to call this API.",
        )
    return GoogleError(
        "UNAUTHENTICATED",
        "API keys are not supported by this API. Expected OAuth2 access token or other authentication credentials that"
        " assert a principal. See https://cloud.google.com/docs/authentication",
        [error_info(call, "CREDENTIALS_MISSING", method=rpc(call))],
    )


def keyless(call: Call) -> GoogleError:
    """A token without a project: nobody to charge."""
    text = "The request is missing a valid API key."
    return GoogleError("PERMISSION_DENIED", text, [error_info(call, "API_KEY_MISSING")])


def bad_key(call: Call) -> GoogleError:
    text = "API key not valid. Please pass a valid API key."
    localized = {"@type": TYPE + "LocalizedMessage", "locale": "en-US", "message": text}
    return GoogleError("INVALID_ARGUMENT", text, [error_info(call, "API_KEY_INVALID"), localized])
