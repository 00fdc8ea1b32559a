"""Alibaba's GPU cluster of 2023 (openb): nodes become the servers of one site, pods alike one container application."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from planner.inventory.generation import generation
from planner.inventory.inventory import Column, Inventory, Servers
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.manifests.errors import InvalidInput
from planner.manifests.runtimes import Runtimes
from planner.worlds.imported import Imported, sites_nowhere
from planner.worlds.source import Row, Source

SITE = "openb"
RESOURCES = ("cpu", "memory", "gpu")
MODEL = "gpu-model"
"""Label of a server: the model of its GPUs as the source writes it, empty without GPUs."""
_WHOLE = 1000  # gpu_milli of one GPU


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

    The allowed models of a pod are a `where` on the servers' label `gpu-model`. Priority is the number of GPUs, at
    least 1: what is admitted is measured in GPUs. Pods that ask for a share of a GPU get a whole one; the notes say
    how many do. Raises InvalidInput with every problem of both files.
    """
    nodes = Source(
        folder / "openb_node_list_all_node.csv", ("sn", "cpu_milli", "memory_mib", "gpu", "model"), unique="sn"
    )
    asked = Source(folder / pods, ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli"), unique="name")
    inventory = _inventory(nodes.rows)
    kinds = [(_kind(row), row.name("name")) for row in asked.rows]
    if problems := [*nodes.problems, *asked.problems]:
        raise InvalidInput(problems)
    count = Counter(kind for kind, _ in kinds)
    applications = tuple(_application(kind, instances) for kind, instances in count.items())
    world = World(inventory, applications, (), Runtimes(), generation(inventory, ()))
    return Imported(world, [(kind.name, name) for kind, name in kinds], _notes(count))


def _inventory(rows: Sequence[Row]) -> Inventory:
    models = [row.text("model") for row in rows]
    capacity = [[row.whole("cpu_milli"), row.whole("memory_mib"), row.whole("gpu")] for row in rows]
    offers = {model: frozenset({f"gpu.{model.lower()}"} if model else ()) for model in models}
    servers = Servers(
        name=tuple(row.name("sn") for row in rows),
        site=np.zeros(len(rows), np.int32),
        rack=Column.of([SITE] * len(rows)),
        state=Column.of(["online"] * len(rows)),
        capabilities=tuple(offers[model] for model in models),
        cpu_overcommit=(Fraction(1),) * len(rows),
        capacity=np.array(capacity, np.int64).reshape(len(rows), len(RESOURCES)),
        labels={MODEL: Column.of(models)},
    )
    return Inventory(sites_nowhere([SITE]), servers, RESOURCES)


def _kind(row: Row) -> _Kind:
    gpus = row.whole("num_gpu")
    milli = row.whole("gpu_milli", most=_WHOLE)
    if gpus > 1 and milli != _WHOLE:
        row.problem("gpu_milli", f"{_WHOLE}: only a pod of one GPU may ask for a share of it")
    if bool(gpus) != bool(milli):
        row.problem("gpu_milli", f"1 to {_WHOLE}" if gpus else "0, as no GPU is asked for")
    models = sorted({model.strip() for model in row.text("gpu_spec").split("|")} - {""})
    share = milli if milli < _WHOLE else 0
    return _Kind(row.whole("cpu_milli"), row.whole("memory_mib"), gpus, share, tuple(models))


def _application(kind: _Kind, instances: int) -> Application:
    resources: dict[str, Any] = {"cpu": f"{kind.cpu}m", "memory": f"{kind.memory}Mi"}
    return Application.model_validate(
        {
            "metadata": {"name": kind.name, "labels": {"gpu-milli": str(kind.share)} if kind.share else {}},
            "spec": {
                "runtime": "container",
                "resources": resources | ({"gpu": kind.gpus} if kind.gpus else {}),
                "demand": [{"where": {MODEL: list(kind.models)} if kind.models else {}, "instances": instances}],
                "partial": {"minimum": 1},
                "priority": max(1, kind.gpus),
            },
        }
    )


def _notes(count: Counter[_Kind]) -> list[str]:
    notes = ["The source names no racks: all servers stand in one rack of one site."]
    if sharing := sum(instances for kind, instances in count.items() if kind.share):
        notes.append(
            f"{sharing} pods ask for a share of a GPU. Shares of a device are not modelled yet: each of these pods"
            " takes a whole GPU here, so fewer fit than in the source. The label 'gpu-milli' keeps the share."
        )
    return notes
