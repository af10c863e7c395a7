"""Start the fake from a test and steer it through its control plane. Standard library only."""

import json
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

E2E = Path(__file__).resolve().parent.parent
READY = "listening on "


class FakeError(RuntimeError):
    """The control plane refused; the text is its reason."""


class Fake:
    """A running fake Google. `with Fake() as fake:` or `fake.close()` ends its process.

    `cert` and `key` are PEM files: with them the fake speaks TLS only. `api_key` is the key it accepts, `token` the
    OAuth access token. `host` is what it listens on (0.0.0.0 for containers).
    """

    def __init__(self, port=0, cert=None, key=None, api_key="test-key", token="test-token", host="127.0.0.1"):
        command = [sys.executable, "-m", "fake_google", "--tied", "--host", host, "--port", str(port)]
        command += ["--api-key", api_key, "--token", token]
        if cert:
            command += ["--tls-cert", str(cert), "--tls-key", str(key)]
        self.api_key, self.token, self.tls = api_key, token, bool(cert)
        self._process = subprocess.Popen(command, cwd=E2E, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        if not line.startswith(READY):
            self.close()
            raise FakeError(f"the fake Google did not start: {line!r}")
        self.port = int(line[len(READY) :])
        self.url = f"{'https' if cert else 'http'}://127.0.0.1:{self.port}"

    def put_scenario(self, id, scenario):
        """The reply to every valid generate request whose text holds `[[fake:id]]`; see `scenario.Scenario`."""
        self._control("PUT", f"scenarios/{urllib.parse.quote(id, safe='')}", scenario)

    def put_endpoint(self, id, model):
        """A Vertex endpoint that serves `model`; without, every number is a tuned gemini-2.5-flash."""
        self._control("PUT", f"endpoints/{urllib.parse.quote(id, safe='')}", {"model": model})

    def put_method(self, name, scenario):
        """The reply to the next request of Google's method `name` that has no marker, such as a GET or a list of texts;
        a `next` is for the one after it. Names are those of `surface.METHODS`: `listModels`, `embedContent`, ..."""
        self._control("PUT", f"methods/{name}", scenario)

    def put_models(self, **catalogue):
        """Which models are listed: `count=` at least so many, `page=` at most so many in one page; without either, as
        at the start."""
        self._control("PUT", "models", catalogue)

    def requests(self, scenario=None, service=None):
        """What was received, oldest first: `{n, method, path, headers, body, body_text, verdict, scenario, service,
        status, finished, aborted, tls}` each; only those that got the scenario `scenario` when it is given. Those of
        the token services are kept apart: `service` names one (`oauth2`, `metadata`, ...)."""
        wanted = {"scenario": scenario, "service": service}
        query = urllib.parse.urlencode({name: value for name, value in wanted.items() if value is not None})
        return self._control("GET", "requests?" + query)

    def wait_requests(self, ready, scenario=None, timeout=5.0):
        """The recorded requests, once `ready(requests)` holds. Raises `TimeoutError` showing the last state."""
        deadline = time.monotonic() + timeout
        while True:
            seen = self.requests(scenario)
            if ready(seen):
                return seen
            if time.monotonic() > deadline:
                raise TimeoutError(f"not reached within {timeout} s; recorded: {json.dumps(seen)[:2000]}")
            time.sleep(0.02)

    def clear(self):
        """Forget the recorded requests (scenarios and rules stay)."""
        self._control("DELETE", "requests")

    def open_gate(self, id):
        """Let the next event of the gated scenario `id` go; returns once it is written (or raises after 10 s)."""
        return self._control("POST", f"gate/{urllib.parse.quote(id, safe='')}")

    def rules(self, **switches):
        """Switch rule groups: `turn_rules=`, `signatures=`, `documented=`, each True or False."""
        return self._control("PUT", "rules", switches)

    def register_account(self, email, account):
        """A service account that exists: `{keys: {id: PEM}, actors?: [principal]}`; see `identity.keys`."""
        self._control("PUT", f"accounts/{urllib.parse.quote(email, safe='')}", account)

    def register_pool(self, pool):
        """A workload identity provider that exists; see `identity.keys.external_account`."""
        self._control("PUT", "pools", pool)

    def issue_token(self, **facts):
        """A new access token: `principal=`, `scopes=` (list), `expires_in=` (seconds)."""
        return self._control("POST", "tokens", facts)["access_token"]

    def revoke_tokens(self):
        """Every access token that is out becomes invalid (the static one does not)."""
        self._control("DELETE", "tokens")

    def set_clock(self, skew):
        """Google's clock is so many seconds ahead of ours."""
        self._control("PUT", "clock", {"skew": skew})

    def behave(self, service, *behaviours):
        """How a token service answers from now on: `identity.behaviour.Behaviour` as dicts, one after another."""
        self._control("PUT", f"services/{service}", list(behaviours))

    def release(self, service):
        """Let the requests go that the service holds (behaviour `hold`)."""
        self._control("POST", f"services/{service}")

    def services(self):
        """`{name: {requests, issued, refused, waiting, most}}` of the token services."""
        return self._control("GET", "services")

    def clear_services(self):
        """Counts of the token services from zero, and default behaviours."""
        self._control("DELETE", "services")

    def close(self):
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _control(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/_fake/{path}", data=data, method=method)
        # The test's own process talks to its own child: there is no certificate authority to check.
        context = ssl._create_unverified_context() if self.tls else None
        try:
            with urllib.request.urlopen(request, timeout=30, context=context) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            raise FakeError(f"{method} {path}: {error.code} {error.read().decode()}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
