"""Result: what a job found out, scenario by scenario, as it is stored, printed and sent."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, NonNegativeInt, ValidationError

from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.manifest import Manifest
from planner.manifests.quantities import written
from planner.whatif.manifest import Change, Replan

WHOLE = "result.json"


class Refused(Manifest):
    """Instances of one demand entry that find no place. scope: where they might go. vcpu: of all of them. reservation:
    that promised them. Of bulk amounts of one there are no instances, but `amounts` in base units, and the tenant
    stands for the application."""

    tenant: str
    application: str
    demand: NonNegativeInt = 0
    scope: str
    instances: int
    vcpu: float
    reason: str
    reservation: str | None = None
    amounts: dict[str, int] | None = None

    @property
    def told(self) -> str:
        """How much, and of which reservation."""
        much = ", ".join(f"{name} {written(name, amount)}" for name, amount in (self.amounts or {}).items())
        return (much or f"{self.instances:,}") + (f" of reservation {self.reservation}" if self.reservation else "")


class Broken(Manifest):
    """A promise that the scenario breaks: fewer instances run, or have room reserved, than it says. proven: there is no
    plan that keeps it and refuses no more in all. Bulk amounts are told by resource, in base units."""

    tenant: str
    application: str
    promise: str = Field(examples=["survives loss of a site: 80 %", "everything that runs", "reservation later"])
    needed: int
    left: int
    proven: bool = True


class Lost(Manifest):
    """What the changes take away. vcpu: of the instances that ran. reserved: instances that reservations promised;
    amounts: in base units, that they promised in bulk."""

    sites: int = 0
    servers: int = 0
    instances: int = 0
    vcpu: float = 0.0
    reserved: int | None = None
    amounts: dict[str, int] | None = None


class Score(Manifest):
    """Instances, unless another unit is told.

    placed: of all that the scenario plans again or anew; refused: the rest; at least: no plan refuses fewer, by worth.
    What reservations promise counts as what runs does; amounts: bulk ones that find no room, in base units.
    restarted: on standby. moves: of what runs and could stay. cost: of what is placed, in prices of a vCPU, with its
    bound. stranded: free amounts, in base units, that no more instances of the job's shape can use; headroom: how many
    more of these fit.
    """

    asked: int
    placed: int
    refused: int
    refused_vcpu: float
    amounts: dict[str, int] | None = None
    proven: bool = Field(description="No plan refuses less (by worth).")
    restarted: int = 0
    moves: int = 0
    cost: float = 0.0
    cost_bound: float = 0.0
    stranded: dict[str, int] = Field({})
    headroom: int = 0


class ScenarioResult(Manifest):
    """failed: it could not be worked out, and `error` says why. conflict: what binds where most is refused.
    seconds: of processor time, the one thing that differs from run to run."""

    name: str
    status: Literal["done", "failed"] = "done"
    error: str | None = None
    replan: Replan
    changes: list[Change] = Field([])
    lost: Lost = Lost()
    score: Score | None = None
    refused: list[Refused] = Field([])
    broken: list[Broken] = Field([])
    conflict: list[str] = Field([])
    seconds: float = 0.0


class Place(Manifest):
    """A site of the base, for the map: amounts in base units, of servers that are online."""

    site: str
    region: str
    province: str
    city: str
    carrier: str
    latitude: float | None
    longitude: float | None
    servers: int
    capacity: dict[str, int]
    used: dict[str, int]


class BaseResult(Manifest):
    """What every scenario starts from. headroom, stranded: as in a score."""

    generation: str
    sites: int
    servers: int
    applications: int
    instances: int
    headroom: int
    stranded: dict[str, int]
    places: list[Place]


class JobResult(Manifest):
    """digest: of the job and its base; the same for the same questions. scenarios: in the order of the job; those that
    were not worked out yet are missing. outcome: a digest of all that the scenarios say, without their times."""

    kind: Literal["WhatIfResult"] = "WhatIfResult"
    name: str
    digest: str
    total: int
    done: int
    failed: int
    outcome: str
    base: BaseResult
    scenarios: list[ScenarioResult]

    def keep(self, folder: Path) -> None:
        """Beside the lines of the scenarios, whole."""
        draft = folder / f".{WHOLE}"
        draft.write_text(self.model_dump_json(by_alias=True, exclude_none=True) + "\n", "utf-8")
        draft.replace(folder / WHOLE)

    @staticmethod
    def kept(folder: Path) -> JobResult:
        """Raises FileNotFoundError, and InvalidInput when it is no result."""
        path = folder / WHOLE
        try:
            return JobResult.model_validate_json(path.read_text("utf-8"))
        except ValidationError as error:
            raise InvalidInput([InputProblem(str(path), None, "", "another file", "the result of a run")]) from error
