"""Runs the real command, and reads what it said."""

from __future__ import annotations

import json
from typing import Any

from typer.testing import CliRunner, Result

from api.cli import app


def bayplan(*arguments: object, exit_code: int = 0) -> Result:
    """`bayplan ARGUMENTS` in this process; it must end with this exit code."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    told = f"{result.stdout}\n{result.stderr}\n{result.exception!r}"
    assert result.exit_code == exit_code, told
    return result


def bayplan_json(*arguments: object, exit_code: int = 0) -> Any:
    """The one JSON document that `bayplan ARGUMENTS --json` prints."""
    return json.loads(bayplan(*arguments, "--json", exit_code=exit_code).stdout)
