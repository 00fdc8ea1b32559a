"""The books: one database, seen through a picture that is kept hot, by a clock that is given."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace

from planner.access.caller import Tenants
from planner.ledger.entries import Line
from planner.ledger.hot import Hot
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused
from planner.ledger.standby import surplus
from planner.manifests.instants import FOREVER
from planner.store.database import Database
from planner.store.settings import Settings
from planner.store.unit import Unit, unit

Clock = Callable[[], int]
"""Milliseconds since 1970."""


@dataclass(frozen=True, slots=True)
class By:
    """Who asks. key: of idempotency; a request with a key that was used already gets the answer of then. digest: of the
    request, so that no key stands for two. tenants: whose applications and bookings exist for who asks."""

    actor: str
    key: str | None = None
    digest: str = ""
    tenants: Tenants = None

    def sees(self, *tenants: str) -> bool:
        """Every one of these tenants."""
        return self.tenants is None or self.tenants.issuperset(tenants)


class Books:
    """For several threads at once. followed: what is degraded is put elsewhere without being asked for."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Raises InvalidInput when the database has no books, or those of another version."""
        database.check()
        self.database, self.clock, self.followed = database, clock, False
        self._hot: Hot | None = None
        self._lock = threading.Lock()
        self._due = (-1, FOREVER)
        self._still: Picture | None = None

    @staticmethod
    def open(settings: Settings, clock: Clock) -> Books:
        return Books(Database(settings), clock)

    @contextmanager
    def still(self) -> Iterator[None]:
        """While it is open, the picture stays as it is, unless it is stirred. For one thread that owns the books."""
        self._still = self.picture()
        try:
            yield
        finally:
            self._still = None

    def stir(self) -> None:
        """Something has changed that has to be seen."""
        self._still = None

    def picture(self) -> Picture:
        """The books as they are now, after everything that the clock has ended."""
        if self._still is not None:
            return self._still
        picture = self.seen()
        while self._next_end(picture) <= (now := self.clock()):
            with suppress(Refused):  # somebody else did
                self._expire(picture, now)
            picture = self.seen()
        return picture

    def seen(self) -> Picture:
        """The books as they are written."""
        with self._lock, self.database.reading() as connection:
            if self._hot is None:
                self._hot = Hot(connection)
                return self._hot.picture
            return self._hot.refresh(connection)

    @property
    def latest(self) -> Picture | None:
        """What was seen last, without a look at the database."""
        hot = self._hot
        return hot.picture if hot else None

    @property
    def changes(self) -> int:
        """How many this process has followed: lines that came or went; and all of them when the inventory changes."""
        hot = self._hot
        return hot.changes if hot else 0

    @contextmanager
    def unit(self, by: By) -> Iterator[Unit]:
        """Raises Stale and Refused; then nothing was changed."""
        with unit(self.database, self.clock(), by.actor) as work:
            yield work

    def close(self) -> None:
        self.database.close()

    def _next_end(self, picture: Picture) -> int:
        if self._due[0] != picture.generation:
            self._due = (picture.generation, picture.due())
        return self._due[1]

    def _expire(self, picture: Picture, now: int) -> None:
        """End holds that nobody confirmed, and what has reached its end."""
        expired = [each for each in picture.bookings.values() if each.kind == "hold" and each.expires <= now]
        gone = {each.id for each in expired}
        lines = [line for line in picture.floating if line.booking in gone or _over(picture, line, now)]
        lines, rest = _with_standby(picture, lines, now)
        finished = _finished(picture, lines) - gone
        ended = [each for each in picture.bookings.values() if each.id in finished]
        with self.unit(By("clock")) as work:
            names = {line.application for line in lines if line.kind == "allocation"}
            work.lock(picture.sites_of(lines), names=names)
            work.free(lines)
            work.take(rest)
            for booking in expired:
                work.turn(replace(booking, state="expired"))
                work.tell("hold.expire", booking.id, {})
            for booking in ended:
                work.turn(replace(booking, state="ended"))
                work.tell(f"{booking.kind}.end", booking.id, {})
            over = {line.id for line in lines}
            done = {name for name in names if picture.allocations.get(name, {}).keys() <= over}
            work.forget(done)
            work.touch(names - done)
            _tell_ends(work, lines)


def _over(picture: Picture, line: Line, now: int) -> bool:
    return line.ends <= now and not picture.stays(line)


def _with_standby(picture: Picture, over: list[Line], now: int) -> tuple[list[Line], list[Line]]:
    """(lines that go, what is left of some): what stands aside for those that end goes with them."""
    ends, gone, again = {line.id for line in over}, list(over), []
    for name in {line.application for line in over if line.kind == "allocation" and not line.lost}:
        aside = [line for line in picture.standby.get(name, {}).values() if line.id not in ends]
        stay = [line for line in picture.allocations[name].values() if line.id not in ends]
        for identity, left in surplus(picture, aside, stay).items():
            gone.append(picture.standby[name][identity])
            again += [left._replace(id=0, start=max(left.start, now))] if left else []
    return gone, again


def _finished(picture: Picture, lines: list[Line]) -> set[str]:
    """Bookings of which nothing is left without these lines."""
    over = {line.id for line in lines}
    left = {line.booking for line in picture.floating if line.id not in over}
    return {line.booking for line in lines} - left


def _tell_ends(work: Unit, lines: list[Line]) -> None:
    ends: dict[str, int] = {}
    for line in lines:
        if line.kind == "allocation" and not line.lost:
            ends[line.application] = ends.get(line.application, 0) + line.instances
    for name, instances in sorted(ends.items()):
        work.tell("allocation.end", name, {"instances": instances})
