"""Media with the official Node SDK, unmodified: one run of e2e/node/media.mjs per back end, each case held against what the
fake was told."""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from fake_google import samples, scenarios
from support.backends import BACKENDS
from support.contract import contract_problems
from support.lab import candidate, reply
from support.media import FLASH, HEARS, IMAGEN, PRO, TTS, VEO, Lab, as_shipped, encoded, inline

E2E = Path(__file__).resolve().parent.parent
MODELS = {"draws": FLASH, "thinks": PRO, "imagen": IMAGEN, "speaks": TTS, "hears": HEARS, "films": VEO}
FILES = {
    "a.png": samples.make("png", 3000, "a"),
    "b.jpg": samples.make("jpeg", 2000, "b"),
    "speech.wav": samples.make("wav", 10_000, "c"),
}
SPOKEN = {"transcript": {"language": "english", "duration": 2.0, "segments": [{"start": 0, "end": 2.0, "text": "Hello there."}]}}
DRAFTED = (scenarios.part("png", 900, "draft", thought=True), scenarios.part("png", 950))
WORDS = [reply(candidate("Hello ", None)), reply(candidate("there."))]
SCENARIOS = {
    "image": scenarios.pictures(5000, seed="x"),
    "imageStream": scenarios.parts_streamed(*DRAFTED),
    "moderated": scenarios.no_picture("IMAGE_SAFETY"),
    "imagen": scenarios.imagen(1000, 1001),
    "edit": scenarios.pictures(800, seed="e"),
    "masked": {},
    "variation": {},
    "speech": scenarios.speech(20_000, seed="s"),
    "speechPieces": scenarios.speech(20_000, pieces=4, seed="s"),
    "mp3": {},
    "transcription": SPOKEN,
    "verbose": SPOKEN,
    "srt": SPOKEN,
    "transcriptionStream": {"events": WORDS},
    "translation": SPOKEN,
    "video": {"video": {"polls": 2, "size": 100_000, "seed": "v"}},
    "failed": {"video": {"polls": 0, "error": {"code": 13, "message": "Out of film."}}},
    "listed": {},
    "deleted": {},
}


@pytest.fixture(scope="module", params=BACKENDS)
def run(request, gateways):
    """(the back end, {case: what the SDK saw}, {case: its prompt})"""
    arguments = {"edit": as_shipped} if request.param == "vertex" else {}
    lab = Lab.of(request.param, gateways(BACKENDS[request.param] or None, **arguments))
    node = shutil.which("node")
    assert node, "Node 20 or newer is needed"
    assert (E2E / "node_modules/openai").exists(), "npm packages are missing: make setup"
    prompts = {name: lab.told(scenario) for name, scenario in SCENARIOS.items()}
    files = {name: samples.encoded(data) for name, data in FILES.items()}
    given = json.dumps({"baseURL": lab.gateway.url + "/v1", "models": MODELS, "prompts": prompts, "files": files})
    lab.fake.clear()
    done = subprocess.run([node, E2E / "node/media.mjs"], input=given, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return lab, json.loads(done.stdout), prompts


@pytest.fixture
def results(run):
    return run[1]


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


IMAGES = {
    "image": [encoded("png", 5000, "x")],
    "imagen": [encoded("png", 1000), encoded("png", 1001, " 1")],
    "edit": [encoded("png", 800, "e")],
}


@pytest.mark.parametrize("case", IMAGES)
def test_images(results, case):
    assert [one["b64_json"] for one in results[case]["data"]] == IMAGES[case], results[case]
    assert contract_problems("ImagesResponse", results[case]) == []


def test_variation(results):
    (one,) = results["variation"]["data"]
    assert one["b64_json"].startswith(samples.encoded(b"\x89PNG\r\n"))


def test_image_stream(results):
    assert [one["type"] for one in results["imageStream"]] == ["image_generation.partial_image", "image_generation.completed"]
    assert [one["b64_json"] for one in results["imageStream"]] == [encoded("png", 900, "draft"), encoded("png", 950)]


def test_images_arrive(run):
    lab, _, prompts = run
    (body,) = lab.asked(prompts["edit"], FLASH, "generateContent")
    assert [inline(part) for part in body["contents"][0]["parts"][:-1]] == [("image/png", FILES["a.png"]), ("image/jpeg", FILES["b.jpg"])]


def test_recordings_arrive(run):
    lab, _, prompts = run
    (body,) = lab.asked(prompts["transcription"], HEARS, "generateContent")
    assert [inline(part) for part in body["contents"][0]["parts"] if "inlineData" in part] == [("audio/wav", FILES["speech.wav"])]


def test_a_first_picture_arrives(run):
    lab, _, prompts = run
    (body,) = lab.asked(prompts["video"], VEO, "predictLongRunning")
    assert body["instances"][0]["image"] == {"mimeType": "image/png", "bytesBase64Encoded": samples.encoded(FILES["a.png"])}


ERRORS = {
    "moderated": {"name": "BadRequestError", "code": "moderation_blocked", "type": "image_generation_user_error"},
    "masked": {"name": "BadRequestError", "param": "mask"},
    "mp3": {"name": "BadRequestError", "param": "response_format"},
    "listed": {"name": "InternalServerError", "status": 501},
    "deleted": {"name": "InternalServerError", "status": 501},
}


@pytest.mark.parametrize("case", ERRORS)
def test_errors(results, case):
    assert {name: results[case].get(name) for name in ERRORS[case]} == ERRORS[case], results[case]


def test_speech(results):
    sound = samples.make("pcm", 20_000, "s")
    assert results["speech"] == {"type": "audio/wav", "digest": digest(samples.wav(sound))}
    assert results["speechPieces"]["digest"] == digest(sound)


def test_transcripts(results):
    for case, name in {
        "transcription": "CreateTranscriptionResponseJson",
        "verbose": "CreateTranscriptionResponseVerboseJson",
        "translation": "CreateTranslationResponseJson",
    }.items():
        assert results[case].get("text") == "Hello there.", results[case]
        assert contract_problems(name, results[case]) == []
    assert results["srt"].strip() == "1\n00:00:00,000 --> 00:00:02,000\nHello there."
    *deltas, last = results["transcriptionStream"]
    assert "".join(one["delta"] for one in deltas) == last["text"] == "Hello there."


def test_video(results):
    got = results["video"]
    assert got.get("seen") == ["queued", "in_progress", "in_progress"], got
    for name in ("created", "job"):
        assert contract_problems("VideoResource", got[name]) == []
    assert got["job"]["status"] == "completed"
    assert (got["type"], got["digest"]) == ("video/mp4", digest(samples.make("mp4", 100_000, "v")))


def test_failed_video(results):
    got = results["failed"]
    assert got.get("job", {}).get("status") == "failed" and "Out of film." in got["job"]["error"]["message"], got
    assert got["download"]["name"] != "no error" and 400 <= got["download"]["status"]
