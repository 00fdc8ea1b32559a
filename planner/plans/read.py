"""A plan from its JSON, with everything that is wrong with it told."""

from __future__ import annotations

from planner.manifests.documents import documents
from planner.manifests.errors import InputProblem, InvalidInput
from planner.manifests.validation import parse
from planner.plans.plan import Plan


def read_plan(text: str, file: str) -> Plan:
    """Raises InvalidInput."""
    content = documents(text, file)
    if content.problems:
        raise InvalidInput(content.problems)
    if len(content.found) != 1:
        raise InvalidInput([InputProblem(file, None, "", f"{len(content.found)} documents", "one plan in JSON")])
    return parse(Plan, content.found[0].data, content.found[0].source)
