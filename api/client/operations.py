"""An operation is written once, as a call; one client returns its answer, the other an awaitable of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar, overload

from api.client.calls import Talks
from api.client.drivers import Awaiting, Blocking
from api.client.pages import Pages
from api.client.streams import Stream

P = ParamSpec("P")
T = TypeVar("T")


class Operation(Generic[P, T]):
    """A method of both clients: `plan = client.solve(...)`, `plan = await client.solve(...)`. On the class itself it is
    what makes the call: `Client.solve(...)`."""

    def __init__(self, ask: Callable[P, Talks[T]]) -> None:
        self.ask, self.__doc__ = ask, ask.__doc__

    @overload
    def __get__(self, client: None, kind: object = None) -> Callable[P, Talks[T]]: ...
    @overload
    def __get__(self, client: Blocking, kind: object = None) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: Awaiting, kind: object = None) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: Any, kind: object = None) -> Any:
        return _bound(self.ask, client and client.send)


class Lines(Generic[P, T]):
    """`for each in client.explain_lines(...)`, `async for each in client.explain_lines(...)`."""

    def __init__(self, ask: Callable[P, Stream[T]]) -> None:
        self.ask, self.__doc__ = ask, ask.__doc__

    @overload
    def __get__(self, client: Blocking, kind: object = None) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: Awaiting, kind: object = None) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Any, kind: object = None) -> Any:
        return _bound(self.ask, client and client.lines)


class Listing(Generic[P, T]):
    """`for site in client.sites()`, `async for site in client.sites()`: page after page, as they are needed."""

    def __init__(self, ask: Callable[P, Pages[T]]) -> None:
        self.ask, self.__doc__ = ask, ask.__doc__

    @overload
    def __get__(self, client: None, kind: object = None) -> Callable[P, Pages[T]]: ...
    @overload
    def __get__(self, client: Blocking, kind: object = None) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: Awaiting, kind: object = None) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Any, kind: object = None) -> Any:
        return _bound(self.ask, client and client.pages)


def _bound(ask: Callable[..., Any], drive: Callable[[Any], Any] | None) -> Callable[..., Any]:
    """Without a client, as on the class itself: the function that makes the call."""
    if drive is None:
        return ask
    driving = drive

    @wraps(ask)
    def method(*args: Any, **kwargs: Any) -> Any:
        return driving(ask(*args, **kwargs))

    return method
