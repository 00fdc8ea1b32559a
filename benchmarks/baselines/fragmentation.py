"""Fragmentation of a node: the free GPU that a task drawn from the workload could not use, on average.

For a task that the node cannot run (CPU, memory, devices or model) all its free GPU is a fragment; for one that it can
run, the devices with less left than the task needs of one. Section 3 of the paper that `gpus.py` names.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines.devices import WHOLE, Books, Kind, Nodes
from solver.problem import Ints

TYPICAL = 0.95
"""Part of the tasks that the typical kinds stand for, as in the authors' experiments."""


class Fragmentation:
    """Scores nodes by how much placing a pod would add. Tasks without GPU are left out of the mix: they would add the
    same to every score of a pod."""

    def __init__(self, tasks: Counter[Kind], nodes: Nodes) -> None:
        kinds = _typical(tasks)
        total = sum(tasks[kind] for kind in kinds)
        self.weight = np.array([tasks[kind] / total for kind in kinds])
        self.room = np.array([(kind.cpu, kind.memory) for kind in kinds], np.int64).reshape(-1, 2)
        self.gpus = np.array([kind.gpus for kind in kinds], np.int64)
        self.needs, self.need = np.unique([kind.milli for kind in kinds], return_inverse=True)
        models = np.array(nodes.model)
        self.suited = np.array(
            [np.isin(models, list(kind.models)) if kind.models else np.ones(len(models), np.bool_) for kind in kinds],
            np.bool_,
        ).reshape(len(kinds), len(models))

    def score(self, books: Books, kind: Kind, rows: NDArray[np.intp]) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
        """(fragmentation added to these nodes, the device to give a share of, else -1)."""
        before = self.of(books.room[rows], books.devices[rows], rows)
        room = books.room[rows] - (kind.cpu, kind.memory)
        if not kind.gpus or kind.milli == WHOLE:
            after = self.of(room, _without_whole(books.devices[rows], kind.gpus), rows)
            return after - before, np.full(len(rows), -1, np.int8)
        added = np.full((len(rows), books.devices.shape[1]), np.inf)
        which, device = np.nonzero(books.devices[rows] >= kind.milli)
        left = books.devices[rows[which]]
        left[np.arange(len(which)), device] -= kind.milli
        added[which, device] = self.of(room[which], left, rows[which]) - before[which]
        return added.min(axis=1, initial=np.inf), added.argmin(axis=1).astype(np.int8)

    def of(self, room: Ints, devices: Ints, rows: NDArray[np.intp]) -> NDArray[np.float64]:
        """[states]: expected fragment in milli-GPUs. room: [states, (cpu, memory)]. devices: [states, devices]. rows:
        the node of each state."""
        enough = devices[:, None, :] >= self.needs[:, None]
        count = enough.sum(axis=2)[:, self.need]
        usable = np.where(enough, devices[:, None, :], 0).sum(axis=2)[:, self.need]
        runs = (room[:, None, :] >= self.room).all(axis=2) & (count >= self.gpus) & self.suited[:, rows].T
        return np.asarray(devices.sum(axis=1) - np.where(runs, usable, 0) @ self.weight)


def _typical(tasks: Counter[Kind]) -> list[Kind]:
    """The most frequent kinds."""
    kinds, seen = [], 0
    for kind, count in tasks.most_common():
        if seen >= TYPICAL * tasks.total():
            break
        kinds.append(kind)
        seen += count
    return kinds


def _without_whole(devices: Ints, gpus: int) -> Ints:
    """With the first `gpus` whole devices of each state taken."""
    empty = devices == WHOLE
    return np.where(empty & (empty.cumsum(axis=1) <= gpus), 0, devices)
