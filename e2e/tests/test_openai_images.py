"""Images with the official Python SDK, strict response validation on, on both back ends: made, edited, varied."""

import base64
import json

import openai
import pytest
from fake_google import samples, scenarios
from support.backends import BACKENDS
from support.contract import contract_problems
from support.media import FLASH, IMAGEN, PRO, Lab, checked, encoded, events, form, inline

PICTURE = samples.make("png", 3000, "a")
OTHER = samples.make("jpeg", 2000, "b")
# The SDK warns that OpenAI retires variations.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", params=BACKENDS)
def lab(request, gateways):
    return Lab.of(request.param, gateways(BACKENDS[request.param] or None))


def generate(lab, prompt, model=FLASH, **fields):
    return checked("ImagesResponse", lab.client.images.with_raw_response.generate(prompt=prompt, model=model, **fields))


def parts(prompt_body):
    (turn,) = prompt_body["contents"]
    assert turn["role"] == "user"
    return turn["parts"]


def test_generate(lab):
    prompt = lab.told(scenarios.pictures(5000, seed="x"))
    got = generate(lab, prompt, size="1536x1024", quality="auto", background="auto", moderation="low", n=1, user="u")
    (image,) = got.data
    assert image.b64_json == encoded("png", 5000, "x") and image.url is None
    assert got.output_format == "png" and got.created > 1_700_000_000
    assert got.usage.total_tokens == got.usage.input_tokens + got.usage.output_tokens
    (body,) = lab.asked(prompt, FLASH, "generateContent")
    assert parts(body) == [{"text": prompt}]
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "3:2"}
    assert "IMAGE" in body["generationConfig"]["responseModalities"]
    assert "candidateCount" not in body["generationConfig"] and body.keys() == {"contents", "generationConfig"}


def test_as_data_url(lab):
    prompt = lab.told(scenarios.pictures(5000, seed="y", kind="jpeg"))
    (image,) = generate(lab, prompt, response_format="url").data
    assert image.url == "data:image/jpeg;base64," + encoded("jpeg", 5000, "y") and image.b64_json is None


def test_words_and_drafts(lab):
    """What the model writes beside a picture is its revised prompt; what it drew while thinking is no picture."""
    draft = scenarios.part("png", 900, "draft", thought=True)
    prompt = lab.told(scenarios.parts(draft, {"text": "hm", "thought": True}, {"text": "A grey cat."}, scenarios.part("png", 901)))
    (image,) = generate(lab, prompt, PRO).data
    assert image.b64_json == encoded("png", 901) and image.revised_prompt == "A grey cat."


def test_several_images(lab):
    """No model draws several reliably, so each is a call of its own."""
    three = [scenarios.pictures(1000, seed=seed) for seed in "abc"]
    prompt = lab.told(scenarios.then(three[0], scenarios.then(three[1], three[2])))
    got = generate(lab, prompt, n=3)
    assert {one.b64_json for one in got.data} == {encoded("png", 1000, seed) for seed in "abc"}
    assert len(lab.asked(prompt, FLASH, "generateContent", 3)) == 3
    one = generate(lab, lab.told(three[0])).usage
    assert (got.usage.input_tokens, got.usage.total_tokens) == (3 * one.input_tokens, 3 * one.total_tokens)


SIZES = {
    "1024x1024": "1:1",
    "1024x1536": "2:3",
    "1792x1024": "16:9",
    "1024x1792": "9:16",
    "16:9": "16:9",
    "auto": None,
}


@pytest.mark.parametrize("size", SIZES)
def test_sizes(lab, size):
    prompt = lab.told(scenarios.pictures(900))
    generate(lab, prompt, size=size)
    (body,) = lab.asked(prompt, FLASH, "generateContent")
    assert body["generationConfig"].get("imageConfig", {}).get("aspectRatio") == SIZES[size]


@pytest.mark.parametrize("size", ["huge", "1024", "x"])
def test_no_size(lab, size):
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        generate(lab, "a cat", size=size)
    assert caught.value.param == "size"


def test_finer_by_quality(lab):
    prompt = lab.told(scenarios.pictures(900))
    generate(lab, prompt, PRO, quality="high")
    (body,) = lab.asked(prompt, PRO, "generateContent")
    assert body["generationConfig"]["imageConfig"]["imageSize"] == "2K"


def test_output_format(lab):
    """Vertex can be told; the Developer API draws what it draws, and the reply says what that was."""
    prompt = lab.told(scenarios.pictures(900, kind="jpeg"))
    got = generate(lab, prompt, output_format="jpeg", output_compression=80)
    assert got.output_format == "jpeg"
    (body,) = lab.asked(prompt, FLASH, "generateContent")
    told = {"imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 80}} if lab.vertex else {}
    assert body["generationConfig"].get("imageConfig", {}) == told
    assert generate(lab, lab.told(scenarios.pictures(900, kind="png")), output_format="jpeg").output_format == "png"


def test_transparency_is_refused(lab):
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        generate(lab, "a cat", background="transparent")
    assert caught.value.param == "background"


def test_googles_own_options(lab):
    """As Kong takes them: at the top level, sizes in either case."""
    prompt = lab.told(scenarios.pictures(900))
    own = {"generationConfig": {"imageConfig": {"aspectRatio": "21:9", "imageSize": "2k"}}}
    generate(lab, prompt, PRO, extra_body=own)
    (body,) = lab.asked(prompt, PRO, "generateContent")
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "21:9", "imageSize": "2K"}


BLOCKED = {
    "the prompt": scenarios.blocked_prompt("PROHIBITED_CONTENT"),
    "the prompt for its picture": scenarios.blocked_prompt("IMAGE_SAFETY"),
    "safety": scenarios.no_picture("IMAGE_SAFETY", "Unable to show the generated image."),
    "prohibited": scenarios.no_picture("IMAGE_PROHIBITED_CONTENT"),
    "content": scenarios.no_picture("PROHIBITED_CONTENT"),
}


def moderated(error):
    assert isinstance(error, openai.APIError) and error.code == "moderation_blocked", error
    assert error.type == "image_generation_user_error"


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("scenario", BLOCKED)
def test_moderation(lab, scenario, stream):
    with pytest.raises(openai.BadRequestError) as caught:
        made = lab.client.images.generate(prompt=lab.told(BLOCKED[scenario]), model=PRO, stream=stream)
        list(made)
    moderated(caught.value)
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_no_picture_but_words(lab):
    with pytest.raises(openai.InternalServerError, match="I would rather talk") as caught:
        generate(lab, lab.told(scenarios.parts({"text": "I would rather talk."})))
    assert caught.value.status_code == 502


def test_errors_of_google(lab):
    with pytest.raises(openai.RateLimitError):
        generate(lab, lab.told(scenarios.rate_limited()))
    with pytest.raises(openai.NotFoundError):
        generate(lab, "a cat", "gemini-9-none")


# Streams.


def drafted(*drafts, **final):
    given = [scenarios.part("png", 900, f"draft {n}", thought=True) for n in drafts]
    return scenarios.parts_streamed(*given, scenarios.part("png", 950, **final))


@pytest.mark.parametrize("wanted", [0, 1, 2])
def test_stream(lab, wanted):
    prompt = lab.told(drafted(0, 1))
    made = list(lab.client.images.generate(prompt=prompt, model=PRO, stream=True, partial_images=wanted, size="1024x1024"))
    *partial, last = made
    assert [(one.type, one.partial_image_index) for one in partial] == [
        ("image_generation.partial_image", n) for n in range(wanted)
    ]
    assert [one.b64_json for one in partial] == [encoded("png", 900, f"draft {n}") for n in range(wanted)]
    assert last.type == "image_generation.completed" and last.b64_json == encoded("png", 950)
    assert last.usage.total_tokens == last.usage.input_tokens + last.usage.output_tokens
    assert {one.output_format for one in made} == {"png"} and {one.size for one in made} == {"1024x1024"}
    lab.asked(prompt, PRO, "streamGenerateContent")


def test_stream_on_the_wire(lab):
    prompt = lab.told({**drafted(0), "chunks": [100, 500, 1500]})
    body = {"prompt": prompt, "model": PRO, "stream": True, "partial_images": 1}
    got = lab.gateway.post(body, path="/v1/images/generations")
    assert got.headers["content-type"].startswith("text/event-stream")
    kinds = {"image_generation.partial_image": "ImageGenPartialImageEvent", "image_generation.completed": "ImageGenCompletedEvent"}
    seen = events(got.body)
    assert [name for name, _ in seen] == list(kinds) and b"event: " in got.body
    for name, value in seen:
        assert contract_problems(kinds[name], value) == []


def test_stream_that_breaks(lab):
    """After a draft the client sees the connection break; before it has anything, an error."""
    whole = samples.expanded(drafted(0))
    first = len(scenarios.wire({"events": whole["events"][:1]}))
    broken = scenarios.reset_after(scenarios.paused(whole, first, 0.1), first + 50)
    seen = []
    with pytest.raises(Exception, match="(?i)peer closed|incomplete|connection|ended|premature"):
        for one in lab.client.images.generate(prompt=lab.told(broken), model=PRO, stream=True, partial_images=1):
            seen.append(one.type)
    assert seen == ["image_generation.partial_image"]
    with pytest.raises(openai.InternalServerError):
        lab.client.images.generate(prompt=lab.told(broken), model=PRO, stream=True)


# Imagen.


def test_imagen(lab):
    prompt = lab.told(scenarios.imagen(1000, 1001))
    got = generate(lab, prompt, IMAGEN, n=2, size="1792x1024", output_format="png")
    assert [one.b64_json for one in got.data] == [encoded("png", 1000), encoded("png", 1001, " 1")]
    (body,) = lab.asked(prompt, IMAGEN, "predict")
    assert body["instances"] == [{"prompt": prompt}]
    told = body["parameters"]
    assert (told["sampleCount"], told["aspectRatio"], told["includeRaiReason"]) == (2, "16:9", True)
    assert told["outputOptions"]["mimeType"] == "image/png"


def test_imagen_filters(lab):
    some = generate(lab, lab.told(scenarios.imagen(1000, filtered=1)), IMAGEN, n=2)
    assert [one.b64_json for one in some.data] == [encoded("png", 1000)]
    with pytest.raises(openai.BadRequestError, match="violated") as caught:
        generate(lab, lab.told(scenarios.imagen(filtered=2)), IMAGEN, n=2)
    moderated(caught.value)


def test_too_many_of_imagen(lab):
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        generate(lab, "a cat", IMAGEN, n=5)
    assert caught.value.param == "n"


# Edits and variations.


def test_edit_one(lab):
    prompt = lab.told(scenarios.pictures(800, seed="e"), "make it blue")
    raw = lab.client.images.with_raw_response.edit(image=("a.png", PICTURE), prompt=prompt, model=FLASH, size="1024x1536", n=1)
    got = checked("ImagesResponse", raw)
    assert got.data[0].b64_json == encoded("png", 800, "e")
    (body,) = lab.asked(prompt, FLASH, "generateContent")
    picture, words = parts(body)
    assert inline(picture) == ("image/png", PICTURE) and words == {"text": prompt}
    assert body["generationConfig"]["imageConfig"] == {"aspectRatio": "2:3"}


def test_edit_several(lab):
    prompt = lab.told(scenarios.pictures(800), "together")
    files = [("a.png", PICTURE), ("b.jpg", OTHER, "image/jpeg"), ("no extension", PICTURE)]
    lab.client.images.edit(image=files, prompt=prompt, model=PRO)
    (body,) = lab.asked(prompt, PRO, "generateContent")
    *pictures, words = parts(body)
    assert [inline(one) for one in pictures] == [("image/png", PICTURE), ("image/jpeg", OTHER), ("image/png", PICTURE)]
    assert words == {"text": prompt}


def test_edit_streams(lab):
    prompt = lab.told(drafted(0), "bluer")
    made = list(lab.client.images.edit(image=PICTURE, prompt=prompt, model=PRO, stream=True, partial_images=1))
    assert [one.type for one in made] == ["image_edit.partial_image", "image_edit.completed"]
    assert made[1].b64_json == encoded("png", 950)


BOUNDARIES = ["b", "----WebKitFormBoundary7MA4YWxkTrZu0gW", "'()+_,-./:=?", "x" * 70]


@pytest.mark.parametrize("boundary", BOUNDARIES, ids=["short", "a browser's", "odd", "long"])
@pytest.mark.parametrize("first", ["image", "prompt", "model"])
def test_forms_of_any_kind(lab, boundary, first):
    """Fields in any order, a boundary of any kind, also within the file."""
    prompt = lab.told(scenarios.pictures(800), "blue")
    data = PICTURE + b"\r\n--" + boundary[:-1].encode() + b"\r\n\r\n--\r\n" + OTHER
    files = [("image[]", ("a.png", "image/png", data)), ("image[]", ("b.jpg", "image/jpeg", OTHER))]
    fields = [("model", FLASH), ("prompt", prompt), *files, ("n", "1")]
    fields.sort(key=lambda field: not field[0].startswith(first))
    quoted = f'"{boundary}"' if set(boundary) & set("()/:=?,") else boundary
    head = {"content-type": f"multipart/form-data; charset=utf-8; boundary={quoted}"}
    got = lab.gateway.post(form(fields, boundary), path="/v1/images/edits", headers=head)
    assert got.status == 200, got.body[:500]
    (body,) = lab.asked(prompt, FLASH, "generateContent")
    assert [inline(one) for one in parts(body)[:-1]] == [("image/png", data), ("image/jpeg", OTHER)]


def test_edit_in_json(lab):
    prompt = lab.told(scenarios.pictures(800), "blue")
    url = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    got = lab.gateway.post({"model": FLASH, "prompt": prompt, "images": [{"image_url": url}]}, path="/v1/images/edits")
    assert got.status == 200 and contract_problems("ImagesResponse", got.json) == [], got.body[:500]
    (body,) = lab.asked(prompt, FLASH, "generateContent")
    assert inline(parts(body)[0]) == ("image/png", PICTURE)


@pytest.mark.parametrize("kind", ["form", "json"])
def test_masks_are_refused(lab, kind):
    with lab.gateway.untouched():
        if kind == "form":
            with pytest.raises(openai.BadRequestError, match="mask") as caught:
                lab.client.images.edit(image=PICTURE, mask=PICTURE, prompt="blue", model=FLASH)
            assert caught.value.param == "mask"
        else:
            url = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
            body = {"model": FLASH, "prompt": "blue", "images": [{"image_url": url}], "mask": {"image_url": url}}
            got = lab.gateway.post(body, path="/v1/images/edits")
            assert got.status == 400 and got.error["param"] == "mask"


def test_edit_without_an_image(lab):
    head = {"content-type": "multipart/form-data; boundary=b"}
    with lab.gateway.untouched():
        got = lab.gateway.post(form([("prompt", "blue"), ("model", FLASH)], "b"), path="/v1/images/edits", headers=head)
    assert got.status == 400 and got.error["param"] == "image", got.body


def test_variation(lab):
    """There is no prompt in which to ask for a scenario, so the fake replies as it does."""
    lab.fake.clear()
    got = checked("ImagesResponse", lab.client.images.with_raw_response.create_variation(image=("a.png", PICTURE), model=FLASH, n=1))
    assert base64.b64decode(got.data[0].b64_json).startswith(b"\x89PNG")
    (request,) = lab.fake.requests()
    picture, words = parts(request["body"])
    assert inline(picture) == ("image/png", PICTURE) and "variation" in words["text"].lower()


def test_headers_of_a_reply(lab):
    raw = lab.client.images.with_raw_response.generate(prompt=lab.told(scenarios.pictures(900)), model=FLASH)
    assert raw.headers["x-llm-model"] == f"gemini/{FLASH}"
    assert json.loads(raw.content)["data"]
