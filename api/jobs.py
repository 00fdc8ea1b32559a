"""Jobs: what-ifs that a service works on, each in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from planner.manifests.manifest import Manifest
from planner.whatif.folder import HEAD, LINES
from planner.whatif.result import WHOLE

FILE, LOG, CANCELLED = "what-if.json", "log", "cancelled"
MOST = 4
"""Jobs at a time."""
PATIENCE = 10.0
"""Seconds that a job has to stop when the service does."""


State = Literal["running", "done", "cancelled", "failed"]


class JobState(Manifest):
    """failed: `problem` says why. done: scenarios; total, seconds_left: once the base is read, and some are done."""

    id: str
    name: str
    state: State
    done: int
    total: int | None = None
    seconds_left: float | None = None
    problem: str | None = None


@dataclass
class Jobs:
    """base: of every job, as a what-if names it. folder: where theirs are, which outlive the service. environment: what
    they find set, such as the database, which is not written down."""

    base: Mapping[str, str]
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, spec: Mapping[str, Any]) -> JobState | None:
        """None when as many are under way as there may be."""
        if sum(process.poll() is None for process in self._running.values()) >= MOST:
            return None
        identity = uuid.uuid4().hex[:12]
        here = self.folder / identity
        here.mkdir(parents=True)
        asked = dict(spec)
        at = asked.pop("at", None)
        base = {**self.base, **({"at": at} if at else {})}
        what_if = {"kind": "WhatIf", "metadata": {"name": name}, "spec": {**asked, "base": base}}
        (here / FILE).write_text(json.dumps(what_if), "utf-8")
        command = [sys.executable, "-m", "api.cli", "what-if", "run", str(here / FILE), "-o", str(here / "results")]
        with (here / LOG).open("wb") as log:
            self._running[identity] = subprocess.Popen(
                [*command, "--workers", str(self.workers), "--json"],
                stdout=subprocess.DEVNULL,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, **self.environment},
            )
        return self.state(identity)

    def state(self, identity: str) -> JobState:
        """Raises KeyError."""
        here = self._here(identity)
        results, process = here / "results", self._running.get(identity)
        running = process is not None and process.poll() is None
        done, total = _lines(results / LINES), _total(results / HEAD)
        whole = total is not None and done >= total and (results / WHOLE).exists()
        ended: State = "cancelled" if (here / CANCELLED).exists() or (results / WHOLE).exists() else "failed"
        state: State = "running" if running else "done" if whole else ended
        return JobState(
            id=identity,
            name=json.loads((here / FILE).read_text("utf-8"))["metadata"]["name"],
            state=state,
            done=done,
            total=total,
            seconds_left=_left(results / HEAD, done, total) if running else None,
            problem=(here / LOG).read_text("utf-8", "replace").strip() if state == "failed" else None,
        )

    def every(self) -> list[JobState]:
        names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        return [self.state(name) for name in names if (self.folder / name / FILE).exists()]

    def cancel(self, identity: str) -> JobState:
        """What is done stays. Raises KeyError."""
        self._here(identity)
        process = self._running.get(identity)
        if process is not None and process.poll() is None:
            (self.folder / identity / CANCELLED).touch()
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(PATIENCE)
        return self.state(identity)

    def result(self, identity: str) -> Path:
        """Its file, which is there once it has ended. Raises KeyError."""
        return self._here(identity) / "results" / WHOLE

    def close(self) -> None:
        for identity in list(self._running):
            self.cancel(identity)
        for process in self._running.values():
            if process.poll() is None:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _here(self, identity: str) -> Path:
        here = self.folder / identity
        if not re.fullmatch(r"[0-9a-f]{12}", identity) or not (here / FILE).exists():
            raise KeyError(identity)
        return here


def _left(head: Path, done: int, total: int | None) -> float | None:
    """Seconds, if it goes on as since the base was read."""
    if not done or total is None:
        return None
    return round((time.time() - head.stat().st_mtime) / done * (total - done), 1)


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except FileNotFoundError:
        return 0


def _total(head: Path) -> int | None:
    try:
        total: int = json.loads(head.read_text("utf-8"))["total"]
    except (FileNotFoundError, ValueError):
        return None
    return total
