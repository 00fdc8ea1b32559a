"""Tables: a problem flattened into the arrays that compiled kernels read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from solver.constraints import Apart, Children, Completeness, Quota, Together
from solver.construct.blocks import behind, blocks_of, by_block, masters_of, steps_of, strict
from solver.construct.limits import limits
from solver.construct.special import special
from solver.problem import Ids, Ints, Problem, Then, Topology
from solver.standing import Standing

THEN: dict[Then | None, int] = {None: 0, "cost": 1, "fewest-servers": 2, "largest-slots": 3}
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class Tables(NamedTuple):
    """Constant during a search. Rows of a table are found by `x_start[i]:x_start[i + 1]`; offsets of -1 mean that a
    rule at server level is counted from the server's entries instead of an array.

    A step is what must be placed in one go: a workload, a set that stays together, or masters with their children
    (masters first). A block is the steps that all-or-nothing ties together.
    """

    demand: Ints
    rate: Ids
    modes: Ids
    owner: Ids
    taken_start: Ids
    taken: Ids
    wanted: Ints
    weight: Ints
    domain: Ids
    level_size: Ids
    kind_of: Ids
    allowed: Flags
    order_start: Ids
    order: Ids
    price: Ints
    size: Ints
    share: Floats
    busy: Flags
    slot: Ints
    then: int
    scarcity: Floats
    chosen: Floats
    mix: Floats
    value: Floats
    spread_start: Ids
    spread: Ids
    spread_level: Ids
    spread_most: Ints
    share_of: Ints
    share_in: Ints
    share_past: Ints
    spread_least: Ints
    spread_offset: Ints
    apart_start: Ids
    apart: Ids
    apart_part: Ids
    apart_level: Ids
    apart_offset: Ints
    together_start: Ids
    together: Ids
    together_level: Ids
    whole_start: Ids
    whole: Ids
    whole_minimum: Ints
    whole_fixed: Ints
    block_start: Ids
    block_whole_start: Ids
    block_whole: Ids
    step_start: Ids
    step_workload: Ids
    step_kind: Ids
    step_level: Ids
    step_together: Ids
    step_behind: Flags
    block_of_step: Ids
    step_of: Ids
    master_start: Ids
    master: Ids
    ratio: Ints
    each: Ints
    quota: Ints
    tally_offset: Ints
    tally_level: Ids
    strict: Flags
    block_spread_start: Ids
    block_spread: Ids
    special: Ints


def csr(rows: Iterable[Sequence[int]]) -> tuple[Ids, Ids]:
    """Lists of different lengths as (start, values)."""
    lists = [list(row) for row in rows]
    start = np.zeros(len(lists) + 1, np.int32)
    start[1:] = np.cumsum([len(row) for row in lists])
    return start, np.array([value for row in lists for value in row], np.int32)


@lru_cache(maxsize=8)
def members(topology: Topology) -> tuple[Ids, Ids]:
    """(starts, nodes): nodes[level, starts[level, d] : starts[level, d + 1]] are the nodes of domain d of a level."""
    levels, nodes = topology.domain.shape
    starts = np.zeros((levels, max(topology.sizes, default=0) + 1), np.int32)
    order = np.empty((levels, nodes), np.int32)
    for level in range(levels):
        count = np.bincount(topology.domain[level], minlength=topology.sizes[level])
        starts[level, 1 : len(count) + 1] = np.cumsum(count)
        order[level] = np.argsort(topology.domain[level], kind="stable")
    return starts, order


def tables(problem: Problem) -> Tables:
    """Flatten a problem; the workloads that want nothing stay outside of blocks."""
    standing = Standing(problem, problem.fixed)
    spreads = limits(problem)
    aparts = [rule for rule in problem.rules if isinstance(rule, Apart)]
    togethers = [rule for rule in problem.rules if isinstance(rule, Together)]
    wholes = [rule for rule in problem.rules if isinstance(rule, Completeness)]
    children = [rule for rule in problem.rules if isinstance(rule, Children)]
    quotas = {rule.workload: rule for rule in problem.rules if isinstance(rule, Quota)}
    price = problem.price if len(problem.price) else np.zeros((problem.nodes, 1), np.int64)
    size = problem.size if len(problem.size) else np.ones((problem.workloads, price.shape[1]), np.int64)
    kind_of, allowed, order_start, order = _orders(problem, price, size)
    scarcity, chosen, mix, value = _economy(problem)
    spread_start, spread = csr(_rows(problem, [rule.workloads for rule in spreads]))
    apart_start, apart, apart_part = _parts(problem, aparts)
    together_start, together = csr(_rows(problem, [rule.workloads for rule in togethers]))
    whole_start, whole = csr([rule.workloads for rule in wholes])
    steps, kinds, levels, anchors = steps_of(problem, togethers, children, quotas)
    shared = [rule.workloads for rule in spreads if rule.share[1] or rule.least]
    blocks = blocks_of(steps, [*shared, *(rule.workloads for rule in wholes)])
    block_of = {workload: row for row, block in enumerate(blocks) for step in block for workload in steps[step]}
    steps_in_order = [step for block in blocks for step in block]
    step_start, step_workload = csr([steps[step] for step in steps_in_order])
    step_of = np.full(problem.workloads, -1, np.int32)
    for row, step in enumerate(steps_in_order):
        step_of[steps[step]] = row
    block_start = np.zeros(len(blocks) + 1, np.int32)
    block_start[1:] = np.cumsum([len(block) for block in blocks])
    block_whole_start, block_whole = csr(by_block(blocks, block_of, [rule.workloads for rule in wholes]))
    block_spread_start, block_spread = csr(by_block(blocks, block_of, [rule.workloads for rule in spreads]))
    master_start, master = csr(masters_of(problem, children))
    taken_start, taken = _taken(problem)
    tally_offset, tally_level = _tallies(problem, children, quotas)
    return Tables(
        demand=np.ascontiguousarray(problem.demand),
        rate=problem.rate,
        modes=problem.modes,
        owner=problem.owner(np.arange(problem.modes[-1], dtype=np.int32)),
        taken_start=taken_start,
        taken=taken,
        wanted=problem.count,
        weight=problem.weight,
        domain=problem.topology.domain,
        level_size=np.array(problem.topology.sizes, np.int32),
        kind_of=kind_of,
        allowed=allowed,
        order_start=order_start,
        order=order,
        price=price,
        size=size,
        share=size / np.maximum(size.max(axis=1, keepdims=True), 1),
        busy=problem.busy if len(problem.busy) else np.zeros(problem.nodes, np.bool_),
        slot=problem.slot
        if problem.slot.size
        else np.zeros((problem.demand.shape[0], problem.demand.shape[2]), np.int64),
        then=THEN[problem.then],
        scarcity=scarcity,
        chosen=chosen,
        mix=mix,
        value=value,
        spread_start=spread_start,
        spread=spread,
        spread_level=_ids(rule.level for rule in spreads),
        spread_most=_ints(rule.most for rule in spreads),
        share_of=_ints(rule.share[0] for rule in spreads),
        share_in=_ints(rule.share[1] for rule in spreads),
        share_past=_ints(rule.past for rule in spreads),
        spread_least=_ints(rule.least for rule in spreads),
        spread_offset=_offsets(problem, [rule.level for rule in spreads]),
        apart_start=apart_start,
        apart=apart,
        apart_part=apart_part,
        apart_level=_ids(rule.level for rule in aparts),
        apart_offset=_offsets(problem, [rule.level for rule in aparts]),
        together_start=together_start,
        together=together,
        together_level=_ids(rule.level for rule in togethers),
        whole_start=whole_start,
        whole=whole,
        whole_minimum=_ints(rule.minimum for rule in wholes),
        whole_fixed=_ints(standing.fixed(rule.workloads) for rule in wholes),
        block_start=block_start,
        block_whole_start=block_whole_start,
        block_whole=block_whole,
        step_start=step_start,
        step_workload=step_workload,
        step_kind=_ids(kinds[step] for step in steps_in_order),
        step_level=_ids(levels[step] for step in steps_in_order),
        step_together=_ids(anchors[step] for step in steps_in_order),
        step_behind=behind(problem, [steps[step] for step in steps_in_order], children, standing),
        block_of_step=_ids(row for row, block in enumerate(blocks) for _ in block),
        step_of=step_of,
        master_start=master_start,
        master=master,
        ratio=_per_child(problem, children, "ratio"),
        each=_per_child(problem, children, "each"),
        quota=_ints(quotas[row].each if row in quotas else 0 for row in range(problem.workloads)),
        tally_offset=tally_offset,
        tally_level=tally_level,
        strict=strict(problem, wholes, standing),
        block_spread_start=block_spread_start,
        block_spread=block_spread,
        special=special(problem, int(tally_offset[-1])),
    )


def _ids(values: Iterable[int]) -> Ids:
    return np.array(list(values), np.int32)


def _ints(values: Iterable[int]) -> Ints:
    return np.array(list(values), np.int64)


def _rows(problem: Problem, sets: Sequence[Sequence[int]]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in range(problem.workloads)]
    for rule, workloads in enumerate(sets):
        for workload in workloads:
            rows[workload].append(rule)
    return rows


def _parts(problem: Problem, aparts: Sequence[Apart]) -> tuple[Ids, Ids, Ids]:
    rows: list[list[tuple[int, int]]] = [[] for _ in range(problem.workloads)]
    for rule, apart in enumerate(aparts):
        for part, workloads in enumerate(apart.parts):
            for workload in workloads:
                rows[workload].append((rule, part))
    start, rules = csr([[rule for rule, _ in row] for row in rows])
    return start, rules, _ids(part for row in rows for _, part in row)


def _orders(problem: Problem, price: Ints, size: Ints) -> tuple[Ids, Flags, Ids, Ids]:
    """Workloads that share their allowed nodes, and pay most for the same, are of one kind: a mask and a merit order
    (cheap nodes first) each."""
    kinds: dict[tuple[int, int], int] = {}
    mostly = np.argmax(size * price.mean(axis=0), axis=1).tolist() if price.shape[1] > 1 else [0] * problem.workloads
    keys = zip(map(id, problem.allowed), mostly, strict=True)
    kind_of = _ids(kinds.setdefault(key, len(kinds)) for key in keys)
    distinct = [problem.allowed[int(np.argmax(kind_of == kind))] for kind in range(len(kinds))]
    allowed = np.zeros((len(kinds), problem.nodes), np.bool_)
    for kind, nodes in enumerate(distinct):
        allowed[kind, nodes] = True
    orders = distinct
    if problem.then == "cost" and len(problem.price):
        cost = (
            [price[:, 0]] if price.shape[1] == 1 else [_together(price, size[kind_of == k]) for k in range(len(kinds))]
        )
        merits = [_cheap_first(each) for each in cost]
        orders = [merits[kind % len(merits)] for kind in range(len(kinds))]
        orders = [order[mask[order]] for order, mask in zip(orders, allowed, strict=True)]
    start = np.zeros(len(kinds) + 1, np.int32)
    start[1:] = np.cumsum([len(order) for order in orders])
    return kind_of, allowed, start, np.concatenate([*orders, np.empty(0, np.int32)]).astype(np.int32)


def _together(price: Ints, size: Ints) -> Floats:
    """[nodes]: what one instance of each of these workloads costs."""
    return np.asarray((price * size.sum(axis=0).astype(np.float64)).sum(axis=1))


def _cheap_first(price: Ints | Floats) -> Ids:
    small = price.dtype == np.int64 and price.max(initial=0) < 2**16
    return np.argsort(price.astype(np.uint16) if small else price, kind="stable").astype(np.int32)


def _taken(problem: Problem) -> tuple[Ids, Ids]:
    """The resources that each mode takes."""
    mode, resource = np.nonzero((problem.demand > 0).any(axis=0))
    start = np.searchsorted(mode, np.arange(problem.demand.shape[1] + 1))
    return start.astype(np.int32), resource.astype(np.int32)


def _economy(problem: Problem) -> tuple[Floats, Floats, Floats, Floats]:
    """Which room matters: (scarcity, chosen, mix, value).

    scarcity [resources]: per unit, the share of all free room that the demand would take (at most 1). chosen
    [resources]: the same by the average mode, of what not every mode takes. mix [rates, resources]: what one average
    instance takes in any mode. value [resources]: worth that a unit carries, where it is scarce.
    """
    has = problem.modes[:-1] < problem.modes[1:]
    first, count = problem.modes[:-1][has], problem.count[has].astype(np.float64)
    modes = np.diff(problem.modes)[has]
    asked = problem.demand.astype(np.float64)[:, : problem.modes[-1]]
    anyway = np.minimum.reduceat(asked, first, axis=1) if len(first) else asked[:, :0]
    wanted: Floats = (anyway * count[:, None]).sum(axis=1)
    by_mode: Floats = (asked[0] * np.repeat(count / modes, modes)[:, None]).sum(axis=0)
    free = np.maximum(problem.capacity.sum(axis=0).astype(np.float64), 1.0)
    each = np.maximum(free / max(problem.nodes, 1), 1.0)
    pressure = np.minimum(wanted[0] / free, 1.0)
    scarcity: Floats = (pressure + 0.02) / each
    chosen: Floats = np.minimum((by_mode - wanted[0]) / free, 1.0) / each
    mix: Floats = wanted / max(float(count.sum()), 1.0)
    worth = float(problem.weight @ problem.count)
    value: Floats = pressure**4 * worth / np.maximum(wanted[0], 1.0)
    return scarcity, chosen, mix, value


def _offsets(problem: Problem, levels: Sequence[int]) -> Ints:
    offsets, end = [], 0
    for level in levels:
        offsets.append(end if level else -1)
        end += problem.topology.sizes[level] if level else 0
    return _ints([*offsets, end])


def _per_child(problem: Problem, children: Sequence[Children], field: str) -> Ints:
    values = np.zeros(problem.workloads, np.int64)
    for rule in children:
        values[rule.child] = getattr(rule, field) or 0
    return values


def _tallies(problem: Problem, children: Sequence[Children], quotas: dict[int, Quota]) -> tuple[Ints, Ids]:
    """Where each master, child and quota workload keeps its count per domain (the last number is the size of it all),
    and of which level these domains are."""
    levels = {workload: rule.level for rule in children for workload in rule.subjects}
    levels |= {workload: rule.level for workload, rule in quotas.items()}
    offsets = np.full(problem.workloads + 1, -1, np.int64)
    end = 0
    for workload, level in levels.items():
        offsets[workload] = end
        end += problem.topology.sizes[level]
    offsets[-1] = end
    return offsets, _ids(levels.get(workload, 0) for workload in range(problem.workloads))
