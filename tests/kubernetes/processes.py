"""Processes of ours, kept running as a kubelet would, and what should happen in them within a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
OUTAGE = float(os.environ.get("BAYPLAN_TEST_OUTAGE", "8"))
"""Seconds that what is down is down; a minute (60) takes a minute."""
SLOW = float(os.environ.get("BAYPLAN_TEST_PATIENCE", "90"))
"""Seconds after which something that should happen has not."""


def eventually(check: Callable[[], Any], what: str, within: float = SLOW) -> Any:
    """What `check` returns, once it is true. Raises AssertionError with what it said last."""
    end = time.monotonic() + within
    last: object = None
    while time.monotonic() < end:
        try:
            if last := check():
                return last
        except AssertionError as error:
            last = error
        time.sleep(0.1)
    raise AssertionError(f"not within {within:g} s: {what}; last: {last}")


class Process:
    """One of our programs, with what it prints in a file."""

    def __init__(self, name: str, folder: Path, *args: str, **environment: str) -> None:
        self.name, self.args, self.log = name, args, folder / f"{name}.log"
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
        self.process: subprocess.Popen[bytes] | None = None
        self._wanted = threading.Event()

    def start(self) -> None:
        """It is started again when it ends by itself, as a kubelet would."""
        self._wanted.set()
        self._launch()
        threading.Thread(target=self._keep, args=(self.process,), daemon=True).start()

    def kill(self) -> None:
        """At once, with all that it has started."""
        self._wanted.clear()
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def _launch(self) -> None:
        command = [sys.executable, "-m", *self.args]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    def _keep(self, process: subprocess.Popen[bytes]) -> None:
        while self._wanted.is_set() and self.process is process:
            if process.poll() is not None:
                self._launch()
                assert self.process is not None
                process = self.process
            time.sleep(0.2)

    def said(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""
