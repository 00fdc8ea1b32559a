"""`bayplan demo`: a small edge cloud, played through the HTTP API."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from api.cli.progress import waiting
from api.cli.terminal import examples, exits, machines, people
from api.cli.worlds import AsJson

if TYPE_CHECKING:
    from api.cli.demo.play import Played, Stage

EXAMPLES = examples(
    ("bayplan demo", "five requests of typical customers, in seconds"),
    ("bayplan demo --json", "their answers in numbers"),
)


def demo(as_json: AsJson = False) -> None:
    """Make up a small edge cloud, serve it, and place five requests through HTTP; one of them cannot fit.

    The real server runs on a free loopback port for as long as the demo does. Nothing is left behind.
    """
    begin = time.perf_counter()
    numbers: list[dict[str, Any]] = []
    with exits(as_json), ExitStack() as until_the_end:
        with waiting("generate a world and start a server on it"):
            from api.cli.demo.play import play, stage
            from api.cli.demo.show import closing, opening, scene

            on = until_the_end.enter_context(stage())
        console = people(quiet=as_json)
        console.print(opening(on))
        for number, played in enumerate(play(on), 1):
            console.print(scene(number, played))
            numbers.append(in_numbers(played))
    console.print(closing(time.perf_counter() - begin))
    if as_json:
        machines({**stage_in_numbers(on), "scenes": numbers, "seconds": time.perf_counter() - begin})


def stage_in_numbers(on: Stage) -> dict[str, Any]:
    inventory = on.world.inventory
    return {
        "url": on.url,
        "sites": len(inventory.sites),
        "servers": len(inventory.servers),
        "generated": on.generated,
        "started": on.started,
    }


def in_numbers(played: Played) -> dict[str, Any]:
    """Shares by site or region: with the instances of each application, in the order of `applications`."""
    plan, summary = played.plan, played.summary
    return {
        "title": played.scene.title,
        "rules": played.scene.rules,
        "applications": [each["metadata"]["name"] for each in played.scene.applications],
        "status": plan.status,
        "gap": plan.gap,
        "objective": [term.model_dump(by_alias=True) for term in plan.objective],
        "placed": summary.placed,
        "unplaced": summary.unplaced,
        "servers": summary.servers,
        "sites": len(summary.sites),
        played.scene.by: [asdict(share) for share in played.shares],
        "refused": [asdict(row) for row in summary.refused],
        "explained": played.explained and played.explained.explanation.model_dump(by_alias=True, exclude_none=True),
        "seconds": played.seconds,
    }
