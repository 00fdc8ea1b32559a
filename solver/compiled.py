"""How kernels are compiled: once, cached on disk, free of the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from importlib.resources import files
from os import environ
from typing import Any, ParamSpec, TypeVar, cast

import numba as nb

P = ParamSpec("P")
R = TypeVar("R")

_jit = cast(Any, nb.njit)


def _cache() -> str:
    """Numba recompiles a function when its own file changes, but it is stale, too, when a kernel that it calls has
    changed in another file: so the cache is named after the text of all of them."""
    text = blake2b(digest_size=8)
    for folder in ("construct", "improve"):
        for source in sorted(files("solver").joinpath(folder).iterdir(), key=str):
            if source.name.endswith(".py"):
                text.update(source.read_bytes())
    return str(files("solver").joinpath("__pycache__", f"kernels-{text.hexdigest()}"))


if "NUMBA_CACHE_DIR" not in environ:
    nb.config.CACHE_DIR = _cache()  # type: ignore[attr-defined]


_bare = {"cache": True, "nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "forceinline": False}


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Called from Python."""
    return cast(Callable[P, R], _jit(cache=True, nogil=True, no_cfunc_wrapper=True, forceinline=False)(function))


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Called by other kernels only: without the wrappers for Python, which cost the compiler more than the code."""
    return cast(Callable[P, R], _jit(**_bare)(function))


def leaf(function: Callable[P, R]) -> Callable[P, R]:
    """A kernel that neither allocates nor returns an array: it needs no reference counts of its arguments either."""
    return cast(Callable[P, R], _jit(**_bare | {"_nrt": False})(function))


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """A leaf that is called so often that passing its arguments, hundreds of words, costs more than what it does."""
    return cast(Callable[P, R], _jit(**_bare | {"_nrt": False, "forceinline": True})(function))


@inlined
def number(value: int) -> int:
    """In 64 bits, and no constant: every width and constant that a kernel is called with is one more to compile."""
    return value + 0
