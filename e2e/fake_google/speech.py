"""Models that speak: what a request to them may say, and the sound they reply with (`translation.md` section 4.6).

Words: as quoted from Google in public repositories (genkit-ai/genkit#5489 for a missing voice, TheKentuckian/
robot_comic#122 for a system instruction); that two speakers at most take part is documented.
"""

from typing import Any

from . import samples
from .errors import field, invalid
from .models import Model

VOICES = (
    *("achernar", "achird", "algenib", "algieba", "alnilam", "aoede", "autonoe", "callirrhoe", "charon", "despina"),
    *(
        "enceladus",
        "erinome",
        "fenrir",
        "gacrux",
        "iapetus",
        "kore",
        "laomedeia",
        "leda",
        "orus",
        "puck",
        "pulcherrima",
    ),
    *("rasalgethi", "sadachbia", "sadaltager", "schedar", "sulafat", "umbriel", "vindemiatrix", "zephyr"),
    "zubenelgenubi",
)
SPEAKERS = 2
# Of Gemini 3.1; recorded (home-assistant/core#169016).
NEWER_TYPE = "audio/l16; rate=24000; channels=1"
# Bytes of a piece, and of sound per word: whole samples of 16 bits.
PIECE = 1920
WORD = 2400


def check(facts: Model, request: dict[str, Any], config: dict[str, Any]) -> None:
    """Raises `GoogleError` for the first broken rule."""
    if not facts.speaks:
        return
    spoken = config.get("speechConfig")
    newer = facts.generation >= (3, 0)
    if newer and "systemInstruction" in request:
        raise invalid("Developer instruction is not enabled for this model")
    if newer and not spoken:
        raise invalid("Request contains an invalid argument.")
    for name in voices(spoken or {}):
        if name.lower() not in VOICES:
            raise invalid(f"Voice name {name} is not supported. Allowed voice names are: {', '.join(VOICES)}")


def voices(spoken: dict[str, Any]) -> list[str]:
    """Names of the voices that were asked for."""
    several = spoken.get("multiSpeakerVoiceConfig", {}).get("speakerVoiceConfigs", [])
    if len(several) > SPEAKERS:
        raise field("generation_config.speech_config", f"at most {SPEAKERS} speakers are supported.")
    configs = [spoken, *several]
    chosen = [one.get("voiceConfig", {}).get("prebuiltVoiceConfig", {}) for one in configs]
    return [one["voiceName"] for one in chosen if "voiceName" in one]


def sound(said: str) -> bytes:
    """What the fake says for `said`: as long as it has words."""
    return samples.make("pcm", WORD * max(len(said.split()), 1), said)


def parts(facts: Model, data: bytes) -> list[dict[str, Any]]:
    """The sound as one part."""
    mime = NEWER_TYPE if facts.generation >= (3, 0) else samples.TYPES["pcm"]
    return [{"inlineData": {"mimeType": mime, "data": samples.encoded(data)}}]
