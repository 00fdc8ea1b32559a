"""A plan from its JSON, with everything that is wrong with it told."""

from __future__ import annotations

from planner.manifests.documents import only
from planner.manifests.validation import parse
from planner.plans.plan import Plan


def read_plan(text: str, file: str) -> Plan:
    """Raises InvalidInput."""
    document = only(text, file, "one plan in JSON")
    return parse(Plan, document.data, document.source)
