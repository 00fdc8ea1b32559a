"""The real server in a process of its own: `bayplan serve` on a free loopback port."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STARTS_WITHIN = 300.0
"""Seconds. A first start after installation compiles; others take two."""
STOPS_WITHIN = 10.0


@dataclass(frozen=True, slots=True)
class Service:
    """log: what it writes to stderr."""

    url: str
    process: subprocess.Popen[str]
    log: Path


@contextmanager
def service(world: Path | None, *options: str) -> Iterator[Service]:
    """A server over the world, or over the books of `--database`, from when it listens; stopped at the end. Whoever
    asks may do everything.

    Raises RuntimeError when it does not start."""
    over = [] if world is None else [str(world)]
    command = [sys.executable, "-m", "api.cli", "serve", *over, "--insecure", "--port", "0", "--json", *options]
    with tempfile.NamedTemporaryFile("w", prefix="bayplan-log-") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        with _stopped_at_the_end(process, Path(log.name)) as running:
            yield running


@contextmanager
def _stopped_at_the_end(process: subprocess.Popen[str], log: Path) -> Iterator[Service]:
    watchdog = threading.Timer(STARTS_WITHIN, process.kill)
    watchdog.start()
    try:
        assert process.stdout is not None
        told = process.stdout.readline()  # one line, once it listens; nothing when it ends before
        watchdog.cancel()
        if not told.startswith('{"url"'):
            said = f"{told}{process.communicate()[0]}{log.read_text()}"
            raise RuntimeError(f"the server did not start within {STARTS_WITHIN:.0f} s: {said}")
        yield Service(json.loads(told)["url"], process, log)
    finally:
        watchdog.cancel()
        _stop(process)


def _stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.communicate(timeout=STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
