"""The zygote: one warm process without threads; workers are forked from it, so that all share one picture in memory.

What a worker does not write stays the zygote's (copy on write). It is forked before the server has threads, holds
no connections while it forks, and does no work: so nothing is in the middle of anything when it forks.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cached_property
from typing import NoReturn

from api.workers import wire
from api.workers.desk import Desk, Seen
from api.workers.memory import settled
from api.workers.worker import Worker
from planner.ledger.books import Books
from solver.warmup import warm

LAST = 5.0
"""Seconds that workers have to finish what they commit, once the server is gone."""
STEP = 5.0
"""Seconds between two looks at what is new: to catch up on much at once would take a core from those who work."""
Load = Callable[[], Desk]
log = logging.getLogger(__name__)


class Zygote:
    """The server's side of it. load: reads what workers plan on."""

    def __init__(self, load: Load, private: Sequence[socket.socket] = ()) -> None:
        """private: sockets of the server that nobody else may keep open."""
        self._control, theirs = socket.socketpair()
        self._lock = threading.Lock()
        self.pid = os.fork()
        if not self.pid:
            for mine in (self._control, *private):
                mine.close()
            _live(theirs, load)
        theirs.close()

    @cached_property
    def _told(self) -> object:
        return wire.receive(self._control)

    def ready(self) -> Seen:
        """Waits until all is read. Raises what `load` raised."""
        try:
            told = self._told
        except EOFError as error:
            raise RuntimeError("the process that reads the world or the books has died") from error
        if isinstance(told, BaseException):
            raise told
        assert isinstance(told, Seen)
        return told

    def fork(self, nice: int) -> tuple[int, socket.socket, int]:
        """(process id, socket) of a new worker, and how many changes of the books it knows of. Raises EOFError when the
        zygote is gone. For many threads at once."""
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            try:
                wire.send(self._control, nice)
                socket.send_fds(self._control, [b"+"], [theirs.fileno()])
                pid, changes = wire.receive(self._control)
                return pid, ours, changes
            except OSError as error:
                raise EOFError("the zygote is gone") from error

    def close(self) -> None:
        """Workers end when they have nothing to do; they are killed after LAST seconds."""
        self._control.close()
        with suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


def _live(control: socket.socket, load: Load) -> NoReturn:
    """In the new process, to its end."""
    status = 1
    try:
        for ignored in (signal.SIGINT, signal.SIGTERM):  # who stops the server stops it alone, and it stops the others
            signal.signal(ignored, signal.SIG_IGN)
        try:
            desk = load()
            warm()
            _rest(desk)
            wire.send(control, desk.seen())
        except Exception as error:
            wire.send(control, error)
            raise
        _serve(control, desk)
        status = 0
    except EOFError:
        status = 0
    except Exception:
        log.debug("the zygote ends", exc_info=True)
    finally:
        os._exit(status)


def _rest(desk: Desk) -> None:
    """All that is there stays, for good and shared, and no connection is handed on."""
    if isinstance(desk.source, Books):
        desk.source.picture()
        desk.source.close()
    settled()


def _caught_up(desk: Desk) -> str:
    """As far as the database can be read now; why it cannot."""
    try:
        _rest(desk)
    except Exception as error:
        if isinstance(desk.source, Books):
            desk.source.close()
        return str(error) or type(error).__name__
    return ""


def _serve(control: socket.socket, desk: Desk) -> None:
    children, looked = set[int](), time.monotonic()
    try:
        while True:
            if not wire.waiting(control, 1.0):
                _reap(children)
                if time.monotonic() > looked + STEP:
                    _caught_up(desk)
                    looked = time.monotonic()
                continue
            nice = wire.receive(control)
            _, (end,), *_ = socket.recv_fds(control, 1, 1)
            if fault := _caught_up(desk):
                log.warning("a worker begins with what was read before", extra={"fault": fault})
            pid = os.fork()
            if not pid:
                control.close()
                _work(socket.socket(fileno=end), desk, nice)
            os.close(end)
            children.add(pid)
            wire.send(control, (pid, desk.seen().changes))
    finally:
        _end(children)


def _work(control: socket.socket, desk: Desk, nice: int) -> NoReturn:
    status = 1
    try:
        os.nice(nice)
        Worker(control, desk).run()
    except EOFError:
        status = 0
    except Exception:
        log.exception("a worker ends")
    finally:
        os._exit(status)


def _reap(children: set[int]) -> None:
    with suppress(ChildProcessError):
        while pid := os.waitpid(-1, os.WNOHANG)[0]:
            children.discard(pid)


def _end(children: set[int]) -> None:
    """Each ends by itself when it sees that the server is gone."""
    until = time.monotonic() + LAST
    while children and time.monotonic() < until:
        _reap(children)
        time.sleep(0.02)
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    _reap(children)
