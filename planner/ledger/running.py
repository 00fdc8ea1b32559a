"""Running: what runs in a world, as lines of the books."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from planner.inventory.calendar import windows_of
from planner.inventory.devices import GPU, Devices
from planner.inventory.standby import Standby
from planner.inventory.units import Units
from planner.inventory.world import Allocation, World
from planner.ledger.entries import Line, written
from planner.ledger.lifetime import ends_of, starts_of
from planner.ledger.sharing import slices
from planner.manifests.errors import InvalidInput
from planner.manifests.quantities import DEVICE


def running(world: World, ids: Mapping[str, int], now: int) -> list[Line]:
    """Allocations and standby, but for what is over already. ids: of servers, by name. Each instance with whole GPUs
    has a line of its own, with its devices: those that are not named are the lowest that are free.

    Raises InvalidInput when devices are overbooked."""
    made = _Lines(world, ids, now)
    rows = [line for row in world.allocations for line in made.of(row)]
    rows += [made.line(row, lost=f"{row.level}:{row.domain}") for row in world.standby]
    return [line for line in rows if line.ends > now]


class _Lines:
    def __init__(self, world: World, ids: Mapping[str, int], now: int) -> None:
        self.world, self.ids, self.now = world, ids, now
        self.units = Units.of(world.inventory, world.runtimes)
        _, self.rate = self.units.capacity(world.inventory)
        self.manifests = {each.id: each for each in world.applications}
        self.asked = {name: written(each.spec.resources) for name, each in self.manifests.items()}
        self.daily = {name: slices(window) for name, window in windows_of(self.manifests).items()}
        self.times = {
            name: (starts_of(each, now, self.manifests), ends_of(each, now, self.manifests))
            for name, each in self.manifests.items()
        }
        self.texts: dict[tuple[object, ...], str] = {}
        named = [row for row in world.allocations if row.devices]
        devices, problems = Devices.of(world.inventory, self.manifests, named)
        if problems:
            raise InvalidInput(problems)
        self.free = devices.free

    def of(self, row: Allocation) -> Iterator[Line]:
        """One line, or one for each instance with whole GPUs."""
        spec = self.manifests[row.application].spec
        whole = spec.resources.get(GPU, 0)
        if not whole or spec.gpu_share:
            yield self.line(row, row.devices)
            return
        devices = row.devices or self._lowest(row.server, whole * row.instances)
        for first in range(0, whole * row.instances, whole):
            yield self.line(row._replace(instances=1), devices[first : first + whole])

    def _lowest(self, server: int, count: int) -> tuple[int, ...]:
        """When they are too few, the rooms of the server tell."""
        found = np.flatnonzero(self.free[server] == DEVICE)[:count]
        self.free[server, found] = 0
        return tuple(found.tolist())

    def line(self, row: Allocation | Standby, devices: tuple[int, ...] = (), lost: str = "") -> Line:
        application = self.manifests[row.application]
        cells = row.cells or self.units.modes(application)[0]
        key = (row.application, cells, int(self.rate[row.server]), devices)
        if key not in self.texts:
            amounts = dict(zip(self.units.columns, self.units.demand(application, cells)[key[2]].tolist(), strict=True))
            share = application.spec.gpu_share or DEVICE
            self.texts[key] = written(amounts | {f"{GPU}#{device}": share for device in devices})
        server = self.ids[self.world.inventory.servers.name[row.server]]
        head = (0, "", "allocation", application.metadata.namespace, row.application, row.demand, row.cells)
        times = self.times[row.application]
        texts = (self.texts[key], self.asked[row.application])
        return Line(*head, server, row.instances, *times, *texts, devices, lost, self.daily[row.application])
