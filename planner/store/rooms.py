"""Rooms: what is used of every resource of every server, in each stretch of time; the database checks every change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from sqlalchemy import Connection, bindparam, text

from planner.ledger.entries import Line, amounts
from planner.ledger.refused import Stale
from planner.manifests.instants import FOREVER

Window = tuple[int, int]
Change = Mapping[tuple[int, str], int]
"""(server id, resource) -> books' units more, or less."""

COVERING = """(SELECT max(x.since) FROM rooms AS x
  WHERE x.server_id = {row}.server_id AND x.resource = {row}.resource AND x.since <= :begin)"""
SPLIT = text(
    f"""INSERT INTO rooms (server_id, resource, since, used, capacity)
SELECT r.server_id, r.resource, :begin, r.used, r.capacity FROM rooms AS r
WHERE r.server_id IN :servers AND r.since = {COVERING.format(row="r")} ON CONFLICT DO NOTHING"""
).bindparams(bindparam("servers", expanding=True))
CHANGE_MANY = text(
    f"""UPDATE rooms AS r SET used = r.used + d.amount
FROM unnest(CAST(:servers AS bigint[]), CAST(:resources AS text[]), CAST(:amounts AS bigint[]))
  AS d(server_id, resource, amount)
WHERE r.server_id = d.server_id AND r.resource = d.resource AND r.since < :stop
  AND r.since >= {COVERING.format(row="d")}"""
)
CHANGE_ONE = f"""UPDATE rooms AS r SET used = r.used + ?
WHERE r.server_id = ? AND r.resource = ? AND r.since < ?
  AND r.since >= {COVERING.format(row="r").replace(":begin", "?")}"""
FORGET = text(
    """DELETE FROM rooms WHERE server_id IN :servers AND since < (SELECT max(x.since) FROM rooms AS x
  WHERE x.server_id = rooms.server_id AND x.resource = rooms.resource AND x.since <= :now)"""
).bindparams(bindparam("servers", expanding=True))
MERGE = text(
    """DELETE FROM rooms WHERE (server_id, resource, since) IN (SELECT server_id, resource, since FROM (
  SELECT server_id, resource, since, used, lag(used) OVER (PARTITION BY server_id, resource ORDER BY since) AS earlier
  FROM rooms WHERE server_id IN :servers) AS steps WHERE earlier = used)"""
).bindparams(bindparam("servers", expanding=True))


def change(connection: Connection, taken: Iterable[Line], freed: Iterable[Line], now: int) -> None:
    """Take and give back room, from now on. What is already past does not matter any more.

    Raises IntegrityError when a server has not so much, Stale when there is no such room."""
    windows = _changes(taken, freed, now)
    for (begin, stop), wanted in windows.items():
        servers = sorted({server for server, _ in wanted})
        for at in (begin, stop):
            if now < at < FOREVER:
                for part in parts(servers):
                    connection.execute(SPLIT, {"begin": at, "servers": part})
    for sign in (-1, 1):  # give back first: a reservation makes room for what uses it
        for window, wanted in windows.items():
            _apply(connection, window, {key: amount for key, amount in wanted.items() if amount * sign > 0})
    finite = sorted({server for (_, stop), wanted in windows.items() if stop < FOREVER for server, _ in wanted})
    for part in parts(finite):
        connection.execute(FORGET, {"servers": part, "now": now})
        connection.execute(MERGE, {"servers": part})


def parts(rows: Sequence[int], size: int = 5000) -> Iterable[list[int]]:
    """Lists that fit into one statement."""
    rest = iter(rows)
    while part := list(islice(rest, size)):
        yield part


def _changes(taken: Iterable[Line], freed: Iterable[Line], now: int) -> dict[Window, dict[tuple[int, str], int]]:
    windows: dict[Window, dict[tuple[int, str], int]] = defaultdict(lambda: defaultdict(int))
    for sign, rows in ((1, taken), (-1, freed)):
        for line in rows:
            begin = max(line.start, now)
            if begin >= line.ends:
                continue
            change = windows[begin, line.ends]
            for resource, amount in amounts(line.amounts).items():
                change[line.server, resource] += sign * line.instances * amount
    return windows


def _apply(connection: Connection, window: Window, change: Change) -> None:
    if not change:
        return
    begin, stop = window
    if connection.dialect.name == "sqlite":
        rows = [(value, server, name, stop, begin) for (server, name), value in change.items()]
        changed = connection.exec_driver_sql(CHANGE_ONE, rows).rowcount
    else:
        servers, resources = zip(*change, strict=True)
        given = {"servers": list(servers), "resources": list(resources), "amounts": list(change.values())}
        changed = connection.execute(CHANGE_MANY, given | {"begin": begin, "stop": stop}).rowcount
    if changed < len(change):
        raise Stale("a server of this decision has no such resource any more")
