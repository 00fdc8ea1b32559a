"""Plans and explanations that are asked for without waiting."""

from __future__ import annotations

from dataclasses import dataclass

from api.client.calls import Call, Pause, Talk, Terms
from api.client.models import Booking, Search, reading
from api.client.routes.plans import book, explain
from api.client.routes.wire import Applications, Written, segment
from api.client.streams import Events

LATER = {"Prefer": "respond-async"}
LOOK = (0.1, 1.0)
"""Seconds between two looks at a search: at first, and at most."""


def solve_later(
    applications: Applications,
    options: Written | None = None,
    *,
    commit: bool = False,
    retry: int = 3,
    key: str | None = None,
) -> Call[Search]:
    """Begin to plan. commit: and book, unless it is cancelled before."""
    asked = book(applications, options, retry=retry, key=key)
    body = {**asked.json, "commit": "auto" if commit else "never"}
    return asked.reading(reading(Search), json=body, books=commit, headers=LATER, seconds=0.0)


def explain_later(
    applications: Applications, about: Written | None = None, options: Written | None = None
) -> Call[Search]:
    """Begin to explain."""
    return explain(applications, about, options).reading(reading(Search), headers=LATER, seconds=0.0)


def plan(identity: str) -> Call[Search]:
    """A plan: its state and how it goes, and the plan itself once there is one."""
    return Call("GET", f"/v1/plans/{segment(identity)}", reading(Search))


def explanation(identity: str) -> Call[Search]:
    """An explanation that was asked for without waiting."""
    return Call("GET", f"/v1/explanations/{segment(identity)}", reading(Search))


def cancel_plan(identity: str) -> Call[Search]:
    """Stop early and keep the best. Nothing is booked."""
    return Call("POST", f"/v1/plans/{segment(identity)}:cancel", reading(Search), seconds=30)


def promote(
    plan: str, name: str, *, match: str = "open", end: str | None = None, key: str | None = None
) -> Call[Booking]:
    """Keep the room of a plan as a reservation, exactly as it stands. end: RFC 3339; without one it is unlimited."""
    body = {"name": name, "match": match, **({} if end is None else {"end": end})}
    path = f"/v1/plans/{segment(plan)}:promote"
    return Call("POST", path, reading(Booking), json=body, books=True, key=key)


def plan_events(identity: str) -> Events:
    """Its progress as it comes, and its end; a connection that breaks is taken up again."""
    return Events(f"/v1/plans/{segment(identity)}/events")


@dataclass(frozen=True, slots=True)
class Wait:
    """look: at a search. seconds: to wait at most, None: until it ends."""

    look: Call[Search]
    seconds: float | None

    def talk(self, terms: Terms) -> Talk[Search]:
        waited, pause = 0.0, LOOK[0]
        while True:
            search = yield from self.look.talk(terms)
            if not search.open or (self.seconds is not None and waited >= self.seconds):
                return search
            yield Pause(pause)
            waited, pause = waited + pause, min(LOOK[1], pause * 1.5)


def wait(identity: str, *, seconds: float | None = None) -> Wait:
    """A plan or explanation that was begun, once it has ended, or as it is after so many seconds."""
    look = explanation(identity) if identity.startswith("e-") else plan(identity)
    return Wait(look, seconds)
