"""Explain: why applications do not fit on the books, when they will, and what would have to be called off."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from planner.explain.ask import About, ask
from planner.explain.explanation import Explanations
from planner.explain.horizon import Horizon, Promised
from planner.explain.infeasible import ExplainOptions
from planner.inventory.calendar import in_slices
from planner.inventory.snapshot import Snapshot
from planner.ledger.decide import Window, lifetime, own_promises
from planner.ledger.entries import Booking, Line, amounts
from planner.ledger.picture import Picture
from planner.ledger.refusal import amounts_told
from planner.manifests.application import Application
from planner.manifests.instants import FOREVER, milliseconds, moment


def explain(
    picture: Picture,
    applications: Sequence[Application],
    about: About | None,
    options: ExplainOptions,
    now: int,
    tenants: Collection[str] | None = None,
) -> Iterator[Explanations]:
    """The answer so far, each time more is known, for the time from `now` until the last of the applications ends, with
    their tenants' own reservations to use. tenants: whose names the asker may learn; None: everybody's. Raises
    InvalidInput when applications have ended, contradict each other or the inventory, or `about` names nothing."""
    window = lifetime(applications, now)
    own = frozenset(line.id for each in own_promises(picture, applications, window) for line in each.lines)
    snapshot = picture.view(window.start, window.ends, own)
    horizon = _horizon(picture, window, own, None if tenants is None else frozenset(tenants))
    yield from ask(snapshot, [in_slices(each) for each in applications], about, options, horizon)


def _horizon(picture: Picture, window: Window, own: Collection[int], tenants: frozenset[str] | None) -> Horizon:
    length = window.ends - window.start
    lines: dict[str, list[Line]] = defaultdict(list)
    for line in picture.floating:
        if line.kind != "allocation" and line.id not in own and _meets(line, window):
            lines[line.booking].append(line)

    def since(at: datetime) -> Snapshot:
        begin = milliseconds(at)
        return picture.view(begin, FOREVER if window.ends >= FOREVER else begin + length, own)

    def without(bookings: Collection[str]) -> Snapshot:
        gone = {line.id for booking in bookings for line in lines[booking]}
        return picture.view(window.start, window.ends, {*own, *gone})

    named = [
        each for each in picture.bookings.values() if each.id in lines and (tenants is None or each.tenant in tenants)
    ]
    named.sort(key=lambda each: (each.kind, len(lines[each.id]), each.id))
    return Horizon(
        tenants=tenants,
        ends=_ends(picture, window),
        since=since,
        promises=tuple(_promised(each, lines[each.id]) for each in named),
        without=without,
        endless=window.ends >= FOREVER,
    )


def _ends(picture: Picture, window: Window) -> tuple[datetime, ...]:
    """When lines end that are there at the time of the window."""
    ends = {line.ends for line in picture.floating if window.start < line.ends < FOREVER}
    return tuple(map(moment, sorted(ends)))


def _meets(line: Line, window: Window) -> bool:
    return line.start < window.ends and line.ends > window.start


def _promised(booking: Booking, lines: Sequence[Line]) -> Promised:
    total: Counter[str] = Counter()
    for line in lines:
        total.update({name: amount * line.instances for name, amount in amounts(line.asked).items()})
    name = f"{booking.kind} {booking.tenant}/{booking.name}" if booking.name else f"{booking.kind} {booking.id}"
    return Promised(booking.id, name, amounts_told(total))
