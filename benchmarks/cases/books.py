"""The books: import, commit, start and news at full size; races for the last room; processes that are killed."""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np

from benchmarks.books.kills import Kills, kill
from benchmarks.books.races import race
from benchmarks.books.world import ME, application, fresh, now, opened
from benchmarks.cases.base import Case, positive
from benchmarks.figures import Figure, Outcome, Target
from benchmarks.postgres import Server, postgres, server
from benchmarks.run import tell
from planner.inventory.inventory import Inventory
from planner.ledger import stock
from planner.ledger.book import allocation, book
from planner.ledger.books import Books
from planner.ledger.decide import decide
from planner.ledger.follow import following
from planner.plans.plan import SolveOptions
from planner.worlds.generate import GenerateOptions, generate

Found = TypeVar("Found")
SMALL = 50
PARTS = ("speed", "races", "kills")


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--part", choices=PARTS, action="append", help="only this part (all of them)")
    parser.add_argument("--servers", type=positive, metavar="N", default=100_000, help="of the large books (100,000)")
    parser.add_argument("--commits", type=positive, metavar="N", default=10, help="plans of 1,000 instances (10)")
    parser.add_argument("--clients", type=positive, metavar="N", default=16, help="in each of 4 processes (16)")
    parser.add_argument("--kills", type=positive, metavar="N", default=50, help="on each database (50)")
    parser.add_argument("--database", metavar="URL", help="an empty PostgreSQL, instead of one of its own")


def run(args: argparse.Namespace) -> Outcome:
    outcome, parts = Outcome(), args.part or PARTS
    for part, measure in (("speed", _speed), ("races", _races), ("kills", _kills)):
        if part in parts:
            with ExitStack() as stack:
                url = args.database or stack.enter_context(postgres())
                folder = Path(stack.enter_context(TemporaryDirectory()))
                measure(args, url, folder, outcome)
    return outcome


def _speed(args: argparse.Namespace, url: str, _: Path, outcome: Outcome) -> None:
    tell(f"books: generate {args.servers:,} servers")
    made = generate(GenerateOptions(sites=max(args.servers // 100, 1), servers=args.servers, load=0.5, seed=1))
    fresh(url)
    books = opened(url)
    imported = _timed(lambda: stock.import_inventory(books, _bare(made.inventory), ME, "benchmark"))
    _say(outcome, "import of sites and servers, s", imported, 30.0)
    running = _timed(lambda: stock.import_world(books, made, ME))
    outcome.figures.append(Figure("books", "postgresql", f"booking {len(made.allocations):,} placements, s", running))
    books.close()
    books = opened(url)
    first = _timed(lambda: decide(books.picture(), [application("first", 4, 10)], SolveOptions(), now(), "me"))
    _say(outcome, "start to first answer, s", first, 10.0)
    commits = [_commit(books, f"commit-{number}") for number in range(args.commits)]
    _say(outcome, "commit of 1,000 instances, median ms", 1000 * float(np.median(commits)), 300.0)
    outcome.figures.append(Figure("books", "postgresql", "commit of 1,000 instances, max ms", 1000 * max(commits)))
    _small(books, outcome)
    _say(outcome, "a site's state in another process, s", _news(url, books), 1.0)
    books.close()


def _bare(inventory: Inventory) -> Inventory:
    return Inventory(inventory.sites, inventory.servers, inventory.resources)


def _commit(books: Books, name: str) -> float:
    """Seconds to book a plan that is made already."""
    picture = books.picture()
    wanted = application(name, 2, 1000)
    decision = decide(picture, [wanted], SolveOptions(time_limit=2.0), now(), "me")
    return _timed(lambda: book(books, picture, decision, allocation(decision), ME))


def _small(books: Books, outcome: Outcome) -> None:
    """Processor time of this process for bookings of 10 instances, step by step."""
    spent = dict.fromkeys(("picture", "plan", "book"), 0.0)

    def timed(step: str, do: Callable[[], Found]) -> Found:
        begin = time.process_time()
        found = do()
        spent[step] += time.process_time() - begin
        return found

    for number in range(SMALL):
        picture = timed("picture", books.picture)
        wanted = [application(f"small-{number}", 2, 10)]
        decision = timed("plan", partial(decide, picture, wanted, SolveOptions(time_limit=2.0), now(), "me"))
        timed("book", partial(book, books, picture, decision, allocation(decision), ME))
    for step, seconds in spent.items():
        measure = f"booking 10 instances, processor ms of its {step}"
        outcome.figures.append(Figure("books", "postgresql", measure, 1000 * seconds / SMALL))


def _news(url: str, books: Books) -> float:
    """Seconds from a change to its being seen by another picture. (Another process: here another connection, with a
    picture and a thread of its own.)"""
    other = opened(url)
    with following(other):
        while other.latest is None or other.latest.generation < books.picture().generation:
            time.sleep(0.05)
        site = books.picture().snapshot.inventory.sites.name[0]
        usable = int(other.latest.snapshot.usable.sum())
        seen = threading.Event()

        def watch() -> None:
            while other.latest and int(other.latest.snapshot.usable.sum()) == usable:
                time.sleep(0.005)
            seen.set()

        threading.Thread(target=watch, daemon=True).start()
        with books.unit(ME) as unit:
            stock.write_state(unit, "draining", site=site)
        seconds = _timed(lambda: seen.wait(60))
    other.close()
    return seconds


def _races(args: argparse.Namespace, url: str, _: Path, outcome: Outcome) -> None:
    tell(f"books: {4 * args.clients} clients in 4 processes race for one site")
    found = race(url, processes=4, clients=args.clients, servers=100)
    for measure, value in (("sold", found.sold), ("acknowledged", found.acknowledged), ("capacity", found.capacity)):
        outcome.figures.append(Figure("race", "postgresql", measure, value))
    outcome.figures.append(Figure("race", "postgresql", "longest wait, s", found.longest))
    outcome.figures.append(Figure("race", "postgresql", "bookings a second", found.sold / found.seconds))
    text = f"{4 * args.clients} clients in 4 processes: exactly the capacity is sold"
    outcome.targets.append(Target(text, f"{found.sold} of {found.capacity}", found.sound))


def _kills(args: argparse.Namespace, url: str, folder: Path, outcome: Outcome) -> None:
    for method, where in (("sqlite", f"sqlite:///{folder}/books.db"), ("postgresql", url)):
        _killed(args, method, "who books", where, None, outcome)
    with server() as made:
        _killed(args, "postgresql", "the database itself", made.url, made, outcome)


def _killed(args: argparse.Namespace, method: str, who: str, url: str, made: Server | None, outcome: Outcome) -> None:
    tell(f"books: kill -9 {who}, {args.kills} times, on {method}")
    found: Kills = kill(url, args.kills, server=made)
    outcome.figures.append(Figure("kills", f"{method}, {who}", "acknowledged operations", found.acknowledged))
    text = f"{method}, {args.kills} times kill -9 of {who}: the books balance, nothing acknowledged is lost"
    told = f"{found.unsound} unsound, {len(found.lost)} lost"
    outcome.targets.append(Target(text, told, not found.unsound and not found.lost))


def _say(outcome: Outcome, measure: str, value: float, most: float) -> None:
    outcome.figures.append(Figure("books", "postgresql", measure, value))
    outcome.targets.append(Target(f"{measure}: at most {most:g}", f"{value:.2f}", value <= most))


def _timed(do: object) -> float:
    assert callable(do)
    begin = time.perf_counter()
    do()
    return time.perf_counter() - begin


CASE = Case(
    "books",
    "the books on PostgreSQL: speed at 100,000 servers, races for the last room, and kill -9",
    (
        ("", "all of it, some ten minutes"),
        ("--part speed --servers 20000", "import, first answer, commits and news"),
        ("--part kills --kills 50", "who books, on SQLite and PostgreSQL, and PostgreSQL itself"),
    ),
    _options,
    run,
)
