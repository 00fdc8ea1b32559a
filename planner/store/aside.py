"""Aside: room that lines share, per server, resource and stretch of time, worked out anew whenever one comes or goes.

Standby of different losses, and slices of the day that do not meet, need less than their sum; so `aside` cannot be
counted up and down like `used`. It is worked out from the lines of a server while its site is held, and checked by the
same constraint.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection, bindparam, text

from planner.ledger.entries import Line
from planner.ledger.refused import Stale
from planner.ledger.sharing import together
from planner.manifests.instants import FOREVER
from planner.store.bulk import parts, update
from planner.store.reading import shared_lines

STEPS = text(
    "SELECT server_id, resource, since, aside FROM rooms WHERE server_id IN :servers "
    "ORDER BY server_id, resource, since"
).bindparams(bindparam("servers", expanding=True))
Step = tuple[int, str, int, int]
"""Server, resource, since, and what is aside from then on."""


def changes(
    connection: Connection, servers: Sequence[int], came: Iterable[Line], went: Collection[int]
) -> tuple[list[Step], list[Step]]:
    """The steps of these servers where less is aside than before, and those where more is: from the lines that are
    written and did not go, and those that came. Raises Stale when a server has no such resource."""
    lines: dict[int, list[Line]] = defaultdict(list)
    for line in (*(each for each in shared_lines(connection, servers) if each.id not in went), *came):
        lines[line.server].append(line)
    steps: dict[int, list[Step]] = defaultdict(list)
    for part in parts(servers):
        for server, resource, since, aside in connection.execute(STEPS, {"servers": part}):
            steps[server].append((server, resource, since, aside))
    less: list[Step] = []
    more: list[Step] = []
    for server in servers:
        _known(steps[server], lines[server])
        for step, need in needs(steps[server], lines[server]):
            if need != step[3]:
                (less if need < step[3] else more).append((*step[:3], need))
    return less, more


def write(connection: Connection, steps: Sequence[Step]) -> None:
    """Raises IntegrityError when a server has not so much."""
    update(connection, "rooms", ("server_id", "resource", "since"), "aside", steps)


def needs(steps: Sequence[Step], lines: Sequence[Line]) -> Iterator[tuple[Step, int]]:
    """Each step of a server with what its lines need together from then to the next step."""
    moments = sorted({since for _, _, since, _ in steps})
    after = dict(zip(moments, [*moments[1:], FOREVER], strict=True))
    need = {at: together(line for line in lines if line.start < after[at] and line.ends > at) for at in moments}
    rows: dict[str, list[Step]] = defaultdict(list)
    for step in steps:
        rows[step[1]].append(step)
    for resource, mine in rows.items():
        for step, stop in zip(mine, [*(each[2] for each in mine[1:]), FOREVER], strict=True):
            yield step, max(need[at][resource] for at in moments if step[2] <= at < stop)


def _known(steps: Sequence[Step], lines: Sequence[Line]) -> None:
    known = {resource for _, resource, _, _ in steps}
    if any(not together([line]).keys() <= known for line in lines):
        raise Stale("a server of this decision has no such resource any more")
