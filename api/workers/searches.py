"""Searches: work that goes on while its client does something else; who watches one is told of its progress and end.

A search belongs to the process that it was asked of. Over books its row tells other processes: this one writes every
BEAT where its own are, and reads where others are that somebody here watches.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from api.http.problems import Refused
from api.http.refusals import problem_of
from api.workers.desk import Desk
from api.workers.pool import Pool
from api.workers.process import Job
from api.workers.queue import Lane
from planner.store import searches as store
from planner.store.searches import OPEN, Kept, Kind, State

BEAT = 1.0
"""Seconds between two looks at what other processes have to say, and two words of its own."""
LOST = 30.0
"""Seconds of silence after which the process of a search is given up."""
REMEMBERED = 256
"""Searches that have ended, of which this process knows by itself; over a world nobody else does."""
SHOWN = 1.0
"""Seconds at least between two events of progress."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What the work of a search returns. answer: a JSON object: what the search says besides its state."""

    state: State
    answer: str


@dataclass(eq=False)
class Search:
    """id, kind, tenants, asked: as in the store. number: of the latest event. watched: by how many; watchers: those of
    them who wait for news."""

    id: str
    kind: Kind
    tenants: tuple[str, ...]
    asked: int
    state: State = "waiting"
    progress: str = ""
    answer: str = ""
    number: int = 0
    job: Job | None = None
    cancelled: bool = False
    watched: int = 0
    watchers: set[asyncio.Future[None]] = field(default_factory=set)
    _shown: float = 0.0

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def now(self) -> State:
        """Its state, also when nothing was told yet of what it is at."""
        begun = self.job is not None and self.job.begun is not None
        return "running" if self.state == "waiting" and begun else self.state

    def turn(self, state: State, progress: str = "", answer: str = "") -> None:
        """Whoever watches is told."""
        if not self.open:
            return
        self.state, self.answer = state, answer
        self.progress = progress or self.progress
        self.number += 1
        self.wake()

    def wake(self) -> None:
        for watcher in self.watchers:
            if not watcher.done():
                watcher.set_result(None)
        self.watchers.clear()

    def show(self, progress: str) -> None:
        """Progress, not more often than SHOWN."""
        if self.open and time.monotonic() >= self._shown + SHOWN:
            self._shown = time.monotonic()
            self.turn("running", progress)


def named(kind: Kind) -> str:
    """A new id, which nobody can guess."""
    return f"{'s' if kind == 'plan' else 'e'}-{secrets.token_hex(12)}"


class Searches:
    """Of one process, in its event loop."""

    def __init__(self, pool: Pool) -> None:
        self.pool, self.books = pool, pool.seen.books
        self._mine: dict[str, Search] = {}
        self._over: OrderedDict[str, Search] = OrderedDict()
        self._others: dict[str, Search] = {}
        self._beating: asyncio.Task[None] | None = None
        self.closing = False

    async def begin(
        self,
        kind: Kind,
        identity: str,
        tenants: tuple[str, ...],
        work: Callable[[Desk], Ended],
        lane: Lane,
        tenant: str,
    ) -> Search:
        """work: it ends its row in the books itself. Raises Refused when too many wait."""
        search = Search(identity, kind, tenants, now())
        if self.books:
            kept = Kept(identity, kind, tenants, "waiting", search.asked, search.asked)
            await self.pool.run(partial(_begin, kept), lane="short", tenant=tenant)
        try:
            search.job = self.pool.submit(work, lane=lane, tenant=tenant, show=search.show)
        except Refused as error:
            if self.books:
                self._tell(Search(identity, kind, tenants, 0, "failed", answer=problem_answer(error)))
            raise
        self._mine[identity] = search
        search.job.done.add_done_callback(lambda done: self._ended(search, done))
        self._beat()
        return search

    async def find(self, identity: str) -> Search | None:
        """With what is known of it now."""
        if here := self._mine.get(identity) or self._over.get(identity):
            return here
        if not self.books:
            return None
        kept: Kept | None = await self.pool.run(partial(_find, identity), lane="short")
        return None if kept is None else self._of(kept)

    async def cancel(self, search: Search) -> None:
        """It ends soon, with what it has."""
        if not search.open:
            return
        search.cancelled = True
        if search.job is not None:
            if search.job.begun is None:
                self.pool.stop(search.job, keep=False)
            else:
                self.pool.stop(search.job, keep=True)
        elif self.books:
            await self.pool.run(partial(_stop, search.id), lane="short")

    async def ended(self, search: Search, seconds: float) -> None:
        """Waits for its end, but not longer than that."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                async for _ in self.news(search):
                    pass

    async def news(self, search: Search) -> AsyncIterator[Search]:
        """Whenever there is something new, at once for what is known already; it stops after the end, and when the
        server stops."""
        if search.job is None and search.open:
            search = self._others.setdefault(search.id, search)
        seen, loop = -1, asyncio.get_running_loop()
        search.watched += 1
        self._beat()
        try:
            while not self.closing:
                if search.number != seen:
                    seen = search.number
                    yield search
                    continue
                if not search.open:
                    return
                search.watchers.add(new := loop.create_future())
                await new
        finally:
            search.watched -= 1

    def close(self) -> None:
        """Nobody is told any more: the server stops."""
        self.closing = True
        if self._beating is not None:
            self._beating.cancel()
        for search in (*self._mine.values(), *self._others.values()):
            search.wake()

    def _ended(self, search: Search, done: asyncio.Future[Ended]) -> None:
        error = None if done.cancelled() else done.exception()
        begun = search.job is not None and search.job.begun is not None
        if done.cancelled() or (search.cancelled and not begun):
            self._over_with(search, "cancelled", "", tell=True)
        elif error is not None:
            self._over_with(search, "failed", problem_answer(error), tell=True)
        else:
            ended = done.result()
            self._over_with(search, ended.state, ended.answer, tell=False)

    def _over_with(self, search: Search, state: State, answer: str, *, tell: bool) -> None:
        search.turn(state, answer=answer)
        self._mine.pop(search.id, None)
        self._over[search.id] = search
        while len(self._over) > REMEMBERED:
            self._over.popitem(last=False)
        if tell and self.books:
            self._tell(search)

    def _tell(self, search: Search) -> None:
        """Its row says so too, soon: who looks there meanwhile sees it as it was."""
        with suppress(Refused):
            self.pool.submit(partial(_end, search.id, search.state, search.answer), lane="short")

    def _of(self, kept: Kept) -> Search:
        """Of another process."""
        search = self._others.get(kept.id) or Search(kept.id, kept.kind, kept.tenants, kept.asked)
        state, answer = kept.state, kept.answer
        if kept.state in OPEN and now() - kept.changed > 1000 * LOST:
            lost = Refused(503, "worker.lost", "the process that worked on it is silent; ask again")
            state, answer = "failed", problem_answer(lost)
        if (state, kept.progress) != (search.state, search.progress):
            search.turn(state, kept.progress, answer)
        if not search.open:
            self._others.pop(kept.id, None)
        return search

    def _beat(self) -> None:
        if self.books and (self._beating is None or self._beating.done()):
            self._beating = asyncio.ensure_future(self._beats())

    async def _beats(self) -> None:
        """As long as something of here is open, or somebody watches what is not."""
        while self._mine or any(each.watched for each in self._others.values()):
            await asyncio.sleep(BEAT)
            mine = {each.id: (each.now, each.progress) for each in self._mine.values()}
            others = [each.id for each in self._others.values() if each.watched]
            try:
                wanted, found = await self.pool.run(partial(_look, mine, others), lane="short")
            except Exception as error:
                logging.getLogger(__name__).warning("searches could not be kept up to date: %s", error)
                continue
            for identity in wanted:
                if (search := self._mine.get(identity)) is not None and not search.cancelled:
                    await self.cancel(search)
            for kept in found:
                self._of(kept)
        self._others = {key: each for key, each in self._others.items() if each.watched}


def problem_answer(error: BaseException) -> str:
    return f'{{"problem":{bytes(problem_of(error).body).decode()}}}'


def now() -> int:
    return time.time_ns() // 1_000_000


def _begin(kept: Kept, desk: Desk) -> None:
    store.begin(desk.books.database, kept)


def _end(identity: str, state: State, answer: str, desk: Desk) -> None:
    store.end(desk.books.database, identity, state, answer, now())


def _stop(identity: str, desk: Desk) -> None:
    store.stop(desk.books.database, identity)


def _find(identity: str, desk: Desk) -> Kept | None:
    return store.find(desk.books.database, [identity]).get(identity)


def _look(mine: dict[str, Any], others: list[str], desk: Desk) -> tuple[set[str], list[Kept]]:
    """(those of mine that are to end, how the others are)."""
    wanted = store.beat(desk.books.database, now(), mine) if mine else set()
    return wanted, list(store.find(desk.books.database, others).values()) if others else []
