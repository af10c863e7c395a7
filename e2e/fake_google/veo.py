"""Veo: what `models/M:predictLongRunning` takes (`translation.md` section 4.5).

Words: those of `predict`; the duration that Vertex refuses only once the job runs, as quoted in public repositories;
of an image without its type likewise; elsewhere the sense.
"""

import re
from typing import Any

from . import predict
from .errors import invalid
from .surface import GEMINI, VERTEX, Call

# What has to be 8 seconds long.
WHOLE = 8
DURATIONS = (4, 6, 8)
OLD_DURATIONS = (5, 6, 7, 8)
RATIOS = ("16:9", "9:16")
PERSONS = ("dont_allow", "allow_adult", "allow_all")
IMAGES = ("image/png", "image/jpeg", "image/webp")
REFERENCES = 3
VERSION = re.compile(r"veo-(\d+)\.(\d+)")
VERTEX_ONLY = {
    *(
        "storageUri",
        "fps",
        "seed",
        "pubsubTopic",
        "generateAudio",
        "compressionQuality",
        "labels",
        "resizeMode",
        "task",
    ),
}


def check(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The body in canonical form. Raises `GoogleError`."""
    message = predict.message(call, "X_VeoRequest", body, VERTEX_ONLY)
    if len(message.get("instances", [])) != 1:
        raise invalid("Request must contain exactly one instance.")
    instance, wanted = message["instances"][0], message.get("parameters", {})
    if not any(instance.get(name) for name in ("prompt", "image", "video")):
        raise invalid("Prompt is empty.")
    references = instance.get("referenceImages", [])
    if len(references) > REFERENCES:
        raise invalid(f"At most {REFERENCES} reference images are supported.")
    for one in references:
        predict.choice("referenceType", one.get("referenceType", ""), ("asset",))
        image(call, "referenceImages", one.get("image", {}))
    for name in ("image", "lastFrame"):
        if name in instance:
            image(call, name, instance[name])
    if call.api == GEMINI and "mask" in instance:
        raise predict.unsupported("mask")
    parameters(call, wanted)
    if call.api == GEMINI and duration_error(call.model, instance, wanted):
        raise predict.out_of_bound("durationSeconds", 4, 8)
    return message


def image(call: Call, name: str, given: dict[str, Any]) -> None:
    """A picture has its bytes and its type; Vertex reads one from a bucket too."""
    if call.api == GEMINI and "gcsUri" in given:
        raise predict.unsupported("gcsUri")
    if call.api == VERTEX and given.get("gcsUri", "").startswith("gs://") and given.get("mimeType"):
        return
    if not given.get("bytesBase64Encoded") or not given.get("mimeType"):
        raise invalid(f"Input instance with `{name}` should contain both `bytesBase64Encoded` and `mimeType`.")
    if given["mimeType"] not in IMAGES:
        raise invalid(f"Unsupported MIME type: {given['mimeType']}")


def parameters(call: Call, wanted: dict[str, Any]) -> None:
    newer = generation(call.model) >= (3, 0)
    if "resolution" in wanted:
        if not newer:
            raise predict.unsupported("resolution")
        # 4K came with Veo 3.1.
        finest = ("4k",) if generation(call.model) >= (3, 1) and "lite" not in call.model else ()
        predict.choice("resolution", wanted["resolution"], ("720p", "1080p", *finest))
    if "aspectRatio" in wanted:
        predict.choice("aspectRatio", wanted["aspectRatio"], RATIOS)
    if "personGeneration" in wanted:
        predict.choice("personGeneration", wanted["personGeneration"], PERSONS)
    predict.bounded("sampleCount", wanted.get("sampleCount", 1), 1, 1 if newer and call.api == GEMINI else 4)
    predict.bounded("durationSeconds", wanted.get("durationSeconds", WHOLE), 1, 60)
    if "storageUri" in wanted and not wanted["storageUri"].startswith("gs://"):
        raise invalid(f"Invalid storageUri: {wanted['storageUri']}")


def generation(name: str) -> tuple[int, int]:
    match = VERSION.match(name)
    return (int(match[1]), int(match[2])) if match else (0, 0)


def duration_error(name: str, instance: dict[str, Any], wanted: dict[str, Any]) -> str | None:
    """What is wrong with the duration, in the words with which Vertex ends the job."""
    newer = generation(name) >= (3, 0)
    feature = "text_to_video"
    if "referenceImages" in instance:
        feature = "reference_to_video"
    elif "image" in instance:
        feature = "image_to_video"
    known = DURATIONS if newer else OLD_DURATIONS
    fine = wanted.get("resolution") in ("1080p", "4k")
    if fine or any(other in instance for other in ("referenceImages", "lastFrame", "video")):
        known = (WHOLE,)
    asked = wanted.get("durationSeconds", WHOLE)
    if asked in known:
        return None
    listed = ",".join(map(str, known))
    return (
        f"Unsupported output video duration {asked} seconds, supported durations are [{listed}] for feature {feature}."
    )
