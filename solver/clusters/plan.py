"""Clustered: centres from the relaxation, sites to centres, centres to the middle of their sites, and again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.clusters.assign import Assignment, assign
from solver.clusters.bound import relaxed
from solver.clusters.problem import Hosting
from solver.problem import Ids

STARTS = 4
"""Sets of centres of the relaxation from which is started."""
ROUNDS = 8
QUICK, LONG = 0.15, 2.0
"""CP-SAT's deterministic time for one assignment on the way, and for the last one."""
NEW = 8
"""Places for a new cluster that are tried."""
GUESS = 1.05
"""What limited sizes cost beyond the nearest centre, where no assignment is known yet."""


@dataclass(frozen=True, slots=True)
class Clustering:
    """cluster: [sites]; numbers of clusters that there were stay. centre: [clusters], the site in the middle. cost,
    bound: metres times servers, to the centre; no clustering into so many has less than the bound. moved: servers that
    change their cluster, and the least of it for these centres."""

    cluster: Ids
    centre: Ids
    cost: int
    bound: int
    moved: int
    moved_bound: int


def clustered(hosting: Hosting, seed: int = 0) -> Clustering | None:
    """None when no assignment within the sizes was found."""
    best = _grown(hosting, seed) if hosting.known else _settled(hosting, _apart(hosting), seed)
    above = best[1].cost if best is not None else round(GUESS * _nearest(hosting, _apart(hosting)))
    loose = relaxed(hosting, above)
    for start in loose.centres[:STARTS] if not hosting.known else ():
        best = _better(best, _settled(hosting, start, seed))
    if best is None:
        return None
    centre, found = _better(best, _assigned(hosting, best[0], LONG, seed)) or best
    middle = np.array(centre, np.int32)
    return Clustering(found.cluster, middle, found.cost, loose.bound, found.moved, found.moved_bound)


Centres = tuple[int, ...]
Found = tuple[Centres, Assignment]


def _better(one: Found | None, other: Found | None) -> Found | None:
    found = [each for each in (one, other) if each is not None]
    return min(found, key=lambda each: (each[1].moved, each[1].cost), default=None)


def _assigned(hosting: Hosting, centres: Centres, work: float, seed: int) -> Found | None:
    found = assign(hosting, centres, work, seed)
    return None if found is None else (centres, found)


def _apart(hosting: Hosting) -> Centres:
    """Far from each other, then in the middle of the sites that are nearest to each."""
    first = int(np.argmin(hosting.size @ hosting.metres))
    centres: Centres = (first, *_farther(hosting, (first,), hosting.clusters - 1))
    for _ in range(ROUNDS):
        nearest = np.argmin(hosting.metres[:, list(centres)], axis=1)
        centres = tuple(hosting.medoid(nearest == each) for each in range(len(centres)))
    return centres


def _nearest(hosting: Hosting, centres: Centres) -> int:
    return int(hosting.cost[:, list(centres)].min(axis=1).sum())


def _settled(hosting: Hosting, centres: Centres, seed: int) -> Found | None:
    """Until the middles stay where they are, or it gets no better."""
    best: Found | None = None
    for _ in range(ROUNDS):
        found = _assigned(hosting, centres, QUICK, seed)
        if found is None or (best is not None and found[1].cost >= best[1].cost):
            break
        best = found
        centres = tuple(hosting.medoid(found[1].cluster == each) for each in range(len(centres)))
        if centres == best[0]:
            break
    return best


def _grown(hosting: Hosting, seed: int) -> Found | None:
    """Clusters that there are keep their middles; new ones are tried far from these, and where most has grown."""
    old = tuple(hosting.medoid(hosting.before == each) for each in range(hosting.known))
    more = hosting.clusters - hosting.known
    if not more:
        return _assigned(hosting, old, QUICK, seed)
    best: Found | None = None
    far = hosting.metres[:, list(old)].min(axis=1) * hosting.size
    grown = hosting.size - np.where(hosting.before >= 0, hosting.old, 0)
    places = [np.argsort(-each, kind="stable")[:NEW].tolist() for each in (far, grown)]
    for place in dict.fromkeys([*places[0], *places[1]]):
        found = _assigned(hosting, (*old, place, *_farther(hosting, (*old, place), more - 1)), QUICK, seed)
        best = _better(best, found)
    return best


def _farther(hosting: Hosting, centres: Centres, more: int) -> Centres:
    chosen = centres
    for _ in range(more):
        chosen = (*chosen, int(np.argmax(hosting.metres[:, list(chosen)].min(axis=1) * hosting.size)))
    return chosen[len(centres) :]
