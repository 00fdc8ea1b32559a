"""The column `devices` of allocations.csv: which GPUs of its server an allocation has."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from planner.inventory.devices import GPU
from planner.inventory.inventory import Inventory
from planner.manifests.application import Application
from planner.worlds.table import Table


def known_devices(
    table: Table,
    inventory: Inventory,
    applications: Sequence[Application],
    application: NDArray[np.int64],
    server: NDArray[np.int64],
    instances: NDArray[np.int64],
    devices: Sequence[tuple[int, ...]],
) -> None:
    """A share names its device; whole devices are named all or not at all; the server has those that are named."""
    share = np.array([each.spec.gpu_share or 0 for each in applications], np.int64)[application]
    whole = np.array([each.spec.resources.get(GPU, 0) for each in applications], np.int64)[application]
    given = np.fromiter(map(len, devices), np.int64, len(devices))
    wanted = np.where(share > 0, 1, whole * instances)
    wrong = (given != wanted) & ((given > 0) | (share > 0))
    for row in np.flatnonzero(wrong).tolist():
        name = applications[application[row]].id
        found = f"{given[row]} device{'' if given[row] == 1 else 's'}"
        if share[row]:
            expected = f"1, as gpuShare of '{name}' is of one"
        else:
            expected = f"{wanted[row]}, as {instances[row]} of '{name}' take whole ones" if whole[row] else "none"
        table.problem(row, "devices", found, expected)
    last = np.fromiter((each[-1] if each else -1 for each in devices), np.int64, len(devices))
    column = inventory.resources.index(GPU) if GPU in inventory.resources else None
    for row in np.flatnonzero(last >= 0).tolist():
        there = 0 if column is None else int(inventory.servers.capacity[server[row], column])
        if last[row] >= there:
            has = f"0 to {there - 1}, the devices of" if there else "none, as there are no GPUs on"
            name = inventory.servers.name[server[row]]
            table.problem(row, "devices", f"device {last[row]}", f"{has} '{name}'")
