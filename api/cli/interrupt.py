"""Ctrl-C asks once, and work ends where it can be gone on with; pressed again, everything ends at once.

An exception out of a signal strikes wherever the main thread is: inside `concurrent.futures` it can leave a lock that
is never given back.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 130
"""Exit code of what was stopped: 128 and the number of the signal, as shells have it."""


@contextmanager
def interruptible(told: Callable[[], None]) -> Iterator[Callable[[], bool]]:
    """The call says whether somebody pressed Ctrl-C; `told` is called when they do."""
    pressed: list[int] = []

    def asked(number: int, frame: FrameType | None) -> None:
        if pressed:
            for each in multiprocessing.active_children():
                each.kill()
            os._exit(STOPPED)
        pressed.append(number)
        told()

    before = signal.signal(signal.SIGINT, asked)
    try:
        yield lambda: bool(pressed)
    finally:
        signal.signal(signal.SIGINT, before)
