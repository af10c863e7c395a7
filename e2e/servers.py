"""A child process that serves: it writes stdout and stderr to one log file, is ready when a probe says so, and is
stopped by the one who started it (`with` does)."""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

E2E = Path(__file__).resolve().parent
RUN = E2E / ".run"


class ServerFailed(RuntimeError):
    """A server ended, or did not become ready; the message carries the end of its log."""


class Server:
    """One child process in its own folder `e2e/.run/<name>-XXXX/` with the log `<name>.log`."""

    def __init__(self, name: str) -> None:
        RUN.mkdir(exist_ok=True)
        self.name = name
        self.dir = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=RUN))
        self.log_file = self.dir / f"{name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def spawn(
        self, command: Sequence[str | Path], env: Mapping[str, str], ready: Callable[[], bool], timeout: float
    ) -> None:
        """Start `command` in the e2e folder and return once `ready()` is true.

        Raises ServerFailed when it ends first, or is not ready after `timeout` seconds.
        """
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                [str(word) for word in command], cwd=E2E, env=dict(env), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            )
        deadline = time.monotonic() + timeout
        while not ready():
            if self.process.poll() is not None:
                raise ServerFailed(f"{self.name} ended with status {self.process.returncode}:\n{self.log()[-4000:]}")
            if time.monotonic() > deadline:
                self.stop()
                raise ServerFailed(f"{self.name} was not ready after {timeout} s:\n{self.log()[-4000:]}")
            time.sleep(0.02)

    def log(self) -> str:
        """Everything it has written so far."""
        return self.log_file.read_text(errors="replace")

    def alive(self) -> bool:
        """Whether the process still runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End the process: by SIGTERM, after 5 s by SIGKILL. Its folder stays, for its log."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()
