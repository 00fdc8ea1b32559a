"""Reasons: one sentence, with numbers that were counted, on why instances were left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

import numpy as np

from planner.formulate.question import Question
from planner.inventory.devices import gpus_of
from planner.inventory.latency import round_trip
from planner.inventory.snapshot import LEVELS
from planner.manifests.demand import Within
from planner.plans.room import room, scarce
from planner.plans.violations import over
from planner.plans.words import joined, many, milliseconds, place, whom
from solver.aside import free
from solver.constraints import Apart, Children, Completeness, Quota, Rule, Spread, Standby, Survival, Together
from solver.problem import Ids, Ints, Placement
from solver.standing import Standing

SITE = LEVELS.index("site")

LATE = "masters that ran before lack it: it is placed there once no new masters are asked for at the same time"


class Reasons:
    """What each workload could have had: alone on the snapshot, and in the room that the plan leaves."""

    def __init__(self, question: Question, placement: Placement) -> None:
        self.question = question
        self.problem = question.problem
        self.placement = placement

    def of(self, workload: int) -> str:
        """The first of: nowhere to go, no room, not enough room, not enough under one of its rules, taken by others."""
        return _Reason(self, workload).sentence()

    def rules(self, workload: int) -> Sequence[Rule]:
        return self._rules.get(workload, ())

    @cached_property
    def _rules(self) -> dict[int, list[Rule]]:
        rules: dict[int, list[Rule]] = {}
        for rule in self.problem.rules:
            for workload in rule.subjects:
                rules.setdefault(workload, []).append(rule)
        return rules

    @cached_property
    def free(self) -> Ints:
        """[nodes, resources]: what the plan leaves, room that it sets aside being gone."""
        problem, placement = self.problem, self.placement
        return free(problem, placement)

    @cached_property
    def standing(self) -> Standing:
        """What the plan adds and what stands already."""
        return Standing(self.problem, self.placement)


class _Reason:
    def __init__(self, reasons: Reasons, workload: int) -> None:
        self.reasons = reasons
        self.question = reasons.question
        self.problem = reasons.problem
        self.workload = workload
        self.asked = int(self.problem.count[workload])
        self.nodes: Ids = self.problem.allowed[workload]
        self.slots = room(self.question, workload, self.problem.capacity)

    def sentence(self) -> str:
        if not self.problem.weight[self.workload]:
            return LATE
        if not len(self.nodes):
            return self._nowhere()
        if not self.slots.any():
            return f"none of {self._where()} has room for one instance: {self._scarce()}"
        if self.slots.sum() < self.asked:
            return f"{self._room_for(int(self.slots.sum()))}: {self._scarce()}"
        return next(self._rules(), None) or self._others()

    def _where(self) -> str:
        sites = len(np.unique(self.problem.topology.domain[SITE][self.nodes]))
        return f"the {many(len(self.nodes), 'server')} in {many(sites, 'site')} it may use"

    def _scarce(self) -> str:
        name, servers = scarce(self.question, self.workload)
        return f"{name} runs out first on {servers:,} of them" if len(self.nodes) > 1 else f"{name} runs out first"

    def _nowhere(self) -> str:
        asked = self.question.workloads[self.workload]
        if self.question.over(asked.application):
            return over(self.question, asked.application)
        spec = self.question.applications[asked.application].spec
        entry = spec.demand[asked.demand] if spec.demand else None
        where, within = (entry.where, entry.within) if entry else ({}, None)
        snapshot = self.question.snapshot
        if not snapshot.matches(where).any():
            return f"no online server is in {place(where)}" if where else "no server is online"
        if within is not None and not snapshot.matches(where, within).any():
            return self._too_far(where, within)
        for capability in spec.requires:
            if not len(snapshot.eligible(where, [capability], [], within=within)):
                return f"no online server there offers {capability}"
        for capability in spec.forbids:
            if not len(snapshot.eligible(where, [], [capability], within=within)):
                return f"every online server there offers {capability}, which is forbidden"
        gpus, there = gpus_of(spec), snapshot.matches(where, within)
        if gpus and not (there & snapshot.with_gpus(gpus, ())).any():
            return f"no online server there has {many(gpus, 'GPU')}"
        if gpus and not (there & snapshot.with_gpus(gpus, spec.gpu_models)).any():
            of = f" of model {joined(spec.gpu_models, 'or')}"
            return f"no online server there has {many(gpus, 'GPU')}{of}"
        cells = spec.numa_cells or 1
        fitting = snapshot.eligible(where, spec.requires, spec.forbids, within=within)
        if len(fitting) and not len(snapshot.eligible(where, spec.requires, spec.forbids, cells, within)):
            return f"no online server there has {spec.numa_cells} NUMA cells"
        return "no online server there offers all that is required and nothing that is forbidden"

    def _too_far(self, where: Mapping[str, Sequence[str]], within: Within) -> str:
        snapshot = self.question.snapshot
        latency = round_trip(snapshot.inventory.sites, within.of)[snapshot.inventory.servers.site]
        least = float(latency[snapshot.matches(where)].min())
        nearest = (
            f"the nearest is {milliseconds(least)} away" if np.isfinite(least) else "their sites have no coordinates"
        )
        there = f" in {place(where)}" if where else ""
        return f"no online server{there} is within {within.latency_ms:g} ms of {whom(within.of)}: {nearest}"

    def _rules(self) -> Iterator[str]:
        """For each rule of the workload's own that leaves less room than is asked for, by itself: what it leaves."""
        for rule in self.reasons.rules(self.workload):
            told = None
            if isinstance(rule, Spread) and rule.workloads == (self.workload,):
                told = self._under_spread(rule)
            elif isinstance(rule, Survival) and rule.workloads == (self.workload,):
                told = self._after_a_loss(rule)
            elif isinstance(rule, Standby) and rule.workloads == (self.workload,):
                told = self._elsewhere(rule)
            elif isinstance(rule, Together):
                told = self._in_one(rule)
            elif isinstance(rule, Apart):
                told = self._away(rule)
            elif isinstance(rule, Quota):
                told = self._in_full(rule)
            elif isinstance(rule, Children) and self.workload in rule.masters:
                told = self._with_child(rule)
            if told:
                yield told

    def _under_spread(self, rule: Spread) -> str | None:
        level = LEVELS[rule.level]
        room, fixed = self._per_domain(rule.level), self._fixed(rule.level, [self.workload])
        usable = int(((room > 0) | (fixed > 0)).sum())
        if usable < (rule.least or 0):
            return f"it must stand in {many(rule.least or 0, level)} or more, but only {usable:,} {_has(usable)} room"
        limit = rule.limit(self.asked + int(fixed.sum()))
        fits = int(np.minimum(room, np.maximum(limit - fixed, 0)).sum())
        return None if fits >= self.asked else f"{self._room_for(fits)} with at most {limit:,} per {level}"

    def _after_a_loss(self, rule: Survival) -> str | None:
        """No domain may hold more than may be lost; nor may any `count` of them together."""
        level = LEVELS[rule.level]
        fixed = self._fixed(rule.level, [self.workload])
        total = self.asked + int(fixed.sum())
        lost = total - rule.needed(total)
        fits = int(np.minimum(self._per_domain(rule.level), np.maximum(lost - fixed, 0)).sum())
        if fits >= self.asked:
            return None
        losing = f"losing {'any' if rule.count == 1 else 'any ' + str(rule.count)} {many(rule.count, level).split()[1]}"
        return f"{self._room_for(fits)} when {losing} may cost at most {lost:,}"

    def _elsewhere(self, rule: Standby) -> str | None:
        """At most what fits into domains outside of which there is room for all that has to run again."""
        if self._fixed(rule.level, [self.workload]).any() or not self._whole:
            return None
        level, needed = LEVELS[rule.level], rule.needed(self.asked)
        room = self._per_domain(rule.level)
        fits = int(room[room.sum() - room >= needed].sum())
        if fits >= self.asked:
            return None
        return f"{self._room_for(fits)} where {needed:,} could run again after the loss of the {level}"

    def _in_one(self, rule: Together) -> str | None:
        """Only where it has to be whole: else a part of it may be in the one domain."""
        level = LEVELS[rule.level]
        room, fixed = self._per_domain(rule.level), self._fixed(rule.level, rule.workloads)
        most = int(np.where(fixed > 0, room, 0).max() if fixed.any() else room.max())
        if most >= self.asked or not self._whole:
            return None
        if fixed.any():
            return f"the {level} that it must share with what runs already has room for {most:,} of {self.asked:,}"
        return f"no {level} has room for more than {most:,} of the {self.asked:,} that must stand together"

    def _away(self, rule: Apart) -> str | None:
        others = [w for part in rule.parts if self.workload not in part for w in part]
        closed = self._fixed(rule.level, others) > 0
        fits = int(self._per_domain(rule.level)[~closed].sum())
        if fits >= self.asked:
            return None
        mine = self.problem.topology.domain[rule.level][self.nodes]
        avoided = many(len(np.unique(mine[closed[mine]])), LEVELS[rule.level])
        names = self._names([w for w in others if self._fixed(rule.level, [w]).any()])
        return f"{self._room_for(fits)} outside of the {avoided} with {names}, from which it must stay apart"

    def _in_full(self, rule: Quota) -> str | None:
        open_ones = np.unique(self.problem.topology.domain[rule.level][self.nodes])
        missing = (rule.each - self._fixed(rule.level, [self.workload]))[open_ones]
        short = int((self._per_domain(rule.level)[open_ones] < missing).sum())
        if not short:
            return None
        sites = many(len(open_ones), LEVELS[rule.level])
        return f"{short:,} of the {sites} it may use {_has(short)} no room for {many(rule.each, 'instance')}"

    def _with_child(self, rule: Children) -> str | None:
        """At most so many masters as find room for their children, the two looked at one by one."""
        child = _Reason(self.reasons, rule.child)
        name = self._names([rule.child])
        if not len(child.nodes):
            return f"its child {name} has nowhere to go: {child._nowhere()}"
        children = child._per_domain(rule.level) + self._fixed(rule.level, [rule.child])
        if rule.ratio is not None:
            most = np.maximum(rule.ratio * children - self._fixed(rule.level, rule.masters), 0)
        else:
            most = np.where(children >= (rule.each or 0), self.asked, 0)
        fits = int(np.minimum(self._per_domain(rule.level), most).sum())
        if fits >= self.asked:
            return None
        level = LEVELS[rule.level]
        if not fits:
            return f"no {level} that it may use has room for it and for its child {name}"
        return f"at most {fits:,} of {self.asked:,} {_has(fits)} room for the child {name} in the same {level}"

    def _others(self) -> str:
        missing = self.asked - self.reasons.standing.placed([self.workload])
        alone = f"there is room for {int(self.slots.sum()):,} alone"
        remaining = int(room(self.question, self.workload, self.reasons.free).sum())
        if remaining < missing:
            return f"{alone}, but only for {remaining:,} beside what this plan places"
        if partners := self._partners():
            return f"{alone}, but it comes whole with {self._names(partners)} or not at all"
        return f"{alone} and for {remaining:,} beside this plan, but no way was found that keeps all rules"

    def _room_for(self, fits: int) -> str:
        return f"{self._where()} {_has(len(self.nodes))} room for {fits:,} of {self.asked:,}"

    def _per_domain(self, level: int) -> Ints:
        """[domains]: room of its own nodes there."""
        topology = self.problem.topology
        total = np.bincount(topology.domain[level][self.nodes], self.slots, minlength=topology.sizes[level])
        return total.astype(np.int64)

    def _fixed(self, level: int, workloads: Sequence[int]) -> Ints:
        """[domains]: instances of the workloads that stand there already."""
        total = np.zeros(self.problem.topology.sizes[level], np.int64)
        domains, added, standing = self.reasons.standing.per_domain(workloads, level)
        total[domains] = standing - added
        return total

    def _names(self, workloads: Sequence[int]) -> str:
        return joined(list(dict.fromkeys(self.question.workloads[each].application for each in workloads)))

    @property
    def _whole(self) -> bool:
        """Nothing of it may be left out."""
        standing = self.reasons.standing
        return any(
            isinstance(rule, Completeness)
            and rule.minimum >= int(self.problem.count[list(rule.workloads)].sum()) + standing.fixed(rule.workloads)
            for rule in self.reasons.rules(self.workload)
        )

    def _partners(self) -> list[int]:
        """Others of its all-or-nothing rules of which something is left out."""
        return [
            other
            for rule in self.reasons.rules(self.workload)
            if isinstance(rule, Completeness)
            for other in rule.workloads
            if other != self.workload and self.reasons.standing.placed([other]) < self.problem.count[other]
        ]


def _has(count: int) -> str:
    return "has" if count == 1 else "have"
