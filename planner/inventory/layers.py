"""Layers: a mapping that is never changed; the next one shares what stays of thousands of entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

Value = TypeVar("Value")
FEW = 256
"""Entries that differ up to which a successor keeps them beside what it shares."""


class Layers(Mapping[str, Value], Generic[Value]):
    """In the order of its names. (It costs as much as its changes, but once in FEW of them.)"""

    def __init__(self, content: Mapping[str, Value] | None = None) -> None:
        self._below: Mapping[str, Value] = content or {}
        self._above: Mapping[str, Value | None] = {}
        self._length = len(self._below)
        self._names: list[str] | None = None

    @staticmethod
    def of(content: Mapping[str, Value]) -> Layers[Value]:
        return content if isinstance(content, Layers) else Layers(dict(content))

    def changed(self, content: Mapping[str, Value | None]) -> Layers[Value]:
        """With these entries instead of those of their names, and without those that are None."""
        if not content:
            return self
        made: Layers[Value] = Layers()
        made._below, made._above = self._below, {**self._above, **content}
        made._length = self._length + sum((value is not None) - (name in self) for name, value in content.items())
        if len(made._above) > FEW:
            rest = {name: value for name, value in self._below.items() if name not in made._above}
            made._below = rest | {name: value for name, value in made._above.items() if value is not None}
            made._above = {}
        return made

    def __getitem__(self, name: str) -> Value:
        if name not in self._above:
            return self._below[name]
        value = self._above[name]
        if value is None:
            raise KeyError(name)
        return value

    def __contains__(self, name: object) -> bool:
        return self._above[name] is not None if name in self._above else name in self._below  # type: ignore[index]

    def __iter__(self) -> Iterator[str]:
        if self._names is None:
            self._names = sorted([*(name for name in self._below if name not in self._above), *self._new()])
        return iter(self._names)

    def __len__(self) -> int:
        return self._length

    def _new(self) -> Iterator[str]:
        return (name for name, value in self._above.items() if value is not None)
