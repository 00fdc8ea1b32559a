"""Files of clusters: a plan as JSON, or `site,cluster,servers` lines."""

from __future__ import annotations

from planner.clusters.result import ClusterPlan, Member
from planner.manifests.documents import documents
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.validation import parse
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
        found = documents(text, file)
        if found.problems or len(found.found) != 1:
            count = f"{len(found.found)} documents"
            raise InvalidInput(found.problems or [InputProblem(file, None, "", count, "one plan of clusters")])
        return parse(ClusterPlan, found.found[0].data, found.found[0].source).sites
    table = Table.of(text, file)
    problems = list(table.problems)
    missing = [name for name in COLUMNS if name not in table.columns]
    problems += [InputProblem(file, table.header, name, "no such column", ", ".join(COLUMNS)) for name in missing]
    members = []
    for line, site, cluster, servers in () if missing else _rows(table):
        if not servers.isascii() or not servers.isdigit():
            problems.append(InputProblem(file, line, "servers", f"'{servers}'", "how many servers, such as 12"))
        else:
            members.append(Member(site=site, cluster=cluster, servers=int(servers)))
    if problems:
        raise InvalidInput(problems)
    return members


def _rows(table: Table) -> list[tuple[int, str, str, str]]:
    return list(zip(table.lines, *(table.columns[name] for name in COLUMNS), strict=True))
