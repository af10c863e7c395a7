"""Rules about media: what a blob and an address may be, and what a model can answer with (`translation.md` 1.1, 1.2.7).

What is asked of models that draw or speak in particular is in `images` and `speech`.
"""

import re
from typing import Any

from .errors import GoogleError, invalid
from .models import Model
from .surface import VERTEX, Call

# Families of types; what is in one is left to the model. Recorded: audio/x-wav is taken.
MIME = re.compile(
    r"(image|video|text)/[a-zA-Z0-9.+-]+(;.*)?|application/(pdf|json|rtf|xml|x-javascript|x-python-code)(;.*)?"
    # Documented for the one API or the other, or recorded.
    r"|audio/(x-)?(wav|mp3|mpeg|mpga|mp4|m4a|aac|aiff|ogg|opus|flac|webm|pcm|l16|basic|amr|3gpp)(;.*)?",
    re.IGNORECASE,
)
# Misnomers and non-answers that are in a family all the same (or in none).
NOT_A_TYPE = {"image/jpg", "image/generic", "application/octet-stream"}
FILES = re.compile(r"(https://generativelanguage\.googleapis\.com/[^ ]*)?files/[^/ ]+")


def check(call: Call, facts: Model, contents: list[dict[str, Any]], config: dict[str, Any]) -> None:
    """Raises `GoogleError` for the first broken rule."""
    for content in contents:
        for part in content.get("parts", []):
            media(call, part)
            for inner in part.get("functionResponse", {}).get("parts", []):
                nested(facts)
                media(call, inner)
    resolution(facts, contents)
    modalities(call, facts, config)


def media(call: Call, part: dict[str, Any]) -> None:
    if "inlineData" in part:
        blob = part["inlineData"]
        typed(call, blob.get("mimeType", ""))
        if not blob.get("data"):
            raise invalid("Unable to process input image.")
    if "fileData" in part:
        uri, mime = part["fileData"].get("fileUri", ""), part["fileData"].get("mimeType", "")
        address(call, uri)
        if mime or call.api == VERTEX:
            typed(call, mime)


def typed(call: Call, mime: str) -> None:
    if not mime and call.api == VERTEX:
        raise invalid("Unable to submit request because it must have a mimeType parameter.")
    if mime in NOT_A_TYPE or not MIME.fullmatch(mime):
        raise invalid(f"Unsupported MIME type: {mime}")


def address(call: Call, uri: str) -> None:
    """The Developer API reads no bucket; Vertex reads none of the Files API; neither reads plain HTTP."""
    if call.api != VERTEX and uri.startswith("gs://"):
        raise invalid(
            "Referencing Google Cloud Storage files directly is not supported. Register them using"
            " FileService.RegisterFile first."
        )
    files = FILES.fullmatch(uri) is not None
    if files and call.api == VERTEX:
        raise invalid(f"Invalid file URI: {uri}")
    if not files and not uri.startswith(("https://", "gs://")):
        raise invalid(f"Invalid or unsupported file uri: {uri}")


def nested(facts: Model) -> None:
    if facts.generation < (3, 0):
        raise invalid("Multimodal function responses are not supported for this model.")


def resolution(facts: Model, contents: list[dict[str, Any]]) -> None:
    """A part's own resolution is for Gemini 3."""
    own = any("mediaResolution" in part for content in contents for part in content.get("parts", []))
    if own and facts.generation < (3, 0):
        raise invalid("Media resolution per part is not supported for this model.")


def modalities(call: Call, facts: Model, config: dict[str, Any]) -> None:
    """Speech models speak, image models draw and write, all others write."""
    wanted = set(config.get("responseModalities", [])) - {"MODALITY_UNSPECIFIED"}
    able = {"TEXT"}
    if facts.speaks or "native-audio" in facts.name:
        able = {"AUDIO"}
        wanted = wanted or {"TEXT"}
    elif facts.draws:
        able = {"TEXT", "IMAGE"}
    if not wanted <= able:
        raise combination(call, sorted(wanted), able)
    if "speechConfig" in config and "AUDIO" not in able:
        raise combination(call, ["AUDIO"], able)


def combination(call: Call, wanted: list[str], able: set[str]) -> GoogleError:
    return invalid(
        f"The requested combination of response modalities ({', '.join(wanted)}) is not supported by the model."
        f" {call.resource} accepts the following combination of response modalities:\n* {', '.join(sorted(able))}\n"
    )
