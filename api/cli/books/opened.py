"""Opens the books for a command; what they refuse is told with what is missing, and ends it with exit code 3."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.files import read_text
from api.cli.terminal import aside, exits, machines
from api.cli.there import here_only

if TYPE_CHECKING:
    from planner.ledger.books import Books, By
    from planner.ledger.refused import Refused
    from planner.manifests.application import Application

REFUSED = 3
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        envvar="BAYPLAN_DATABASE",
        help="Where the books are: a file, or postgresql://...",
        show_default="bayplan.db",
    ),
]
Key = Annotated[str | None, typer.Option("--key", metavar="KEY", help="Of idempotency: a repeat books nothing twice.")]
Actor = Annotated[str | None, typer.Option("--actor", metavar="NAME", help="Who does it.", show_default="you")]


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


@contextmanager
def opened(database: str | None, as_json: bool) -> Iterator[Books]:
    """Bad input ends with exit code 2, what the books refuse with 3; all is told."""
    here_only()
    from planner.ledger.books import Books
    from planner.ledger.refused import Refused
    from planner.store.settings import Settings

    with exits(as_json):
        books = Books.open(Settings(database=database) if database else Settings(), now)
        try:
            yield books
        except Refused as refused:
            _tell(refused, as_json)
            raise typer.Exit(REFUSED) from refused
        finally:
            books.close()


def by(actor: str | None, key: str | None = None, *request: object) -> By:
    from planner.ledger.answer import digest
    from planner.ledger.books import By

    return By(actor or getpass.getuser(), key, digest(*map(str, request)))


def done(books: Books, who: By, do: Callable[[], Any]) -> dict[str, Any]:
    from planner.ledger.answer import once

    return once(books, who, do)


def applications_of(file: Path, books: Books) -> tuple[Application, ...]:
    """Raises InvalidInput with everything that is wrong with the file."""
    from planner.manifests.errors import InvalidInput
    from planner.manifests.references import validate
    from planner.worlds.applications import read_manifests

    found = read_manifests(read_text(file), str(file))
    snapshot = books.picture().snapshot
    known = found.broken | set(snapshot.applications)
    if problems := [*found.problems, *validate(found.applications, snapshot.inventory, known, found.sources)]:
        raise InvalidInput(problems)
    return tuple(found.applications)


def problem(refused: Refused) -> dict[str, Any]:
    """As JSON has it."""
    from planner.manifests.instants import told
    from planner.manifests.quantities import written

    content: dict[str, Any] = {"code": refused.code, "detail": refused.detail}
    if (why := refused.explanation) is not None:
        content["shortfall"] = {name: written(name, amount) for name, amount in why.shortfall.items()}
        content["explanation"] = {
            "fits": why.fits,
            "when": None if why.when is None else told(why.when),
            "reasons": list(why.reasons),
            "helps": list(why.helps),
        }
    return content


def _tell(refused: Refused, as_json: bool) -> None:
    if as_json:
        machines(problem(refused))
    console = aside()
    console.print(f"refused, {refused.code}: {refused.detail}", soft_wrap=True, markup=False, style="red")
    for helps in refused.explanation.helps if refused.explanation else ():
        console.print(f"  {helps}", soft_wrap=True, markup=False)
