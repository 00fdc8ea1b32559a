"""Help teaches: every command shows examples, and every example is one that the command takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from api.cli import app
from tests.api.running import bayplan


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(inner, (*path, name))


PATHS = list(commands(get_command(app)))


def examples(path: tuple[str, ...]) -> list[str]:
    text = bayplan(*path, "--help").stdout.partition("Examples")[2]
    return [line.strip() for line in text.splitlines() if line.strip().startswith("bayplan ")]


def test_all_commands_of_the_design_are_there() -> None:
    names = {" ".join(path) for path in PATHS}
    assert names >= {"solve", "check", "serve", "demo", "world generate", "world show", "world import huawei-vm"}


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_has_an_example_of_its_own_command(path: tuple[str, ...]) -> None:
    assert any(line.startswith(" ".join(("bayplan", *path))) for line in examples(path))


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_examples_are_command_lines_that_parse(path: tuple[str, ...]) -> None:
    for line in examples(path):
        command, words = get_command(app), shlex.split(line)[1:]
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        command.make_context("bayplan", words)  # raises when an option is unknown or an argument is missing


@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_fits_80_columns(path: tuple[str, ...]) -> None:
    text = re.sub(r"\x1b\[[0-9;]*m", "", bayplan(*path, "--help").stdout)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
