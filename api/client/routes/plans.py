"""Plans: asked for, explained, and booked."""

from __future__ import annotations

from api.client.calls import Call
from api.client.models import Booking, Health, reading
from api.client.routes.wire import Applications, Written, asked, segment, written
from api.client.streams import JsonLines
from planner.explain.explanation import Explanations
from planner.plans.plan import Plan

SEARCH = 10.0
"""Seconds that a search takes at most, when the options do not say."""


def solve(applications: Applications, options: Written | None = None) -> Call[Plan]:
    """A plan, exact to the server; nothing is booked. What does not fit is `unplaced`, with the reason."""
    body = asked(applications, options)
    return Call("POST", "/v1/solve", reading(Plan), json=body, seconds=_seconds(body))


def book(
    applications: Applications, options: Written | None = None, *, retry: int = 3, key: str | None = None
) -> Call[Booking]:
    """Plan and book at once, all of it or nothing. retry: times that it is planned again after a lost race. key: of
    idempotency; by default one is made, and kept over repeats.

    Raises Refused when it does not fit, with what is missing."""
    body = {**asked(applications, options), "commit": "auto", "retry": retry}
    seconds = _seconds(body) * (retry + 1)
    return Call("POST", "/v1/solve", reading(Booking), json=body, books=True, key=key, seconds=seconds)


def explain(
    applications: Applications, about: Written | None = None, options: Written | None = None
) -> Call[Explanations]:
    """Why they do not fit, and what would make them fit; or why the application of `about` is in a place or not."""
    return Call("POST", "/v1/explain", reading(Explanations), json=_question(applications, about, options), seconds=60)


def explain_lines(
    applications: Applications, about: Written | None = None, options: Written | None = None
) -> JsonLines[Explanations]:
    """The same while it grows: each is the whole answer so far."""
    return JsonLines(explain(applications, about, options))


def commit(plan: str, *, key: str | None = None) -> Call[Booking]:
    """Book a plan by its name. Raises Refused `plan.stale` when what it was made on has changed since."""
    return Call("POST", f"/v1/plans/{segment(plan)}:commit", reading(Booking), books=True, key=key)


def health() -> Call[Health]:
    """Whether the service answers, and on which generation it plans."""
    return Call("GET", "/healthz", reading(Health))


def _question(applications: Applications, about: Written | None, options: Written | None) -> dict[str, object]:
    body = asked(applications, options)
    return body if about is None else {**body, "about": written(about)}


def _seconds(body: dict[str, object]) -> float:
    options = body.get("options")
    given = options.get("timeLimit", SEARCH) if isinstance(options, dict) else SEARCH
    return float(given)
