"""The fake Google makes media as Google does: pictures, speech, transcripts, videos. Raw sockets throughout."""

import base64
import copy
import json
import struct
import wave
from io import BytesIO

import pytest
from fake_fixtures import BEARER, PLAIN, STREAM, said, send, sse_events
from fake_media_refusals import ALL, IMAGEN, NEW_TTS, NEWEST, PRO, SPEAKING, SPEECH, TTS, VEO, Bad, vertex
from fake_refusals import blob
from support.corpus import records
from test_fake_corpus import members
from test_fake_judgement import put

from fake_google import samples, scenarios
from fake_google.launch import Fake, FakeError

PREDICT, LONG = f"/v1beta/models/{IMAGEN}:predict", f"/v1beta/models/{VEO}:predictLongRunning"
ON_VERTEX = vertex(VEO, "predictLongRunning")
GOOGLE = "https://generativelanguage.googleapis.com"


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def at(model, path=PLAIN):
    return path.replace("gemini-2.5-flash", model)


def prompted(text, **more):
    return {"instances": [{"prompt": text, **more}]}


# What is refused, and that only that is.


def target(bad: Bad):
    method = {IMAGEN: "predict", "veo": "predictLongRunning"}
    named = method.get(bad.model) or method.get(bad.model[:3], "generateContent")
    return bad.path or f"/v1beta/models/{bad.model}:{named}"


def valid(bad: Bad):
    if "predict" in target(bad):
        return prompted("a cat")
    return {**said("hi"), **copy.deepcopy(SPEAKING)} if bad in SPEECH else said("hi")


def post(google, bad: Bad):
    body = valid(bad)
    for path, value in bad.set.items():
        put(body, path, value)
    return send(google, target(bad), body if bad.body is None else bad.body, bad.headers, bad.method)


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_refused(google, bad):
    reply = post(google, bad)
    assert reply.status == bad.status, reply.body
    error = reply.json()["error"]
    assert error["message"].startswith(bad.message), error["message"]
    assert error["code"] == bad.status


@pytest.mark.parametrize("bad", [bad for bad in ALL if bad.status == 400], ids=lambda bad: bad.name)
def test_the_change_alone_is_refused(google, bad):
    reply = send(google, target(bad), valid(bad))
    assert reply.status == 200, reply.body


TAKEN = {
    "every ratio of 2.5": [(at("gemini-2.5-flash-image"), {"aspectRatio": r}) for r in ("1:1", "2:3", "21:9", "9:16")],
    "extreme ratios": [(at(NEWEST), {"aspectRatio": r, "imageSize": "512"}) for r in ("1:4", "4:1", "1:8", "8:1")],
    "sizes": [(at(PRO), {"imageSize": s}) for s in ("1K", "2K", "4K")],
    "Vertex's own": [
        (vertex(PRO), {"imageOutputOptions": {"mimeType": "image/jpeg", "compressionQuality": 0}}),
        (vertex(PRO), {"personGeneration": "ALLOW_NONE", "prominentPeople": "BLOCK_PROMINENT_PEOPLE"}),
    ],
    "nothing": [(PLAIN, {}), (at(PRO), {})],
}


@pytest.mark.parametrize("rows", TAKEN.values(), ids=TAKEN)
def test_image_config(google, rows):
    for path, config in rows:
        reply = send(google, path, {**said("hi"), "generationConfig": {"imageConfig": config}})
        assert reply.status == 200, (config, reply.body)


@pytest.mark.parametrize("kind", ["wav", "x-wav", "mp3", "mpeg", "mp4", "webm", "ogg", "flac", "x-m4a", "aac", "opus"])
def test_recordings(google, kind):
    body = said("what is said?")
    body["contents"][0]["parts"].append(blob(f"audio/{kind}"))
    for path in (PLAIN, vertex("gemini-2.5-flash")):
        assert send(google, path, body).status == 200, kind


# Pictures.


def parts(reply):
    return reply.json()["candidates"][0]["content"]["parts"]


def drawn(part):
    return base64.b64decode(part["inlineData"]["data"])


def size(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    return struct.unpack(">II", png[16:24])


def test_a_picture_beside_words(google):
    reply = send(google, at("gemini-2.5-flash-image"), said("a cat"))
    words, picture = parts(reply)
    assert words == {"text": "Here is your picture of: a cat"}
    assert picture["inlineData"]["mimeType"] == "image/png" and drawn(picture) == samples.make("png", 900, "a cat")
    counts = reply.json()["usageMetadata"]
    assert counts["candidatesTokensDetails"] == [{"modality": "IMAGE", "tokenCount": 1290}]


def test_a_picture_alone_of_the_size_asked_for(google):
    config = {
        "responseModalities": ["IMAGE"],
        "imageConfig": {"aspectRatio": "16:9", "imageSize": "2K", "imageOutputOptions": {"mimeType": "image/png"}},
    }
    (picture,) = parts(send(google, vertex(PRO), {**said("a cat"), "generationConfig": config}))
    assert size(drawn(picture)) == (2720, 1536)
    assert picture["thoughtSignature"]


def test_gemini_3_draws_jpeg_and_thinks(google):
    config = {"responseModalities": ["TEXT", "IMAGE"], "thinkingConfig": {"includeThoughts": True}}
    found = parts(send(google, at(PRO), {**said("a cat"), "generationConfig": config}))
    kinds = [(list(part)[0], part.get("thought", False)) for part in found]
    assert kinds == [("text", True), ("inlineData", True), ("text", False), ("inlineData", False)]
    assert {part["inlineData"]["mimeType"] for part in found[1::2]} == {"image/jpeg"}
    assert drawn(found[3]).startswith(b"\xff\xd8") and drawn(found[3]).endswith(b"\xff\xd9")


def test_a_picture_in_a_stream_comes_whole(google):
    events = sse_events(send(google, at(PRO, STREAM), said("a cat")).body)
    found = [part for event in events for part in event["candidates"][0]["content"]["parts"]]
    assert [part["text"] for part in found[:2]] == ["Here is your pi", "cture of: a cat"]
    whole = parts(send(google, at(PRO), said("a cat")))[1]
    assert found[2] == whole and len(found) == 3
    assert events[-1]["candidates"][0]["finishReason"] == "STOP"


def test_pictures_of_any_size(google):
    google.put_scenario("big", scenarios.pictures(10_000_000, seed="x"))
    reply = send(google, at(PRO), said("[[fake:big]]"))
    (picture,) = parts(reply)
    assert drawn(picture) == samples.make("png", 10_000_000, "x") and len(drawn(picture)) == 10_000_000


@pytest.mark.parametrize("reason", ["IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "PROHIBITED_CONTENT", "NO_IMAGE"])
def test_no_picture(google, reason):
    google.put_scenario("none", scenarios.no_picture(reason))
    value = send(google, at(PRO), said("[[fake:none]]")).json()
    assert value["candidates"][0]["finishReason"] == reason and "content" not in value["candidates"][0]
    google.put_scenario("none", scenarios.blocked_prompt("PROHIBITED_CONTENT"))
    assert send(google, at(PRO), said("[[fake:none]]")).json()["promptFeedback"] == {
        "blockReason": "PROHIBITED_CONTENT"
    }


@pytest.mark.parametrize("path", [PREDICT, vertex(IMAGEN, "predict")])
def test_imagen(google, path):
    wanted = {
        "sampleCount": 3,
        "aspectRatio": "16:9",
        "outputOptions": {"mimeType": "image/jpeg", "compressionQuality": 80},
    }
    value = send(google, path, {**prompted("a cat"), "parameters": wanted}).json()
    assert [one["mimeType"] for one in value["predictions"]] == ["image/jpeg"] * 3
    assert len({one["bytesBase64Encoded"] for one in value["predictions"]}) == 3
    assert len(send(google, path, prompted("a cat")).json()["predictions"]) == 4


def test_imagen_filters(google):
    google.put_scenario("filtered", scenarios.imagen(1000, filtered=1))
    first, second = send(google, PREDICT, prompted("[[fake:filtered]]")).json()["predictions"]
    assert base64.b64decode(first["bytesBase64Encoded"]) == samples.make("png", 1000)
    assert second["raiFilteredReason"].startswith("Unable to show generated images.") and "mimeType" not in second
    google.put_scenario("filtered", scenarios.google_error(400, "INVALID_ARGUMENT", "No."))
    assert send(google, PREDICT, prompted("[[fake:filtered]]")).status == 400


def test_enhanced_prompt(google):
    body = {**prompted("a cat"), "parameters": {"enhancePrompt": True, "sampleCount": 1}}
    (one,) = send(google, vertex(IMAGEN, "predict"), body).json()["predictions"]
    assert one["prompt"] == "a cat, in fine detail"


# Speech and transcripts.


def test_speech(google):
    (part,) = parts(send(google, at(TTS), {**said("good day to you"), **SPEAKING}))
    assert part["inlineData"]["mimeType"] == "audio/L16;codec=pcm;rate=24000"
    assert drawn(part) == samples.make("pcm", 4 * 2400, "good day to you")
    (part,) = parts(send(google, at(NEW_TTS), {**said("good day"), **SPEAKING}))
    assert part["inlineData"]["mimeType"] == "audio/l16; rate=24000; channels=1"


def test_speech_without_a_voice_where_recorded(google):
    spoken = {"generationConfig": {"responseModalities": ["AUDIO"]}}
    assert send(google, at(TTS), {**said("good day"), **spoken}).status == 200


def test_speech_in_pieces(google):
    events = sse_events(send(google, at(TTS, STREAM), {**said("good day to you"), **SPEAKING}).body)
    pieces = [drawn(event["candidates"][0]["content"]["parts"][0]) for event in events]
    assert len(pieces) == 5 and all(len(piece) % 2 == 0 for piece in pieces)
    assert b"".join(pieces) == samples.make("pcm", 4 * 2400, "good day to you")


def test_speech_of_any_size_in_any_pieces(google):
    google.put_scenario("long", scenarios.speech(10_000, pieces=4, seed="y"))
    events = sse_events(send(google, at(TTS, STREAM), {**said("[[fake:long]]"), **SPEAKING}).body)
    pieces = [drawn(event["candidates"][0]["content"]["parts"][0]) for event in events]
    assert len(pieces) == 4 and b"".join(pieces) == samples.make("pcm", 10_000, "y")
    google.put_scenario("long", scenarios.speech(10_000, seed="y"))
    (part,) = parts(send(google, at(TTS), {**said("[[fake:long]]"), **SPEAKING}))
    assert drawn(part) == b"".join(pieces)


NUMBER, TEXT = {"type": "number"}, {"type": "string"}
SEGMENT = {"type": "object", "properties": {"start": NUMBER, "end_time": TEXT, "text": TEXT}, "required": ["start"]}
TRANSCRIPT = {
    "type": "object",
    "properties": {"language": TEXT, "duration": {"type": "integer"}, "segments": {"type": "array", "items": SEGMENT}},
    "required": ["segments"],
}
SPOKEN = {"language": "german", "duration": 61.5, "segments": [{"start": 0.5, "end": 61.25, "text": "Guten Tag."}]}


def transcribe(google, path, schema=None, text="[[fake:heard]]"):
    config = {"responseMimeType": "application/json", "responseJsonSchema": schema} if schema else {}
    body = {**said(text), "generationConfig": config}
    body["contents"][0]["parts"].append(blob("audio/wav"))
    return send(google, path, body)


def test_transcripts(google):
    google.put_scenario("heard", {"transcript": SPOKEN})
    assert parts(transcribe(google, PLAIN)) == [{"text": "Guten Tag."}]
    (part,) = parts(transcribe(google, PLAIN, TRANSCRIPT))
    assert json.loads(part["text"]) == {
        "language": "german",
        "duration": 62,
        "segments": [{"start": 0.5, "end_time": "01:01.250", "text": "Guten Tag."}],
    }
    events = sse_events(transcribe(google, STREAM).body)
    assert len(events) == 2
    assert "".join(event["candidates"][0]["content"]["parts"][0]["text"] for event in events) == "Guten Tag."


def test_transcript_by_default(google):
    (part,) = parts(transcribe(google, PLAIN, TRANSCRIPT, "write it down"))
    assert [one["start"] for one in json.loads(part["text"])["segments"]] == [0.0, 1.25]
    assert parts(transcribe(google, PLAIN, None, "write it down")) == [{"text": "The fake heard your recording."}]


def test_a_schema_for_something_else_is_misuse(google):
    google.put_scenario("heard", {"transcript": SPOKEN})
    odd = transcribe(google, PLAIN, {"type": "object", "properties": {"weather": TEXT}})
    assert odd.status == 500 and b"no 'weather'" in odd.body
    lacking = {"type": "object", "properties": {"speaker": TEXT}, "required": ["speaker"]}
    assert transcribe(google, PLAIN, lacking).status == 500


# Videos.


def started(google, path, video, **parameters):
    google.put_scenario("video", {"video": video})
    reply = send(google, path, {**prompted("[[fake:video]]"), "parameters": parameters})
    assert reply.status == 200, reply.body
    return reply.json()["name"]


def polled(google, name):
    if name.startswith("models/"):
        return send(google, "/v1beta/" + name, None, method="GET")
    model = name.split("/")[7]
    return send(google, vertex(model, "fetchPredictOperation"), {"operationName": name})


def followed(google, uri):
    """The video's bytes, by way of the redirect."""
    assert uri.startswith(GOOGLE)
    moved = send(google, uri.removeprefix(GOOGLE), None, method="GET")
    assert moved.status == 302 and moved.body == b""
    return send(google, moved.headers["location"].removeprefix(GOOGLE), None, method="GET")


def test_a_video_of_the_developer_api(google):
    google.clear()
    name = started(google, LONG, {"polls": 2, "size": 100_000, "seed": "v"}, durationSeconds=8, resolution="1080p")
    assert name.startswith(f"models/{VEO}/operations/")
    for _ in range(2):
        assert polled(google, name).json() == {"name": name}
    done = polled(google, name).json()
    assert done["done"] is True and "error" not in done
    (sample,) = done["response"]["generateVideoResponse"]["generatedSamples"]
    assert polled(google, name).json() == done, "asking again changes nothing"
    reply = followed(google, sample["video"]["uri"])
    assert (reply.status, reply.headers["content-type"], reply.headers["content-length"]) == (
        200,
        "video/mp4",
        "100000",
    )
    assert reply.body == samples.make("mp4", 100_000, "v") and reply.body[4:8] == b"ftyp"
    assert [one["scenario"] for one in google.requests()] == ["video"] * 7, "all of it belongs to the scenario"


def test_a_large_video(google):
    name = started(google, LONG, {"polls": 0, "size": 60_000_000})
    (sample,) = polled(google, name).json()["response"]["generateVideoResponse"]["generatedSamples"]
    reply = followed(google, sample["video"]["uri"])
    assert len(reply.body) == 60_000_000 and reply.headers["content-length"] == "60000000"


def test_videos_of_vertex(google):
    name = started(google, ON_VERTEX, {"polls": 1, "size": 3000}, sampleCount=2, generateAudio=False)
    assert name.startswith("projects/p/locations/us-central1/publishers/google/models/")
    assert polled(google, name).json() == {"name": name}
    response = polled(google, name).json()["response"]
    assert response["raiMediaFilteredCount"] == 0
    found = [(base64.b64decode(one["bytesBase64Encoded"]), one["mimeType"]) for one in response["videos"]]
    assert found == [(samples.make("mp4", 3000, seed), "video/mp4") for seed in ("", " 1")]


@pytest.mark.parametrize("own", [True, False], ids=["the request's bucket", "the scenario's"])
def test_a_video_in_a_bucket(google, own):
    video = {"polls": 0, "size": 3000, **({} if own else {"bucket": "gs://bucket/a folder"})}
    name = started(google, ON_VERTEX, video, **({"storageUri": "gs://bucket/a folder/"} if own else {}))
    (one,) = polled(google, name).json()["response"]["videos"]
    assert one["gcsUri"].startswith("gs://bucket/a folder/") and "bytesBase64Encoded" not in one
    plain = one["gcsUri"].removeprefix("gs:/").replace(" ", "%20")
    bucket, _, object = plain[1:].partition("/")
    for path in (plain, f"/download/storage/v1/b/{bucket}/o/{object.replace('/', '%2F')}?alt=media"):
        reply = send(google, path, None, {**BEARER, "host": "storage.googleapis.com"}, "GET")
        assert (reply.status, reply.headers["content-type"]) == (200, "video/mp4")
        assert reply.body == samples.make("mp4", 3000)
        assert send(google, path, None, {"host": "storage.googleapis.com"}, "GET").status == 401
    missing = send(google, "/bucket/nothing", None, {**BEARER, "host": "storage.googleapis.com"}, "GET")
    assert missing.status == 404 and missing.json()["error"]["message"] == "No such object: bucket/nothing"


def test_a_bucket_is_on_its_own_host(google):
    assert send(google, "/bucket/object", None, BEARER, "GET").status == 404
    assert b"That\xe2\x80\x99s an error" in send(google, "/bucket/object", None, BEARER, "GET").body


@pytest.mark.parametrize("path", [LONG, ON_VERTEX], ids=["developer", "vertex"])
def test_jobs_that_end_badly(google, path):
    error = {"code": 13, "message": "Video generation failed due to an internal server issue."}
    name = started(google, path, {"polls": 0, "error": error})
    assert polled(google, name).json() == {"name": name, "done": True, "error": error}
    name = started(google, path, {"polls": 0, "filtered": ["It was rude."], "samples": 0})
    response = polled(google, name).json()["response"]
    told = response.get("generateVideoResponse", response)
    assert (told["raiMediaFilteredCount"], told["raiMediaFilteredReasons"]) == (1, ["It was rude."])
    assert "generatedSamples" not in told and "videos" not in told


def test_vertex_refuses_a_duration_when_the_job_runs(google):
    for wanted, known in (({"durationSeconds": 5}, "4,6,8"), ({"durationSeconds": 4, "resolution": "1080p"}, "8")):
        done = polled(google, started(google, ON_VERTEX, {"polls": 0}, **wanted)).json()
        assert done["error"]["code"] == 3
        assert done["error"]["message"].endswith(f"supported durations are [{known}] for feature text_to_video.")


def test_faults_of_polls_and_downloads(google):
    video = {
        "polls": 0,
        "poll": [scenarios.overloaded()],
        "download": [scenarios.google_error(500, "INTERNAL", "Later."), {"reset_after": 1000}],
    }
    name = started(google, LONG, video)
    assert polled(google, name).status == 503
    (sample,) = polled(google, name).json()["response"]["generateVideoResponse"]["generatedSamples"]
    uri = sample["video"]["uri"]
    assert followed(google, uri).status == 500
    cut = followed(google, uri)
    assert cut.reset and len(cut.body) == 1000
    assert followed(google, uri).status == 200


def test_what_is_not_there(google):
    assert polled(google, f"models/{VEO}/operations/none").status == 404
    gone = followed_directly(google, started(google, LONG, {"polls": 0, "gone": True}))
    assert gone.status == 403 and gone.message.startswith("You do not have permission to access the File ")
    other = send(
        google,
        vertex("veo-2.0-generate-001", "fetchPredictOperation"),
        {"operationName": started(google, ON_VERTEX, {})},
    )
    assert other.status == 400 and other.message.startswith("Invalid operation name: projects/p/")
    assert send(google, vertex(VEO, "fetchPredictOperation"), {}).status == 400


def followed_directly(google, name):
    (sample,) = polled(google, name).json()["response"]["generateVideoResponse"]["generatedSamples"]
    return send(google, sample["video"]["uri"].removeprefix(GOOGLE), None, method="GET")


def test_downloads_want_the_key(google):
    name = started(google, LONG, {"polls": 0})
    (sample,) = polled(google, name).json()["response"]["generateVideoResponse"]["generatedSamples"]
    path = sample["video"]["uri"].removeprefix(GOOGLE)
    for target in (path, "/download" + path, "/v1beta/" + name):
        assert send(google, target, None, {}, "GET").status == 403
        assert send(google, target, None, {"x-goog-api-key": "wrong"}, "GET").status == 400


@pytest.mark.parametrize(
    "scenario",
    [
        {"video": {"length": 1}},
        {"video": {"polls": -1}},
        {"video": {"poll": [{"stauts": 1}]}},
        {"video": {}, "body": "x"},
        {"transcript": {}, "events": []},
        {"events": [{"$sample": {"kind": "gif"}}]},
        {"events": [{"$sample": {"sort": "png"}}]},
    ],
)
def test_bad_scenarios_are_refused(google, scenario):
    with pytest.raises(FakeError, match="400"):
        google.put_scenario("bad", scenario)


def test_a_video_for_a_chat_is_misuse(google):
    google.put_scenario("video", {"video": {}})
    reply = send(google, PLAIN, said("[[fake:video]]"))
    assert reply.status == 500 and b"a video for generateContent" in reply.body


# The samples, and what Google's own replies have.


@pytest.mark.parametrize("kind", ["png", "jpeg", "mp4", "pcm", "wav"])
def test_samples_have_their_size(kind):
    for length in (1000, 1001, 200_000):
        made = samples.make(kind, length, "a")
        assert len(made) == length and made != samples.make(kind, length, "b")
    assert samples.make(kind, 500, "a") == samples.make(kind, 500, "a")


def test_a_sample_of_sound_is_sound():
    with wave.open(BytesIO(samples.make("wav", 44 + 4800, "a"))) as opened:
        assert (opened.getnchannels(), opened.getsampwidth(), opened.getframerate(), opened.getnframes()) == (
            1,
            2,
            24000,
            2400,
        )


def test_replies_have_no_member_that_google_has_not(google):
    recorded = {"image": set(), "audio": set(), "imagen": set()}
    for name in ("gemini.jsonl.gz", "vertex.jsonl.gz", "responses-only.jsonl.gz"):
        for record in records(name):
            body = record["response_body"] or ""
            model = record["model"] or ""
            kind = (
                "imagen"
                if "imagen" in model
                else "image"
                if "-image" in model
                else "audio"
                if "audio/L16" in body
                else None
            )
            if kind and record["status"] == 200 and body.startswith("{"):
                recorded[kind] |= members(json.loads(body))
    replies = {
        "image": send(google, at("gemini-3-pro-image"), said("a cat")),
        "audio": send(google, at(TTS), {**said("hi"), **SPEAKING}),
        "imagen": send(google, vertex(IMAGEN, "predict"), {**prompted("a cat"), "parameters": {"enhancePrompt": True}}),
    }
    for kind, reply in replies.items():
        assert members(reply.json()) <= recorded[kind], kind
