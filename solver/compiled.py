"""How kernels are compiled: once, cached on disk, free of the interpreter lock."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from importlib.resources import files
from os import environ
from os.path import isdir
from typing import Any, ParamSpec, TypeVar, cast

import numba as nb
from numba.core.caching import UserProvidedCacheLocator

P = ParamSpec("P")
R = TypeVar("R")


class Kept(UserProvidedCacheLocator):
    """A cache that need not be writable, as in an image that is read-only: numba would not read such a one."""

    fixed = False

    def ensure_cache_path(self) -> None:
        try:
            cast(Any, super()).ensure_cache_path()
        except OSError:
            if not isdir(cast(Any, self).get_cache_path()):
                raise
            self.fixed = True


def _jit(**options: Any) -> Callable[[Callable[P, R]], Any]:
    def compiled(function: Callable[P, R]) -> Any:
        made: Any = nb.njit(cache=True, **options)(function)
        if getattr(made._cache._impl.locator, "fixed", False):
            made._cache.save_overload = lambda *_: None
        return made

    return compiled


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
nb.config.CACHE_LOCATOR_CLASSES = f"{__name__}.Kept,InTreeCacheLocator,UserWideCacheLocator"  # type: ignore[attr-defined]


_bare = {"nogil": True, "no_cpython_wrapper": True, "no_cfunc_wrapper": True, "forceinline": False}


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """Called from Python."""
    return cast(Callable[P, R], _jit(nogil=True, no_cfunc_wrapper=True, forceinline=False)(function))


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
