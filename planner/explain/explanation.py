"""Explanation: the answer to "why does it not fit", as it is printed and sent, whole or piece by piece."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt

from planner.explain.tally import Tally
from planner.explain.words import Fact
from planner.manifests.application import Manifest

Status = Literal["fits", "infeasible", "unknown"]


class Conflict(Manifest):
    """Facts that cannot all be true. `minimal`: proven that without any one of them the others can."""

    facts: list[Fact]
    sentences: list[str] = Field(description="The same for people, the most important first, rooms and places joined.")
    proven: bool
    minimal: bool
    engine: Literal["bounds", "proof"] = Field(description="bounds: in closed form; proof: confirmed by CP-SAT.")


class Change(Manifest):
    """What a counter-offer changes: a field of an application, or something in the world."""

    subject: str = Field(description="An application, or a site.")
    field: str = Field(examples=["spec.spread[0].maxShare", "spec.demand[0].instances", "servers"])
    found: str
    offered: str


class CounterOffer(Manifest):
    """A change with which everything fits; solved again on servers and passed by the referee."""

    kind: str = Field(examples=["instances", "spread.maxShare", "where", "capacity", "release"])
    message: str
    changes: list[Change]
    least: bool = Field(description="Proven that the next smaller change of this kind is not enough.")
    instances: NonNegativeInt = Field(description="Placed with this change, children included.")
    cost: float = Field(description="Of the plan that was found, in prices of a vCPU.")


class Explanation(Manifest):
    """Of one request: an application and those that rules tie to it."""

    applications: list[str]
    status: Status
    headline: str
    conflict: Conflict | None = None
    tallies: list[Tally] = []
    counter_offers: list[CounterOffer] = []
    seconds: dict[str, float] = {}


class Group(Manifest):
    """Requests that are refused for one common cause."""

    cause: str
    requests: NonNegativeInt
    instances: NonNegativeInt
    applications: list[str]


class Explanations(Manifest):
    """Of all requests of a body or file; what fits is only counted. groups: when several are refused."""

    generation: str
    fits: NonNegativeInt
    refused: list[Explanation]
    groups: list[Group] = []
