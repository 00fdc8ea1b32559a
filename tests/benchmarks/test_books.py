"""The case of the books, small."""

from __future__ import annotations

import json

import pytest

from benchmarks.command import main
from tests.databases import new_database


def test_speed_of_small_books(postgres_server: str, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--database", new_database(postgres_server))
    assert main(["books", "--part", "speed", "--servers", "300", "--commits", "1", *where, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert {target["text"].partition(":")[0] for target in told["targets"]} == {
        "import of sites and servers, s",
        "start to first answer, s",
        "commit of 1,000 instances, median ms",
        "a site's state in another process, s",
    }
