"""`bayplan release` and `allocations`: what runs, and ending it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.books.opened import Actor, Database, Key, by, done, opened
from api.cli.books.show import listing
from api.cli.terminal import examples, machines, people
from api.cli.there import answered, listed
from api.cli.worlds import AsJson

RELEASE = examples(
    ("bayplan release acme/render", "all its instances end"),
    ("bayplan release acme/render --instances 10", "ten of them, the last placed first"),
    ("bayplan release acme/render --server gz-1", "those on one server"),
)
ALWAYS = ("application", "server", "instances", "end")
SHOWN = ("application", "server", "instances", "cells", "devices", "end")
ALLOCATIONS = examples(("bayplan allocations acme/render --json", "where it runs"))


def release(
    application: Annotated[str, typer.Argument(metavar="APPLICATION", help="Its id: namespace/name, or name.")],
    instances: Annotated[int | None, typer.Option(metavar="N", min=1, help="So many.", show_default="all")] = None,
    server: Annotated[str | None, typer.Option(metavar="NAME", help="On this server only.")] = None,
    key: Key = None,
    actor: Actor = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """Release an application, in whole or in part: its room is free from now on.

    What stands in a site that is offline is frozen and stays (site.frozen).
    """
    answer = answered(lambda ask: ask.release(application, instances=instances, server=server, key=key), as_json)
    if answer is not None:
        _show(application, answer, as_json)
        return
    with opened(database, as_json) as books:
        from planner.ledger.release import release as ledger

        who = by(actor, key, "release", application, instances, server)
        answer = done(books, who, lambda: ledger(books, application, who, instances=instances, server=server))
        _show(application, answer, as_json)


def _show(application: str, answer: dict[str, Any], as_json: bool) -> None:
    if as_json:
        machines(answer)
    else:
        people().print(f"{application}: {answer['instances']:,} released, {answer['remaining']:,} still run")


def allocations(
    application: Annotated[str | None, typer.Argument(metavar="APPLICATION", help="Of this one only.")] = None,
    database: Database = None,
    as_json: AsJson = False,
) -> None:
    """List what runs where, and until when."""
    if (rows := listed(lambda ask: ask.allocations(application=application), as_json)) is not None:
        kept = ({name: row.get(name) for name in SHOWN if row.get(name) or name in ALWAYS} for row in rows)
        _listed(list(kept), as_json)
        return
    with opened(database, as_json) as books:
        from planner.manifests.instants import told

        picture = books.picture()
        every = picture.allocations.items()
        lines = [line for name, each in every if application in (None, name) for line in each.values()]
        lines.sort(key=lambda line: line.id)
        found = [
            {
                **{"application": line.application, "server": server, "instances": line.instances},
                **({"cells": list(line.cells)} if line.cells else {}),
                **({"devices": list(line.devices)} if line.devices else {}),
                "end": told(line.ends),
            }
            for line, server in zip(lines, picture.names(lines), strict=True)
        ]
        _listed(found, as_json)


def _listed(rows: list[dict[str, Any]], as_json: bool) -> None:
    shown = [name for name in SHOWN if name in ALWAYS or any(row.get(name) for row in rows)]
    listing(rows, tuple(shown), as_json, ("instances",))
