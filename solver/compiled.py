"""How kernels are compiled: once, cached on disk, free of the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import numba as nb

P = ParamSpec("P")
R = TypeVar("R")


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Called by other kernels only: without the wrappers for Python, which take most of the compiler's time."""
    compiled: Callable[P, R] = nb.njit(cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True)(function)
    return compiled


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Called from Python."""
    compiled: Callable[P, R] = nb.njit(cache=True, nogil=True, no_cfunc_wrapper=True)(function)
    return compiled


def leaf(function: Callable[P, R]) -> Callable[P, R]:
    """A kernel that allocates nothing: without reference counts, which halve its speed and its compiler's."""
    compiled: Callable[P, R] = nb.njit(
        cache=True, nogil=True, no_cpython_wrapper=True, no_cfunc_wrapper=True, _nrt=False
    )(function)
    return compiled
