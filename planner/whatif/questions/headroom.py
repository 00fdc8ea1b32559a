"""Headroom: how many more of a shape, where, and until when, if what runs grows by so much a month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import Field

from planner.manifests.manifest import Manifest
from planner.whatif.base import Base
from planner.whatif.manifest import Change, Entry, Grow
from planner.whatif.names import known
from planner.whatif.result import JobResult, Refused

Where = Mapping[str, list[str]]


class PlaceHeadroom(Manifest):
    """Of one place: instances of the shape that fit on its servers, and the servers that take any."""

    place: str
    headroom: int
    servers: int
    sites: int


class Month(Manifest):
    """So many months on: `factor` times what runs. headroom: of the shape, beside what was placed."""

    month: int
    factor: float
    placed: int
    refused: int
    headroom: int


class Headroom(Manifest):
    """Exact where nothing else is asked for: instances of one shape do not get in each other's way. until: the last
    month in which all that grew finds a place; None where none was asked about. first: what is refused first."""

    shape: dict[str, int]
    where: dict[str, list[str]]
    headroom: int
    places: list[PlaceHeadroom]
    stranded: dict[str, int] = Field(description="Free amounts that no more instances of the shape can use.")
    growth: float | None = None
    months: list[Month] = Field([])
    until: int | None = None
    first: list[Refused] = Field([])


def months(growth: float, horizon: int, where: Where) -> list[Entry]:
    """growth: a month, 0.05 is 5 %."""
    return [
        Entry(
            name=f"month {month}",
            changes=[Change(grow=Grow(factor=(1 + growth) ** month, where=dict(where)))],
            replan="new-demand",
        )
        for month in range(1, horizon + 1)
    ]


def headroom(base: Base, where: Where, by: str, growth: float | None = None, job: JobResult | None = None) -> Headroom:
    """by: a site attribute, or `site`. job: of `months`. Raises InvalidInput when there is no such attribute."""
    sites = base.snapshot.inventory.sites
    known([by, *where], ("site", *sites.attributes), "attribute")
    usable = base.snapshot.matches(where)
    told = _months(job) if job else []
    good = [each.month for each in told if not each.refused]
    bad = next((each for each in job.scenarios if each.refused), None) if job else None
    stranded = base.stranded[usable].sum(axis=0).tolist()
    return Headroom(
        shape=dict(base.shape.amounts),
        where=dict(where),
        headroom=int(base.slots[usable].sum()),
        places=_places(base, usable, by),
        stranded=dict(zip(base.shape.amounts, stranded, strict=True)),
        growth=growth,
        months=told,
        until=_until(told, good) if told else None,
        first=bad.refused[:5] if bad else [],
    )


def _until(told: Sequence[Month], good: Sequence[int]) -> int:
    """The last month before the first that refuses something."""
    refusing = [each.month for each in told if each.refused]
    return min(refusing) - 1 if refusing else max(good)


def _places(base: Base, usable: np.ndarray, by: str) -> list[PlaceHeadroom]:
    """The largest first; those without any left out."""
    inventory = base.snapshot.inventory
    names = list(inventory.sites.name) if by == "site" else list(inventory.sites.attributes[by])
    values = sorted(set(names))
    code = np.array([values.index(name) for name in names])[inventory.servers.site]
    slots = np.where(usable, base.slots, 0)
    total = np.bincount(code, slots, len(values)).astype(np.int64)
    some = np.bincount(code, slots > 0, len(values)).astype(np.int64)
    found = [
        PlaceHeadroom(
            place=values[row] or "(none)",
            headroom=int(total[row]),
            servers=int(some[row]),
            sites=len(np.unique(inventory.servers.site[(code == row) & (slots > 0)])),
        )
        for row in np.flatnonzero(total).tolist()
    ]
    return sorted(found, key=lambda each: (-each.headroom, each.place))


def _months(job: JobResult) -> list[Month]:
    found = []
    for each in job.scenarios:
        grow = each.changes[0].grow
        if each.score is not None and grow is not None:
            score, month = each.score, int(each.name.split()[-1])
            found.append(
                Month(
                    month=month,
                    factor=grow.factor,
                    placed=score.placed,
                    refused=score.refused,
                    headroom=score.headroom,
                )
            )
    return found
