"""Explanation: the answer to "why does it not fit", as it is printed and sent, whole or piece by piece."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt

from planner.explain.facts import Fact, Tally
from planner.manifests.application import Application
from planner.manifests.manifest import Manifest

Status = Literal["fits", "infeasible", "displaced", "unknown"]
"""displaced: it fits alone, but not beside what the plan of the whole batch places."""


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
    application: Application | None = Field(None, description="As it would have to be asked for, if it is changed.")
    least: bool = Field(description="Proven that the next smaller change of this kind is not enough.")
    instances: NonNegativeInt = Field(description="Placed with this change, children included.")
    cost: float = Field(description="Of the plan that was found, in prices of a vCPU.")


class Explanation(Manifest):
    """Of one request: an application and those that rules tie to it."""

    applications: list[str]
    status: Status
    headline: str
    conflict: Conflict | None = None
    tallies: list[Tally] = Field([])
    counter_offers: list[CounterOffer] = Field([])
    seconds: dict[str, float] = Field({})


class Group(Manifest):
    """Requests that are refused for one common cause."""

    cause: str = Field(examples=["memory in province Guangxi, carrier mobile"])
    requests: NonNegativeInt
    instances: NonNegativeInt
    applications: list[str]


class Difference(Manifest):
    """One term of the objective, less is better: `now`, and in the best plan that was found the other way."""

    name: str
    now: float
    otherwise: float


class Why(Manifest):
    """Why an application is in a place, or why not. decided: the first term that differs; none when they are equal.
    runner_up: where its instances go without this place. conflict: what makes it impossible there."""

    application: str
    place: str
    instances: NonNegativeInt = Field(description="Of it, placed there by the plan; 0: the question is why not.")
    sentences: list[str]
    terms: list[Difference] = Field([])
    decided: str | None = None
    runner_up: str | None = None
    conflict: Conflict | None = None


class Event(Manifest):
    """One thing that changed in the world since a request fitted."""

    kind: Literal["server", "site", "allocation", "capacity", "attributes"]
    subject: str
    message: str


class Since(Manifest):
    """The smallest set of changes found that breaks what fitted before. minimal: proven that each of them is needed."""

    status: Literal["broken", "fits", "never fitted", "unknown"]
    changes: list[Event]
    minimal: bool
    considered: NonNegativeInt = Field(description="Changes between the two worlds that could matter.")


class Explanations(Manifest):
    """Of all requests of a body or file; what fits is only counted. groups: when several are refused."""

    generation: str
    fits: NonNegativeInt
    refused: list[Explanation]
    groups: list[Group] = Field([])
    why: Why | None = None
    since: Since | None = None
