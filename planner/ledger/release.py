"""Release: what runs ends, in whole or in part, and its room is free from now on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from planner.access.caller import tenant_of
from planner.ledger.answer import sealed
from planner.ledger.books import Books, By
from planner.ledger.entries import Line
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused
from planner.ledger.standby import surplus


@dataclass(frozen=True, slots=True)
class Released:
    """instances: that ended. remaining: that still run. generation: of the books since then."""

    application: str
    instances: int
    remaining: int
    generation: int


def release(
    books: Books, application: str, by: By, *, instances: int | None = None, server: str | None = None
) -> Released:
    """End all instances, or so many, everywhere or on one server; of some, the last placed first.

    Raises Refused for an application that does not run there, and `site.frozen` where its site is offline."""
    picture = books.picture()
    lines = _lines(picture, application, server) if by.sees(tenant_of(application)) else []
    running = sum(line.instances for line in lines)
    wanted = running if instances is None else instances
    if not 1 <= wanted <= running:
        where = f" on server {server}" if server else ""
        raise Refused("allocation.unknown", f"{application} has {running:,} instances{where}, not {wanted:,}")
    now = books.clock()
    freed, again = _take(lines, wanted, now)
    if frozen := sorted({_site(picture, line) for line in freed if picture.frozen(line.server)}):
        raise Refused(
            "site.frozen", f"site {frozen[0]} is offline: what runs there stays in the books until it is back"
        )
    every = sum(line.instances for line in picture.allocations.get(application, {}).values())
    gone = {line.id for line in freed}
    stay = [line for line in picture.allocations[application].values() if line.id not in gone]
    aside = picture.standby.get(application, {})
    for identity, left in surplus(picture, list(aside.values()), [*stay, *again]).items():
        freed.append(aside[identity])
        again += [left._replace(id=0, start=max(left.start, now))] if left else []
    with books.unit(by) as unit:
        unit.lock(picture.sites_of(freed), names=[application])
        unit.free(freed)
        unit.take(again)
        if every == wanted:
            unit.forget([application])
        else:
            unit.touch([application])
        unit.tell("allocation.release", application, {"instances": wanted, "server": server})
        return sealed(unit, by, Released(application, wanted, every - wanted, unit.advance()))


def _lines(picture: Picture, application: str, server: str | None) -> list[Line]:
    """The last placed first; those of sites that are offline last of all."""
    lines = list(picture.allocations.get(application, {}).values())
    if server is not None:
        row = picture.snapshot.row.get(server)
        if row is None:
            raise Refused("server.unknown", f"there is no server '{server}'")
        lines = [line for line in lines if picture.server_row[line.server] == row]
    return sorted(lines, key=lambda line: (picture.frozen(line.server), -line.id))


def _take(lines: Sequence[Line], wanted: int, now: int) -> tuple[list[Line], list[Line]]:
    """(lines that go, what is left of the last one)."""
    freed, again = [], []
    for line in lines:
        if not wanted:
            break
        part = min(wanted, line.instances)
        wanted -= part
        freed.append(line)
        if part < line.instances:
            again.append(line._replace(id=0, instances=line.instances - part, start=max(line.start, now)))
    return freed, again


def _site(picture: Picture, line: Line) -> str:
    inventory = picture.snapshot.inventory
    return inventory.sites.name[int(inventory.servers.site[picture.server_row[line.server]])]
