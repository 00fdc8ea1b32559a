"""Files of clusters: a plan as JSON, or `site,cluster,servers` lines."""

from __future__ import annotations

from planner.clusters.result import ClusterPlan, Member
from planner.manifests.documents import only
from planner.manifests.errors import InvalidInput
from planner.manifests.quantities import MOST
from planner.manifests.validation import parse
from planner.worlds import texts
from planner.worlds.table import Table

COLUMNS = ("site", "cluster", "servers")


def written(plan: ClusterPlan, suffix: str) -> str:
    """suffix: `.csv` for lines; JSON else."""
    if suffix != ".csv":
        return plan.model_dump_json(by_alias=True, exclude_none=True, indent=1) + "\n"
    lines = [f"{each.site},{each.cluster},{each.servers}" for each in plan.sites]
    return "\n".join([",".join(COLUMNS), *lines]) + "\n"


def read_members(text: str, file: str) -> list[Member]:
    """Of either kind. Raises InvalidInput with everything that is wrong."""
    if text.lstrip().startswith("{"):
        document = only(text, file, "one plan of clusters")
        return parse(ClusterPlan, document.data, document.source).sites
    table = Table.of(text, file)
    table.require(*COLUMNS)
    servers = table.convert("servers", texts.whole(0, MOST), 0)
    if table.problems:
        raise InvalidInput(table.problems)
    rows = zip(table.columns["site"], table.columns["cluster"], servers, strict=True)
    return [Member(site=site, cluster=cluster, servers=count) for site, cluster, count in rows]
