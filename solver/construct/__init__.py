"""Construct: merit-order placement on servers, the hardest blocks first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from solver.compiled import entry, number
from solver.constraints import Soft
from solver.construct.insert import insert, remove_block
from solver.construct.state import JOURNAL, UNPLACED, State, apply, read, state
from solver.construct.tables import Floats, Tables, members, tables
from solver.problem import Ids, Ints, Placement, Problem

NO_FOCUS = np.empty(0, np.int32)
NOWHERE = np.empty((0, 0), np.int32), np.empty((0, 0), np.int32)
"""Members of domains for those who place nothing by domains."""
WHOLE = 2**40


def construct(problem: Problem, seed: int = 0, start: Placement | None = None) -> Placement:
    """A placement that keeps every rule, with as much placed as one pass finds room for; a start stays as it is, and
    so does what runs.

    Where a pass without a start leaves something out, passes in other orders are tried, too, and the best one counts.
    """
    if start is None and len(problem.home):
        start = problem.home
    flat = tables(problem)
    hardest = hardest_first(problem, flat)
    best = _placed(problem, flat, seed, hardest, start)
    if start is None and best.scalar[UNPLACED] and len(hardest) > 1:
        for order in worthiest_first(problem, flat):
            made = _placed(problem, flat, seed, order, start)
            best = min(best, made, key=lambda each: tuple(each.scalar[:JOURNAL].tolist()))
    return read(best)


def _placed(problem: Problem, flat: Tables, seed: int, order: Ids, start: Placement | None) -> State:
    made = state(problem, flat, seed)
    if start is not None:
        load(flat, made, rows(start))
    plain = not flat.step_kind.any()
    _pass(flat, made, order, *(NOWHERE if plain else members(problem.topology)), NO_FOCUS, 0.0, WHOLE)
    return made


def gently(problem: Problem, seed: int = 0) -> Placement:
    """Construct as if soft rules were hard, then place what this leaves out."""
    hard = tuple(rule.rule if isinstance(rule, Soft) else rule for rule in problem.rules)
    return construct(problem, seed, construct(replace(problem, rules=hard), seed))


def rows(placement: Placement) -> Ints:
    """[entries, 3]: mode, node, count."""
    return np.stack([placement.mode, placement.node, placement.instances], axis=1).astype(np.int64)


@entry
def load(t: Tables, s: State, rows: Ints) -> None:
    """Make the state stand as the rows (mode, node, count) say."""
    for block in range(len(t.block_start) - 1):
        s.scalar[JOURNAL] = 0
        remove_block(t, s, block)
    for i in range(len(rows)):
        s.scalar[JOURNAL] = 0
        apply(t, s, rows[i, 0], rows[i, 1], rows[i, 2])
    s.scalar[JOURNAL] = 0


@entry
def _pass(t: Tables, s: State, blocks: Ids, starts: Ids, nodes: Ids, focus: Ids, noise: float, chunk: int) -> None:
    for block in blocks:
        insert(t, s, number(block), focus, starts, nodes, noise, chunk)
        s.scalar[JOURNAL] = 0


def hardest_first(problem: Problem, flat: Tables) -> Ids:
    """Blocks with the narrowest scope first; then those tied to one place, those needed whole, and by size."""
    blocks = len(flat.block_start) - 1
    per_workload = size_of(problem, flat)
    step_of_row = np.repeat(np.arange(len(flat.step_kind)), np.diff(flat.step_start))
    block_of_row = flat.block_of_step[step_of_row] if len(step_of_row) else step_of_row
    largest = np.zeros(blocks)
    np.maximum.at(largest, block_of_row, per_workload[flat.step_workload])
    tied = np.zeros(blocks, np.int64)
    np.maximum.at(tied, flat.block_of_step, (flat.step_kind > 0).astype(np.int64))
    whole = np.diff(flat.block_whole_start) > 0
    total = np.zeros(blocks)
    np.add.at(total, block_of_row, (per_workload * problem.count)[flat.step_workload])
    nodes = np.diff(flat.order_start)[flat.kind_of]
    scope = np.full(blocks, problem.nodes, np.int64)
    np.minimum.at(scope, block_of_row, nodes[flat.step_workload])
    octave = np.log2(np.maximum(scope, 1)).astype(np.int64)
    return np.lexsort((-total, -largest, ~whole, -tied, octave)).astype(np.int32)


def worthiest_first(problem: Problem, flat: Tables) -> tuple[Ids, Ids]:
    """Blocks with the narrowest scope first, then those of which an instance is worth most: of equals the large ones
    first, and the small ones first, which may be how more of them fit."""
    blocks = len(flat.block_start) - 1
    block_of_row = np.repeat(flat.block_of_step, np.diff(flat.step_start))
    largest, worth, scope = np.zeros(blocks), np.zeros(blocks, np.int64), np.full(blocks, problem.nodes, np.int64)
    np.maximum.at(largest, block_of_row, size_of(problem, flat)[flat.step_workload])
    np.maximum.at(worth, block_of_row, problem.weight[flat.step_workload])
    nodes = np.diff(flat.order_start)[flat.kind_of]
    np.minimum.at(scope, block_of_row, nodes[flat.step_workload])
    octave = np.log2(np.maximum(scope, 1)).astype(np.int64)
    large, small = (np.lexsort((sign * largest, -worth, octave)).astype(np.int32) for sign in (-1, 1))
    return large, small


def size_of(problem: Problem, flat: Tables) -> Floats:
    """[workloads]: how much scarce room an instance takes."""
    first = np.minimum(problem.modes[:-1], max(len(flat.owner) - 1, 0))
    if not len(flat.owner):
        return np.zeros(problem.workloads)
    sizes: Floats = problem.demand[0][first] @ flat.scarcity
    return sizes


__all__ = ["construct", "gently"]
