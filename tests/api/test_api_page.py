"""docs/api.md, played: every example is sent to a real service, in its order, and answered as the page says."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.cli.demo.service import service
from tests.api.running import bayplan
from tests.databases import made

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text()
ANY = "..."
"""In an answer: anything; as the last of a list: and more."""


@dataclass(frozen=True, slots=True)
class Example:
    """answer: JSON, or lines that a text has."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int
    answer: str
    text: bool


def examples() -> Iterator[Example]:
    pattern = r"```http\n(.*?)```\n\n```(json|text)\n(\d+)\n(.*?)```"
    found = list(re.finditer(pattern, PAGE, re.DOTALL))
    assert len(found) == PAGE.count("```http"), "every request has its answer"
    for match in found:
        head, _, body = match[1].partition("\n\n")
        first, *lines = head.strip().splitlines()
        method, path = first.split(" ")
        headers = dict(line.split(": ", 1) for line in lines)
        yield Example(method, path, headers, body, int(match[3]), match[4], match[2] == "text")


def matches(told: Any, answer: Any, names: dict[str, str], where: str) -> None:
    """The answer has all that the page tells; `<name>` stands for what it was the first time."""
    if isinstance(told, str) and (name := re.fullmatch(r"<(\w+)>", told)):
        assert names.setdefault(name[1], answer) == answer, where
    elif isinstance(told, dict):
        assert isinstance(answer, dict), where
        for key, value in told.items():
            assert key in answer, f"{where}.{key}"
            matches(value, answer[key], names, f"{where}.{key}")
    elif isinstance(told, list):
        more = bool(told) and told[-1] == ANY
        wanted = told[:-1] if more else told
        assert len(answer) >= len(wanted) if more else len(answer) == len(wanted), f"{where}: {answer}"
        for row, value in enumerate(wanted):
            matches(value, answer[row], names, f"{where}[{row}]")
    elif told != ANY:
        assert answer == told, where


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    database = made(str(tmp_path_factory.mktemp("page") / "books.db"))
    bayplan("import", ROOT / "examples" / "worlds" / "small", "--database", database)
    with service(None, "--database", database) as running:
        yield running.url


def test_every_example_is_answered_as_the_page_says(url: str) -> None:
    names = dict[str, str]()
    with httpx.Client(base_url=url, trust_env=False) as http:
        for each in examples():
            path = re.sub(r"<(\w+)>", lambda name: names[name[1]], each.path)
            where = f"{each.method} {path}"
            content = each.body.encode() or None
            kind = {"Content-Type": "application/json"} if content else {}
            for _ in range(20):
                answer = http.request(each.method, path, content=content, headers={**kind, **each.headers}, timeout=60)
                if answer.status_code != 503:  # a busy machine; as the page says, ask again
                    break
                time.sleep(float(answer.headers["retry-after"]))
            assert answer.status_code == each.status, f"{where}: {answer.text}"
            if each.text:
                assert set(each.answer.split("\n")) <= set(answer.text.splitlines()) | {""}, where
            else:
                matches(json.loads(each.answer), answer.json(), names, where)


def test_every_operation_is_on_the_page(url: str) -> None:
    """In a row of the table, with its method, and with what comes after its colon."""
    rows = PAGE.partition("## All of it")[2].splitlines()
    paths = httpx.get(f"{url}/openapi.json", trust_env=False).json()["paths"]
    for path, operations in paths.items():
        base, _, verb = path.partition(":")
        ends = [f"{end}`" for end in (path, base, path.removeprefix("/v1/what-ifs/{id}")) if end]
        (row, *_) = [row for row in rows if any(end in row for end in ends)] or [""]
        assert all(method.upper() in row for method in operations), path
        assert f":{verb}" in row or not verb, path
