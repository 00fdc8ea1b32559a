"""`bayplan serve`: the HTTP API over a world, or over the books."""

from __future__ import annotations

import socket
import tempfile
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli.books.opened import Database, now
from api.cli.progress import waiting
from api.cli.terminal import examples, exits, machines, people
from api.cli.words import duration
from api.cli.worlds import AsJson, OptionalWorld
from planner.manifests.errors import InputProblem, InvalidInput

if TYPE_CHECKING:
    from api.jobs import Jobs
    from planner.inventory.world import World
    from planner.ledger.books import Books

EXAMPLES = examples(
    ("bayplan serve world --insecure", "http://127.0.0.1:8000, for whoever is on this machine; pages at /docs"),
    ("bayplan serve world --insecure --port 0 --json", "on a free port, told as JSON"),
    ("bayplan serve --database books.db", "over the books, for who has a key: see bayplan keys create"),
    ("bayplan serve --host 0.0.0.0 --port 80", "for other machines too"),
    ("bayplan serve --workers 8", "eight processes plan and book: two for single requests, six for batches"),
)


class LogFormat(StrEnum):
    auto = "auto"
    json = "json"
    text = "text"


class LogLevel(StrEnum):
    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


FORMATS = "auto (words on a terminal, else JSON), json or text."
LEVELS = "debug, info, warning or error: nothing below it."


def serve(
    world: OptionalWorld = None,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(metavar="PORT", min=0, max=65_535, help="0 takes a free one.")] = 8000,
    insecure: Annotated[
        bool, typer.Option("--insecure", help="Whoever asks may do everything; on a loopback address only.")
    ] = False,
    database: Database = None,
    workers: Annotated[
        int | None,
        typer.Option(
            metavar="N", min=1, show_default="two more than there are cores", help="Processes that plan and book."
        ),
    ] = None,
    log_format: Annotated[
        LogFormat, typer.Option(envvar="BAYPLAN_LOG_FORMAT", metavar="FORM", help=FORMATS)
    ] = LogFormat.auto,
    log_level: Annotated[
        LogLevel, typer.Option(envvar="BAYPLAN_LOG_LEVEL", metavar="LEVEL", help=LEVELS)
    ] = LogLevel.info,
    what_ifs: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep what-if jobs here.", show_default="until the service ends")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the HTTP API over a world, or over the books: /docs tells what it does. Ctrl-C stops it.

    Over a world POST /v1/solve plans, and nothing is booked. Without WORLD it works on the books, where plans,
    reservations and holds are booked. Callers show a key (bayplan keys create) or a token of the OIDC issuer that
    BAYPLAN_OIDC_JWKS, _ISSUER and _AUDIENCE name.

    The address is told once the server listens: the world is read and all is compiled by then. Its log goes to stderr,
    a line for each request; what it measures is at /metrics, and traces go where OTEL_EXPORTER_OTLP_ENDPOINT says.
    """
    with ExitStack() as stack:
        stack.enter_context(exits(as_json))
        at = stack.enter_context(bound(host, port))
        from api.cli.entrance import database_of, entrance
        from api.http.app import create_app
        from api.http.server import Server
        from api.observe.logs import configure
        from api.observe.traces import traces
        from api.observe.watch import Watch
        from api.workers.memory import settled
        from api.workers.pool import Pool
        from api.workers.start import default, zygote

        access = entrance(host, insecure, None if world else database_of(database))
        configure(log_format.value, log_level.value)
        settled()
        started = stack.enter_context(zygote(partial(_source, world, database), private=[at]))
        with waiting("read the world" if world else "read the books") as clock:
            started.ready()
        watch = Watch(traces=traces())
        stack.callback(watch.close)
        folder = what_ifs or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bayplan-")))
        app = create_app(Pool(started, workers or default(), watch=watch), access, jobs=_jobs(world, database, folder))
        what = str(world or "the books")

        def listening(url: str) -> None:
            if as_json:
                machines({"url": url, "docs": f"{url}/docs"})
            else:
                told = f"{what} on {url}, read in {duration(clock())}; pages at {url}/docs; Ctrl-C stops"
                people().print(told, soft_wrap=True)

        Server(app, listening).run(sockets=[at])


def _source(world: Path | None, database: str | None) -> World | Books:
    """What is served. Raises InvalidInput."""
    from api.cli.entrance import database_of

    if world is not None:
        from planner.worlds.read import read

        return read(world)
    from planner.ledger.books import Books

    return Books(database_of(database), now)


def _jobs(world: Path | None, database: str | None, folder: Path) -> Jobs:
    """On the same base. The database, with its password, is not written to their folders."""
    from api.jobs import Jobs
    from planner.store.settings import Settings

    if world is not None:
        return Jobs({"world": str(world.resolve())}, folder)
    return Jobs({"books": ""}, folder, {"BAYPLAN_DATABASE": database or Settings().database})


def bound(host: str, port: int) -> socket.socket:
    """Raises InvalidInput before anything is read when the address is not to be had."""
    from api.http.server import bind

    try:
        return bind(host, port)
    except OSError as error:
        found = f"{host}:{port} ({(error.strerror or str(error)).lower()})"
        raise InvalidInput([InputProblem("options", None, "host, port", found, "an address that is free")]) from error
