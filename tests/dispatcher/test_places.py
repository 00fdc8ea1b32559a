"""Pods and places: each server gets what the plan names, whatever stands already, and nothing twice."""

from __future__ import annotations

from collections import Counter
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.places import Pod, match

SERVERS = ("a", "b", "c")


def pod(name: str, node: str = "", **more: Any) -> Pod:
    return Pod("acme", name, f"uid-{name}", node, **more)


def bound(*pods: Pod, plan: dict[str, int]) -> Counter[str]:
    return Counter(server for _, server in match(pods, plan).bind)


def test_pending_pods_fill_what_is_free() -> None:
    assert bound(pod("1", "a"), pod("2"), pod("3"), plan={"a": 1, "b": 2}) == {"b": 2}


def test_a_pod_that_leaves_keeps_its_room_until_it_is_gone() -> None:
    matching = match([pod("1", "a", leaving=True), pod("2")], {"a": 1})
    assert (matching.bind, [each.name for each in matching.waiting]) == ((), ["2"])
    assert bound(pod("2"), plan={"a": 1}) == {"a": 1}


def test_a_pod_of_a_vm_goes_to_the_server_of_its_vm_only() -> None:
    assert bound(pod("1", pinned="b"), plan={"a": 1, "b": 1}) == {"b": 1}
    assert bound(pod("1", pinned="c"), plan={"a": 1, "b": 1}) == {}


def test_pods_of_other_schedulers_and_of_the_past_are_left_alone() -> None:
    assert bound(pod("1", ours=False), pod("2", phase="Succeeded"), plan={"a": 2}) == {}
    assert bound(pod("1", "a", phase="Failed"), pod("2"), plan={"a": 1}) == {"a": 1}


def test_the_youngest_are_surplus() -> None:
    pods = [pod("old", "a", born="2026-01-01"), pod("new", "a", born="2026-01-02"), pod("moved", "b")]
    assert {each.name for each in match(pods, {"a": 1, "c": 1}).surplus} == {"new", "moved"}


PODS = st.lists(
    st.builds(
        lambda number, node, phase, leaving: pod(str(number), node, phase=phase, leaving=leaving),
        st.integers(0, 1000),
        st.sampled_from(("", *SERVERS, "elsewhere")),
        st.sampled_from(("Pending", "Running", "Failed")),
        st.booleans(),
    ),
    max_size=12,
    unique_by=lambda each: each.name,
)


@given(PODS, st.dictionaries(st.sampled_from(SERVERS), st.integers(1, 4)))
def test_no_server_ever_gets_more_than_planned(pods: list[Pod], plan: dict[str, int]) -> None:
    matching = match(pods, plan)
    before = Counter(each.node for each in pods if each.takes_room)
    come = Counter(server for _, server in matching.bind)
    for server, count in come.items():
        assert before[server] + count <= plan[server]
    once = [each.uid for each, _ in matching.bind] + [each.uid for each in matching.waiting]
    assert sorted(once) == sorted(each.uid for each in pods if each.waits), "each pending pod is bound or waits"
    if matching.waiting:
        assert all(before[server] + come[server] >= count for server, count in plan.items()), "nothing is left free"


@given(PODS, st.dictionaries(st.sampled_from(SERVERS), st.integers(1, 4)))
def test_surplus_goes_until_the_plan_is_kept_and_no_further(pods: list[Pod], plan: dict[str, int]) -> None:
    gone = {each.uid for each in match(pods, plan).surplus}
    staying = Counter(each.node for each in pods if each.takes_room and not each.leaving)
    left = Counter(each.node for each in pods if each.takes_room and not each.leaving and each.uid not in gone)
    for node, count in staying.items():
        leaving = sum(each.takes_room and each.leaving and each.node == node for each in pods)
        assert left[node] <= max(plan.get(node, 0), 0) or left[node] == count == 0
        assert left[node] >= min(count, max(plan.get(node, 0) - leaving, 0))
