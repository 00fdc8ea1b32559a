"""Pod by pod onto devices: first-fit, best-fit, least-allocated, and fragmentation gradient descent (FGD).

FGD: Weng et al., "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with Fragmentation Gradient Descent",
USENIX ATC 2023.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.baselines.devices import Assignment, Books, Kind, Nodes
from benchmarks.baselines.fragmentation import Fragmentation

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Devices = NDArray[np.int8]
Score = Callable[[Books, Kind, Rows], tuple[Floats, Devices]]
"""(scores of these fitting nodes, the lowest is the best; the device that each would give, -1: its tightest ones)."""
POLICIES = ("first-fit", "best-fit", "least-allocated", "fgd")


def assign(nodes: Nodes, pods: Sequence[Kind], policy: str) -> Assignment:
    """Each pod in order goes to the best node as things stand, the first of equals, or waits for ever."""
    books = Books(nodes)
    cache = _Scores(books, _score(policy, books, pods))
    node = np.full(len(pods), -1, np.int32)
    devices = np.zeros((len(pods), nodes.devices.shape[1]), np.bool_)
    for pod, kind in enumerate(pods):
        row, device = cache.best(kind)
        if row < 0:
            continue
        on = books.tightest(kind, row) if device < 0 else np.array([device])
        books.take(kind, row, on)
        cache.changed(row)
        node[pod] = row
        devices[pod, on] = True
    return Assignment(node, devices)


class _Scores:
    """Scores per kind of pod, computed anew only for the nodes that changed since the kind was last seen.

    A node that cannot take the kind never will again, as nobody leaves; its score is infinite.
    """

    def __init__(self, books: Books, score: Score) -> None:
        self.books, self.score = books, score
        self.log: list[int] = []
        self.known: dict[Kind, tuple[int, Floats, Devices]] = {}

    def best(self, kind: Kind) -> tuple[int, int]:
        """(node, device), -1 for nowhere and for any."""
        seen, scores, device = self.known.get(kind) or self._first(kind)
        changed = np.unique(np.array(self.log[seen:], np.intp)) if seen >= 0 else np.arange(len(scores))
        stale = changed[scores[changed] < np.inf]
        fits = self.books.fits(kind, stale)
        scores[stale[~fits]] = np.inf
        scores[stale[fits]], device[stale[fits]] = self.score(self.books, kind, stale[fits])
        self.known[kind] = len(self.log), scores, device
        row = int(scores.argmin())
        return (row, int(device[row])) if scores[row] < np.inf else (-1, -1)

    def changed(self, row: int) -> None:
        self.log.append(row)

    def _first(self, kind: Kind) -> tuple[int, Floats, Devices]:
        suited = self.books.suited(kind)
        return -1, np.where(suited, 0.0, np.inf), np.full(len(suited), -1, np.int8)


def _score(policy: str, books: Books, pods: Sequence[Kind]) -> Score:
    match policy:
        case "first-fit":
            return lambda books, kind, rows: _anywhere(rows.astype(np.float64))
        case "best-fit":
            largest = _largest(books)
            return lambda books, kind, rows: _anywhere((_free(books, rows) / largest).sum(axis=1))
        case "least-allocated":
            whole = np.maximum(_free(books, np.arange(len(books.model))), 1)
            return lambda books, kind, rows: _anywhere(-_shares(books, kind, rows, whole[rows]))
        case "fgd":
            return Fragmentation(Counter(kind for kind in pods if kind.gpus), books.nodes).score
        case _:
            raise ValueError(f"found '{policy}', expected one of {', '.join(POLICIES)}")


def _anywhere(scores: Floats) -> tuple[Floats, Devices]:
    return scores, np.full(len(scores), -1, np.int8)


def _free(books: Books, rows: Rows) -> Floats:
    """[rows, (cpu, memory, milli-GPU)]."""
    return np.column_stack([books.room[rows], books.devices[rows].sum(axis=1)]).astype(np.float64)


def _largest(books: Books) -> Floats:
    return np.asarray(np.maximum(_free(books, np.arange(len(books.model))).max(axis=0), 1))


def _shares(books: Books, kind: Kind, rows: Rows, whole: Floats) -> Floats:
    """The free share after placing, on average over the resources that the pod takes."""
    asked = np.array([kind.cpu, kind.memory, kind.gpu], np.float64)
    after = (_free(books, rows) - asked) / whole
    return np.asarray(after[:, asked > 0].mean(axis=1))
