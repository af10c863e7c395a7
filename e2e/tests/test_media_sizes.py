"""Large media with the official Python SDK: nothing of them changes on the way, in either direction."""

import base64
import hashlib
import time

import pytest
from fake_google import samples, scenarios
from support.backends import BACKENDS
from support.media import HEARS, IMAGEN, PRO, VEO, Lab, as_shipped

MB = 1_000_000
# The SDK's own resources warn that OpenAI retires what is behind them.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", params=BACKENDS)
def lab(request, gateways):
    arguments = {"edit": as_shipped} if request.param == "vertex" else {}
    return Lab.of(request.param, gateways(BACKENDS[request.param] or None, **arguments))


@pytest.fixture
def timed(lab, figures):
    """`timed(what)(call)`: what `call()` returns; how long it took is printed at the end of the run."""

    def begin(what):
        def run(call):
            started = time.perf_counter()
            result = call()
            figures.append(f"{what}, {lab.name}: {(time.perf_counter() - started) * 1000:.0f} ms")
            return result

        return run

    return begin


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def arrived(lab, prompt: str, model: str) -> str:
    """Digest of the only file that Google got with the prompt."""
    (body,) = lab.asked(prompt, model, "generateContent")
    lab.fake.clear()
    (blob,) = [part["inlineData"] for part in body["contents"][0]["parts"] if "inlineData" in part]
    return digest(base64.b64decode(blob["data"]))


def test_an_upload_of_25_mb(lab, timed):
    data = samples.make("png", 25 * MB, "up")
    prompt = lab.told(scenarios.pictures(900), "bluer")
    timed("an image of 25 MB sent in a form")(lambda: lab.client.images.edit(image=("a.png", data), prompt=prompt, model=PRO))
    assert arrived(lab, prompt, PRO) == digest(data)


def test_a_recording_of_25_mb(lab, timed):
    data = samples.make("wav", 25 * MB, "up")
    prompt = lab.told({"transcript": {"text": "Long."}})
    call = lab.client.audio.transcriptions.create
    got = timed("a recording of 25 MB sent in a form")(lambda: call(file=("a.wav", data), prompt=prompt, model=HEARS))
    assert got.text == "Long." and arrived(lab, prompt, HEARS) == digest(data)


@pytest.mark.parametrize("url", [False, True], ids=["b64_json", "url"])
def test_a_picture_of_10_mb(lab, timed, url):
    prompt = lab.told(scenarios.pictures(10 * MB, seed="down"))
    wanted = {"response_format": "url"} if url else {}
    got = timed("an image of 10 MB received")(lambda: lab.client.images.generate(prompt=prompt, model=PRO, **wanted))
    (image,) = got.data
    encoded = image.url.partition("base64,")[2] if url else image.b64_json
    assert base64.b64decode(encoded, validate=True) == samples.make("png", 10 * MB, "down")


def test_a_streamed_picture_of_10_mb(lab):
    draft = scenarios.part("png", MB, "draft", thought=True)
    prompt = lab.told(scenarios.parts_streamed(draft, scenarios.part("png", 10 * MB, "down")))
    partial, last = lab.client.images.generate(prompt=prompt, model=PRO, stream=True, partial_images=1)
    assert base64.b64decode(partial.b64_json) == samples.make("png", MB, "draft")
    assert base64.b64decode(last.b64_json) == samples.make("png", 10 * MB, "down")


def test_pictures_of_imagen(lab):
    prompt = lab.told(scenarios.imagen(5 * MB, 5 * MB + 1, seed="i"))
    got = lab.client.images.generate(prompt=prompt, model=IMAGEN, n=2)
    found = [base64.b64decode(one.b64_json) for one in got.data]
    assert found == [samples.make("png", 5 * MB, "i"), samples.make("png", 5 * MB + 1, "i 1")]


def test_speech_of_10_mb(lab):
    words = lab.told(scenarios.speech(10 * MB, seed="s"))
    got = lab.client.audio.speech.create(model="gemini-2.5-flash-preview-tts", voice="alloy", input=words)
    assert got.content[44:] == samples.make("pcm", 10 * MB, "s")


def test_a_video_of_60_mb(lab, timed):
    """Beyond what a side call of Envoy's can carry; on Vertex in base64, in JSON."""
    prompt = lab.told({"video": {"polls": 0, "size": 60 * MB, "seed": "w"}})
    made = lab.client.videos.create(model=VEO, prompt=prompt)
    got = timed("a video of 60 MB received")(lambda: lab.client.videos.download_content(made.id).content)
    assert len(got) == 60 * MB and digest(got) == digest(samples.make("mp4", 60 * MB, "w"))
    samples.make.cache_clear()
