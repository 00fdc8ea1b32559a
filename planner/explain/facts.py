"""Facts and tallies, as an explanation prints and sends them; how they are found is told elsewhere."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt

from planner.manifests.manifest import Manifest

ELSEWHERE = "elsewhere"
"""Whose room it is where nothing that is asked for may go."""
Kind = Literal[
    "demand", "where", "within", "requires", "forbids", "numaCells", "gpu", "window", "room", "spread.maxInstances",
    "spread.maxShare", "spread.minDomains", "survives", "together", "apartFrom", "master", "instancesPerSite",
]  # fmt: skip


class Fact(Manifest):
    """One thing that is true and, with the others of a conflict, leaves no way."""

    kind: Kind
    subject: str = Field(description="An application, or the place whose room it is.")
    message: str
    field: str = Field("", description="Where the manifest says so, for a condition on places.")
    numbers: dict[str, float] = Field({}, description="Instances, sites, servers, shares, as the kind has them.")


class Cause(Manifest):
    """servers: those for which this is the first cause in the order of the tally; a site counts with its last server.
    alone: those that nothing else rules out."""

    cause: str
    servers: NonNegativeInt
    sites: NonNegativeInt
    servers_alone: NonNegativeInt
    sites_alone: NonNegativeInt


class Tally(Manifest):
    """Of one application. servers, sites: those with room for one instance at least, and slots: how many they have."""

    application: str
    causes: list[Cause]
    servers: NonNegativeInt
    sites: NonNegativeInt
    slots: NonNegativeInt
    of_servers: NonNegativeInt
    of_sites: NonNegativeInt
