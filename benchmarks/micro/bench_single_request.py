"""A single request from parsed body to refereed plan, on 100,000 servers: what the service does inside."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest

from benchmarks.micro.conftest import Timed
from benchmarks.requests import KINDS, Body, answer, bodies
from planner.inventory.snapshot import Snapshot
from planner.plans.check import check

ROUNDS = {"master and two children": 30}  # some of them search for seconds


@pytest.mark.parametrize("kind", KINDS)
def bench_single_request(timed: Timed, snapshot: Snapshot, kind: str) -> None:
    """Another request of the kind in every round."""
    rounds = ROUNDS.get(kind, 100)
    drawn = cycle(bodies(snapshot, kind, rounds))
    answer(snapshot, next(drawn))

    def another() -> tuple[tuple[Snapshot, Body], dict[str, Any]]:
        return (snapshot, next(drawn)), {}

    applications, plan = timed(answer, rounds, another)
    assert not check(snapshot, applications, plan)
