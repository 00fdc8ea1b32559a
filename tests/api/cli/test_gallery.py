"""docs/explain.md is what the code says today, and it has a case of every kind of fact."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from api.cli.explain.gallery import gallery
from planner.explain.facts import Kind

PAGE = Path(__file__).parents[3] / "docs" / "explain.md"


def test_the_gallery_is_up_to_date() -> None:
    """Else: python -m api.cli.explain.gallery > docs/explain.md"""
    assert gallery() == PAGE.read_text("utf-8")


def test_the_gallery_has_a_case_of_every_kind_of_rule() -> None:
    page = PAGE.read_text("utf-8")
    fields = {kind.split(".")[-1] for kind in get_args(Kind)} - {"demand", "room", "window"}
    assert {field for field in fields if f"{field}:" not in page} == set()
    assert page.count("\n## ") >= 10
