"""Fewer instances: the most that fits, maximised and not bisected, for under shares more can fit where fewer do not."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import ValidationError

from planner.explain.explanation import Change, CounterOffer
from planner.explain.offers.refusal import Refusal
from planner.manifests.application import Application, Partial
from planner.manifests.quantities import MOST_INSTANCES
from planner.plans.words import many
from solver.standing import Standing

SEARCH = 3.0
"""Seconds to look for more instances."""


def fewer_instances(refusal: Refusal) -> Iterator[CounterOffer]:
    """For each application that asks for too much, with all others whole."""
    asking = {fact.subject for fact in refusal.facts if fact.kind == "demand"}
    for application in refusal.applications:
        if application.id in asking and all(entry.instances for entry in application.spec.demand):
            yield from _fewer(refusal, application)


def _fewer(refusal: Refusal, application: Application) -> Iterator[CounterOffer]:
    others = [dearer(each) for each in refusal.with_changed(welcome(application)) if each.id != application.id]
    most = refusal.attempt([welcome(application), *others], seconds=SEARCH)
    if most is None:
        return
    question, problem = most.question, most.question.problem
    standing = Standing(problem, most.placement)
    placed = [standing.placed([workload]) for workload in question.of(application.id)]
    running = question.snapshot.standing(application.id)
    total = [count + running[row] for row, count in enumerate(placed)]
    if not most.fits or not sum(placed):
        return
    edited = with_instances(application, total)
    if edited is None:
        return
    trial = refusal.seen(refusal.with_changed(edited), most) or refusal.attempt(refusal.with_changed(edited))
    if trial is None or not trial.fits:
        return
    asked = [entry.instances or 0 for entry in application.spec.demand]
    changes = [
        Change(subject=application.id, field=f"spec.demand[{row}].instances", found=f"{old:,}", offered=f"{new:,}")
        for row, (old, new) in enumerate(zip(asked, total, strict=True))
        if old != new
    ]
    told = f"{application.id}: {many(sum(total), 'instance')} instead of {sum(asked):,}"
    yield refusal.offer(trial, "instances", told, changes, most.best, edited)


def welcome(application: Application) -> Application:
    """The same, with as many instances as there can be welcome."""
    update = {"partial": Partial(minimum=1), "all_or_nothing": "application", "priority": 1}
    spec = application.spec.model_copy(update=update)
    return application.model_copy(update={"spec": spec})


def dearer(application: Application) -> Application:
    """The same, worth more than anything that could be placed instead."""
    return application.model_copy(update={"spec": application.spec.model_copy(update={"priority": MOST_INSTANCES})})


def with_instances(application: Application, instances: list[int]) -> Application | None:
    """The same for so many instances per demand entry; None when no such application can be asked for: none at all for
    an entry, or fewer than the domains that it must be in."""
    data = application.model_dump(mode="json", by_alias=True, exclude_none=True)
    for entry, count in zip(data["spec"]["demand"], instances, strict=True):
        entry["instances"] = count
    try:
        return Application.model_validate(data)
    except ValidationError:
        return None
