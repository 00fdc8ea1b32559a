"""`bayplan serve` as a process, asked by its URL."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile


@contextmanager
def serving(*options: str) -> Iterator[tuple[str, int]]:
    """(URL, process id) from when it listens; whoever asks may do everything. Raises RuntimeError when it does not
    start."""
    command = [sys.executable, "-m", "api.cli", "serve", "--insecure", "--port", "0", "--json", *options]
    with TemporaryFile("w+") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            assert process.stdout is not None
            told = process.stdout.readline()
            if not told.startswith('{"url"'):
                log.seek(0)
                raise RuntimeError(f"the service did not start: {log.read()}")
            yield json.loads(told)["url"], process.pid
        finally:
            process.terminate()
            process.wait(timeout=30)
