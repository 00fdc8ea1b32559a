"""What people and machines see: results on stdout (tables, or JSON), progress and problems on stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from planner.manifests.errors import InputProblem, InvalidInput

BAD_INPUT = 2


def people(quiet: bool = False) -> Console:
    """Where results go that people read."""
    return Console(highlight=False, quiet=quiet)


def aside() -> Console:
    """Where progress and problems go: never among the results."""
    return Console(stderr=True, highlight=False)


def machines(content: Any) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(content if isinstance(content, str) else json.dumps(content, ensure_ascii=False))
    sys.stdout.write("\n")
    sys.stdout.flush()


@contextmanager
def exits(as_json: bool = False) -> Iterator[None]:
    """Bad input ends the command with every problem told, and exit code 2."""
    try:
        yield
    except InvalidInput as invalid:
        problems: tuple[InputProblem, ...] = invalid.problems
    except (FileNotFoundError, PermissionError, IsADirectoryError, NotADirectoryError) as error:
        found = (error.strerror or "an error").lower()
        problems = (InputProblem(str(error.filename), None, "", found, "a file or folder that can be used"),)
    else:
        return
    if as_json:
        machines({"code": "input.invalid", "problems": [asdict(problem) for problem in problems]})
    console = aside()
    for problem in problems:
        console.print(str(problem), soft_wrap=True, markup=False)
    if len(problems) > 1:
        console.print(f"{len(problems)} problems; nothing was written.", style="dim")
    raise typer.Exit(BAD_INPUT)


def table(*columns: str, title: str | None = None, numbers: tuple[str, ...] = ()) -> Table:
    """The one look of all tables. numbers: the columns that are flush right."""
    made = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False, header_style="dim")
    for column in columns:
        made.add_column(column, justify="right" if column in numbers else "left")
    return made


def add(group: typer.Typer, name: str, command: Callable[..., None], examples: str) -> None:
    """Register a command; its docstring is its help: the first paragraph tells it in a line, lines are joined."""
    paragraphs = [" ".join(part.split()) for part in (command.__doc__ or "").split("\n\n")]
    group.command(name, help="\n\n".join(paragraphs), short_help=paragraphs[0], epilog=examples)(command)


def examples(*pairs: tuple[str, str]) -> str:
    """The end of a command's help: (command line, what it does) pairs."""
    lines = [f"  [cyan]{escape(line)}[/cyan]\n    [dim]{escape(what)}[/dim]" for line, what in pairs]
    return "[bold]Examples[/bold]\n\n" + "\n".join(lines)
