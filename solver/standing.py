"""Standing: a placement on its problem, seen by workload and by domain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solver.problem import Ids, Ints, Placement, Problem


class Standing:
    """What families read: new and fixed instances, indexed once, so that a rule touches only its own rows."""

    def __init__(self, problem: Problem, placement: Placement) -> None:
        self.problem = problem
        self.placement = placement
        self._new = _Rows(problem, placement)
        self._fixed = self._new if placement is problem.fixed else _Rows(problem, problem.fixed)
        self.restarts = placement.restarts

    @cached_property
    def returning(self) -> Ids:
        """The workload of each restart."""
        return self.problem.owner(self.restarts.mode)

    @cached_property
    def fixed_returning(self) -> Ids:
        """The same of those that are fixed."""
        return self.problem.owner(self.problem.fixed.restarts.mode)

    def new(self, workloads: Sequence[int]) -> tuple[Ids, Ints]:
        """(node, instances) rows that the placement adds for these workloads."""
        return self._new.of(workloads)

    def placed(self, workloads: Sequence[int]) -> int:
        return int(self._new.of(workloads)[1].sum())

    def fixed(self, workloads: Sequence[int]) -> int:
        return int(self._fixed.of(workloads)[1].sum())

    def gone(self) -> Ints:
        """[rows of `home`]: how many of its instances do not stand there any more."""
        home, nodes = self.problem.home, self.problem.nodes
        key = self.placement.mode.astype(np.int64) * nodes + self.placement.node
        order = np.argsort(key)
        at = np.append(key[order], -1)
        asked = home.mode.astype(np.int64) * nodes + home.node
        row = np.searchsorted(at[:-1], asked)
        stays = np.append(self.placement.instances[order], 0)[np.where(at[row] == asked, row, -1)]
        gone: Ints = np.maximum(home.instances - stays, 0)
        return gone

    def per_domain(self, workloads: Sequence[int], level: int) -> tuple[Ids, Ints, Ints]:
        """(domains, new instances, instances with the fixed ones) of every domain where the workloads stand."""
        domain = self.problem.topology.domain[level]
        new_node, new = self._new.of(workloads)
        fixed_node, fixed = self._fixed.of(workloads)
        domains, position = np.unique(np.concatenate([domain[new_node], domain[fixed_node]]), return_inverse=True)
        added = np.zeros(len(domains), np.int64)
        total = np.zeros(len(domains), np.int64)
        np.add.at(added, position[: len(new)], new)
        np.add.at(total, position, np.concatenate([new, fixed]))
        return domains.astype(np.int32), added, total

    def restarted(self, workloads: Sequence[int], level: int) -> tuple[Ids, Ints, Ints]:
        """(domains of the level, new, with the fixed ones): what starts elsewhere when the domain is lost."""
        new, fixed = self.restarts, self.problem.fixed.restarts
        mine = np.isin(self.returning, workloads) & (new.level == level)
        theirs = np.isin(self.fixed_returning, workloads) & (fixed.level == level)
        lost = np.concatenate([new.domain[mine], fixed.domain[theirs]])
        domains, position = np.unique(lost, return_inverse=True)
        added, total = np.zeros(len(domains), np.int64), np.zeros(len(domains), np.int64)
        count = int(mine.sum())
        np.add.at(added, position[:count], new.instances[mine])
        np.add.at(total, position, np.concatenate([new.instances[mine], fixed.instances[theirs]]))
        return domains.astype(np.int32), added, total

    def restarts_in(self, workloads: Sequence[int], level: int) -> dict[tuple[int, tuple[int, int]], int]:
        """(domain of the level, (level, domain) that is lost) -> new restarts there; 0 where all of them are fixed."""
        found: dict[tuple[int, tuple[int, int]], int] = {}
        for restarts, owner, new in (
            (self.restarts, self.returning, 1),
            (self.problem.fixed.restarts, self.fixed_returning, 0),
        ):
            rows = restarts.only(np.isin(owner, workloads))
            where = self.problem.topology.domain[level][rows.node]
            lost = zip(rows.level.tolist(), rows.domain.tolist(), strict=True)
            for here, loss, count in zip(where.tolist(), lost, rows.instances.tolist(), strict=True):
                found[here, loss] = found.get((here, loss), 0) + new * count
        return found


class _Rows:
    """Placement rows in order of their workload."""

    def __init__(self, problem: Problem, placement: Placement) -> None:
        owner = problem.owner(placement.mode)
        order = np.argsort(owner, kind="stable")
        self.node = placement.node[order]
        self.instances = placement.instances[order]
        self.start: NDArray[np.int64] = np.searchsorted(owner[order], np.arange(problem.workloads + 1))

    def of(self, workloads: Sequence[int]) -> tuple[Ids, Ints]:
        parts = [slice(int(self.start[w]), int(self.start[w + 1])) for w in workloads]
        if len(parts) == 1:
            return self.node[parts[0]], self.instances[parts[0]]
        return (
            np.concatenate([self.node[part] for part in parts]) if parts else self.node[:0],
            np.concatenate([self.instances[part] for part in parts]) if parts else self.instances[:0],
        )
