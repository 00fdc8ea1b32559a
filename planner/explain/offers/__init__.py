"""Counter-offers: changes with which a refused request fits, each solved again on servers and refereed before shown.

A smallest conflict says where to look: a change that touches none of its facts leaves it as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from planner.explain.explanation import CounterOffer
from planner.explain.offers.capacity import more_capacity
from planner.explain.offers.fewer import fewer_instances
from planner.explain.offers.later import later
from planner.explain.offers.places import other_places
from planner.explain.offers.promises import called_off
from planner.explain.offers.refusal import Refusal
from planner.explain.offers.release import released
from planner.explain.offers.rules import looser_rules


def offers(refusal: Refusal) -> Iterator[CounterOffer]:
    """From the cheapest kind to the dearest, while there is time: rules, places, instances, time, promises, what runs,
    servers."""
    for kind in (looser_rules, other_places, fewer_instances, later, called_off, released, more_capacity):
        yield from kind(refusal)


__all__ = ["Refusal", "offers"]
