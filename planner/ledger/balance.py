"""Balance: rooms say what lines say, at every moment from now on; whatever happened, the books must balance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from planner.ledger.books import Books
from planner.ledger.entries import amounts
from planner.manifests.instants import FOREVER, told
from planner.store import reading

Key = tuple[int, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """A server and resource whose room says another amount than its lines do, from some instant on."""

    server: int
    resource: str
    since: str | None
    used: int
    lines: int
    capacity: int


def balance(books: Books) -> list[Finding]:
    """Empty when the books are sound. Reads everything."""
    now = books.clock()
    with books.database.reading() as connection:
        lines = reading.lines(connection)
        steps: dict[Key, list[tuple[int, int, int]]] = defaultdict(list)
        for server, resource, since, used, capacity in reading.rooms(connection):
            steps[server, resource].append((since, used, capacity))
    changes: dict[Key, list[tuple[int, int]]] = defaultdict(list)
    for line in lines:
        if line.ends > now:
            for resource, amount in amounts(line.amounts).items():
                begin = max(line.start, now)
                changes[line.server, resource] += [
                    (begin, line.instances * amount),
                    (line.ends, -line.instances * amount),
                ]
    return [
        finding
        for key in sorted(steps.keys() | changes.keys())
        for finding in _compared(key, steps[key], changes[key], now)
    ]


def _compared(
    key: Key, steps: list[tuple[int, int, int]], changes: list[tuple[int, int]], now: int
) -> Iterator[Finding]:
    moments = {max(since, now) for since, _, _ in steps} | {at for at, _ in changes if at < FOREVER}
    for moment in sorted(moments):
        due = sum(amount for at, amount in changes if at <= moment)
        current = [step for step in steps if step[0] <= moment]
        _, used, capacity = max(current, default=(0, 0, 0))
        if used != due or used > capacity:
            yield Finding(*key, told(moment), used, due, capacity)
