"""Somebody else's CSV file: its rows with their lines, and every problem found in them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean, one_of, shown

_MOST = 10**12


@dataclass(frozen=True, slots=True)
class Row:
    """One record. What is asked of it and is not there becomes a problem of the source, and a harmless value."""

    source: Source
    line: int
    fields: dict[str, str]

    def text(self, field: str) -> str:
        """Any text, trimmed; empty where the column is absent."""
        return self.fields.get(field, "").strip()

    def name(self, field: str) -> str:
        """Text that must be there."""
        if not self.text(field):
            self.problem(field, "a name")
        return self.text(field)

    def whole(self, field: str, least: int = 0, most: int = _MOST) -> int:
        """A whole number within bounds."""
        text = self.text(field)
        number = int(text) if text.isascii() and text.isdigit() and len(text) <= 13 else -1
        if least <= number <= most:
            return number
        self.problem(field, f"a whole number of at least {least}" + (f" and at most {most}" if most < _MOST else ""))
        return least

    def choice(self, field: str, known: Sequence[str]) -> str:
        """One of the known words."""
        text = self.text(field)
        if text not in known:
            self.problem(field, one_of(known) + did_you_mean(text, known))
            return known[0]
        return text

    def problem(self, field: str, expected: str) -> None:
        self.source.problems.append(InputProblem(self.source.file, self.line, field, shown(self.text(field)), expected))


class Source:
    """rows: all records, in order. problems: what is wrong so far; `finish` raises them together."""

    def __init__(self, path: Path, columns: Sequence[str], unique: str) -> None:
        """Raises InvalidInput at once where the file cannot be read or lacks one of the columns."""
        self.file = str(path)
        self.problems: list[InputProblem] = []
        table = csv.reader(io.StringIO(read_text(path), newline=""))
        header = [name.strip() for name in next(table, [])]
        self._has(columns, header)
        self.rows = list(self._read(table, header))
        self._unique(unique)

    def finish(self) -> None:
        """Raises InvalidInput when there were problems."""
        if self.problems:
            raise InvalidInput(self.problems)

    def _has(self, columns: Sequence[str], header: Sequence[str]) -> None:
        found = f"the columns {', '.join(header)}" if any(header) else "no columns"
        missing = [name for name in columns if name not in header]
        self.problems += [InputProblem(self.file, 1, name, found, f"a column '{name}'") for name in missing]
        self.finish()

    def _read(self, table: Any, header: Sequence[str]) -> Iterator[Row]:
        try:
            for fields in table:
                if len(fields) not in (0, len(header)):
                    found, expected = f"{len(fields)} fields", f"{len(header)}, as in the header"
                    self.problems.append(InputProblem(self.file, table.line_num, "", found, expected))
                elif fields:
                    yield Row(self, table.line_num, dict(zip(header, fields, strict=True)))
        except csv.Error as error:
            self.problems.append(InputProblem(self.file, table.line_num, "", str(error), "comma-separated values"))

    def _unique(self, field: str) -> None:
        first: dict[str, int] = {}
        for row in self.rows:
            if (line := first.setdefault(row.text(field), row.line)) != row.line:
                row.problem(field, f"another name, for line {line} has this one")


def read_text(path: Path) -> str:
    """The file as text. Raises InvalidInput where that cannot be."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        found = "no such file"
    except IsADirectoryError:
        found = "a folder"
    except NotADirectoryError:
        found = "a file in the place of its folder"
    except UnicodeDecodeError:
        found = "bytes that are no UTF-8"
    except OSError as error:
        found = (error.strerror or "an error").lower()
    raise InvalidInput([InputProblem(str(path), None, "", found, "a text file")])
