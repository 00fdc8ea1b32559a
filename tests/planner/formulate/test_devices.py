"""Devices in a question: columns and modes where shares take part, a count where none does."""

from __future__ import annotations

from typing import Any

import pytest

from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.manifests.errors import InvalidInput
from planner.plans.plan import SolveOptions
from planner.plans.solve import solve
from tests.worlds import application, server, world


def question(*parts: Any) -> Question:
    made = world(*parts)
    return formulate(Snapshot.of(made), made.applications, SolveOptions())


def test_cells_and_devices_are_chosen_independently() -> None:
    cells = [{"cpu": 4000}, {"cpu": 4000}]
    both = application("both", cpu=3, numa_cells=1, gpu_share=0.6, instances=2)
    asked = question(server("a", cpu=8000, gpu=2, cells=cells), both, application("two", cpu=1, gpu=2))
    assert asked.units.columns == ("cpu", "gpu", "cpu@0", "cpu@1", "gpu#", "gpu#0", "gpu#1")
    assert asked.cells == ((0,), (0,), (1,), (1,), ())
    assert asked.positions == ((0,), (1,), (0,), (1,), (0, 1))
    assert asked.problem.capacity.tolist() == [[8000, 2, 4000, 4000, 2000, 1000, 1000]]
    assert asked.problem.demand[0, [1, 4]].tolist() == [
        [3000, 0, 3000, 0, 1000, 0, 600],
        [1000, 2, 0, 0, 2000, 1000, 1000],
    ]
    plan = solve(asked.snapshot, [both], SolveOptions(effort=1))
    assert sorted((row.cells, row.devices) for row in plan.placements) in (
        [([0], [0]), ([1], [1])],
        [([0], [1]), ([1], [0])],
    )


def test_without_shares_whole_devices_are_one_column() -> None:
    asked = question(server("a", cpu=8000, gpu=2), application("two", cpu=1, gpu=2))
    assert asked.units.columns == ("cpu", "gpu")
    assert asked.positions == ((),)


def test_slots_with_gpus_go_with_whole_ones_only() -> None:
    options = SolveOptions.model_validate({"then": "largest-slots", "slot": {"gpu": 1}})
    here = Snapshot.of(world(server("a", gpu=2), share := application("one", gpu_share=0.5)))
    with pytest.raises(InvalidInput, match=r"slot\.gpu"):
        formulate(here, [share], options)
