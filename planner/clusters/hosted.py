"""Hosted: the clusters of one group, those that there are before new ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from planner.clusters.ground import Ground
from planner.clusters.groups import Group, counts
from planner.inventory.latency import apart
from solver.clusters import Clustering, Hosting, clustered


@dataclass(frozen=True, slots=True)
class Hosted:
    """names: of the clusters of `found`, by number."""

    group: Group
    names: tuple[str, ...]
    found: Clustering


def hosted(ground: Ground, group: Group, taken: set[str]) -> Hosted:
    """taken: names of clusters; those of new ones join them."""
    rows = group.rows.tolist()
    there = Counter(ground.at[row] for row in rows if ground.at[row])
    servers = int(ground.size[group.rows].sum())
    fewest, most = counts(servers, ground.options) or (1, 1)
    number = min(max(len(there) or round(servers / ground.options.size), fewest), most)
    old = [name for name, _ in there.most_common(number)]
    names = (*old, *_new(group, number - len(old), taken))
    home = {name: position for position, name in enumerate(old)}
    hosting = Hosting(
        size=ground.size[group.rows],
        metres=np.round(apart(ground.points[group.rows]) * 1000).astype(np.int64),
        least=0,
        most=servers,
        clusters=number,
        old=ground.old[group.rows],
        before=np.array([home.get(ground.at[row], -1) for row in rows], np.int32),
    )
    for least, room in _limits(ground, servers, number, bool(old)):
        found = clustered(replace(hosting, least=least, most=room), ground.options.seed)
        if found is not None:
            return Hosted(group, names, found)
    raise AssertionError("without limits there is always a way")


def _limits(ground: Ground, servers: int, number: int, known: bool) -> Iterator[tuple[int, int]]:
    """What is tried: with room to grow, within the limits, and at last without."""
    options = ground.options
    spare = int(options.most * (1 - options.spare))
    if not known and number * spare >= servers:
        yield options.least, spare
    yield options.least, options.most
    yield 0, options.most
    yield 0, servers


def _new(group: Group, count: int, taken: set[str]) -> list[str]:
    """Names that nobody has."""
    place = (group.regions[0] or "site").lower().replace(" ", "-")
    names: list[str] = []
    number = 0
    while len(names) < count:
        number += 1
        if (name := f"hosted-{place}-{number}") not in taken:
            names.append(name)
            taken.add(name)
    return names
