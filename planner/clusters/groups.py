"""Groups: regions that share hosted clusters: one each, unless it has too few servers for a whole number of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import networkx as nx
import numpy as np

from planner.clusters.ground import Ground
from planner.clusters.result import ClusterOptions
from planner.inventory.latency import apart
from solver.problem import Ids


@dataclass(frozen=True, slots=True)
class Group:
    """rows: of its sites."""

    regions: tuple[str, ...]
    rows: Ids


def groups(ground: Ground) -> list[Group]:
    """Of hosted sites. Regions that share a cluster stay together; one that makes no whole number of clusters goes with
    the nearest group."""
    found = _tied(ground)
    while len(found) > 1:
        odd = next((part for part in found if counts(_servers(ground, part), ground.options) is None), None)
        if odd is None:
            break
        others = [part for part in found if part is not odd]
        nearest = min(others, key=lambda part: _between(ground, odd, part))
        found = [part for part in others if part is not nearest] + [nearest + odd]
    return [Group(part, _rows(ground, part)) for part in found]


def counts(servers: int, options: ClusterOptions) -> tuple[int, int] | None:
    """(fewest, most) clusters that so many servers make; None when there is no such number."""
    fewest, most = -(-servers // options.most), servers // options.least
    return (fewest, most) if fewest <= most else None


def _tied(ground: Ground) -> list[tuple[str, ...]]:
    ties: nx.Graph[str] = nx.Graph()
    shared: dict[str, str] = {}
    for row in ground.hosted.tolist():
        region, cluster = ground.region[row], ground.at[row]
        ties.add_edge(region, shared.setdefault(cluster, region) if cluster else region)
    return [tuple(part) for part in nx.connected_components(ties)]


def _rows(ground: Ground, regions: Sequence[str]) -> Ids:
    return np.array([row for row in ground.hosted.tolist() if ground.region[row] in regions], np.int32)


def _servers(ground: Ground, regions: Sequence[str]) -> int:
    return int(ground.size[_rows(ground, regions)].sum())


def _between(ground: Ground, one: Sequence[str], other: Sequence[str]) -> float:
    """Kilometres between the mean servers of the nearest two of their regions."""
    middles = [_middle(ground, region) for region in (*one, *other)]
    return float(apart(np.array(middles))[: len(one), len(one) :].min())


def _middle(ground: Ground, region: str) -> tuple[float, float]:
    rows = _rows(ground, [region])
    latitude, longitude = np.average(ground.points[rows], axis=0, weights=ground.size[rows])
    return float(latitude), float(longitude)
