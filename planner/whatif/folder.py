"""Folder: what a job has found out so far, one line a scenario, only ever added to."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from planner.manifests.errors import InputProblem, InvalidInput
from planner.whatif.result import ScenarioResult

HEAD, LINES = "job.json", "results.jsonl"


@dataclass(frozen=True, slots=True)
class Kept:
    """done: of an earlier run, by number, without those that failed."""

    file: IO[str]
    done: dict[int, ScenarioResult]

    def add(self, number: int, result: ScenarioResult) -> None:
        self.file.write(line(number, result))
        self.file.flush()


def line(number: int, result: ScenarioResult) -> str:
    return json.dumps([number, result.model_dump(mode="json", by_alias=True, exclude_defaults=True)]) + "\n"


@contextmanager
def kept(folder: Path, digest: str, name: str, total: int) -> Iterator[Kept]:
    """Made if it is not there. Raises InvalidInput when it holds another job, or another run works in it."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LINES).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _wrong(folder, "a folder that another run works in", "a run alone") from None
        head = {"name": name, "digest": digest, "total": total}
        if (folder / HEAD).exists():
            found = json.loads((folder / HEAD).read_text("utf-8"))
            if found["digest"] != digest:
                was = f"results of '{found['name']}', another job or another base"
                raise _wrong(folder, was, "those of this job, or a folder that is empty")
        else:
            (folder / HEAD).write_text(json.dumps(head) + "\n", "utf-8")
        yield Kept(file, _read(file))


def _read(file: IO[str]) -> dict[int, ScenarioResult]:
    """Whole lines count; what was cut off when a run was killed is cut away."""
    file.seek(0)
    done, whole = dict[int, ScenarioResult](), 0
    for text in iter(file.readline, ""):
        try:
            number, content = json.loads(text)
            result = ScenarioResult.model_validate(content)
        except (ValueError, ValidationError):
            break
        whole = file.tell()
        done[number] = result
    file.truncate(whole)
    file.seek(whole)
    return {number: result for number, result in done.items() if result.status == "done"}


def _wrong(folder: Path, found: str, expected: str) -> InvalidInput:
    return InvalidInput([InputProblem(str(folder), None, "", found, expected)])
