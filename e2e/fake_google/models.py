"""Which models exist, and what each generation can do (`translation.md` section 0.1)."""

import re
from dataclasses import dataclass, replace
from typing import Any

from . import embedders
from .errors import GoogleError, invalid
from .surface import GEMINI, VERTEX, Call

GENERATION = re.compile(r"gemini-(\d+)(?:\.(\d+))?(?:-|$)")
# Names that exist: every generation's families with their usual suffixes; anything else is Google's 404.
KNOWN = re.compile(
    r"gemini-\d+(\.\d+)?-(pro|flash|flash-lite|flash-8b)(-(preview|exp|thinking|latest|image|tts|native|audio|dialog"
    r"|generation|live|customtools|\d{2,4}))*"
    r"|gemini-(pro|flash|flash-lite)-latest|gemma-\d+n?-[a-z0-9-]+"
)
# Those that other methods call.
IMAGEN = re.compile(
    r"imagen-\d\.\d(-(fast|ultra))?-(generate|capability)(-preview)?(-\d{3}|-\d\d-\d\d)?|imagegeneration@\d{3}"
)
VEO = re.compile(r"veo-\d\.\d(-(fast|lite))?-generate-(preview|exp|\d{3})")
# Method -> its models; `predict` has those embedding models too that are predicted with.
ABLE = {"predict": IMAGEN, "predictLongRunning": VEO, "fetchPredictOperation": VEO, "getOperation": VEO}
NEWEST = (99, 0)
# What a tuned model was made from unless a test says otherwise.
TUNED = "gemini-2.5-flash"
LISTED = (
    "gemini-2.0-flash",
    "gemini-2.5-flash",
    "gemini-2.5-flash-lite",
    "gemini-2.5-pro",
    "gemini-3-flash-preview",
    "gemini-3-pro-preview",
    "gemini-embedding-001",
    "gemini-embedding-2",
)
MADE_UP = "gemini-2.5-flash-preview-{:04}"
EMBEDS = {"embedContent", "batchEmbedContents"}
# Those that every model has.
ANY = {"countTokens", "getModel", "getPublisherModel"}
# The method as the Developer API's 404 names it where that is not its own name, as recorded.
REFUSED = {
    "streamGenerateContent": "generateContent",
    "chatCompletions": "generateContent",
    "batchEmbedContents": "embedContent",
}


@dataclass(frozen=True)
class Model:
    """Facts about one model. `generation` is (major, minor); (0, 0) for those that are no Gemini."""

    name: str
    generation: tuple[int, int]

    @property
    def special(self) -> bool:
        """Speech, image and embedding models, which do not think."""
        return any(mark in self.name for mark in ("-tts", "-image", "native-audio", "embedding"))

    @property
    def draws(self) -> bool:
        """Answers with pictures."""
        return "-image" in self.name

    @property
    def speaks(self) -> bool:
        """Answers with speech."""
        return "-tts" in self.name

    @property
    def gemma(self) -> bool:
        """Takes neither a system instruction nor JSON mode."""
        return self.name.startswith("gemma-")

    @property
    def thinks(self) -> bool:
        # Recorded: those of Gemini 3 that draw think, too.
        drawing = self.draws and self.generation >= (3, 0)
        return "thinking" in self.name or (self.generation >= (2, 5) and (drawing or not self.special))

    @property
    def levels(self) -> bool:
        """Takes `thinkingLevel`."""
        return self.generation >= (3, 0)

    @property
    def signatures(self) -> bool:
        """Insists on thought signatures of the current turn's calls."""
        return self.generation >= (3, 0)

    def penalties(self, api: str) -> bool:
        """Takes presence and frequency penalties. Vertex is recorded to do so on 2.5 as well."""
        if self.generation == (2, 0) or (self.generation == (1, 5) and self.name.endswith("-002")):
            return True
        return api == VERTEX and self.generation == (2, 5)

    @property
    def budget(self) -> tuple[int, int]:
        """Least and greatest thinking budget above zero."""
        if "pro" in self.name:
            return 128, 32768
        return (512, 24576) if "lite" in self.name else (1, 24576)

    @property
    def must_think(self) -> bool:
        return self.generation == (2, 5) and "pro" in self.name


def model(name: str) -> Model:
    match = GENERATION.match(name)
    if match:
        return Model(name, (int(match[1]), int(match[2] or 0)))
    return Model(name, NEWEST if name.startswith("gemini-") and name.endswith("-latest") else (0, 0))


def looked_up(call: Call, endpoints: dict[str, str]) -> Call:
    """The call with the model its endpoint serves: as registered in `endpoints`; any other number is a tuned model."""
    if call.endpoint is None or (call.method.compat and not call.garden):
        return call
    return replace(call, model=endpoints.get(call.endpoint, TUNED if call.endpoint.isdecimal() else None))


def check(call: Call) -> None:
    """Raises the 404 of a model or endpoint that does not exist."""
    if call.endpoint is not None and call.model is None:
        # The sense; Google's words are not on record.
        raise GoogleError("NOT_FOUND", f"Endpoint `{call.resource}` not found.")
    if call.model is None:
        return
    # The aliases of the newest models exist in one version of one API.
    alias = call.model.endswith("-latest") and call.version != "v1beta"
    embedder = embedders.find(call.model, call.api)
    exists = embedder is not None or any(names.fullmatch(call.model) for names in (KNOWN, IMAGEN, VEO))
    if alias or not exists:
        raise unknown(call)
    if not offered(call, embedder):
        raise unknown(call) if call.api == GEMINI else unoffered(call)


def offered(call: Call, embedder: embedders.Embedder | None) -> bool:
    """Whether the model has the method: those that embed do not generate, and some are predicted with instead."""
    name, predicts = call.method.name, embedder is not None and embedder.instances > 0
    if name in EMBEDS:
        return embedder is not None and not (predicts and call.api == VERTEX)
    if name in ABLE:
        return ABLE[name].fullmatch(call.model) is not None or (predicts and name == "predict")
    return name in ANY or KNOWN.fullmatch(call.model) is not None


def unoffered(call: Call) -> GoogleError:
    # Quoted of embedContent (quarkiverse/quarkus-langchain4j#2376).
    api = REFUSED.get(call.method.name, call.method.name)
    return invalid(f"Publisher Model `{call.resource}` is not supported in the {api} API.")


def unknown(call: Call) -> GoogleError:
    if call.method.name == "getModel":
        # Quoted in several projects' notes.
        return GoogleError("NOT_FOUND", f"Model is not found: {call.resource} for api version {call.version}")
    if call.api == GEMINI:
        return GoogleError(
            "NOT_FOUND",
            f"{call.resource} is not found for API version {call.version}, or is not supported for"
            f" {REFUSED.get(call.method.name, call.method.name)}."
            " Call ModelService.ListModels to see the list of available models and their supported methods.",
        )
    return GoogleError(
        "NOT_FOUND",
        f"Publisher Model `{call.resource}` was not found or your project does not have access to it. Please ensure"
        " you are using a valid model version. For more information, see:"
        " https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions",
    )


@dataclass(frozen=True)
class Catalogue:
    """The models that are listed. A test can change how many there are at least (`count`: made-up ones are added), and
    how many a page has at most (`page`), whatever its reader asks for: Google may give fewer than that."""

    count: int = 0
    page: int = 1000

    @classmethod
    def parse(cls, values: dict[str, Any]) -> "Catalogue":
        """Raises `ValueError` or `TypeError` for what makes no sense."""
        made = cls(**values)
        if not all(type(value) is int for value in vars(made).values()) or made.count < 0 or made.page < 1:
            raise ValueError("count is a number of models, page how many one page has at most")
        return made

    def names(self) -> list[str]:
        return [*LISTED, *map(MADE_UP.format, range(self.count - len(LISTED)))]
