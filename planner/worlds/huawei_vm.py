"""Huawei's set for topology-aware VM placement: servers with two NUMA cells in racks, VMs with rules between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planner.inventory.inventory import Cells, Column, Inventory, Servers
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean, one_of, shown
from planner.manifests.runtimes import Runtimes
from planner.worlds import texts
from planner.worlds.imported import Imported, agree, sites_nowhere, source_table
from planner.worlds.table import Table
from planner.worlds.write import sealed

RESOURCES = ("cpu", "memory")
_CELLS = ("cell0_vcpu", "cell0_ram_gib", "cell1_vcpu", "cell1_ram_gib")
_VM = ("vm", "flavor_vcpus", "flavor_ram", "numa", "strategy", "group", "domain")
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
    servers = source_table(folder / "servers.csv", "server", "rack", *_CELLS, unique="server")
    vms = source_table(folder / requests, *_VM, unique="vm")
    kinds, names = _kinds(vms), vms.convert("vm", texts.name, "")
    inventory = _inventory(servers, racks, numa)
    agree(servers, vms)
    applications = tuple(_application(kind, count, numa) for kind, count in Counter(kinds).items())
    world = sealed(World(inventory, applications, (), Runtimes(), ""))
    return Imported(world, [(kind.name, name) for kind, name in zip(kinds, names, strict=True)])


def _inventory(table: Table, racks: int | None, numa: bool) -> Inventory:
    rack = table.convert("rack", texts.name, "")
    names = list(dict.fromkeys(rack))
    if racks is not None and not 1 <= racks <= len(names):
        expected = f"1 to {len(names)}, the racks there are"
        raise InvalidInput([InputProblem("options", None, "racks", str(racks), expected)])
    position = {name: number for number, name in enumerate(names[:racks])}
    kept = sorted((row for row in range(len(table)) if rack[row] in position), key=lambda row: position[rack[row]])
    room = np.stack([table.integers(column, texts.whole(0, 100_000)) for column in _CELLS], axis=1)[kept]
    cells = room.reshape(-1, len(_CELLS) // len(RESOURCES), len(RESOURCES)) * _UNITS
    sites = sites_nowhere([f"rack-{name}" for name in position])
    site = np.array([position[rack[row]] for row in kept], np.int32)
    name = table.convert("server", texts.name, "")
    servers = Servers(
        name=tuple(name[row] for row in kept),
        site=site,
        rack=Column(sites.name, site),
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


def _kinds(table: Table) -> list[_Kind]:
    """The kind of each VM, in the order of the file."""
    columns = (
        table.integers("flavor_vcpus", texts.whole(1, 10_000)).tolist(),
        table.integers("flavor_ram", texts.whole(0, 100_000)).tolist(),
        table.integers("numa", texts.whole(1, 2), 1).tolist(),
        table.convert("strategy", _strategy, ""),
        table.convert("group", _number_or_nothing, ""),
        table.convert("domain", _number_or_nothing, ""),
    )
    kinds = [_Kind(*row) for row in zip(*columns, strict=True)]
    if not table.problems:
        _check_rules(table, kinds)
    return kinds


def _check_rules(table: Table, kinds: list[_Kind]) -> None:
    """A strategy comes with a group, fault domains also with a domain, and neither without."""
    for row, kind in enumerate(kinds):
        due = {"group": kind.strategy != "", "domain": kind.strategy == "fault_domain"}
        for column, value in (("group", kind.group), ("domain", kind.domain)):
            if due[column] != (value != ""):
                strategy = f"the strategy {shown(kind.strategy)}" if kind.strategy else "no strategy"
                expected = f"{'a number' if due[column] else 'nothing'} with {strategy}"
                table.problem(row, column, shown(value or None), expected)


def _strategy(text: str) -> str:
    if text not in _STRATEGIES:
        raise ValueError(one_of(_STRATEGIES) + did_you_mean(text, _STRATEGIES))
    return text


def _number_or_nothing(text: str) -> str:
    return str(texts.whole(0, 1_000_000)(text)) if text else ""


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
