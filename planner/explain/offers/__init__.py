"""Counter-offers: changes with which a refused request fits, each solved again on servers and refereed before shown.

A smallest conflict says where to look: a change that touches none of its facts leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from planner.explain.explanation import CounterOffer
from planner.explain.offers.capacity import more_capacity
from planner.explain.offers.fewer import fewer_instances
from planner.explain.offers.later import later
from planner.explain.offers.places import other_places
from planner.explain.offers.promises import called_off
from planner.explain.offers.refusal import Refusal
from planner.explain.offers.release import released
from planner.explain.offers.rules import looser_rules

KINDS = (
    (looser_rules, 1),
    (other_places, 1),
    (fewer_instances, 2),
    (later, 1),
    (called_off, 1),
    (released, 2),
    (more_capacity, 2),
)
"""From the cheapest to the dearest: rules, places, instances, time, promises, what runs, servers; and shares of the
time, so that no kind takes all of it: what one leaves goes to those after it."""


def offers(refusal: Refusal) -> Iterator[CounterOffer]:
    """While there is time."""
    for row, (kind, share) in enumerate(KINDS):
        part = share / sum(each for _, each in KINDS[row:])
        yield from kind(replace(refusal, until=refusal.until - (1 - part) * max(refusal.left(), 0.0)))


__all__ = ["Refusal", "offers"]
