"""A bin packing file arrives as a question that surely has an answer."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.manifests.errors import InvalidInput
from planner.worlds import vectorpack
from planner.worlds.vectorpack import first_fit_decreasing
from tests.published import published


def written(folder: Path, text: str) -> Path:
    file = folder / "class_1.vbp"
    file.write_text(text)
    return file


def problems(folder: Path, text: str) -> list[tuple[int | None, str]]:
    with pytest.raises(InvalidInput) as caught:
        vectorpack.load(written(folder, text))
    return [(problem.line, problem.field) for problem in caught.value.problems]


def test_bins_become_servers_and_items_of_one_size_one_application(tmp_path: Path) -> None:
    imported = vectorpack.load(written(tmp_path, "2\n10 8\n3\n6 1 2\n3 3 1\n6 1 1\n"))
    inventory = imported.world.inventory
    assert inventory.resources == ("r0", "r1")
    assert inventory.sites.name == ("class-1",)
    assert inventory.servers.capacity.tolist() == [[10, 8]] * 3
    asked = {one.id: (one.spec.resources, one.spec.demand[0].instances) for one in imported.world.applications}
    assert asked == {"item-0": ({"r0": 3, "r1": 3}, 1), "item-1": ({"r0": 6, "r1": 1}, 3)}
    assert all(one.spec.partial is None for one in imported.world.applications)
    assert imported.instances == [
        ("item-1", "type-0.0"),
        ("item-1", "type-0.1"),
        ("item-0", "type-1"),
        ("item-1", "type-2"),
    ]


def test_empty_resources_and_items_are_harmless(tmp_path: Path) -> None:
    imported = vectorpack.load(written(tmp_path, "2\n10 0\n3\n0 0 4\n5 0 2\n1 0 0\n"))
    assert len(imported.world.inventory.servers) == 1
    assert sum(one.spec.demand[0].instances or 0 for one in imported.world.applications) == 2
    assert imported.instances == [("item-1", "type-1.0"), ("item-1", "type-1.1")]
    assert any(note.startswith("4 items that ask for nothing") for note in imported.notes)


def test_a_file_that_asks_for_nothing_is_a_world_without_demand(tmp_path: Path) -> None:
    imported = vectorpack.load(written(tmp_path, "1\n10\n1\n0 3\n"))
    assert (imported.world.applications, imported.instances) == ((), [])
    assert len(imported.world.inventory.servers) == 1


def test_every_problem_is_told_with_its_line(tmp_path: Path) -> None:
    assert problems(tmp_path, "x\n") == [(1, "dimensions")]
    assert problems(tmp_path, "2\n10 10\n3\n1 2 -1\n\n1 2\n11 1 1\n9 9 9\n") == [
        (4, "item type"),
        (6, "item type"),
        (7, "r0"),
        (8, "item types"),
    ]
    assert problems(tmp_path, "1\n10\n3\n1 1\n") == [(None, "item types")]
    assert problems(tmp_path, "1\n10\n1\n1 999999\n") == [(None, "quantity")]
    assert problems(tmp_path, "1\n10\n") == [(None, "item types")]
    assert problems(tmp_path, "") == [(None, "dimensions")]


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5)), min_size=1, max_size=30))
def test_first_fit_decreasing_is_between_the_volume_and_one_bin_each(items: list[tuple[int, int]]) -> None:
    sizes = np.array(items, np.int64)
    room = np.array([9, 5], np.int64)
    used = first_fit_decreasing(room, sizes)
    assert (-(-sizes.sum(axis=0) // room)).max() <= used <= len(items)


def test_the_published_files_offer_enough_bins_and_not_many_more() -> None:
    folder = published("vectorpack")
    with (folder / "known.csv").open() as file:
        known = list(csv.DictReader(file))
    assert len(known) == 60
    for row in known:
        imported = vectorpack.load(folder / row["set"] / f"{row['instance']}.vbp")
        items = int(
            (folder / row["set"] / f"{row['instance']}.vbp").read_text().split()[int(row["instance"].split("_")[2]) + 1]
        )
        bins = len(imported.world.inventory.servers)
        assert int(row["optimum"]) <= bins <= 1.3 * int(row["optimum"]) + 1, row
        assert len(imported.instances) == items, row
