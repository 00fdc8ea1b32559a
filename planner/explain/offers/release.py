"""Release: which running instances, of applications that are worth no more, would have to go."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from planner.explain.case import ROOMS
from planner.explain.explanation import Change, CounterOffer
from planner.explain.offers.capacity import at_all_times
from planner.explain.offers.fewest import FEW, needed, spared
from planner.explain.offers.refusal import Refusal, Trial
from planner.formulate.devices import on_devices
from planner.formulate.question import Question
from planner.inventory.devices import Devices
from planner.inventory.snapshot import LEVELS
from planner.inventory.world import Allocation
from planner.plans.violations import domain_name
from planner.plans.words import joined, many
from solver.patterns.kernels import slots
from solver.problem import Ids, Ints

MOST = 400
"""Pieces that are looked at one by one."""
MANY = 2**31


@dataclass(frozen=True, slots=True)
class Piece:
    """Allocations of one application in one place. gain: instances of the request that find room in their place."""

    application: str
    place: str
    priority: int
    rows: tuple[Allocation, ...]
    gain: int

    @property
    def instances(self) -> int:
        return sum(row.instances for row in self.rows)


def released(refusal: Refusal) -> Iterator[CounterOffer]:
    """The least important first, and of these what makes most room; then what can stay after all does."""
    if not any(fact.kind == "room" for fact in refusal.facts):
        return
    pieces = _pieces(refusal)
    if not pieces:
        return
    attempt = partial(_without, refusal)
    found = needed(refusal, pieces, attempt)
    if found is not None:
        few = len(found[0]) <= FEW
        yield _told(refusal, *(spared(refusal, *found, attempt) if few else (*found, False)))


def _pieces(refusal: Refusal) -> list[Piece]:
    """By site, or by city, province or region where there are too many sites to look at each."""
    question, snapshot = refusal.case.question, refusal.snapshot
    workload = refusal.case.asked[0]
    nodes = question.problem.allowed[workload]
    useful = np.zeros(question.problem.nodes, np.bool_)
    useful[nodes] = True
    worth = max(each.spec.priority for each in refusal.applications)
    names = [
        name
        for name in snapshot.running
        if name not in question.applications
        and refusal.horizon.sees(snapshot.applications[name].metadata.namespace)
        and name not in snapshot.windows
        and snapshot.applications[name].spec.priority <= worth
    ]
    level = _level(question, nodes, len(names))
    domain = question.problem.topology.domain[level]
    found: dict[tuple[str, int], list[Allocation]] = defaultdict(list)
    for name in names:
        for row in snapshot.running[name]:
            if useful[row.server]:
                found[name, int(domain[row.server])].append(row)
    pieces = [
        Piece(name, domain_name(question, level, place), snapshot.applications[name].spec.priority, tuple(rows), 0)
        for (name, place), rows in found.items()
    ]
    gained = [replace(piece, gain=_gain(question, workload, piece)) for piece in pieces]
    return sorted(
        (piece for piece in gained if piece.gain > 0),
        key=lambda piece: (piece.priority, -piece.gain, piece.application, piece.place),
    )


def _level(question: Question, nodes: Ids, applications: int) -> int:
    domain = question.problem.topology.domain
    for name in ROOMS[:-1]:
        level = LEVELS.index(name)
        if len(np.unique(domain[level][nodes])) * applications <= MOST:
            return level
    return LEVELS.index(ROOMS[-1])


def _gain(question: Question, workload: int, piece: Piece) -> int:
    """Instances that its servers take more without it."""
    problem = question.problem
    nodes = _servers([piece])
    modes = problem.modes_of(workload)
    demand = np.ascontiguousarray(problem.demand[:, modes.start : modes.stop])
    before, after = problem.capacity[nodes], _room(question, [piece], nodes)
    here = np.arange(len(nodes), dtype=np.int32)
    now, then = (int(slots(room, problem.rate[nodes], demand, here, MANY)[1].sum()) for room in (before, after))
    return then - now


def _taken(question: Question, piece: Piece) -> Iterator[tuple[Ints, Ints]]:
    """([rows] servers, [rows, resources] what its instances take there)."""
    snapshot = question.snapshot
    application = snapshot.applications[piece.application]
    for cells in sorted({row.cells for row in piece.rows}):
        demand = snapshot.units.demand(application, cells or snapshot.units.modes(application)[0])
        rows = [row for row in piece.rows if row.cells == cells]
        server = np.array([row.server for row in rows])
        count = np.array([row.instances for row in rows])
        yield server, at_all_times(question, demand[snapshot.rate[server]] * count[:, None])


def freed(question: Question, pieces: Sequence[Piece]) -> Question:
    """The question as if these instances did not run."""
    nodes = _servers(pieces)
    capacity = question.problem.capacity.copy()
    capacity[nodes] = _room(question, pieces, nodes)
    return replace(question, problem=replace(question.problem, capacity=capacity))


def _servers(pieces: Sequence[Piece]) -> Ids:
    return np.unique(np.array([row.server for piece in pieces for row in piece.rows], np.int32))


def _room(question: Question, pieces: Sequence[Piece], nodes: Ids) -> Ints:
    """[nodes, columns of the problem] without these instances, which are on the nodes."""
    room = question.problem.capacity[nodes]
    timed = len(question.snapshot.units.columns) * len(question.segments.moments)
    for piece in pieces:
        for server, taken in _taken(question, piece):
            np.add.at(room[:, :timed], np.searchsorted(nodes, server), taken)
    if timed < room.shape[1]:
        room[:, timed:] = _devices(question, pieces)[nodes]
    return room


def _devices(question: Question, pieces: Sequence[Piece]) -> Ints:
    """[servers, columns of devices]: what is free of them then."""
    snapshot = question.snapshot
    gone = {id(row) for piece in pieces for row in piece.rows}
    rest = [row for row in snapshot.allocations if id(row) not in gone]
    devices, _ = Devices.of(snapshot.inventory, snapshot.applications, rest)
    return on_devices(replace(snapshot, devices=devices), question.units)


def _without(refusal: Refusal, pieces: Sequence[Piece]) -> Trial:
    return refusal.solved(freed(refusal.case.question, pieces), refusal.applications)


def _told(refusal: Refusal, pieces: Sequence[Piece], trial: Trial, least: bool) -> CounterOffer:
    changes = [
        Change(subject=each.application, field=f"allocations in {each.place}", found=f"{each.instances:,}", offered="0")
        for each in pieces
    ]
    by_application: dict[str, list[Piece]] = defaultdict(list)
    for piece in pieces:
        by_application[piece.application].append(piece)
    told = [
        f"{many(sum(piece.instances for piece in each), 'instance')} of {name} (priority {each[0].priority}) in "
        f"{joined([piece.place for piece in each], most=2)}"
        for name, each in by_application.items()
    ]
    return refusal.offer(trial, "release", f"release {joined(told)}", changes, least)
