"""The demo on a terminal: for each request where it went, how good that is, and how long it took."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from api.cli.demo.play import Explained, Played, Stage
from api.cli.explain.show import facts, offered
from api.cli.terminal import table
from api.cli.words import duration, percent
from planner.plans.plan import Plan

SHOWN = {"site": 4, "region": 8}
BAR = 16


def opening(on: Stage) -> Group:
    sites, servers = on.world.inventory.sites, on.world.inventory.servers
    cities = len({sites.attributes["city"][row] for row in range(len(sites))})
    times = f"Made in {duration(on.generated)}; bayplan serve is on {on.url} after {duration(on.started)}."
    return Group(
        Text(f"An edge cloud: {len(sites):,} sites in {cities} cities, {len(servers):,} servers, half loaded.", "bold"),
        Text(times, "dim"),
        Text("Each request is a POST /v1/solve on the same snapshot; nothing is booked.", "dim"),
    )


def scene(number: int, played: Played) -> Group:
    return Group(
        Text(),
        Text(f"{number}. {played.scene.title}", "bold"),
        Padding(Group(*_answer(played)), (0, 0, 0, 3)),
    )


def _answer(played: Played) -> Iterator[RenderableType]:
    yield Text(played.scene.rules, "dim")
    yield _where(played)
    if played.shares:
        yield _quality(played.plan)
    for row in played.summary.refused:
        yield Text(row.reason, "yellow")
    if played.shares:
        yield _shares(played)
    if played.explained:
        yield from _explained(played.explained)


def _explained(told: Explained) -> Iterator[RenderableType]:
    """The facts in conflict, and what would fit."""
    explanation = told.explanation
    if explanation.conflict is not None:
        yield from facts(explanation.conflict)
    yield Text(f"with each of these it fits, solved again and checked ({duration(told.seconds)}):", "bold")
    for number, offer in enumerate(explanation.counter_offers, 1):
        yield offered(number, offer)


def _where(played: Played) -> Text:
    summary, plan = played.summary, played.plan
    if not summary.placed:
        proven = ", proven" if plan.status == "infeasible" else ""
        told = f": none of {summary.unplaced:,} instances; {plan.status}{proven}, in {duration(played.seconds)}"
        return Text.assemble(("refused", "bold red"), told)
    asked = summary.placed + summary.unplaced
    where = f"{summary.placed:,} of {asked:,} on {summary.servers:,} servers of {len(summary.sites):,} sites"
    colour = "bold yellow" if summary.unplaced else "bold green"
    return Text.assemble(("placed", colour), f": {where}, in {duration(played.seconds)}")


def _quality(plan: Plan) -> Text:
    """The last term, given that the terms before it are as good as can be."""
    term = plan.objective[-1]
    less = f"less than {term.bound:,.1f}" if term.gap else "less"
    told = f": {term.name} {term.value:,.1f}, and no plan has {less} (gap {percent(plan.gap)})"
    return Text.assemble((plan.status, "bold"), told)


def _shares(played: Played) -> Table:
    names = [str(each["metadata"]["name"]) for each in played.scene.applications]
    by = played.scene.by
    made = table(by, "city" if by == "site" else "", *names, "", numbers=tuple(names))
    most = sum(played.shares[0].instances)
    shown = played.shares[: SHOWN[by]]
    for share in shown:
        bar = "█" * max(1, round(BAR * sum(share.instances) / most))
        made.add_row(share.name, share.where, *(f"{count:,}" for count in share.instances), Text(bar, "cyan"))
    if rest := played.shares[len(shown) :]:
        left = [sum(counts) for counts in zip(*(share.instances for share in rest), strict=True)]
        made.add_row(Text(f"{len(rest):,} more {by}s", "dim"), "", *(f"{count:,}" for count in left), "")
    return made


def closing(seconds: float) -> Group:
    return Group(
        Text(),
        Text(f"Done in {duration(seconds)}: the server is stopped, the world is gone. Now one of your own:", "dim"),
        Text("  bayplan world generate --sites 100 --servers 5000 --requests 20 -o world", "cyan"),
        Text("  bayplan solve world -o plan.json && bayplan check world plan.json", "cyan"),
    )
