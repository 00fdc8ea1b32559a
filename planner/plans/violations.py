"""Violations in words: what is wrong, where, and by how much."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from planner.formulate.question import Question
from planner.inventory.calendar import clock
from planner.inventory.devices import gpus_of
from planner.inventory.domains import NAMELESS
from planner.inventory.latency import round_trip
from planner.inventory.snapshot import LEVELS
from planner.inventory.units import NAMES
from planner.plans.standby import after
from planner.plans.words import joined, many, milliseconds, whom
from solver.problem import Violation
from solver.standing import Standing


def amounts(question: Question, violation: Violation) -> tuple[int, int]:
    """(found, allowed): instances, domains or parts as the family counts them; amounts of a resource in base units."""
    if violation.resource < 0:
        return violation.found, violation.allowed
    units, rate = question.snapshot.units, int(question.problem.rate[violation.domain])
    column = question.segments.base(violation.resource)
    taken = units.base(column, rate, violation.found, up=True)
    return taken, units.base(column, rate, violation.allowed)


def names(question: Question, violation: Violation, standing: Standing) -> tuple[str, ...]:
    """The applications that the violation speaks about: where they share a domain, those that stand there."""
    workloads = violation.workloads
    if violation.rule in ("apart", "spread") and violation.domain >= 0:
        workloads = tuple(row for row in workloads if _stands(standing, row, violation))
    return tuple(dict.fromkeys(question.workloads[row].application for row in workloads))


def _stands(standing: Standing, workload: int, violation: Violation) -> bool:
    domains, _, _ = standing.per_domain([workload], violation.level)
    return bool((domains == violation.domain).any())


def sentence(question: Question, violation: Violation, applications: tuple[str, ...]) -> str:
    """`web on server a1: 3 instances, at most 2 per server`."""
    *masters, child = applications
    subject = child if violation.rule == "children" else joined(applications)
    where = domain_name(question, violation.level, violation.domain)
    level = _level(violation)
    place = f" {'on' if level == 'server' else 'in'} {level} {where}" if where else ""
    what = _child(violation, masters) if violation.rule == "children" else _what(question, violation)
    return f"{subject}{place}: {what}" + (f", {then}" if (then := after(question, violation)) else "")


def domain_name(question: Question, level: int, domain: int) -> str:
    """The name that people know a domain by; empty for everywhere."""
    if level < 0 or domain < 0:
        return ""
    inventory = question.snapshot.inventory
    domains = question.problem.topology.domain[level]
    node = int(np.argmax(domains == domain))
    site = int(inventory.servers.site[node])
    match LEVELS[level]:
        case "server":
            return inventory.servers.name[node]
        case "rack":
            return f"{inventory.sites.name[site]}/{inventory.servers.rack[node]}"
        case "site":
            return inventory.sites.name[site]
        case "city":
            path = [inventory.sites.attributes[name][site] for name in ("province", "city")]
            return "/".join(filter(None, path)) or NAMELESS
        case attribute:
            return inventory.sites.attributes[attribute][site] or NAMELESS


def _level(violation: Violation) -> str:
    return LEVELS[violation.level] if violation.level >= 0 else ""


def _what(question: Question, violation: Violation) -> str:
    found, allowed = amounts(question, violation)
    level = _level(violation)
    match violation.rule:
        case "capacity":
            return _too_much(question, violation, found, allowed)
        case "eligibility":
            return f"{many(found, 'instance')} where {_obstacle(question, violation)}"
        case "demand":
            return (
                f"{many(found, 'instance')} placed, {'at most' if found > allowed else 'at least'} {allowed:,} wanted"
            )
        case "spread" if violation.domain < 0:
            return f"in {many(found, level)} only, at least {allowed:,} required"
        case "spread":
            return f"{many(found, 'instance')}, at most {allowed:,} per {level}"
        case "survival":
            return (
                f"{many(found, 'instance')} may remain after the worst loss of a {level}, at least {allowed:,} required"
            )
        case "standby":
            return f"{many(found, 'instance')} may run again after its loss, at least {allowed:,} required"
        case "restart-surplus":
            return f"standby for {many(found, 'instance')} after its loss, which takes {allowed:,} that have standby"
        case "restart-inside":
            return f"standby for {many(found, 'instance')} inside of what is lost"
        case "restart-eligibility":
            return f"standby for {many(found, 'instance')} where {_obstacle(question, violation)}"
        case "restart-capacity":
            return _too_much(question, violation, found, allowed)
        case "together":
            return f"split over {many(found, level)}, all must be in one"
        case "apart":
            return f"{found:,} parties that must be apart share the {level}"
        case "moves":
            return f"{many(found, 'instance')} moved, at most {allowed:,} may"
        case "completeness":
            return f"{many(found, 'instance')} only, at least {allowed:,} or none at all"
        case _:
            return f"{many(found, 'instance')}, exactly {allowed:,} or none per {level}"


def _too_much(question: Question, violation: Violation, found: int, allowed: int) -> str:
    units, column = question.snapshot.units, question.segments.base(violation.resource)
    cell = units.cell(column)
    inside = "" if cell is None else f" in NUMA cell {cell}"
    note = units.footnote(column, int(question.problem.rate[violation.domain]))
    name = units.resource(column)
    taken = units.told(column, found) + (f" of {name}" if name in NAMES else "")
    when = question.segments.told(violation.resource, np.array([violation.domain], np.int32))
    return f"{taken} taken{inside}{note}{when}, {allowed:,} free"


def over(question: Question, application: str) -> str:
    """Why there is no time left for the application."""
    window = question.windows[application]
    end = f", it ended at {clock(window.end)}" if window and window.end else ""
    return f"its window is over{end}"


def _child(violation: Violation, masters: Sequence[str]) -> str:
    master = f"the master {joined(masters)}"
    if not violation.allowed:
        return f"{many(violation.found, 'instance')} without {master}"
    return f"{many(violation.found, 'instance')}, {master} needs {violation.allowed:,} there"


def _obstacle(question: Question, violation: Violation) -> str:
    """The first of the application's own conditions that the server does not meet."""
    snapshot, server = question.snapshot, violation.domain
    asked = question.workloads[violation.workloads[0]]
    spec = question.applications[asked.application].spec
    inventory = snapshot.inventory
    if not snapshot.usable[server]:
        site = int(inventory.servers.site[server])
        offline = inventory.sites.state[site]
        return f"the site is {offline}" if offline != "online" else f"the server is {inventory.servers.state[server]}"
    if question.over(asked.application):
        return over(question, asked.application)
    entry = spec.demand[asked.demand] if spec.demand else None
    for key, values in (entry.where if entry else {}).items():
        if not snapshot.matches({key: values})[server]:
            return f"{key} is not {joined(values, 'or')}"
    if entry and entry.within and not snapshot.matches({}, entry.within)[server]:
        latency = float(round_trip(inventory.sites, entry.within.of)[inventory.servers.site[server]])
        far = f"is {milliseconds(latency)} away" if np.isfinite(latency) else "may be far: the site has no coordinates"
        return f"{whom(entry.within.of)} {far}, at most {entry.within.latency_ms:g} ms wanted"
    for capability in spec.requires:
        if capability not in snapshot.offers or not snapshot.offers[capability][server]:
            return f"{capability} is required but not offered"
    for capability in spec.forbids:
        if capability in snapshot.offers and snapshot.offers[capability][server]:
            return f"{capability} is offered but forbidden"
    if gpus := gpus_of(spec):
        if snapshot.devices.count[server] < gpus:
            return f"{many(gpus, 'GPU')} are required, the server has {snapshot.devices.count[server]}"
        if not snapshot.with_gpus(gpus, spec.gpu_models)[server]:
            return f"the GPUs are not of model {joined(spec.gpu_models, 'or')}"
    return f"{spec.numa_cells} NUMA cells are required, the server has {snapshot.cells[server]}"
