"""What paid is done more often, and everything has its turn."""

from __future__ import annotations

import numpy as np
import pytest

from solver.construct import construct
from solver.improve import Search
from solver.improve.ruins import ARMS, KINDS, LEAST, SIZES, WAYS, Ruins
from tests.solver.builders import node, problem, workload
from tests.solver.hard import hard

FIRST_WAY = KINDS * SIZES


def ledger(*rows: tuple[int, float, float]) -> np.ndarray:
    """(arm, gain, work) rows."""
    table = np.zeros((ARMS, 2))
    for arm, gain, work in rows:
        table[arm] = gain, work
    return table


def test_all_start_alike() -> None:
    assert set(Ruins().weight.tolist()) == {1.0}
    assert len(Ruins().weight) == KINDS * SIZES + WAYS


def test_what_pays_for_its_work_is_done_more_often() -> None:
    ruins = Ruins()
    for _ in range(5):
        ruins.learn(ledger((0, 10, 100), (1, 10, 1000), (2, 0, 100)), done=False)
    paid, less, nothing, untried = ruins.weight[:4]
    assert paid > less > nothing
    assert paid > 2 * untried > nothing


def test_nothing_is_forgotten() -> None:
    ruins = Ruins()
    for _ in range(200):
        ruins.learn(ledger((0, 10, 100), *((arm, 0, 100) for arm in range(1, ARMS))), done=False)
    assert (ruins.weight[:FIRST_WAY] >= LEAST * 0.9).all()
    for _ in range(60):
        ruins.learn(ledger((0, 0, 100), (1, 10, 100)), done=False)
    assert ruins.weight[1] > ruins.weight[0]


def test_kinds_and_ways_compete_among_themselves() -> None:
    ruins = Ruins()
    ruins.learn(ledger((0, 10, 100), (1, 0, 100), (FIRST_WAY, 1, 100), (FIRST_WAY + 1, 9, 100)), done=False)
    assert ruins.weight[:FIRST_WAY].mean() == pytest.approx(1.0)
    assert ruins.weight[FIRST_WAY:].mean() == pytest.approx(1.0)
    assert ruins.weight[FIRST_WAY + 1] > ruins.weight[FIRST_WAY]


def test_when_nothing_pays_all_have_their_turn() -> None:
    ruins = Ruins()
    ruins.learn(ledger((0, 10, 100), (1, 0, 100)), done=False)
    before = ruins.weight[0]
    ruins.learn(ledger((0, 0, 100), (1, 0, 100)), done=False)
    assert 1.0 < ruins.weight[0] < before
    for _ in range(400):
        ruins.learn(ledger((0, 0, 100), (1, 0, 100)), done=False)
    assert ruins.weight == pytest.approx(np.ones(ARMS), abs=0.01)


def test_once_all_is_placed_all_is_learned_anew() -> None:
    ruins = Ruins()
    ruins.learn(ledger((0, 10, 100), (1, 0, 100)), done=False)
    ruins.learn(ledger(), done=True)
    assert set(ruins.weight.tolist()) == {1.0}


@pytest.mark.parametrize("arm", range(FIRST_WAY))
def test_every_kind_alone_finds_something(arm: int) -> None:
    """The others are never drawn."""
    asked = hard(then="cost")
    with Search(asked, construct(asked), lanes=1, seed=0) as search:
        search.ruins.weight[:FIRST_WAY] = 0.0
        search.ruins.weight[arm] = 1.0
        search.ruins.learn = lambda ledger, done: None  # type: ignore[method-assign]
        before = search.lanes[0].values()
        for _ in range(6):
            search.round()
        assert search.lanes[0].values() < before


def test_a_search_learns() -> None:
    asked = problem(*(workload(cpu=cpu) for cpu in (5, 4, 4, 3, 2, 2)), node(cpu=10), node(cpu=10))
    with Search(asked, construct(asked), lanes=1, seed=0) as search:
        search.round()
        assert len(set(search.ruins.weight.tolist())) > 1


def test_nothing_to_place_and_nothing_to_empty() -> None:
    for asked in (problem(workload(count=0), node()), problem(node()), problem(workload(allowed=[]), node())):
        with Search(asked, construct(asked), lanes=1, seed=0) as search:
            assert len(search.round()) == 0
