"""Serving: of every province and carrier, which sites of an application answer its users: the nearest with room."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from planner.inventory.inventory import Inventory
from planner.inventory.latency import round_trip
from planner.manifests.demand import Users as Whom
from planner.manifests.errors import InputProblem, InvalidInput
from planner.serving.result import Answer, Overflow, ServingPlan
from planner.serving.users import Users
from solver.problem import Ints
from solver.serving import serve

SPARE = 1.25
"""Room for users beside those that there are, where nobody says how many an instance can answer."""
MICRO = 1000
"""Microseconds in a millisecond: latency is counted in whole ones."""


def plan_serving(
    inventory: Inventory,
    application: str,
    instances: Counter[str],
    users: Users,
    per_instance: int | None = None,
    within_ms: float | None = None,
) -> ServingPlan:
    """instances: of the application, by site. per_instance: users that each can answer. within_ms: no user is answered
    from farther away. Raises InvalidInput for an application without instances."""
    total = sum(instances.values())
    if not total:
        found = f"no instance of '{application}'"
        raise InvalidInput([InputProblem("request", None, "application", found, "one that is placed")])
    each = per_instance or max(int(-(-SPARE * sum(users.values()) // total)), 1)
    groups = [key for key, count in users.items() if count]
    rows = [row for row, name in enumerate(inventory.sites.name) if instances[name]]
    latency = _latency(inventory, groups, rows, within_ms)
    room = np.array([instances[inventory.sites.name[row]] * each for row in rows], np.int64)
    served = serve(np.array([users[key] for key in groups], np.int64), room, latency)
    answered = int(served.users.sum())
    columns = served.group.tolist(), served.site.tolist(), served.users.tolist()
    return ServingPlan(
        application=application,
        users=sum(users.values()),
        answered=answered,
        room=int(room.sum()),
        per_instance=each,
        mean_latency_ms=round(served.cost / MICRO / max(answered, 1), 3),
        answers=[
            Answer(
                province=groups[group][0],
                carrier=groups[group][1],
                site=inventory.sites.name[rows[site]],
                users=count,
                share=round(count / users[groups[group]], 6),
                latency_ms=int(latency[group, site]) / MICRO,
            )
            for group, site, count in zip(*columns, strict=True)
        ],
        overflow=[
            Overflow(province=key[0], carrier=key[1], users=count)
            for key, count in zip(groups, served.left.tolist(), strict=True)
            if count
        ],
    )


def _latency(
    inventory: Inventory, groups: Sequence[tuple[str, str]], rows: Sequence[int], within_ms: float | None
) -> Ints:
    """[groups, sites]: microseconds; -1 where it is not known, or too far."""
    table = np.full((len(groups), len(rows)), -1, np.int64)
    for position, (province, carrier) in enumerate(groups):
        trip = round_trip(inventory.sites, Whom.model_validate({"province": province, "carrier": carrier}))[list(rows)]
        known = np.isfinite(trip) & (trip <= (within_ms or np.inf))
        table[position, known] = np.round(trip[known] * MICRO).astype(np.int64)
    return table
