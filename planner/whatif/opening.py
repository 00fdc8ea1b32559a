"""Opening: the YAML text of a what-if to its base and its scenarios, or every problem that is in it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import blake2b
from pathlib import Path

from planner.inventory.snapshot import Snapshot
from planner.ledger.books import Books
from planner.manifests.documents import Source, only
from planner.manifests.instants import milliseconds
from planner.manifests.validation import parse
from planner.store.settings import Settings
from planner.whatif.base import Base
from planner.whatif.manifest import Asked, WhatIf
from planner.whatif.reserved import Reserved
from planner.whatif.scenarios import Scenario, scenarios
from planner.worlds.read import read


@dataclass(frozen=True, slots=True)
class Job:
    """digest: of the base and of all scenarios: two jobs of one digest find out the same."""

    name: str
    base: Base
    scenarios: list[Scenario]
    digest: str


def opened(text: str, file: str, folder: Path) -> Job:
    """folder: where relative paths begin. Raises InvalidInput."""
    document = only(text, file, "one WhatIf")
    what_if = parse(WhatIf, document.data, document.source)
    base = _base(what_if, folder)
    return job(what_if.metadata.name, base, what_if.spec, document.source.inside("spec", "scenarios"))


def job(name: str, base: Base, asked: Asked, source: Source) -> Job:
    """source: of the entries. Raises InvalidInput."""
    every = scenarios(asked, base.snapshot, source)
    return Job(name, base, every, digest(base, every))


def digest(base: Base, every: list[Scenario]) -> str:
    text = blake2b(base.digest.encode(), digest_size=12)
    for each in every:
        changes = [change.model_dump_json(exclude_none=True) for change in each.changes]
        text.update(repr((each.name, changes, each.replan, each.moves, each.effort, each.seed)).encode())
    return text.hexdigest()


def _base(what_if: WhatIf, folder: Path) -> Base:
    given = what_if.spec.base
    if given.world is not None:
        return of_world(folder / given.world, given.at, what_if.spec.shape)
    return of_books(given.books or "", given.at, what_if.spec.shape)


def of_world(folder: Path, at: datetime | None, shape: Mapping[str, int]) -> Base:
    world = read(folder)
    snapshot = Snapshot.of(world, at or datetime.now(UTC).replace(microsecond=0))
    return Base.of(snapshot, world.applications, shape)


def of_books(database: str, at: datetime | None, shape: Mapping[str, int]) -> Base:
    """From then on: what ends before takes nothing. The books are only read."""
    books = Books.open(Settings(database=database) if database else Settings(), lambda: time.time_ns() // 1_000_000)
    try:
        begin = milliseconds(at) if at else books.clock()
        picture = books.seen()
        return Base.of(picture.view(begin), (), shape, Reserved.of(picture, begin))
    finally:
        books.close()
