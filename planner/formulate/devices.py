"""Columns of devices: what is free of the GPU at each position, and of all together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import numpy as np

from planner.inventory.snapshot import Snapshot
from planner.inventory.units import Units, lifted
from planner.manifests.application import Application
from planner.manifests.quantities import DEVICE
from solver.problem import Ints


def on_devices(snapshot: Snapshot, units: Units) -> Ints:
    """[servers, columns that `Units.sharing` adds]: what is free."""
    if len(units.columns) == len(snapshot.units.columns):
        return np.empty((len(snapshot.free), 0), np.int64)
    books, lift = snapshot.devices, units.lift
    lined_up = np.take_along_axis(books.free, books.order(), axis=1).astype(np.int64)
    together = np.where(lined_up > DEVICE - lift, DEVICE, lined_up).sum(axis=1)
    return np.column_stack([together, lined_up])


def best_lift(applications: Iterable[Application]) -> int:
    """The lift (see `lifted`) by which the shares that are asked for count most in the sum of all devices."""
    shares: Counter[int] = Counter()
    for each in applications:
        if each.spec.gpu_share:
            shares[each.spec.gpu_share] += sum(entry.instances or 1 for entry in each.spec.demand) or 1
    lifts = {0, *shares, *(DEVICE + 1 - share for share in shares)}
    return max(
        (lift for lift in sorted(lifts) if 2 * lift <= DEVICE),
        key=lambda lift: sum(count * lifted(share, lift) for share, count in shares.items()),
    )
