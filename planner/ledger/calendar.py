"""Calendar: how much is taken at most in a stretch of time, from lines that come and go."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Spans:
    """Parallel columns, one row for what is taken from one server for some time.

    server: [rows]. start, ends: [rows], milliseconds; a row counts from its start on and not at its end.
    amount: [rows, columns], not negative.
    """

    server: Ints
    start: Ints
    ends: Ints
    amount: Ints

    @staticmethod
    def of(rows: list[tuple[int, int, int, Ints]], columns: int) -> Spans:
        """From (server, start, ends, amount [columns]) tuples."""
        if not rows:
            none = np.zeros(0, np.int64)
            return Spans(none, none, none, np.zeros((0, columns), np.int64))
        server, start, ends, amount = zip(*rows, strict=True)
        return Spans(np.array(server, np.int64), np.array(start, np.int64), np.array(ends, np.int64), np.stack(amount))

    def __add__(self, other: Spans) -> Spans:
        pairs = zip(self._columns(), other._columns(), strict=True)
        return Spans(*(np.concatenate(pair) for pair in pairs))

    def only(self, keep: NDArray[np.bool_]) -> Spans:
        return Spans(*(column[keep] for column in self._columns()))

    def _columns(self) -> tuple[Ints, ...]:
        return self.server, self.start, self.ends, self.amount


def peak(spans: Spans, begin: int, stop: int, servers: int) -> Ints:
    """[servers, columns]: the most that is taken at any moment from `begin` on and before `stop`."""
    spans = spans.only((spans.start < stop) & (spans.ends > begin))
    most = np.zeros((servers, spans.amount.shape[1]), np.int64)
    rows = len(spans.server)
    if not rows:
        return most
    # Every row is two steps, up at its start and down at its end.
    server = np.concatenate([spans.server, spans.server])
    at = np.concatenate([np.maximum(spans.start, begin), np.minimum(spans.ends, stop)])
    order = np.lexsort((at, server))
    step = np.concatenate([spans.amount, -spans.amount])[order]
    server, at = server[order], at[order]
    level = np.cumsum(step, axis=0)
    first = np.flatnonzero(np.r_[True, server[1:] != server[:-1]])
    before = np.where(first[:, None] > 0, level[first - 1], 0)
    level -= np.repeat(before, np.diff(np.r_[first, len(server)]), axis=0)
    # What counts is the level after all steps of a moment, and not the one at `stop`.
    last = np.r_[(server[1:] != server[:-1]) | (at[1:] != at[:-1]), True] & (at < stop)
    np.maximum.at(most, server[last], level[last])
    return most
