"""Broken soft rules: where, by how much, and in words."""

from __future__ import annotations

from planner.formulate.question import Question
from planner.inventory.snapshot import LEVELS
from planner.plans.plan import Broken
from planner.plans.violations import domain_name, names
from planner.plans.words import joined, many
from solver.objective import soft_rules
from solver.problem import Placement
from solver.standing import Standing


def broken(question: Question, placement: Placement) -> list[Broken]:
    """What the referee counts: by all that stands once the plan is carried out, in the order of the rules."""
    standing = Standing(question.problem, placement)
    return [
        Broken.model_validate(
            {
                "rule": breach.rule,
                "applications": list(names(question, breach, standing)),
                "level": LEVELS[breach.level],
                "domain": domain_name(question, breach.level, breach.domain) or None,
                "found": breach.found,
                "allowed": breach.allowed,
                "weight": soft.weight,
            }
        )
        for soft in soft_rules(question.problem)
        for breach in soft.rule.breaches(standing)
    ]


def told(row: Broken) -> str:
    """`web in site gz: 5 instances, at most 3 wanted`."""
    subject, preposition = joined(row.applications), "on" if row.level == "server" else "in"
    place = f"{row.level} {row.domain}"
    if row.rule == "together":
        return f"{subject}: {many(row.found, 'instance')} outside of {place}, where most are"
    if row.rule == "apart":
        return f"{subject} share {place}: {many(row.found, 'instance')} would have to leave"
    if row.domain is None:
        return f"{subject}: in {many(row.found, row.level)} only, at least {row.allowed:,} wanted"
    return f"{subject} {preposition} {place}: {many(row.found, 'instance')}, at most {row.allowed:,} wanted"
