"""Growth: demand grows there where it is; the new part is one more demand entry, which may go nowhere else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from planner.manifests.application import Application
from planner.manifests.demand import Demand
from planner.whatif.base import Base
from planner.whatif.manifest import Grow
from planner.whatif.names import known

Where = Mapping[str, Sequence[str]]


def grown(base: Base, applications: Mapping[str, Application], grow: Grow) -> Iterator[tuple[Application, int, int]]:
    """(application with the new entry, its position, its instances), for each entry that grows. Children grow with
    their masters; what is asked for per site grows with the sites."""
    _validated(base, grow)
    here = _here(base, grow.where)
    for name, application in applications.items():
        if grow.tenants and application.metadata.namespace not in grow.tenants:
            continue
        for position, entry in enumerate(application.spec.demand):
            where = both(entry.where, grow.where)
            count = here.get((name, position), 0) + _lacking(base, name, position, entry, grow.where)
            more = math.ceil((Fraction(str(grow.factor)) - 1) * count)
            if entry.instances is None or where is None or not more:
                continue
            demand = [*application.spec.demand, entry.model_copy(update={"where": where, "instances": more})]
            application = application.model_copy(
                update={"spec": application.spec.model_copy(update={"demand": demand})}
            )
            yield application, len(demand) - 1, more


def both(one: Where, other: Where) -> dict[str, list[str]] | None:
    """Where both match; None: nowhere."""
    found = {key: list(values) for key, values in one.items()}
    for key, values in other.items():
        found[key] = [value for value in found.get(key, values) if value in values]
        if not found[key]:
            return None
    return found


def _here(base: Base, where: Where) -> Mapping[tuple[str, int], int]:
    """Instances that run in sites that match, by demand entry."""
    sites = base.snapshot.inventory.sites
    there = np.ones(len(sites), np.bool_)
    for key, accepted in where.items():
        there &= sites.having(key, accepted)
    return base.rows.on(there[base.snapshot.inventory.servers.site])


def _lacking(base: Base, name: str, position: int, entry: Demand, where: Where) -> int:
    """What is asked for there and nowhere else, and does not run."""
    if entry.instances is None or any(set(entry.where.get(key, [""])) - set(values) for key, values in where.items()):
        return 0
    return max(entry.instances - base.standing[name, position], 0)


def _validated(base: Base, grow: Grow) -> None:
    known(grow.where, ("site", *base.snapshot.inventory.sites.attributes), "attribute")
    known(grow.tenants, {each.metadata.namespace for each in base.applications.values()}, "tenant")
