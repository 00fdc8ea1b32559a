"""Workloads that are alike are one item: the same demand in every mode, nodes, worth, size and part in rules."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from solver.constraints import Children
from solver.problem import Ids, Ints, Placement, Problem
from solver.standing import Standing


@dataclass(frozen=True, slots=True)
class Link:
    """ratio x (children placed + standing) >= masters placed, everywhere together; both [items] say how often an
    item takes part. Sound: in each site it is ratio x children >= masters."""

    masters: Ints
    children: Ints
    ratio: int
    standing: int


@dataclass(frozen=True, slots=True)
class Items:
    """item_of [workloads]: -1 for those that want nothing. wanted, must: summed over the workloads of an item.

    size [items, prices]. kind [items]: which set of allowed nodes it has. Every mode of an item is one of its variants:
    demand [rates, variants, resources], owner [variants].
    """

    item_of: Ids
    wanted: Ints
    must: Ints
    weight: Ints
    size: Ints
    kind: Ids
    allowed: tuple[Ids, ...]
    demand: Ints
    owner: Ids
    links: tuple[Link, ...]

    def __len__(self) -> int:
        return len(self.wanted)


def items(problem: Problem) -> Items:
    """Group the workloads that want something."""
    asked = np.flatnonzero(problem.count > 0).tolist()
    kind, allowed = _kinds(problem, asked)
    size = problem.size if problem.then == "cost" else np.zeros((problem.workloads, 1), np.int64)
    plain: dict[int, Hashable] = {
        w: (_demand(problem, w).tobytes(), kind[w], int(problem.weight[w]), tuple(size[w].tolist())) for w in asked
    }
    rules = _ties(problem)
    part: dict[int, list[tuple[Hashable, int, int]]] = {w: [] for w in asked}
    for rule in rules:
        for w in part.keys() & set(rule.subjects):
            part[w].append((_signature(rule, plain), rule.masters.count(w), int(w == rule.child)))
    known: dict[Hashable, int] = {}
    item_of = np.full(problem.workloads, -1, np.int32)
    for w in asked:
        item_of[w] = known.setdefault((plain[w], tuple(sorted(part[w], key=repr))), len(known))
    first = [int(np.argmax(item_of == item)) for item in range(len(known))]
    wanted, must = np.zeros((2, len(first)), np.int64)
    np.add.at(wanted, item_of[asked], problem.count[asked])
    np.add.at(must, item_of[asked], problem.must[asked])
    variants = [_demand(problem, w) for w in first]
    return Items(
        item_of=item_of,
        wanted=wanted,
        must=must,
        weight=problem.weight[first],
        size=size[first],
        kind=np.array([kind[w] for w in first], np.int32),
        allowed=allowed,
        demand=np.concatenate([problem.demand[:, :0], *variants], axis=1),
        owner=np.repeat(np.arange(len(first), dtype=np.int32), [each.shape[1] for each in variants]),
        links=_links(problem, rules, plain, first),
    )


def _demand(problem: Problem, workload: int) -> Ints:
    modes = problem.modes_of(workload)
    return problem.demand[:, modes.start : modes.stop]


def _kinds(problem: Problem, asked: list[int]) -> tuple[dict[int, int], tuple[Ids, ...]]:
    """The kind of each workload, and the distinct sets of allowed nodes."""
    by_array: dict[int, int] = {}
    by_content: dict[bytes, int] = {}
    distinct: list[Ids] = []
    kind = {}
    for w in asked:
        nodes = problem.allowed[w]
        if id(nodes) not in by_array:
            by_array[id(nodes)] = by_content.setdefault(nodes.tobytes(), len(distinct))
            if by_array[id(nodes)] == len(distinct):
                distinct.append(nodes)
        kind[w] = by_array[id(nodes)]
    return kind, tuple(distinct)


def _ties(problem: Problem) -> list[Children]:
    """Rules of children in proportion whose masters have worth, so that those left out are accounted for."""
    return [
        rule
        for rule in problem.rules
        if isinstance(rule, Children)
        and rule.ratio is not None
        and problem.count[rule.child] > 0
        and all(problem.weight[w] > 0 for w in rule.masters if problem.count[w] > 0)
    ]


def _signature(rule: Children, plain: dict[int, Hashable]) -> Hashable:
    return (*sorted((plain[w] for w in rule.masters if w in plain), key=repr), plain[rule.child], rule.ratio)


def _links(problem: Problem, rules: list[Children], plain: dict[int, Hashable], first: list[int]) -> tuple[Link, ...]:
    """One link for all rules of one signature: their workloads are in the same items, each equally often."""
    standing = Standing(problem, Placement.empty())
    by_signature: dict[Hashable, list[Children]] = {}
    for rule in rules:
        by_signature.setdefault(_signature(rule, plain), []).append(rule)
    return tuple(
        Link(
            masters=np.array([sum(rule.masters.count(w) for rule in alike) for w in first], np.int64),
            children=np.array([sum(rule.child == w for rule in alike) for w in first], np.int64),
            ratio=int(alike[0].ratio or 1),
            standing=sum(standing.fixed((rule.child,)) for rule in alike),
        )
        for alike in by_signature.values()
    )
