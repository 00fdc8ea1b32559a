"""A problem that a search has to work on: many flavours, two scarce resources, more than there is room for."""

from __future__ import annotations

import numpy as np

from solver.constraints import Completeness, Rule
from solver.problem import Problem, Then
from tests.solver.builders import node, problem, workload


def hard(nodes: int = 60, flavours: int = 80, seed: int = 0, then: Then | None = None) -> Problem:
    """Four instances of each flavour or none; 60 nodes are too many for the whole model."""
    rng = np.random.default_rng(seed)
    cpu = rng.integers(3, 30, flavours).tolist()
    memory = [int(cores * rng.uniform(1, 5)) for cores in cpu]
    whole: list[Rule] = [Completeness((flavour,), 4) for flavour in range(flavours)]
    return problem(
        *(workload(cpu=c, memory=m, count=4, weight=c, size=c) for c, m in zip(cpu, memory, strict=True)),
        *(
            node(cpu=64, memory=int(rng.integers(120, 200)), rack=i // 5, site=i // 10, price=1 + i // 10)
            for i in range(nodes)
        ),
        rules=whole,
        then=then,
    )
