"""The fake's token services: what they take, every rule they refuse by, and how they misbehave when asked to."""

import json
import threading
import time
from email.utils import parsedate_to_datetime
from urllib.parse import quote, urlencode

import jwt
import pytest
from fake_fixtures import KEY, PLAIN, said, send

from fake_google.identity import keys
from fake_google.launch import Fake, FakeError

FORM = {"content-type": "application/x-www-form-urlencoded"}
JSON = {"content-type": "application/json"}
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
METADATA = "/computeMetadata/v1/instance/service-accounts/default/token"
FLAVOR = {"metadata-flavor": "Google"}
IMPERSONATE = "/v1/projects/-/serviceAccounts/robot%40p.iam.gserviceaccount.com:generateAccessToken"
VERTEX = "/v1/projects/p/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent"


@pytest.fixture(scope="module")
def google():
    with Fake() as running:
        yield running


@pytest.fixture(autouse=True)
def plain(google):
    """Each test starts with default behaviours and a right clock."""
    google.clear_services()
    google.set_clock(0)
    google.clear()


@pytest.fixture(scope="module")
def account(google):
    return keys.service_account(google)


@pytest.fixture(scope="module")
def pool(google):
    return keys.external_account(google, subject_tokens=["from-the-environment"])


def signed(account, header=None, key=None, **claims):
    """An assertion as a client makes it, with `claims` and `header` changed (None removes)."""
    now = int(time.time())
    plain = {"iss": account["client_email"], "scope": CLOUD, "aud": keys.TOKEN_URL, "iat": now, "exp": now + 3600}
    wanted = {name: value for name, value in {**plain, **claims}.items() if value is not None}
    head = {"kid": account["private_key_id"], **(header or {})}
    return jwt.encode(wanted, key or account["private_key"], header.get("alg", "RS256") if header else "RS256", head)


def asks(google, assertion, path="/token", headers=FORM, **fields):
    given = {"grant_type": GRANT, "assertion": assertion, **fields}
    body = urlencode({name: value for name, value in given.items() if value is not None}).encode()
    return send(google, path, body, headers)


# Service accounts: RFC 7523.


def test_an_assertion_is_exchanged_for_a_token_that_vertex_takes(google, account):
    reply = asks(google, signed(account))
    value = reply.json()
    assert (reply.status, value["expires_in"], value["token_type"]) == (200, 3599, "Bearer")
    bearer = {"authorization": f"Bearer {value['access_token']}"}
    assert send(google, VERTEX, said("hi"), bearer).status == 200
    assert send(google, PLAIN, said("hi"), bearer).status == 200
    assert google.services()["oauth2"] == {"requests": 1, "issued": 1, "refused": 0, "waiting": 0, "most": 1}
    (seen,) = google.requests(service="oauth2")
    assert (seen["verdict"], seen["status"]) == ("accepted", 200)
    assert [one["path"] for one in google.requests()] == [VERTEX, PLAIN], "kept apart"


@pytest.mark.parametrize("audience", [keys.TOKEN_URL, "https://www.googleapis.com/oauth2/v4/token"])
def test_audiences_of_google(google, account, audience):
    assert asks(google, signed(account, aud=audience)).status == 200


def test_own_address_is_an_audience_too(google, account):
    assert asks(google, signed(account, aud="http://fake/token")).status == 200
    assert asks(google, signed(account, aud="https://fake/token")).status == 200, "Envoy ends the TLS"


def test_json_and_kongs_path(google, account):
    body = {"grant_type": GRANT, "assertion": signed(account, sub=account["client_email"])}
    assert send(google, "/oauth2/v4/token", body, JSON).status == 200


def ago(seconds):
    return int(time.time()) - seconds


TIMEFRAME = "Invalid JWT: Token must be a short-lived token"
# name: (claims, of the time where they depend on it, header, error, beginning of its description)
ASSERTIONS = {
    "unknown account": ({"iss": "who@p.iam.gserviceaccount.com"}, {}, "invalid_grant", "Invalid grant: account not"),
    "no account": ({"iss": None}, {}, "invalid_grant", "Invalid grant: account not found"),
    "unknown key": ({}, {"kid": "0" * 40}, "invalid_grant", "Invalid JWT Signature."),
    "no key": ({}, {"kid": ""}, "invalid_grant", "Invalid JWT Signature."),
    "other audience": ({"aud": "https://sts.googleapis.com/v1/token"}, {}, "invalid_grant", "Invalid JWT: Failed aud"),
    "no audience": ({"aud": None}, {}, "invalid_grant", "Invalid JWT: Failed audience check"),
    "an array of audiences": ({"aud": [keys.TOKEN_URL]}, {}, "invalid_grant", "Invalid JWT: Failed audience check"),
    "no scope": ({"scope": None}, {}, "invalid_scope", "Invalid OAuth scope"),
    "comma between scopes": ({"scope": f"{CLOUD},x"}, {}, "invalid_scope", ""),
    "no scope of Google": ({"scope": "cloud-platform"}, {}, "invalid_scope", "Invalid OAuth scope"),
    "lives too long": (lambda now: {"exp": now + 3700}, {}, "invalid_grant", TIMEFRAME),
    "expired": (lambda now: {"iat": now - 3700, "exp": now - 100}, {}, "invalid_grant", TIMEFRAME),
    "from the future": (lambda now: {"iat": now + 120, "exp": now + 1000}, {}, "invalid_grant", TIMEFRAME),
    "no iat": ({"iat": None}, {}, "invalid_grant", TIMEFRAME),
    "no exp": ({"exp": None}, {}, "invalid_grant", TIMEFRAME),
    "backwards": (lambda now: {"exp": now - 1}, {}, "invalid_grant", TIMEFRAME),
    "milliseconds": (lambda now: {"iat": now * 1000, "exp": (now + 60) * 1000}, {}, "invalid_grant", TIMEFRAME),
    "fractions": (lambda now: {"iat": now + 0.5}, {}, "invalid_grant", TIMEFRAME),
    "another subject": ({"sub": "boss@example.com"}, {}, "unauthorized_client", "Client is unauthorized"),
    "another type": ({}, {"typ": "at+jwt"}, "invalid_grant", "Invalid JWT"),
    "another algorithm": ({}, {"alg": "RS384"}, "invalid_grant", "Invalid JWT"),
}


@pytest.mark.parametrize("name", ASSERTIONS)
def test_bad_assertion(google, account, name):
    claims, header, error, description = ASSERTIONS[name]
    # The table may be minutes old.
    claims = claims(int(time.time())) if callable(claims) else claims
    reply = asks(google, signed(account, header, **claims))
    assert reply.status == (401 if error == "unauthorized_client" else 400)
    assert (reply.json()["error"], reply.json()["error_description"][: len(description)]) == (error, description)
    assert google.services()["oauth2"]["refused"] == 1


def test_another_accounts_key_signs_nothing(google, account):
    key = keys.pem(keys.private_key("somebody else"))
    assert asks(google, signed(account, key=key)).json()["error_description"] == "Invalid JWT Signature."


# name: what becomes of a good assertion
MANGLED = {
    "no signature": lambda good: good.rpartition(".")[0] + ".",
    "two segments": lambda good: good.rpartition(".")[0],
    "padding": lambda good: good + "==",
    "the other alphabet": lambda good: good[:-40] + "+" + good[-39:],
    "changed claims": lambda good: ".".join([good.split(".")[0], good.split(".")[1][:-1] + "A", good.split(".")[2]]),
    "cut signature": lambda good: good[:-4],
    "a header of no JSON": lambda good: "AAAA." + good.partition(".")[2],
    "a header that is an array": lambda good: "W10." + good.partition(".")[2],
}


@pytest.mark.parametrize("name", MANGLED)
def test_mangled_assertion(google, account, name):
    reply = asks(google, MANGLED[name](signed(account)))
    assert (reply.status, reply.json()["error"]) == (400, "invalid_grant")


# name: (changed fields, headers, error)
TOKEN_REQUESTS = {
    "another grant": ({"grant_type": "refresh_token"}, FORM, "unsupported_grant_type"),
    "no grant": ({"grant_type": None}, FORM, "unsupported_grant_type"),
    "no assertion": ({"assertion": None}, FORM, "invalid_request"),
    "no content type": ({}, {}, "invalid_request"),
    "a form that says JSON": ({}, JSON, "invalid_request"),
}


@pytest.mark.parametrize("name", TOKEN_REQUESTS)
def test_bad_token_request(google, account, name):
    changed, headers, error = TOKEN_REQUESTS[name]
    reply = asks(google, **{"assertion": signed(account), "headers": headers, **changed})
    assert (reply.status, reply.json()["error"]) == (400, error)


# The metadata server.


def test_metadata(google):
    reply = send(google, METADATA + "?scopes=" + quote(CLOUD), None, FLAVOR, "GET")
    assert reply.status == 200 and reply.headers["metadata-flavor"] == "google"
    bearer = {"authorization": f"Bearer {reply.json()['access_token']}"}
    assert reply.json()["expires_in"] == 3599 and send(google, VERTEX, said("hi"), bearer).status == 200
    narrow = send(google, METADATA + "?scopes=" + CLOUD.replace("cloud-platform", "pubsub"), None, FLAVOR, "GET")
    bearer = {"authorization": f"Bearer {narrow.json()['access_token']}"}
    refused = send(google, VERTEX, said("hi"), bearer)
    assert (refused.status, refused.message) == (403, "Request had insufficient authentication scopes.")


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        (METADATA, {}, 403),
        (METADATA, {"metadata-flavor": "google"}, 403),
        (METADATA, {**FLAVOR, "x-forwarded-for": "10.0.0.1"}, 403),
        (METADATA.replace("default", "robot%40p.iam.gserviceaccount.com"), FLAVOR, 404),
        (METADATA + "?scopes=cloud-platform", FLAVOR, 400),
    ],
)
def test_bad_metadata_request(google, path, headers, status):
    reply = send(google, path, None, headers, "GET")
    assert reply.status == status and reply.headers["metadata-flavor"] == "google"


# Workload identity federation.


def exchanged(google, pool, subject, headers=FORM, **changed):
    fields = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "audience": pool["audience"],
        "scope": CLOUD,
        "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
        "subject_token": subject,
        "subject_token_type": pool["subject_token_type"],
        **changed,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    return send(google, "/v1/token", fields if headers is JSON else urlencode(fields).encode(), headers)


def path_of(google, external):
    return external["credential_source"]["url"].removeprefix(google.url)


@pytest.mark.parametrize("headers", [FORM, JSON])
def test_exchange(google, pool, headers):
    reply = exchanged(google, pool, "from-the-environment", headers)
    value = reply.json()
    assert reply.status == 200 and value["issued_token_type"] == "urn:ietf:params:oauth:token-type:access_token"
    assert (value["token_type"], value["expires_in"]) == ("Bearer", 3599)
    assert send(google, VERTEX, said("hi"), {"authorization": f"Bearer {value['access_token']}"}).status == 200


@pytest.mark.parametrize("as_json", [False, True])
def test_subject_token_from_an_address(google, as_json):
    audience = keys.AUDIENCE + str(as_json)
    pool = keys.external_account(google, as_json=as_json, headers={"X-Identity": "letmein"}, audience=audience)
    path, source = path_of(google, pool), pool["credential_source"]
    assert send(google, path, None, {}, "GET").status == 403
    assert send(google, path, None, {"x-identity": "wrong"}, "GET").status == 403
    reply = send(google, path, None, source["headers"], "GET")
    if as_json:
        subject = reply.json()[source["format"]["subject_token_field_name"]]
    else:
        subject = reply.body.decode()
    assert reply.status == 200 and exchanged(google, pool, subject).status == 200


# name: (changed fields, error)
EXCHANGES = {
    "another grant": ({"grant_type": GRANT}, "unsupported_grant_type"),
    "no audience": ({"audience": None}, "invalid_request"),
    "unknown audience": ({"audience": keys.AUDIENCE + "x"}, "invalid_target"),
    "audience with a scheme": ({"audience": "https:" + keys.AUDIENCE}, "invalid_target"),
    "no scope": ({"scope": None}, "invalid_request"),
    "no scope of Google": ({"scope": "all"}, "invalid_scope"),
    "no requested type": ({"requested_token_type": None}, "invalid_request"),
    "another requested type": ({"requested_token_type": keys.JWT}, "invalid_request"),
    "no subject token": ({"subject_token": None}, "invalid_request"),
    "unknown subject token": ({"subject_token": "made-up"}, "invalid_grant"),
    "subject token with a newline": ({"subject_token": "from-the-environment\n"}, "invalid_grant"),
    "no subject type": ({"subject_token_type": None}, "invalid_request"),
    "another subject type": ({"subject_token_type": keys.JWT.replace("jwt", "id_token")}, "invalid_request"),
}


@pytest.mark.parametrize("name", EXCHANGES)
def test_bad_exchange(google, pool, name):
    changed, error = EXCHANGES[name]
    reply = exchanged(google, pool, **{"subject": "from-the-environment", **changed})
    assert (reply.status, reply.json()["error"]) == (400, error)


def test_subject_token_of_another_pool(google, pool):
    other = keys.external_account(google, audience=keys.AUDIENCE + "-2", subject_tokens=["theirs"])
    assert exchanged(google, other, "theirs").status == 200
    assert exchanged(google, pool, "theirs").json()["error"] == "invalid_grant"


# Impersonation.


def impersonates(google, token, body=None, path=IMPERSONATE, headers=JSON):
    bearer = {"authorization": f"Bearer {token}"}
    return send(google, path, {"scope": [CLOUD], "lifetime": "3600s"} if body is None else body, {**headers, **bearer})


def test_impersonation(google, account):
    value = impersonates(google, google.issue_token()).json()
    assert value.keys() == {"accessToken", "expireTime"}
    assert 3590 < parsed_time(value["expireTime"]) - time.time() <= 3600
    assert send(google, VERTEX, said("hi"), {"authorization": f"Bearer {value['accessToken']}"}).status == 200
    unescaped = IMPERSONATE.replace("%40", "@")
    assert impersonates(google, google.issue_token(), {"scope": [CLOUD]}, unescaped).status == 200


def parsed_time(text):
    return time.mktime(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ")) - time.timezone


# name: (facts of the caller's token, body, path, headers, status)
IMPERSONATIONS = {
    "no such token": (None, None, IMPERSONATE, JSON, 401),
    "an expired token": ({"expires_in": -1}, None, IMPERSONATE, JSON, 401),
    "narrow scopes": ({"scopes": [CLOUD.replace("cloud-platform", "pubsub")]}, None, IMPERSONATE, JSON, 403),
    "unknown account": ({}, None, IMPERSONATE.replace("robot", "nobody"), JSON, 403),
    "an account of others": ({}, None, IMPERSONATE.replace("robot", "guarded"), JSON, 403),
    "no scope": ({}, {}, IMPERSONATE, JSON, 400),
    "scope as a string": ({}, {"scope": CLOUD}, IMPERSONATE, JSON, 400),
    "a number of seconds": ({}, {"scope": [CLOUD], "lifetime": 3600}, IMPERSONATE, JSON, 400),
    "too long": ({}, {"scope": [CLOUD], "lifetime": "3601s"}, IMPERSONATE, JSON, 400),
    "unknown member": ({}, {"scope": [CLOUD], "email": "x"}, IMPERSONATE, JSON, 400),
    "a form": ({}, None, IMPERSONATE, FORM, 400),
    "no JSON": ({}, b"{", IMPERSONATE, JSON, 400),
    "an array": ({}, [], IMPERSONATE, JSON, 400),
}


@pytest.mark.parametrize("name", IMPERSONATIONS)
def test_bad_impersonation(google, account, name):
    facts, body, path, headers, status = IMPERSONATIONS[name]
    keys.service_account(google, "guarded@p.iam.gserviceaccount.com", actors=[account["client_email"]])
    token = "ya29.none" if facts is None else google.issue_token(**facts)
    reply = impersonates(google, token, body, path, headers)
    assert reply.status == status and reply.json()["error"]["code"] == status


def test_one_who_may_act(google, account):
    keys.service_account(google, "guarded@p.iam.gserviceaccount.com", actors=[account["client_email"]])
    token = asks(google, signed(account)).json()["access_token"]
    assert impersonates(google, token, path=IMPERSONATE.replace("robot", "guarded")).status == 200


# Hosts: Google's names answer for their own service only; any other name (a test's cluster) for all.


@pytest.mark.parametrize(
    ("host", "known"),
    [("oauth2.googleapis.com", True), ("sts.googleapis.com", False), ("gateway.test:8443", True)],
)
def test_hosts(google, account, host, known):
    reply = asks(google, signed(account), headers={**FORM, "host": host})
    assert reply.status == (200 if known else 404)


# Misbehaviour.


def metadata(google, **headers):
    return send(google, METADATA, None, {**FLAVOR, **headers}, "GET")


def test_behaviours_follow_one_another(google):
    google.behave("metadata", {"times": 1, "reset": True}, {"times": 2, "status": 500}, {"body": '{"access_tok'})
    assert metadata(google).reset
    assert [metadata(google).status for _ in range(2)] == [500, 500]
    assert [metadata(google).body for _ in range(2)] == [b'{"access_tok'] * 2
    google.behave("metadata")
    assert metadata(google).json()["token_type"] == "Bearer"
    assert google.services()["metadata"]["issued"] == 1


def test_members_and_lifetimes(google, account):
    google.behave("metadata", {"omit": ["expires_in"], "times": 1}, {"expires_in": 0, "headers": {"X-Odd": "1"}})
    assert metadata(google).json().keys() == {"access_token", "token_type"}
    dead = metadata(google)
    assert dead.json()["expires_in"] == 0 and dead.headers["x-odd"] == "1"
    refused = send(google, VERTEX, said("hi"), {"authorization": f"Bearer {dead.json()['access_token']}"})
    assert refused.status == 401 and refused.json()["error"]["details"][0]["reason"] == "ACCESS_TOKEN_EXPIRED"
    google.behave("iamcredentials", {"expires_in": 5})
    assert parsed_time(impersonates(google, google.issue_token()).json()["expireTime"]) - time.time() <= 5


def test_a_bad_request_is_refused_whatever_the_behaviour(google):
    google.behave("metadata", {"status": 503, "body": "busy"})
    assert send(google, METADATA, None, {}, "GET").status == 403
    assert (metadata(google).status, metadata(google).body) == (503, b"busy")


def test_slow(google):
    google.behave("metadata", {"delay": 0.3})
    begun = time.monotonic()
    assert metadata(google).status == 200 and time.monotonic() - begun >= 0.3


def test_held_until_released(google):
    google.behave("metadata", {"hold": True})
    replies = []
    asking = [threading.Thread(target=lambda: replies.append(metadata(google).status)) for _ in range(3)]
    for one in asking:
        one.start()
    until(lambda: google.services()["metadata"]["waiting"] == 3)
    assert not replies
    google.release("metadata")
    for one in asking:
        one.join(5)
    assert replies == [200] * 3 and google.services()["metadata"]["most"] == 3
    assert metadata(google).status == 200, "released stays released"


def until(ready):
    deadline = time.monotonic() + 5
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_clock(google, account):
    google.set_clock(900)
    reply = metadata(google)
    from_header = parsedate_to_datetime(reply.headers["date"]).timestamp()
    assert 890 < from_header - time.time() < 910
    assert asks(google, signed(account)).status == 200, "still within its hour"
    assert asks(google, signed(account, exp=ago(-600))).json()["error_description"].startswith(TIMEFRAME)
    google.set_clock(-900)
    assert asks(google, signed(account)).json()["error_description"].startswith(TIMEFRAME), "from the future"
    assert asks(google, signed(account, iat=ago(900), exp=ago(-2700))).status == 200
    assert parsedate_to_datetime(send(google, PLAIN, said("hi"), KEY).headers["date"]).timestamp() < time.time() - 890


def test_revoked(google):
    bearer = {"authorization": f"Bearer {google.issue_token()}"}
    assert send(google, VERTEX, said("hi"), bearer).status == 200
    google.revoke_tokens()
    assert send(google, VERTEX, said("hi"), bearer).status == 401
    assert send(google, VERTEX, said("hi"), {"authorization": "Bearer test-token"}).status == 200


@pytest.mark.parametrize(
    ("service", "behaviour"),
    [
        ("oauth", {}),
        ("oauth2", {"times": 0}),
        ("oauth2", {"statuss": 500}),
        ("oauth2", {"status": "500"}),
        ("oauth2", {"delay": -1}),
        ("oauth2", {"omit": "expires_in"}),
        ("oauth2", []),
    ],
)
def test_misuse_is_told(google, service, behaviour):
    with pytest.raises(FakeError):
        google.behave(service, behaviour)


@pytest.mark.parametrize("account", [{"keys": {"1": "no PEM"}}, {"key": {}}, []])
def test_bad_accounts_are_told(google, account):
    with pytest.raises(FakeError):
        google.register_account("x@p.iam.gserviceaccount.com", account)


def test_key_files(google, account):
    assert account["type"] == "service_account" and account["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    made = keys.impersonated_service_account(account, "robot@p.iam.gserviceaccount.com")
    assert made["source_credentials"] is account and json.dumps(made)
    wif = keys.external_account(google, {"environment_variable": "TOKEN"}, impersonate=account["client_email"])
    assert wif["credential_source"] == {"environment_variable": "TOKEN"}
    assert wif["service_account_impersonation_url"].endswith("robot@p.iam.gserviceaccount.com:generateAccessToken")
