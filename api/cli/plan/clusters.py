"""`bayplan plan clusters`: which Kubernetes cluster each server belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from api.cli.files import can_be_written, read_text, write_whole
from api.cli.progress import waiting
from api.cli.terminal import examples, exits, machines, people, table
from api.cli.words import duration, percent
from api.cli.worlds import AsJson, WorldFolder

if TYPE_CHECKING:
    from planner.clusters.result import ClusterPlan

EXAMPLES = examples(
    ("bayplan plan clusters world -o clusters.json", "from nothing"),
    ("bayplan plan clusters world --previous clusters.json", "the world has grown: who has to change?"),
    ("bayplan plan clusters world -o clusters.csv", "site,cluster,servers lines"),
)


def clusters(
    world: WorldFolder,
    previous: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The plan in force, JSON or CSV: few servers change.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="FILE", help="Write it here; .csv or .json.")
    ] = None,
    least: Annotated[int, typer.Option(metavar="SERVERS", help="A hosted cluster has at least so many.")] = 2000,
    most: Annotated[int, typer.Option(metavar="SERVERS", help="And at most so many.")] = 3000,
    size: Annotated[int, typer.Option(metavar="SERVERS", help="New ones are to have about so many.")] = 2500,
    own: Annotated[int, typer.Option(metavar="SERVERS", help="A site with so many has a cluster inside.")] = 200,
    as_json: AsJson = False,
) -> None:
    """Assign the servers of every site to a Kubernetes cluster: one inside a site that is large and stable, else one
    that is hosted for sites of a region near to each other.

    A site whose label `stable` is `no`, or that is not online, gets no cluster inside. With --previous as few servers
    as possible change their cluster, and new ones are opened where they no longer fit. The bound says what no other
    way to make so many clusters undercuts. Exit code 0: an answer, 2: bad input.
    """
    with exits(as_json):
        from planner.clusters.files import read_members, written
        from planner.clusters.plan import plan_clusters
        from planner.clusters.result import ClusterOptions
        from planner.manifests.documents import Source
        from planner.manifests.validation import parse
        from planner.worlds.read import read

        if out is not None:
            can_be_written(out)
        options = parse(ClusterOptions, {"least": least, "most": most, "size": size, "own": own}, Source("options"))
        before = read_members(read_text(previous), str(previous)) if previous else []
        inventory = read(world).inventory
        with waiting("plan clusters"):
            plan = plan_clusters(inventory, options, before)
        if out is not None:
            write_whole(out, written(plan, out.suffix))
        if as_json:
            machines(plan.model_dump_json(by_alias=True, exclude_none=True))
        else:
            people().print(Group(*_told(plan)))


def _told(plan: ClusterPlan) -> Iterator[RenderableType]:
    hosted = [each for each in plan.clusters if each.kind == "hosted"]
    own = [each for each in plan.clusters if each.kind == "own"]
    servers = sum(each.servers for each in plan.clusters)
    yield Text(
        f"{servers:,} servers: {sum(each.servers for each in hosted):,} in {len(hosted):,} hosted clusters, "
        f"{sum(each.servers for each in own):,} in {len(own):,} of their own site; in {duration(plan.seconds)}"
    )
    if hosted:
        rows = table("hosted", "servers", "sites", "centre", "mean km", numbers=("servers", "sites", "mean km"))
        for each in hosted:
            style = "red" if each.outside else None
            cells = each.name, f"{each.servers:,}", f"{each.sites:,}", each.centre, f"{each.kilometres:,.0f}"
            rows.add_row(*cells, style=style)
        yield rows
        yield Text(f"the mean kilometres of all servers are at most {percent(plan.gap)} above what could be (bound)")
    outside = [each.name for each in hosted if each.outside]
    if outside:
        yield Text(f"outside of the limits, as no way was found to keep them: {', '.join(outside)}", "red")
    if plan.moved or any(each.before for each in plan.sites):
        changes = sum(each.before is not None for each in plan.sites)
        yield Text(
            f"{plan.moved:,} servers in {changes:,} sites change their cluster; with these centres no fewer than "
            f"{plan.moved_bound:,} could"
        )
