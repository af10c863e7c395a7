"""`make run`: Envoy with the shipped configuration on :10000, in front of Google or of the fake.

Google's when GEMINI_API_KEY is set, else a fake Google (TLS, with a test certificate) started beside it.
Runs until ctrl-C; `--port` and `--admin-port` choose other ports (0: the system does).
"""

import argparse
import contextlib
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import certificates
from envoy import Envoy, default_wasm
from fake_google.launch import Fake
from servers import ServerFailed

MODEL = "gemini-2.5-flash"
SNIPPETS = """Try it, in another terminal:

curl {url}/v1/chat/completions -H 'content-type: application/json' -d '
  {{"model": "{model}", "messages": [{{"role": "user", "content": "Say hello."}}]}}'

The same as a stream:

curl -N {url}/v1/chat/completions -H 'content-type: application/json' -d '
  {{"model": "{model}", "stream": true, "messages": [{{"role": "user", "content": "Say hello."}}]}}'

With OpenAI's Python SDK:

{python} - <<'EOF'
from openai import OpenAI
client = OpenAI(base_url="{url}/v1", api_key="unused")
reply = client.chat.completions.create(
    model="{model}", messages=[{{"role": "user", "content": "Say hello."}}])
print(reply.choices[0].message.content)
EOF

Ctrl-C stops it.
"""


def relative(path: Path) -> str:
    """The path as seen from the current folder, when it is below it."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def occupied(port: int) -> bool:
    """Whether something listens on 127.0.0.1:`port` already."""
    with socket.socket() as probe:
        return port != 0 and probe.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def gateway(port: int, admin_port: int) -> Iterator[tuple[Envoy, str]]:
    """Envoy, and the fake unless there is a key for Google: (Envoy, what it talks to)."""
    with contextlib.ExitStack() as stack:
        ports = {"port": port, "admin_port": admin_port}
        if os.environ.get("GEMINI_API_KEY"):
            yield stack.enter_context(Envoy(**ports)), "Google, with your GEMINI_API_KEY"
            return
        issued = certificates.issue(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        fake = stack.enter_context(Fake(cert=issued.cert, key=issued.key))
        key = {"GEMINI_API_KEY": fake.api_key}
        envoy = stack.enter_context(Envoy(upstream=fake.port, ca=issued.ca, env=key, **ports))
        yield envoy, f"a fake Google on port {fake.port} (for the real one: GEMINI_API_KEY=... make run)"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=10000)
    parser.add_argument("--admin-port", type=int, default=9901)
    options = parser.parse_args()
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stopped.set())
    if not default_wasm().exists():
        print(f"{default_wasm()} is missing: make wasm", file=sys.stderr)
        return 1
    for port in (options.port, options.admin_port):
        if occupied(port):
            print(f"Port {port} is in use: stop that program, or see e2e/run.py --help.", file=sys.stderr)
            return 1
    try:
        with gateway(options.port, options.admin_port) as (envoy, target):
            url = f"http://localhost:{envoy.port}"
            print(f"\nEnvoy {envoy.version} with the filter is ready on {url}, admin on {envoy.admin}.")
            print(f"It talks to {target}.")
            print(f"Its configuration and log: {relative(envoy.dir)}\n")
            print(SNIPPETS.format(url=url, model=MODEL, python=relative(Path(sys.executable))), flush=True)
            while not stopped.wait(0.5):
                if not envoy.alive():
                    print(f"Envoy ended:\n{envoy.log()[-4000:]}", file=sys.stderr)
                    return 1
    except ServerFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    print("\nStopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
