"""Huawei's set for topology-aware VM placement: servers with two NUMA cells in racks, VMs with rules between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.inventory.generation import generation
from planner.inventory.inventory import Cells, Column, Inventory, Servers
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.runtimes import Runtimes
from planner.worlds.imported import Imported, sites_nowhere
from planner.worlds.source import Row, Source

RESOURCES = ("cpu", "memory")
_CELLS = (("cell0_vcpu", "cell0_ram_gib"), ("cell1_vcpu", "cell1_ram_gib"))
_UNITS = np.array([1000, 1024], np.int64)  # vCPU in millicores, GiB in MiB
_STRATEGIES = ("", "affinity", "anti-affinity", "fault_domain")


@dataclass(frozen=True, slots=True)
class _Kind:
    """VMs that ask for the same. group: empty without a strategy. domain: only of fault domains."""

    cpu: int
    memory: int
    cells: int
    strategy: str
    group: str
    domain: str

    @property
    def name(self) -> str:
        flavour = f"{self.cpu}c{self.memory}g-{self.cells}n"
        place = f"{self.strategy.replace('_', '-')}-{self.group}" if self.strategy else "free"
        return f"{place}-d{self.domain}-{flavour}" if self.domain else f"{place}-{flavour}"


def load(folder: Path, requests: str = "vms_c1.csv", racks: int | None = None, numa: bool = False) -> Imported:
    """Racks become sites of one rack; VMs alike become one application, whose priority is its vCPUs.

    requests: file of the folder, vms_c1.csv to vms_c3.csv. racks: only the first so many. numa: keep the NUMA cells of
    servers and VMs; else a server is the sum of its cells. Raises InvalidInput with every problem of both files.
    """
    servers = Source(folder / "servers.csv", ("server", "rack", *_CELLS[0], *_CELLS[1]), unique="server")
    vms = Source(
        folder / requests, ("vm", "flavor_vcpus", "flavor_ram", "numa", "strategy", "group", "domain"), unique="vm"
    )
    inventory = _inventory(servers.rows, racks, numa)
    kinds = [(_kind(row), row.name("vm")) for row in vms.rows]
    if problems := [*servers.problems, *vms.problems]:
        raise InvalidInput(problems)
    count: dict[_Kind, int] = {}
    for kind, _ in kinds:
        count[kind] = count.get(kind, 0) + 1
    applications = tuple(_application(kind, instances, numa) for kind, instances in count.items())
    world = World(inventory, applications, (), Runtimes(), generation(inventory, ()))
    return Imported(world, [(kind.name, name) for kind, name in kinds])


def _inventory(rows: Sequence[Row], racks: int | None, numa: bool) -> Inventory:
    names = list(dict.fromkeys(row.name("rack") for row in rows))
    if racks is not None and not 1 <= racks <= len(names):
        raise InvalidInput(
            [InputProblem("options", None, "racks", str(racks), f"1 to {len(names)}, the racks there are")]
        )
    position = {name: number for number, name in enumerate(names[:racks])}
    kept = sorted((row for row in rows if row.text("rack") in position), key=lambda row: position[row.text("rack")])
    cells = np.array([[[row.whole(name) for name in cell] for cell in _CELLS] for row in kept], np.int64)
    cells = cells.reshape(-1, len(_CELLS), len(RESOURCES)) * _UNITS
    sites = sites_nowhere([f"rack-{name}" for name in position])
    at = [position[row.text("rack")] for row in kept]
    servers = Servers(
        name=tuple(row.name("server") for row in kept),
        site=np.array(at, np.int32),
        rack=Column(sites.name, np.array(at, np.int32)),
        state=Column.of(["online"] * len(kept)),
        capabilities=(frozenset(),) * len(kept),
        cpu_overcommit=(Fraction(1),) * len(kept),
        capacity=cells.sum(axis=1),
        labels={},
    )
    return Inventory(sites, servers, RESOURCES, _numa(cells) if numa else None)


def _numa(cells: NDArray[np.int64]) -> Cells:
    """From [servers, cells, resources]."""
    server, cell = np.indices(cells.shape[:2]).reshape(2, -1).astype(np.int32)
    return Cells(server, cell, RESOURCES, cells.reshape(-1, len(RESOURCES)))


def _kind(row: Row) -> _Kind:
    strategy = row.choice("strategy", _STRATEGIES)
    kind = _Kind(
        cpu=row.whole("flavor_vcpus", least=1),
        memory=row.whole("flavor_ram"),
        cells=row.whole("numa", least=1, most=2),
        strategy=strategy,
        group=str(row.whole("group")) if strategy else "",
        domain=str(row.whole("domain")) if strategy == "fault_domain" else "",
    )
    for field, needless in (("group", not strategy), ("domain", strategy != "fault_domain")):
        if needless and row.text(field):
            row.problem(field, f"nothing with the strategy '{strategy}'")
    return kind


def _application(kind: _Kind, instances: int, numa: bool) -> Application:
    spec: dict[str, Any] = {
        "runtime": "vm",
        "resources": {"cpu": str(kind.cpu), "memory": f"{kind.memory}Gi"},
        "demand": [{"instances": instances}],
        "priority": kind.cpu,
    }
    metadata: dict[str, Any] = {"name": kind.name}
    if numa:
        spec["numaCells"] = kind.cells
    if kind.strategy:
        spec |= {"group": f"g-{kind.strategy}-{kind.group}", "allOrNothing": "group"}
    match kind.strategy:
        case "":
            spec["partial"] = {"minimum": 1}
        case "affinity":
            spec["together"] = [{"at": "rack", "across": "group"}]
        case "anti-affinity":
            spec["spread"] = [{"over": "server", "maxInstances": 1, "across": "group"}]
        case "fault_domain":
            spec["apartFrom"] = [{"at": "rack", "labelDiffers": "domain"}]
            metadata["labels"] = {"domain": kind.domain}
    return Application.model_validate({"metadata": metadata, "spec": spec})
