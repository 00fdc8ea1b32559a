"""GPU books as a node keeps them: a share is of one device and never straddles two, whole GPUs want empty ones."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from solver.problem import Ints

WHOLE = 1000  # milli-GPUs of a device


@dataclass(frozen=True, slots=True)
class Nodes:
    """room: [nodes, (cpu milli, memory MiB)]. devices: [nodes, most devices], milli-GPUs, 0 where there is none.
    model: of the devices, empty without any."""

    room: Ints
    devices: Ints
    model: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a pod asks for: `gpus` devices, `milli` of each. models: those that will do, empty for all."""

    cpu: int
    memory: int
    gpus: int
    milli: int
    models: frozenset[str]

    @property
    def gpu(self) -> int:
        """Milli-GPUs in all."""
        return self.gpus * self.milli

    def rounded_up(self) -> Kind:
        """With a whole device for a share."""
        return replace(self, milli=WHOLE) if self.gpus else self


@dataclass(frozen=True, slots=True)
class Assignment:
    """node: [pods], -1 for a pod that waits. devices: [pods, most devices], whether the pod is on the device."""

    node: NDArray[np.int32]
    devices: NDArray[np.bool_]


def read_nodes(file: Path) -> Nodes:
    """From `sn,cpu_milli,memory_mib,gpu,model`."""
    rows = _rows(file)
    gpus = np.array([int(row["gpu"]) for row in rows], np.int64)
    return Nodes(
        np.array([[int(row["cpu_milli"]), int(row["memory_mib"])] for row in rows], np.int64),
        np.where(np.arange(gpus.max(initial=0)) < gpus[:, None], WHOLE, 0).astype(np.int64),
        tuple(row["model"] for row in rows),
    )


def read_pods(file: Path) -> list[Kind]:
    """From `cpu_milli,memory_mib,num_gpu,gpu_milli` and, in some lists, `gpu_spec`; in the order of the file."""
    return [
        Kind(
            int(row["cpu_milli"]),
            int(row["memory_mib"]),
            int(row["num_gpu"]),
            int(row["gpu_milli"]),
            frozenset((row.get("gpu_spec") or "").split("|")) - {""},
        )
        for row in _rows(file)
    ]


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as text:
        return list(csv.DictReader(text))


class Books:
    """What is free while pods come. Columns as in `Nodes`."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.room = nodes.room.copy()
        self.devices = nodes.devices.copy()
        self.model = np.array(nodes.model)

    def suited(self, kind: Kind) -> NDArray[np.bool_]:
        """[nodes]: of an accepted model."""
        return np.isin(self.model, list(kind.models)) if kind.models else np.ones(len(self.model), np.bool_)

    def fits(self, kind: Kind, rows: NDArray[np.intp]) -> NDArray[np.bool_]:
        """[rows]: room and enough devices; the model is another question."""
        room = (self.room[rows] >= (kind.cpu, kind.memory)).all(axis=1)
        if not kind.gpus:
            return np.asarray(room)
        return np.asarray(room & ((self.devices[rows] >= kind.milli).sum(axis=1) >= kind.gpus))

    def tightest(self, kind: Kind, row: int) -> NDArray[np.intp]:
        """The devices with the least left that still suffice."""
        free = self.devices[row]
        enough = np.flatnonzero(free >= kind.milli) if kind.gpus else np.empty(0, np.intp)
        return enough[np.argsort(free[enough], kind="stable")][: kind.gpus]

    def take(self, kind: Kind, row: int, devices: NDArray[np.intp]) -> None:
        self.room[row] -= (kind.cpu, kind.memory)
        self.devices[row, devices] -= kind.milli


def objections(nodes: Nodes, pods: Sequence[Kind], assignment: Assignment) -> list[str]:
    """Everything wrong with an assignment, from the files alone."""
    found: list[str] = []
    room, left = nodes.room.copy(), nodes.devices.copy()
    for pod, (kind, row) in enumerate(zip(pods, assignment.node.tolist(), strict=True)):
        if row < 0:
            continue
        on = assignment.devices[pod]
        if int(on.sum()) != kind.gpus:
            found.append(f"pod {pod} has {on.sum()} devices, not {kind.gpus}")
        if kind.models and nodes.model[row] not in kind.models:
            found.append(f"pod {pod} is on a {nodes.model[row]}")
        room[row] -= (kind.cpu, kind.memory)
        left[row] -= np.where(on, kind.milli, 0)
    for what, table in (("node", room), ("device of node", left)):
        found += [f"{what} {row} is over its capacity" for row in np.flatnonzero((table < 0).any(axis=1)).tolist()]
    return found
