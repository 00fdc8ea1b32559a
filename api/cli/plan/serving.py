"""`bayplan plan serving`: which sites of an application answer the users of each province and carrier."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from api.cli.files import can_be_written, read_text, write_whole
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.worlds import AsJson, WorldFolder, opened

if TYPE_CHECKING:
    from planner.serving.result import ServingPlan

EXAMPLES = examples(
    ("bayplan plan serving world --application acme/web", "what runs answers those who live there"),
    ("bayplan plan serving world plan.json --application acme/web -o dns.csv", "with what a plan places, for DNS"),
    ("bayplan plan serving world --application web --users users.csv", "users that were counted"),
)
SHOWN = 20


def serving(
    world: WorldFolder,
    plan: Annotated[Path | None, typer.Argument(metavar="PLAN", help="A plan in JSON that places more of it.")] = None,
    *,
    application: Annotated[str, typer.Option(metavar="NAME", help="Whose sites answer.")],
    users: Annotated[
        Path | None, typer.Option(metavar="FILE", help="province,carrier,users lines; else those who live there.")
    ] = None,
    per_instance: Annotated[
        int | None, typer.Option(metavar="USERS", min=1, help="An instance answers so many; else a quarter to spare.")
    ] = None,
    within: Annotated[float | None, typer.Option(metavar="MS", min=0, help="No user is answered from farther.")] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write it here; .csv or .json.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which sites of an application answer the users of each province and carrier: as many users as there is room
    for, then the nearest by the latency model. No other way is better, which is proven; what overflows is told.

    The result is what a product that steers by DNS needs. Exit code 0: an answer, 2: bad input.
    """
    with exits(as_json):
        from planner.plans.read import read_plan
        from planner.serving.files import written
        from planner.serving.instances import by_site
        from planner.serving.plan import plan_serving
        from planner.serving.users import population, read_users

        if out is not None:
            can_be_written(out)
        here = opened(world)
        sites = here.snapshot.inventory.sites
        placed = read_plan(read_text(plan), str(plan)) if plan is not None else None
        whom = read_users(read_text(users), str(users), sites) if users is not None else population(sites)
        instances = by_site(here.snapshot, application, placed)
        found = plan_serving(here.snapshot.inventory, application, instances, whom, per_instance, within)
        if out is not None:
            write_whole(out, written(found, out.suffix))
        if as_json:
            machines(found.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(Group(*_told(found)))


def _told(plan: ServingPlan) -> Iterator[RenderableType]:
    yield Text(
        f"{plan.answered:,} of {plan.users:,} users of {plan.application} are answered, {plan.mean_latency_ms:.1f} ms "
        f"away in the mean; {plan.per_instance:,} by each instance; proven: no way answers more, or as many from nearer"
    )
    rows = table(
        "province",
        "carrier",
        "users",
        "sites",
        "mean ms",
        "worst ms",
        numbers=("users", "sites", "mean ms", "worst ms"),
    )
    groups: dict[tuple[str, str], list[tuple[int, float]]] = {}
    for each in plan.answers:
        groups.setdefault((each.province, each.carrier), []).append((each.users, each.latency_ms))
    shown = sorted(groups.items(), key=lambda item: -sum(users for users, _ in item[1]))[:SHOWN]
    for (province, carrier), parts in shown:
        total = sum(users for users, _ in parts)
        mean = sum(users * latency for users, latency in parts) / total
        worst = max(latency for _, latency in parts)
        rows.add_row(province, carrier, f"{total:,}", f"{len(parts):,}", f"{mean:.1f}", f"{worst:.1f}")
    yield rows
    if len(groups) > SHOWN:
        yield Text(f"and {len(groups) - SHOWN:,} more; --json shows all", "dim")
    if plan.overflow:
        left = sum(each.users for each in plan.overflow)
        where = ", ".join(f"{each.province} {each.carrier} {each.users:,}" for each in plan.overflow[:6])
        yield Text(f"overflow: {left:,} users have nobody to answer them: {where}", "red")
