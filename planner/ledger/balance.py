"""Balance: rooms say what lines say, at every moment from now on; whatever happened, the books must balance."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from planner.ledger.books import Books
from planner.ledger.entries import Line, amounts
from planner.ledger.sharing import together
from planner.manifests.instants import FOREVER, told
from planner.store import reading

Step = tuple[int, int, int, int]
"""Since, used, aside, capacity."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A server and resource whose room says another amount than its lines do, from some instant on. used, aside: as the
    room says; lines: what they take, together with what they share."""

    server: int
    resource: str
    since: str | None
    used: int
    aside: int
    lines: int
    capacity: int


def balance(books: Books) -> list[Finding]:
    """Empty when the books are sound. Reads everything."""
    now = books.clock()
    lines: dict[int, list[Line]] = defaultdict(list)
    steps: dict[int, dict[str, list[Step]]] = defaultdict(lambda: defaultdict(list))
    with books.database.reading() as connection:
        for line in reading.lines(connection):
            if line.ends > now:
                lines[line.server].append(line)
        for server, resource, *step in reading.rooms(connection):
            steps[server][resource].append((step[0], step[1], step[2], step[3]))
    return [
        finding
        for server in sorted(steps.keys() | lines.keys())
        for finding in _server(server, steps[server], lines[server], now)
    ]


def _server(server: int, steps: Mapping[str, Sequence[Step]], lines: Sequence[Line], now: int) -> Iterator[Finding]:
    moments = {now} | {since for each in steps.values() for since, *_ in each if since > now}
    moments |= {at for line in lines for at in (line.start, line.ends) if now < at < FOREVER}
    for moment in sorted(moments):
        here = [line for line in lines if line.start <= moment < line.ends]
        taken: Counter[str] = Counter()
        for line in here:
            if not line.shares:
                taken.update({name: line.instances * amount for name, amount in amounts(line.amounts).items()})
        shared = together(line for line in here if line.shares)
        for resource in sorted(steps.keys() | taken.keys() | shared.keys()):
            current = [step for step in steps.get(resource, ()) if step[0] <= moment]
            _, used, aside, capacity = max(current, default=(0, 0, 0, 0))
            if (used, aside) != (taken[resource], shared.get(resource, 0)) or used + aside > capacity:
                due = taken[resource] + shared.get(resource, 0)
                yield Finding(server, resource, told(moment), used, aside, due, capacity)
