"""The referee finds everything that is wrong with a placement, and needs no solver for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from solver.constraints import Completeness, Spread
from solver.problem import Placement
from solver.referee import violations
from tests.solver.builders import SITE, node, problem, workload

ASKED = problem(
    workload(cpu=2, count=3, allowed=[0, 1]),
    workload(cpu=1, count=1, must=1),
    node(cpu=4),
    node(cpu=4, site=1),
    node(cpu=1, site=2),
    rules=[Spread((0,), SITE, most=2), Completeness((0,), 3)],
)


def test_a_plan_has_no_violations() -> None:
    assert violations(ASKED, Placement.of([(0, 0, 2), (0, 1, 1), (1, 2, 1)])) == []


def test_every_family_is_asked() -> None:
    found = violations(ASKED, Placement.of([(0, 0, 3)]))
    assert [(each.rule, each.found, each.allowed) for each in found] == [
        ("demand", 0, 1),
        ("capacity", 6, 4),
        ("spread", 3, 2),
    ]
    found = violations(ASKED, Placement.of([(0, 2, 1), (1, 1, 1)]))
    assert [each.rule for each in found] == ["eligibility", "capacity", "completeness"]


def test_what_must_be_placed_is_missed_in_an_empty_plan() -> None:
    assert [each.rule for each in violations(ASKED, Placement.empty())] == ["demand"]


def test_it_runs_without_the_solver() -> None:
    engine = ["ortools", "numba", "networkx", "solver.model", "solver.solve", "solver.patterns", "solver.construct"]
    script = f"import sys, solver.referee; print(*[name for name in {engine} if name in sys.modules])"
    root = Path(__file__).parents[2]
    ran = subprocess.run([sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == []
