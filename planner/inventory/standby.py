"""Standby in the books: room that stands aside on servers, the largest of all losses and never their sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from planner.inventory.domains import Domains
from planner.inventory.units import Units
from planner.manifests.application import Application
from solver.restarts import Reserved


class Standby(NamedTuple):
    """Instances that start on the server (a row of `servers`), should the domain of the level be lost.

    cells, demand: as those of an allocation.
    """

    application: str
    server: int
    instances: int
    level: str
    domain: str
    cells: tuple[int, ...] = ()
    demand: int = 0


def reserved(
    units: Units,
    rate: NDArray[np.int32],
    applications: Mapping[str, Application],
    domains: Domains,
    rows: Sequence[Standby],
) -> Reserved:
    """What each loss takes of each server, in books' units."""
    taken: dict[tuple[int, int, int], NDArray[np.int64]] = {}
    demands: dict[tuple[str, tuple[int, ...]], NDArray[np.int64]] = {}
    for row in rows:
        application = applications[row.application]
        kind = (row.application, row.cells)
        if kind not in demands:
            demands[kind] = units.demand(application, row.cells or units.modes(application)[0])
        key = (row.server, domains.levels[row.level], domains.ids(row.level)[row.domain])
        taken[key] = taken.get(key, 0) + demands[kind][rate[row.server]] * row.instances
    keys = np.array(sorted(taken), np.int32).reshape(-1, 3).T
    amount = np.array([taken[key] for key in sorted(taken)], np.int64).reshape(len(taken), len(units.columns))
    return Reserved(keys[0], keys[1], keys[2], amount)
