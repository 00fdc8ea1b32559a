"""Restarts: what starts on standby once something is lost, as far as room that losses share is enough for them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planner.inventory.standby import Standby
from planner.whatif.base import Base
from solver.problem import Ints


def restarts(base: Base, lost: NDArray[np.bool_], gone: NDArray[np.bool_]) -> tuple[Standby, ...]:
    """Rows of standby, with the instances that do start: no more than were lost, on servers that are left.

    lost: [servers] that fail. gone: [servers] that are not there, these and others.
    """
    touched = {loss for loss in base.standby if lost[base.snapshot.topology.domain[loss[0]] == loss[1]].any()}
    if not touched:
        return ()
    left, aside = base.rows.on(lost), base.snapshot.reserved.most(*base.snapshot.capacity.shape)
    found = []
    for row in (row for loss in sorted(touched) for row in base.standby[loss] if not gone[row.server]):
        each = _takes(base, row)
        most = min(row.instances, left[row.application, row.demand], _times(aside[row.server], each))
        if most > 0:
            aside[row.server] -= each * most
            left[row.application, row.demand] -= most
            found.append(row._replace(instances=most))
    return tuple(found)


def _takes(base: Base, row: Standby) -> Ints:
    """[columns]: an instance, in the books' units of its server."""
    units, application = base.snapshot.units, base.applications[row.application]
    table = units.demand(application, row.cells or units.modes(application)[0])
    each: Ints = table[base.snapshot.rate[row.server]]
    return each


def _times(room: Ints, each: Ints) -> int:
    needed = each > 0
    return int((room[needed] // each[needed]).min())
