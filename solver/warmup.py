"""Warm-up: compile every kernel, or load it from the cache, so that no request waits for the compiler."""

from __future__ import annotations

import numpy as np

from solver.constraints import Apart, Children, Completeness, Spread, Together
from solver.problem import Placement, Problem, Topology
from solver.solve import Limits, solve


def warm() -> None:
    """Solve a problem of six servers through every kernel. Minutes after an installation, else under a second."""
    servers, levels = 6, ("server", "rack", "site")
    domain = np.array([[0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2]], np.int32)
    everywhere = np.arange(servers, dtype=np.int32)
    for then in ("cost", "fewest-servers", "largest-slots"):
        problem = Problem(
            topology=Topology(levels, domain, (6, 3, 3)),
            capacity=np.full((servers, 2), 8, np.int64),
            rate=np.zeros(servers, np.int32),
            demand=np.array([[[3, 3], [1, 1], [5, 2], [2, 7], [1, 2]]], np.int64),
            modes=np.arange(6, dtype=np.int32),
            count=np.array([5, 3, 3, 4, 2], np.int64),
            must=np.zeros(5, np.int64),
            weight=np.array([3, 0, 5, 2, 1], np.int64),
            allowed=(everywhere,) * 5,
            rules=(
                Children((0,), 1, 2, ratio=2),
                Completeness((2,), 3),
                Spread((2,), 2, most=2, least=2),
                Together((3,), 1),
                Apart(((3,), (4,)), 1),
            ),
            fixed=Placement.of([(4, 0, 1)]),
            then=then,
            price=np.arange(servers, dtype=np.int64),
            size=np.ones(5, np.int64),
            busy=np.zeros(servers, np.bool_),
            slot=np.full((1, 2), 4, np.int64),
        )
        solve(problem, Limits(clock=lambda: 0.0, effort=1))


if __name__ == "__main__":
    warm()
