"""Plan: the answer to a placement question, as it is stored, printed and sent."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, NonNegativeInt, PositiveInt

from planner.manifests.limits import Level
from planner.manifests.manifest import Manifest
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
    moves: int = Field(
        0, ge=0, le=10_000, description="Instances that run and may move, so that more fits or rules are kept better."
    )


class ObjectiveTerm(Manifest):
    """One term in order of importance. `bound`: no plan is better than this on this term, given the terms before it."""

    name: str
    value: float
    bound: float
    gap: float


class PlacementRow(Manifest):
    """Instances of one application on one server. `cells`: NUMA cells that each of them takes; `devices`: GPUs of the
    server, by number: the one that each of them has its share of, or all whole ones that they have together; `demand`:
    position of the demand entry they serve, when the application has several."""

    application: str
    server: str
    instances: PositiveInt
    cells: list[NonNegativeInt] | None = None
    devices: list[NonNegativeInt] | None = None
    demand: NonNegativeInt | None = None


class Lost(Manifest):
    """What is lost: a domain by its name, such as site `gz-telecom-2`."""

    level: Level
    domain: str


class StandbyRow(Manifest):
    """Room for instances of one application on one server, where they start should this be lost. Rows of different
    losses share their room. `cells`, `demand`: as in a placement."""

    lost: Lost
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


class Move(Manifest):
    """Instances that leave one server for another. `fromCells`, `cells`: NUMA cells that each of them takes here and
    there; `demand`: as in placements, which cover the new places."""

    application: str
    source: str = Field(alias="from")
    target: str = Field(alias="to")
    instances: PositiveInt
    from_cells: list[NonNegativeInt] | None = None
    cells: list[NonNegativeInt] | None = None
    demand: NonNegativeInt | None = None

    @property
    def leaving(self) -> PlacementRow:
        return self._row(self.source, self.from_cells)

    @property
    def coming(self) -> PlacementRow:
        return self._row(self.target, self.cells)

    def _row(self, server: str, cells: list[int] | None) -> PlacementRow:
        return PlacementRow(
            application=self.application, server=server, instances=self.instances, cells=cells, demand=self.demand
        )


class Broken(Manifest):
    """One place where the plan breaks a soft rule, by |found - allowed| instances or domains, each of this weight.

    `spread`: instances in the domain, or, without one, domains in use. `together`: instances outside of the domain
    where most are. `apart`: instances in the domain that share it with a larger party.
    """

    rule: Literal["spread", "together", "apart"]
    applications: list[str]
    level: Level
    domain: str | None = None
    found: int
    allowed: int
    weight: int


class Parameters(Manifest):
    """What the result depends on besides its world: enough to make it again."""

    then: Then
    slot: Resources
    seed: int
    workers: int
    effort: int
    at: Instant | None = Field(None, description="Where windows played a part: earlier times did not count.")
    moves: int = 0


class Plan(Manifest):
    plan: str
    generation: str
    status: Status
    objective: list[ObjectiveTerm]
    gap: float
    placements: list[PlacementRow]
    unplaced: list[Unplaced]
    moves: list[Move] = Field([], description="Of what runs; the placements cover the new places.")
    broken: list[Broken] = Field([], description="Soft rules that the plan breaks, by all that stands.")
    standby: list[StandbyRow] = Field([], description="Room set aside for restarts, by what may be lost.")
    parameters: Parameters
    seconds: dict[str, float]
