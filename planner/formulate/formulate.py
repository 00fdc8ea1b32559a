"""Applications on a snapshot become a problem: who takes part, what each asks for, where it may go, by which rules."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from itertools import product

import numpy as np

from planner.formulate.counts import Counts
from planner.formulate.devices import best_lift, on_devices
from planner.formulate.moves import loosened, movable
from planner.formulate.participants import participants
from planner.formulate.question import Asked, Question
from planner.formulate.rules import rules
from planner.formulate.segments import Segments
from planner.formulate.standby import refuse_masters, standing_restarts
from planner.inventory.calendar import overlap, windows_of
from planner.inventory.devices import GPU, gpus_of, timed
from planner.inventory.snapshot import Snapshot
from planner.inventory.units import Units
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.window import Window
from planner.plans.plan import SolveOptions
from solver.failover import concerned
from solver.problem import Ids, Ints, Placement, Problem


def formulate(
    snapshot: Snapshot,
    applications: Sequence[Application],
    options: SolveOptions,
    also: Collection[str] = (),
    *,
    devices: bool = True,
) -> Question:
    """The question of placing what `applications` still lack; running ones join when a rule ties them to these.

    also: ids that take part even when they lack nothing. With `moves`, all that runs takes part. devices: False leaves
    out on which devices shares of GPUs are. Raises InvalidInput when the applications do not go together with what
    runs, or with the options.
    """
    taking_part = participants(snapshot, applications, also, movable(snapshot) if options.moves else {})
    refuse_masters(taking_part, applications)
    asked = [
        Asked(name, position)
        for name, application in taking_part.items()
        for position in range(max(len(application.spec.demand), 1))
    ]
    since = options.at or snapshot.at
    windows = windows_of(taking_part, snapshot.windows)
    if problems := timed(taking_part, windows):
        raise InvalidInput(problems)
    allowed = _allowed(snapshot, taking_part, asked, windows, since)
    sharing = devices and any(each.spec.gpu_share for each in taking_part.values())
    if sharing:
        _counted(options)
    units = snapshot.units.sharing(snapshot.devices, best_lift(taking_part.values())) if sharing else snapshot.units
    modes, cells, positions, demand = _modes(units, taking_part, asked)
    segments = Segments.of(
        snapshot,
        [
            windows[row.application]
            for row, each in zip(asked, np.diff(modes).tolist(), strict=True)
            for _ in range(each)
        ],
        since,
        idle=options.then == "largest-slots",
    )
    timeless = len(snapshot.units.columns)
    fixed = _fixed(snapshot, asked, modes, cells).along_with(standing_restarts(snapshot, asked, modes, cells))
    owner = (np.searchsorted(modes, fixed.mode, side="right") - 1).astype(np.int32)
    counts = Counts(snapshot, taking_part, asked, allowed, fixed, owner)
    count = counts.lacking({application.id for application in applications})
    spec = [taking_part[row.application].spec for row in asked]
    question = Question(
        snapshot=snapshot,
        applications=taking_part,
        workloads=tuple(asked),
        cells=tuple(cells),
        positions=tuple(positions),
        units=units,
        windows=windows,
        segments=segments,
        problem=Problem(
            topology=snapshot.topology,
            capacity=np.concatenate([segments.free(), on_devices(snapshot, units)], axis=1)
            if sharing
            else segments.free(),
            rate=snapshot.rate,
            demand=_timed(demand, timeless, segments.demand),
            modes=modes,
            count=count,
            must=np.zeros(len(asked), np.int64),
            weight=counts.worth(count),
            allowed=tuple(allowed),
            rules=rules(taking_part, asked, count + counts.standing, _meet(snapshot, windows, since)),
            fixed=fixed,
            then=options.then,
            price=snapshot.price,
            size=snapshot.tariff.sizes([each.resources for each in spec]),
            busy=snapshot.busy,
            slot=_timed(_slot(units, options), timeless, lambda slot: np.tile(slot, len(segments.moments))),
            reserved=segments.reserved().widened(len(units.columns) - timeless),
        ),
    )
    if options.moves and not concerned(question.problem):  # standby is promised for where instances are
        return loosened(question, options.moves)
    return question


def _meet(
    snapshot: Snapshot, windows: Mapping[str, Window | None], since: datetime | None
) -> Callable[[str, str], bool]:
    """Are two applications there at the same time, what runs of them too?"""

    def of(name: str) -> set[Window | None]:
        return {windows[name], *([snapshot.windows.get(name)] if name in snapshot.applications else [])}

    return lambda one, other: overlap(of(one), of(other), since)


def _allowed(
    snapshot: Snapshot,
    applications: dict[str, Application],
    asked: Sequence[Asked],
    windows: Mapping[str, Window | None],
    since: datetime | None,
) -> list[Ids]:
    """Nodes per workload; workloads that ask the same share one array. None for one whose window is over."""
    over = {window for window in windows.values() if window and not overlap([window], [None], since)}
    known: dict[str, Ids] = {}
    nodes = []
    for row in asked:
        spec = applications[row.application].spec
        entry = spec.demand[row.demand] if spec.demand else None
        where, within = (entry.where, entry.within) if entry else ({}, None)
        cells = spec.numa_cells or 1
        if windows[row.application] in over:
            nodes.append(known.setdefault("over", np.empty(0, np.int32)))
            continue
        gpus = gpus_of(spec), sorted(spec.gpu_models)
        key = repr((sorted(where.items()), within, sorted(spec.requires), sorted(spec.forbids), cells, gpus))
        if key not in known:
            found = snapshot.eligible(where, spec.requires, spec.forbids, cells, within)
            known[key] = found[snapshot.with_gpus(*gpus)[found]] if gpus[0] else found
        nodes.append(known[key])
    return nodes


def _modes(
    units: Units, applications: dict[str, Application], asked: Sequence[Asked]
) -> tuple[Ids, list[tuple[int, ...]], list[tuple[int, ...]], Ints]:
    """(first mode of each workload, cells and positions of each mode, demand)."""
    start, cells, positions, rows = [0], [], [], []
    for row in asked:
        application = applications[row.application]
        for choice, devices in product(units.modes(application), units.on_devices(application)):
            cells.append(choice)
            positions.append(devices)
            rows.append(units.demand(application, choice, devices))
        start.append(len(cells))
    shape = (len(units.rates), 0, len(units.columns))
    demand = np.stack(rows, axis=1) if rows else np.empty(shape, np.int64)
    return np.array(start, np.int32), cells, positions, demand


def _fixed(snapshot: Snapshot, asked: Sequence[Asked], modes: Ids, cells: Sequence[tuple[int, ...]]) -> Placement:
    workload = {(row.application, row.demand): position for position, row in enumerate(asked)}
    rows = []
    for application in {row.application for row in asked}:
        for allocation in snapshot.running.get(application, ()):
            position = workload[application, allocation.demand]
            choices = range(int(modes[position]), int(modes[position + 1]))
            mode = next((choice for choice in choices if cells[choice] == allocation.cells), choices[0])
            rows.append((mode, allocation.server, allocation.instances))
    return Placement.of(rows)


def _timed(table: Ints, timeless: int, repeat: Callable[[Ints], Ints]) -> Ints:
    """The last axis with its columns repeated for every segment, but for those of devices, from `timeless` on."""
    return np.concatenate([repeat(table[..., :timeless]), table[..., timeless:]], axis=-1)


def _counted(options: SolveOptions) -> None:
    """Raises InvalidInput when slots count GPUs: which are whole depends on where shares go."""
    if options.then == "largest-slots" and options.slot.get(GPU):
        found, expected = f"{options.slot[GPU]} GPUs", "none, as some applications take shares of GPUs"
        raise InvalidInput([InputProblem("options", None, "slot.gpu", found, expected)])


def _slot(units: Units, options: SolveOptions) -> Ints:
    row = np.array([options.slot.get(name, 0) for name in units.columns], np.int64)
    return units.scaled(row, "vm")
