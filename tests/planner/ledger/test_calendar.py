"""The peak of what comes and goes is what somebody finds who looks at every moment."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from planner.ledger.calendar import Spans, peak

rows = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(1, 6), st.integers(0, 5), st.integers(0, 5)),
    max_size=12,
)


@given(rows, st.integers(0, 9), st.integers(1, 8))
def test_peak_is_the_most_of_all_moments(lines: list[tuple[int, ...]], begin: int, length: int) -> None:
    stop = begin + length
    spans = Spans.of([(server, at, at + lasts, np.array(taken)) for server, at, lasts, *taken in lines], 2)
    expected = np.zeros((3, 2), np.int64)
    for moment in range(begin, stop):
        level = np.zeros((3, 2), np.int64)
        for server, at, lasts, *taken in lines:
            if at <= moment < at + lasts:
                level[server] += taken
        expected = np.maximum(expected, level)
    assert (peak(spans, begin, stop, 3) == expected).all()
