"""What operations answer, for the OpenAPI document: schemas of those that are written by hand, examples of all."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel

from api.client.models import Answer, Booking
from planner.explain.explanation import Explanations
from planner.plans.plan import Plan


class SearchAnswer(Answer):
    """A solve or an explanation that goes on while its client does something else; its answer, once it has ended."""

    id: str
    kind: Literal["plan", "explanation"]
    state: str
    asked: datetime
    progress: dict[str, Any] | None = None
    plan: Plan | None = None
    booking: Booking | None = None
    explanations: Explanations | None = None


class DeliveriesAnswer(Answer):
    """Instances by application, site and server, and what is told of these sites."""

    generation: int
    applications: list[dict[str, Any]]
    sites: dict[str, dict[str, Any]]
    plan: str | None = None


class EndedAnswer(Answer):
    application: str
    instances: int


class ObservedAnswer(Answer):
    """What changed."""


MODELS: dict[str, tuple[type[BaseModel], ...]] = {
    "solve": (Plan, Booking),
    **dict.fromkeys(("getPlan", "cancelPlan", "getExplanation", "cancelExplanation"), (SearchAnswer,)),
    **dict.fromkeys(("commitPlan", "promotePlan", "reserve", "cancelReservation"), (Booking,)),
    **dict.fromkeys(("hold", "confirmHold", "cancelHold", "extendHold"), (Booking,)),
    **dict.fromkeys(("listDeliveries", "deliver"), (DeliveriesAnswer,)),
    "endDelivery": (EndedAnswer,),
    "observe": (ObservedAnswer,),
}
"""Of operations whose answers are written by hand: one of these models."""

ROW = {"application": "acme/render", "server": "gz-1", "instances": 4}
BOOKING = {
    "id": "a-5f2c9a01b7de-17",
    "kind": "allocation",
    "state": "confirmed",
    "tenant": "acme",
    "name": "5f2c9a01b7de",
    "start": "2026-11-23T08:00:00Z",
    "end": None,
    "degraded": False,
    "generation": 18,
    "plan": "5f2c9a01b7de",
    "placements": [ROW],
}
PROMISE = {
    "id": "r-acme-autumn-18",
    "kind": "reservation",
    "state": "active",
    "tenant": "acme",
    "name": "autumn",
    "start": "2026-11-23T08:00:00Z",
    "end": "2027-01-01T00:00:00Z",
    "degraded": False,
}
HOLD = {
    "id": "h-5f2c9a01b7de-17",
    "kind": "hold",
    "state": "active",
    "tenant": "acme",
    "name": "5f2c9a01b7de",
    "start": "2026-11-23T08:00:00Z",
    "end": None,
    "expires": "2026-11-23T08:05:00Z",
    "degraded": False,
}
APPLICATION = {
    "apiVersion": "bayplan.io/v1alpha1",
    "kind": "Application",
    "metadata": {"name": "render", "namespace": "acme"},
    "spec": {"runtime": "container", "resources": {"cpu": "4"}, "demand": [{"instances": 4}]},
}
PLAN = {
    "plan": "5f2c9a01b7de",
    "generation": "17",
    "status": "optimal",
    "objective": [
        {"name": "unplaced", "value": 0, "bound": 0, "gap": 0},
        {"name": "cost", "value": 16, "bound": 16, "gap": 0},
    ],
    "gap": 0.0,
    "placements": [ROW],
    "unplaced": [],
    "parameters": {"then": "cost", "slot": {"cpu": "16", "memory": "64Gi"}, "seed": 0, "workers": 2, "effort": 1},
    "seconds": {"construct": 0.002},
}
SITE = {
    "site": "gz-telecom",
    "state": "online",
    "region": "South China",
    "province": "Guangdong",
    "city": "Guangzhou",
    "carrier": ["telecom"],
    "cluster": "gz-telecom",
    "latitude": 23.13,
    "longitude": 113.26,
    "capabilities": ["lb.l7"],
    "labels": {},
    "servers": 4,
    "free": {"cpu": "96", "memory": "384Gi"},
    "generation": 3,
}
SERVER = {
    "server": "gz-1",
    "site": "gz-telecom",
    "rack": "r1",
    "state": "online",
    "capabilities": ["gpu.t4"],
    "labels": {},
    "cpuOvercommit": "1",
    "capacity": {"cpu": "64", "memory": "256Gi"},
    "free": {"cpu": "24", "memory": "96Gi"},
    "generation": 3,
}
RESERVATION = {
    "apiVersion": "bayplan.io/v1alpha1",
    "kind": "Reservation",
    "metadata": {"name": "autumn", "namespace": "acme"},
    "spec": {"where": {"site": ["gz-telecom"]}, "amounts": {"cpu": "8"}},
}
RUNS = {"tenant": "acme", "name": "render", "instances": 4, "servers": 1, "sites": {"gz-telecom": 4}}
SEARCH = {"id": "s-8d1f", "kind": "plan", "state": "done", "asked": "2026-11-23T08:00:00Z", "plan": PLAN}
WHY = {"generation": "17", "fits": 1, "refused": [], "groups": []}
DELIVERED = {
    "generation": 18,
    "applications": [
        {"application": "acme/render", "annotations": {}, "plan": "5f2c9a01b7de", "sites": {"gz-telecom": {"gz-1": 4}}}
    ],
    "sites": {"gz-telecom": {"cluster": "gz-telecom", "state": "online", "offers": ["lb.l7"]}},
}
LINE = {
    "id": "41",
    "tenant": "acme",
    "application": "acme/render",
    "site": "gz-telecom",
    "server": "gz-1",
    "instances": 4,
    "demand": 0,
    "cells": [],
    "start": "2026-11-23T08:00:00Z",
    "end": None,
}
USAGE = {
    "tenant": "acme",
    "application": "acme/render",
    "kind": "allocation",
    "instanceHours": 96.0,
    "hours": {"cpu": 384000.0},
}
ENTRY = {
    "id": 7,
    "at": "2026-11-23T08:00:00Z",
    "actor": "portal (3f2a9c01b7de)",
    "action": "allocation.book",
    "subject": "a-5f2c9a01b7de-17",
    "before": 17,
    "after": 18,
    "detail": {"plan": "5f2c9a01b7de", "tenant": "acme", "instances": {"acme/render": 4}},
}


def page(row: dict[str, Any]) -> dict[str, Any]:
    return {"items": [row], "next": None}


EXAMPLES: dict[str, Any] = {
    "solve": PLAN,
    "explain": WHY,
    "getPlan": SEARCH,
    "cancelPlan": {**SEARCH, "state": "cancelled"},
    "getExplanation": {"id": "e-8d1f", "kind": "explanation", "state": "running", "asked": "2026-11-23T08:00:00Z"},
    "cancelExplanation": {**SEARCH, "kind": "explanation", "plan": None, "explanations": WHY, "state": "cancelled"},
    "commitPlan": BOOKING,
    "promotePlan": {**PROMISE, "generation": 18, "placements": [ROW]},
    "reserve": {**PROMISE, "generation": 18, "placements": [{"server": "gz-1", "amounts": {"cpu": "8"}}]},
    "cancelReservation": {**PROMISE, "state": "cancelled"},
    "hold": {**HOLD, "generation": 18, "placements": [ROW]},
    "confirmHold": {**HOLD, "state": "confirmed", "generation": 19, "placements": [ROW]},
    "cancelHold": {**HOLD, "state": "cancelled"},
    "extendHold": {**HOLD, "expires": "2026-11-23T08:15:00Z"},
    "listDeliveries": DELIVERED,
    "deliver": {**DELIVERED, "plan": "5f2c9a01b7de"},
    "endDelivery": {"application": "acme/render", "instances": 4, "remaining": 0, "generation": 19},
    "observe": {"sites": 0, "servers": 1, "generation": 19},
    "listSites": page(SITE),
    "getSite": SITE,
    "changeSite": {**SITE, "state": "draining", "generation": 19},
    "listServers": page(SERVER),
    "getServer": SERVER,
    "addServer": SERVER,
    "changeServer": {**SERVER, "state": "draining", "generation": 19},
    "retireServer": {**SERVER, "state": "retired", "generation": 19},
    "importInventory": {"sites": 0, "servers": 12, "lines": 0, "generation": 4},
    "listReservations": page({**PROMISE, "expires": None}),
    "getReservation": {
        **PROMISE,
        "generation": 18,
        "manifest": RESERVATION,
        "placements": [{"server": "gz-1", "amounts": {"cpu": "8"}}],
    },
    "changeReservation": {
        **PROMISE,
        "generation": 19,
        "manifest": RESERVATION,
        "placements": [{"server": "gz-1", "amounts": {"cpu": "8"}}],
    },
    "listHolds": page(HOLD),
    "getHold": {
        **{name: value for name, value in HOLD.items() if name != "end"},
        "generation": 18,
        "applications": [APPLICATION],
        "placements": [ROW],
    },
    "listApplications": page(RUNS),
    "getApplication": {**RUNS, "manifest": APPLICATION},
    "release": {"application": "acme/render", "instances": 2, "remaining": 2, "generation": 19},
    "listAllocations": page(LINE),
    "listUsage": page(USAGE),
    "listAudit": page(ENTRY),
}
"""An answer of each operation, by its id."""
