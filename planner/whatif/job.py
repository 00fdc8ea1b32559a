"""Job: all scenarios of a what-if, worked out somewhere; what is done is kept line by line, and gone on with."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from planner.inventory.inventory import Column
from planner.inventory.overview import Room, rooms
from planner.whatif.base import Base
from planner.whatif.executor import Executor
from planner.whatif.folder import Kept, kept, line
from planner.whatif.opening import Job
from planner.whatif.result import BaseResult, JobResult, Place, ScenarioResult


@dataclass
class Run:
    """A job under way. done: results by the number of their scenario, those of an earlier run too."""

    job: Job
    done: dict[int, ScenarioResult] = field(default_factory=dict)

    def results(self, executor: Executor, folder: Path | None = None) -> Generator[ScenarioResult, None, None]:
        """Each as it comes, once it is kept in the folder; those that failed in an earlier run are tried again.

        Whoever stops in between loses nothing of what was yielded. Raises InvalidInput when the folder is another
        job's."""
        with self._keeper(folder) as keeper:
            if keeper:
                self.done |= keeper.done
            waiting = {number: each for number, each in enumerate(self.job.scenarios) if number not in self.done}
            with closing(executor(self.job.base.ready(), waiting)) as found:
                for number, result in found:
                    if keeper:
                        keeper.add(number, result)
                    self.done[number] = result
                    yield result

    def _keeper(self, folder: Path | None) -> AbstractContextManager[Kept | None]:
        if folder is None:
            return nullcontext()
        return kept(folder, self.job.digest, self.job.name, len(self.job.scenarios))

    def result(self) -> JobResult:
        """Of what is done."""
        scenarios = [self.done[number] for number in sorted(self.done)]
        return JobResult(
            name=self.job.name,
            digest=self.job.digest,
            total=len(self.job.scenarios),
            done=len(scenarios),
            failed=sum(each.status == "failed" for each in scenarios),
            outcome=_outcome(self.done),
            base=described(self.job.base),
            scenarios=scenarios,
        )


def _outcome(done: dict[int, ScenarioResult]) -> str:
    text = blake2b(digest_size=12)
    for number in sorted(done):
        text.update(line(number, done[number].model_copy(update={"seconds": 0.0})).encode())
    return text.hexdigest()


def described(base: Base) -> BaseResult:
    snapshot, usable = base.snapshot, base.snapshot.usable
    stranded = base.stranded[usable].sum(axis=0).tolist()
    return BaseResult(
        generation=snapshot.generation,
        sites=len(snapshot.inventory.sites),
        servers=len(snapshot.free),
        applications=len(base.applications),
        instances=sum(count for (name, _), count in base.standing.items() if name in base.applications),
        headroom=int(base.slots[usable].sum()),
        stranded=dict(zip(base.shape.amounts, stranded, strict=True)),
        places=_places(base),
    )


def _places(base: Base) -> list[Place]:
    sites = base.snapshot.inventory.sites
    names = Column.of(list(sites.name))
    return [_place(base, row, room) for row, room in enumerate(rooms(base.snapshot, names))]


def _place(base: Base, row: int, room: Room) -> Place:
    sites = base.snapshot.inventory.sites
    where = {name: sites.attributes[name][row] for name in ("region", "province", "city", "carrier")}
    latitude, longitude = float(sites.latitude[row]), float(sites.longitude[row])
    known = latitude == latitude and longitude == longitude
    return Place(
        site=room.name,
        **where,
        latitude=latitude if known else None,
        longitude=longitude if known else None,
        servers=room.servers,
        capacity=dict(room.capacity),
        used={name: amount - room.free[name] for name, amount in room.capacity.items()},
    )
