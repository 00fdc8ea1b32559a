"""Future: the base with a scenario's changes, as a copy that shares every column which did not change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planner.inventory.snapshot import Snapshot
from planner.inventory.standby import Standby
from planner.inventory.units import CPU
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from planner.whatif.base import Base
from planner.whatif.bulk import lost
from planner.whatif.enlarge import enlarged
from planner.whatif.growth import grown
from planner.whatif.manifest import Weigh
from planner.whatif.names import known
from planner.whatif.restarts import restarts
from planner.whatif.result import Lost
from planner.whatif.rows import Entry
from planner.whatif.scenarios import Scenario


@dataclass(frozen=True, slots=True)
class Future:
    """snapshot: of the base, where what is lost may not be used. gone: [servers], lost or retired. left: instances that
    ran or were reserved there and do not restart, by demand entry. restarted: standby that starts. applications: all,
    as the scenario has them; every: with those of reservations. new: instances that its changes add, by demand
    entry."""

    base: Base
    scenario: Scenario
    snapshot: Snapshot
    gone: NDArray[np.bool_]
    lost: Lost
    left: Mapping[Entry, int]
    restarted: tuple[Standby, ...]
    applications: Mapping[str, Application]
    every: Mapping[str, Application]
    new: Mapping[Entry, int]

    @staticmethod
    def of(base: Base, scenario: Scenario) -> Future:
        """Raises InvalidInput when a change names what is not there."""
        base = enlarged(base, [change.add for change in scenario.changes if change.add])
        failed, retired = _lost(base.snapshot, scenario), _retired(base.snapshot, scenario)
        gone = failed | retired
        ran = base.rows.on(gone)
        restarted = restarts(base, failed, gone) if scenario.replan != "new-demand" else ()
        left = Counter(ran)
        for row in restarted:
            left[row.application, row.demand] -= row.instances
        applications, new = _asked(base, scenario)
        return Future(
            base=base,
            scenario=scenario,
            snapshot=replace(
                base.snapshot,
                usable=base.snapshot.usable & ~gone,
                generation=f"{base.snapshot.generation}, {scenario.name}",
            ),
            gone=gone,
            lost=_told(base, gone, ran),
            left=+left,
            restarted=restarted,
            applications=applications,
            every={**applications, **base.reserved.applications} if base.reserved.applications else applications,
            new=new,
        )


def _lost(snapshot: Snapshot, scenario: Scenario) -> NDArray[np.bool_]:
    """[servers]: in a domain that is lost."""
    gone = np.zeros(len(snapshot.free), np.bool_)
    for lose in (change.lose for change in scenario.changes if change.lose):
        ids = snapshot.domains.ids(lose.level)
        known(lose.domains, ids, lose.level)
        domain = snapshot.topology.domain[snapshot.topology.level(lose.level)]
        gone |= np.isin(domain, [ids[name] for name in lose.domains])
    return gone


def _retired(snapshot: Snapshot, scenario: Scenario) -> NDArray[np.bool_]:
    names = [name for change in scenario.changes if change.retire for name in change.retire.sites]
    ids = snapshot.domains.ids("site") if names else {}
    known(names, ids, "site")
    return np.isin(snapshot.inventory.servers.site, [ids[name] for name in names])


def _told(base: Base, gone: NDArray[np.bool_], left: Mapping[Entry, int]) -> Lost:
    sites = len(np.unique(base.snapshot.inventory.servers.site[gone]))
    promised = base.reserved.applications
    ran = {entry: count for entry, count in left.items() if entry[0] not in promised}
    amounts = sum((each for _, each in lost(base, gone)), Counter[str]())
    return Lost(
        sites=sites,
        servers=int(gone.sum()),
        instances=sum(ran.values()),
        vcpu=sum(vcpu(base.applications[name], count) for (name, _), count in ran.items()),
        reserved=sum(left.values()) - sum(ran.values()) or None,
        amounts=dict(amounts) or None,
    )


def vcpu(application: Application, instances: int) -> float:
    return application.spec.resources.get(CPU, 0) * instances / 1000


def _asked(base: Base, scenario: Scenario) -> tuple[Mapping[str, Application], Mapping[Entry, int]]:
    """Applications after growth, new requests and other weights; and what is new of each."""
    applications, new = dict(base.applications), Counter[Entry]()
    for change in scenario.changes:
        if change.grow:
            for application, position, instances in grown(base, applications, change.grow):
                applications[application.id] = application
                new[application.id, position] += instances
        for application in change.ask or ():
            if application.id in applications:
                raise InvalidInput([InputProblem("scenario", None, "ask", f"'{application.id}'", "a name that is new")])
            applications[application.id] = application
            for position, entry in enumerate(application.spec.demand):
                new[application.id, position] += entry.instances or 0
    for change in scenario.changes:
        if change.weigh:
            _weighed(applications, change.weigh)
    return applications, new


def _weighed(applications: dict[str, Application], weigh: Weigh) -> None:
    known(weigh.applications, applications, "application")
    known(weigh.tenants, {each.metadata.namespace for each in applications.values()}, "tenant")
    for name, each in applications.items():
        worth = weigh.applications.get(name, weigh.tenants.get(each.metadata.namespace))
        if worth is not None:
            applications[name] = each.model_copy(update={"spec": each.spec.model_copy(update={"priority": worth})})
