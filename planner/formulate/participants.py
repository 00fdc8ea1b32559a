"""Who takes part: applications that lack instances, and all that rules tie to them, directly or through others."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from planner.formulate.children import SITE, lacking
from planner.inventory.roster import Roster
from planner.inventory.snapshot import Snapshot
from planner.manifests.application import Application
from planner.manifests.errors import InputProblem, InvalidInput
from solver.problem import Ints


def participants(
    snapshot: Snapshot, applications: Sequence[Application], also: Collection[str] = (), running: Collection[str] = ()
) -> dict[str, Application]:
    """By id; running ones join when a rule ties them to those that lack something, or to `also`. running: those that
    join anyhow.

    Raises InvalidInput when the applications do not go together with what runs.
    """
    own = {application.id: application for application in applications}
    every = Roster.of(snapshot.applications).changed(own)
    problems = [
        problem
        for row, application in enumerate(applications)
        for problem in (*_demand_gone(snapshot, row, application), *_cycle(every, row, application))
    ]
    if problems:
        raise InvalidInput(problems)
    seen = {each.id for each in applications if each.id in also or lacks(snapshot, each)} | set(running)
    found = list(seen)
    while found:
        fresh = every.tied(found.pop()) - seen
        seen |= fresh
        found += fresh
    return {name: every[name] for name in _in_order(snapshot.applications, own, seen)}


def _in_order(running: Mapping[str, Application], own: Mapping[str, Application], seen: Collection[str]) -> list[str]:
    """Those that run come first."""
    known = [name for name in seen if name in running]
    first = sorted(known) if isinstance(running, Roster) else [name for name in running if name in seen]
    return [*first, *(name for name in own if name in seen and name not in running)]


def lacks(snapshot: Snapshot, application: Application) -> bool:
    """Fewer instances run than some demand entry asks for, or than its running masters need of a child; one per site
    may always lack some."""
    master = application.spec.master
    if master is not None:
        masters = _per_site(snapshot, application.refers_to(master.application))
        return lacking(snapshot, master, masters, _per_site(snapshot, application.id)) > 0
    standing = snapshot.standing(application.id)
    return any(
        entry.instances is None or standing[position] < entry.instances
        for position, entry in enumerate(application.spec.demand)
    )


def _per_site(snapshot: Snapshot, application: str) -> Ints:
    total = np.zeros(snapshot.topology.sizes[SITE], np.int64)
    for row in snapshot.running.get(application, ()):
        total[snapshot.topology.domain[SITE, row.server]] += row.instances
    return total


def _demand_gone(snapshot: Snapshot, row: int, application: Application) -> Iterator[InputProblem]:
    """Running instances serve a demand entry; it has to be there."""
    entries = max(len(application.spec.demand), 1)
    last = max(snapshot.standing(application.id), default=0)
    if last >= entries:
        running = f"running instances of '{application.id}' serve entry {last}"
        yield InputProblem(
            "request", None, f"applications[{row}].spec.demand", f"entries 0 to {entries - 1}", f"more: {running}"
        )


def _cycle(every: Mapping[str, Application], row: int, application: Application) -> Iterator[InputProblem]:
    """Masters may be running ones, which nobody has compared with these applications yet."""
    chain = [application.id]
    while (master := every[chain[-1]].spec.master) and (
        name := every[chain[-1]].refers_to(master.application)
    ) in every:
        if name in chain:
            if name == application.id:
                path = f"applications[{row}].spec.master.application"
                told = f"the cycle {' → '.join([*chain, name])}"
                yield InputProblem("request", None, path, told, "a chain of masters that ends")
            return
        chain.append(name)
