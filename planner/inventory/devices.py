"""Devices: the books of every single GPU, in thousandths; a share is of one device, a whole one is nobody else's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Inventory
from planner.manifests.application import Application, ApplicationSpec
from planner.manifests.errors import InputProblem
from planner.manifests.quantities import DEVICE
from planner.manifests.window import Window

if TYPE_CHECKING:  # a world has standby rooms, which count in units, which know devices
    from planner.inventory.world import Allocation

GPU = "gpu"
NONE = 2 * DEVICE  # sorts behind every device


@dataclass(frozen=True, slots=True)
class Devices:
    """count: [servers], devices of each. free: [servers, most devices], thousandths, 0 where there is no device.
    shared: [servers], devices of which somebody has a share."""

    count: NDArray[np.int32]
    free: NDArray[np.int32]
    shared: NDArray[np.int32]

    @staticmethod
    def of(
        inventory: Inventory, applications: Mapping[str, Application], allocations: Sequence[Allocation]
    ) -> tuple[Devices, list[InputProblem]]:
        """The books, and every device of which more than all is allocated.

        Whole devices that no allocation names are the lowest that are free; when they are too few, the books of the
        server's resources tell.
        """
        servers = len(inventory.servers)
        column = inventory.resources.index(GPU) if GPU in inventory.resources else None
        count = np.zeros(servers, np.int32) if column is None else inventory.servers.capacity[:, column]
        taken = np.zeros((servers, int(count.max(initial=0))), np.int64)
        shares = np.zeros_like(taken)
        problems, nameless = [], []
        for row in allocations:
            spec = applications[row.application].spec
            if spec.gpu_share and row.devices:
                taken[row.server, row.devices[0]] += spec.gpu_share * row.instances
                shares[row.server, row.devices[0]] += row.instances
            elif spec.gpu_share:
                found = f"no device for '{row.application}' on server '{inventory.servers.name[row.server]}'"
                problems.append(
                    InputProblem("allocations.csv", None, "devices", found, "the one that it has a share of")
                )
            elif whole := spec.resources.get(GPU, 0):
                taken[row.server, list(row.devices)] += DEVICE
                nameless.append((row.server, whole * row.instances - len(row.devices)))
        problems += _overbooked(inventory, taken)
        for server, wanted in nameless:
            open_ones = np.flatnonzero(taken[server, : count[server]] == 0)[:wanted]
            taken[server, open_ones] = DEVICE
        exists = np.arange(taken.shape[1]) < count[:, None]
        free = np.where(exists, DEVICE - taken, 0).astype(np.int32)
        return Devices(count.astype(np.int32), free, (shares > 0).sum(axis=1).astype(np.int32)), problems

    @property
    def most(self) -> int:
        """Devices of the server that has the most."""
        return int(self.free.shape[1])

    def order(self) -> NDArray[np.intp]:
        """[servers, most]: device numbers by what is free of them, the least first, so that those that are wholly free
        stand next to each other; what is no device comes last."""
        exists = np.arange(self.most) < self.count[:, None]
        return np.argsort(np.where(exists, self.free, NONE), axis=1, kind="stable")


def timed(applications: Mapping[str, Application], windows: Mapping[str, Window | None]) -> list[InputProblem]:
    """Those with GPUs and a window, their own or a master's: the books of devices know no time."""
    return [
        InputProblem("applications", None, name, "GPUs beside a window", "one of them: devices know no time")
        for name, window in windows.items()
        if window and gpus_of(applications[name].spec)
    ]


def gpus_of(spec: ApplicationSpec) -> int:
    """Devices that an instance is on."""
    return 1 if spec.gpu_share else spec.resources.get(GPU, 0)


def _overbooked(inventory: Inventory, taken: NDArray[np.int64]) -> list[InputProblem]:
    return [
        InputProblem(
            "allocations.csv",
            None,
            "devices",
            f"{percent(int(taken[server, device]))} of device {device} of server '{inventory.servers.name[server]}'"
            " allocated",
            "at most 100 %",
        )
        for server, device in np.argwhere(taken > DEVICE).tolist()
    ]


def percent(thousandths: int) -> str:
    """`46 %`, `115.5 %`."""
    return f"{thousandths / 10:g} %"
