"""Who is next: tenants take turns, short work goes before long work, and nobody fills the queue for others."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Iterator
from typing import Generic, Literal, Protocol, TypeVar

Lane = Literal["book", "short", "long"]
"""book: short, and it changes the books. short: a single request. long: a batch, or a search that takes its time."""
LANES: tuple[Lane, ...] = ("book", "short", "long")


class Queued(Protocol):
    @property
    def tenant(self) -> str: ...

    @property
    def lane(self) -> Lane: ...


Work = TypeVar("Work", bound=Queued)


class Queue(Generic[Work]):
    """room: how many may wait, in each lane."""

    def __init__(self, room: int) -> None:
        self.room = room
        self._lanes: dict[Lane, OrderedDict[str, deque[Work]]] = {lane: OrderedDict() for lane in LANES}

    def __len__(self) -> int:
        return sum(map(self.waiting, LANES))

    def __iter__(self) -> Iterator[Work]:
        for lane in LANES:
            yield from self._in_turn(lane)

    def waiting(self, lane: Lane) -> int:
        return sum(map(len, self._lanes[lane].values()))

    def full(self) -> bool:
        """Whether somebody would be refused."""
        return any(self.waiting(lane) >= self.room for lane in LANES)

    def admits(self, lane: Lane, tenant: str) -> bool:
        """Whether one more of this tenant's may wait, be it instead of another's."""
        turns = self._lanes[lane]
        most = max(map(len, turns.values()), default=0)
        return self.waiting(lane) < self.room or len(turns.get(tenant, ())) + 1 < most

    def put(self, work: Work) -> Work | None:
        """Who is refused for it, if anybody: when the lane is full, the last of the tenant with most waiting."""
        if not self.admits(work.lane, work.tenant):
            return work
        turns, full = self._lanes[work.lane], self.waiting(work.lane) >= self.room
        out = max(turns.values(), key=len).pop() if full else None
        turns.setdefault(work.tenant, deque()).append(work)
        return out

    def back(self, work: Work) -> None:
        """It was taken, and is first again."""
        turns = self._lanes[work.lane]
        turns.setdefault(work.tenant, deque()).appendleft(work)
        turns.move_to_end(work.tenant, last=False)

    def take(self, lanes: Collection[Lane], wanted: Callable[[Work], bool] = lambda _: True) -> Work | None:
        """The next of the first of these lanes where somebody waits who is wanted."""
        for lane in LANES:
            for work in self._in_turn(lane) if lane in lanes else ():
                if wanted(work):
                    self._lanes[lane].move_to_end(work.tenant)
                    self.leave(work)
                    return work
        return None

    def _in_turn(self, lane: Lane) -> Iterator[Work]:
        for mine in self._lanes[lane].values():
            yield from mine

    def leave(self, work: Work) -> bool:
        """It is not wanted any more; False when it does not wait."""
        turns = self._lanes[work.lane]
        mine = turns.get(work.tenant)
        if mine is None or work not in mine:
            return False
        mine.remove(work)
        if not mine:
            del turns[work.tenant]
        return True

    def clear(self) -> list[Work]:
        """All who wait; nobody does afterwards."""
        everybody = list(self)
        for turns in self._lanes.values():
            turns.clear()
        return everybody
