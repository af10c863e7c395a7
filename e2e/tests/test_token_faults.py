"""Token services that fail, clocks that differ, tokens that Google refuses: what the client is told, and nothing secret."""

import json
import re
import socket
import time
from urllib.parse import parse_qs

import httpx
import pytest
from envoy import validate
from fake_google.identity import keys
from support.lab import CHAT, chat
from support.tokens import OTHER, asked, assertions, bearers, eventually, known, principal, signing, unavailable

METADATA = "google-metadata"
GOOD = "good@p.iam.gserviceaccount.com"


@pytest.fixture
def closed():
    """A port at which nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


def key_file(google, **extra):
    return {"gcp_service_account_json": json.dumps(signing(google, **extra))}


def refused(gateway, wait, extra=4.0):
    """The 503 of a request for which there is no token within `wait` seconds; how long it took."""
    with gateway.untouched():
        began = time.monotonic()
        unavailable(gateway.post(chat()))
        took = time.monotonic() - began
    assert took < wait + extra
    return took


# How the metadata server fails for a while, and what the log says of it.
PASSING = {
    "500": ({"status": 500}, "answered 500"),
    "429": ({"status": 429}, "answered 429"),
    "reset": ({"reset": True}, "answered 503, or cannot be reached"),
    "HTML": ({"body": "<html>"}, "did not answer with a JSON object"),
    "array": ({"body": "[]"}, "did not answer with a JSON object"),
    "nothing": ({"body": ""}, "did not answer with a JSON object"),
    "endless": ({"body": "x" * 1_000_000}, "did not answer with a JSON object"),
    "no token": ({"omit": ["access_token"]}, "gave no token"),
    "no header value": ({"body": '{"access_token":"a\\r\\nx: y","expires_in":3600}'}, "gave no token"),
    "no expires_in": ({"omit": ["expires_in"]}, "did not say when its token expires"),
    "expired": ({"expires_in": 0}, "gave a token that has expired"),
}


@pytest.mark.parametrize("name", PASSING)
def test_failures_that_pass(fresh_envoy, google, name):
    behaviour, reason = PASSING[name]
    google.behave("metadata", behaviour)
    gateway = fresh_envoy(**principal(google, {"gcp_token_wait": 1.2}))
    refused(gateway, 1.2)
    # It was asked more than once, and not all the time.
    assert 2 <= asked(google)["metadata"] <= 5
    assert f"auth: no token for the metadata server: the metadata server {reason}" in gateway.envoy.log()
    google.behave("metadata")
    eventually(lambda: gateway.post(chat()).status == 200, timeout=20)
    assert len(set(bearers(google))) == 1


def test_a_failure_that_passes_within_the_wait(fresh_envoy, google):
    google.behave("metadata", {"status": 503, "times": 2})
    gateway = fresh_envoy(**principal(google))
    assert gateway.ask().status == 200 and asked(google) == {"metadata": 3}


def test_nobody_there(fresh_envoy, google, closed):
    gateway = fresh_envoy(**principal(google, {"gcp_token_wait": 1.2}, ports={METADATA: closed}))
    refused(gateway, 1.2)
    assert "cannot be reached" in gateway.envoy.log()


def test_no_answer(fresh_envoy, google):
    """The wait is as configured, and the fetch goes on meanwhile."""
    google.behave("metadata", {"hold": True})
    gateway = fresh_envoy(**principal(google, {"gcp_token_wait": 1.2}))
    for _ in range(2):
        assert refused(gateway, 1.2) >= 1.1
    assert asked(google) == {"metadata": 1}
    google.release("metadata")
    eventually(lambda: gateway.post(chat()).status == 200)
    assert asked(google) == {"metadata": 1}


@pytest.mark.parametrize(("skew", "refusals"), [(-40_000_000, 1), (-3000, 1), (-45, 0), (45, 0), (3000, 0), (4000, 1), (40_000_000, 1)])
def test_clocks_differ(fresh_envoy, google, skew, refusals):
    """Google's clock is told by its refusal; a minute, and an hour behind it, are tolerated."""
    google.set_clock(skew)
    gateway = fresh_envoy(**principal(google, key_file(google)), concurrency=2)
    assert [gateway.post(chat()).status for _ in range(4)] == [200] * 4
    counts = google.services()["oauth2"]
    assert (counts["issued"], counts["refused"]) == (1, refusals)


@pytest.mark.parametrize("skew", [-3000, 3000])
def test_clocks_differ_when_impersonating(fresh_envoy, google, skew):
    """The expiry of an impersonated account's token is a time of Google's clock."""
    google.set_clock(skew)
    gateway = fresh_envoy(**principal(google, {"gcp_impersonate_service_account": known(google, OTHER)}))
    assert [gateway.post(chat()).status for _ in range(4)] == [200] * 4
    assert asked(google) == {"metadata": 1, "iamcredentials": 1}


# What a principal cannot get over. (auth, behaviours, what the log says).
REFUSED = {
    "key is revoked": (lambda g: key_file(g, private_key_id="0" * 40), {}, "token endpoint answered 400: invalid_grant: Invalid JWT Signature."),
    "account is gone": (lambda g: key_file(g, client_email="gone@p.iam.gserviceaccount.com"), {}, "invalid_grant: Invalid grant: account not found"),
    "token endpoint is forbidden": (key_file, {"oauth2": {"status": 403}}, "token endpoint answered 403"),
    "no cluster": (
        lambda g: {**key_file(g), "gcp_oauth_token_cluster": "nowhere"}, {},
        "Envoy has no cluster `nowhere`, through which the token endpoint is reached",
    ),
    "federation": (
        lambda g: {"gcp_service_account_json": json.dumps(keys.external_account(g, {"environment_variable": "SUBJECT_TOKEN"}))}, {},
        "Security Token Service answered 400: invalid_grant",
    ),
    "subject token": (
        lambda g: {"gcp_service_account_json": json.dumps(keys.external_account(g))}, {"subject_token": {"status": 404}},
        "URL of the subject token answered 404",
    ),
    "may not impersonate": (
        lambda g: {**key_file(g), "gcp_impersonate_service_account": "strange@p.iam.gserviceaccount.com"}, {},
        "IAM credentials API answered 403: PERMISSION_DENIED",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refusals_fail_fast_and_bring_no_other_credential(fresh_envoy, google, name):
    """Although there is another key file, a machine's account, and an API key."""
    auth, behaviours, reason = REFUSED[name]
    for service, behaviour in behaviours.items():
        google.behave(service, behaviour)
    env = {"GCP_SERVICE_ACCOUNT": json.dumps(keys.service_account(google, GOOD)), "SUBJECT_TOKEN": "aaa.bbb.ccc"}
    gateway = fresh_envoy(**principal(google, {**auth(google), "gcp_token_wait": 60}, env=env))
    refused(gateway, 0)
    before = asked(google)
    for _ in range(5):
        assert refused(gateway, 0, extra=2) < 2
    # At most one more attempt, if the machine was slow.
    assert all(count <= before[service] + 1 for service, count in asked(google).items())
    assert "metadata" not in before and GOOD not in [claims["iss"] for claims in assertions(google)]
    assert gateway.envoy.log().count("auth: no token for the") <= 2 and reason in gateway.envoy.log()


@pytest.mark.parametrize("service", ["oauth2", "metadata"])
def test_failures_that_pass_bring_no_other_credential(fresh_envoy, google, service):
    google.behave(service, {"status": 500})
    auth = key_file(google) if service == "oauth2" else {}
    gateway = fresh_envoy(**principal(google, {**auth, "gcp_token_wait": 1.2}))
    for _ in range(3):
        refused(gateway, 1.2)
    assert set(asked(google)) == {service}


@pytest.mark.parametrize("text", ["{", "{}", '{"type":"authorized_user"}', "[]", "/etc/key.json"])
def test_a_key_file_that_is_none_refuses_the_load(google, text):
    """It is not passed over for the machine's account."""
    arguments = principal(google, upstream=google.port)
    status, output = validate(**arguments, env={"GCP_SERVICE_ACCOUNT": text})
    assert status != 0 and "configuration refused: GCP_SERVICE_ACCOUNT" in output
    arguments = principal(google, {"gcp_service_account_json": text}, upstream=google.port)
    status, output = validate(**arguments)
    assert status != 0 and "configuration refused: auth.gcp_service_account_json" in output


def test_an_unknown_metadata_cluster(fresh_envoy, google):
    gateway = fresh_envoy(**principal(google, {"gcp_metadata_cluster": "nowhere"}))
    refused(gateway, 0)
    assert "Envoy has no cluster `nowhere`, through which the metadata server is reached" in gateway.envoy.log()


def denied(got):
    assert got.status == 401 and got.error["code"] == "invalid_api_key" and "credential" in got.error["message"]


def test_a_token_that_google_refuses_is_replaced(fresh_envoy, google):
    gateway = fresh_envoy(**principal(google, key_file(google)))
    assert gateway.post(chat()).status == 200
    google.revoke_tokens()
    denied(gateway.post(chat()))
    assert gateway.post(chat()).status == 200
    first, again, new = bearers(google)
    assert first == again != new and asked(google) == {"oauth2": 2}
    # Once more within ten seconds it stays.
    google.revoke_tokens()
    for _ in range(3):
        denied(gateway.post(chat()))
    assert asked(google) == {"oauth2": 2}
    time.sleep(10.5)
    denied(gateway.post(chat(stream=True)))
    assert gateway.post(chat(stream=True)).status == 200 and asked(google) == {"oauth2": 3}


def test_google_refuses_every_token(fresh_envoy, google):
    """Two workers, and no storm of fetches."""
    google.behave("metadata", {"body": '{"access_token":"ya29.of-another-universe","expires_in":3600}'})
    gateway = fresh_envoy(**principal(google), concurrency=2)
    began = time.monotonic()
    for _ in range(30):
        with httpx.Client() as client:
            assert client.post(gateway.url + CHAT, json=chat()).status_code == 401
    assert 2 <= asked(google)["metadata"] <= 2 + (time.monotonic() - began) // 10


def test_nothing_secret_is_told(fresh_envoy, google):
    """At the log level trace, whatever happens, in the log and in replies."""
    audience = "//iam.googleapis.com/projects/9/locations/global/workloadIdentityPools/a/providers/b"
    account = signing(google)
    principals = [
        {"gcp_service_account_json": json.dumps(account)},
        {"gcp_service_account_json": json.dumps({**account, "private_key_id": "0" * 40})},
        {"gcp_impersonate_service_account": known(google, OTHER)},
        {"gcp_service_account_json": json.dumps(keys.external_account(google, headers={"x-secret": "subject-header-secret"}, audience=audience))},
        {"gcp_service_account_json": json.dumps(keys.external_account(google, {"environment_variable": "SUBJECT_TOKEN"}))},
    ]
    subject = "eyJhbGciOiJSUzI1NiJ9.environment.secret"
    secrets, told = {line for line in account["private_key"].splitlines() if len(line) > 20}, ""
    for auth in principals:
        gateway = fresh_envoy(**principal(google, auth, env={"SUBJECT_TOKEN": subject}), components="wasm:trace")
        google.behave("oauth2", {"status": 500, "times": 1, "body": '{"error":"ya29.echoed-by-the-token-service-at-last"}'}, {"expires_in": 3})
        statuses = [gateway.post(chat(stream=stream)) for stream in (False, True, False)]
        google.revoke_tokens()
        statuses += [gateway.post(chat(stream=stream)) for stream in (False, True)]
        told += gateway.log() + "".join(str(got.headers.raw) + got.body.decode() for got in statuses)
        if any(got.status == 200 for got in statuses):
            assert "fetched a token" in gateway.envoy.log() and "[trace][wasm]" in gateway.envoy.log()
    for record in google.requests(service="oauth2"):
        secrets.add(parse_qs(record["body_text"])["assertion"][0])
    secrets |= {*bearers(google), subject, "subject-header-secret"}
    assert len(secrets) > 30
    assert [secret[:20] for secret in secrets if secret in told] == []
    assert re.findall(r"ya29\.\S+|eyJ[\w-]{8,}|PRIVATE KEY|assertion=", told) == []
