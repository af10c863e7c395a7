"""Videos with the official Python SDK, strict response validation on, on both back ends: made, asked for, downloaded."""

import base64
import json

import openai
import pytest
from fake_google import samples, scenarios
from support.backends import BACKENDS
from support.contract import contract_problems
from support.media import VEO, Lab, as_shipped, checked, form, id_of

PICTURE = samples.make("png", 3000, "v")
# Milliseconds between two polls.
SOON = 20
# The SDK's own resources warn that OpenAI retires what is behind them.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module", params=BACKENDS)
def lab(request, gateways):
    arguments = {"edit": as_shipped} if request.param == "vertex" else {}
    return Lab.of(request.param, gateways(BACKENDS[request.param] or None, **arguments))


@pytest.fixture(scope="module")
def developer(gateways):
    """The Developer API, where a video is a file."""
    return Lab.of("developer", gateways())


@pytest.fixture(scope="module")
def stored(gateways):
    """Vertex, which puts videos into a bucket."""
    return Lab.of("vertex", gateways({**BACKENDS["vertex"], "video_storage_uri": "gs://a-bucket/videos"}))


def asking(lab, **video):
    """A prompt whose job goes as `video` says: see `fake_google.videos`."""
    return lab.told({"video": video}, "A cat runs.")


def create(lab, prompt, **fields):
    given = {"model": VEO, "prompt": prompt, "seconds": "8", "size": "1280x720", **fields}
    return checked("VideoResource", lab.client.videos.with_raw_response.create(**given))


def retrieve(lab, id):
    return checked("VideoResource", lab.client.videos.with_raw_response.retrieve(id))


def finished(lab, **video):
    """A job that is done, and its prompt."""
    prompt = asking(lab, **video)
    return lab.client.videos.poll(create(lab, prompt).id, poll_interval_ms=SOON), prompt


def paths(lab, prompt):
    return [record["path"] for record in lab.fake.requests(id_of(prompt))]


def test_from_prompt_to_bytes(lab):
    prompt = asking(lab, polls=1, size=200_000, seed="m")
    made = create(lab, prompt)
    assert (made.status, made.model, made.seconds, made.size) == ("queued", VEO, "8", "1280x720")
    assert made.object == "video" and made.error is None and made.completed_at is None
    (body,) = lab.asked(prompt, VEO, "predictLongRunning")
    assert body["instances"] == [{"prompt": prompt}]
    wanted = body["parameters"]
    assert (wanted["durationSeconds"], wanted["aspectRatio"], wanted["resolution"]) == (8, "16:9", "720p")
    assert type(wanted["durationSeconds"]) is int

    first, second = retrieve(lab, made.id), retrieve(lab, made.id)
    assert (first.status, second.status, second.progress) == ("in_progress", "completed", 100)
    assert {one.id for one in (made, first, second)} == {made.id} and second.created_at == made.created_at
    assert (second.seconds, second.size, second.model) == ("8", "1280x720", VEO)
    # Google does not tell when that was.
    assert second.completed_at is None

    got = lab.client.videos.download_content(made.id)
    assert got.response.headers["content-type"] == "video/mp4"
    assert got.content == samples.make("mp4", 200_000, "m")
    # No detour by the redirect: it would be answered with a place that only Google's key opens.
    assert not any(path.startswith("/v1beta/files/") for path in paths(lab, prompt))


def test_create_and_poll(lab):
    prompt = asking(lab, polls=3)
    got = lab.client.videos.create_and_poll(model=VEO, prompt=prompt, seconds="4", size="720x1280", poll_interval_ms=SOON)
    assert (got.status, got.seconds, got.size) == ("completed", "4", "720x1280")
    (body,) = lab.asked(prompt, VEO, "predictLongRunning")
    assert body["parameters"]["aspectRatio"] == "9:16" and body["parameters"]["durationSeconds"] == 4


def test_by_default(lab):
    prompt = asking(lab)
    got = checked("VideoResource", lab.client.videos.with_raw_response.create(model=VEO, prompt=prompt))
    assert got.status == "queued" and got.seconds in ("4", "8")
    (body,) = lab.asked(prompt, VEO, "predictLongRunning")
    assert str(body.get("parameters", {}).get("durationSeconds", 8)) == got.seconds


@pytest.mark.parametrize("path", ["/v1/videos", "/v1/videos/generations"])
def test_in_json(lab, path):
    prompt = asking(lab, polls=0, size=3000)
    body = {"model": VEO, "prompt": prompt, "seconds": 8, "size": "1280x720"}
    got = lab.gateway.post(body, path=path)
    assert got.status == 200 and contract_problems("VideoResource", got.json) == [], got.body
    assert got.headers["x-llm-model"] == f"gemini/{VEO}"
    assert lab.client.videos.download_content(got.json["id"]).content == samples.make("mp4", 3000)


def picture(lab, prompt):
    (body,) = lab.asked(prompt, VEO, "predictLongRunning")
    given = body["instances"][0]["image"]
    assert given.keys() == {"mimeType", "bytesBase64Encoded"}
    return given["mimeType"], base64.b64decode(given["bytesBase64Encoded"])


def test_from_a_picture(lab):
    prompt = asking(lab)
    create(lab, prompt, input_reference=("a.png", PICTURE))
    assert picture(lab, prompt) == ("image/png", PICTURE)


def test_from_a_picture_in_json(lab):
    prompt = asking(lab)
    url = "data:image/png;base64," + base64.b64encode(PICTURE).decode()
    got = lab.gateway.post({"model": VEO, "prompt": prompt, "input_reference": {"image_url": url}}, path="/v1/videos")
    assert got.status == 200, got.body
    assert picture(lab, prompt) == ("image/png", PICTURE)


def test_from_a_form_in_another_order(lab):
    prompt = asking(lab)
    fields = [("input_reference", ("a.png", "image/png", PICTURE)), ("seconds", "8"), ("prompt", prompt), ("model", VEO)]
    head = {"content-type": 'multipart/form-data; boundary="o-d=d"'}
    got = lab.gateway.post(form(fields, "o-d=d"), path="/v1/videos", headers=head)
    assert got.status == 200, got.body
    assert picture(lab, prompt) == ("image/png", PICTURE)


def test_sizes(lab):
    """1080p takes eight seconds."""
    prompt = asking(lab)
    create(lab, prompt, size="1792x1024", seconds="8")
    (body,) = lab.asked(prompt, VEO, "predictLongRunning")
    assert (body["parameters"]["aspectRatio"], body["parameters"]["resolution"]) == ("16:9", "1080p")


FINE_AND_SHORT = {"seconds": "4", "size": "1792x1024"}


@pytest.mark.parametrize(
    "fields", [{"seconds": "12"}, {"seconds": "5"}, {"seconds": "soon"}, FINE_AND_SHORT], ids=lambda f: f["seconds"]
)
def test_no_such_length(lab, fields):
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        create(lab, "A cat.", **fields)
    assert caught.value.param == "seconds"


def test_failure(lab):
    got, _ = finished(lab, polls=1, error={"code": 13, "message": "Video generation failed due to an internal issue."})
    assert got.status == "failed" and "internal issue" in got.error.message and got.error.code
    with pytest.raises(openai.APIStatusError) as caught:
        lab.client.videos.download_content(got.id)
    assert set(caught.value.body) == {"message", "type", "param", "code"} and "internal issue" in caught.value.message


def test_filtered(lab):
    got, _ = finished(lab, polls=0, filtered=["We could not create your video: it was rude."], samples=0)
    assert got.status == "failed" and got.error.code == "moderation_blocked" and "rude" in got.error.message
    with pytest.raises(openai.APIStatusError, match="rude"):
        lab.client.videos.download_content(got.id)


def test_not_yet(lab):
    made = create(lab, asking(lab, polls=5))
    with pytest.raises(openai.APIStatusError) as caught:
        lab.client.videos.download_content(made.id)
    assert 400 <= caught.value.status_code < 500
    assert set(caught.value.body) == {"message", "type", "param", "code"}


def test_refused_at_once(lab):
    with pytest.raises(openai.RateLimitError):
        create(lab, lab.told(scenarios.rate_limited()))
    with pytest.raises(openai.NotFoundError):
        create(lab, "A cat.", model="veo-9-none")


def test_a_poll_that_fails(lab):
    made = create(lab, asking(lab, polls=0, poll=[scenarios.overloaded()]))
    with pytest.raises(openai.InternalServerError):
        retrieve(lab, made.id)
    assert retrieve(lab, made.id).status == "completed"


def test_a_download_in_pieces(lab):
    got, _ = finished(lab, polls=0, size=3_000_000, seed="s")
    with lab.client.videos.with_streaming_response.download_content(got.id) as stream:
        assert stream.headers["content-type"] == "video/mp4"
        assert b"".join(stream.iter_bytes(1 << 16)) == samples.make("mp4", 3_000_000, "s")


def test_a_download_that_fails(developer):
    lab = developer
    got, _ = finished(lab, polls=0, download=[scenarios.google_error(500, "INTERNAL", "Later."), {"reset_after": 1000}])
    with pytest.raises(openai.InternalServerError, match="Later"):
        lab.client.videos.download_content(got.id)
    with pytest.raises(Exception, match="(?i)peer closed|incomplete|connection|received"):
        _ = lab.client.videos.download_content(got.id).content
    assert lab.client.videos.download_content(got.id).content == samples.make("mp4", 2000)


def test_an_expired_file(developer):
    got, _ = finished(developer, polls=0, gone=True)
    with pytest.raises(openai.APIStatusError) as caught:
        developer.client.videos.download_content(got.id)
    assert caught.value.status_code in (403, 404)


@pytest.mark.parametrize(("content_type", "body"), [("text/html", "<html>"), ("application/json", "{}"), ("video/mp4", "")])
def test_a_file_that_is_no_video(developer, content_type, body):
    got, _ = finished(developer, polls=0, download=[{"body": body, "content_type": content_type}])
    with pytest.raises(openai.InternalServerError) as caught:
        developer.client.videos.download_content(got.id)
    assert (caught.value.status_code, caught.value.code) == (502, "invalid_upstream_response")


def test_a_job_that_google_lost(lab):
    lost = scenarios.google_error(404, "NOT_FOUND", "Operation not found.")
    made = create(lab, asking(lab, polls=0, poll=[lost, lost]))
    for call in (lab.client.videos.retrieve, lab.client.videos.download_content):
        with pytest.raises(openai.NotFoundError) as caught:
            call(made.id)
        assert (caught.value.code, caught.value.param) == ("video_not_found", "video_id")


def test_a_file_elsewhere(lab):
    """Whatever address comes in a reply, the key goes to Google's own host only."""
    evil = "https://evil.example.com/v1beta/files/abc:download?alt=media"
    response = {"generateVideoResponse": {"generatedSamples": [{"video": {"uri": evil}}]}}
    prompt = asking(lab, polls=0, poll=[{"body": json.dumps({"name": "x", "done": True, "response": response})}])
    made = create(lab, prompt)
    lab.fake.clear()
    with pytest.raises(openai.APIStatusError):
        lab.client.videos.download_content(made.id)
    hosts = {dict(record["headers"])["host"] for record in lab.fake.requests()} | {
        dict(record["headers"])["host"] for record in lab.fake.requests(id_of(prompt))
    }
    assert not any("evil" in host for host in hosts), hosts


def in_storage(lab, prompt):
    return [r for r in lab.fake.requests(id_of(prompt)) if dict(r["headers"])["host"] == "storage.googleapis.com"]


def test_in_a_bucket(stored):
    got, prompt = finished(stored, polls=0, size=50_000, seed="b")
    assert got.status == "completed"
    (body,) = stored.asked(prompt, VEO, "predictLongRunning")
    assert body["parameters"]["storageUri"].rstrip("/") == "gs://a-bucket/videos"
    reply = stored.client.videos.download_content(got.id)
    assert reply.content == samples.make("mp4", 50_000, "b") and reply.response.headers["content-type"] == "video/mp4"
    (asked,) = in_storage(stored, prompt)
    assert asked["verdict"] == "accepted" and asked["path"].startswith("/a-bucket/videos/")


def test_in_another_bucket(stored):
    """Whatever address comes in a reply, the token opens the configured folder only."""
    response = {"videos": [{"gcsUri": "gs://a-bucket/others/sample_0.mp4", "mimeType": "video/mp4"}]}
    reply = {"body": json.dumps({"name": "x", "done": True, "response": response})}
    prompt = asking(stored, polls=0, poll=[reply])
    made = create(stored, prompt)
    with pytest.raises(openai.InternalServerError):
        stored.client.videos.download_content(made.id)
    assert in_storage(stored, prompt) == []


def test_without_the_shipped_body(gateways):
    """On Vertex a download's GET has no body for the filter to replace, and it says what to do about that."""
    lab = Lab.of("vertex", gateways(BACKENDS["vertex"]))
    got, _ = finished(lab, polls=0, size=50_000, seed="n")
    with pytest.raises(openai.InternalServerError, match="envoy/vertex.yaml") as told:
        lab.client.videos.download_content(got.id)
    assert told.value.code == "gateway_misconfigured"


@pytest.mark.parametrize("variant", ["thumbnail", "spritesheet"])
def test_other_variants_are_refused(lab, variant):
    got, _ = finished(lab, polls=0)
    with lab.gateway.untouched(), pytest.raises(openai.BadRequestError) as caught:
        lab.client.videos.download_content(got.id, variant=variant)
    assert caught.value.param == "variant"


@pytest.mark.parametrize("id", ["video_", "video_123", "x", "video_" + base64.urlsafe_b64encode(b"models/x/../../y").decode()])
def test_ids_that_are_none(lab, id):
    with lab.gateway.untouched():
        for call in (lab.client.videos.retrieve, lab.client.videos.download_content):
            with pytest.raises(openai.APIStatusError) as caught:
                call(id)
            assert caught.value.status_code in (400, 404) and caught.value.code != "unknown_url"


def test_what_google_has_nothing_like(lab):
    made = create(lab, asking(lab))
    with lab.gateway.untouched():
        for call in (lambda: lab.client.videos.list(), lambda: lab.client.videos.delete(made.id)):
            with pytest.raises(openai.InternalServerError) as caught:
                call()
            assert caught.value.status_code == 501
            assert set(caught.value.body) == {"message", "type", "param", "code"}
