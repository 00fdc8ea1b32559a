"""Warm-up: compile every kernel, or load it from the cache, so that no request waits for the compiler."""

from __future__ import annotations

import numpy as np

from solver.constraints import Apart, Children, Completeness, Spread, Together
from solver.construct import construct
from solver.construct.tables import THEN
from solver.improve import Search
from solver.patterns.warm import warm as warm_patterns
from solver.problem import Placement, Problem, Then, Topology


def warm() -> None:
    """Run every kernel on six servers. About two minutes after an installation, else a fraction of a second."""
    for then in THEN:
        problem = _problem(then)
        start = construct(problem)
        with Search(problem, start, lanes=1, seed=0) as search:
            search.round()
    warm_patterns(_problem("cost"))


def _problem(then: Then | None) -> Problem:
    levels = ("server", "rack", "site")
    domain = np.array([[0, 1, 2, 3, 4, 5], [0, 0, 1, 1, 2, 2], [0, 0, 1, 1, 2, 2]], np.int32)
    everywhere = np.arange(6, dtype=np.int32)
    return Problem(
        topology=Topology(levels, domain, (6, 3, 3)),
        capacity=np.full((6, 2), 8, np.int64),
        rate=np.zeros(6, np.int32),
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
        price=np.arange(6, dtype=np.int64)[:, None],
        size=np.ones((5, 1), np.int64),
        busy=np.zeros(6, np.bool_),
        slot=np.full((1, 2), 4, np.int64),
    )


if __name__ == "__main__":
    warm()
