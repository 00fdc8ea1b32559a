"""Compiled passes over nodes: slots of one workload, and sums over domains."""

from __future__ import annotations

import numpy as np

from solver.compiled import entry
from solver.problem import Ids, Ints


@entry
def slots(capacity: Ints, rate: Ids, demand: Ints, nodes: Ids, most: int) -> tuple[Ids, Ints]:
    """The nodes that take an instance, and at most how many; demand [rates, modes, resources].

    Every instance may choose its mode, so the modes' slots are summed, within what the least demand allows.
    """
    resources, modes = capacity.shape[1], demand.shape[1]
    inverse = np.where(demand > 0, 1.0 / np.maximum(demand, 1), 1e18)
    nudge = np.where(demand > 0, 1e-6 * demand, 0.5)  # up: the guess is never too small
    usable = np.empty(len(nodes), np.int32)
    found = np.empty(len(nodes), np.int64)
    many = 0
    for node in nodes:
        row = rate[node]
        total = 0
        for mode in range(modes):
            guess = float(most)
            for resource in range(resources):
                room = capacity[node, resource] + nudge[row, mode, resource]
                guess = min(guess, room * inverse[row, mode, resource])
            fits = int(max(guess, 0.0))
            if fits > 0 and guess - fits <= 2e-6:  # at the edge only integers can tell
                for resource in range(resources):
                    if fits * demand[row, mode, resource] > capacity[node, resource]:
                        fits -= 1
                        break
            total += fits
        if modes > 1:
            for resource in range(resources):
                least = demand[row, :, resource].min()
                if least > 0:
                    total = min(total, capacity[node, resource] // least)
        if total > 0:
            usable[many] = node
            found[many] = min(total, most)
            many += 1
    return usable[:many], found[:many]


@entry
def gathered(amount: Ints, nodes: Ids, domain: Ids, size: int) -> Ints:
    """The amounts of the nodes summed over their domains."""
    total = np.zeros(size, np.int64)
    for position in range(len(nodes)):
        total[domain[nodes[position]]] += amount[position]
    return total


@entry
def parents(nodes: Ids, fine: Ids, size: int, coarse: Ids) -> Ids:
    """The coarse domain of each fine one (-1: no node in it); empty when a fine domain straddles coarse ones."""
    parent = np.full(size, -1, np.int32)
    for position in range(len(nodes)):
        node = nodes[position]
        known = parent[fine[node]]
        if known < 0:
            parent[fine[node]] = coarse[node]
        elif known != coarse[node]:
            return np.empty(0, np.int32)
    return parent


@entry
def lowest(value: Ints, nodes: Ids, domain: Ids, size: int, alike_only: bool) -> tuple[Ints, bool]:
    """The least value in each domain (the largest integer where no node is), and whether all are alike in each;
    with `alike_only` it gives up at the first difference."""
    nothing = np.iinfo(np.int64).max
    least = np.full(size, nothing, np.int64)
    alike = True
    for node in nodes:
        known = least[domain[node]]
        if known != value[node]:
            alike = alike and known == nothing
            if alike_only and not alike:
                break
            least[domain[node]] = min(known, value[node])
    return least, alike


@entry
def fill(order: Ints, amount: Ints, above: Ids, caps: Ints, need: int) -> tuple[Ints, int]:
    """Take from the units in order until `need` is met, within nested caps; returns (taken per unit, still missing).

    above [levels, units]: the domain of each unit per level. caps [levels, domains].
    """
    left = caps.copy()
    taken = np.zeros(len(amount), np.int64)
    for unit in order:
        if need == 0:
            break
        take = min(amount[unit], need)
        for level in range(above.shape[0]):
            take = min(take, left[level, above[level, unit]])
        if take > 0:
            taken[unit] = take
            need -= take
            for level in range(above.shape[0]):
                left[level, above[level, unit]] -= take
    return taken, need
