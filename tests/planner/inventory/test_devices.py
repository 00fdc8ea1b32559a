"""The books of single GPUs: what runs takes its devices, free ones are lined up, and sums never say too much."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.formulate.devices import best_lift
from planner.inventory.devices import Devices, percent
from planner.inventory.snapshot import Snapshot
from planner.inventory.units import lifted
from planner.manifests.errors import InvalidInput
from tests.worlds import Running, allocation, application, server, world

INFER = application("infer", gpu_share=0.46, instances=2)
TRAIN = application("train", gpu=2)
WEB = application("web", cpu=1)


def books(*running: Running, gpu: int = 4) -> Devices:
    return Snapshot.of(world(server("a", cpu=64_000, gpu=gpu), INFER, TRAIN, WEB, *running)).devices


def test_shares_of_one_device_add_up() -> None:
    rows = allocation("infer", "a", 2, devices=(1,)), allocation("infer", "a", devices=(3,))
    assert books(*rows).free.tolist() == [[1000, 80, 1000, 540]]


def test_whole_devices_are_the_named_ones_or_the_lowest_that_are_free() -> None:
    named = allocation("train", "a", devices=(0, 3))
    assert books(named).free.tolist() == [[0, 1000, 1000, 0]]
    assert books(allocation("train", "a"), allocation("infer", "a", devices=(0,))).free.tolist() == [[540, 0, 0, 1000]]


def test_a_gpu_with_a_share_on_it_is_no_whole_one_any_more() -> None:
    seen = Snapshot.of(world(server("a", cpu=64_000, gpu=4), INFER, allocation("infer", "a", 2, devices=(1,))))
    assert dict(zip(seen.units.columns, seen.free[0].tolist(), strict=True)) == {"cpu": 62_000, "gpu": 3}


def test_devices_are_lined_up_by_what_is_free_of_them() -> None:
    rows = allocation("infer", "a", devices=(2,)), allocation("train", "a", devices=(1, 3))
    assert books(*rows).order().tolist() == [[1, 3, 2, 0]]


def test_every_device_that_is_sold_twice_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        books(
            allocation("infer", "a", 3, devices=(1,)),
            allocation("train", "a", devices=(2, 3)),
            allocation("infer", "a", devices=(3,)),
        )
    assert [(each.field, each.found, each.expected) for each in caught.value.problems] == [
        ("devices", "138 % of device 1 of server 'a' allocated", "at most 100 %"),
        ("devices", "146 % of device 3 of server 'a' allocated", "at most 100 %"),
    ]


def test_too_many_whole_devices_without_a_name_are_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        books(allocation("train", "a"), allocation("infer", "a", devices=(0,)), gpu=2)
    assert [each.found for each in caught.value.problems] == ["3 devices allocated on server 'a'"]


def test_a_share_without_a_device_is_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        books(allocation("infer", "a"))
    assert [each.found for each in caught.value.problems] == ["no device for 'infer' on server 'a'"]


def test_percent() -> None:
    assert [percent(460), percent(1155), percent(1)] == ["46 %", "115.5 %", "0.1 %"]


@given(st.lists(st.integers(1, 1000), min_size=1, max_size=4), st.integers(0, 500), st.integers(1, 1000))
def test_what_fits_on_a_device_never_counts_for_more_than_its_room(shares: list[int], lift: int, free: int) -> None:
    room = 1000 if free > 1000 - lift else free
    for number in range(1, 5):
        for some in combinations_with_replacement(shares, number):
            if sum(some) <= free:
                assert sum(lifted(share, lift) for share in some) <= room


def test_the_lift_is_the_one_by_which_shares_count_most() -> None:
    assert best_lift([application("a", gpu_share=0.81, instances=9), application("b", gpu_share=0.2)]) == 191
    assert best_lift([application("a", gpu_share=0.4, instances=9)]) in (0, 400)
