"""A folder becomes a world, or every problem in it is told with file, line, field, found and expected."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from planner.inventory.world import Allocation
from planner.manifests.errors import InvalidInput
from planner.worlds.read import read

GOOD = {
    "sites.csv": "site,province,carrier,cost\ngz,Guangdong,telecom,1.5\nsz,Guangdong,telecom;unicom,\n",
    "servers.csv": "server,site,cpu,memory\ns1,sz,8000,16384\ns2,gz,4000,8192\ns3,sz,8000,16384\n",
    "cells.csv": "server,cell,cpu\ns1,0,4000\ns1,1,4000\n",
    "applications.yaml": """
metadata: {name: web}
spec: {runtime: container, resources: {cpu: 1}, demand: [{instances: 9}, {instances: 1}]}
---
metadata: {name: db}
spec: {runtime: vm, resources: {cpu: 2}, numaCells: 2, demand: [{instances: 1}]}
""",
    "allocations.csv": "application,server,instances,cells,demand\nweb,s2,3,,1\ndb,s1,1,0;1,\n",
    "runtimes.yaml": "vm: {overhead: {memory: 256Mi}}\n",
}


NEGATIVE = "a quantity of cpu that is not negative"
RESOURCES = "one of 'cpu', 'memory'"


def folder(path: Path, **changed: str | bytes | None) -> Path:
    """The good world with some files (`sites_csv="..."`) changed, or left out where None."""
    files: dict[str, str | bytes | None] = {**GOOD, **{key.replace("_", "."): text for key, text in changed.items()}}
    for name, text in files.items():
        if text is not None:
            (path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def told(path: Path, **changed: str | bytes | None) -> list[tuple[str, int | None, str, str, str]]:
    with pytest.raises(InvalidInput) as error:
        read(folder(path, **changed))
    return [
        (str(Path(each.file).relative_to(path)), each.line, each.field, each.found, each.expected)
        for each in error.value.problems
    ]


def test_reads_every_file(tmp_path: Path) -> None:
    world = read(folder(tmp_path))
    inventory = world.inventory
    assert inventory.sites.name == ("gz", "sz")
    assert list(inventory.sites.attributes["carrier"]) == ["telecom", "telecom;unicom"]
    assert inventory.sites.cost.tolist() == [1500, 1000]
    assert inventory.servers.name == ("s2", "s1", "s3"), "in the order of their sites"
    assert inventory.servers.site.tolist() == [0, 1, 1]
    assert inventory.resources == ("cpu", "memory")
    assert inventory.servers.capacity.tolist() == [[4000, 8192], [8000, 16384], [8000, 16384]]
    assert inventory.cells is not None
    assert inventory.cells.server.tolist() == [1, 1]
    assert [each.id for each in world.applications] == ["web", "db"]
    assert world.allocations == (Allocation("web", 0, 3, (), 1), Allocation("db", 1, 1, (0, 1), 0))
    assert world.runtimes.vm.overhead == {"memory": 256}


def test_only_names_and_places_are_needed(tmp_path: Path) -> None:
    (tmp_path / "sites.csv").write_text("site\ngz\n")
    (tmp_path / "servers.csv").write_text("server,site\ns1,gz\n")
    world = read(tmp_path)
    sites, servers = world.inventory.sites, world.inventory.servers
    assert {key: list(column) for key, column in sites.attributes.items()} == {
        key: [""] for key in ("region", "province", "city", "carrier", "cluster")
    }
    assert (sites.state, sites.cost.tolist()) == (("online",), [1000])
    assert np.isnan([sites.latitude, sites.longitude]).all(), "not known"
    assert (sites.capabilities, sites.cpu_overcommit) == ((frozenset(),), (Fraction(1),))
    assert list(servers.rack) == ["gz"], "one rack, called as the site"
    assert (list(servers.state), servers.cpu_overcommit) == (["online"], (Fraction(1),))
    assert servers.capacity.shape == (1, 0)
    assert (world.applications, world.allocations, world.inventory.cells) == ((), (), None)


def test_reads_labels_capabilities_states_and_overcommit(tmp_path: Path) -> None:
    sites = "site,capabilities,state,cpu_overcommit,label.tier\ngz,lb.l7; disk.local,draining,1.5,gold\nsz,,,,\n"
    servers = "server,site,cpu_overcommit,label.disk,cpu,capabilities,rack\n"
    servers += "s1,gz,,nvme,1,gpu.t4,\ns2,sz,2.25,,1,,r7\ns3,gz,1,,1,,r1\n"
    world = read(
        folder(tmp_path, sites_csv=sites, servers_csv=servers, cells_csv=None, allocations_csv=None, runtimes_yaml=None)
    )
    assert world.inventory.sites.capabilities[0] == {"lb.l7", "disk.local"}
    assert world.inventory.sites.state == ("draining", "online")
    assert list(world.inventory.sites.attributes["tier"]) == ["gold", ""]
    assert world.inventory.servers.cpu_overcommit == (Fraction(3, 2), Fraction(1), Fraction(9, 4))
    assert list(world.inventory.servers.labels["disk"]) == ["nvme", "", ""]
    assert list(world.inventory.servers.rack) == ["gz", "r1", "r7"]
    assert world.inventory.resources == ("cpu",)


def test_a_byte_order_mark_crlf_and_blanks_do_no_harm(tmp_path: Path) -> None:
    plain = read(folder(tmp_path))
    messy: dict[str, str | bytes] = {
        "sites_csv": b"\xef\xbb\xbf" + GOOD["sites.csv"].replace("\n", "\r\n").encode(),
        "servers_csv": GOOD["servers.csv"].replace(",", " , ").replace("\ns2", "\n\ns2"),
    }
    world = read(folder(tmp_path, **messy))
    assert world.inventory.sites.name == plain.inventory.sites.name
    assert np.array_equal(world.inventory.servers.capacity, plain.inventory.servers.capacity)


def test_the_generation_is_of_inventory_and_allocations_only(tmp_path: Path) -> None:
    one = read(folder(tmp_path)).generation
    assert one == read(folder(tmp_path, applications_yaml=GOOD["applications.yaml"] + "# more\n")).generation
    for name in ("sites.csv", "servers.csv", "cells.csv", "allocations.csv", "runtimes.yaml"):
        changed = {name.replace(".", "_"): GOOD[name].rstrip("\n")}
        assert one != read(folder(tmp_path, **changed)).generation
    assert len(one) == 12


@pytest.mark.parametrize(
    ("text", "line", "field", "found", "expected"),
    [
        ("site,provnce\ngz,\nsz,\n", 1, "provnce", "an unknown column", "(did you mean 'province'?)"),
        ("site,labels\ngz,\nsz,\n", 1, "labels", "an unknown column", "(did you mean 'label.x'?)"),
        ("site\ngz\nsz\n\nsz\n", 5, "site", "'sz' for the second time", "a name other than that of line 3"),
        ("site,cost\ngz,\nsz,\n,1\n", 4, "site", "nothing", "a name"),
        (
            "site,state\ngz,\nsz,onlin\n",
            3,
            "state",
            "'onlin'",
            "one of 'online', 'draining', 'offline', 'retired'",
        ),
        ("site,cost\ngz,-1\nsz,\n", 2, "cost", "'-1'", "not negative, with at most 3 digits after the point"),
        ("site,cost\ngz,1.2345\nsz,\n", 2, "cost", "'1.2345'", "at most 3 digits after the point"),
        ("site,cpu_overcommit\ngz,0.9\nsz,\n", 2, "cpu_overcommit", "'0.9'", "a factor from 1 to 100"),
        ("site,latitude\ngz,91\nsz,\n", 2, "latitude", "'91'", "degrees from -90 to 90"),
        ("site,longitude\ngz,nan\nsz,\n", 2, "longitude", "'nan'", "degrees from -180 to 180"),
        ('site,capabilities\ngz,"a, b"\nsz,\n', 2, "capabilities", "'a, b'", "capabilities such as lb.l7;disk.local"),
        ("site,label.city\ngz,\nsz,\n", 1, "label.city", "a label with the name of the column city", "another name"),
        ("site,city\ngz,\nsz,a\x07b\n", 3, "city", "'a\\x07b'", "printable text"),
    ],
)
def test_tells_what_is_wrong_with_sites(
    tmp_path: Path, text: str, line: int, field: str, found: str, expected: str
) -> None:
    (problem,) = told(tmp_path, sites_csv=text)
    assert problem[:4] == ("sites.csv", line, field, found)
    assert expected in problem[4]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "found", "expected"),
    [
        ("s2,gz,4000", "s2,gz,-4000", 3, "cpu", "'-4000'", "a whole number of millicores from 0 to 1000000000000"),
        ("s2,gz,4000", "s2,gz,4.5", 3, "cpu", "'4.5'", "a whole number of millicores from 0 to 1000000000000"),
        ("s2,gz,4000", "s2,gz,", 3, "cpu", "nothing", "a whole number of millicores from 0 to 1000000000000"),
        ("s2,gz,4000,8192", "s2,gz,4000,8Gi", 3, "memory", "'8Gi'", "a whole number of MiB from 0 to 1000000000000"),
        ("s2,gz", "s2,gzz", 3, "site", "'gzz'", "a site of sites.csv (did you mean 'gz'?)"),
        ("s2,gz", "s3,gz", 4, "server", "'s3' for the second time", "a name other than that of line 3"),
        ("s2,gz", "s2", 3, "", "a number of fields of 3", "4, as the first line has"),
        ("memory", "Memory", 1, "Memory", "an unknown column", "(did you mean 'memory'?)"),
        ("memory", "label.province", 1, "label.province", "a label that sites have too: province", "another name"),
        ("site,cpu", "sit,cpu", 1, "site", "no such column", "the columns server, site at least"),
    ],
)  # fmt: skip
def test_tells_what_is_wrong_with_servers(
    tmp_path: Path, old: str, new: str, line: int, field: str, found: str, expected: str
) -> None:
    text = GOOD["servers.csv"].replace(old, new, 1)
    assert text != GOOD["servers.csv"]
    problems = told(tmp_path, servers_csv=text, cells_csv=None, allocations_csv=None, runtimes_yaml=None)
    assert problems[0][:4] == ("servers.csv", line, field, found)
    assert expected in problems[0][4]
    assert {problem[0] for problem in problems} == {"servers.csv"}, "no problem that only follows from another"


def test_a_column_of_texts_or_nearly_a_known_name_is_no_resource(tmp_path: Path) -> None:
    servers = "server,site,cpu,stat,owner,cpu_overcomit\ns1,gz,1,up,me,2\ns2,sz,2,,you,2\n"
    expected = "server, site, rack, state, capabilities, cpu_overcommit, label.x, cpu, memory, disk, bandwidth, gpu"
    assert told(tmp_path, servers_csv=servers, runtimes_yaml=None, cells_csv=None, allocations_csv=None) == [
        ("servers.csv", 1, "stat", "an unknown column", f"{expected} or another resource (did you mean 'state'?)"),
        ("servers.csv", 1, "owner", "an unknown column", f"{expected} or another resource"),
        (
            *("servers.csv", 1, "cpu_overcomit", "an unknown column"),
            f"{expected} or another resource (did you mean 'cpu_overcommit'?)",
        ),
    ]


@pytest.mark.parametrize(
    ("text", "line", "field", "found", "expected"),
    [
        (
            "server,cell,cpu\ns1,0,8000\ns1,1,1\n",
            2,
            "cpu",
            "8001 in the cells of server 's1'",
            "at most the server's 8000",
        ),
        ("server,cell,cpu\nx9,0,1\n", 2, "server", "'x9'", "a server of servers.csv"),
        ("server,cell,cpu\ns1,0,1\ns1,2,1\n", 3, "cell", "cell 2 of server 's1'", "cell 1: 0, 1, ... each once"),
        ("server,cell,cpu\ns1,0,1\ns1,0,1\n", 3, "cell", "cell 0 of server 's1'", "cell 1: 0, 1, ... each once"),
        ("server,cell,cpu\ns1,a,1\n", 2, "cell", "'a'", "a whole number from 0 to 15"),
        (
            "server,cell,gpu\ns1,0,1\n",
            1,
            "gpu",
            "an unknown column",
            "one of server, cell, cpu, memory (did you mean 'cpu'?)",
        ),
        ("server,cpu\ns1,1\n", 1, "cell", "no such column", "the columns server, cell at least"),
    ],
)  # fmt: skip
def test_tells_what_is_wrong_with_cells(
    tmp_path: Path, text: str, line: int, field: str, found: str, expected: str
) -> None:
    assert told(tmp_path, cells_csv=text, allocations_csv=None) == [("cells.csv", line, field, found, expected)]


@pytest.mark.parametrize(
    ("row", "field", "found", "expected"),
    [
        ("wbe,s1,1,,", "application", "'wbe'", "an application of applications.yaml (did you mean 'web'?)"),
        ("web,s11,1,,", "server", "'s11'", "a server of servers.csv (did you mean 's1'?)"),
        ("web,s1,0,,", "instances", "'0'", "a whole number of instances from 1 to 1000000"),
        ("web,s1,-2,,", "instances", "'-2'", "a whole number of instances from 1 to 1000000"),
        ("web,s1,1.5,,", "instances", "'1.5'", "a whole number of instances from 1 to 1000000"),
        ("web,s1,1,,2", "demand", "entry 2 of 'web'", "0 to 1, an entry that it has"),
        ("web,s1,1,,x", "demand", "'x'", "a whole number from 0 to 9999"),
        ("web,s1,1,0,", "cells", "1 cells", "0, as numaCells of 'web' asks"),
        ("db,s1,1,1,", "cells", "1 cells", "2, as numaCells of 'db' asks"),
        ("db,s1,1,1;2,", "cells", "cell 2", "at most 1, the last of 's1'"),
        ("db,s1,1,1;1,", "cells", "'1;1'", "each cell once"),
        ("web,s2,2,,1", "server", "the application there for the second time", "all its instances in line 2"),
    ],
)  # fmt: skip
def test_tells_what_is_wrong_with_allocations(tmp_path: Path, row: str, field: str, found: str, expected: str) -> None:
    text = GOOD["allocations.csv"].replace("db,s1,1,0;1,\n", f"{row}\n")
    assert told(tmp_path, allocations_csv=text) == [("allocations.csv", 3, field, found, expected)]


def test_the_same_pair_may_serve_two_demands(tmp_path: Path) -> None:
    text = "application,server,instances,demand\nweb,s1,1,0\nweb,s1,2,1\n"
    assert len(read(folder(tmp_path, allocations_csv=text)).allocations) == 2


def test_one_cell_needs_no_name_where_servers_have_none(tmp_path: Path) -> None:
    applications = GOOD["applications.yaml"].replace("numaCells: 2", "numaCells: 1")
    text = "application,server,instances\ndb,s1,1\n"
    assert read(folder(tmp_path, cells_csv=None, applications_yaml=applications, allocations_csv=text)).allocations


@pytest.mark.parametrize(
    ("file", "text", "line", "field", "found", "expected"),
    [
        ("sites.csv", "", None, "", "an empty file", "a line that names the columns"),
        ("servers.csv", b"server,site\ns1,g\xffz\n", 2, "", "the byte 0xff, which is no UTF-8", "text in UTF-8"),
        ("sites.csv", "site\ngz\nsz".encode("utf-16"), 1, "", "the byte 0xff, which is no UTF-8", "text in UTF-8"),
        ("applications.yaml", b"\xc3\x28", 1, "", "the byte 0xc3, which is no UTF-8", "text in UTF-8"),
        ("servers.csv", 'server,site\ns1,"gz\n', 2, "", "text that is no CSV (unexpected end of data)", "CSV"),
        ("runtimes.yaml", "vn: {}", 1, "vn", "an unknown field", "one of 'vm', 'container'"),
        ("runtimes.yaml", "vm: {overhead: {cpu: -1}}", 1, "vm.overhead.cpu", "-1", NEGATIVE),
        ("runtimes.yaml", "vm:\n  overhead: {x: 1}", 2, "vm.overhead.x", "an unknown resource", RESOURCES),
        ("runtimes.yaml", "vm: {}\n---\ncontainer: {}\n", 3, "", "a second document", "one only"),
    ],
)  # fmt: skip
def test_a_file_that_is_broken_as_a_whole_is_told_once(
    tmp_path: Path, file: str, text: str | bytes, line: int | None, field: str, found: str, expected: str
) -> None:
    assert told(tmp_path, **{file.replace(".", "_"): text}) == [(file, line, field, found, expected)]


def test_missing_files_are_told(tmp_path: Path) -> None:
    assert told(tmp_path, sites_csv=None, servers_csv=None) == [
        ("sites.csv", None, "", "no such file", "one, as in every world"),
        ("servers.csv", None, "", "no such file", "one, as in every world"),
    ]


def test_a_slip_in_the_name_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "aplications.yml").write_text("")
    assert told(tmp_path, applications_yaml=None) == [
        ("aplications.yml", None, "", "a file that is not read", "the name 'applications.yaml'")
    ]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"found nothing, expected a folder with sites\.csv"):
        read(tmp_path / "nowhere")


def test_every_problem_of_every_file_is_told(tmp_path: Path) -> None:
    problems = told(
        tmp_path,
        sites_csv="site,state\ngz,on\nsz,off\n",
        servers_csv="server,site,cpu\ns1,gz,-1\ns2,nn,x\n",
        cells_csv="server,cell,cpu\ns9,0,1\n",
        applications_yaml="metadata: {name: web}\nspec: {runtime: vm, resources: {gpu: 1}, demand: [{instances: 0}]}\n",
        allocations_csv="application,server,instances\nweb,s1,0\ndb,s2,1\n",
        runtimes_yaml="vm: {overhead: {disk: 1Gi}}",
    )
    assert [problem[:3] for problem in problems] == [
        ("sites.csv", 2, "state"),
        ("sites.csv", 3, "state"),
        ("servers.csv", 2, "cpu"),
        ("servers.csv", 3, "site"),
        ("servers.csv", 3, "cpu"),
        ("cells.csv", 2, "server"),
        ("applications.yaml", 2, "spec.demand[0].instances"),
        ("allocations.csv", 2, "instances"),
        ("allocations.csv", 3, "application"),
        ("runtimes.yaml", 1, "vm.overhead.disk"),
    ]


def test_an_application_that_could_not_be_read_is_not_called_unknown(tmp_path: Path) -> None:
    problems = told(tmp_path, applications_yaml=GOOD["applications.yaml"].replace("runtime: container", "runtime: pod"))
    assert [problem[:3] for problem in problems] == [("applications.yaml", 3, "spec.runtime")]
