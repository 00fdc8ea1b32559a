"""Edit: the state, capabilities and labels of one site or server, if nobody changed it since the caller looked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from pydantic import Field, model_validator

from planner.inventory.inventory import Inventory
from planner.ledger import heal, rows, stock
from planner.ledger.books import Books, By
from planner.ledger.picture import Picture
from planner.ledger.refused import Refused
from planner.manifests.errors import Finding, InputProblem, InvalidInput, wrong
from planner.manifests.manifest import Manifest
from planner.manifests.site import State
from planner.store import degraded, reading
from planner.store import inventory as store
from planner.store.reading import ServerRow, SiteRow

Each = TypeVar("Each", SiteRow, ServerRow)
LABEL = "label."


class PlaceChange(Manifest):
    """What is left out stays. capabilities and labels replace all that were there."""

    state: State | None = None
    capabilities: list[str] | None = Field(None, max_length=1000)
    labels: dict[str, str] | None = Field(None, max_length=1000)

    @model_validator(mode="after")
    def _something(self) -> PlaceChange:
        if self.state is None and self.capabilities is None and self.labels is None:
            raise wrong(Finding("no change", "state, capabilities or labels"))
        return self


def edit(
    books: Books,
    change: PlaceChange,
    by: By,
    *,
    site: str | None = None,
    server: str | None = None,
    match: int | None = None,
) -> Picture:
    """match: the generation in which it was looked at. Reservations that lose room by it are put elsewhere where there
    is room, as in `stock.set_state`.

    Raises InvalidInput, and Refused: unknown, changed since (`generation.stale`), in use while it is to be retired."""
    before = books.picture()
    with books.unit(by) as unit:
        sites, servers = stock.named(unit, site, server)
        unit.lock({row.id for row in sites} | {row.site for row in servers})
        sites, servers = stock.named(unit, site, server)  # as they are now that nobody else can change them
        name = site or server or ""
        _unchanged(reading.changed(unit.connection, "sites" if site is not None else "servers", [name]), name, match)
        if change.state == "retired":
            at = sites[0].id if sites else None
            store.must_be_empty(unit, f"{name} cannot be retired", site=at, servers=[row.id for row in servers])
        after = [_edited(row, change) for row in sites], [_edited(row, change) for row in servers]
        _valid(before, *after)
        store.write(unit, *after, {}, [])
        if change.state is not None:
            degraded.mark(unit, [row.id for row in sites], [row.id for row in servers])
        detail = {"change": change.model_dump(exclude_none=True), "rows": stock.undo(sites, servers)}
        unit.tell("site.change" if site is not None else "server.change", name, detail)
    if change.state is not None:
        heal.replace_lost(books, by)
    return books.picture()


def _unchanged(found: dict[str, int], name: str, match: int | None) -> None:
    if match is not None and found[name] != match:
        detail = f"{name} changed in between: it is at generation {found[name]}, not {match}"
        raise Refused("generation.stale", detail)


def _edited(row: Each, change: PlaceChange) -> Each:
    fields: dict[str, str] = json.loads(row.fields)
    if change.capabilities is not None:
        fields.pop("capabilities", None)
        if change.capabilities:
            fields["capabilities"] = ";".join(sorted(set(change.capabilities)))
    if change.labels is not None:
        fields = {name: cell for name, cell in fields.items() if not name.startswith(LABEL)}
        fields |= {f"{LABEL}{name}": cell for name, cell in change.labels.items() if cell}
    return replace(row, state=change.state or row.state, fields=json.dumps(fields, ensure_ascii=False))


def _valid(picture: Picture, sites: Sequence[SiteRow], servers: Sequence[ServerRow]) -> None:
    """Raises InvalidInput for what no file could say either."""
    at = list(sites) or [SiteRow(servers[0].site, "site", "online", 0, "{}")]
    try:
        made = rows.inventory(at, servers)
    except InvalidInput as error:
        told = [InputProblem("request", None, each.field, each.found, each.expected) for each in error.problems]
        raise InvalidInput(told) from error
    _apart(picture, made)


def _apart(picture: Picture, made: Inventory) -> None:
    """Raises InvalidInput when sites and servers would have a label of one name: nobody could tell which is meant."""
    known = picture.snapshot.inventory
    both = {*made.sites.attributes} & {*known.servers.labels} | {*made.servers.labels} & {*known.sites.attributes}
    if both:
        found = f"a label that {'sites' if made.servers.labels else 'servers'} have too: {min(both)}"
        raise InvalidInput([InputProblem("request", None, f"labels.{min(both)}", found, "another name")])
