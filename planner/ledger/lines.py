"""A plan as lines of the books: what is placed anew, what stands aside for it, and what moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from planner.inventory.calendar import windows_of
from planner.inventory.devices import GPU
from planner.ledger.entries import Line, written
from planner.ledger.lifetime import ends_of, starts_of
from planner.ledger.picture import Picture
from planner.ledger.refused import Stale
from planner.ledger.sharing import slices
from planner.manifests.application import Application
from planner.manifests.quantities import DEVICE
from planner.plans.plan import Move, PlacementRow

if TYPE_CHECKING:
    from planner.ledger.decide import Decision, Window


class Seat(NamedTuple):
    """Where instances stand, and what of."""

    application: str
    demand: int
    server: str
    cells: tuple[int, ...]


def lines_of(picture: Picture, decision: Decision, booking: str, kind: str, window: Window | None = None) -> list[Line]:
    """What a decision books, but for what only moves. window: where it is not each application's own."""
    made = _Lines(picture, decision, booking, kind, window)
    moved: Counter[Seat] = Counter()
    for row in decision.plan.moves:
        moved[_seat(row.coming)] += row.instances
    lines: list[Line] = []
    for placed in decision.plan.placements:
        stays = min(moved[_seat(placed)], placed.instances)
        moved[_seat(placed)] -= stays
        if placed.instances > stays:
            lines += made.placed(placed.model_copy(update={"instances": placed.instances - stays}))
    for aside in decision.plan.standby:
        head = {name: getattr(aside, name) for name in ("application", "server", "instances", "cells", "demand")}
        lines.append(made.line(PlacementRow(**head), lost=f"{aside.lost.level}:{aside.lost.domain}"))
    return lines


class _Lines:
    def __init__(self, picture: Picture, decision: Decision, booking: str, kind: str, window: Window | None) -> None:
        self.picture, self.decision, self.head, self.window = picture, decision, (booking, kind), window
        self.asked = {each.id: each for each in decision.applications}
        self.manifests = decision.manifests(picture)
        self.windows = windows_of(self.asked, picture.snapshot.windows)
        self.known: dict[tuple[object, ...], tuple[int, int, str, str, str]] = {}

    def placed(self, row: PlacementRow) -> Iterator[Line]:
        """Whole GPUs are an instance's own: a line for each."""
        devices = tuple(row.devices or ())
        if not devices or self.manifests[row.application].spec.gpu_share:
            yield self.line(row, devices)
            return
        each = len(devices) // row.instances
        single = row.model_copy(update={"instances": 1})
        for first in range(0, len(devices), each):
            yield self.line(single, devices[first : first + each])

    def line(self, row: PlacementRow, devices: tuple[int, ...] = (), lost: str = "") -> Line:
        snapshot = self.picture.snapshot
        server, cells = snapshot.row[row.server], tuple(row.cells or ())
        key = (row.application, int(snapshot.rate[server]), cells, devices)
        if key not in self.known:
            self.known[key] = self._alike(row.application, server, cells, devices)
        start, ends, amounts, asked, daily = self.known[key]
        booking, kind = self.head
        tenant = self.manifests[row.application].metadata.namespace
        place = int(self.picture.server_ids[server])
        head = (0, booking, kind, tenant, row.application, row.demand or 0, cells)
        return Line(*head, place, row.instances, start, ends, amounts, asked, devices, lost, daily)

    def _alike(
        self, name: str, server: int, cells: tuple[int, ...], devices: tuple[int, ...]
    ) -> tuple[int, int, str, str, str]:
        """What lines of an application have in common, on servers of one rate."""
        application, at = self.manifests[name], self.decision.at
        start = self.window.start if self.window else starts_of(application, at, self.asked)
        ends = self.window.ends if self.window else ends_of(application, at, self.asked)
        amounts = takes(self.picture, application, server, cells, devices)
        return start, ends, amounts, written(application.spec.resources), slices(self.windows.get(name))


def takes(
    picture: Picture, application: Application, server: int, cells: tuple[int, ...], devices: Sequence[int] = ()
) -> str:
    """What an instance takes of a server (its row), as lines have it."""
    units, rate = picture.snapshot.units, int(picture.snapshot.rate[server])
    amounts = dict(zip(units.columns, units.demand(application, cells)[rate].tolist(), strict=True))
    return written(amounts | {f"{GPU}#{device}": application.spec.gpu_share or DEVICE for device in devices})


@dataclass(frozen=True, slots=True)
class Moved:
    """freed: lines of what moves away. again: what stays of them, and the rest where it is from now on."""

    freed: list[Line] = field(default_factory=list)
    again: list[Line] = field(default_factory=list)


def moves_of(picture: Picture, decision: Decision, now: int) -> Moved:
    """Instances that move keep their booking, and their time. Raises Stale when they are not there any more."""
    moved = Moved()
    left: dict[Line, int] = {}
    for row in decision.plan.moves:
        rest = row.instances
        for line in reversed(list(picture.allocations.get(row.application, {}).values())):
            part = min(rest, left.get(line, line.instances))
            if part and _standing(picture, line) == _seat(row.leaving):
                left[line] = left.get(line, line.instances) - part
                rest -= part
                moved.again.append(_elsewhere(picture, line._replace(instances=part), row, now))
        if rest:
            raise Stale(f"{row.application}: what was to move from {row.source} is not there any more")
    moved.freed.extend(left)
    moved.again.extend(
        line._replace(id=0, instances=stays, start=max(line.start, now)) for line, stays in left.items() if stays
    )
    return moved


def _elsewhere(picture: Picture, line: Line, move: Move, now: int) -> Line:
    server, cells = picture.snapshot.row[move.target], tuple(move.cells or ())
    amounts = takes(picture, picture.snapshot.applications[line.application], server, cells)
    there = line._replace(id=0, server=int(picture.server_ids[server]), cells=cells, amounts=amounts)
    return there._replace(start=max(line.start, now))


def _seat(row: PlacementRow) -> Seat:
    return Seat(row.application, row.demand or 0, row.server, tuple(row.cells or ()))


def _standing(picture: Picture, line: Line) -> Seat:
    (server,) = picture.names([line])
    return Seat(line.application, line.demand, server, line.cells)
