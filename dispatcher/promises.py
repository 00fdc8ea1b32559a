"""Promises: Reservation objects in the meta cluster are reservations of the books."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from api.client import AsyncClient, Problem, Refused
from dispatcher.kube import MERGE, ApiError, Kube, path
from dispatcher.status import Said, conditions, phase, reason, refusal


class Promises:
    def __init__(self, meta: Kube, client: AsyncClient) -> None:
        self.meta, self.client = meta, client

    async def keep(self, body: Mapping[str, Any]) -> bool:
        """Whether to try again later: there is no room for it now. A changed one is cancelled and promised anew: the
        service has no other way. Raises ServiceError, ApiError, Unreachable."""
        tenant, name = _names(body)
        manifest = {"metadata": {"name": name, "namespace": tenant}, "spec": dict(body["spec"])}
        known = {(each.tenant, each.name): each async for each in self.client.reservations()}
        booked = known.get((tenant, name))
        told = (body.get("status") or {}).get("observedGeneration")
        if booked is not None and told == body["metadata"].get("generation"):
            return False
        try:
            if booked is not None and told is not None:
                await self.client.cancel_reservation(tenant, name)
                booked = None
            booked = booked or await self.client.reserve(manifest)
        except Problem as problem:
            when = problem.explanation.when if problem.explanation else None
            helps = list(problem.explanation.helps) if problem.explanation else []
            said = Said("Promised", False, reason(problem.code), refusal(problem.detail, when, [], helps))
            await self._write(body, said, None, False)
            return isinstance(problem, Refused)
        said = Said("Promised", True, "Promised", "kept free for its tenant")
        await self._write(body, said, booked.id, booked.degraded)
        return False

    async def cancel(self, body: Mapping[str, Any]) -> None:
        """What is over, or was never promised, is no problem. Raises ServiceError."""
        tenant, name = _names(body)
        try:
            await self.client.cancel_reservation(tenant, name)
        except Problem as problem:
            if problem.code not in ("reservation.unknown", "reservation.gone"):
                raise

    async def _write(self, body: Mapping[str, Any], said: Said, booking: str | None, degraded: bool) -> None:
        tenant, name = _names(body)
        generation = body["metadata"].get("generation", 0)
        before = (body.get("status") or {}).get("conditions") or ()
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        status = {
            "observedGeneration": generation if said.status else None,
            "phase": "Active" if said.status else phase([Said("Planned", said.status, said.reason)]),
            "booking": booking,
            "degraded": degraded,
            "conditions": conditions(before, [said], generation, now),
        }
        try:
            await self.meta.request("PATCH", path("Reservation", tenant, name, "status"), {"status": status}, MERGE)
        except ApiError as error:
            if error.status != 404:
                raise


def _names(body: Mapping[str, Any]) -> tuple[str, str]:
    return body["metadata"].get("namespace") or "default", body["metadata"]["name"]
