"""`bayplan import`, `sites` and `servers`: what there is, and in what state."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.books.opened import Actor, Database, Key, by, done, opened
from api.cli.books.show import listing
from api.cli.progress import waiting
from api.cli.terminal import add, examples, machines, people
from api.cli.there import answered, listed
from api.cli.worlds import AsJson

IMPORT = examples(
    ("bayplan import world", "sites, servers, and what runs there"),
    ("bayplan import --sites sites.csv --servers servers.csv", "new ones, and those that differ"),
    ("bayplan import --servers servers.ndjson", "one JSON object a line, for sites that are known"),
)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Its name.")]
Fields = Annotated[list[str], typer.Argument(metavar="COLUMN=VALUE...", help="As a line of the CSV file has them.")]
Stream = Annotated[Path | None, typer.Option(metavar="FILE", help="CSV, or NDJSON by its name.")]
STATES = "online, draining (nothing new), offline (frozen) or retired."


SITE = ("site", "state", "province", "city", "carrier", "servers", "generation")
SERVER = ("server", "site", "state", "free")
NUMBERS = ("servers", "generation")


class State(StrEnum):
    online = "online"
    draining = "draining"
    offline = "offline"
    retired = "retired"


def imported(
    world: Annotated[Path | None, typer.Argument(metavar="WORLD", help="Folder of a world.")] = None,
    sites: Stream = None,
    servers: Stream = None,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Take a world, or streams of sites and servers, into the books.

    Sites and servers are added, or changed where they are known; all others stay as they are. Allocations of a world
    are booked. All of it is taken, or nothing.
    """
    if (world is None) == (sites is None and servers is None):
        raise typer.BadParameter("expected either WORLD or --sites and --servers")
    with opened(database, as_json) as books, waiting("import") as clock:
        from planner.ledger import stock, streams

        if world is not None:
            from planner.worlds.read import read

            given = read(world)
            who = by(actor, key, "import", given.generation)
            found = done(books, who, lambda: stock.import_world(books, given, who))
        else:
            who = by(actor, key, "import", *(file and file.read_bytes() for file in (sites, servers)))
            inventory = streams.read(books.picture(), sites, servers)
            found = done(books, who, lambda: stock.import_inventory(books, inventory, who, str(servers or sites)))
    if as_json:
        machines(found)
        return
    told = f"{found['sites']:,} sites, {found['servers']:,} servers, {found['lines']:,} placements"
    people().print(f"{told} written in {clock():.1f} s; generation {found['generation']:,}")


def site_added(
    site: Name, fields: Fields, key: Key = None, actor: Actor = None, database: Database = None, as_json: AsJson = False
) -> None:
    """Add one site, with any columns of sites.csv."""
    _put(database, as_json, (actor, key), "site", site, fields, new=True)


def site_changed(
    site: Name, fields: Fields, key: Key = None, actor: Actor = None, database: Database = None, as_json: AsJson = False
) -> None:
    """Change columns of one site; all others stay as they are."""
    _put(database, as_json, (actor, key), "site", site, fields, new=False)


def server_added(
    server: Name,
    fields: Fields,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Add one server, with any columns of servers.csv; `site` is one of them."""
    _put(database, as_json, (actor, key), "server", server, fields, new=True)


def server_changed(
    server: Name,
    fields: Fields,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Change columns of one server; all others stay as they are. It cannot have less than is booked on it."""
    _put(database, as_json, (actor, key), "server", server, fields, new=False)


def _put(
    database: str | None,
    as_json: bool,
    who: tuple[str | None, str | None],
    kind: str,
    name: str,
    fields: list[str],
    *,
    new: bool,
) -> None:
    with opened(database, as_json) as books:
        from api.cli.books.given import pairs_of
        from planner.ledger import stock, streams
        from planner.ledger.refused import Refused

        caller = by(*who, "put", kind, name, *fields, new)
        row = {**pairs_of(kind, fields), kind: name}

        def put() -> object:
            picture = books.picture()
            inventory = picture.snapshot.inventory
            if (name in (inventory.sites.name if kind == "site" else inventory.servers.name)) == new:
                told = f"there is {'a' if new else 'no'} {kind} '{name}'"
                raise Refused(f"{kind}.exists" if new else f"{kind}.unknown", told)
            made = streams.read_rows(picture, [row] if kind == "site" else [], [row] if kind == "server" else [])
            return stock.import_inventory(books, made, caller, name)

        answer = done(books, caller, put)
        if as_json:
            machines({kind: name, "generation": answer["generation"]})
        else:
            people().print(f"{name}: written; generation {answer['generation']:,}")


def sites_listed(database: Database = None, as_json: AsJson = False) -> None:
    """List the sites: their state, generation and servers."""
    if (told := listed(lambda ask: ask.sites(), as_json)) is not None:
        listing([_site(row) for row in told], SITE, as_json, NUMBERS)
        return
    with opened(database, as_json) as books:
        from planner.store import reading

        snapshot = books.picture().snapshot
        inventory = snapshot.inventory
        count = Counter(inventory.servers.site.tolist())
        with books.database.reading() as connection:
            rows = reading.sites(connection)
        place = {name: list(inventory.sites.attributes[name]) for name in ("province", "city", "carrier")}
        found = [
            {
                "site": row.name,
                "state": row.state,
                "generation": row.generation,
                "servers": count[at],
                **{name: place[name][at] for name in place},
            }
            for at, row in enumerate(rows)
        ]
        listing(found, SITE, as_json, NUMBERS)


def _site(row: dict[str, Any]) -> dict[str, Any]:
    """Of a service's row, what is told of it here."""
    return {name: ";".join(row[name]) if name == "carrier" else row[name] for name in SITE}


def servers_listed(
    site: Annotated[str | None, typer.Option(metavar="NAME", help="Of this site only.")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List the servers: their state, and what is free now and for good."""
    if (told := listed(lambda ask: ask.servers(site=site), as_json)) is not None:
        listing([{name: row[name] for name in SERVER} for row in told], SERVER, as_json)
        return
    with opened(database, as_json) as books:
        picture = books.picture()
        view = picture.view(books.clock())
        names = view.inventory.sites.name
        rows = enumerate(zip(view.inventory.servers.name, view.inventory.servers.site.tolist(), strict=True))
        found: list[dict[str, Any]] = []
        states = list(view.inventory.servers.state)
        for row, (name, at) in rows:
            if site in (None, names[at]):
                rate = int(view.rate[row])
                free = {
                    resource: view.units.base(column, rate, int(view.free[row, column]))
                    for column, resource in enumerate(view.inventory.resources)
                }
                found.append({"server": name, "site": names[at], "state": states[row], "free": free})
        listing(found, SERVER, as_json)


def site_set(
    site: Annotated[str, typer.Argument(metavar="SITE", help="Its name.")],
    state: Annotated[State, typer.Argument(metavar="STATE", help=STATES)],
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Set the state of a site.

    An offline site is frozen: nothing there is freed, moved or sold. Reservations that lose room are marked degraded,
    and put elsewhere where there is room.
    """
    _set(database, as_json, actor, state, site=site)


def server_set(
    server: Annotated[str, typer.Argument(metavar="SERVER", help="Its name.")],
    state: Annotated[State, typer.Argument(metavar="STATE", help=STATES)],
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Set the state of a server. Reservations that lose room are marked degraded, and put elsewhere if possible."""
    _set(database, as_json, actor, state, server=server)


def _set(database: str | None, as_json: bool, actor: str | None, state: State, **named: str) -> None:
    (kind, name), *_ = named.items()
    told = answered(lambda ask: (ask.change_site if kind == "site" else ask.change_server)(name, state.value), as_json)
    if told is not None:
        machines(told) if as_json else people().print(f"{name}: {told['state']}")
        return
    with opened(database, as_json) as books:
        from planner.ledger import stock

        picture = stock.set_state(books, state.value, by(actor), **named)
        degraded = sorted(each.name for each in picture.bookings.values() if each.degraded)
        answer = {**named, "state": state.value, "generation": picture.generation, "degraded": degraded}
        if as_json:
            machines(answer)
            return
        people().print(f"{' '.join(named.values())}: {state.value}")
        if degraded:
            people().print(f"degraded reservations: {', '.join(degraded)}")


sites = typer.Typer(
    no_args_is_help=True,
    help="List sites, and set their state.",
    epilog=examples(("bayplan sites list", "states and generations")),
)
add(sites, "list", sites_listed, examples(("bayplan sites list --json", "states and generations")))
add(sites, "add", site_added, examples(("bayplan sites add gz-9 province=Guangdong carrier=telecom", "a new room")))
add(sites, "change", site_changed, examples(("bayplan sites change gz-9 cost=1.2", "what else is known stays")))
add(sites, "set", site_set, examples(("bayplan sites set gz-telecom offline", "it is frozen until it is back")))
servers = typer.Typer(
    no_args_is_help=True,
    help="List servers, and set their state.",
    epilog=examples(("bayplan servers list --site gz-telecom", "what is free there")),
)
add(servers, "list", servers_listed, examples(("bayplan servers list --site gz-telecom", "what is free there")))
add(
    servers,
    "add",
    server_added,
    examples(("bayplan servers add gz-9-1 site=gz-9 cpu=64000", "one server")),
)
add(servers, "change", server_changed, examples(("bayplan servers change gz-9-1 cpu=128000", "it has more now")))
add(servers, "set", server_set, examples(("bayplan servers set gz-1 draining", "nothing new comes there")))
