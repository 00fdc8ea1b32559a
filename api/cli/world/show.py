"""`bayplan world show`: what a world has, what is free, what runs and what is asked for."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.table import Table

from api.cli.terminal import examples, exits, machines, people, table
from api.cli.words import percent
from api.cli.worlds import AsJson, WorldFolder, opened

if TYPE_CHECKING:
    from planner.inventory.overview import Overview, Room

EXAMPLES = examples(
    ("bayplan world show world", "one screen"),
    ("bayplan world show world --json", "every region, province and carrier, every resource"),
)
SHOWN = 8


def show(world: WorldFolder, as_json: AsJson = False) -> None:
    """Show what a world has: sites, servers, room by region, province and carrier, what runs, what is asked for."""
    with exits(as_json):
        from planner.inventory.overview import Overview

        here = opened(world)
        overview = Overview.of(here.snapshot, here.applications)
        if as_json:
            machines(asdict(overview))
            return
        console = people()
        console.print(_facts(overview))
        for kind, rooms in overview.places.items():
            if any(room.name for room in rooms):
                console.print()
                console.print(_rooms(kind, rooms))


def _facts(overview: Overview) -> Table:
    total = overview.total
    facts = table("", "")
    facts.show_header = False
    facts.columns[0].style = "dim"
    facts.add_row("sites", f"{total.sites:,}")
    facts.add_row("servers", f"{total.servers:,}, {overview.online:,} of them online")
    facts.add_row("running", f"{overview.running:,} instances of {overview.running_applications:,} applications")
    facts.add_row("asked for", f"{overview.asked:,} instances of {overview.outstanding:,} applications")
    facts.add_row("room", ", ".join(f"{name} {_share(total, name)} free" for name in total.capacity))
    facts.add_row("generation", overview.generation)
    return facts


def _rooms(kind: str, rooms: tuple[Room, ...]) -> Table:
    unit, size = ("TiB", 2**20) if rooms[0].capacity.get("memory", 0) >= 2**23 else ("GiB", 2**10)
    columns = ("sites", "servers", "vCPU", "free", unit, "free ")
    made = table(kind, *columns, "in use", numbers=(*columns, "in use"))
    for room in rooms[:SHOWN]:
        made.add_row(
            room.name or "(none)",
            f"{room.sites:,}",
            f"{room.servers:,}",
            *_pair(room, "cpu", 1000),
            *_pair(room, "memory", size),
            percent(1 - room.free["cpu"] / room.capacity["cpu"]) if room.capacity.get("cpu") else "",
        )
    if len(rooms) > SHOWN:
        made.caption = f"and {len(rooms) - SHOWN} more; --json shows all"
        made.caption_justify = "left"
    return made


def _pair(room: Room, resource: str, unit: int) -> tuple[str, str]:
    if resource not in room.capacity:
        return "", ""
    return f"{room.capacity[resource] / unit:,.0f}", f"{room.free[resource] / unit:,.0f}"


def _share(room: Room, resource: str) -> str:
    return percent(room.free[resource] / room.capacity[resource]) if room.capacity[resource] else "none"
