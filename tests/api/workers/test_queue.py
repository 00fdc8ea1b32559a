"""The queue: tenants take turns, short work goes first, and nobody fills it for others."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from api.workers.queue import LANES, Lane, Queue


@dataclass(eq=False)
class Job:
    tenant: str
    lane: Lane = "short"
    name: int = 0


def taken(queue: Queue[Job]) -> list[str]:
    found = []
    while (job := queue.take(LANES)) is not None:
        found.append(f"{job.tenant}{job.name}")
    return found


def test_tenants_take_turns() -> None:
    queue = Queue[Job](10)
    for tenant, name in (("a", 1), ("a", 2), ("a", 3), ("b", 1), ("c", 1), ("b", 2)):
        assert queue.put(Job(tenant, name=name)) is None
    assert taken(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_short_work_goes_before_long_work() -> None:
    queue = Queue[Job](10)
    for lane, name in (("long", 1), ("short", 2), ("book", 3)):
        queue.put(Job("a", lane, name))  # type: ignore[arg-type]
    assert taken(queue) == ["a3", "a2", "a1"]


def test_who_fills_the_queue_gives_way_to_others() -> None:
    queue = Queue[Job](3)
    mine = [Job("greedy", name=name) for name in range(3)]
    for job in mine:
        queue.put(job)
    more, other = Job("greedy", name=9), Job("modest")
    assert queue.put(more) is more, "its own fault"
    assert queue.put(other) is mine[2], "the last of who has most"
    assert len(queue) == 3


def test_who_is_not_wanted_keeps_the_turn() -> None:
    queue = Queue[Job](10)
    for tenant, name in (("a", 1), ("a", 2), ("b", 1), ("b", 2)):
        queue.put(Job(tenant, name=name))
    second = queue.take(LANES, lambda job: job.name == 2)
    assert second is not None
    assert (second.tenant, second.name) == ("a", 2)
    assert queue.take(LANES, lambda job: job.name == 3) is None
    assert taken(queue) == ["b1", "a1", "b2"]


def test_who_was_taken_may_go_back_to_the_front() -> None:
    queue = Queue[Job](3)
    for name in range(2):
        queue.put(Job("a", name=name))
    first = queue.take(LANES)
    assert first is not None
    queue.back(first)
    assert taken(queue) == ["a0", "a1"]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(LANES), st.sampled_from(["put", "take", "leave"]))))
def test_what_comes_in_leaves_once_and_the_room_is_kept(steps: list[tuple[str, Lane, str]]) -> None:
    queue, inside = Queue[Job](3), list[Job]()
    for tenant, lane, step in steps:
        if step == "put":
            inside.append(job := Job(tenant, lane))
            admitted, full = queue.admits(lane, tenant), queue.full()
            out = queue.put(job)
            assert admitted == (out is not job)
            if out is not None:
                assert full
                inside.remove(out)
        elif step == "take":
            if (found := queue.take((lane,))) is not None:
                inside.remove(found)
            else:
                assert not any(each.lane == lane for each in inside)
        elif inside:
            job = inside.pop()
            assert queue.leave(job)
            assert not queue.leave(job)
        assert sorted(map(id, queue)) == sorted(map(id, inside))
        assert all(queue.waiting(each) <= 3 for each in LANES)
