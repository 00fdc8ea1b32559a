"""What paid is done again, and everything has its turn."""

from __future__ import annotations

from solver.improve.ruins import SIZES, Ruins


def taught(*gains: int, start: int = 10_000) -> list[int]:
    """The sizes chosen when rounds gain so much, one after the other."""
    ruins, chosen, left = Ruins(), [], start
    for gain in gains:
        chosen.append(ruins.next())
        ruins.learn(chosen[-1], (left, 7), (left - gain, 7))
        left -= gain
    return chosen


def test_every_size_is_tried_first() -> None:
    assert sorted(taught(1, 1, 1)) == sorted(SIZES)


def test_what_pays_is_done_again_until_others_paid_more() -> None:
    first, second, third, *then = taught(900, 10, 10, 900, 900, *[0] * 20)
    assert then[:3] == [first, first, first]
    assert {second, third} <= set(then)


def test_when_nothing_pays_they_take_turns() -> None:
    chosen = taught(*[0] * 9)
    assert chosen == chosen[:3] * 3


def test_a_new_term_is_learned_from_the_start() -> None:
    ruins = Ruins()
    for _ in SIZES:
        ruins.learn(ruins.next(), (5, 7), (3, 7))
    ruins.learn(ruins.next(), (3, 7), (0, 7))
    assert list(ruins.paid.values()) == [float("inf")] * len(SIZES)
