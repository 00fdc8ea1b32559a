"""docs/operations.md is held to the code: its settings are those that there are, with their defaults."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer.main import get_command

from api.cli import app
from api.http.limits import Limits
from planner.access.oidc import Oidc
from planner.store.settings import Settings

MANUAL = (Path(__file__).parents[3] / "docs" / "operations.md").read_text()


def rows() -> dict[str, str]:
    """setting -> default, as the table has them."""
    return dict(re.findall(r"^\| `(BAYPLAN_\w+)` \| (.*?) \|", MANUAL, re.MULTILINE))


def of_models() -> Iterator[tuple[str, str]]:
    for model in (Settings, Limits, Oidc):
        for name, field in model.model_fields.items():
            default = field.default
            text = "none" if default is None else json.dumps(default, separators=(",", ":"))
            yield f"{model.model_config['env_prefix']}{name}".upper(), text.strip('"')


def of_options(command: Any) -> Iterator[str]:
    for option in command.params:
        if option.envvar:
            yield option.envvar
    for inner in getattr(command, "commands", {}).values():
        yield from of_options(inner)


def test_every_setting_is_in_the_manual_and_no_other() -> None:
    known = {name for name, _ in of_models()} | set(of_options(get_command(app)))
    assert known == rows().keys()


def test_defaults_are_those_of_the_code() -> None:
    told, known = rows(), dict(of_models())
    assert {name: told[name].strip("`") for name in known} == known
