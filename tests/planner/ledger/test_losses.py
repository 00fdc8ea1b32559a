"""Room for what is degraded is looked for when there may be some, and rarely enough."""

from __future__ import annotations

from planner.ledger.losses import LONGEST, REST, SHARE, Looks, Losses


def test_nothing_degraded_is_never_looked_for() -> None:
    assert not Looks().due(Losses(0, inventory=7, freed=9), 100.0)


def test_a_loss_is_looked_after_at_once_and_then_not_until_something_changes() -> None:
    looks, losses = Looks(), Losses(1, inventory=5, freed=3)
    assert looks.due(losses, 0.0)
    looks.done(5, 0.1, 0.1)
    assert not looks.due(losses, 10_000.0)
    assert looks.due(Losses(1, inventory=5, freed=6), 10.0), "room was given back"
    looks.done(6, 0.1, 10.1)
    assert not looks.due(Losses(1, inventory=5, freed=7), 10.2), "that was just now"
    assert looks.due(Losses(1, inventory=5, freed=7), 10.1 + REST)
    assert looks.due(Losses(1, inventory=8, freed=7), 10.2), "a server is lost, or back"


def test_who_looks_for_long_rests_for_long_but_not_for_ever() -> None:
    looks, freed = Looks(), Losses(1, inventory=1, freed=9)
    looks.done(5, 2.0, 100.0)
    assert [looks.due(freed, 100.0 + rest) for rest in (SHARE * 2.0 - 0.1, SHARE * 2.0)] == [False, True]
    looks.done(5, 600.0, 100.0)
    assert [looks.due(freed, 100.0 + rest) for rest in (LONGEST - 0.1, LONGEST)] == [False, True]


def test_a_lost_race_is_run_again_soon_and_a_failure_later() -> None:
    looks, losses = Looks(), Losses(1, inventory=1, freed=1)
    looks.done(5, 0.0, 100.0, raced=True)
    assert [looks.due(losses, 100.0 + rest) for rest in (0.5, REST)] == [False, True]
    looks.done(5, 0.0, 102.0, failed=True)
    assert [looks.due(losses, 102.0 + rest) for rest in (REST, LONGEST)] == [False, True]
    looks.done(5, 0.0, 200.0)
    assert not looks.due(losses, 10_000.0)
