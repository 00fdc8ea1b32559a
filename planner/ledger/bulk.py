"""Bulk amounts on servers: the emptiest first and whole, so that what is promised can be used by large instances."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from planner.inventory.devices import GPU
from planner.inventory.snapshot import Snapshot
from planner.ledger.consume import per, rows_of
from planner.ledger.decide import Window
from planner.ledger.devices import on
from planner.ledger.entries import Line, written
from planner.ledger.picture import Picture
from planner.ledger.refused import Explanation, Refused
from planner.manifests.quantities import DEVICE
from planner.manifests.reservation import Reservation


def place(
    picture: Picture,
    reservation: Reservation,
    wanted: Mapping[str, int],
    booking: str,
    window: Window,
    without: tuple[int, ...] = (),
) -> list[Line]:
    """Lines for `wanted` base units on online servers of the place. Raises Refused with the shortfall.

    Every GPU is a line of its own, for it is promised by its number. without: lines that take nothing, for they are to
    be given back."""
    view = picture.view(window.start, window.ends, without)
    left = dict(wanted)
    lines = []
    head = (0, booking, "reservation", reservation.tenant, "", 0, ())
    for row in _emptiest(picture, view, reservation, wanted):
        if not any(left.values()):
            break
        server = int(picture.server_ids[row])
        free = {
            name: int(view.free[row, view.units.columns.index(name)]) for name in left if name in view.units.columns
        }
        part = {name: min(left[name], max(amount, 0) // per(picture, server, name)) for name, amount in free.items()}
        for name, amount in part.items():
            left[name] -= amount
        for device in np.flatnonzero(view.devices.free[row] == DEVICE)[: part.pop(GPU, 0)].tolist():
            line = Line(*head, server, 1, window.start, window.ends, written({GPU: 1}), written({GPU: 1}))
            lines.append(on(line, (device,)))
        if any(part.values()):
            taken = {name: amount * per(picture, server, name) for name, amount in part.items()}
            lines.append(Line(*head, server, 1, window.start, window.ends, written(taken), written(part)))
    if any(left.values()):
        raise _refusal(picture, reservation, wanted, left)
    return lines


def _emptiest(picture: Picture, view: Snapshot, reservation: Reservation, wanted: Mapping[str, int]) -> list[int]:
    rows = rows_of(picture, reservation)
    rows = rows[view.usable[rows]]
    columns = [view.units.columns.index(name) for name in wanted if name in view.units.columns]
    free = view.free[rows][:, columns]
    share = free / np.maximum(view.capacity[rows][:, columns], 1)
    order = np.lexsort((rows, -free.sum(axis=1), -share.min(axis=1, initial=1.0)))
    chosen: list[int] = rows[order].tolist()
    return chosen


def _refusal(picture: Picture, reservation: Reservation, wanted: Mapping[str, int], left: Mapping[str, int]) -> Refused:
    from planner.ledger.refusal import amounts_told

    rows = rows_of(picture, reservation)
    snapshot = picture.snapshot
    rows = rows[snapshot.usable[rows]]
    exceeds = False
    for name, amount in wanted.items():
        total = sum(
            int(snapshot.capacity[row, snapshot.units.columns.index(name)])
            // per(picture, int(picture.server_ids[row]), name)
            for row in rows.tolist()
            if name in snapshot.units.columns
        )
        exceeds |= total < amount
    code = "capacity.exceeds" if exceeds else "capacity.waiting"
    shortfall = {name: amount for name, amount in left.items() if amount}
    return Refused(code, f"{amounts_told(shortfall)} missing", Explanation(shortfall))
