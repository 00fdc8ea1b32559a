"""A question names the columns of its problem, those of single GPUs too."""

from __future__ import annotations

from planner.formulate.formulate import formulate
from planner.inventory.snapshot import Snapshot
from planner.plans.plan import SolveOptions
from tests.worlds import application, server, world


def test_gpus_in_columns_of_their_own_are_gpus() -> None:
    made = world(server("s0", cpu=8000, gpu=2), application("half", cpu=1, gpu_share=0.5))
    question = formulate(Snapshot.of(made), made.applications, SolveOptions())
    columns = question.problem.capacity.shape[1]
    assert columns > len(question.snapshot.units.columns)
    assert [question.resource(column) for column in range(columns)] == ["cpu", *["gpu"] * (columns - 1)]
