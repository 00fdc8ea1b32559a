"""Ground: what a search looks up in its problem again and again, and paper for its notes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from solver.construct import size_of
from solver.construct.tables import Flags, Floats, Tables, members
from solver.improve.ruins import LARGE, SIZE
from solver.problem import Ids, Ints, Problem


class Ground(NamedTuple):
    """starts, nodes: see `members`. sizes, worth [blocks]: scarce room and worth of a block, of one instance where it
    may come in part. alike: blocks by what an instance takes; rank: where each is among them. size: of a ruin.

    Notes of one trial: chosen nodes; touched: which blocks are to be inserted, blocks, key, many: these, how urgent
    each is, how many; absent: those of which something is left out.
    """

    starts: Ids
    nodes: Ids
    sizes: Floats
    worth: Floats
    alike: Ids
    rank: Ids
    size: Ids
    chosen: Ids
    touched: Flags
    blocks: Ids
    key: Floats
    many: Ints
    absent: Ids


def ground(problem: Problem, flat: Tables) -> Ground:
    sizes, worth = _block_sizes(problem, flat)
    blocks = len(sizes)
    alike = np.lexsort((worth, sizes, _shape(problem, flat))).astype(np.int32)
    rank = np.empty(blocks, np.int32)
    rank[alike] = np.arange(blocks, dtype=np.int32)
    return Ground(
        *members(problem.topology),
        sizes=sizes,
        worth=worth,
        alike=alike,
        rank=rank,
        size=np.array(SIZE, np.int32),
        chosen=np.empty(3 * LARGE, np.int32),
        touched=np.zeros(blocks, np.bool_),
        blocks=np.empty(blocks, np.int32),
        key=np.empty(blocks),
        many=np.zeros(1, np.int64),
        absent=np.empty(blocks, np.int32),
    )


def _shape(problem: Problem, flat: Tables) -> Ints:
    """[blocks]: what most distinguishes what they take: the resource of which it is the largest part of all."""
    first = np.minimum(problem.modes[:-1], max(len(flat.owner) - 1, 0))[flat.step_workload[flat.step_start[:-1]]]
    of_block = first[flat.block_start[:-1]]
    if not problem.demand.shape[1]:
        return np.zeros(len(of_block), np.int64)
    part = problem.demand[0][of_block] / np.maximum(problem.capacity.sum(axis=0), 1)
    return np.asarray(np.argmax(part, axis=1), np.int64)


def _block_sizes(problem: Problem, flat: Tables) -> tuple[Floats, Floats]:
    step_of_row: Ids = np.repeat(np.arange(len(flat.step_kind), dtype=np.int32), np.diff(flat.step_start))
    block_of_row = flat.block_of_step[step_of_row]
    number = np.where(flat.strict, problem.count, 1)
    blocks = len(flat.block_start) - 1
    sizes, worth = np.full(blocks, 1e-9), np.zeros(blocks)
    np.add.at(sizes, block_of_row, (size_of(problem, flat) * number)[flat.step_workload])
    np.add.at(worth, block_of_row, (problem.weight * number)[flat.step_workload])
    return sizes, worth
