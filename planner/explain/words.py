"""Facts in words: who or what each is about, the numbers in it, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from planner.explain.conditions import Condition
from planner.explain.facts import ELSEWHERE, Fact, Kind
from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS
from planner.manifests.application import Application
from planner.manifests.quantities import written
from planner.plans.room import room, scarce
from planner.plans.violations import domain_name
from planner.plans.words import joined, many
from solver.constraints import Apart, Children, Quota, Rule, Spread, Standby, Survival, Together
from solver.problem import Ids, Ints


def owed(question: Question, application: Application, least: int) -> Fact:
    amounts = application.spec.resources
    each = ", ".join(f"{name} {written(name, amount)}" for name, amount in amounts.items() if amount)
    some = "at least " if application.spec.partial else ""
    more = " more" if question.snapshot.standing(application.id).total() else ""
    return Fact(
        kind="demand",
        subject=application.id,
        message=f"{application.id} asks for {some}{least:,}{more} {_plural('instance', least)} of {each}",
        numbers={"instances": least},
    )


def where(question: Question, condition: Condition) -> Fact:
    """How many servers and sites meet this condition, whatever the others say."""
    snapshot = question.snapshot
    open_ones = condition.meets & snapshot.usable
    sites = len(np.unique(snapshot.inventory.servers.site[open_ones]))
    servers = int(open_ones.sum())
    counted = f"{many(sites, 'site')}, {many(servers, 'server')} online"
    return Fact(
        kind=condition.kind,
        subject=condition.application,
        message=f"{condition.application} may only be {whereabouts([condition])}: {counted}",
        field=condition.field,
        numbers={"sites": sites, "servers": servers},
    )


def whereabouts(conditions: Sequence[Condition]) -> str:
    """`in province Guangdong, carrier telecom, with gpu.t4`."""
    words = ", ".join(condition.words for condition in conditions)
    return f"in {words}" if conditions and conditions[0].kind == "where" else words


def room_of(question: Question, slots: Mapping[int, Ints], nodes: Ids, level: int, domain: int) -> Fact:
    """level, domain: whose room it is; -1 for servers that nobody may use. slots: of each workload that wants
    something, on its own nodes."""
    numbers = {"servers": float(len(nodes))}
    if level < 0:
        return Fact(kind="room", subject=ELSEWHERE, message="the other servers have limited room", numbers=numbers)
    told: dict[str, int] = {}
    for workload, fits in slots.items():
        application = question.workloads[workload].application
        here = int(fits[np.isin(question.problem.allowed[workload], nodes)].sum())
        told[application] = max(told.get(application, 0), here)
    name = domain_name(question, level, domain)
    subject = name if LEVELS[level] == "site" else f"{LEVELS[level]} {name}"
    words = joined([f"{fits:,} of {application}" for application, fits in told.items()], "or")
    numbers |= {f"slots.{application}": fits for application, fits in told.items()}
    return Fact(kind="room", subject=subject, message=f"{subject} has room for {words}", numbers=numbers)


def rooms_together(question: Question, workload: int, rooms: Sequence[tuple[Fact, Ids]]) -> str:
    """Several rooms in one sentence, about one workload, on the servers that the question leaves it."""
    application = question.workloads[workload].application
    allowed = question.problem.allowed[workload]
    slots = room(question, workload, question.problem.capacity)
    inside = [np.isin(allowed, nodes) for _, nodes in rooms]
    counts = [int(slots[mine].sum()) for mine in inside]
    servers = sum(int(mine.sum()) for mine in inside)
    listed = sorted(zip(counts, (fact.subject for fact, _ in rooms), strict=True), reverse=True)
    named = joined([f"{subject} {count:,}" for count, subject in listed if count], most=4)
    detail = f": {named}" if len(listed) > 1 and named else ""
    first = rooms[0][0].subject
    noun = first.split()[0] if " " in first else "site"
    place = f"the {servers:,} servers in {many(len(rooms), noun)}" if len(rooms) > 1 else first
    told = f"{place} {'have' if len(rooms) > 1 else 'has'} room for {sum(counts):,} of {application}{detail}"
    return f"{told}; {runs_out(question, workload)}"


def runs_out(question: Question, workload: int) -> str:
    name, servers = scarce(question, workload)
    return f"{name} runs out first on {servers:,} of {len(question.problem.allowed[workload]):,} servers"


def ruled(question: Question, rule: Rule) -> Fact:
    """One limit of one rule."""
    names = joined(list(dict.fromkeys(question.workloads[row].application for row in rule.subjects)))
    kind, words, numbers = _rule(question, rule)
    return Fact(kind=kind, subject=names, message=words.format(names=names), numbers=numbers)


def _rule(question: Question, rule: Rule) -> tuple[Kind, str, dict[str, float]]:
    level = LEVELS[getattr(rule, "level", 0)]
    one = f"{'on' if level == 'server' else 'in'} one {level}"
    if isinstance(rule, Spread):
        return _spread(question, rule, level, one)
    if isinstance(rule, Survival):
        total = _total(question, rule.workloads)
        keep, most = rule.needed(total), total - rule.needed(total)
        lost = f"any {many(rule.count, level)}" if rule.count > 1 else f"any {level}"
        told = f"{{names}} must keep {keep:,} of {total:,} instances after losing {lost}: at most {most:,} there"
        return "survives", told, {"keep": keep, "instances": total, "losses": rule.count, "most": most}
    if isinstance(rule, Standby):
        total = _total(question, rule.workloads)
        keep = rule.needed(total)
        told = f"{keep:,} of {total:,} instances of {{names}} must run again on standby room after losing any {level}"
        return "survives", told, {"keep": keep, "instances": total, "losses": 1}
    if isinstance(rule, Together):
        return "together", f"all instances of {{names}} must be {one}", {}
    if isinstance(rule, Apart):
        parts = [
            joined(list(dict.fromkeys(question.workloads[row].application for row in part))) for part in rule.parts
        ]
        return "apartFrom", f"{joined(parts)} must not share a {level}", {}
    if isinstance(rule, Children):
        child = question.workloads[rule.child].application
        masters = joined(list(dict.fromkeys(question.workloads[row].application for row in rule.masters)))
        if rule.ratio is not None:
            told = f"one {child} for {many(rule.ratio, 'instance')} of {masters} is needed in the same {level}"
            return "master", told, {"ratio": rule.ratio}
        told = f"{many(rule.each or 0, 'instance')} of {child} are needed in each {level} of {masters}"
        return "master", told, {"perSite": rule.each or 0}
    assert isinstance(rule, Quota)
    return "instancesPerSite", f"{{names}} wants {rule.each:,} in every {level} that it may use", {"each": rule.each}


def _spread(question: Question, rule: Spread, level: str, one: str) -> tuple[Kind, str, dict[str, float]]:
    total = _total(question, rule.workloads)
    if rule.share is not None:
        part, most = rule.share[0] / rule.share[1], total * rule.share[0] // rule.share[1]
        told = f"at most {100 * part:g} % of {{names}} may be {one}: {most:,} of {total:,}"
        return "spread.maxShare", told, {"share": part, "most": most, "instances": total}
    if rule.least is not None:
        return "spread.minDomains", f"{{names}} must be in at least {many(rule.least, level)}", {"domains": rule.least}
    return "spread.maxInstances", f"at most {rule.most or 0:,} of {{names}} may be {one}", {"most": rule.most or 0}


def _total(question: Question, workloads: Sequence[int]) -> int:
    """Instances of a rule when nothing is left out."""
    standing = np.isin(question.problem.owner(question.problem.fixed.mode), workloads)
    fixed = int(question.problem.fixed.instances[standing].sum())
    return int(question.problem.count[list(workloads)].sum()) + fixed


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"


def in_one(question: Question, workload: int, level: int) -> str:
    """The most that one domain of the level takes."""
    nodes = question.problem.allowed[workload]
    slots = room(question, workload, question.problem.capacity)
    domains, position = np.unique(question.problem.topology.domain[level][nodes], return_inverse=True)
    total = np.bincount(position, slots)
    best = domain_name(question, level, int(domains[int(np.argmax(total))]))
    application = question.workloads[workload].application
    counted = many(len(domains), LEVELS[level])
    return f"none of the {counted} has room for more than {int(total.max()):,} of {application}: {best} has most"
