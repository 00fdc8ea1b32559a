"""Children that are lacking beside masters that run."""

from __future__ import annotations

import numpy as np

from planner.inventory.snapshot import LEVELS, Snapshot
from planner.manifests.application import Master
from solver.constraints import Children
from solver.problem import Ints

SITE = LEVELS.index("site")


def lacking(snapshot: Snapshot, master: Master, masters: Ints, children: Ints) -> int:
    """How many, in sites with servers that are online. masters, children: [sites], those that run there."""
    needed = Children((), 0, SITE, master.ratio, master.per_site).needed(masters)
    short = np.maximum(needed - children, 0)
    if not short.any():
        return 0
    return int(short[np.unique(snapshot.topology.domain[SITE, snapshot.usable])].sum())
