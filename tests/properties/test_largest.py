"""The largest number of instances is the largest: against every way to fill some sites, where shares make it jump."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import assume, event, given
from hypothesis import strategies as st

from planner.explain.infeasible import ExplainOptions, explained
from planner.inventory.snapshot import Snapshot
from tests.properties.strategies import examples
from tests.worlds import application, server, site, world

rooms = st.lists(st.integers(1, 9), min_size=2, max_size=4)
limits = st.fixed_dictionaries(
    {"max_share": st.sampled_from(["20%", "25%", "30%", "40%", "50%", "60%"])},
    optional={"min_domains": st.integers(2, 3), "max_instances": st.integers(2, 6)},
)


@examples(20)
@given(rooms, limits)
def test_the_largest_number_equals_brute_force(room: list[int], limit: dict[str, Any]) -> None:
    asked = sum(room) + 3
    most, fewer_fail = _brute_force(room, limit)
    assume(limit.get("min_domains", 0) <= asked)
    event(f"not monotone: {fewer_fail}")
    assert _offered(room, limit, asked) == (most or None)


def test_more_can_fit_where_fewer_do_not() -> None:
    """At most a fifth in one site, five sites: 65 fit, one less does not, and halving would have stopped at 52."""
    room, limit = [13, 13, 13, 13, 13], {"max_share": "20%"}
    assert _offered(room, limit, 70) == 65


def _brute_force(room: list[int], limit: dict[str, Any]) -> tuple[int, bool]:
    """(the most, whether fewer than that do not fit)."""
    share = Fraction(limit["max_share"].rstrip("%")) / 100
    fits = {
        sum(counts)
        for counts in product(*(range(each + 1) for each in room))
        if sum(counts)
        and max(counts) <= share * sum(counts)
        and max(counts) <= limit.get("max_instances", 99)
        and sum(count > 0 for count in counts) >= limit.get("min_domains", 0)
    }
    return max(fits, default=0), bool(fits) and fits != set(range(1, max(fits) + 1))


def _offered(room: list[int], limit: dict[str, Any], asked: int) -> int | None:
    """The number of the counter-offer with fewer instances."""
    parts = [
        part
        for row, many in enumerate(room)
        for part in (site(f"s{row}"), server(f"m{row}", site=f"s{row}", cpu=1000 * many))
    ]
    wants = application("a", cpu=1, instances=asked, spread=[{"over": "site", **limit}])
    options = ExplainOptions(proof=0, counter_offers=20)
    *_, last = explained(Snapshot.of(world(*parts)), [wants], options)
    offers = [offer for offer in last.counter_offers if offer.kind == "instances"]
    assert all(offer.least for offer in offers)
    return next((offer.instances for offer in offers), None)
