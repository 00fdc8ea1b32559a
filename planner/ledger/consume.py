"""Consume: an application uses its tenant's matching reservations first, and never another's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np

from planner.inventory.devices import GPU
from planner.inventory.units import CPU
from planner.ledger.devices import seated
from planner.ledger.entries import Booking, Line, amounts, written
from planner.ledger.picture import Ints, Picture
from planner.ledger.sharing import slices, together
from planner.ledger.standby import surplus
from planner.manifests.application import Application
from planner.manifests.reservation import Reservation


@dataclass(frozen=True, slots=True)
class Promise:
    """An active reservation, and the lines that it still has."""

    booking: Booking
    reservation: Reservation
    lines: tuple[Line, ...]

    def serves(self, application: Application) -> bool:
        """It is the application's tenant's, and open, or named by it; of instances: of the same shape."""
        spec = self.reservation.spec
        if self.booking.tenant != application.metadata.namespace:
            return False
        named = application.spec.reservation
        if (named is not None or spec.match == "targeted") and named != self.booking.name:
            return False
        return spec.applications is None or any(shape(each) == shape(application) for each in spec.applications)


@dataclass(slots=True)
class Consumed:
    """freed: lines that go. again: what is left of them. used: reservations of which nothing is left."""

    freed: list[Line] = field(default_factory=list)
    again: list[Line] = field(default_factory=list)
    used: list[Booking] = field(default_factory=list)


def shape(application: Application) -> tuple[object, ...]:
    """What an instance takes from a server."""
    spec = application.spec
    return spec.runtime, tuple(sorted(spec.resources.items())), spec.numa_cells, spec.gpu_share, slices(spec.window)


def promises(picture: Picture, applications: Sequence[Application], begin: int, stop: int) -> list[Promise]:
    """Those that serve some of the applications at some time from `begin` to `stop`: named ones first, then those that
    end first. Bulk amounts of GPUs are whole ones: they serve nobody beside applications that take shares."""
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in picture.floating:
        if line.kind == "reservation":
            lines[line.booking].append(line)
    found = []
    tenants = {each.metadata.namespace for each in applications}
    whole = not any(each.spec.gpu_share for each in applications)
    for booking in picture.bookings.values():
        if booking.tenant in tenants and booking.id in lines and booking.start < stop and booking.ends > begin:
            mine = (line for line in lines[booking.id] if whole or line.application or not line.devices)
            promise = Promise(booking, _parsed(booking.document), tuple(mine))
            if promise.lines and any(promise.serves(each) for each in applications):
                found.append(promise)
    return sorted(
        found, key=lambda each: (each.reservation.spec.match != "targeted", each.booking.ends, each.booking.id)
    )


@lru_cache(maxsize=4096)
def _parsed(document: str) -> Reservation:
    return Reservation.model_validate_json(document)


def consume(
    picture: Picture,
    promises: Sequence[Promise],
    applications: Mapping[str, Application],
    placed: Sequence[Line],
    now: int,
) -> Consumed:
    """What new lines use up of the promises: on the same server first, then elsewhere, for what was promised floats."""
    taken = Consumed()
    rest = {position: line.instances for position, line in enumerate(placed)}
    for promise in promises:
        mine = [position for position, line in enumerate(placed) if promise.serves(applications[line.application])]
        if promise.reservation.spec.applications is None:
            left = _bulk(picture, promise, placed, mine, rest)
        else:
            left = _instances(promise, applications, placed, mine, rest)
        left |= surplus(picture, promise.lines, [line for line in left.values() if line])
        left |= seated(placed, promise.lines, left)
        for line in promise.lines:
            if left[line.id] != line:
                taken.freed.append(line)
                if (again := left[line.id]) is not None:
                    taken.again.append(again._replace(id=0, start=max(line.start, now)))
        if not any(left.values()):
            taken.used.append(promise.booking)
    return taken


def _instances(
    promise: Promise,
    applications: Mapping[str, Application],
    placed: Sequence[Line],
    mine: Sequence[int],
    rest: dict[int, int],
) -> dict[int, Line | None]:
    """What is left of each line."""
    manifests = {each.id: each for each in promise.reservation.spec.applications or ()}
    left = {line.id: line.instances for line in promise.lines}
    for near in (_same_devices, _same_server, _anywhere):
        for position in (each for each in mine if not placed[each].lost):
            wanted = shape(applications[placed[position].application])
            for line in promise.lines:
                if line.lost or not near(line, placed[position]) or shape(manifests[line.application]) != wanted:
                    continue
                count = min(rest[position], left[line.id])
                rest[position] -= count
                left[line.id] -= count
    return {line.id: line._replace(instances=left[line.id]) if left[line.id] else None for line in promise.lines}


def _bulk(
    picture: Picture, promise: Promise, placed: Sequence[Line], mine: Sequence[int], rest: dict[int, int]
) -> dict[int, Line | None]:
    """What is left of each line. Only what stands where the promise is uses it."""
    scope = scope_of(picture, promise.reservation)
    need: dict[tuple[int, str], int] = defaultdict(int)
    sharing: dict[int, list[Line]] = defaultdict(list)
    for position in mine:
        line = placed[position]._replace(instances=rest[position])
        if line.server in scope and line.instances:
            rest[position] = 0
            if line.shares:
                sharing[line.server].append(line)
                continue
            for name, amount in amounts(line.amounts).items():
                need[line.server, name] += amount * line.instances
    for server, lines in sharing.items():
        for name, amount in together(lines).items():
            need[server, name] += amount
    need = defaultdict(int, {key: amount for key, amount in need.items() if "#" not in key[1]})
    left = {line.id: dict(amounts(line.amounts)) for line in promise.lines}
    named = {(line.server, device) for line in placed for device in line.devices}
    # A GPU that is placed on is used before another of the same server.
    ordered = sorted(promise.lines, key=lambda line: not any((line.server, each) in named for each in line.devices))
    for line in ordered:
        for name, has in left[line.id].items():
            used = min(has, need.get((line.server, name), 0))
            left[line.id][name] -= used
            need[line.server, name] -= used
    elsewhere: dict[str, int] = defaultdict(int)
    for (server, name), amount in need.items():
        elsewhere[name] += amount // per(picture, server, name)
    for line in promise.lines:
        for name, has in left[line.id].items():
            unit = per(picture, line.server, name)
            used = min(has // unit, elsewhere[name])
            left[line.id][name] -= used * unit
            elsewhere[name] -= used
    return {line.id: _remaining(picture, line, left[line.id]) for line in promise.lines}


def _remaining(picture: Picture, line: Line, left: dict[str, int]) -> Line | None:
    if not any(left.values()) or left.get(GPU, 1) == 0:
        return None
    if left == amounts(line.amounts):
        return line
    asked = {name: amount // per(picture, line.server, name) for name, amount in left.items()}
    return line._replace(amounts=written(left), asked=written(asked))


def _same_devices(line: Line, placed: Line) -> bool:
    return line.server == placed.server and bool(set(line.devices) & set(placed.devices))


def _same_server(line: Line, placed: Line) -> bool:
    return line.server == placed.server


def _anywhere(line: Line, placed: Line) -> bool:
    return True


def scope_of(picture: Picture, reservation: Reservation) -> set[int]:
    """Ids of the servers in the place of bulk amounts, in whatever state."""
    return set(picture.server_ids[rows_of(picture, reservation)].tolist())


def rows_of(picture: Picture, reservation: Reservation) -> Ints:
    """Rows of those servers."""
    inventory = picture.snapshot.inventory
    there = np.ones(len(inventory.sites), np.bool_)
    for key, values in reservation.spec.where.items():
        there &= inventory.sites.having(key, values)
    return np.flatnonzero(there[inventory.servers.site])


def per(picture: Picture, server: int, resource: str) -> int:
    """Books' units of one base unit, as a VM takes it (see `planner.inventory.units`)."""
    if resource.partition("@")[0] != CPU:
        return 1
    snapshot = picture.snapshot
    return snapshot.units.rates[int(snapshot.rate[picture.server_row[server]])].numerator
