"""Ground: the snapshot of an inventory with nothing on it, and the same with what the books say is taken."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planner.inventory.calendar import Calendar
from planner.inventory.devices import GPU, Devices
from planner.inventory.load import Load
from planner.inventory.snapshot import Snapshot
from planner.manifests.quantities import DEVICE
from planner.manifests.window import Window
from solver.problem import Ids, Ints
from solver.restarts import Reserved

Slices = Mapping[Window, tuple[Ids, Ints]]
"""What is taken while a window is open: (ascending servers, [these, columns])."""


def columns(ground: Snapshot) -> tuple[str, ...]:
    """Of the books: those of the snapshot, then one for each GPU that a server may have, in thousandths."""
    return (*ground.units.columns, *(f"gpu#{device}" for device in range(ground.devices.most)))


def having(ground: Snapshot, always: Ints, slices: Slices | None = None, aside: Reserved | None = None) -> Snapshot:
    """always: [servers, columns of the books], taken at any time. slices: taken in parts of the day. aside: kept for
    losses."""
    load = Load(_counted(ground, always), slices or {})
    used = load.peak(Calendar.of(load.windows)) if slices else load.always
    aside = aside or Reserved()
    return replace(
        ground,
        used=used,
        free=ground.capacity - used - aside.most(*ground.capacity.shape) if len(aside) else ground.capacity - used,
        load=load,
        reserved=aside,
        devices=_devices(ground, always),
    )


def changed(snapshot: Snapshot, always: Ints, rows: NDArray[np.int64]) -> Snapshot:
    """A snapshot without slices and standby, where something else is taken from these servers than before."""
    used, free, busy = snapshot.used.copy(), snapshot.free.copy(), snapshot.busy.copy()
    used[rows] = _counted(snapshot, always[rows])
    free[rows] = snapshot.capacity[rows] - used[rows]
    busy[rows] = used[rows].any(axis=1)
    devices = snapshot.devices
    left = _left(devices.count[rows], always[rows, len(snapshot.units.columns) :])
    if (left != devices.free[rows]).any():
        devices = replace(devices, free=devices.free.copy())
        devices.free[rows] = left
    return replace(snapshot, used=used, free=free, busy=busy, load=Load(used, {}), devices=devices)


def taken(snapshot: Snapshot) -> Ints:
    """[servers, columns of the books]: what is taken on a snapshot without slices and standby."""
    if not snapshot.devices.most:
        return snapshot.used
    exists = np.arange(snapshot.devices.most) < snapshot.devices.count[:, None]
    return np.concatenate([snapshot.used, np.where(exists, DEVICE - snapshot.devices.free, 0)], axis=1)


def _counted(ground: Snapshot, always: Ints) -> Ints:
    """[servers, columns of the snapshot]: a GPU of which something is taken is taken as a whole one."""
    own = len(ground.units.columns)
    used: Ints = always[:, :own].copy()
    if always.shape[1] == own:
        return used
    used[:, ground.units.columns.index(GPU)] = (always[:, own:] > 0).sum(axis=1)
    return used


def _devices(ground: Snapshot, always: Ints) -> Devices:
    taken, count = always[:, len(ground.units.columns) :], ground.devices.count
    return Devices(count, _left(count, taken), np.zeros_like(count)) if taken.shape[1] else ground.devices


def _left(count: NDArray[np.int32], taken: Ints) -> NDArray[np.int32]:
    """[servers, devices]: thousandths that are free of each; nothing of those that are not there."""
    return np.where(np.arange(taken.shape[1]) < count[:, None], DEVICE - taken, 0).astype(np.int32)
