"""`/v1/plans`: what was planned, and what becomes of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api.http.context import Call, Context
from api.http.refusals import REFUSALS
from api.workers.desk import Desk
from planner.ledger import commit
from planner.ledger.answer import once


def router(context: Context) -> APIRouter:
    routes = APIRouter(tags=["plans"])

    @routes.post("/v1/plans/{plan}:commit", operation_id="commitPlan", responses=REFUSALS)
    async def commit_plan(plan: str, request: Request) -> Response:
        """Book a plan by its name: `plan.stale` when what it was made on has changed since."""
        return await context.work(request, _commit, "book")

    return routes


def _commit(call: Call, desk: Desk) -> dict[str, Any]:
    return once(desk.books, call.by, lambda: commit.commit_plan(desk.books, call.path["plan"], call.by))
