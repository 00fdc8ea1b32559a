"""The README tells the truth: commands parse, the request is answered, and `make demo` prints what it shows."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import httpx
import pytest
from typer.main import get_command

from api.cli import app
from tests.api.running import bayplan

README = (Path(__file__).parents[2] / "README.md").read_text()


def test_commands_parse() -> None:
    lines = re.findall(r"^ *(bayplan .*?)(?: &)?$", README, re.MULTILINE)
    assert len(lines) >= 5
    for line in lines:
        command, words = get_command(app), shlex.split(line)[1:]
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
        command.make_context("bayplan", words)


def test_the_request_is_answered(client: httpx.Client) -> None:
    found = re.search(r"-d '(\{.*?\})'", README, re.DOTALL)
    assert found
    plan = client.post("/v1/solve", json=json.loads(found[1])).raise_for_status().json()
    assert sum(row["instances"] for row in plan["placements"]) == 20


@pytest.mark.slow
def test_the_demo_prints_what_the_readme_shows() -> None:
    """But for numbers, which differ from machine to machine."""
    found = re.search(r"\$ make demo\n(.*?)```", README, re.DOTALL)
    assert found
    told = bayplan("demo").stdout.splitlines()
    assert max(map(len, told)) <= 80
    printed = {masked(line) for line in told}
    for line in found[1].splitlines():
        assert masked(line) in printed, line


def masked(line: str) -> str:
    return " ".join(re.sub(r"[\d,.]*\d( (ms|s)\b)?", "#", line.replace("█", "")).split())
