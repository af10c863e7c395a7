"""Media by what they are: the sha256 of the decoded bytes with a MIME type, or a URI.

`of_client(part)` reads a part of an OpenAI message, `of_google(part)` a part of a Gemini content; both give the same
tuples: `("blob", mime, sha256)` and `("uri", uri, mime or None)`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import PurePosixPath
from urllib.parse import unquote_to_bytes, urlsplit

SIGNATURES = [
    (rb"\x89PNG", "image/png"), (rb"\xff\xd8\xff", "image/jpeg"), (rb"GIF8", "image/gif"), (rb"RIFF....WEBP", "image/webp"),
    (rb"RIFF....WAVE", "audio/wav"), (rb"....ftyp(heic|heix|mif1)", "image/heic"), (rb"....ftyp", "video/mp4"), (rb"%PDF", "application/pdf"),
    (rb"OggS", "audio/ogg"), (rb"fLaC", "audio/flac"), (rb"ID3|\xff[\xe0-\xff]", "audio/mp3"), (rb"\x1aE\xdf\xa3", "video/webm"),
]  # fmt: skip
AUDIO = {
    "wav": "audio/wav", "mp3": "audio/mp3", "mpeg": "audio/mp3", "flac": "audio/flac", "ogg": "audio/ogg", "opus": "audio/ogg",
    "aac": "audio/aac", "aiff": "audio/aiff", "m4a": "audio/mp4", "mp4": "audio/mp4", "webm": "audio/webm", "pcm16": "audio/pcm",
}  # fmt: skip
EXTENSIONS = {
    "jpg": "image/jpeg", "jpeg": "image/jpeg", "png": "image/png", "webp": "image/webp", "heic": "image/heic", "heif": "image/heif",
    "gif": "image/gif", "mp4": "video/mp4", "mov": "video/mov", "mpeg": "video/mpeg", "mpg": "video/mpg", "avi": "video/avi",
    "wmv": "video/wmv", "flv": "video/x-flv", "webm": "video/webm", "3gp": "video/3gpp", "mp3": "audio/mp3", "wav": "audio/wav",
    "ogg": "audio/ogg", "flac": "audio/flac", "aac": "audio/aac", "m4a": "audio/mp4", "aiff": "audio/aiff", "pdf": "application/pdf",
    "txt": "text/plain", "md": "text/md", "html": "text/html", "css": "text/css", "csv": "text/csv", "xml": "text/xml",
    "rtf": "text/rtf", "js": "text/javascript", "py": "text/x-python", "json": "application/json",
}  # fmt: skip
FILES_API = "https://generativelanguage.googleapis.com/v1beta/"
FILES = re.compile(r"files/|https://generativelanguage\.googleapis\.com/")


class Unreachable(ValueError):
    """A reference that no filter can turn into media; the text says why."""


def decoded(data: str) -> bytes:
    """Base64 of either alphabet, with or without padding or white space."""
    plain = re.sub(r"\s", "", data).rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)


def sniffed(data: bytes) -> str | None:
    return next((mime for pattern, mime in SIGNATURES if re.match(pattern, data, re.S)), None)


def blob(data: bytes, mime: str | None) -> tuple:
    """A declared type is kept, in Google's spelling; without a telling one, the bytes tell."""
    mime = (mime or "").lower()
    if mime in ("", "application/octet-stream"):
        mime = sniffed(data) or mime
    elif "/" not in mime:
        mime = EXTENSIONS.get(mime, mime)
    return "blob", "image/jpeg" if mime == "image/jpg" else mime, hashlib.sha256(data).hexdigest()


def by_extension(name: str) -> str | None:
    return EXTENSIONS.get(PurePosixPath(urlsplit(name).path).suffix.lower().removeprefix("."))


def reference(url: str, hint: str | None = None) -> tuple:
    """A data URL or an address."""
    if url[:5].lower() == "data:":
        head, _, payload = url[5:].partition(",")
        mime, *parameters = head.split(";")
        encoded = any(p.strip().lower() == "base64" for p in parameters)
        return blob(decoded(unquote_to_bytes(payload).decode("latin-1")) if encoded else unquote_to_bytes(payload), mime.strip() or hint)
    if url.startswith("http://"):
        raise Unreachable("http:// media")
    if not re.match(r"(https|gs)://|files/", url):
        raise Unreachable("an id of OpenAI's")
    if FILES.match(url):
        return "uri", url if url.startswith("https:") else FILES_API + url, hint
    return "uri", url, hint or by_extension(url)


def of_client(part: dict) -> tuple | None:
    """The media of an OpenAI part; None when it has none. Raises `Unreachable`."""
    kind = part.get("type")
    if kind in ("image_url", "video_url", "input_image"):
        value = part.get(kind) or part.get("image_url")
        return reference(value if isinstance(value, str) else value["url"])
    if kind == "input_audio":
        sound = part["input_audio"]
        hint = sound.get("format") or ""
        hint = hint if "/" in hint else AUDIO.get(hint)
        if re.match(r"(data|https?|gs):", sound["data"]):
            return reference(sound["data"], hint)
        return blob(decoded(sound["data"]), hint)
    if kind == "file":
        file = part["file"]
        hint = file.get("format") or file.get("mime_type") or by_extension(file.get("filename") or "")
        if data := file.get("file_data"):
            return reference(data, hint) if data[:5].lower() == "data:" else blob(decoded(data), hint)
        return reference(file.get("file_id") or file["file_url"], hint)
    return None


def of_google(part: dict) -> tuple | None:
    """The media of a Gemini part, as it is named and encoded there."""
    if inline := part.get("inlineData"):
        return "blob", inline.get("mimeType"), hashlib.sha256(decoded(inline["data"])).hexdigest()
    if file := part.get("fileData"):
        return "uri", file.get("fileUri"), file.get("mimeType")
    return None


def same(want: tuple, got: tuple) -> bool:
    """Equal, where an address may carry a type that its name does not tell."""
    if want[0] == "uri" and want[2] is None and len(got) == len(want):
        got = (*got[:2], None, *got[3:])
    return got == want
