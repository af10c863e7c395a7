"""What the tests of media share: requests as Google got them, replies held against OpenAI's contract, forms."""

import base64
import json

import yaml
from envoy import ROOT, Config, hcm
from fake_google import samples
from support.backends import Backend
from support.contract import contract_problems
from support.lab import fresh

FLASH, PRO = "gemini-2.5-flash-image", "gemini-3-pro-image-preview"
IMAGEN, VEO = "imagen-4.0-generate-001", "veo-3.1-generate-preview"
TTS, NEW_TTS, HEARS = "gemini-2.5-flash-preview-tts", "gemini-3.1-flash-tts-preview", "gemini-2.5-flash"


class Lab(Backend):
    """A back end for media."""

    def told(self, scenario: dict, words: str = "a cat") -> str:
        """A prompt that the fake answers with `scenario`."""
        id = fresh()
        self.fake.put_scenario(id, scenario)
        return f"{words} [[fake:{id}]]"

    def asked(self, prompt: str, model: str, method: str, count: int = 1) -> list[dict]:
        """The bodies of the requests that Google accepted for the prompt, each to that method of the model."""
        found = [r for r in self.fake.requests(id_of(prompt)) if r["path"].split("?")[0].endswith(":" + method)]
        version = "v1" if self.vertex else "v1beta"
        path = f"/{version}/{self.models()}{model}:{method}"
        assert [(r["path"].split("?")[0], r["verdict"]) for r in found] == [(path, "accepted")] * count, found
        return [r["body"] for r in found]


def as_shipped(config: Config) -> None:
    """The filter of the shipped Vertex configuration that gives downloads a body, which videos need there."""
    shipped = yaml.safe_load((ROOT / "envoy" / "vertex.yaml").read_text())
    (lua,) = [one for one in hcm(shipped)["http_filters"] if one["name"] == "download-body"]
    hcm(config)["http_filters"].insert(0, lua)


def id_of(prompt: str) -> str:
    """The scenario that a prompt asks for."""
    return prompt.rpartition("[[fake:")[2].removesuffix("]]")


def checked(name: str, response) -> object:
    """The parsed reply of `with_raw_response`, once its JSON is in order by OpenAI's schema `name`."""
    assert response.headers["content-type"].startswith("application/json"), response.headers
    value = json.loads(response.content)
    problems = contract_problems(name, value)
    assert problems == [], (problems, response.content[:500])
    return response.parse()


def events(body: bytes) -> list[tuple[str | None, dict]]:
    """Events of a stream as (name, JSON): its framing is checked, and that it has no `[DONE]`."""
    *found, rest = body.replace(b"\r\n", b"\n").split(b"\n\n")
    assert rest == b"", rest
    result = []
    for event in found:
        fields = dict(line.split(b": ", 1) for line in event.split(b"\n"))
        assert set(fields) <= {b"event", b"data"}, event
        value = json.loads(fields[b"data"])
        if b"event" in fields:
            assert fields[b"event"].decode() == value["type"], event
        result.append((value["type"], value))
    return result


def inline(part: dict) -> tuple[str, bytes]:
    """Type and bytes of an `inlineData` part."""
    assert list(part["inlineData"])[:2] == ["mimeType", "data"], "Vertex wants the type first"
    return part["inlineData"]["mimeType"], base64.b64decode(part["inlineData"]["data"])


def encoded(kind: str, size: int, seed: str = "") -> str:
    return samples.encoded(samples.make(kind, size, seed))


def form(fields: list[tuple[str, str | tuple[str, str, bytes]]], boundary: str) -> bytes:
    """A body of `multipart/form-data`: (name, text) or (name, (filename, type, bytes)), in that order."""
    made = b""
    for name, value in fields:
        made += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if isinstance(value, str):
            made += b"\r\n\r\n" + value.encode() + b"\r\n"
        else:
            filename, mime, data = value
            made += f'; filename="{filename}"\r\nContent-Type: {mime}\r\n\r\n'.encode() + data + b"\r\n"
    return made + f"--{boundary}--\r\n".encode()
