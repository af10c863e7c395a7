"""Jobs that make videos: their operations, how they end, and the files they leave.

`video` of a scenario: `{"polls": 2, "size": 60000000, "seed": "a"}`: how often the job still runs when it is asked for,
and the video's bytes (`samples.make("mp4", size, seed)`); or how it ends instead: `error` ({"code", "message"}),
`filtered` (reasons; with `samples` 0 nothing is left). `bucket`: where the result lies on Vertex ("gs://b/folder"), as
`parameters.storageUri` would have it. `poll` and `download`: scenarios, each of which answers one such request in the
place of the usual reply, in order. `gone`: the file has expired.
"""

import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, fields, replace
from typing import Any

from . import samples, veo
from .errors import GoogleError, invalid
from .surface import GEMINI, Call

DEVELOPER = "https://generativelanguage.googleapis.com"
SIZE = 2000
DEVELOPER_TYPE = "type.googleapis.com/google.ai.generativelanguage.v1beta.PredictLongRunningResponse"
VERTEX_TYPE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"


class BadVideo(ValueError):
    """The test's `video` makes no sense; the text says why."""


@dataclass(frozen=True)
class Video:
    """See the module's docstring."""

    polls: int = 1
    size: int = SIZE
    seed: str = ""
    error: dict[str, Any] | None = None
    filtered: list[str] = field(default_factory=list)
    samples: int | None = None
    bucket: str | None = None
    gone: bool = False
    poll: list[Any] = field(default_factory=list)
    download: list[Any] = field(default_factory=list)

    @classmethod
    def parse(cls, value: Any, scenario: Callable[[Any], Any]) -> "Video":
        """A video from its JSON; `scenario` parses those inside. Raises `BadVideo`."""
        known = {f.name: f.type for f in fields(cls)}
        if not isinstance(value, dict) or not value.keys() <= known.keys():
            raise BadVideo(f"a video is an object of {', '.join(known)}")
        for name in ("polls", "size", "samples"):
            given = value.get(name, 0)
            if not isinstance(given, int) or isinstance(given, bool) or given < 0:
                raise BadVideo(f"{name} is a count")
        inner = {name: [scenario(one) for one in value.get(name, [])] for name in ("poll", "download")}
        return cls(**{**value, **inner})


@dataclass
class Job:
    """One operation. `left`: polls until it is done."""

    name: str
    video: Video
    scenario: str | None
    count: int
    bucket: str | None
    left: int
    polls: list[Any]
    downloads: list[Any]
    files: list[str] = field(default_factory=list)

    def made(self, number: int) -> bytes:
        """The bytes of the job's video `number`."""
        seed = self.video.seed + (f" {number}" if number else "")
        return samples.make("mp4", self.video.size, seed)


@dataclass
class Videos:
    """All jobs, by operation, and what they left, by file id and gs:// address: (job, number)."""

    jobs: dict[str, Job] = field(default_factory=dict)
    files: dict[str, tuple[Job, int]] = field(default_factory=dict)
    objects: dict[str, tuple[Job, int]] = field(default_factory=dict)

    def start(self, call: Call, message: dict[str, Any], video: Video | None, scenario: str | None) -> dict[str, Any]:
        """A new operation for a request that was in order."""
        instance, wanted = message["instances"][0], message.get("parameters", {})
        video = video or Video()
        wrong = veo.duration_error(call.model, instance, wanted)
        if wrong:
            video = replace(video, error={"code": 3, "message": wrong})
        count = wanted.get("sampleCount", 1) if video.samples is None else video.samples
        bucket = wanted.get("storageUri", video.bucket)
        id = secrets.token_hex(6) if call.api == GEMINI else str(uuid.uuid4())
        name = f"{call.resource}/operations/{id}"
        job = Job(name, video, scenario, int(count), bucket, video.polls, list(video.poll), list(video.download))
        self.jobs[name] = job
        return {"name": name}

    def job(self, call: Call, name: str) -> Job:
        """The job of an operation of this very model. Raises Google's 404."""
        if not name.startswith(f"{call.resource}/operations/"):
            raise invalid(f"Invalid operation name: {name}")
        if name not in self.jobs:
            raise GoogleError("NOT_FOUND", f"Operation {name} not found.")
        return self.jobs[name]

    def state(self, call: Call, job: Job) -> dict[str, Any]:
        """The operation as a poll sees it."""
        if job.left:
            job.left -= 1
            return {"name": job.name}
        done = {"name": job.name, "done": True}
        if job.video.error is not None:
            return {**done, "error": job.video.error}
        return {**done, "response": self.developer(job) if call.api == GEMINI else self.vertex(job)}

    def developer(self, job: Job) -> dict[str, Any]:
        if not job.files:
            job.files = [secrets.token_hex(6) for _ in range(job.count)]
            self.files.update({id: (job, number) for number, id in enumerate(job.files)})
        uris = [f"{DEVELOPER}/v1beta/files/{id}:download?alt=media" for id in job.files]
        made = {"generatedSamples": [{"video": {"uri": uri}} for uri in uris]} if uris else {}
        return {"@type": DEVELOPER_TYPE, "generateVideoResponse": {**made, **filtered(job)}}

    def vertex(self, job: Job) -> dict[str, Any]:
        videos = []
        for number in range(job.count):
            if job.bucket is None:
                where = {"bytesBase64Encoded": samples.encoded(job.made(number))}
            else:
                address = f"{job.bucket.rstrip('/')}/{job.name.rpartition('/')[2]}/sample_{number}.mp4"
                self.objects[address] = (job, number)
                where = {"gcsUri": address}
            videos.append({**where, "mimeType": samples.TYPES["mp4"]})
        made = {"videos": videos} if videos else {}
        # Vertex tells of none, too.
        return {"@type": VERTEX_TYPE, "raiMediaFilteredCount": 0, **made, **filtered(job)}

    def file(self, id: str) -> tuple[Job, int]:
        """Who left the file. Raises the 403 of a file that is not there."""
        job, number = self.files.get(id, (None, 0))
        if job is None or job.video.gone:
            raise GoogleError(
                "PERMISSION_DENIED", f"You do not have permission to access the File {id} or it may not exist."
            )
        return job, number


def filtered(job: Job) -> dict[str, Any]:
    reasons = job.video.filtered
    return {"raiMediaFilteredCount": len(reasons), "raiMediaFilteredReasons": reasons} if reasons else {}
