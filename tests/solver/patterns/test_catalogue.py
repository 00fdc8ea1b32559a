"""Listed contents are all that matter: the same as brute force finds, and bounds and plans by them are exact."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.exact import exact
from solver.objective import terms
from solver.patterns.bound import Patterns
from solver.patterns.catalogue import Catalogue, listed
from solver.patterns.decide import decide
from solver.patterns.generate import Generation
from solver.patterns.listing import Lister
from solver.patterns.plan import plans
from solver.patterns.relaxation import Relaxation
from solver.problem import Problem
from solver.referee import violations
from tests.properties.strategies import examples
from tests.solver.builders import node, problem, workload


def ints(most: int, many: int, least: int = 0) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(least, most), min_size=many, max_size=many)


@examples(150)
@given(st.data())
def test_contents_are_listed_as_brute_force_finds_them(data: st.DataObject) -> None:
    variants = data.draw(st.integers(1, 4))
    room = np.array(data.draw(ints(9, 3)))
    size = np.array([data.draw(ints(5, 3).filter(any)) for _ in range(variants)])
    most, waste = np.array(data.draw(ints(6, variants))), np.minimum(data.draw(ints(9, 3)), room)
    lister = Lister(room, size, most, waste, 1_000)
    while lister.go_on(data.draw(st.sampled_from([20, 1_000]))):
        pass
    listing = lister.listing()
    found = listing.dense(np.arange(len(listing)), variants).tolist()
    fits = [np.array(each) for each in product(*(range(n + 1) for n in most)) if (each @ size <= room).all()]
    maximal = [
        each.tolist()
        for each in fits
        if (room - each @ size <= waste).all() and sum((each <= other).all() for other in fits) == 1
    ]
    assert sorted(found) == sorted(maximal)


def test_a_listing_that_reaches_its_limit_fails() -> None:
    room = np.array([4, 4, 4])
    for limit, complete in ((3, False), (4, True)):
        lister = Lister(room, 3 * np.eye(3, dtype=np.int64)[[0, 0, 0, 1, 2]], np.ones(5, np.int64), room, limit)
        assert not lister.go_on(1_000)
        assert (lister.complete, lister.failed, lister.count) == (complete, not complete, 3)


def test_more_instances_than_can_be_looked_at_are_not_listed() -> None:
    room = np.full(3, 1 << 40)
    lister = Lister(room, np.eye(3, dtype=np.int64), np.full(3, 1 << 40), room, 1_000)
    assert not lister.go_on(1_000)
    assert lister.failed


def packing(draw: st.DrawFn) -> Problem:
    """A few items of three or four resources, each on any of a few servers."""
    resources = [f"r{number}" for number in range(draw(st.integers(3, 4)))]

    def amounts(most: int, least: int) -> Any:
        return {name: draw(st.integers(least, most)) for name in resources}

    asked = [workload(**amounts(6, 0), count=draw(st.integers(1, 2))) for _ in range(draw(st.integers(2, 5)))]
    room, other = amounts(9, 6), amounts(9, 6)
    nodes = [node(**room, busy=draw(st.booleans())) for _ in range(draw(st.integers(1, 4)))]
    return problem(*asked, *nodes, *[node(**other)] * draw(st.integers(0, 3)), then="fewest-servers")


packings = st.composite(packing)()


@examples(60)
@given(packings)
def test_no_bound_is_above_the_optimum_and_no_plan_below(asked: Problem) -> None:
    optimum = exact(asked, lambda: 60.0, seed=0).bounds
    best = None
    for step in plans(asked, lambda: 5.0):
        if step.plan is not None:
            assert not violations(asked, step.plan)
            score = tuple(term.value(asked, step.plan) for term in terms(asked))
            assert score >= optimum
            best = score if best is None else min(best, score)
        if step.bounds is not None:
            assert step.bounds.unplaced <= optimum[0]
            assert optimum[0] or (step.bounds.then or 0) <= optimum[-1]
    assert optimum[0] or best == optimum
    if not optimum[0]:
        work = generated(asked)
        found, refuted = decide(work, 1_000, 60.0)
        assert optimum[-1] > work.bound if refuted else found is None or optimum[-1] <= work.bound


@examples(100)
@given(packings, st.data())
def test_a_catalogue_and_a_search_price_alike(asked: Problem, data: st.DataObject) -> None:
    seen = Patterns.of(asked)
    assert seen is not None
    relaxed = next(seen.rounds("fewest-servers", 0)).work.relaxation
    catalogue = whole(relaxed)
    for shelf in relaxed.shelves:
        profit = np.array(data.draw(ints(50, len(shelf.size), -5))) * shelf.usable
        mine, theirs = catalogue.best(shelf, profit), relaxed.types.prices.best(shelf, profit)
        assert (mine.value <= theirs.value).all()
        for row in range(len(shelf.types)):
            assert (mine.contents[mine.row == row] @ np.maximum(profit, 0)).max() == mine.value[row]
            assert (theirs.contents[theirs.row == row] @ np.maximum(profit, 0)).max() <= mine.value[row]


def whole(relaxed: Relaxation) -> Catalogue:
    found: list[Catalogue | None] = []

    def parts() -> Iterator[None]:
        found.append((yield from listed(relaxed, None, 10_000)))

    list(parts())
    assert found[0] is not None
    return found[0]


def test_servers_that_have_to_be_full_to_the_brim() -> None:
    """Sixty items cut from twenty servers, three of each, in three resources: nothing may be left free anywhere."""
    rng = np.random.default_rng(1)
    items = []
    for _ in range(20):
        first, second = rng.integers(25, 50, 3), rng.integers(25, 38, 3)
        items += [first, np.minimum(second, 75 - first), 100 - first - np.minimum(second, 75 - first)]
    asked = problem(
        *(workload(a=int(a), b=int(b), c=int(c)) for a, b, c in items),
        *[node(a=100, b=100, c=100)] * 24,
        then="fewest-servers",
    )
    found = [step.plan for step in plans(asked, lambda: 30.0) if step.plan is not None]
    assert min(tuple(term.value(asked, plan) for term in terms(asked)) for plan in found) == (0, 20)


def _of(amounts: dict[str, int]) -> Any:
    """Amounts as keywords."""
    return amounts


def generated(asked: Problem) -> Generation:
    seen = Patterns.of(asked)
    assert seen is not None
    return [known.work for known in seen.rounds("fewest-servers", 0)][-1]


def test_a_bound_that_no_whole_plan_reaches_is_refuted() -> None:
    """Two rings of five: neighbours fit together, so a relaxation does with five; a plan needs three each."""
    foes = [(a, b) for a in range(10) for b in range(a) if a // 5 != b // 5 or (a - b) % 5 in (2, 3)]
    items = [workload(**_of({f"r{row}": int(item in foe) for row, foe in enumerate(foes)})) for item in range(10)]
    asked = problem(*items, *[node(**_of({f"r{row}": 1 for row in range(len(foes))}))] * 8, then="fewest-servers")
    work = generated(asked)
    assert work.bound == 5
    assert decide(work, 1_000, 60.0) == (None, True)
    assert [known.bound for known in work.refute()][-1] == 6
    found, refuted = decide(work, 1_000, 60.0)
    assert found is not None
    assert sum(found.values()) == 6
    assert not refuted
    steps = list(plans(asked, lambda: 60.0))
    assert max(step.bounds.then or 0 for step in steps if step.bounds) == 6
