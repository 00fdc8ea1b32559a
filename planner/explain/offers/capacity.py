"""More capacity: the least number of servers to add, of a shape that stands there already, and where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from planner.explain.explanation import Change, CounterOffer
from planner.explain.offers.fewest import lowest
from planner.explain.offers.refusal import Refusal, Trial
from planner.formulate.devices import on_devices
from planner.formulate.question import Question
from planner.manifests.quantities import DEVICE, written
from planner.plans.words import many
from solver.problem import Ids, Ints, Topology
from solver.returns import slots

SITES = 3
"""Sites that are tried."""
MOST = 20_000
"""No more servers than that are worth an offer."""


def more_capacity(refusal: Refusal) -> Iterator[CounterOffer]:
    """In the sites where a server takes the most instances for its price; the one that needs the fewest servers."""
    if not any(fact.kind == "room" for fact in refusal.facts):
        return
    found = [offer for node in _shapes(refusal)[:SITES] if (offer := _added(refusal, node)) is not None]
    yield from sorted(found, key=lambda offer: (int(offer.changes[0].offered.split()[0].replace(",", "")), offer.cost))[
        :1
    ]


def _shapes(refusal: Refusal) -> list[int]:
    """One server for each site: that of its shapes which takes the most instances when it is empty; the best first."""
    question = refusal.case.question
    problem, snapshot = question.problem, refusal.snapshot
    workload = refusal.case.asked[0]
    nodes = problem.allowed[workload]
    if not len(nodes):
        return []
    empty = replace(problem, capacity=_emptied(question))
    takes = np.max([slots(empty, mode, nodes) for mode in problem.modes_of(workload)], axis=0)
    inside = np.isin(nodes, _scarce(refusal))
    site = snapshot.inventory.servers.site[nodes]
    order = np.lexsort((nodes, problem.cost(workload)[nodes], -takes, ~inside))
    _, first = np.unique(site[order], return_index=True)
    best = [int(nodes[order[row]]) for row in sorted(first.tolist()) if takes[order[row]] > 0]
    return best


def _scarce(refusal: Refusal) -> Ids:
    """Servers whose room is among the facts of the conflict."""
    places = {fact.subject for fact in refusal.facts if fact.kind == "room"}
    told = refusal.case.told
    rooms = [name for name, fact in enumerate(told) if fact.kind == "room" and fact.subject in places]
    chosen = [refusal.case.system.nodes(name) for name in rooms]
    return np.concatenate(chosen) if chosen else np.empty(0, np.int32)


def _added(refusal: Refusal, node: int) -> CounterOffer | None:
    """Doubled until it fits, then halved down to the fewest."""
    tried: dict[int, Trial] = {}

    def fits(count: int) -> bool:
        tried[count] = refusal.solved(extended(refusal.case.question, node, count), refusal.applications)
        return bool(tried[count].fits)

    low, high = 0, 1
    if not fits(MOST) and tried[MOST].fits is False:
        return None
    while high <= MOST and refusal.left() > 0 and not fits(high):
        low, high = high, high * 2
    if high not in tried or not tried[high].fits:
        return None
    high = lowest(low, high, lambda count: refusal.left() > 0 and fits(count))
    least = high == 1 or (high - 1 in tried and tried[high - 1].fits is False)
    return _told(refusal, node, high, tried[high], least)


def _told(refusal: Refusal, node: int, count: int, trial: Trial, least: bool) -> CounterOffer:
    inventory = refusal.snapshot.inventory
    site = inventory.sites.name[int(inventory.servers.site[node])]
    shape = ", ".join(
        f"{name} {written(name, amount)}"
        for name, amount in zip(inventory.resources, inventory.servers.capacity[node].tolist(), strict=True)
        if amount
    )
    change = Change(subject=site, field="servers", found="0", offered=many(count, "server"))
    return refusal.offer(trial, "capacity", f"{site}: {many(count, 'more server')} of {shape} each", [change], least)


def _emptied(question: Question) -> Ints:
    """[servers, columns of the problem]: as if nothing ran."""
    snapshot = question.snapshot
    devices = snapshot.devices
    exists = np.arange(devices.most) < devices.count[:, None]
    idle = replace(snapshot, devices=replace(devices, free=np.where(exists, DEVICE, 0).astype(np.int32)))
    return np.concatenate([at_all_times(question, snapshot.capacity), on_devices(idle, question.units)], axis=1)


def at_all_times(question: Question, amounts: Ints) -> Ints:
    """[..., columns of the problem] from the columns of the books: the same in every segment of time."""
    return np.tile(amounts, len(question.segments.moments))


def extended(question: Question, node: int, count: int) -> Question:
    """With so many empty servers more in the rack of this one, like it in everything."""
    problem = question.problem
    new = np.arange(problem.nodes, problem.nodes + count, dtype=np.int32)
    like = np.full(count, node)
    domain = np.concatenate([problem.topology.domain, problem.topology.domain[:, like]], axis=1)
    domain[0, problem.nodes :] = new
    sizes = (problem.topology.sizes[0] + count, *problem.topology.sizes[1:])
    capacity = np.concatenate([problem.capacity, np.repeat(_emptied(question)[[node]], count, axis=0)])
    known: dict[int, Ids] = {}
    for allowed in problem.allowed:
        if id(allowed) not in known:
            known[id(allowed)] = np.concatenate([allowed, new]) if np.isin(node, allowed) else allowed
    return replace(
        question,
        problem=replace(
            problem,
            topology=Topology(problem.topology.names, np.ascontiguousarray(domain), sizes),
            capacity=capacity,
            rate=np.concatenate([problem.rate, problem.rate[like]]),
            allowed=tuple(known[id(allowed)] for allowed in problem.allowed),
            price=np.concatenate([problem.price, problem.price[like]]),
            busy=np.concatenate([problem.busy, np.zeros(count, np.bool_)]),
        ),
    )
