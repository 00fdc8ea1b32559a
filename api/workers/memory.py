"""Memory: what a process has freed goes back to the operating system, and what stays is not looked through again."""

from __future__ import annotations

import ctypes
import gc
from contextlib import suppress


def settled() -> None:
    """All that is there stays, for good and shared with what is forked: nobody looks for garbage in it any more."""
    gc.collect()
    gc.freeze()
    given_back()


def given_back() -> None:
    """By the allocator of glibc, which keeps what was freed; others have no such call."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
