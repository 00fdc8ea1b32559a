"""Special: workloads with soft rules or a home, all in one array.

An array of `Tables` costs seven words at every call of a kernel, whether it is used or not; so what only few problems
need is packed, and the functions that read it get the few arrays of a `Sight`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.constraints import Apart, Moves, Spread, Together
from solver.objective import moves_last, soft_rules
from solver.problem import Ids, Ints, Problem
from solver.standing import Standing

SOFT_DEAR, HOME_DEAR, MOST_MOVES, MOVES_LAST, THEN_WEIGHT, UNIT, COUNTERS, HEAD = range(8)
"""The head: what weights are in the badness of a node; most moves; do moves follow the second term, and what that
weighs then; the heaviest soft rule; counters in all."""
SPECIAL, MUST, COST, SOFT, SOFT_END, HOME, HOME_END, WIDTH = range(8)
"""Then for each workload: is it special; obligation and move cost; where its rows of soft rules and of home begin and
end. SPECIAL to HOME_END count from HEAD + WIDTH x workload."""
KIND, WEIGHT, LEVEL, COUNTS, MOST, OF, IN, LEAST, WHOLE, PARTS, LADDER, SUMS, COLUMNS = range(13)
"""A soft rule. Its SUMS, COUNTS and LADDER say where its counters begin (COUNTS is -1 at server level, where the
server's entries are counted); WHOLE: instances when nothing is left out."""
EXCESS, OUTSIDE, MEETING = 0, 1, 2
TOTAL, DOMAINS, ABOVE, TOP = 0, 1, 2, 3
NO_LIMIT = 2**62


class Sight(NamedTuple):
    """What soft rules and home look at: `Tables.special`, the counters, and the instances on nodes."""

    special: Ints
    counter: Ints
    domain: Ids
    owner: Ids
    node_head: Ids
    node_next: Ids
    entry_mode: Ids
    entry_count: Ints
    entry_fixed: NDArray[np.bool_]


def special(problem: Problem, first: int) -> Ints:
    """Head, workloads, rows (rule, part), rows of home (mode, node, instances), rules. first: free counter."""
    home = problem.home
    by_mode = np.lexsort((home.node, home.mode))
    homes = np.stack([home.mode, home.node, home.instances], axis=1).astype(np.int64)[by_mode]
    rules, pairs = _rules(problem, first)
    rows_at = HEAD + WIDTH * problem.workloads
    home_at = rows_at + 2 * sum(map(len, pairs))
    rules_at = home_at + homes.size
    soft_end = rows_at + 2 * np.cumsum([0, *map(len, pairs)])
    home_end = home_at + 3 * np.searchsorted(problem.owner(home.mode[by_mode]), np.arange(problem.workloads + 1))
    cost = problem.move_cost if len(problem.move_cost) else np.zeros(problem.workloads, np.int64)
    any_of = (problem.must > 0) | (np.diff(soft_end) > 0) | (np.diff(home_end) > 0)
    columns = (any_of, problem.must, cost, soft_end[:-1], soft_end[1:], home_end[:-1], home_end[1:])
    flat = [(rules_at + COLUMNS * rule, part) for row in pairs for rule, part in row]
    most = min((rule.most for rule in problem.rules if isinstance(rule, Moves)), default=2**40)
    dear, last = _dear(problem, most), moves_last(problem)
    rules[:, WEIGHT] *= 1 if last else dear
    unit = int(rules[:, WEIGHT].max(initial=1))
    second = 100 * max(int(problem.price.sum(axis=1).max(initial=0)) if problem.then == "cost" else 1, 1)
    counters = int(rules[-1, LADDER] + rules[-1, WHOLE]) + 2 - first if len(rules) else 0
    head = [100 * second, 10 if last else 10 * second, most, last, dear if last else 1, unit, counters]
    table = np.stack(columns, axis=1).reshape(-1)
    parts = [np.array(part, np.int64).reshape(-1) for part in (head, table, flat, homes, rules)]
    return np.concatenate(parts)


def _rules(problem: Problem, first: int) -> tuple[Ints, list[list[tuple[int, int]]]]:
    """(rules [rules, COLUMNS], for each workload the soft rules and parts that it is in)."""
    found, standing = soft_rules(problem), Standing(problem, problem.fixed)
    table, end = np.zeros((len(found), COLUMNS), np.int64), first
    pairs: list[list[tuple[int, int]]] = [[] for _ in range(problem.workloads)]
    for number, (row, soft) in enumerate(zip(table, found, strict=True)):
        rule = soft.rule
        assert isinstance(rule, Spread | Together | Apart)
        parts = rule.parts if isinstance(rule, Apart) else (rule.workloads,)
        for part, workloads in enumerate(parts):
            for workload in workloads:
                pairs[workload].append((number, part))
        subjects = list(rule.subjects)
        whole = int(problem.count[subjects].sum()) + standing.fixed(subjects)
        counters = problem.topology.sizes[rule.level] * len(parts) if rule.level else 0
        row[[WEIGHT, LEVEL, WHOLE, PARTS]] = soft.weight, rule.level, whole, len(parts)
        row[[SUMS, COUNTS, LADDER]] = end, end + 4 if rule.level else -1, end + 4 + counters
        end += 4 + counters + whole + 2
        row[KIND] = {Spread: EXCESS, Together: OUTSIDE, Apart: MEETING}[type(rule)]
        if isinstance(rule, Spread):
            share = rule.share or (0, 0)
            row[[MOST, OF, IN, LEAST]] = NO_LIMIT if rule.most is None else rule.most, *share, rule.least or 0
    return table, pairs


def _dear(problem: Problem, moves: int) -> int:
    """More than all moves can cost; 1 where such weights would leave 64 bits: the search then confuses some terms,
    which the plan's own values do not."""
    home = problem.home
    if not len(home):
        return 1
    dear = 1 + int(problem.move_cost.max(initial=0)) * min(moves, int(home.instances.sum()))
    most = sum(rule.weight for rule in soft_rules(problem)) * int(problem.count.sum() + problem.fixed.instances.sum())
    return dear if dear * max(most, int(problem.capacity.sum()), 1) < 2**60 else 1
