"""Plan: the answer to a placement question, as it is stored, printed and sent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from planner.manifests.application import Manifest
from planner.manifests.quantities import Resources
from planner.manifests.window import Instant

Then = Literal["cost", "fewest-servers", "largest-slots"]
Status = Literal["optimal", "feasible", "infeasible", "unknown"]


class SolveOptions(Manifest):
    """How to search. `effort` limits the search by work, the same everywhere; else it is limited by `timeLimit`."""

    then: Then = Field("cost", description="What to optimise once as much as possible is placed.")
    slot: Resources = Field({"cpu": 16_000, "memory": 65_536}, description="The big instance of `largest-slots`.")
    time_limit: float = Field(10.0, gt=0, le=86_400, description="Seconds.")
    gap: float | None = Field(
        None,
        ge=0,
        lt=1,
        description="Stop when every term's gap is at most this. By default nothing may be left out that fits, "
        "counts must be proven, and 1 % of cost is close enough.",
    )
    workers: int = Field(2, ge=1, le=256, description="Search lanes; part of what a result depends on.")
    seed: int = Field(0, ge=0, lt=2**31)
    effort: int | None = Field(None, ge=0, description="Rounds of improvement, instead of a time limit.")
    at: Instant | None = Field(
        None, description="Plan for the time from then on: windows that are over take no room. By default from now on."
    )


class ObjectiveTerm(Manifest):
    """One term in order of importance. `bound`: no plan is better than this on this term, given the terms before it."""

    name: str
    value: float
    bound: float
    gap: float


class PlacementRow(Manifest):
    """Instances of one application on one server. `cells`: NUMA cells that each of them takes; `demand`: position of
    the demand entry they serve, when the application has several."""

    application: str
    server: str
    instances: PositiveInt
    cells: list[NonNegativeInt] | None = None
    demand: NonNegativeInt | None = None


class Unplaced(Manifest):
    application: str
    instances: PositiveInt
    reason: str
    demand: NonNegativeInt | None = None


class Parameters(Manifest):
    """What the result depends on besides its world: enough to make it again."""

    then: Then
    slot: Resources
    seed: int
    workers: int
    effort: int
    at: Instant | None = Field(None, description="Where windows played a part: earlier times did not count.")


class Plan(Manifest):
    plan: str
    generation: str
    status: Status
    objective: list[ObjectiveTerm]
    gap: float
    placements: list[PlacementRow]
    unplaced: list[Unplaced]
    parameters: Parameters
    seconds: dict[str, float]
