"""Jobs: what-ifs that a service works on, each in a process and a folder of its own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from planner.manifests.manifest import Manifest
from planner.whatif.folder import LINES
from planner.whatif.result import WHOLE

FILE, LOG, SCENARIOS = "what-if.json", "log", "scenarios.json"
MOST = 4
"""Jobs at a time."""
PATIENCE = 10.0
"""Seconds that a job has to stop when the service does."""


class JobState(Manifest):
    """status: running, done, cancelled, or failed, and `problem` says why. total: once the base is read."""

    what_if: str
    name: str
    status: str
    done: int
    total: int | None
    problem: str | None = None


@dataclass
class Jobs:
    """base: of every job, as a what-if names it. folder: where their folders are. They outlive the service."""

    base: Mapping[str, str]
    folder: Path
    workers: int = 1
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, spec: Mapping[str, Any]) -> JobState | None:
        """None when as many are under way as there may be."""
        if sum(process.poll() is None for process in self._running.values()) >= MOST:
            return None
        identity = uuid.uuid4().hex[:12]
        here = self.folder / identity
        here.mkdir(parents=True)
        what_if = {"kind": "WhatIf", "metadata": {"name": name}, "spec": {**spec, "base": self._base(spec)}}
        (here / FILE).write_text(json.dumps(what_if), "utf-8")
        command = [sys.executable, "-m", "api.cli", "what-if", "run", str(here / FILE), "-o", str(here / "results")]
        with (here / LOG).open("wb") as log:
            self._running[identity] = subprocess.Popen(
                [*command, "--workers", str(self.workers), "--json"],
                stdout=subprocess.DEVNULL,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        return self.state(identity)

    def _base(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        at = spec.get("base") or {}
        return {**self.base, **({"at": at["at"]} if at.get("at") else {})}

    def state(self, identity: str) -> JobState:
        """Raises KeyError."""
        here = self._here(identity)
        what_if = json.loads((here / FILE).read_text("utf-8"))
        done = _lines(here / "results" / LINES)
        total = _total(here / "results")
        process = self._running.get(identity)
        code = None if process is None else process.poll()
        status = "running" if process is not None and code is None else self._ended(here, code, done, total)
        problem = (here / LOG).read_text("utf-8", "replace").strip() if status == "failed" else None
        return JobState(
            what_if=identity, name=what_if["metadata"]["name"], status=status, done=done, total=total, problem=problem
        )

    def _ended(self, here: Path, code: int | None, done: int, total: int | None) -> str:
        if (here / "results" / WHOLE).exists():
            return "done" if total is not None and done >= total else "cancelled"
        return "cancelled" if code in (-signal.SIGINT, 130) else "failed"

    def every(self) -> list[JobState]:
        names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        return [self.state(name) for name in names if (self.folder / name / FILE).exists()]

    def cancel(self, identity: str) -> JobState:
        """What is done stays. Raises KeyError."""
        self._here(identity)
        process = self._running.get(identity)
        if process is not None and process.poll() is None:
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


def _lines(path: Path) -> int:
    try:
        with path.open("rb") as file:
            return sum(1 for _ in file)
    except FileNotFoundError:
        return 0


def _total(folder: Path) -> int | None:
    try:
        total: int = json.loads((folder / "job.json").read_text("utf-8"))["total"]
    except (FileNotFoundError, ValueError):
        return None
    return total
