"""Alibaba's GPU cluster of 2023 (openb): nodes become the servers of one site, pods alike one container application."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from planner.inventory.inventory import Column, Inventory, Servers
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.quantities import DEVICE
from planner.manifests.runtimes import Runtimes
from planner.worlds import texts
from planner.worlds.imported import Imported, agree, sites_nowhere, source_table
from planner.worlds.table import Table
from planner.worlds.write import sealed

SITE = "openb"
RESOURCES = ("cpu", "memory", "gpu")
MODEL = "gpu-model"
"""Label of a server: the model of its GPUs as the source writes it, empty without GPUs."""
_AMOUNTS = ("cpu_milli", "memory_mib")
NOTES = ["The source names no racks: all servers stand in one rack of one site."]
_MOST = 1_000_000_000
WHOLE = DEVICE  # gpu_milli of one GPU


@dataclass(frozen=True, slots=True)
class _Kind:
    """Pods that ask for the same. share: thousandths of one GPU, 0 where whole ones are asked for.
    models: those that will do, empty for all."""

    cpu: int
    memory: int
    gpus: int
    share: int
    models: tuple[str, ...]

    @property
    def name(self) -> str:
        gpu = f"-{self.gpus}gpu" if self.gpus else ""
        share = f"-{self.share}milli" if self.share else ""
        return f"pod-{self.cpu}m-{self.memory}mi{gpu}{share}" + "".join(f"-{model.lower()}" for model in self.models)


def load(folder: Path, pods: str = "openb_pod_list_default.csv") -> Imported:
    """One site; `gpu` counts whole devices; a server with GPUs offers `gpu.<model>`, in lower case.

    Priority is what a pod asks for in thousandths of a GPU, at least 1: what is admitted is measured in GPUs. Raises
    InvalidInput with every problem of both files.
    """
    nodes = source_table(folder / "openb_node_list_all_node.csv", "sn", *_AMOUNTS, "gpu", "model", unique="sn")
    asked = source_table(folder / pods, "name", *_AMOUNTS, "num_gpu", "gpu_milli", unique="name")
    inventory = _inventory(nodes)
    kinds, names = _kinds(asked), asked.convert("name", texts.name, "")
    agree(nodes, asked)
    count = Counter(kinds)
    applications = tuple(_application(kind, instances) for kind, instances in count.items())
    world = sealed(World(inventory, applications, (), Runtimes(), ""))
    return Imported(world, [(kind.name, name) for kind, name in zip(kinds, names, strict=True)], NOTES)


def _inventory(table: Table) -> Inventory:
    count = len(table)
    models = table.convert("model", texts.printable, "")
    offers = {model: frozenset({f"gpu.{model.lower()}"} if model else ()) for model in models}
    servers = Servers(
        name=tuple(table.convert("sn", texts.name, "")),
        site=np.zeros(count, np.int32),
        rack=Column.of([SITE] * count),
        state=Column.of(["online"] * count),
        capabilities=tuple(offers[model] for model in models),
        cpu_overcommit=(Fraction(1),) * count,
        capacity=np.stack([table.integers(name, texts.whole(0, _MOST)) for name in (*_AMOUNTS, "gpu")], axis=1),
        labels={MODEL: Column.of(models)},
    )
    return Inventory(sites_nowhere([SITE]), servers, RESOURCES)


def _kinds(table: Table) -> list[_Kind]:
    """The kind of each pod, in the order of the file."""
    columns = (
        *(table.integers(name, texts.whole(0, _MOST)).tolist() for name in _AMOUNTS),
        table.integers("num_gpu", texts.whole(0, 1_000)).tolist(),
        table.integers("gpu_milli", texts.whole(0, WHOLE)).tolist(),
        table.convert("gpu_spec", _models, ()),
    )
    if not table.problems:
        for row, asked in enumerate(zip(*columns, strict=True)):
            _check(table, row, *asked[:-1])
    return [
        _Kind(cpu, memory, gpus, milli if milli < WHOLE else 0, models)
        for cpu, memory, gpus, milli, models in zip(*columns, strict=True)
    ]


def _check(table: Table, row: int, cpu: int, memory: int, gpus: int, milli: int) -> None:
    """Some resource is asked for, and only of a single GPU a share."""
    least, most = {0: (0, 0), 1: (1, WHOLE)}.get(gpus, (WHOLE, WHOLE))
    if not least <= milli <= most:
        expected = f"{least} to {most}" if least < most else str(least)
        table.problem(row, "gpu_milli", str(milli), f"{expected} with a num_gpu of {gpus}")
    if not (cpu or memory or gpus):
        table.problem(row, "cpu_milli", "0", "more than 0, as neither memory nor GPUs are asked for")


def _models(text: str) -> tuple[str, ...]:
    return tuple(sorted({model.strip() for model in texts.printable(text).split("|")} - {""}))


def _application(kind: _Kind, instances: int) -> Application:
    resources: dict[str, Any] = {"cpu": f"{kind.cpu}m", "memory": f"{kind.memory}Mi"}
    gpu: dict[str, Any] = {"gpuShare": kind.share / WHOLE} if kind.share else {}
    return Application.model_validate(
        {
            "metadata": {"name": kind.name},
            "spec": {
                "runtime": "container",
                "resources": resources | ({"gpu": kind.gpus} if kind.gpus and not kind.share else {}),
                **gpu,
                "gpuModels": list(kind.models),
                "demand": [{"instances": instances}],
                "partial": {"minimum": 1},
                "priority": max(1, kind.share or kind.gpus * WHOLE),
            },
        }
    )
