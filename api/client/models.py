"""What the service answers besides plans and explanations. A newer service may say more: it is kept, not refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from planner.explain.explanation import Explanations
from planner.plans.plan import Plan

Model = TypeVar("Model")


class Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow", alias_generator=to_camel, populate_by_name=True)


class BookedRow(Answer):
    """Instances of an application on a server, or bulk amounts there."""

    server: str
    application: str | None = None
    instances: int | None = None
    amounts: dict[str, str] | None = None
    cells: list[int] | None = None
    demand: int | None = None


class Booking(Answer):
    """An allocation, a reservation or a hold. end: None, it has none. plan: what it follows from. generation: of the
    books since it was written."""

    id: str
    kind: Literal["allocation", "reservation", "hold"]
    state: str
    tenant: str
    name: str
    start: datetime
    end: datetime | None = None
    expires: datetime | None = None
    degraded: bool = False
    generation: int | None = None
    plan: str | None = None
    placements: list[BookedRow] = []


State = Literal["waiting", "running", "done", "cancelled", "failed"]


class Search(Answer):
    """A plan, or an explanation, that was asked for without waiting: how it goes and, at its end, what came of it.
    progress: stage, gap, objective and seconds, as far as they are known. problem: why it failed."""

    id: str
    kind: Literal["plan", "explanation"]
    state: State
    asked: datetime
    progress: dict[str, Any] | None = None
    plan: Plan | None = None
    booking: Booking | None = None
    explanations: Explanations | None = None
    problem: dict[str, Any] | None = None

    @property
    def open(self) -> bool:
        return self.state in ("waiting", "running")


class Event(Answer):
    """What whoever watches a search is told. event: progress, or the state that it ended in."""

    id: str
    event: Literal["progress", "done", "cancelled", "failed"]
    state: State
    location: str
    progress: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None


class Released(Answer):
    """instances: that ended. remaining: that still run."""

    application: str
    instances: int
    remaining: int


class Delivery(Answer):
    """plan: that placed something last. sites: instances by site and server. annotations: of the manifest."""

    application: str
    plan: str
    annotations: dict[str, str] = {}
    sites: dict[str, dict[str, int]]


class DeliverySite(Answer):
    cluster: str = ""
    state: str = "online"
    offers: list[str] = []


class Deliveries(Answer):
    """plan: that was made by the request; None when nothing had to be placed. sites: those of the applications."""

    generation: int
    plan: str | None = None
    applications: list[Delivery]
    sites: dict[str, DeliverySite]


class Imported(Answer):
    """Sites and servers that came or changed."""

    sites: int
    servers: int
    generation: int


class Health(Answer):
    status: str
    generation: str
    sites: int
    servers: int


class Site(Answer):
    """free: in total on its servers that are online, as manifests write amounts. generation: of its last change."""

    site: str
    state: str
    region: str
    province: str
    city: str
    carrier: list[str]
    cluster: str
    capabilities: list[str] = []
    labels: dict[str, str] = {}
    servers: int
    free: dict[str, str | int]
    generation: int | None = None


class Server(Answer):
    """capabilities: its own, beside those of its site. free: now. generation: of its last change."""

    server: str
    site: str
    rack: str
    state: str
    capabilities: list[str] = []
    labels: dict[str, str] = {}
    capacity: dict[str, str | int]
    free: dict[str, str | int]
    generation: int | None = None


class Running(Answer):
    """An application that runs. sites: instances in each. manifest: as it was asked for, when one is looked at."""

    tenant: str
    name: str
    instances: int
    servers: int
    sites: dict[str, int]
    manifest: dict[str, Any] | None = None


class Allocation(Answer):
    """Instances of an application on a server. application: its id."""

    id: str
    tenant: str
    application: str
    site: str
    server: str
    instances: int
    start: datetime
    end: datetime | None = None


class Usage(Answer):
    """hours: base units times hours, by resource."""

    tenant: str
    application: str
    kind: str
    instance_hours: float
    hours: dict[str, float]


class Entry(Answer):
    """Of the audit log. before, after: generations of the books."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    before: int
    after: int
    detail: dict[str, Any] = {}


def reading(model: type[Model]) -> Any:
    """Reads an answer as `model`; what a newer service says besides is left out, or kept where the model keeps more."""
    adapter: TypeAdapter[Model] = TypeAdapter(model)
    extra: Literal["ignore"] | None = "ignore" if model in (Plan, Explanations, Search) else None

    def read(response: httpx.Response) -> Model:
        return adapter.validate_json(response.content, extra=extra)

    return read
