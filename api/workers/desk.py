"""Desk: what work sees in a worker process: the snapshot or the books, who asked it to stop, and whom to tell."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from api.observe.made import Made
from planner.access.caller import Tenants
from planner.access.view import seen
from planner.inventory.snapshot import Snapshot
from planner.ledger.answer import Booked
from planner.ledger.books import Books
from planner.ledger.losses import Losses
from planner.plans.plan import Plan
from planner.plans.solve import Progress

SHOWN = 0.25
"""Seconds at least between two words of progress."""


class GivenUp(Exception):  # noqa: N818 - nobody waits for the answer any more
    """Ends work whose answer nobody will read."""


class Longer(Exception):  # noqa: N818 - it is done elsewhere
    """Ends work that takes too long for where it is done; it is begun again where long work is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """On what a process plans now. books: not on a world, where nothing is booked. losses: of them. changes: of them
    that this process, or what it was forked from, has followed."""

    books: bool
    generation: str
    sites: int
    servers: int
    losses: Losses
    changes: int


@dataclass
class Desk:
    """source: books, or the snapshot of a world, on which nothing is booked. stopped: whether the work at hand is to
    end with what it has; gone: whether it is to end at once, as nobody waits for it. tell: progress, for who asked.
    committing: to be called before the books are written. patience: seconds of the processor that the work at hand may
    take here (on a busy machine everything takes long); worked: those of the process when it was begun. begun: when,
    by the monotonic clock. made: plans of it, as they are counted."""

    source: Books | Snapshot
    stopped: Callable[[], bool] = lambda: False
    gone: Callable[[], bool] = lambda: False
    committing: Callable[[], None] = lambda: None
    tell: Callable[[str], None] | None = None
    patience: float | None = None
    begun: float = 0.0
    worked: float = 0.0
    told: float = 0.0
    made: list[Made] = field(default_factory=list)

    @property
    def books(self) -> Books:
        """Raises ValueError over a world: routes that book are not there then."""
        if not isinstance(self.source, Books):
            raise ValueError("found a world, expected books")
        return self.source

    def snapshot(self, tenants: Tenants = None) -> Snapshot:
        """Of now, as these tenants may see it."""
        if isinstance(self.source, Books):
            return seen(self.source.picture().snapshot, tenants)
        return seen(replace(self.source, at=datetime.now(UTC).replace(microsecond=0)), tenants)

    def free(self) -> Snapshot:
        """Of now, with what is promised and held taken. It is for counting room, and has names of all tenants."""
        if isinstance(self.source, Books):
            return self.source.picture().view(self.now())
        return self.source

    def now(self) -> int:
        """Milliseconds since 1970."""
        return self.source.clock() if isinstance(self.source, Books) else time.time_ns() // 1_000_000

    def planned(self, plan: Plan) -> Plan:
        """It is counted."""
        self.made.append(Made.of(plan))
        return plan

    def booked(self, booked: Booked) -> Booked:
        """Its plan is counted, if it follows from one."""
        if booked.decision is not None:
            self.planned(booked.decision.plan)
        return booked

    def seen(self) -> Seen:
        """As of the last look, without another one."""
        if isinstance(self.source, Books):
            picture = self.source.latest or self.source.picture()
            return _seen(picture.snapshot, picture.losses, self.source.changes)
        return _seen(self.source)

    def begin(self, tell: Callable[[str], None] | None, patience: float | None) -> None:
        self.tell, self.patience, self.begun, self.told = tell, patience, time.monotonic(), 0.0
        self.next()
        self.made = []

    def next(self) -> None:
        """Patience begins anew: for another one of several that are done at once."""
        self.worked = time.process_time()

    def goes_on(self, progress: Progress) -> bool:
        """To be called now and then: whether to end with what there is. Raises GivenUp when nobody waits any more, and
        Longer when it has taken too long for here."""
        if self.gone():
            raise GivenUp
        now = time.monotonic()
        if self.patience is not None and time.process_time() > self.worked + self.patience:
            raise Longer
        if self.tell is not None and now >= self.told + SHOWN:
            self.told = now
            self.tell(_told(progress))
        return self.stopped()


def _told(progress: Progress) -> str:
    content = {"seconds": progress.seconds, "stage": progress.stage, "unplaced": progress.unplaced, "gap": progress.gap}
    return json.dumps(content | {"objective": [each.model_dump() for each in progress.objective]})


def _seen(snapshot: Snapshot, losses: Losses | None = None, changes: int = 0) -> Seen:
    """losses, changes: of books."""
    inventory = snapshot.inventory
    sizes = len(inventory.sites), len(inventory.servers)
    return Seen(losses is not None, snapshot.generation, *sizes, losses or Losses(), changes)
