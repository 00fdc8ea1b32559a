"""The life of a worker process: one piece of work after the other, and a look at the books while it waits."""

from __future__ import annotations

import gc
import socket
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.http import problems
from api.observe.made import Made
from api.observe.record import Record, resumed
from api.workers import wire
from api.workers.desk import Desk, GivenUp, Longer, Seen
from api.workers.memory import given_back
from planner.ledger.books import Books
from planner.ledger.refused import Refused
from planner.manifests.errors import InvalidInput

Work = Callable[[Desk], Any]
"""A function of a module, or a partial of one: it goes to another process by its name."""
All = Callable[[Sequence[Work], Desk], list[Any]]
"""Does many pieces of work at once: the result of each, or the error that it raised."""
COMMITTING = "committing"
"""Told, as progress, before the books are written: from then on nobody knows what a process did that dies."""
LARGE = 2.0
"""Seconds of work that may have needed much memory."""
LOOK = 0.5
"""Seconds between two looks at the books while nothing is to be done."""


@dataclass(frozen=True, slots=True)
class Together:
    """Work that may be done at once with more of its kind. place: where it wants room; work of two places seldom wants
    the same."""

    do: All
    place: int = 0


@dataclass(frozen=True, slots=True)
class Hand:
    """To a worker: what to do. number: what answers are told under. shown: whether somebody looks at its progress.
    patience: seconds after which it is better done elsewhere. request: the id of who asked. together: does this and
    more work at once."""

    number: int
    work: Work
    shown: bool = False
    patience: float | None = None
    request: str = ""
    together: All | None = None
    more: tuple[Hand, ...] = ()


@dataclass(frozen=True, slots=True)
class Stop:
    """To a worker: end this. keep: with what is there; else nobody waits any more."""

    number: int
    keep: bool


@dataclass(frozen=True, slots=True)
class Told:
    """Of a worker: how far it is."""

    number: int
    progress: str


@dataclass(frozen=True, slots=True)
class Done:
    """Of a worker. error: raised instead of a result. trace: of a bug, for the log only. seconds: from hand to answer.
    seen: on what this process plans. made: plans, to be counted."""

    number: int
    result: Any
    error: BaseException | None
    trace: str
    seconds: float
    seen: Seen
    made: tuple[Made, ...] = ()


@dataclass(frozen=True, slots=True)
class Looked:
    """Of a worker that waits. fault: why the books cannot be read; empty when they can."""

    seen: Seen
    fault: str


class Bug(Exception):  # noqa: N818 - an error is what is told of it
    """Work failed on something that nobody expected; the log says what."""


class Worker:
    """In its own process. control: the socket to the server."""

    def __init__(self, control: socket.socket, desk: Desk) -> None:
        self.control, self.desk = control, desk
        self._number, self._worked = 0, 0.0
        self._stop: Stop | None = None
        desk.stopped, desk.gone, desk.committing = self._stopped, self._gone, partial(self._tell, COMMITTING)

    def run(self) -> None:
        """Until the server is gone."""
        while True:
            if wire.waiting(self.control, LOOK):
                message = wire.receive(self.control)
                if isinstance(message, Hand):
                    self._do(message)
            else:
                self._rest()
                self._look()

    def _do(self, hand: Hand) -> None:
        self._number, self._stop = hand.number, None
        self.desk.begin(self._tell if hand.shown else None, hand.patience)
        begin = time.perf_counter()
        with resumed(Record(hand.request) if hand.request else None):
            if hand.together is not None and hand.more:
                found = self._all(hand, hand.together)
            else:
                found = [outcome(hand.work, self.desk)]
        seconds, made, seen = time.perf_counter() - begin, tuple(self.desk.made), self.desk.seen()
        self._worked = max(self._worked, seconds)
        for each, told in zip((hand, *hand.more), found, strict=True):
            wire.send(self.control, Done(each.number, *told, seconds, seen, made))
            made = ()

    def _all(self, hand: Hand, together: All) -> list[Outcome]:
        works = [each.work for each in (hand, *hand.more)]
        found, error, trace = outcome(partial(together, works), self.desk)
        if error is not None:
            return [(None, error, trace)] * len(works)
        return [failure(each) if isinstance(each, Exception) else (each, None, "") for each in found]

    def _rest(self) -> None:
        """What large work needed goes back while there is nothing else to do."""
        if self._worked > LARGE:
            gc.collect()
            given_back()
        self._worked = 0.0

    def _look(self) -> None:
        """What others booked is seen, and what the clock has ended is given back, before anybody waits for it."""
        if isinstance(self.desk.source, Books):
            fault = ""
            try:
                self.desk.source.picture()
            except Exception as error:
                fault = str(error) or type(error).__name__
            wire.send(self.control, Looked(self.desk.seen(), fault))

    def _stopped(self) -> bool:
        while wire.waiting(self.control):
            message = wire.receive(self.control)
            if isinstance(message, Stop) and message.number == self._number:
                self._stop = message
        return self._stop is not None

    def _gone(self) -> bool:
        return self._stopped() and self._stop is not None and not self._stop.keep

    def _tell(self, progress: str) -> None:
        wire.send(self.control, Told(self._number, progress))


Outcome = tuple[Any, BaseException | None, str]
"""(result, error, trace of a bug)."""


def outcome(work: Work, desk: Desk) -> Outcome:
    try:
        return work(desk), None, ""
    except EOFError:
        raise
    except Exception as error:
        return failure(error)


def failure(error: Exception) -> Outcome:
    """The error forgets the frames that it came through: they hold it too, and pictures, until the garbage collector
    finds such a cycle."""
    known = isinstance(error, problems.Refused | Refused | InvalidInput | GivenUp | Longer)
    trace = "" if known else "".join(traceback.format_exception(error))
    error.__traceback__ = error.__cause__ = error.__context__ = None
    return None, error if known else Bug(str(error)), trace
