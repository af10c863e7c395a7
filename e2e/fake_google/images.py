"""Models that draw: what a request to them may say, and the pictures they reply with (`translation.md` section 4.3).

Words: of the aspect ratio and of several candidates as quoted in GitHub issues
(muyouzhi6/astrbot_plugin_gitee_aiimg#37, yeahhe365/Gemini-Nexus#13, google-gemini/gemini-cli#10370); elsewhere the
sense.
"""

import base64
import math
from typing import Any

from . import samples
from .errors import GoogleError, field, invalid
from .models import Model
from .surface import Call

RATIOS = ["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"]
# Of Gemini 3.1 and later.
EXTREME = ["1:4", "1:8", "4:1", "8:1"]
# Output types that Vertex can be told.
TYPES = {"image/png", "image/jpeg"}
PIXELS = {"512": 512, "1K": 1024, "2K": 2048, "4K": 4096}
# Recorded: tokens of one picture.
TOKENS = {2: 1290, 3: 1120}
SIGNATURE = base64.b64encode(b"the fake's signature of a picture").decode()


def check(call: Call, facts: Model, config: dict[str, Any]) -> None:
    """Raises `GoogleError` for the first broken rule."""
    wanted = config.get("imageConfig", {})
    if not facts.draws:
        for name, words in {"aspectRatio": "Aspect ratio", "imageSize": "Image size"}.items():
            if name in wanted:
                raise invalid(f"{words} is not enabled for this model")
        return
    if config.get("candidateCount", 1) > 1:
        raise invalid(f"Multiple candidates is not enabled for {call.resource}")
    ratio(facts, wanted.get("aspectRatio"))
    size(facts, wanted.get("imageSize"))
    output(wanted.get("imageOutputOptions", {}))


def ratio(facts: Model, wanted: str | None) -> None:
    known = RATIOS + (EXTREME if facts.generation >= (3, 1) else [])
    known = sorted(known, key=lambda one: [int(side) for side in one.split(":")])
    if wanted is not None and wanted not in known:
        listed = ", ".join(f"'{one}'" for one in known[:-1])
        raise of_image("aspect_ratio", f"aspect_ratio must be one of {listed}, or '{known[-1]}'.")


def sizes(facts: Model) -> list[str]:
    """What `imageSize` may be; the letter is a capital."""
    if facts.generation < (3, 0):
        return []
    if "lite" in facts.name:
        return ["1K"]
    return (["512"] if facts.generation >= (3, 1) else []) + ["1K", "2K", "4K"]


def size(facts: Model, wanted: str | None) -> None:
    if wanted is None:
        return
    known = sizes(facts)
    if not known:
        raise invalid("Image size is not enabled for this model")
    if wanted not in known:
        raise of_image("image_size", f"image_size must be one of {', '.join(known)}.")


def output(options: dict[str, Any]) -> None:
    mime, quality = options.get("mimeType"), options.get("compressionQuality")
    if mime is not None and mime not in TYPES:
        raise of_image("image_output_options.mime_type", f"Unsupported output mime type: {mime}.")
    if quality is not None and mime != "image/jpeg":
        raise of_image("image_output_options.compression_quality", "only allowed when mime type is image/jpeg.")
    if quality is not None and not 0 <= quality <= 100:
        raise of_image("image_output_options.compression_quality", "must be in the range [0, 100].")


def of_image(path: str, text: str) -> GoogleError:
    return field(f"generation_config.image_config.{path}", text)


def modalities(facts: Model, config: dict[str, Any]) -> set[str]:
    """What the model answers with; without a wish it draws and writes."""
    wanted = set(config.get("responseModalities", [])) - {"MODALITY_UNSPECIFIED"}
    return wanted or {"TEXT", "IMAGE"}


def pixels(config: dict[str, Any]) -> tuple[int, int]:
    """Width and height of the picture, by the wish."""
    wanted = config.get("imageConfig", {})
    across, down = map(int, wanted.get("aspectRatio", "1:1").split(":"))
    base = PIXELS[wanted.get("imageSize", "1K")]
    stretch = math.sqrt(across / down)
    return round(base * stretch / 32) * 32, round(base / stretch / 32) * 32


def parts(call: Call, facts: Model, config: dict[str, Any], said: str) -> list[dict[str, Any]]:
    """The reply: a word and a picture, the picture's draft first when thoughts were asked for."""
    asked = config.get("imageConfig", {}).get("imageOutputOptions", {}).get("mimeType")
    # Recorded: PNG of Gemini 2.5, JPEG of Gemini 3, whose pictures are signed.
    newer = facts.generation >= (3, 0)
    kind = {"image/png": "png", "image/jpeg": "jpeg"}.get(asked, "jpeg" if newer else "png")
    width, height = pixels(config)
    signed = {"thoughtSignature": SIGNATURE} if newer else {}
    result = []
    if config.get("thinkingConfig", {}).get("includeThoughts"):
        result.append({"text": "I think of how to draw it.", "thought": True})
        result.append({**samples.blob(kind, 600, "draft", width=width, height=height), "thought": True})
    wanted = modalities(facts, config)
    if "TEXT" in wanted:
        result.append({"text": f"Here is your picture of: {said}"})
    if "IMAGE" in wanted:
        result.append({**samples.blob(kind, 900, said, width=width, height=height), **signed})
    return result


def tokens(facts: Model) -> int:
    """What a picture counts."""
    return TOKENS[3 if facts.generation >= (3, 0) else 2]
