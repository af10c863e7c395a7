"""Speech, transcriptions and translations with the official Python SDK, strict response validation on, on both back ends."""

import base64
import io
import json
import re
import struct
import wave

import openai
import pytest
from fake_google import samples, scenarios
from support.backends import BACKENDS
from support.contract import contract_problems
from support.lab import candidate, reply
from support.media import HEARS, NEW_TTS, TTS, Lab, checked, events, form, inline

RATE = 24000
RECORDING = samples.make("wav", 10_000, "speech")
SPOKEN = {
    "language": "german",
    "duration": 61.5,
    "segments": [
        {"start": 0.0, "end": 1.25, "text": "Guten Tag.", "speaker": "A"},
        {"start": 1.25, "end": 61.5, "text": "Wie geht es?", "speaker": "B"},
    ],
}
WORDS = "Guten Tag. Wie geht es?"
# The SDK's own resources warn that OpenAI retires what is behind them.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", params=BACKENDS)
def lab(request, gateways):
    return Lab.of(request.param, gateways(BACKENDS[request.param] or None))


# Speech.


def speak(lab, words, **fields):
    return lab.client.audio.speech.create(**{"model": TTS, "voice": "alloy", "input": words, **fields})


def frames(data: bytes) -> bytes:
    """The sound of a WAV file of 16-bit mono at 24 kHz."""
    with wave.open(io.BytesIO(data)) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate()) == (1, 2, RATE)
        return opened.readframes(opened.getnframes())


def test_wav_by_default(lab):
    words = lab.told(scenarios.speech(20_000, seed="s"), "Good day.")
    got = speak(lab, words)
    assert got.response.headers["content-type"] == "audio/wav"
    assert frames(got.content) == samples.make("pcm", 20_000, "s") and len(got.content) == 20_044
    (body,) = lab.asked(words, TTS, "generateContent")
    assert body["contents"] == [{"role": "user", "parts": [{"text": words}]}]
    voice = {"voiceConfig": {"prebuiltVoiceConfig": {"voiceName": "Kore"}}}
    assert body["generationConfig"] == {"responseModalities": ["AUDIO"], "speechConfig": voice}


def test_pcm(lab):
    got = speak(lab, lab.told(scenarios.speech(20_001, seed="p")), response_format="pcm")
    assert got.response.headers["content-type"].startswith("audio/pcm")
    assert got.content == samples.make("pcm", 20_001, "p")


def test_any_sound_google_has(lab):
    """The rate is Google's; Gemini 3.1 writes its type otherwise."""
    words = lab.told(scenarios.speech(4_000, mime="audio/l16; rate=24000; channels=1"))
    assert frames(speak(lab, words, model=NEW_TTS).content) == samples.make("pcm", 4_000)
    words = lab.told(scenarios.speech(4_000, mime="audio/L16;codec=pcm;rate=16000"))
    with wave.open(io.BytesIO(speak(lab, words).content)) as opened:
        assert (opened.getframerate(), opened.getnframes()) == (16000, 2000)


VOICES = {"nova": "Aoede", "verse": "Puck", "onyx": "Orus", "Zubenelgenubi": "Zubenelgenubi", "Leda": "Leda"}


@pytest.mark.parametrize("voice", VOICES)
def test_voices(lab, voice):
    words = lab.told(scenarios.speech(100))
    speak(lab, words, voice=voice)
    (body,) = lab.asked(words, TTS, "generateContent")
    chosen = body["generationConfig"]["speechConfig"]["voiceConfig"]["prebuiltVoiceConfig"]
    assert chosen["voiceName"].lower() == VOICES[voice].lower()


def test_instructions(lab):
    words = lab.told(scenarios.speech(100), "Good day.")
    speak(lab, words, instructions="Say it calmly")
    (body,) = lab.asked(words, TTS, "generateContent")
    assert body["contents"][0]["parts"] == [{"text": f"Say it calmly: {words}"}] and "systemInstruction" not in body


@pytest.mark.parametrize("wanted", ["mp3", "opus", "aac", "flac"])
def test_other_formats_are_refused(lab, wanted):
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        speak(lab, "Good day.", response_format=wanted)
    assert caught.value.param == "response_format"
    assert "wav" in caught.value.message and "pcm" in caught.value.message


def test_custom_voices_are_refused(lab):
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        speak(lab, "Good day.", voice={"id": "voice_1234"})
    assert caught.value.param == "voice"


@pytest.mark.parametrize("wanted", ["wav", "pcm"])
def test_streamed_bytes(lab, wanted):
    words = lab.told({**scenarios.speech(30_000, pieces=5, seed="c"), "chunks": [1000, 20_001]})
    made = lab.client.audio.speech.with_streaming_response.create(
        model=TTS, voice="alloy", input=words, response_format=wanted, stream_format="audio"
    )
    with made as got:
        assert got.headers["content-type"].startswith(f"audio/{wanted}")
        data = b"".join(got.iter_bytes())
    sound = samples.make("pcm", 30_000, "c")
    if wanted == "pcm":
        assert data == sound
    else:
        # Nobody knows the length yet.
        assert data[:4] == b"RIFF" and struct.unpack("<I", data[4:8]) == (0xFFFFFFFF,)
        assert data[8:16] == b"WAVEfmt " and struct.unpack("<I", data[40:44]) == (0xFFFFFFFF,) and data[44:] == sound
    lab.asked(words, TTS, "streamGenerateContent")


def test_bytes_come_while_it_speaks(lab):
    """The second piece is let go once the client has the first."""
    words = lab.told({**scenarios.speech(30_000, pieces=3, seed="g"), "gate": True})
    sound, id = samples.make("pcm", 30_000, "g"), words.rpartition("[[fake:")[2].removesuffix("]]")
    made = lab.client.audio.speech.with_streaming_response.create(
        model=TTS, voice="alloy", input=words, response_format="pcm", stream_format="audio"
    )
    with made as got:
        pieces, data = got.iter_bytes(), b""
        for part in (1, 2):
            while len(data) < part * 10_000 - 2:
                data += next(pieces)
            assert len(data) <= part * 10_000
            lab.fake.open_gate(id)
        data += b"".join(pieces)
    assert data == sound


@pytest.mark.parametrize("pieces", [1, 7])
def test_speech_as_events(lab, pieces):
    words = lab.told(scenarios.speech(30_000, pieces=pieces, seed="e"))
    got = speak(lab, words, response_format="pcm", stream_format="sse")
    assert got.response.headers["content-type"].startswith("text/event-stream")
    *deltas, (last, done) = events(got.content)
    assert {name for name, _ in deltas} == {"speech.audio.delta"} and last == "speech.audio.done"
    kinds = {"speech.audio.delta": "SpeechAudioDeltaEvent", "speech.audio.done": "SpeechAudioDoneEvent"}
    for name, value in [*deltas, (last, done)]:
        assert contract_problems(kinds[name], value) == []
    # Clients decode each piece by itself.
    assert b"".join(base64.b64decode(value["audio"], validate=True) for _, value in deltas) == samples.make("pcm", 30_000, "e")
    assert done["usage"]["total_tokens"] == done["usage"]["input_tokens"] + done["usage"]["output_tokens"]


SILENT = {
    "words": (scenarios.parts({"text": "I will not."}), 502),
    "nothing": (scenarios.parts(finish="OTHER"), 502),
    "blocked": (scenarios.blocked_prompt(), 400),
}


@pytest.mark.parametrize("stream", [None, "audio", "sse"])
@pytest.mark.parametrize("kind", SILENT)
def test_no_sound(lab, kind, stream):
    scenario, status = SILENT[kind]
    fields = {} if stream is None else {"stream_format": stream}
    with pytest.raises(openai.APIStatusError) as caught:
        speak(lab, lab.told(scenario), **fields)
    assert caught.value.status_code == status
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_errors_of_google(lab):
    for fields in ({}, {"stream_format": "audio"}):
        with pytest.raises(openai.RateLimitError):
            speak(lab, lab.told(scenarios.rate_limited()), **fields)


# Transcriptions and translations.


def hear(lab, scenario, kind="transcriptions", file=("speech.wav", RECORDING), **fields):
    """The SDK's reply as it came, and the prompt which the fake was asked by."""
    prompt = lab.told(scenario, "Names: Ångström")
    resource = getattr(lab.client.audio, kind).with_raw_response
    return resource.create(**{"file": file, "model": HEARS, "prompt": prompt, **fields}), prompt


def asked(lab, prompt, method="generateContent"):
    """Type and bytes of the recording, the words beside it, and the generation config."""
    (body,) = lab.asked(prompt, HEARS, method)
    (turn,) = body["contents"]
    assert turn["role"] == "user"
    texts = " ".join(part["text"] for part in turn["parts"] if "text" in part)
    (recording,) = [part for part in turn["parts"] if "inlineData" in part]
    return inline(recording), texts, body.get("generationConfig", {})


def test_json(lab):
    raw, prompt = hear(lab, {"transcript": SPOKEN}, language="de", temperature=0.2)
    got = checked("CreateTranscriptionResponseJson", raw)
    assert got.text == WORDS
    assert got.usage.type == "tokens"
    assert got.usage.total_tokens == got.usage.input_tokens + got.usage.output_tokens
    recording, words, config = asked(lab, prompt)
    assert recording == ("audio/wav", RECORDING)
    assert prompt in words and "transcri" in words.lower() and re.search(r"\bde\b|German", words), words
    assert config["temperature"] == 0.2 and "AUDIO" not in config.get("responseModalities", [])


def test_text(lab):
    raw, _ = hear(lab, {"transcript": SPOKEN}, response_format="text")
    assert raw.headers["content-type"].startswith("text/plain")
    assert raw.parse().strip() == WORDS


def test_verbose_json(lab):
    raw, prompt = hear(lab, {"transcript": SPOKEN}, response_format="verbose_json", timestamp_granularities=["segment"])
    got = checked("CreateTranscriptionResponseVerboseJson", raw)
    assert got.text.split() == WORDS.split() and got.language and got.duration == pytest.approx(61.5)
    seen = [(one.id, one.start, one.end, one.text.strip()) for one in got.segments]
    assert seen == [(0, 0.0, 1.25, "Guten Tag."), (1, 1.25, 61.5, "Wie geht es?")]
    assert asked(lab, prompt)[2]["responseMimeType"] == "application/json"


def test_srt(lab):
    raw, _ = hear(lab, {"transcript": SPOKEN}, response_format="srt")
    assert raw.parse().strip() == (
        "1\n00:00:00,000 --> 00:00:01,250\nGuten Tag.\n\n2\n00:00:01,250 --> 00:01:01,500\nWie geht es?"
    )


def test_vtt(lab):
    raw, _ = hear(lab, {"transcript": SPOKEN}, response_format="vtt")
    assert raw.parse().strip() == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.250\nGuten Tag.\n\n00:00:01.250 --> 00:01:01.500\nWie geht es?"
    )


def test_speakers(lab):
    raw, _ = hear(lab, {"transcript": SPOKEN}, response_format="diarized_json", chunking_strategy="auto")
    got = checked("CreateTranscriptionResponseDiarizedJson", raw)
    assert [(one.text.strip(), one.start) for one in got.segments] == [("Guten Tag.", 0.0), ("Wie geht es?", 1.25)]
    assert len({one.speaker for one in got.segments}) == 2


FILES = {
    "a.mp3": "audio/mpeg",
    "a.mp4": "audio/mp4",
    "a.m4a": "audio/mp4",
    "a.flac": "audio/flac",
    "a.ogg": "audio/ogg",
    "a.webm": "audio/webm",
}


@pytest.mark.parametrize("name", FILES)
def test_types_by_name(lab, name):
    _, prompt = hear(lab, {"transcript": SPOKEN}, file=(name, RECORDING))
    assert asked(lab, prompt)[0] == (FILES[name], RECORDING)


def test_streaming(lab):
    raw, prompt = hear(lab, {"events": [reply(candidate(w, None)) for w in ("Guten ", "Tag")] + [reply(candidate("."))]}, stream=True)
    *deltas, last = list(raw.parse())
    assert {one.type for one in deltas} == {"transcript.text.delta"}
    assert [one.delta for one in deltas] == ["Guten ", "Tag", "."]
    assert (last.type, last.text) == ("transcript.text.done", "Guten Tag.")
    assert last.usage.total_tokens == 8
    asked(lab, prompt, "streamGenerateContent")


def test_streaming_on_the_wire(lab):
    prompt = lab.told({"transcript": SPOKEN})
    fields = [("model", HEARS), ("stream", "true"), ("prompt", prompt), ("file", ("a.wav", "audio/wav", RECORDING))]
    head = {"content-type": "multipart/form-data; boundary=b"}
    got = lab.gateway.post(form(fields, "b"), path="/v1/audio/transcriptions", headers=head)
    assert got.headers["content-type"].startswith("text/event-stream")
    kinds = {"transcript.text.delta": "TranscriptTextDeltaEvent", "transcript.text.done": "TranscriptTextDoneEvent"}
    for name, value in events(got.body):
        assert contract_problems(kinds[name], value) == []


def test_broken_stream_is_raised(lab):
    whole = {"events": [reply(candidate("Guten ", None)), {"error": {"code": 503, "message": "overloaded", "status": "UNAVAILABLE"}}]}
    with pytest.raises(openai.APIError, match="overloaded"):
        list(hear(lab, whole, stream=True)[0].parse())


@pytest.mark.parametrize("wanted", ["json", "verbose_json", "text"])
def test_translations(lab, wanted):
    raw, prompt = hear(lab, {"transcript": {**SPOKEN, "language": "english"}}, "translations", response_format=wanted)
    if wanted == "text":
        assert raw.parse().strip() == WORDS
    else:
        name = {"json": "CreateTranslationResponseJson", "verbose_json": "CreateTranslationResponseVerboseJson"}[wanted]
        assert checked(name, raw).text.split() == WORDS.split()
    recording, words, _ = asked(lab, prompt)
    assert recording == ("audio/wav", RECORDING) and "English" in words


HEARD_WRONG = {
    "blocked": (scenarios.blocked_prompt(), openai.BadRequestError),
    # To be tried again it would have to be another request.
    "cut short": (scenarios.reply("Guten", "MAX_TOKENS"), openai.BadRequestError),
    "refused": (scenarios.rate_limited(), openai.RateLimitError),
}


@pytest.mark.parametrize("kind", HEARD_WRONG)
def test_no_transcript(lab, kind):
    scenario, error = HEARD_WRONG[kind]
    with pytest.raises(error) as caught:
        hear(lab, scenario)
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_json_that_is_none(lab):
    with pytest.raises(openai.InternalServerError):
        hear(lab, scenarios.reply("no JSON at all"), response_format="verbose_json")


def test_without_a_file(lab):
    head = {"content-type": "multipart/form-data; boundary=b"}
    with lab.gateway.untouched():
        got = lab.gateway.post(form([("model", HEARS)], "b"), path="/v1/audio/transcriptions", headers=head)
    assert got.status == 400 and got.error["param"] == "file", got.body


def test_unknown_format(lab):
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        hear(lab, {"transcript": SPOKEN}, response_format="docx")
    assert caught.value.param == "response_format"
    assert json.loads(caught.value.response.content)["error"]["message"]
