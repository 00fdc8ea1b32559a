"""Restarts: what would start where, should a domain be lost; and the room that stands aside for it already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray


def _ids() -> NDArray[np.int32]:
    return np.empty(0, np.int32)


@dataclass(frozen=True, slots=True)
class Restarts:
    """Instances of each mode that start on which node, should the domain of the level be lost.

    Five parallel columns, rows unique and positive. Losses come one at a time.
    """

    mode: NDArray[np.int32] = field(default_factory=_ids)
    node: NDArray[np.int32] = field(default_factory=_ids)
    level: NDArray[np.int32] = field(default_factory=_ids)
    domain: NDArray[np.int32] = field(default_factory=_ids)
    instances: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))

    @staticmethod
    def of(rows: Sequence[tuple[int, int, int, int, int]]) -> Restarts:
        """From (mode, node, level, domain, instances) rows; repeated ones are summed, zeros dropped."""
        if not rows:
            return Restarts()
        table = np.array(rows, np.int64).reshape(-1, 5)
        keys, position = np.unique(table[:, :4], axis=0, return_inverse=True)
        total = np.zeros(len(keys), np.int64)
        np.add.at(total, position.reshape(-1), table[:, 4])
        columns = keys[total != 0].astype(np.int32).T
        return Restarts(columns[0], columns[1], columns[2], columns[3], total[total != 0])

    def rows(self) -> list[tuple[int, int, int, int, int]]:
        columns = self.mode, self.node, self.level, self.domain, self.instances
        return list(zip(*(column.tolist() for column in columns), strict=True))

    def only(self, which: NDArray[np.bool_]) -> Restarts:
        return Restarts(
            self.mode[which], self.node[which], self.level[which], self.domain[which], self.instances[which]
        )

    def __add__(self, other: Restarts) -> Restarts:
        if not len(self) or not len(other):
            return self if len(self) else other
        return Restarts.of(self.rows() + other.rows())

    def __len__(self) -> int:
        return len(self.mode)


@dataclass(frozen=True, slots=True)
class Reserved:
    """Room that standing restarts need on a node, should the domain of the level be lost: rows of four columns.

    amount: [rows, resources], in the books' units of the node. Rows are unique.
    """

    node: NDArray[np.int32] = field(default_factory=_ids)
    level: NDArray[np.int32] = field(default_factory=_ids)
    domain: NDArray[np.int32] = field(default_factory=_ids)
    amount: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 0), np.int64))

    def most(self, nodes: int, resources: int) -> NDArray[np.int64]:
        """[nodes, resources]: room set aside, the largest of all losses and never their sum."""
        most = np.zeros((nodes, resources), np.int64)
        if len(self):
            np.maximum.at(most, self.node, self.amount)
        return most

    def widened(self, more: int) -> Reserved:
        """With so many more resources, of which nothing is set aside."""
        return replace(self, amount=np.pad(self.amount, ((0, 0), (0, more)))) if len(self) else self

    def __len__(self) -> int:
        return len(self.node)
