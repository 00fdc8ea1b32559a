"""The rules of manifests as constraint families over workloads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations

from planner.formulate.question import Asked
from planner.inventory.snapshot import LEVELS
from planner.manifests.application import Application
from planner.manifests.limits import Spread as SpreadManifest
from planner.manifests.limits import Survives
from solver.constraints import (
    Apart,
    Breakable,
    Children,
    Completeness,
    Quota,
    Rule,
    Soft,
    Spread,
    Standby,
    Survival,
    Together,
)
from solver.problem import Ints

SITE = LEVELS.index("site")


def rules(
    applications: Mapping[str, Application],
    asked: Sequence[Asked],
    whole: Ints,
    meet: Callable[[str, str], bool] = lambda one, other: True,
) -> tuple[Rule, ...]:
    """Every rule once, in the order of the applications. whole [workloads]: instances when nothing is left out.
    meet: are two applications there at the same time? Those that are not need not be apart."""
    return tuple(dict.fromkeys(_Writer(applications, asked, whole, meet).all()))


class _Writer:
    def __init__(
        self,
        applications: Mapping[str, Application],
        asked: Sequence[Asked],
        whole: Ints,
        meet: Callable[[str, str], bool],
    ) -> None:
        self.applications = applications
        self.whole = whole
        self.meet = meet
        self.rows: dict[str, tuple[int, ...]] = {}
        for row, each in enumerate(asked):
            self.rows[each.application] = (*self.rows.get(each.application, ()), row)

    def all(self) -> Iterator[Rule]:
        for application in self.applications.values():
            yield from self._whole(application)
            yield from self._quotas(application)
            for spread in application.spec.spread:
                yield _softened(self._spread(application, spread), spread.soft)
            for survives in application.spec.survives:
                yield self._survival(application, survives)
            for together in application.spec.together:
                rule = Together(self._span(application, together.across), LEVELS.index(together.at))
                yield _softened(rule, together.soft)
            yield from self._apart(application)
            yield from self._children(application)

    def _span(self, application: Application, across: str) -> tuple[int, ...]:
        if across == "application":
            return self.rows[application.id]
        return tuple(row for member in self._group(application) for row in self.rows[member.id])

    def _group(self, application: Application) -> list[Application]:
        here = (application.metadata.namespace, application.spec.group)
        return [each for each in self.applications.values() if (each.metadata.namespace, each.spec.group) == here]

    def _whole(self, application: Application) -> Iterator[Rule]:
        spec = application.spec
        if spec.master:
            return
        workloads = self.rows[application.id]
        if spec.all_or_nothing == "group":
            members = [each for each in self._group(application) if each.spec.all_or_nothing == "group"]
            workloads = tuple(row for each in members if not each.spec.master for row in self.rows[each.id])
        minimum = spec.partial.minimum if spec.partial else int(self.whole[list(workloads)].sum())
        if minimum > 1:
            yield Completeness(workloads, minimum)

    def _quotas(self, application: Application) -> Iterator[Rule]:
        for row, entry in zip(self.rows[application.id], application.spec.demand, strict=False):
            if entry.instances_per_site is not None:
                yield Quota(row, SITE, entry.instances_per_site)

    def _spread(self, application: Application, rule: SpreadManifest) -> Spread:
        return Spread(
            self._span(application, rule.across),
            LEVELS.index(rule.over),
            rule.max_instances,
            _fraction(rule.max_share) if rule.max_share is not None else None,
            rule.min_domains,
        )

    def _survival(self, application: Application, rule: Survives) -> Rule:
        workloads, level = self._span(application, rule.across), LEVELS.index(rule.loss_of)
        if rule.standby:
            least = rule.keep if isinstance(rule.keep, int) else None
            return Standby(workloads, level, None if least else _fraction(rule.keep), least)
        if isinstance(rule.keep, int):
            return Survival(workloads, level, rule.count, least=rule.keep)
        return Survival(workloads, level, rule.count, keep=_fraction(rule.keep))

    def _apart(self, application: Application) -> Iterator[Rule]:
        for rule in application.spec.apart_from:
            level = LEVELS.index(rule.at)
            if rule.label_differs is not None:
                yield from self._differing(application, rule.label_differs, level, rule.soft)
            for name in rule.applications:
                other = application.refers_to(name)
                if other in self.rows and self.meet(application.id, other):
                    parties = tuple(sorted((self.rows[application.id], self.rows[other])))
                    yield _softened(Apart(parties, level), rule.soft)

    def _differing(self, application: Application, label: str, level: int, soft: int | None) -> Iterator[Rule]:
        """One rule for all when everybody meets everybody, and one for each pair that does when not."""
        parts: dict[str, tuple[str, ...]] = {}
        for member in self._group(application):
            value = member.metadata.labels.get(label)
            if value is not None:
                parts[value] = (*parts.get(value, ()), member.id)
        pairs = [(a, b) for one, other in combinations(parts.values(), 2) for a in one for b in other]
        meeting = [pair for pair in pairs if self.meet(*pair)]
        if len(meeting) == len(pairs) and pairs:
            sides = tuple(tuple(row for name in part for row in self.rows[name]) for part in parts.values())
            yield _softened(Apart(sides, level), soft)
        else:
            yield from (_softened(Apart((self.rows[one], self.rows[other]), level), soft) for one, other in meeting)

    def _children(self, application: Application) -> Iterator[Rule]:
        master = application.spec.master
        masters = self.rows.get(application.refers_to(master.application)) if master else None
        if master and masters:
            (child,) = self.rows[application.id]
            yield Children(masters, child, SITE, master.ratio, master.per_site)


def _softened(rule: Breakable, weight: int | None) -> Rule:
    return rule if weight is None else Soft(rule, weight)


def _fraction(share: float) -> tuple[int, int]:
    exact = Fraction(str(share)).limit_denominator(10**6)
    return exact.numerator, exact.denominator
