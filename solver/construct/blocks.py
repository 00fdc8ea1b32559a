"""Blocks: what has to be placed in one go, and what stands or falls together."""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from solver.constraints import Children, Completeness, Quota, Together
from solver.problem import Problem
from solver.standing import Standing
from solver.ties import components

PLAIN, TOGETHER, TREE = 0, 1, 2
Flags = NDArray[np.bool_]


def steps_of(
    problem: Problem, togethers: Sequence[Together], children: Sequence[Children], quotas: dict[int, Quota]
) -> tuple[list[list[int]], list[int], list[int], list[int]]:
    """Workloads of each step (masters before children), its kind, the level it is placed by, its `Together` rule."""
    graph: nx.DiGraph[int] = nx.DiGraph()
    for child in children:
        graph.add_edges_from((master, child.child) for master in child.masters)
    wanted = set(np.flatnonzero(problem.count).tolist())
    wanted |= {follower for workload in wanted & set(graph) for follower in nx.descendants(graph, workload)}
    graph.add_nodes_from(wanted)
    graph.remove_nodes_from(set(graph) - wanted)
    tied = [*graph.edges, *([workload for workload in rule.workloads if workload in wanted] for rule in togethers)]
    order = nx.lexicographical_topological_sort(graph) if children else sorted(graph)
    rank = {workload: position for position, workload in enumerate(order)}
    steps, kinds, levels, anchors = [], [], [], []
    tree_level = {rule.child: rule.level for rule in children} | {w: rule.level for w, rule in quotas.items()}
    for component in components(graph, tied):
        step = sorted(component, key=rank.__getitem__)
        in_tree = [tree_level[workload] for workload in step if workload in tree_level]
        anchor = next((row for row, rule in enumerate(togethers) if not component.isdisjoint(rule.workloads)), -1)
        steps.append(step)
        kinds.append(TREE if in_tree else TOGETHER if anchor >= 0 else PLAIN)
        levels.append(in_tree[0] if in_tree else togethers[anchor].level if anchor >= 0 else 0)
        anchors.append(anchor)
    return steps, kinds, levels, anchors


def blocks_of(steps: Sequence[Sequence[int]], tied: Sequence[Sequence[int]]) -> list[list[int]]:
    step_of = {workload: row for row, step in enumerate(steps) for workload in step}
    rows = [[step_of[workload] for workload in workloads if workload in step_of] for workloads in tied]
    return [sorted(component) for component in components(range(len(steps)), rows)]


def by_block(blocks: Sequence[object], block_of: dict[int, int], sets: Sequence[Sequence[int]]) -> list[list[int]]:
    rows: list[list[int]] = [[] for _ in blocks]
    for rule, workloads in enumerate(sets):
        for block in sorted({block_of[workload] for workload in workloads if workload in block_of}):
            rows[block].append(rule)
    return rows


def masters_of(problem: Problem, children: Sequence[Children]) -> list[Sequence[int]]:
    rows: list[Sequence[int]] = [()] * problem.workloads
    for rule in children:
        rows[rule.child] = rule.masters
    return rows


def behind(problem: Problem, steps: Sequence[Sequence[int]], children: Sequence[Children], standing: Standing) -> Flags:
    """[steps]: a child of the step has masters that stand already, so that it may lack some there."""
    late = {rule.child for rule in children if standing.fixed(rule.masters)}
    return np.array([not late.isdisjoint(step) for step in steps], np.bool_)


def strict(problem: Problem, wholes: Sequence[Completeness], standing: Standing) -> Flags:
    """[workloads]: every single instance is needed, or none is placed."""
    strict = np.zeros(problem.workloads, np.bool_)
    for rule in wholes:
        rows = list(rule.workloads)
        if rule.minimum >= standing.fixed(rows) + int(problem.count[rows].sum()):
            strict[rows] = True
    return strict
