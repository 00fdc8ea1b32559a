"""Standby in a plan: which server keeps whose room, should what be lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from planner.formulate.question import Question
from planner.inventory.inventory import Inventory
from planner.inventory.snapshot import LEVELS
from planner.manifests.errors import did_you_mean
from planner.plans.plan import Lost, PlacementRow, StandbyRow
from planner.plans.words import many
from planner.quiet import without_collections
from solver.problem import Violation
from solver.restarts import Restarts


def standby_rows(question: Question, restarts: Restarts) -> list[StandbyRow]:
    """In the order of what is lost."""
    names, domains = question.snapshot.inventory.servers.name, question.snapshot.domains
    owner = question.problem.owner(restarts.mode).tolist()
    rows = sorted(zip(restarts.rows(), owner, strict=True), key=lambda row: (row[0][2:4], row[0][:2]))
    found = []
    with without_collections():
        for (mode, node, level, domain, count), workload in rows:
            asked = question.workloads[workload]
            several = len(question.applications[asked.application].spec.demand) > 1
            found.append(
                StandbyRow(
                    lost=Lost(level=LEVELS[level], domain=domains.name(level, domain)),
                    application=asked.application,
                    server=names[node],
                    instances=count,
                    cells=list(question.cells[mode]) or None,
                    demand=asked.demand if several else None,
                )
            )
    return found


def read_standby(
    question: Question,
    rows: Sequence[StandbyRow],
    mode: Callable[[PlacementRow], int | None],
    node: Callable[[PlacementRow], int | None],
    find: Callable[[str, str, PlacementRow], None],
) -> Restarts:
    """Names to integers. mode, node: of a row, None when it names nothing, which they tell. find: tells that a loss is
    none."""
    domains, known = question.snapshot.domains, []
    for row in rows:
        named = PlacementRow(
            application=row.application, server=row.server, instances=row.instances, cells=row.cells, demand=row.demand
        )
        at, where = mode(named), node(named)
        ids = domains.ids(row.lost.level)
        if row.lost.domain not in ids:
            hint = did_you_mean(row.lost.domain, ids)
            lost = f"{row.lost.level} {row.lost.domain}"
            text = f"{row.application} on server {row.server}: standby for the loss of {lost}"
            find("lost", f"{text}, but there is no such {row.lost.level}{hint}", named)
        elif at is not None and where is not None:
            loss = domains.levels[row.lost.level], ids[row.lost.domain]
            known.append((at, where, *loss, row.instances))
    return Restarts.of(known)


def after(question: Question, violation: Violation) -> str:
    """`should site gz-telecom-2 be lost`; empty for what no loss brings about."""
    if violation.lost is None:
        return ""
    level, domain = violation.lost
    return f"should {LEVELS[level]} {question.snapshot.domains.name(level, domain)} be lost"


@dataclass(frozen=True, slots=True)
class Kept:
    """A site keeps room for so many instances of an application, should the domain of the level be lost."""

    site: str
    application: str
    instances: int
    level: str
    domain: str

    def __str__(self) -> str:
        room = f"{self.site} keeps room for {many(self.instances, 'instance')} of {self.application}"
        return f"{room}, should {self.level} {self.domain} be lost"


def kept(rows: Sequence[StandbyRow], inventory: Inventory) -> list[Kept]:
    """By site and loss, the most instances first."""
    return sorted(_sites(rows, inventory), key=lambda each: (-each.instances, each.site, each.domain, each.application))


def _sites(rows: Sequence[StandbyRow], inventory: Inventory) -> Iterator[Kept]:
    site_of = site_names(inventory) if rows else {}
    count: Counter[tuple[str, str, str, str]] = Counter()
    for row in rows:
        count[site_of[row.server], row.application, row.lost.level, row.lost.domain] += row.instances
    for (site, application, level, domain), instances in count.items():
        yield Kept(site, application, instances, level, domain)


def site_names(inventory: Inventory) -> Mapping[str, str]:
    """Server -> its site."""
    sites = inventory.servers.site.tolist()
    return {name: inventory.sites.name[site] for name, site in zip(inventory.servers.name, sites, strict=True)}
