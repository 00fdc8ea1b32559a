"""Counts: how many instances every workload still lacks."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from planner.formulate.children import SITE, lacking
from planner.formulate.question import Asked
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from solver.problem import Ids, Ints, Placement


class Counts:
    """fixed, owner: what stands already, and the workload of each of its rows. allowed: nodes per workload."""

    def __init__(
        self,
        snapshot: Snapshot,
        applications: Mapping[str, Application],
        asked: Sequence[Asked],
        allowed: Sequence[Ids],
        fixed: Placement,
        owner: Ids,
    ) -> None:
        self.snapshot = snapshot
        self.applications = applications
        self.asked = asked
        self.rows: dict[str, list[int]] = {}
        for row, each in enumerate(asked):
            self.rows.setdefault(each.application, []).append(row)
        self.allowed = allowed
        self.fixed = fixed
        self.owner = owner
        self.site = snapshot.topology.domain[SITE]
        self.sites = snapshot.topology.sizes[SITE]
        self._sites: dict[int, Ids] = {}
        self.standing: Ints = np.bincount(owner, fixed.instances, minlength=len(asked)).astype(np.int64)

    def lacking(self, requested: Collection[str]) -> Ints:
        """[workloads]: those of applications that are not requested lack nothing, but children follow their masters."""
        count = np.zeros(len(self.asked), np.int64)
        for row, each in enumerate(self.asked):
            if each.application in requested and self.applications[each.application].spec.demand:
                count[row] = self._own(row)
        children = [row for row, each in enumerate(self.asked) if self._masters(each.application)]
        for row in sorted(children, key=lambda row: self._depth(self.asked[row].application)):
            count[row] = self._following(row, count)
        return count

    def worth(self, count: Ints) -> Ints:
        """[workloads]: of one instance. A child has none while masters are to be placed, as it only follows them;
        beside masters that all run, exactly `count` of it are missing."""
        worth = np.array([self.applications[each.application].spec.priority for each in self.asked], np.int64)
        for row, each in enumerate(self.asked):
            masters = self._masters(each.application)
            if self.applications[each.application].spec.master and (not masters or count[masters].any()):
                worth[row] = 0
        return worth

    def _own(self, row: int) -> int:
        entry = self.applications[self.asked[row].application].spec.demand[self.asked[row].demand]
        if entry.instances is not None:
            return max(entry.instances - int(self.standing[row]), 0)
        missing = (entry.instances_per_site or 0) - self._per_site(row)[self._open(row)]
        return int(np.maximum(missing, 0).sum())

    def _following(self, row: int, count: Ints) -> int:
        """What running masters lack, and the most that new ones could ever need; the rule `Children` says the exact
        number per site."""
        master = self.applications[self.asked[row].application].spec.master
        masters = self._masters(self.asked[row].application)
        if master is None:
            return 0
        new = int(count[masters].sum())
        reached = min(len(self._open(row)), new)
        more = min(new, new // master.ratio + reached) if master.ratio else (master.per_site or 0) * reached
        has = np.sum([self._per_site(each) for each in masters], axis=0)
        return lacking(self.snapshot, master, has, self._per_site(row)) + more

    def _open(self, row: int) -> Ids:
        """Sites that a workload may use; those that ask the same share the array of their nodes."""
        nodes = self.allowed[row]
        if id(nodes) not in self._sites:
            self._sites[id(nodes)] = np.unique(self.site[nodes])
        return self._sites[id(nodes)]

    def _per_site(self, row: int) -> Ints:
        mine = self.owner == row
        total = np.bincount(self.site[self.fixed.node[mine]], self.fixed.instances[mine], minlength=self.sites)
        return total.astype(np.int64)

    def _masters(self, application: str) -> list[int]:
        """Workloads of its master; none, too, when the master takes no part."""
        master = self.applications[application].spec.master
        return self.rows.get(self.applications[application].refers_to(master.application), []) if master else []

    def _depth(self, application: str) -> int:
        masters = self._masters(application)
        return 1 + self._depth(self.asked[masters[0]].application) if masters else 0
