"""What already runs in a generated world: some dozens of applications, unevenly over sites and servers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Inventory
from planner.inventory.world import Allocation
from planner.manifests.application import Application, ApplicationSpec, Partial, qualified
from planner.manifests.demand import Demand
from planner.manifests.metadata import Metadata
from planner.worlds.edge.flavours import Flavour

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _Running:
    namespace: str
    name: str
    runtime: str
    flavour: Flavour


def _tenants(names: str, kinds: dict[str, tuple[str, Flavour]]) -> list[_Running]:
    return [_Running(tenant, kind, *what) for tenant in names.split() for kind, what in kinds.items()]


# A server takes from each group at most one application, the large ones first.
_LARGE = _tenants(
    "bluefin kingfisher redwood",
    {
        "desktop": ("vm", Flavour(8, 32)),
        "transcode": ("vm", Flavour(16, 32)),
        "database": ("vm", Flavour(16, 64)),
        "cdn-cache": ("vm", Flavour(32, 64)),
    },
) + _tenants("redwood", {"archive": ("vm", Flavour(32, 128)), "inference": ("container", Flavour(8, 32, 1))})
_MIDDLE = _tenants(
    "acacia bluefin ginkgo",
    {
        "live-relay": ("container", Flavour(4, 8)),
        "game-room": ("container", Flavour(4, 16)),
        "accelerator": ("container", Flavour(8, 16)),
        "web": ("vm", Flavour(2, 8)),
    },
)
_SMALL = _tenants(
    "acacia ginkgo kingfisher orchid",
    {"gateway": ("container", Flavour(1, 2)), "probe": ("container", Flavour(2, 4))},
) + _tenants("orchid", {"function": ("container", Flavour(1, 4)), "resolver": ("vm", Flavour(1, 2))})
_GROUPS = (_LARGE, _MIDDLE, _SMALL)
_RUNNING = [what for group in _GROUPS for what in group]


def existing(
    inventory: Inventory, load: float, rng: np.random.Generator
) -> tuple[tuple[Application, ...], tuple[Allocation, ...], _Ints]:
    """Applications that hold `load` of all vCPU, their allocations (three rows a server at most), and what stays free.

    Each application asks for exactly what it has, anywhere and partially, so that nothing of it is left to place.
    free: [servers, resources], base units.
    """
    free = inventory.servers.capacity.copy()
    if load == 0:
        return (), (), free
    which, instances = _run(free, _targets(inventory, load, rng), rng)
    total = np.bincount(which.ravel(), instances.ravel(), len(_RUNNING)).astype(np.int64).tolist()
    manifests = tuple(_manifest(what, count) for what, count in zip(_RUNNING, total, strict=True) if count)
    return manifests, _allocations(which, instances), free


def _run(free: _Ints, left: NDArray[np.float64], rng: np.random.Generator) -> tuple[_Ints, _Ints]:
    """[servers, groups]: which of `_RUNNING`, and how many instances of it; taken from `free` and `left`."""
    which, instances, first = [], [], 0
    for group in _GROUPS:
        choice, count = _place(group, free, left, group is _SMALL, rng)
        which.append(first + choice)
        instances.append(count)
        first += len(group)
    return np.stack(which, axis=1), np.stack(instances, axis=1)


def _allocations(which: _Ints, instances: _Ints) -> tuple[Allocation, ...]:
    ids = [qualified(what.name, what.namespace) for what in _RUNNING]
    server, group = np.nonzero(instances)
    columns = (which[server, group].tolist(), server.tolist(), instances[server, group].tolist())
    return tuple(Allocation(ids[what], row, count) for what, row, count in zip(*columns, strict=True))


def _targets(inventory: Inventory, load: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Millicores to take of each server: beta around its site's load, which is beta around `load`; exact in sum."""
    cpu = inventory.servers.capacity[:, 0]
    if load == 1:
        return cpu.astype(np.float64)
    of_site = np.clip(rng.beta(8 * load, 8 * (1 - load), len(inventory.sites)), 0.01, 0.99)[inventory.servers.site]
    drawn = rng.beta(10 * of_site, 10 * (1 - of_site))
    low, high = 0.0, 64.0
    for _ in range(60):  # the power that brings the sum to the load
        power = (low + high) / 2
        low, high = (power, high) if (drawn**power * cpu).sum() > load * cpu.sum() else (low, power)
    return drawn**high * cpu


def _place(
    group: list[_Running], free: _Ints, left: NDArray[np.float64], last: bool, rng: np.random.Generator
) -> tuple[_Ints, _Ints]:
    """For each server an application of the group and how many instances of it; taken from `free` and `left`.

    The `last` group fills what is left, rounded at random, which keeps the total true; others take a part of it.
    """
    choice = _choose(group, free, rng)
    demand = np.stack([application.flavour.demand for application in group])
    share = np.ones(len(free)) if last else rng.uniform(0.2, 1.0, len(free))
    wanted = np.floor(left * share / demand[choice, 0] + (rng.random(len(free)) if last else 0)).astype(np.int64)
    slots = np.stack([application.flavour.slots(free) for application in group], axis=1)
    count = np.minimum(wanted, slots[np.arange(len(free)), choice])
    free -= demand[choice] * count[:, None]
    left -= demand[choice, 0] * count
    np.maximum(left, 0, out=left)
    return choice, count


def _choose(group: list[_Running], free: _Ints, rng: np.random.Generator) -> _Ints:
    """At random, but none that would use up a server's memory before its vCPUs, and GPUs for those who need them."""
    fraction = rng.random(len(free))
    spacious = free[:, 1] * 1000 >= free[:, 0] * 4096  # 4 GiB per vCPU
    choice = np.zeros(len(free), np.int64)
    for lean in (True, False):
        suited = [
            row
            for row, what in enumerate(group)
            if not what.flavour.gpu and (not lean or what.flavour.memory <= 2 * what.flavour.cpu)
        ]
        here = spacious != lean
        choice[here] = np.array(suited)[(fraction[here] * len(suited)).astype(np.int64)]
    for row, what in enumerate(group):
        if what.flavour.gpu:
            choice[(free[:, 4] > 0) & (rng.random(len(free)) < 0.6)] = row
    return choice


def _manifest(what: _Running, instances: int) -> Application:
    return Application(
        metadata=Metadata(name=what.name, namespace=what.namespace),
        spec=ApplicationSpec(
            runtime=what.runtime,
            resources=what.flavour.quantities,
            demand=[Demand(instances=instances)],
            partial=Partial(),
            priority=what.flavour.worth,
        ),
    )
