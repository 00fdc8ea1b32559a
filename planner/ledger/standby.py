"""Standby: what stands aside for an application is for those of its instances that a loss would take, and no more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from planner.ledger.entries import Line
from planner.ledger.picture import Picture


def surplus(picture: Picture, before: Sequence[Line], stay: Sequence[Line]) -> dict[int, Line | None]:
    """What is left of the standby among the lines, by id, where fewer instances could be lost now than stand aside.

    stay: the lines that there are from now on."""
    running = [line for line in stay if not line.lost]
    changed: dict[int, Line | None] = {}
    room: dict[tuple[str, int, str], int] = {}
    for line in before:
        if not line.lost:
            continue
        key = line.application, line.demand, line.lost
        if key not in room:
            room[key] = _inside(
                picture, [each for each in running if (each.application, each.demand) == key[:2]], line.lost
            )
        keeps = min(line.instances, room[key])
        room[key] -= keeps
        if keeps < line.instances:
            changed[line.id] = line._replace(instances=keeps) if keeps else None
    return changed


def _inside(picture: Picture, lines: Sequence[Line], lost: str) -> int:
    """Instances in the domain."""
    level, _, name = lost.partition(":")
    snapshot = picture.snapshot
    domains = snapshot.domains
    domain = domains.ids(level)[name]
    of = snapshot.topology.domain[domains.levels[level]]
    count: Counter[int] = Counter()
    for line in lines:
        count[int(of[picture.server_row[line.server]])] += line.instances
    return count[domain]
