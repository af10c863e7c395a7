"""Which path is which of Google's methods. Table driven: a later endpoint is one more row."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from .errors import GoogleError, NoSuchUrl, bad_request

GEMINI = "gemini"
VERTEX = "vertex"
# Discovery Engine, which has the ranking API.
RANKING = "discoveryengine"

GEMINI_VERSION = r"/(?P<version>v1|v1beta|v1alpha)"
VERTEX_VERSION = r"/(?P<version>v1|v1beta1)"
PLACE = r"/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)"
GEMINI_MODEL = r"/models/(?P<model>[^/:]+)"
VERTEX_MODEL = rf"(?:{PLACE})?/publishers/google/models/(?P<model>[^/:]+)"
# A tuned model, or one of the Model Garden, is called by its endpoint.
VERTEX_ENDPOINT = rf"{PLACE}/endpoints/(?P<endpoint>[^/:]+)"
PAGE = ("pageSize", "pageToken")
PUBLISHED = (*PAGE, "filter", "languageCode", "listAllVersions", "orderBy", "view")


@dataclass(frozen=True)
class Method:
    """One row of the surface. `request` is the schema of the body, `streams` whether the reply is a stream, `compat`
    whether both are OpenAI's (and then the body says whether it streams)."""

    api: str
    verb: str
    path: re.Pattern
    name: str
    request: str | None = None
    streams: bool = False
    query: frozenset[str] = frozenset()
    compat: bool = False


def row(api, verb, path, name, request=None, streams=False, query=(), compat=False):
    return Method(api, verb, re.compile(path), name, request, streams, frozenset(query), compat)


METHODS = [
    row(
        GEMINI, "POST", GEMINI_VERSION + GEMINI_MODEL + ":generateContent", "generateContent", "GenerateContentRequest"
    ),
    row(
        GEMINI,
        "POST",
        GEMINI_VERSION + GEMINI_MODEL + ":streamGenerateContent",
        "streamGenerateContent",
        "GenerateContentRequest",
        streams=True,
    ),
    row(GEMINI, "POST", GEMINI_VERSION + GEMINI_MODEL + ":countTokens", "countTokens", "CountTokensRequest"),
    row(GEMINI, "GET", GEMINI_VERSION + "/models", "listModels", query=PAGE),
    row(GEMINI, "GET", GEMINI_VERSION + GEMINI_MODEL, "getModel"),
    row(
        VERTEX, "POST", VERTEX_VERSION + VERTEX_MODEL + ":generateContent", "generateContent", "GenerateContentRequest"
    ),
    row(
        VERTEX,
        "POST",
        VERTEX_VERSION + VERTEX_MODEL + ":streamGenerateContent",
        "streamGenerateContent",
        "GenerateContentRequest",
        streams=True,
    ),
    row(VERTEX, "POST", VERTEX_VERSION + VERTEX_MODEL + ":countTokens", "countTokens", "CountTokensRequest"),
    row(GEMINI, "POST", GEMINI_VERSION + GEMINI_MODEL + ":predict", "predict", "PredictRequest"),
    row(VERTEX, "POST", VERTEX_VERSION + VERTEX_MODEL + ":predict", "predict", "PredictRequest"),
    row(
        GEMINI,
        "POST",
        GEMINI_VERSION + GEMINI_MODEL + ":predictLongRunning",
        "predictLongRunning",
        "PredictLongRunningRequest",
    ),
    row(
        VERTEX,
        "POST",
        VERTEX_VERSION + VERTEX_MODEL + ":predictLongRunning",
        "predictLongRunning",
        "PredictLongRunningRequest",
    ),
    row(GEMINI, "GET", GEMINI_VERSION + GEMINI_MODEL + "/operations/(?P<name>[^/:]+)", "getOperation"),
    row(
        VERTEX,
        "POST",
        VERTEX_VERSION + VERTEX_MODEL + ":fetchPredictOperation",
        "fetchPredictOperation",
        "FetchPredictOperationRequest",
    ),
    row(GEMINI, "GET", GEMINI_VERSION + "/files/(?P<name>[^/:]+):download", "downloadFile"),
    row(GEMINI, "GET", "/download" + GEMINI_VERSION + "/files/(?P<name>[^/:]+):download", "downloadMedia"),
    row(
        VERTEX,
        "POST",
        VERTEX_VERSION + VERTEX_ENDPOINT + ":generateContent",
        "generateContent",
        "GenerateContentRequest",
    ),
    row(
        VERTEX,
        "POST",
        VERTEX_VERSION + VERTEX_ENDPOINT + ":streamGenerateContent",
        "streamGenerateContent",
        "GenerateContentRequest",
        streams=True,
    ),
    row(VERTEX, "POST", VERTEX_VERSION + VERTEX_ENDPOINT + ":countTokens", "countTokens", "CountTokensRequest"),
    row(
        GEMINI,
        "POST",
        r"/(?P<version>v1beta)/openai/chat/completions",
        "chatCompletions",
        "GenerateContentRequest",
        compat=True,
    ),
    row(
        VERTEX,
        "POST",
        VERTEX_VERSION + VERTEX_ENDPOINT + "/chat/completions",
        "chatCompletions",
        "GenerateContentRequest",
        compat=True,
    ),
    row(GEMINI, "POST", GEMINI_VERSION + GEMINI_MODEL + ":embedContent", "embedContent", "EmbedContentRequest"),
    row(
        GEMINI,
        "POST",
        GEMINI_VERSION + GEMINI_MODEL + ":batchEmbedContents",
        "batchEmbedContents",
        "BatchEmbedContentsRequest",
    ),
    row(VERTEX, "POST", VERTEX_VERSION + VERTEX_MODEL + ":embedContent", "embedContent", "EmbedContentRequest"),
    row(
        VERTEX,
        "POST",
        VERTEX_VERSION + VERTEX_MODEL + ":batchEmbedContents",
        "batchEmbedContents",
        "BatchEmbedContentsRequest",
    ),
    row(VERTEX, "POST", VERTEX_VERSION + VERTEX_ENDPOINT + ":predict", "predict", "PredictRequest"),
    # Google's models as such, of no project; v1 has no list of them.
    row(VERTEX, "GET", r"/(?P<version>v1beta1)/publishers/google/models", "listPublisherModels", query=PUBLISHED),
    row(VERTEX, "GET", VERTEX_VERSION + r"/publishers/google/models/(?P<model>[^/:]+)", "getPublisherModel"),
    row(
        RANKING,
        "POST",
        r"/(?P<version>v1|v1beta|v1alpha)" + PLACE + r"/rankingConfigs/(?P<name>[^/:]+):rank",
        "rank",
        "RankRequest",
    ),
]

# Query parameters of every method (`params` of both discovery documents); `$alt` is the gRPC-REST spelling of `alt`,
# seen in recordings.
COMMON_QUERY = frozenset(
    (
        *("$.xgafv", "$alt", "access_token", "alt", "callback", "fields", "key", "oauth_token", "prettyPrint"),
        *("quotaUser", "uploadType", "upload_protocol"),
    )
)
ALT = {"json", "media", "proto", "json;enum-encoding=int"}


@dataclass(frozen=True)
class Call:
    """A request whose path and query are in order. `model` is None on an endpoint until it is looked up; `name` is the
    operation or the file that is asked for."""

    method: Method
    version: str
    model: str | None
    project: str | None
    location: str | None
    endpoint: str | None
    sse: bool
    key: str | None
    name: str | None = None
    query: Mapping[str, str] = field(default_factory=dict)

    @property
    def api(self) -> str:
        return self.method.api

    @property
    def garden(self) -> bool:
        """A model of the Model Garden, called as OpenAI's are."""
        return self.method.compat and self.endpoint not in (None, "openapi")

    @property
    def express(self) -> bool:
        """Vertex with an API key, whose project is the key's."""
        return self.api == VERTEX and self.project is None and not self.catalogue

    @property
    def catalogue(self) -> bool:
        """Google's models as such, which are no project's."""
        return self.method.name in ("listPublisherModels", "getPublisherModel")

    @property
    def resource(self) -> str:
        """The model as Google's messages spell it."""
        if self.api == GEMINI:
            return f"models/{self.model}"
        if self.api == RANKING:
            return f"projects/{self.project}/locations/{self.location}/rankingConfigs/{self.name}"
        if self.catalogue:
            return f"publishers/google/models/{self.model}"
        # Recorded: express mode names the key's own project by number.
        project, location = self.project or "123456789012", self.location or "us-central1"
        if self.endpoint is not None:
            return f"projects/{project}/locations/{location}/endpoints/{self.endpoint}"
        return f"projects/{project}/locations/{location}/publishers/google/models/{self.model}"


def resolve(verb: str, target: str) -> Call:
    """The call that `verb target` (raw path and query) is. Raises `NoSuchUrl`, or `GoogleError` for the query."""
    path, _, query = target.partition("?")
    # Google's front end decodes the path once before it routes; an encoded slash cannot make a new segment.
    for method in METHODS:
        match = method.path.fullmatch(path)
        if match and method.verb == verb:
            return call(method, match.groupdict(), parse_qsl(query, keep_blank_values=True))
    raise NoSuchUrl(path)


def call(method: Method, groups: dict[str, str | None], query: list[tuple[str, str]]) -> Call:
    known = COMMON_QUERY | method.query
    unknown = [name for name, _ in query if name not in known]
    if unknown:
        raise bad_request([("", unbound(name)) for name in unknown])
    values = dict(query)
    alt = values.get("$alt", values.get("alt", "json"))
    if alt not in ALT and not (alt == "sse" and method.streams):
        raise GoogleError("INVALID_ARGUMENT", f'Invalid value "{alt}" for query parameter "alt".')
    decoded = {name: unquote(value) if value else None for name, value in groups.items()}
    return Call(
        method,
        decoded["version"],
        decoded.get("model"),
        decoded.get("project"),
        decoded.get("location"),
        decoded.get("endpoint"),
        alt == "sse",
        values.get("key"),
        decoded.get("name"),
        {name: value for name, value in values.items() if name in method.query},
    )


def unbound(name: str) -> str:
    return (
        f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query parameter.'
        f" Field '{name}' could not be found in request message."
    )
