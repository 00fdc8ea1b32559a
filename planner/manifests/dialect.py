"""The YAML that is spoken here: scalars of YAML 1.2 are read, and what 1.1 could mistake is written in quotes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import yaml

# libyaml is ten times faster than Python; not every build of PyYAML has it.
_Safe: type[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SafeDumper: type[Any] = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_Resolvers = dict[str, list[tuple[str, re.Pattern[str]]]]


class Loader(_Safe):  # type: ignore[misc]
    """Reads `no` and `2024-01-02` as text and `010` as no number. repeated: keys of mappings that had one twice."""

    yaml_implicit_resolvers: _Resolvers = {}  # noqa: RUF012 - PyYAML's interface
    repeated: list[str]

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.repeated = []

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        if len(set(names)) < len(names):
            self.repeated.extend(names)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


class Dumper(_SafeDumper):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?(?:0|[1-9][0-9]{0,17})", "-+0123456789"),
    ("float", r"[-+]?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", "-+.0123456789"),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    for _class in (Loader, Dumper):
        _class.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def dumped(documents: Iterable[Any]) -> str:
    """A text of several documents; innermost lists and mappings stand on one line."""
    text: str = yaml.dump_all(
        documents, Dumper=Dumper, default_flow_style=None, sort_keys=False, allow_unicode=True, width=110
    )
    return text
