"""Small random problems, rules of every family, and placements both far from and near to feasible ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

from solver.constraints import (
    Apart,
    Children,
    Completeness,
    Moves,
    Quota,
    Rule,
    Soft,
    Spread,
    Standby,
    Survival,
    Together,
)
from solver.problem import Placement, Problem, Then
from solver.restarts import Reserved, Restarts
from tests.properties.cpsat import posted, some_plan
from tests.solver.builders import LEVELS, Node, Row, Workload, node, problem, workload


def examples(usual: int) -> settings:
    """So many examples in the usual profile, and in others in proportion."""
    return settings(max_examples=max(1, usual * settings().max_examples // 100))


small = st.integers(0, 3)
levels = st.integers(0, len(LEVELS) - 1)
shares = st.sampled_from([(1, 4), (3, 10), (1, 3), (1, 2), (2, 3), (4, 5), (1, 1)])


Draw = Callable[[int], st.SearchStrategy[Rule]]


def some(workloads: int, least: int = 1) -> st.SearchStrategy[tuple[int, ...]]:
    """Different workloads, at least so many of them, in any order."""
    drawn = st.lists(st.integers(0, workloads - 1), min_size=least, max_size=workloads, unique=True)
    return drawn.map(tuple)


def spreads(*limits: str) -> Draw:
    """Over so many workloads, with these limits."""
    few = st.integers(1, 3)
    amounts: dict[str, st.SearchStrategy[Any]] = {"most": few, "share": shares, "least": few}
    chosen = {name: amounts[name] for name in limits}
    return lambda workloads: st.builds(Spread, some(workloads), levels, **chosen)


def survivals(amount: str) -> Draw:
    amounts: dict[str, st.SearchStrategy[Any]] = {"keep": shares, "least": st.integers(1, 4)}
    return lambda workloads: st.builds(
        Survival, some(workloads), levels, st.integers(1, 2), **{amount: amounts[amount]}
    )


def standbys(amount: str) -> Draw:
    amounts: dict[str, st.SearchStrategy[Any]] = {"keep": shares, "least": st.integers(1, 4)}
    return lambda workloads: st.builds(Standby, some(workloads), levels, **{amount: amounts[amount]})


def togethers(workloads: int) -> st.SearchStrategy[Rule]:
    return st.builds(Together, some(workloads), levels)


def aparts(workloads: int) -> st.SearchStrategy[Rule]:
    """Two or three parts that together are some of the workloads."""

    def parts(members: tuple[int, ...]) -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
        cuts = st.lists(st.integers(1, len(members) - 1), min_size=1, max_size=2, unique=True).map(sorted)
        return cuts.map(lambda at: tuple(members[a:b] for a, b in zip([0, *at], [*at, len(members)], strict=True)))

    return st.builds(Apart, some(workloads, least=2).flatmap(parts), levels)


def children(amount: str) -> Draw:
    """The last of some workloads follows the others."""
    return lambda workloads: st.builds(
        lambda members, level, each: Children(members[:-1], members[-1], level, **{amount: each}),
        some(workloads, least=2),
        levels,
        st.integers(1, 3),
    )


def completenesses(workloads: int) -> st.SearchStrategy[Rule]:
    return st.builds(Completeness, some(workloads), st.integers(1, 6))


def quotas(workloads: int) -> st.SearchStrategy[Rule]:
    return st.builds(Quota, st.integers(0, workloads - 1), levels, st.integers(1, 3))


def soft(draw: Draw) -> Draw:
    return lambda workloads: st.builds(Soft, draw(workloads), st.integers(1, 3))


def moves(_: int) -> st.SearchStrategy[Rule]:
    """Says something only where something runs: see `running`."""
    return st.builds(Moves, st.integers(0, 3))


@dataclass(frozen=True, slots=True)
class Family:
    """draw: rules over so many workloads, of which there must be at least `needs`."""

    rule: type[Rule]
    draw: Draw
    needs: int = 1


FAMILIES: dict[str, Family] = {
    "apart": Family(Apart, aparts, needs=2),
    "children, ratio": Family(Children, children("ratio"), needs=2),
    "children, each": Family(Children, children("each"), needs=2),
    "completeness": Family(Completeness, completenesses),
    "moves": Family(Moves, moves),
    "quota": Family(Quota, quotas),
    "soft apart": Family(Soft, soft(aparts), needs=2),
    "soft spread, most": Family(Soft, soft(spreads("most"))),
    "soft spread, share": Family(Soft, soft(spreads("share"))),
    "soft spread, least": Family(Soft, soft(spreads("least"))),
    "soft spread, all limits": Family(Soft, soft(spreads("most", "share", "least"))),
    "soft together": Family(Soft, soft(togethers)),
    "spread, most": Family(Spread, spreads("most")),
    "spread, share": Family(Spread, spreads("share")),
    "spread, least": Family(Spread, spreads("least")),
    "spread, all limits": Family(Spread, spreads("most", "share", "least")),
    "standby, keep": Family(Standby, standbys("keep")),
    "standby, least": Family(Standby, standbys("least")),
    "survival, keep": Family(Survival, survivals("keep")),
    "survival, least": Family(Survival, survivals("least")),
    "together": Family(Together, togethers),
}
"""A new family joins every property test by a line here."""


@st.composite
def nodes(draw: st.DrawFn, least: int, most: int, rates: int) -> list[Node]:
    """Nodes of up to three sites, nested in cities, provinces and regions."""
    cities = draw(st.lists(st.integers(0, 1), min_size=3, max_size=3))
    carriers = draw(st.lists(st.integers(0, 1), min_size=3, max_size=3))
    provinces = draw(st.lists(st.integers(0, 1), min_size=2, max_size=2))
    regions = draw(st.lists(st.integers(0, 1), min_size=2, max_size=2))
    prices = st.tuples(*[small] * draw(st.integers(1, 2)))
    places = st.tuples(st.integers(0, 2), st.integers(0, 1), st.integers(0, rates - 1), prices, st.booleans())
    return [
        node(
            site=site,
            rack=rack,
            city=cities[site],
            province=provinces[cities[site]],
            region=regions[provinces[cities[site]]],
            carrier=carriers[site],
            rate=rate,
            price=price,
            busy=busy,
        )
        for site, rack, rate, price, busy in draw(st.lists(places, min_size=least, max_size=most))
    ]


@st.composite
def workloads(draw: st.DrawFn, nodes: int, most_count: int, obliged: bool) -> Workload:
    count = draw(st.integers(0, most_count))
    return workload(
        modes=[{}] * draw(st.integers(1, 2)),
        count=count,
        must=draw(st.integers(0, count)) if obliged else 0,
        weight=draw(small),
        size=(draw(st.integers(1, 3)), draw(small)),
        allowed=draw(st.none() | st.lists(st.integers(0, nodes - 1), unique=True)),
    )


def table(draw: st.DrawFn, *shape: int, most: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    amount = int(np.prod(shape))
    drawn = draw(st.lists(st.integers(0, most), min_size=amount, max_size=amount))
    return np.array(drawn, np.int64).reshape(shape)


@cache
def rows(modes: int, nodes: int, most: int) -> st.SearchStrategy[list[Row]]:
    row = st.tuples(st.integers(0, modes - 1), st.integers(0, nodes - 1), st.integers(1, most))
    return st.lists(row, max_size=4)


@cache
def rules(families: tuple[str, ...], workloads: int, most: int) -> st.SearchStrategy[list[Rule]]:
    rule = st.one_of([FAMILIES[family].draw(workloads) for family in families])
    return st.lists(rule, min_size=1, max_size=most)


@st.composite
def problems(
    draw: st.DrawFn,
    families: Sequence[str] = tuple(FAMILIES),
    most_rules: int = 3,
    most_nodes: int = 6,
    most_workloads: int = 4,
    most_count: int = 4,
) -> Problem:
    """Every number is drawn on its own, so that a mistaken index is seen; fixed instances may break rules already."""
    rates = draw(st.integers(1, 2))
    resources = draw(st.integers(1, 2))
    least = max([FAMILIES[family].needs for family in families], default=1)
    places = draw(nodes(2, most_nodes, rates))
    obliged = draw(st.sampled_from([False, False, False, True]))
    work = draw(st.lists(workloads(len(places), most_count, obliged), min_size=least, max_size=most_workloads))
    modes = sum(len(each.modes) for each in work)
    plain = problem(
        *places,
        *work,
        rules=draw(rules(tuple(families), len(work), most_rules)) if families else (),
        fixed=draw(st.just([]) | rows(modes, len(places), most=2)),
        then=draw(st.sampled_from([None, *THEN])),
    )
    fixed, reserved = plain.fixed, Reserved()
    if any(isinstance(rule, Standby) for rule in plain.rules):
        fixed = fixed.along_with(draw(restarts(plain)))
        reserved = draw(_reserved(plain, resources))
    return replace(
        plain,
        fixed=fixed,
        reserved=reserved,
        capacity=table(draw, len(places), resources, most=9),
        demand=table(draw, rates, modes, resources, most=3),
        slot=table(draw, rates, resources, most=4),
    )


SOFT = [family for family in FAMILIES if family.startswith("soft")]


@st.composite
def running(
    draw: st.DrawFn,
    families: Sequence[str] = tuple(FAMILIES),
    most_rules: int = 3,
    most_nodes: int = 6,
    most_workloads: int = 4,
    most_count: int = 4,
) -> Problem:
    """A problem some of which runs already and may move, with a limit on the moves."""
    plain = draw(problems(families, most_rules, most_nodes, most_workloads, most_count))
    plain = replace(plain, must=plain.must * 0)
    worth = draw(st.lists(st.integers(-1, 3), min_size=1, max_size=6))
    home = some_plan(posted(plain), worth) or Placement.empty()
    must = np.bincount(plain.owner(home.mode), home.instances, minlength=plain.workloads).astype(np.int64)
    cost = table(draw, plain.workloads, most=3)
    return replace(plain, home=home, must=must, move_cost=cost, rules=(*plain.rules, draw(moves(0))))


THEN: tuple[Then, ...] = ("cost", "fewest-servers", "largest-slots")


def restarts(asked: Problem) -> st.SearchStrategy[Restarts]:
    """Few of them, of workloads with standby; some are for losses that do not concern them."""
    rows = st.tuples(_restart(asked), st.integers(1, 2)).map(lambda row: (*row[0], row[1]))
    return st.lists(rows, max_size=3).map(Restarts.of)


def _restart(asked: Problem) -> st.SearchStrategy[tuple[int, int, int, int]]:
    """(mode, node, level, domain)"""
    rules = [rule for rule in asked.rules if isinstance(rule, Standby)]
    pairs = [
        (mode, rule.level) for rule in rules for workload in rule.workloads for mode in asked.modes_of(workload)
    ] or [(0, 0)]
    return st.sampled_from(pairs).flatmap(
        lambda pair: st.tuples(
            st.just(pair[0]),
            st.integers(0, asked.nodes - 1),
            st.just(pair[1]),
            st.integers(0, asked.topology.sizes[pair[1]] - 1),
        )
    )


@st.composite
def _reserved(draw: st.DrawFn, asked: Problem, resources: int) -> Reserved:
    keys = sorted({row[1:] for row in draw(st.lists(_restart(asked), max_size=3))})
    amount = table(draw, len(keys), resources, most=4)
    columns = np.array(keys, np.int32).reshape(-1, 3).T
    return Reserved(columns[0], columns[1], columns[2], amount)


def placements(asked: Problem) -> st.SearchStrategy[Placement]:
    """Any rows at all: most of these placements break something."""
    plain = rows(asked.demand.shape[1], asked.nodes, most=3).map(Placement.of)
    if not any(isinstance(rule, Standby) for rule in asked.rules):
        return plain
    return st.builds(Placement.along_with, plain, restarts(asked))


def restart_edits(asked: Problem, many: int) -> st.SearchStrategy[list[list[tuple[int, int, int, int, int]]]]:
    """So many times up to two changes of restarts; none without standby."""
    if not any(isinstance(rule, Standby) for rule in asked.rules):
        return st.just([[] for _ in range(many)])
    step = st.tuples(_restart(asked), st.sampled_from([-1, 1])).map(lambda row: (*row[0], row[1]))
    return st.lists(st.lists(step, max_size=2), min_size=many, max_size=many)


def edits(asked: Problem, many: int) -> st.SearchStrategy[list[list[Row]]]:
    """So many times one or two changes: an instance more, less, or elsewhere."""
    return _edits(asked.demand.shape[1], asked.nodes, many)


@cache
def _edits(modes: int, nodes: int, many: int) -> st.SearchStrategy[list[list[Row]]]:
    mode, where = st.integers(0, modes - 1), st.integers(0, nodes - 1)
    moves = st.tuples(mode, where, where).map(lambda move: [(move[0], move[1], -1), (move[0], move[2], 1)])
    steps = st.tuples(mode, where, st.sampled_from([-1, 1])).map(lambda step: [step])
    edit = st.lists(moves | steps, min_size=1, max_size=2).map(lambda parts: [row for part in parts for row in part])
    return st.lists(edit, min_size=many, max_size=many)


def edited(
    placement: Placement, changes: Sequence[Row], restarts: Sequence[tuple[int, int, int, int, int]] = ()
) -> Placement:
    """The placement with the changes, none below zero."""
    total = placement + Placement.of(changes)
    keep = total.instances > 0
    again = placement.restarts + Restarts.of(restarts)
    return Placement(total.mode[keep], total.node[keep], total.instances[keep], again.only(again.instances > 0))
