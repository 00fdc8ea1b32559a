"""Serving: who answers whom, as printed and sent."""

from __future__ import annotations

from pydantic import Field, NonNegativeInt

from planner.manifests.manifest import Manifest


class Answer(Manifest):
    """Users of one province and carrier that a site answers. share: of that province's and carrier's users."""

    province: str
    carrier: str
    site: str
    users: NonNegativeInt
    share: float
    latency_ms: float


class Overflow(Manifest):
    """Users that no site with room may answer."""

    province: str
    carrier: str
    users: NonNegativeInt


class ServingPlan(Manifest):
    """No other way answers more users, and none that answers so many is nearer: both are proven.

    room: users that all instances together can answer. mean: milliseconds, of all who are answered.
    """

    application: str
    users: NonNegativeInt
    answered: NonNegativeInt
    room: NonNegativeInt
    per_instance: int = Field(description="Users that an instance can answer.")
    mean_latency_ms: float
    answers: list[Answer]
    overflow: list[Overflow]
