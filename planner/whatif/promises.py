"""Promises: what applications were told would still run after a loss, and whether it does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction

import numpy as np

from planner.manifests.application import Application
from planner.manifests.limits import Survives
from planner.whatif.base import Base
from planner.whatif.bulk import Short
from planner.whatif.future import Future
from planner.whatif.result import Broken, Refused
from planner.whatif.rows import Entry
from solver.constraints.base import kept

EVERYTHING = "everything that runs"


def broken(future: Future, refused: Sequence[Refused], proven: bool) -> Iterator[Broken]:
    """Of what lost something: its `survives` rules, by what is left of it and what restarts on standby, before anything
    is planned anew; and that all that ran runs again somewhere, or is reserved again, by what was refused."""
    hit = {name for name, _ in future.base.rows.on(future.gone)}
    for name in sorted(hit - future.base.reserved.applications.keys()):
        application = future.applications[name]
        for rule in application.spec.survives:
            yield from _rule(future, application, rule, members(future.base, application, rule))
    if future.scenario.replan == "failover":
        yield from _everything(future, hit, refused, proven)


def promises(base: Base) -> int:
    """How many there are: of each application that runs, its `survives` rules, and that it runs; each application, or
    resource in bulk, of a reservation."""
    standing = {name for name, _ in base.standing}
    running = standing - base.reserved.applications.keys()
    amounts = sum(len({name for here in each.on.values() for name in here}) for each in base.reserved.bulk)
    return len(standing) + amounts + sum(len(base.applications[name].spec.survives) for name in running)


def members(base: Base, application: Application, rule: Survives) -> frozenset[str]:
    """The applications that the rule spans."""
    if rule.across == "application":
        return frozenset([application.id])
    here = application.metadata.namespace, application.spec.group
    tied = base.tied[application.id]
    spec = base.applications
    return frozenset(each for each in tied if (spec[each].metadata.namespace, spec[each].spec.group) == here)


def told(rule: Survives) -> str:
    what = f"{rule.keep:,}" if isinstance(rule.keep, int) else f"{100 * rule.keep:g} %"
    lost = f"a {rule.loss_of}" if rule.count == 1 else f"{rule.count} of level {rule.loss_of}"
    return f"survives loss of {lost}: {what}" + (" on standby" if rule.standby else "")


def _rule(future: Future, application: Application, rule: Survives, span: frozenset[str]) -> Iterator[Broken]:
    """Rules speak of so many domains of a level; what goes beyond breaks no promise."""
    topology = future.snapshot.topology
    if len(np.unique(topology.domain[topology.level(rule.loss_of)][future.gone])) > rule.count:
        return
    standing, left = (_total(count, span) for count in (future.base.standing, future.left))
    share = None if isinstance(rule.keep, int) else _fraction(rule.keep)
    needed = kept(standing, share, rule.keep if isinstance(rule.keep, int) else None)
    if standing - left < needed:
        yield _told(application, told(rule), needed, standing - left)


def _everything(future: Future, hit: set[str], refused: Sequence[Refused], proven: bool) -> Iterator[Broken]:
    out = Counter[str]()
    for row in refused:
        out[row.application] += row.instances
    for name in sorted(hit & out.keys()):
        standing = _total(future.base.standing, frozenset([name]))
        left = max(standing - out[name], 0)
        if (origin := future.base.reserved.origins.get(name)) is None:
            yield _told(future.applications[name], EVERYTHING, standing, left, proven)
        else:
            tenant = future.every[name].metadata.namespace
            yield _row(tenant, origin.application, reserved(origin.reservation), standing, left, proven)


def amounts(short: Short) -> Iterator[Broken]:
    """Of a reservation of bulk amounts, by resource."""
    bulk = short.bulk
    for name, missing in short.missing.items():
        promised = short.promised[name]
        promise = f"{reserved(bulk.reservation)}, {name}"
        yield _row(bulk.tenant, bulk.tenant, promise, promised, promised - missing, short.proven)


def reserved(name: str) -> str:
    return f"reservation {name}"


def _total(count: Mapping[Entry, int], names: Collection[str]) -> int:
    return sum(instances for (name, _), instances in count.items() if name in names)


def _told(application: Application, promise: str, needed: int, left: int, proven: bool = True) -> Broken:
    return _row(application.metadata.namespace, application.id, promise, needed, left, proven)


def _row(tenant: str, application: str, promise: str, needed: int, left: int, proven: bool) -> Broken:
    return Broken(tenant=tenant, application=application, promise=promise, needed=needed, left=left, proven=proven)


def _fraction(share: float) -> tuple[int, int]:
    exact = Fraction(str(share)).limit_denominator(10**6)
    return exact.numerator, exact.denominator
