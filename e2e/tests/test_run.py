"""`make run` as a newcomer meets it: what it prints works when pasted, and ctrl-C leaves nothing behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from envoy import ROOT

READY = "Ctrl-C stops it."


@pytest.fixture
def running():
    """run.py against the fake, as the leader of its own process group: (process, everything it printed until ready)."""
    command = [sys.executable, "-u", "e2e/run.py", "--port", "0", "--admin-port", "0"]
    environment = {k: v for k, v in os.environ.items() if k != "GEMINI_API_KEY"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, process_group=0,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:
        guard = threading.Timer(60, process.kill)
        guard.start()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if line.startswith(READY):
                break
        guard.cancel()
        try:
            yield process, "".join(lines)
        finally:
            process.terminate()


def paste(printed, start):
    """Runs the one printed snippet that begins with `start` in a shell: what it wrote."""
    (snippet,) = (block for block in printed.split("\n\n") if block.startswith(start))
    done = subprocess.run(["bash", "-ec", snippet], cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return done.stdout


def port_of(printed):
    return int(printed.split("http://localhost:")[1].split(",")[0])


def test_printed_curl_gets_an_answer(running):
    answer = json.loads(paste(running[1], "curl http"))
    assert answer["choices"][0]["message"]["content"]


def test_printed_streaming_curl_gets_chunks(running):
    events = [line for line in paste(running[1], "curl -N").splitlines() if line]
    assert len(events) > 2
    assert all(line.startswith("data: ") for line in events)
    assert events[-1] == "data: [DONE]"


def test_printed_python_gets_an_answer(running):
    python = os.path.relpath(sys.executable, ROOT)
    assert paste(running[1], f"{python} - <<").strip()


def test_ctrl_c_stops_everything(running):
    process, printed = running
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stdout.read()
    assert process.wait(10) == 0
    assert "Traceback" not in printed + rest
    listening = ["bash", "-c", f"</dev/tcp/127.0.0.1/{port_of(printed)}"]
    deadline = time.monotonic() + 5
    while subprocess.run(listening, capture_output=True).returncode == 0:
        assert time.monotonic() < deadline, "Envoy still listens"
        time.sleep(0.1)


def test_port_in_use_is_said(running):
    command = [sys.executable, "e2e/run.py", "--port", str(port_of(running[1]))]
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30)
    assert second.returncode == 1
    assert "is in use" in second.stderr
