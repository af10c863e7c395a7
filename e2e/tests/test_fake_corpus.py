"""The fake Google agrees with recorded traffic: it takes what Google took and refuses what Google refused.

Where it does not, the record is listed in `data/fake_corpus_exceptions.json` with the reason; a listed record that the
fake judges as Google did is an error too, so the list cannot rot.
"""

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fake_fixtures import credential, said, send
from support.corpus import records

from fake_google import catalogue
from fake_google.launch import Fake

EXCEPTIONS = json.loads((Path(__file__).parent / "data" / "fake_corpus_exceptions.json").read_text())
METHODS = (
    *(":generateContent", ":streamGenerateContent", ":countTokens"),
    *(":embedContent", ":batchEmbedContents", ":predict"),
)
VERTEX = "/v1/projects/p/locations/us-central1"
CLIENT_ERRORS = {400, 401, 403, 404}


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


def exchanges() -> Iterator[dict]:
    """Every recorded exchange of the methods which the fake has, both backends."""
    for name in ("gemini.jsonl.gz", "vertex.jsonl.gz"):
        for record in records(name):
            path = urlsplit(record["url"]).path
            if record["method"] == "POST" and path.endswith(METHODS):
                yield record


class Replay:
    """Sends recorded requests over one connection."""

    def __init__(self, google: Fake):
        self.connection = http.client.HTTPConnection("127.0.0.1", google.port, timeout=30)

    def __call__(self, record: dict, headers: dict[str, str]) -> tuple[int, str]:
        """The fake's status, and the message if it is an error. The request goes to the recorded host."""
        host, _, path = record["url"].split("//", 1)[1].partition("/")
        headers = {"host": host, **headers}
        self.connection.request("POST", "/" + restored(host, path), (record["request_body"] or "").encode(), headers)
        reply = self.connection.getresponse()
        body = reply.read().decode()
        return reply.status, message(body) if reply.status != 200 else ""


def restored(host: str, path: str) -> str:
    """The path with a project and a location in place of those that a recorder took out."""
    location = host.removesuffix("aiplatform.googleapis.com").removesuffix("-") or "global"
    return path.replace("locations/REDACTED", f"locations/{location}").replace("projects/REDACTED", "projects/p")


def message(body: str) -> str:
    """The message of an error as recorded: plain, in an array, or as an event."""
    value = json.loads(body.removeprefix("data: "))
    return (value[0] if isinstance(value, list) else value)["error"]["message"]


def judged(google: Fake, **rules: bool) -> tuple[int, dict[str, str]]:
    """How many recorded 200s were sent with these rules, and the refused ones' messages by id."""
    google.rules(**rules)
    replay, count, refused = Replay(google), 0, {}
    for record in exchanges():
        if record["status"] == 200:
            count += 1
            status, text = replay(record, credential(record["url"]))
            if status != 200:
                refused[record["id"]] = text
    google.clear()
    assert count > 1000, "the corpus is not the one these tests were written for"
    return count, refused


@pytest.mark.parametrize("group", [None, "turn_rules", "documented"])
def test_takes_what_google_took(google, capsys, group):
    """With neither of the groups that are stricter than the service, and with each."""
    groups = {name: name == group for name in ("turn_rules", "documented")}
    listed = EXCEPTIONS["always"] | (EXCEPTIONS[group] if group else {})
    count, refused = judged(google, signatures=True, **groups)
    with capsys.disabled():
        print(
            f"\nfake Google, stricter rules: {group}: {count} recorded 200s judged, {count - len(refused)} accepted,",
            end=" ",
        )
        print(f"{len(refused)} refused, {len(listed)} listed")
    assert refused.keys() == listed.keys(), {id: refused.get(id, "accepted") for id in refused.keys() ^ listed.keys()}


def test_refuses_what_google_refused(google, capsys):
    google.rules(turn_rules=True, signatures=True, documented=True)
    replay, count, wrong = Replay(google), 0, {}
    for record in exchanges():
        if record["status"] in CLIENT_ERRORS:
            count += 1
            recorded = message(record["response_body"])
            status, text = replay(record, credentials(record))
            if (status, gist(text)) != (record["status"], gist(recorded)):
                wrong[record["id"]] = f"recorded {record['status']} {recorded[:100]}, got {status} {text[:100]}"
    google.clear()
    with capsys.disabled():
        print(f"\nfake Google: {count} recorded refusals judged, {count - len(wrong)} refused alike,", end=" ")
        print(f"{len(EXCEPTIONS['refusals'])} listed")
    assert count > 20
    assert wrong.keys() == EXCEPTIONS["refusals"].keys(), wrong


def credentials(record: dict) -> dict[str, str]:
    """The credential that earned the recorded response; recordings do not hold it."""
    response = record["response_body"]
    if "API_KEY_INVALID" in response:
        return {"x-goog-api-key": "wrong"}
    if "unregistered callers" in response or "CREDENTIALS_MISSING" in response:
        return {}
    return credential(record["url"])


def gist(text: str) -> str:
    """The beginning of a message, without what differs by project or by the release that wrote it."""
    text = re.sub(r"projects/[^/]+", "projects/P", text)
    return re.split(r"(?<=`) (?:was )?not found| Call ", text)[0][:120]


CONTENT = {"content": {"parts": [{"text": "hi"}]}}
PUBLISHED = f"{VERTEX}/publishers/google/models/"
REPLIES = [
    ("gemini", "/v1beta/models/gemini-2.5-flash:generateContent", said("hi")),
    ("gemini", "/v1beta/models/gemini-2.5-flash:countTokens", said("hi")),
    ("gemini", "/v1beta/models/gemini-embedding-001:embedContent", CONTENT),
    (
        "gemini",
        "/v1beta/models/gemini-embedding-2:batchEmbedContents",
        {"requests": [{"model": "models/gemini-embedding-2", **CONTENT}]},
    ),
    ("vertex", PUBLISHED + "gemini-2.5-flash:generateContent", said("hi")),
    ("vertex", PUBLISHED + "gemini-2.5-flash:countTokens", said("hi")),
    ("vertex", PUBLISHED + "gemini-embedding-2:embedContent", CONTENT),
    ("vertex", PUBLISHED + "gemini-embedding-001:predict", {"instances": [{"content": "hi"}]}),
]


@pytest.mark.parametrize(("api", "url", "body"), REPLIES, ids=[f"{api} {url.split(':')[1]}" for api, url, _ in REPLIES])
def test_replies_have_no_member_that_google_has_not(google, api, url, body):
    """On either backend, of an answer in text."""
    google.rules(turn_rules=True, signatures=True, documented=True)
    ending = ":" + url.rpartition(":")[2]
    found = [r["response_body"] for r in records(f"{api}.jsonl.gz") if r["status"] == 200 and ending in r["url"]]
    recorded = set().union(*(members(json.loads(body)) for body in found if body))
    assert recorded and members(send(google, url, body).json()) <= recorded


def test_the_list_of_models_is_as_recorded(google):
    """The members of a page and of its models, and the token of the next page."""
    (recorded,) = [r["response_body"] for r in records("gemini.jsonl.gz") if r["url"].endswith("/v1beta/models")]
    recorded = json.loads(recorded)
    assert catalogue.token(recorded["models"][-1]["name"].removeprefix("models/")) == recorded["nextPageToken"]
    google.put_models(count=60)
    page = send(google, "/v1beta/models", None, method="GET").json()
    google.put_models()
    assert len(page["models"]) == len(recorded["models"]) == 50
    assert members(page) <= members(recorded)


def members(value: object) -> set[str]:
    """Paths of all members, through arrays."""
    if isinstance(value, list):
        return {path for item in value for path in members(item)}
    if not isinstance(value, dict):
        return {""}
    return {f".{name}{path}" for name, item in value.items() for path in members(item)}
