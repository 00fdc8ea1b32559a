"""Reserved: what the books promise, in a form that a loss can ask for again.

Instances of a reservation are applications of their own, which refer to each other: two reservations may promise the
same application, beside what runs of it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from planner.inventory.calendar import in_slices
from planner.inventory.world import Allocation
from planner.ledger.entries import Booking, Line, amounts
from planner.ledger.picture import Picture
from planner.manifests.application import Application
from planner.manifests.demand import Demand
from planner.manifests.instants import milliseconds, moment
from planner.manifests.reservation import Reservation
from planner.manifests.window import LAST, Window


@dataclass(frozen=True, slots=True)
class Origin:
    """What an application of a reservation is called by people: its id, and the name of the reservation."""

    application: str
    reservation: str


@dataclass(frozen=True, slots=True)
class Bulk:
    """Amounts that a reservation promises in a place. on: server row -> base units that stand there."""

    tenant: str
    reservation: str
    where: Mapping[str, Sequence[str]]
    on: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True)
class Reserved:
    """applications: by id, with an origin each. allocations: where their instances stand."""

    applications: Mapping[str, Application] = field(default_factory=dict)
    origins: Mapping[str, Origin] = field(default_factory=dict)
    allocations: tuple[Allocation, ...] = ()
    bulk: tuple[Bulk, ...] = ()

    @staticmethod
    def of(picture: Picture, begin: int) -> Reserved:
        """From `begin` on. What stands aside for a loss of what is reserved is not promised twice."""
        lines: dict[str, list[Line]] = defaultdict(list)
        for line in picture.floating:
            if line.kind == "reservation" and line.ends > begin and not line.lost:
                lines[line.booking].append(line)
        applications: dict[str, Application] = {}
        origins: dict[str, Origin] = {}
        allocations, bulk = [], []
        for identity, mine in sorted(lines.items()):
            booking = picture.bookings[identity]
            reservation = Reservation.model_validate_json(booking.document)
            if reservation.spec.applications is None:
                bulk.append(_bulk(picture, reservation, mine))
                continue
            promised = [_standing(each, mine) for each in reservation.spec.applications]
            for each, own in zip(promised, renamed(promised, booking.name), strict=True):
                applications[own.id] = _timed(own, booking, begin)
                origins[own.id] = Origin(each.id, booking.name)
                allocations += _allocations(picture, own.id, [line for line in mine if line.application == each.id])
        return Reserved(applications, origins, tuple(allocations), tuple(bulk))


NOTHING = Reserved()


def renamed(applications: Sequence[Application], reservation: str) -> list[Application]:
    """By names that nobody else has: `render of reservation later`; what they say of each other goes with them."""
    names = {each.id: _named(each.metadata.name, reservation) for each in applications}
    return [_renamed(each, reservation, names) for each in applications]


def _named(name: str, reservation: str) -> str:
    return f"{name} of reservation {reservation}"


def _renamed(each: Application, reservation: str, names: Mapping[str, str]) -> Application:
    spec = each.spec

    def other(reference: str) -> str:
        return names.get(each.refers_to(reference), reference)

    apart = [rule.model_copy(update={"applications": list(map(other, rule.applications))}) for rule in spec.apart_from]
    master = spec.master and spec.master.model_copy(update={"application": other(spec.master.application)})
    group = spec.group and _named(spec.group, reservation)
    return each.model_copy(
        update={
            "metadata": each.metadata.model_copy(update={"name": names[each.id]}),
            "spec": spec.model_copy(update={"apart_from": apart, "master": master, "group": group}),
        }
    )


def _standing(each: Application, lines: Sequence[Line]) -> Application:
    """Asking for what stands of it: what was used is promised no more, and what floats is bound to no site. It need not
    survive another loss at the same time."""
    count: Counter[int] = Counter()
    for line in lines:
        if line.application == each.id:
            count[line.demand] += line.instances
    demand: list[Demand] = [
        entry.model_copy(update={"instances": count[position], "instances_per_site": None})
        for position, entry in enumerate(each.spec.demand)
    ]
    return each.model_copy(update={"spec": each.spec.model_copy(update={"demand": demand, "survives": []})})


def _timed(each: Application, booking: Booking, begin: int) -> Application:
    """Taking room while the reservation lasts: those that follow each other share it."""
    slices = in_slices(each).spec.window
    start = moment(booking.start) if booking.start > begin else None
    end = moment(booking.ends) if booking.ends < milliseconds(LAST) else None
    window = slices
    if start or end:
        daily, zone = (slices.daily, slices.time_zone) if slices else (None, None)
        window = Window(start=start, end=end, daily=daily, time_zone=zone)
    return each.model_copy(update={"spec": each.spec.model_copy(update={"window": window})})


def _allocations(picture: Picture, name: str, lines: Sequence[Line]) -> list[Allocation]:
    return [
        Allocation(name, picture.server_row[line.server], line.instances, line.cells, line.demand, line.devices)
        for line in lines
    ]


def _bulk(picture: Picture, reservation: Reservation, lines: Sequence[Line]) -> Bulk:
    on: dict[int, Counter[str]] = defaultdict(Counter)
    for line in lines:
        on[picture.server_row[line.server]].update(amounts(line.asked))
    return Bulk(reservation.tenant, reservation.metadata.name, reservation.spec.where, on)
