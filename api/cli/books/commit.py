"""`bayplan commit`, `promote` and `replay`: plans on the books become bookings, and are made again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.cli.books.opened import Actor, Database, Key, applications_of, by, done, opened
from api.cli.books.show import show
from api.cli.files import read_text
from api.cli.progress import searching
from api.cli.terminal import examples, machines, people
from api.cli.there import answered, manifests_of
from api.cli.worlds import AsJson
from planner.plans.words import many

if TYPE_CHECKING:
    from api.client import Client
    from api.client.calls import Talks
    from planner.plans.plan import SolveOptions

PlanName = Annotated[str, typer.Argument(metavar="PLAN", help="Name of a plan that was made on the books.")]
File = Annotated[Path | None, typer.Option("-f", "--file", metavar="FILE", help="Applications to place.")]
Limit = Annotated[float, typer.Option("--time-limit", metavar="SECONDS", help="Search no longer than this.")]
Moves = Annotated[int, typer.Option(metavar="N", min=0, help="Let so many running instances move.")]
Retry = Annotated[
    int | None,
    typer.Option(metavar="N", min=0, help="Plan again after so many lost races.", show_default="3, for PLAN 0"),
]
COMMIT = examples(
    ("bayplan commit -f more.yaml", "plan on the books of now, and book it at once"),
    ("bayplan commit 5f2c9a01b7de", "book a plan of bayplan solve, if it still holds"),
    ("bayplan commit 5f2c9a01b7de --retry 3", "or plan anew, where others were faster"),
    ("bayplan commit -f more.yaml --key order-17 --json", "a repeat answers the same and books nothing"),
    ("bayplan commit -f more.yaml --moves 20", "up to 20 instances that run may give way"),
)
PROMOTE = examples(
    ("bayplan promote 5f2c9a01b7de --name autumn", "keep the room of a plan, exactly as it stands"),
    ("bayplan promote 5f2c9a01b7de --name autumn --end 2027-01-01T00:00:00Z", "until then"),
)
REPLAY = examples(("bayplan replay 5f2c9a01b7de", "the same plan from the books of then? exit code 0: yes, 1: no"))


def options(time_limit: float, moves: int = 0) -> SolveOptions:
    """Raises InvalidInput."""
    from planner.manifests.documents import Source
    from planner.manifests.validation import parse
    from planner.plans.plan import SolveOptions

    return parse(SolveOptions, {"timeLimit": time_limit, "moves": moves}, Source("options"))


def commit(
    plan: Annotated[str | None, typer.Argument(metavar="PLAN", help="A plan that was made before.")] = None,
    file: File = None,
    time_limit: Limit = 10.0,
    moves: Moves = 0,
    retry: Retry = None,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Book a plan: its instances run from now on. All of it is booked, or nothing.

    With applications of a file, they are planned on the books of now. The tenant's matching reservations are used
    first. What does not fit is refused at once, with what is missing, and exit code 3; so is a plan that others have
    overtaken (plan.stale), unless --retry lets its applications be planned again.
    """
    if (plan is None) == (file is None):
        raise typer.BadParameter("expected either PLAN or --file")
    races = (0 if file is None else 3) if retry is None else retry
    if (
        told := answered(lambda ask: _there(ask, plan, file, options(time_limit, moves), races, key), as_json)
    ) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger import commit as ledger

        if plan is not None:
            who = by(actor, key, "commit", plan)
            show(done(books, who, lambda: ledger.commit_plan(books, plan, who, retries=races)), as_json)
        elif file is not None:
            applications = applications_of(file, books)
            who = by(actor, key, "commit", read_text(file), moves)
            given = options(time_limit, moves)
            with searching() as progress:
                answer = done(
                    books,
                    who,
                    lambda: ledger.commit(books, applications, given, who, retries=races, show=progress),
                )
            show(answer, as_json)


def _there(
    ask: type[Client],
    plan: str | None,
    file: Path | None,
    search: SolveOptions,
    retry: int,
    key: str | None,
) -> Talks[Any]:
    if file is None and retry:
        raise typer.BadParameter("a service books PLAN as it is: --retry is for --file, or for books that are here")
    if file is None:
        return ask.commit(plan or "", key=key)
    return ask.book(manifests_of(file), search, retry=retry, key=key)


def promote(
    plan: PlanName,
    name: Annotated[str, typer.Option(metavar="NAME", help="Of the reservation.")],
    targeted: Annotated[bool, typer.Option("--targeted", help="Only for applications that name it.")] = False,
    end: Annotated[str | None, typer.Option(metavar="INSTANT", help="When it ends.", show_default="never")] = None,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Make a plan a reservation: its room is kept, exactly as it stands, and nothing runs yet."""
    match = "targeted" if targeted else "open"
    if (told := answered(lambda ask: ask.promote(plan, name, match=match, end=end, key=key), as_json)) is not None:
        show(told, as_json)
        return
    with opened(database, as_json) as books:
        from api.cli.books.given import instant_of
        from planner.ledger import reserve as ledger
        from planner.manifests.instants import FOREVER

        until = FOREVER if end is None else instant_of("end", end)
        who = by(actor, key, "promote", plan, name, match, end)
        show(done(books, who, lambda: ledger.promote(books, plan, name, who, match=match, end=until)), as_json)


def replay(plan: PlanName, database: Database = None, as_json: AsJson = False) -> None:
    """Make a plan of the past again, from the books of its generation and by its effort.

    Exit code 0: it is the same plan, 1: it is not.
    """
    with opened(database, as_json) as books:
        from planner.ledger.replay import replay as again

        found = again(books, plan)
        if as_json:
            made = found.again.model_dump(mode="json", by_alias=True, exclude_none=True)
            machines({"same": found.same, "version": found.version, "here": found.here, "plan": made})
        else:
            placed = many(sum(row.instances for row in found.again.placements), "instance")
            people().print(f"{'the same plan' if found.same else 'another plan'}: {placed} placed")
    if not found.same:
        raise typer.Exit(1)
