"""Rooms: what is used of every resource of every server, in each stretch of time; the database checks every change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection, bindparam, text

from planner.ledger.entries import Line, amounts
from planner.manifests.instants import FOREVER
from planner.store.aside import Step, changes, write
from planner.store.bulk import parts
from planner.store.driver import Cursor, execute, execute_many

Window = tuple[int, int]
Lines = tuple[Sequence[Line], Sequence[Line]]
Sent = tuple[Cursor, int]
"""A statement, and how many rows it has to change; how many it did is known once its results are there."""
Change = Mapping[tuple[int, str], int]
"""(server id, resource) -> books' units more, or less."""

COVERING = """(SELECT max(x.since) FROM rooms AS x
  WHERE x.server_id = {row}.server_id AND x.resource = {row}.resource AND x.since <= :begin)"""
SPLIT = text(
    f"""INSERT INTO rooms (server_id, resource, since, used, aside, capacity)
SELECT r.server_id, r.resource, :begin, r.used, r.aside, r.capacity FROM rooms AS r
WHERE r.server_id IN :servers AND r.since = {COVERING.format(row="r")} ON CONFLICT DO NOTHING"""
).bindparams(bindparam("servers", expanding=True))
CHANGE_MANY = f"""UPDATE rooms AS r SET used = r.used + d.amount
FROM unnest(?::bigint[], ?::text[], ?::bigint[]) AS d(server_id, resource, amount)
WHERE r.server_id = d.server_id AND r.resource = d.resource AND r.since < ?
  AND r.since >= {COVERING.format(row="d").replace(":begin", "?")}"""
CHANGE_ONE = f"""UPDATE rooms AS r SET used = r.used + ?
WHERE r.server_id = ? AND r.resource = ? AND r.since < ?
  AND r.since >= {COVERING.format(row="r").replace(":begin", "?")}"""
FORGET = text(
    """DELETE FROM rooms WHERE server_id IN :servers AND since < (SELECT max(x.since) FROM rooms AS x
  WHERE x.server_id = rooms.server_id AND x.resource = rooms.resource AND x.since <= :now)"""
).bindparams(bindparam("servers", expanding=True))
MERGE = text(
    """DELETE FROM rooms WHERE (server_id, resource, since) IN (SELECT server_id, resource, since FROM (
  SELECT server_id, resource, since, used, aside, lag(used) OVER earlier AS used_before, lag(aside) OVER earlier
  AS aside_before FROM rooms WHERE server_id IN :servers WINDOW earlier AS (PARTITION BY server_id, resource
  ORDER BY since)) AS steps WHERE used_before = used AND aside_before = aside)"""
).bindparams(bindparam("servers", expanding=True))


def change(
    connection: Connection, taken: Sequence[Line], freed: Sequence[Line], now: int, before: Lines = ((), ())
) -> list[Sent]:
    """Take and give back room, from now on. What is already past does not matter any more. before: what this
    transaction took and gave back already, of which the lines are not written yet. When fewer rows changed than should,
    there is no such room.

    Raises IntegrityError when a server has not so much, Stale when there is no such room."""
    _split(connection, [*taken, *freed], now)
    windows = _changes(taken, freed, now)
    less, more = _shared(connection, taken, freed, before)
    # Give back first: a reservation makes room for what uses it.
    sent: list[Sent] = []
    for window, wanted in windows.items():
        sent += _apply(connection, window, {key: amount for key, amount in wanted.items() if amount < 0})
    write(connection, less)
    for window, wanted in windows.items():
        sent += _apply(connection, window, {key: amount for key, amount in wanted.items() if amount > 0})
    write(connection, more)
    finite = sorted({line.server for line in (*taken, *freed) if line.ends < FOREVER})
    for part in parts(finite):
        connection.execute(FORGET, {"servers": part, "now": now})
        connection.execute(MERGE, {"servers": part})
    return sent


def lasting(line: Line, now: int) -> bool:
    """It has begun, has no end and shares nothing: its room changes by one statement, and nothing is read for it."""
    return line.start <= now and line.ends >= FOREVER and not line.shares


def _shared(
    connection: Connection, taken: Sequence[Line], freed: Sequence[Line], before: Lines
) -> tuple[list[Step], list[Step]]:
    servers = sorted({line.server for line in (*taken, *freed) if line.shares})
    if not servers:
        return [], []
    came = [line for line in (*before[0], *taken) if line.shares and line.server in set(servers)]
    return changes(connection, servers, came, {line.id for line in (*before[1], *freed)})


def _split(connection: Connection, lines: Iterable[Line], now: int) -> None:
    """A stretch of time begins wherever one of the lines starts or ends."""
    cuts: dict[int, set[int]] = defaultdict(set)
    for line in lines:
        for at in (line.start, line.ends):
            if now < at < FOREVER:
                cuts[at].add(line.server)
    for at, servers in sorted(cuts.items()):
        for part in parts(sorted(servers)):
            connection.execute(SPLIT, {"begin": at, "servers": part})


def _changes(taken: Iterable[Line], freed: Iterable[Line], now: int) -> dict[Window, dict[tuple[int, str], int]]:
    windows: dict[Window, dict[tuple[int, str], int]] = defaultdict(lambda: defaultdict(int))
    for sign, rows in ((1, taken), (-1, freed)):
        for line in rows:
            begin = max(line.start, now)
            if begin >= line.ends or line.shares:
                continue
            change = windows[begin, line.ends]
            for resource, amount in amounts(line.amounts).items():
                change[line.server, resource] += sign * line.instances * amount
    return windows


def _apply(connection: Connection, window: Window, change: Change) -> Iterator[Sent]:
    if not change:
        return
    begin, stop = window
    if connection.dialect.name == "sqlite":
        rows = [(value, server, name, stop, begin) for (server, name), value in change.items()]
        yield execute_many(connection, CHANGE_ONE, rows), len(change)
    else:
        servers, resources = zip(*change, strict=True)
        given = (list(servers), list(resources), list(change.values()), stop, begin)
        yield execute(connection, CHANGE_MANY, given), len(change)
