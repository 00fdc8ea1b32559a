"""A CSV file as columns of text: conversion works on whole columns, lines are looked for only when it fails."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import repeat
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean, shown

T = TypeVar("T")
_HINTS = 20
LABEL = re.compile(r"label\.([A-Za-z0-9][A-Za-z0-9._/-]{0,252})")


@dataclass(slots=True)
class Table:
    """columns: name -> cells, without blanks around them. lines: of each row. problems: everything found so far.
    complete: no row was malformed, so that a name which is not here is really missing."""

    file: str
    columns: dict[str, Sequence[str]]
    lines: Sequence[int]
    header: int
    complete: bool = True
    problems: list[InputProblem] = field(default_factory=list)

    @staticmethod
    def of(text: str, file: str) -> Table:
        """Raises InvalidInput when the text is empty or no CSV; rows with a wrong number of fields are left out."""
        text = text.replace("\r\n", "\n")
        if not text.strip():
            raise InvalidInput([InputProblem(file, None, "", "an empty file", "a line that names the columns")])
        sheet = _plain(text) or _quoted(text, file)
        table = Table(file, {}, sheet.lines, sheet.header, not sheet.problems, sheet.problems)
        names = [name.strip() for name in sheet.names]
        for column, name in enumerate(names):
            table._name(name, column, names)
        table.columns = {name: list(map(str.strip, cells)) for name, cells in zip(names, sheet.columns, strict=True)}
        return table

    def __len__(self) -> int:
        return len(self.lines)

    def problem(self, row: int, column: str, found: str, expected: str) -> None:
        self.problems.append(InputProblem(self.file, self.lines[row], column, found, expected))

    def in_header(self, column: str, found: str, expected: str) -> None:
        self.problems.append(InputProblem(self.file, self.header, column, found, expected))

    def require(self, *columns: str) -> None:
        for column in columns:
            if column not in self.columns:
                self.in_header(column, "no such column", f"the columns {', '.join(columns)} at least")
                self.complete = False

    def allow(self, known: Sequence[str], *, labels: bool = False) -> None:
        """Every other column is a problem."""
        for column in self.columns:
            if column not in known and not (labels and LABEL.fullmatch(column)):
                self.unknown(column, [*known, "label.x"] if labels else known)

    def unknown(self, column: str, known: Sequence[str]) -> None:
        if column:
            expected = f"one of {', '.join(known)}{did_you_mean(column, known)}"
            self.in_header(column, "an unknown column", expected)

    def labels(self) -> dict[str, str]:
        """Label -> its column."""
        return {match[1]: column for column in self.columns if (match := LABEL.fullmatch(column))}

    def convert(self, column: str, to: Callable[[str], T], otherwise: T) -> list[T]:
        """The cells through `to`, each distinct text once. A cell for which it raises ValueError is a problem, the
        error's text says what is expected, and `otherwise` takes its place; so it does for a missing column."""
        cells = self.columns.get(column)
        if cells is None:
            return [otherwise] * len(self)
        value: dict[str, T] = {}
        expected: dict[str, str] = {}
        for text in set(cells):
            try:
                value[text] = to(text)
            except ValueError as error:
                value[text], expected[text] = otherwise, str(error)
        if expected:
            for row, text in enumerate(cells):
                if text in expected:
                    self.problem(row, column, shown(text or None), expected[text])
        return list(map(value.__getitem__, cells))

    def integers(self, column: str, to: Callable[[str], int], otherwise: int = 0) -> NDArray[np.int64]:
        return np.array(self.convert(column, to, otherwise), np.int64)

    def rows_of(self, column: str, index: Mapping[str, int], what: str, *, complete: bool) -> NDArray[np.int64]:
        """The row that each cell names, -1 for none. Unless `index` is not complete, none is a problem."""

        rows = list(map(index.get, self.columns.get(column, ())))
        if None not in rows and rows:
            return np.array(rows, np.int64)

        hints = iter(range(_HINTS))  # looking for a near name takes long

        def row_of(name: str) -> int:
            if name not in index and complete:
                raise ValueError(what if next(hints, None) is None else f"{what}{did_you_mean(name, index)}")
            return index.get(name, -1)

        return self.integers(column, row_of, -1)

    def unique(self, column: str) -> None:
        """No text twice."""
        cells = self.columns.get(column, ())
        if len(set(cells)) == len(cells):
            return
        first: dict[str, int] = {}
        for row, text in enumerate(cells):
            earlier = first.setdefault(text, row)
            if earlier != row:
                found = f"{shown(text)} for the second time"
                self.problem(row, column, found, f"a name other than that of line {self.lines[earlier]}")

    def _name(self, name: str, column: int, names: Sequence[str]) -> None:
        if not name:
            self.in_header(f"column {column + 1}", "no name", "every column named")
        elif name in names[:column]:
            self.in_header(name, "this column for the second time", "each column once")


@dataclass(frozen=True, slots=True)
class _Sheet:
    """names: of the columns, on line `header`. columns: their cells. lines: of each row."""

    names: Sequence[str]
    header: int
    columns: Sequence[Sequence[str]]
    lines: Sequence[int]
    problems: list[InputProblem] = field(default_factory=list)


def _plain(text: str) -> _Sheet | None:
    """CSV without quotes, blank lines or malformed rows, four times faster than by rows; None for any other."""
    if '"' in text or "\r" in text:
        return None
    rows = text.removesuffix("\n").split("\n")
    names = rows[0].split(",")
    if not rows[0] or set(map(str.count, rows, repeat(","))) != {len(names) - 1} or (len(names) == 1 and "" in rows):
        return None
    cells = ",".join(rows[1:]).split(",") if len(rows) > 1 else []
    return _Sheet(names, 1, [cells[column :: len(names)] for column in range(len(names))], range(2, len(rows) + 1))


def _quoted(text: str, file: str) -> _Sheet:
    """Any CSV. Raises InvalidInput when it is none; rows with a wrong number of fields are left out and told."""
    reader = csv.reader(StringIO(text, newline=""), strict=True)
    rows: list[list[str]] = []
    lines: list[int] = []
    line = 1
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(line)
            line = reader.line_num + 1
    except csv.Error as error:
        raise InvalidInput(
            [InputProblem(file, reader.line_num, "", f"text that is no CSV ({error})", "CSV")]
        ) from error
    width = len(rows[0])
    good = [row for row, cells in enumerate(rows) if len(cells) == width]
    problems = [
        InputProblem(file, line, "", f"a number of fields of {len(cells)}", f"{width}, as the first line has")
        for cells, line in zip(rows, lines, strict=True)
        if len(cells) != width
    ]
    columns = list(zip(*(rows[row] for row in good), strict=True))
    return _Sheet(rows[0], lines[0], [column[1:] for column in columns], [lines[row] for row in good[1:]], problems)
