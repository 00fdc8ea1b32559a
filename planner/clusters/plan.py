"""Clusters: large and stable sites have one inside; the others share hosted clusters, near to each other."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from planner.clusters.ground import Ground
from planner.clusters.groups import groups
from planner.clusters.hosted import Hosted, hosted
from planner.clusters.result import Cluster, ClusterOptions, ClusterPlan, Member
from planner.inventory.inventory import Inventory
from planner.inventory.latency import apart
from planner.manifests.errors import InputProblem, InvalidInput


def plan_clusters(
    inventory: Inventory,
    options: ClusterOptions,
    before: Sequence[Member] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> ClusterPlan:
    """Every site that has servers belongs to one cluster, with all of them. before: of a plan that is in force: what is
    in it stays where it can. Raises InvalidInput for options that contradict each other."""
    begin = time.perf_counter()
    if not options.least <= options.size <= options.most:
        found = f"least {options.least:,}, size {options.size:,}, most {options.most:,}"
        raise InvalidInput([InputProblem("options", None, "size", found, "least, size and most in this order")])
    ground = Ground.of(inventory, before, options)
    taken, parts = set(ground.before), []
    for group in groups(ground):
        progress(", ".join(group.regions))
        parts.append(hosted(ground, group, taken))
    members = list(_members(ground, parts))
    metres, bound = sum(part.found.cost for part in parts), sum(part.found.bound for part in parts)
    return ClusterPlan(
        clusters=[each for each in _clusters(ground, parts) if each.sites],
        sites=members,
        kilometres=metres / 1000,
        bound=bound / 1000,
        gap=round((metres - bound) / metres, 6) if metres > bound else 0.0,
        moved=sum(_left(ground, each) for each in members),
        moved_bound=sum(part.found.moved_bound for part in parts),
        seconds=round(time.perf_counter() - begin, 3),
    )


def _left(ground: Ground, member: Member) -> int:
    """Servers that were in another cluster."""
    return 0 if member.before is None else int(ground.old[ground.inventory.sites.name.index(member.site)])


def _members(ground: Ground, parts: Sequence[Hosted]) -> Iterator[Member]:
    """In the order of the sites."""
    names = ground.inventory.sites.name
    cluster = {row: names[row] for row in np.flatnonzero(ground.own & (ground.size > 0)).tolist()}
    for part in parts:
        numbers = part.found.cluster.tolist()
        cluster |= {row: part.names[at] for row, at in zip(part.group.rows.tolist(), numbers, strict=True)}
    for row, name in sorted(cluster.items()):
        before = ground.before[row]
        left = before if before and before != name else None
        yield Member(site=names[row], cluster=name, servers=int(ground.size[row]), before=left)


def _clusters(ground: Ground, parts: Sequence[Hosted]) -> Iterator[Cluster]:
    names = ground.inventory.sites.name
    for row in np.flatnonzero(ground.own & (ground.size > 0)).tolist():
        yield Cluster(
            name=names[row],
            kind="own",
            regions=[ground.region[row]],
            sites=1,
            servers=int(ground.size[row]),
            centre=names[row],
            kilometres=0.0,
        )
    for part in parts:
        for at in range(len(part.names)):
            yield _cluster(ground, part, at)


def _cluster(ground: Ground, part: Hosted, at: int) -> Cluster:
    rows = part.group.rows[part.found.cluster == at]
    servers = int(ground.size[rows].sum())
    centre = int(part.group.rows[part.found.centre[at]])
    distance = apart(ground.points[[centre, *rows.tolist()]])[0, 1:]
    return Cluster(
        name=part.names[at],
        kind="hosted",
        regions=list(dict.fromkeys(ground.region[row] for row in rows.tolist())),
        sites=len(rows),
        servers=servers,
        centre=ground.inventory.sites.name[centre],
        kilometres=round(float(distance @ ground.size[rows]) / max(servers, 1), 1),
        outside=not ground.options.least <= servers <= ground.options.most,
    )
