"""standby.csv: read, written back, kept in the books, and every problem in it told."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.inventory.snapshot import Snapshot
from planner.inventory.standby import Standby
from planner.manifests.errors import InvalidInput
from planner.worlds.read import read
from planner.worlds.write import sealed, write

FILES = {
    "sites.csv": "site,province,city\ngz,Guangdong,Guangzhou\nsz,Guangdong,Shenzhen\n",
    "servers.csv": "server,site,rack,cpu\ng1,gz,r1,8000\ns1,sz,r1,8000\ns2,sz,r2,8000\n",
    "applications.yaml": """
metadata: {name: web}
spec:
  runtime: vm
  resources: {cpu: 2}
  demand: [{instances: 3}, {instances: 3}]
  survives: {lossOf: site, keep: 100%, standby: shared}
""",
    "allocations.csv": "application,server,instances\nweb,g1,2\n",
}
HEADER = "application,server,instances,level,domain"


def folder(path: Path, *rows: str, header: str = HEADER) -> Path:
    for name, text in FILES.items():
        (path / name).write_text(text)
    (path / "standby.csv").write_text("\n".join([header, *rows]) + "\n")
    return path


def problems(path: Path) -> list[tuple[int | None, str, str, str]]:
    with pytest.raises(InvalidInput) as told:
        Snapshot.of(read(path))
    return [(each.line, each.field, each.found, each.expected) for each in told.value.problems]


def test_it_is_read_and_written_back(tmp_path: Path) -> None:
    made = read(folder(tmp_path, "web,s1,2,site,gz", "web,s2,1,city,Guangdong/Guangzhou", "web,s2,1,rack,gz/r1"))
    assert made.standby[0] == Standby("web", 1, 2, "site", "gz")
    write(sealed(made), tmp_path / "again")
    again = read(tmp_path / "again")
    assert again.standby == made.standby
    assert again.generation == sealed(made).generation
    assert (tmp_path / "again" / "standby.csv").read_text() == (tmp_path / "standby.csv").read_text()


def test_demand_entries_are_kept(tmp_path: Path) -> None:
    made = read(folder(tmp_path, "web,s1,2,site,gz,1", header=f"{HEADER},demand"))
    assert made.standby[0].demand == 1
    write(made, tmp_path / "again")
    assert read(tmp_path / "again").standby == made.standby


def test_room_stands_aside_for_the_largest_loss(tmp_path: Path) -> None:
    seen = Snapshot.of(read(folder(tmp_path, "web,s1,2,site,gz", "web,s1,1,server,g1", "web,s1,3,rack,sz/r2")))
    assert seen.free[:, 0].tolist() == [4000, 2000, 8000]


def test_it_is_part_of_the_generation(tmp_path: Path) -> None:
    with_one = read(folder(tmp_path, "web,s1,2,site,gz")).generation
    assert read(folder(tmp_path, "web,s1,1,site,gz")).generation != with_one


@pytest.mark.parametrize(
    ("row", "field", "found", "expected"),
    [
        ("wob,s1,2,site,gz", "application", "'wob'", "an application of applications.yaml (did you mean 'web'?)"),
        ("web,s9,2,site,gz", "server", "'s9'", "a server of servers.csv"),
        ("web,s1,0,site,gz", "instances", "'0'", "a whole number of instances from 1 to 1000000"),
        ("web,s1,2,sites,gz", "level", "'sites'", None),
        ("web,s1,2,site,gx", "domain", "'gx'", None),
        ("web,g1,2,site,gz", "server", "'g1', which is lost with site 'gz'", "a server outside of what is lost"),
        ("web,s1,5,site,gz", "cpu", "10,000 millicores allocated and on standby on server 's1'", "at most its 8,000"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, row: str, field: str, found: str, expected: str | None) -> None:
    ((_, told, what, instead),) = problems(folder(tmp_path, row))
    assert (told, what) == (field, found)
    assert expected in (None, instead) or instead.startswith(str(expected))


def test_one_row_for_the_same_loss(tmp_path: Path) -> None:
    ((line, field, _, expected),) = problems(folder(tmp_path, "web,s1,1,site,gz", "web,s1,2,site,gz"))
    assert (line, field, expected) == (3, "server", "all its instances in line 2")


def test_a_column_may_be_missing(tmp_path: Path) -> None:
    (told,) = problems(folder(tmp_path, "web,s1,1", header="application,server,instances,level"))[:1]
    assert told[0] in (1, 2)
