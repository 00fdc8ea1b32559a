"""The pool, with real processes: results and errors come back, and a process that dies costs one answer."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from api.http.problems import Refused
from api.workers.desk import Desk
from api.workers.pool import Pool
from api.workers.start import pool as started
from api.workers.start import zygote
from api.workers.worker import Bug, Together, Work, outcome
from planner.manifests.errors import InputProblem, InvalidInput
from planner.plans.solve import Progress
from tests.worlds import server, site, world


def small() -> Any:
    return world(site("gz"), server("gz1", site="gz"))


AT_WORK = Progress(0.0, "improve", 0)


def process_id(_: Desk) -> int:
    return os.getpid()


def long(_: Desk) -> None:
    time.sleep(30)


def until_stopped(desk: Desk) -> str:
    begin = time.monotonic()
    while not desk.goes_on(AT_WORK) and time.monotonic() < begin + 30:
        sum(range(20_000))
    return "what there is"


def until_gone(path: Path, desk: Desk) -> None:
    while not desk.gone():
        time.sleep(0.01)
    path.write_text("gone")


def broken(_: Desk) -> int:
    return 1 // 0


def wrong(_: Desk) -> None:
    raise InvalidInput([InputProblem("request", None, "a", "b", "c")])


def refused(_: Desk) -> None:
    raise Refused(400, "request.malformed", "no JSON", {"Retry-After": "1"})


def nap(_: Desk) -> None:
    time.sleep(0.3)


def nap_while_wanted(desk: Desk) -> str:
    begin = time.monotonic()
    while time.monotonic() < begin + 0.3:
        desk.goes_on(AT_WORK)
        time.sleep(0.01)
    return "there to the end"


def number(value: int, _: Desk) -> int:
    return value


def dies(_: Desk) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def all_of(works: Sequence[Work], desk: Desk) -> list[Any]:
    return [(outcome(work, desk)[0], len(works)) for work in works]


def all_of_them_commit(works: Sequence[Work], desk: Desk) -> list[Any]:
    desk.committing()
    return all_of(works, desk)


Story = Callable[[Pool], Awaitable[Any]]
Tell = Callable[..., Any]


@pytest.fixture
def story() -> Tell:
    """Runs a story on a new pool, from which everything has ended afterwards."""

    def tell(what: Story, workers: int = 1, waiting: int = 64) -> Any:
        with started(small, workers, waiting) as pool:

            async def whole() -> Any:
                await pool.open()
                try:
                    return await what(pool)
                finally:
                    await pool.shut()

            return asyncio.run(asyncio.wait_for(whole(), 60))

    return tell


def test_results_and_errors_come_back(story: Tell) -> None:
    async def what(pool: Pool) -> int:
        for work, error in ((broken, Bug), (wrong, InvalidInput), (refused, Refused)):
            with pytest.raises(error) as raised:
                await pool.run(work, lane="short")
        assert isinstance(raised.value, Refused)
        assert (raised.value.status, raised.value.headers) == (400, {"Retry-After": "1"})
        pid: int = await pool.run(process_id, lane="short")
        return pid

    assert story(what) != os.getpid()


def test_a_process_that_dies_costs_one_answer(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        before: int = await pool.run(process_id, lane="short")
        waiting = asyncio.create_task(pool.run(long, lane="short"))
        behind = asyncio.create_task(pool.run(process_id, lane="short"))
        await asyncio.sleep(0.1)
        os.kill(before, signal.SIGKILL)
        with pytest.raises(Refused) as lost:
            await waiting
        assert (lost.value.status, lost.value.code) == (503, "worker.lost")
        assert "Retry-After" in (lost.value.headers or {})
        assert await behind != before, "who waited is answered by another process"

    story(what)


def test_an_idle_process_that_dies_costs_nothing(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        before: int = await pool.run(process_id, lane="short")
        os.kill(before, signal.SIGKILL)
        await asyncio.sleep(0.2)
        assert await pool.run(process_id, lane="short") != before

    story(what)


def test_past_its_room_it_refuses_and_then_has_room_again(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        jobs = [pool.submit(until_stopped, lane="short") for _ in range(2)]  # one is worked at, one waits
        with pytest.raises(Refused) as busy:
            pool.submit(process_id, lane="short")
        assert (busy.value.status, busy.value.code) == (503, "server.busy")
        assert "Retry-After" in (busy.value.headers or {})
        for job in jobs:
            pool.stop(job, keep=True)
        assert await jobs[0].done == "what there is"
        assert await pool.run(process_id, lane="short")

    story(what, waiting=1)


def test_long_work_leaves_a_process_for_short_work(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        batches = [pool.submit(until_stopped, lane="long") for _ in range(3)]
        begin = time.monotonic()
        await pool.run(process_id, lane="short")
        await pool.run(process_id, lane="book")
        assert time.monotonic() - begin < 2
        for batch in batches:
            pool.stop(batch, keep=False)

    story(what, workers=2)


def test_progress_is_shown_and_work_stops_with_what_it_has(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        shown = asyncio.Queue[str]()
        job = pool.submit(until_stopped, lane="long", show=shown.put_nowait)
        assert json.loads(await shown.get())["stage"] == "improve"
        pool.stop(job, keep=True)
        assert await job.done == "what there is"

    story(what)


def test_single_requests_that_take_long_go_where_long_work_is_done(
    story: Tell, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.workers.pool.PATIENCE", 0.2)

    async def what(pool: Pool) -> None:
        long = pool.submit(until_stopped, lane="short")
        await asyncio.sleep(0.1)
        behind = pool.submit(process_id, lane="book")
        assert await asyncio.wait_for(behind.done, 5)
        assert long.lane == "long"
        pool.stop(long, keep=True)
        assert await long.done == "what there is"

    story(what, workers=2)


def test_work_that_can_be_done_together_is(story: Tell) -> None:
    async def what(pool: Pool) -> list[Any]:
        first = pool.submit(nap, lane="book")
        jobs = [pool.submit(partial(number, row), lane="book", together=Together(all_of)) for row in range(3)]
        await first.done
        return [await job.done for job in jobs]

    assert story(what) == [(0, 3), (1, 3), (2, 3)]


def test_of_those_that_book_each_has_its_own_places_and_who_is_idle_helps(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        naps = [pool.submit(nap, lane="book", together=Together(all_of, row)) for row in range(2)]
        jobs = [pool.submit(partial(number, row), lane="book", together=Together(all_of, row)) for row in range(6)]
        for each in naps:
            await each.done
        assert [await job.done for job in jobs] == [(row, 3) for row in range(6)], (
            "odd places go together, and even ones"
        )
        busy = pool.submit(until_stopped, lane="book", together=Together(all_of, 0))
        behind = pool.submit(process_id, lane="book", together=Together(all_of, 2))
        assert await asyncio.wait_for(behind.done, 5)
        pool.stop(busy, keep=True)

    story(what, workers=4)


def test_who_leaves_does_not_end_what_is_done_together_with_it(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        first = pool.submit(nap, lane="book")
        jobs = [pool.submit(nap_while_wanted, lane="book", together=Together(all_of)) for _ in range(3)]
        await first.done
        await asyncio.sleep(0.1)
        pool.stop(jobs[0], keep=False)
        assert [await job.done for job in jobs[1:]] == [("there to the end", 3)] * 2

    story(what)


def test_a_death_costs_those_who_did_not_cause_it_nothing(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        first = pool.submit(nap, lane="book")
        works: list[Work] = [partial(number, 1), dies, partial(number, 2)]
        jobs = [pool.submit(work, lane="book", together=Together(all_of)) for work in works]
        await first.done
        assert [await jobs[0].done, await jobs[2].done] == [1, 2], "each by itself"
        with pytest.raises(Refused) as lost:
            await jobs[1].done
        assert lost.value.code == "worker.lost"

    story(what)


def test_after_the_commit_has_begun_nothing_is_done_twice(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        first = pool.submit(nap, lane="book")
        works: list[Work] = [partial(number, 1), dies]
        jobs = [pool.submit(work, lane="book", together=Together(all_of_them_commit)) for work in works]
        await first.done
        for job in jobs:
            with pytest.raises(Refused) as lost:
                await job.done
            assert lost.value.code == "worker.lost"

    story(what)


def test_no_work_goes_on_for_a_client_that_left(story: Tell, tmp_path: Path) -> None:
    async def what(pool: Pool) -> None:
        with pytest.raises(Refused):
            await pool.run(partial(until_gone, tmp_path / "told"), lane="short", gone=lambda: asyncio.sleep(0.05))
        assert await pool.run(process_id, lane="short"), "the process has ended the other work"

    story(what)
    assert (tmp_path / "told").read_text() == "gone"


def test_who_waits_is_refused_when_it_stops_and_who_is_worked_for_is_answered(story: Tell) -> None:
    async def what(pool: Pool) -> None:
        working, waiting = (pool.submit(until_stopped, lane="short") for _ in range(2))
        await asyncio.sleep(0.1)
        pool.drain()
        with pytest.raises(Refused) as stopping:
            await waiting.done
        assert stopping.value.code == "server.stopping"
        pool.stop(working, keep=True)
        assert await working.done == "what there is"

    story(what)


def test_what_cannot_be_read_is_told_where_it_was_asked_for() -> None:
    def nothing() -> Any:
        raise InvalidInput([InputProblem("sites.csv", 2, "state", "'asleep'", "one of 'online'")])

    with zygote(nothing) as started, pytest.raises(InvalidInput, match="asleep"):
        started.ready()


def test_workers_end_with_their_server() -> None:
    """Even when it is killed."""
    reading, writing = os.pipe()
    if not (server_pid := os.fork()):
        with started(small, 2) as pool:

            async def serve() -> None:
                await pool.open()
                pids = [process.pid for process in pool.processes]
                os.write(writing, " ".join(map(str, [pool.zygote.pid, *pids])).encode())
                await asyncio.sleep(60)

            asyncio.run(serve())
        os._exit(0)
    pids = [int(pid) for pid in os.read(reading, 100).split()]
    os.kill(server_pid, signal.SIGKILL)
    os.waitpid(server_pid, 0)
    until = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() and not zombie(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.05)
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists() and not zombie(pid)]


def zombie(pid: int) -> bool:
    """Ended, and nobody has asked for its status: the tests' own process is not what orphans are given to."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
