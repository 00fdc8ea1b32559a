"""The worlds in `examples` are good, and written as `write` writes them."""

from pathlib import Path

import pytest

from planner.inventory.snapshot import Snapshot
from planner.worlds.read import read
from planner.worlds.write import rendered

WORLDS = sorted(path for path in (Path(__file__).parents[3] / "examples" / "worlds").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", WORLDS, ids=lambda path: str(path.name))
def test_reads_and_fits(folder: Path) -> None:
    world = read(folder)
    assert (Snapshot.of(world).free >= 0).all()
    for name, data in rendered(world).items():
        if name.endswith(".csv"):
            assert (folder / name).read_bytes() == data, name
