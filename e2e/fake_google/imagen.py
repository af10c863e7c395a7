"""Imagen: `models/M:predict` of both APIs (`translation.md` section 4.3).

Words: those of `predict`, and of a filtered picture as in googleapis/js-genai#321; elsewhere the sense.
"""

from typing import Any

from . import predict, samples
from .errors import invalid
from .surface import Call

SAMPLES = 4
TYPES = ("image/png", "image/jpeg")
CHOICES = {
    "aspectRatio": ("1:1", "3:4", "4:3", "9:16", "16:9"),
    "sampleImageSize": ("1K", "2K"),
    "personGeneration": ("dont_allow", "allow_adult", "allow_all"),
    "safetySetting": ("block_low_and_above", "block_medium_and_above", "block_only_high", "block_none"),
}
# Google's SDK refuses these for the Developer API.
VERTEX_ONLY = {"negativePrompt", "seed", "addWatermark", "enhancePrompt", "storageUri", "labels"}
# The model that edits is told what by reference images.
EDITS = "-capability-"
FILTERED = (
    "Unable to show generated images. All images were filtered out because they violated Vertex AI's usage guidelines."
    " You will not be charged for blocked images. Try rephrasing the prompt. If you think this was an error, send"
    " feedback. Support codes: 29310472"
)


def check(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The body in canonical form. Raises `GoogleError`."""
    message = predict.message(call, "X_ImagenRequest", body, VERTEX_ONLY)
    if len(message.get("instances", [])) != 1:
        raise invalid("Request must contain exactly one instance.")
    instance, wanted = message["instances"][0], message.get("parameters", {})
    if not isinstance(instance, dict) or not instance.get("prompt"):
        raise invalid("Image generation failed with the following error: The prompt is empty.")
    if ("referenceImages" in instance) != (EDITS in call.model):
        raise invalid("Image generation failed with the following error: Reference images and this model do not fit.")
    predict.bounded("sampleCount", wanted.get("sampleCount", SAMPLES), 1, SAMPLES)
    for name, known in CHOICES.items():
        if name in wanted:
            predict.choice(name, wanted[name], known)
    if "seed" in wanted and wanted.get("addWatermark", True):
        raise invalid("Seed is not supported when watermark is enabled.")
    options = wanted.get("outputOptions", {})
    predict.choice("mimeType", options.get("mimeType", TYPES[0]), TYPES)
    predict.bounded("compressionQuality", options.get("compressionQuality", 75), 0, 100)
    return message


def reply(message: dict[str, Any]) -> dict[str, Any]:
    """As many pictures as were asked for, and the prompt if Imagen was to enhance it."""
    wanted, prompt = message.get("parameters", {}), message["instances"][0]["prompt"]
    mime = wanted.get("outputOptions", {}).get("mimeType", TYPES[0])
    enhanced = {"prompt": f"{prompt}, in fine detail"} if wanted.get("enhancePrompt") else {}
    kind, count = mime.partition("/")[2], int(wanted.get("sampleCount", SAMPLES))
    made = [samples.make(kind, 900, f"{prompt} {n}") for n in range(count)]
    return {
        "predictions": [{"mimeType": mime, "bytesBase64Encoded": samples.encoded(data), **enhanced} for data in made]
    }
