"""Columns are read whole; only what is malformed is looked at by line."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.manifests.errors import InvalidInput
from planner.worlds.table import Table


def told(text: str) -> list[tuple[int | None, str, str, str]]:
    try:
        table = Table.of(text, "f")
    except InvalidInput as error:
        problems = error.problems
    else:
        problems = tuple(table.problems)
    return [(each.line, each.field, each.found, each.expected) for each in problems]


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=4) | st.sampled_from(
    ["a,b", '"', "\n"]
)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=5)))
def test_reads_what_any_csv_writer_writes(rows: list[list[str]]) -> None:
    names = [f"c{column}" for column in range(len(rows[0]) if rows else 1)]
    text = StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL).writerows([names, *rows])
    table = Table.of(text.getvalue(), "f")
    assert not table.problems
    assert list(table.columns) == names
    expected = [[cell.replace("\r\n", "\n").strip() for cell in row] for row in rows]
    assert [list(row) for row in zip(*table.columns.values(), strict=True)] == expected


@given(st.integers(1, 3), st.lists(st.lists(st.text("ab, ", max_size=3), min_size=1, max_size=3), max_size=5))
def test_plain_and_quoted_texts_are_read_alike(width: int, rows: list[list[str]]) -> None:
    header = ",".join(f"c{column}" for column in range(width))
    plain = "\n".join([header, *map(",".join, rows)])
    one, other = Table.of(plain, "f"), Table.of('"c0"' + plain.removeprefix("c0"), "f")
    assert (one.columns, list(one.lines), one.problems) == (other.columns, list(other.lines), other.problems)


def test_lines_count_what_an_editor_counts() -> None:
    table = Table.of('a,b\r\n\r\n1,"two\r\nlines"\r\n3,4\r\n', "f")
    assert list(table.lines) == [3, 5]
    assert table.columns == {"a": ["1", "3"], "b": ["two\nlines", "4"]}


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", (None, "", "an empty file", "a line that names the columns")),
        ("\n \n", (None, "", "an empty file", "a line that names the columns")),
        ("a,b\n1,2\n3\n", (3, "", "a number of fields of 1", "2, as the first line has")),
        ("a,b\n1,2,3\n", (2, "", "a number of fields of 3", "2, as the first line has")),
        ("a,,c\n", (1, "column 2", "no name", "every column named")),
        ("a,b,a\n", (1, "a", "this column for the second time", "each column once")),
        ('a,b\n1,"2\n', (2, "", "text that is no CSV (unexpected end of data)", "CSV")),
        ('a,b\n1,"2"3\n', (2, "", "text that is no CSV (',' expected after '\"')", "CSV")),
    ],
)
def test_tells_what_is_no_table(text: str, problem: tuple[int | None, str, str, str]) -> None:
    assert told(text) == [problem]


def test_each_bad_cell_is_told_with_its_line() -> None:
    table = Table.of("a\nx\n1\n\ny\nx\n", "f")
    assert table.convert("a", int, -1) == [-1, 1, -1, -1]
    assert [(each.line, each.found) for each in table.problems] == [(2, "'x'"), (5, "'y'"), (6, "'x'")]


def test_suggestions_for_names_end_before_they_take_long() -> None:
    table = Table.of("a\n" + "\n".join(f"sitex{row}" for row in range(100)), "f")
    table.rows_of("a", {f"site{row}": row for row in range(100)}, "a site", complete=True)
    assert len(table.problems) == 100
    assert sum("did you mean" in each.expected for each in table.problems) == 20
