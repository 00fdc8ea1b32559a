"""Ground: the sites with their servers, the cluster that each is in already, and the options."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planner.clusters.result import ClusterOptions, Member
from planner.inventory.inventory import Inventory
from planner.inventory.latency import positions
from solver.problem import Ids, Ints

STABLE = "stable"
"""Label of sites; `no` says that a site cannot have a cluster inside."""


@dataclass(frozen=True)
class Ground:
    """before: [sites], the cluster that each is in; empty: none. old: [sites], servers that are in it: no more than
    there are now. All rows are of sites."""

    inventory: Inventory
    before: tuple[str, ...]
    old: Ints
    options: ClusterOptions

    @staticmethod
    def of(inventory: Inventory, before: Sequence[Member], options: ClusterOptions) -> Ground:
        known = {each.site: each for each in before}
        members = [known.get(name) for name in inventory.sites.name]
        count = np.bincount(inventory.servers.site, minlength=len(inventory.sites))
        return Ground(
            inventory=inventory,
            before=tuple(each.cluster if each else "" for each in members),
            old=np.minimum([each.servers if each else 0 for each in members], count),
            options=options,
        )

    @cached_property
    def size(self) -> Ints:
        """[sites]: servers."""
        return np.bincount(self.inventory.servers.site, minlength=len(self.inventory.sites)).astype(np.int64)

    @cached_property
    def own(self) -> NDArray[np.bool_]:
        """[sites]: those with a cluster inside. Who is hosted stays so, and a cluster that there is stays until its
        site has shrunk to half of what is asked for."""
        sites, enough = self.inventory.sites, self.options.own
        online = np.array([state == "online" for state in sites.state], np.bool_)
        anew = np.array([not cluster for cluster in self.before], np.bool_) & online & ~sites.having(STABLE, ["no"])
        inside = np.array([name == cluster for name, cluster in zip(sites.name, self.before, strict=True)], np.bool_)
        return np.asarray((anew & (self.size >= enough)) | (inside & (2 * self.size >= enough)))

    @cached_property
    def hosted(self) -> Ids:
        return np.flatnonzero((self.size > 0) & ~self.own).astype(np.int32)

    @cached_property
    def at(self) -> tuple[str, ...]:
        """[sites]: the hosted cluster that each is in; empty: none."""
        own, names = self.own, self.inventory.sites.name
        return tuple("" if own[row] or cluster == names[row] else cluster for row, cluster in enumerate(self.before))

    @cached_property
    def region(self) -> tuple[str, ...]:
        return tuple(self.inventory.sites.attributes["region"])

    @cached_property
    def points(self) -> NDArray[np.float64]:
        """[sites, degrees]: a site of unknown position is where the mean of the others is."""
        points = positions(self.inventory.sites).copy()
        known = ~np.isnan(points).any(axis=1)
        points[~known] = points[known].mean(axis=0) if known.any() else 0.0
        return points
