"""Flavours of a generated world: the sizes that instances come in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Flavour:
    """vCPUs (halves allowed), GiB of memory, GPUs; disk and bandwidth grow with the vCPUs."""

    cpu: float
    memory: int
    gpu: int = 0

    @property
    def disk(self) -> int:
        return max(5, round(self.cpu * 10))

    @property
    def bandwidth(self) -> int:
        return max(5, round(self.cpu * 20))

    @property
    def worth(self) -> int:
        """Priority of one instance: its vCPUs, so that what is admitted is measured in vCPU."""
        return max(1, round(self.cpu))

    @property
    def quantities(self) -> dict[str, str]:
        """As a manifest writes them."""
        amounts = {
            "cpu": f"{round(self.cpu * 1000)}m" if self.cpu % 1 else f"{self.cpu:.0f}",
            "memory": f"{self.memory}Gi",
            "disk": f"{self.disk}Gi",
            "bandwidth": f"{self.bandwidth}M",
        }
        return amounts | ({"gpu": str(self.gpu)} if self.gpu else {})

    @property
    def demand(self) -> NDArray[np.int64]:
        """In base units, columns as in `servers.RESOURCES`."""
        amounts = (round(self.cpu * 1000), self.memory * 1024, self.disk, self.bandwidth, self.gpu)
        return np.array(amounts, np.int64)

    def slots(self, free: NDArray[np.int64]) -> NDArray[np.int64]:
        """How many instances fit each row of `free` [servers, resources]."""
        demand = self.demand
        needed = demand > 0
        fitting: NDArray[np.int64] = (free[:, needed] // demand[needed]).min(axis=1)
        return fitting
