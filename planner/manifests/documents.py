"""YAML and JSON text to plain data that still knows its lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import yaml

from planner.manifests.dialect import Loader
from planner.manifests.errors import InputProblem, InvalidInput, Path, shown, spelled


class Nodes:
    """The parsed trees of a text, made only when somebody asks for a line: most texts are without fault."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def documents(self) -> list[yaml.Node | None]:
        """One tree a document, up to the first that is no YAML."""
        trees: list[yaml.Node | None] = []
        loader = Loader(self._text)
        try:
            while loader.check_node():
                trees.append(loader.get_node())
        except (yaml.YAMLError, RecursionError):
            pass
        finally:
            loader.dispose()
        return trees


@dataclass(frozen=True, slots=True)
class Source:
    """Where a piece of data was written: `file`, document `which` of it (from 0), and the path `at` inside.
    Without `nodes` there are no lines, as in an API body."""

    file: str
    at: Path = ()
    nodes: Nodes | None = None
    which: int = 0

    def problem(self, path: Path, found: str, expected: str) -> InputProblem:
        """A problem with the field `path`, counted from where this piece begins."""
        whole = self.at + path
        return InputProblem(self.file, self.line(path), spelled(whole), found, expected)

    def line(self, path: Path = ()) -> int | None:
        """The line of a field; where it is missing, of the nearest field around it."""
        trees = self.nodes.documents if self.nodes else []
        node = trees[self.which] if self.which < len(trees) else None
        if node is None:
            return None
        line = node.start_mark.line + 1
        for step in self.at + path:
            child = _child(node, step)
            if child is None:
                break
            line, node = child
        return line

    def inside(self, *path: str | int) -> Source:
        return Source(self.file, self.at + path, self.nodes, self.which)


@dataclass(frozen=True, slots=True)
class Document:
    data: Any
    source: Source


@dataclass(slots=True)
class Documents:
    """What a text holds, and what is wrong with it as YAML or JSON."""

    found: list[Document] = field(default_factory=list)
    problems: list[InputProblem] = field(default_factory=list)


def documents(text: str, file: str) -> Documents:
    """Every document of a YAML text (empty ones are left out) or the one of a JSON text."""
    nodes = Nodes(text)
    repeated: list[str] = []
    result = Documents()
    try:
        for which, data in enumerate(_parsed(text, repeated)):
            if data is not None:
                result.found.append(Document(data, Source(file, (), nodes, which)))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        result.problems.append(_unreadable(error, file))
    if repeated:
        for which, node in enumerate(nodes.documents):
            source = Source(file, (), nodes, which)
            for path, line in _repeated(node, (), set()):
                problem = source.problem(path, f"{shown(path[-1])} for the second time", "each field once")
                result.problems.append(InputProblem(file, line, problem.field, problem.found, problem.expected))
    return result


def _parsed(text: str, repeated: list[str]) -> Iterator[Any]:
    """JSON is tried first where it looks so: it is faster, and allows tabs."""
    if text.lstrip()[:1] in ("[", "{"):
        try:
            yield json.loads(text, object_pairs_hook=lambda pairs: _once(pairs, repeated))
            return
        except json.JSONDecodeError:
            repeated.clear()
    loader = Loader(text)
    loader.repeated = repeated
    try:
        while loader.check_data():
            yield loader.get_data()
    finally:
        loader.dispose()


def _once(pairs: list[tuple[str, Any]], repeated: list[str]) -> dict[str, Any]:
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        repeated.extend(name for name, _ in pairs)
    return mapping


def _unreadable(error: Exception, file: str) -> InputProblem:
    mark = getattr(error, "problem_mark", None)
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or str(error)
    line = mark.line + 1 if mark is not None else None
    return InputProblem(file, line, "", f"text that is not YAML ({reason})", "YAML or JSON")


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line + 1, value
    return None


def _repeated(node: yaml.Node | None, path: Path, seen: set[int]) -> Iterator[tuple[Path, int]]:
    if node is None or id(node) in seen:  # an alias may point back up
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for position, item in enumerate(node.value):
            yield from _repeated(item, (*path, position), seen)
    elif isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, value in node.value:
            name = str(key.value)
            if name in names:
                yield (*path, name), key.start_mark.line + 1
            names.add(name)
            yield from _repeated(value, (*path, name), seen)


def only(text: str, file: str, expected: str) -> Document:
    """The one document of a text. Raises InvalidInput with what is wrong with it, or when there is not just one."""
    content = documents(text, file)
    if content.problems:
        raise InvalidInput(content.problems)
    if len(content.found) != 1:
        raise InvalidInput([InputProblem(file, None, "", f"{len(content.found)} documents", expected)])
    return content.found[0]
