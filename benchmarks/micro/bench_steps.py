"""The steps of a plan, one by one, on 100,000 servers: for one nationwide request, and for a batch of 300 bundles."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from benchmarks.micro.conftest import Timed
from benchmarks.requests import bodies
from planner.formulate.formulate import formulate
from planner.formulate.question import Question
from planner.inventory.snapshot import Snapshot
from planner.inventory.world import World
from planner.manifests.application import Application
from planner.plans.plan import SolveOptions
from planner.worlds.read import read
from solver import referee
from solver.construct import construct

ROUNDS = {"nationwide": 50, "batch": 5}


@pytest.fixture(params=ROUNDS)
def asked(request: pytest.FixtureRequest, snapshot: Snapshot, world: World) -> tuple[int, Sequence[Application]]:
    """(rounds, applications)."""
    if request.param == "batch":
        return ROUNDS["batch"], world.applications
    (body,) = bodies(snapshot, "nationwide", 1)
    return ROUNDS["nationwide"], [Application.model_validate(each) for each in body["applications"]]


@pytest.fixture
def question(snapshot: Snapshot, asked: tuple[int, Sequence[Application]]) -> Question:
    return formulate(snapshot, asked[1], SolveOptions())


def bench_read_world(timed: Timed, folder: Path, world: World) -> None:
    assert timed(lambda: read(folder), 3).generation == world.generation


def bench_snapshot(timed: Timed, world: World) -> None:
    timed(lambda: Snapshot.of(world), 5)


def bench_formulate(timed: Timed, snapshot: Snapshot, asked: tuple[int, Sequence[Application]]) -> None:
    rounds, applications = asked
    timed(lambda: formulate(snapshot, applications, SolveOptions()), rounds)


def bench_construct(timed: Timed, asked: tuple[int, Sequence[Application]], question: Question) -> None:
    assert len(timed(lambda: construct(question.problem), asked[0]))


def bench_referee(timed: Timed, asked: tuple[int, Sequence[Application]], question: Question) -> None:
    placement = construct(question.problem)
    assert timed(lambda: referee.violations(question.problem, placement), asked[0]) == []
