"""applications.yaml: one manifest a document, or a list of them; JSON too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from planner.manifests.application import Application, qualified
from planner.manifests.dialect import dumped
from planner.manifests.documents import Document, Source, documents
from planner.manifests.errors import InputProblem, InvalidInput, did_you_mean, shown
from planner.manifests.validation import parse


@dataclass(slots=True)
class Manifests:
    """applications and where each was written, in parallel. broken: ids of manifests that could not be read, so that
    nobody calls them unknown. complete: there is no further application whose id could not be read."""

    applications: list[Application] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    problems: list[InputProblem] = field(default_factory=list)
    complete: bool = True


def read_applications(text: str, file: str) -> tuple[Application, ...]:
    """Manifests of a YAML text of several documents, a `kind: List`, or a JSON list.

    Raises InvalidInput with every problem inside the manifests; `references.validate` looks at what ties them."""
    manifests = read_manifests(text, file)
    if manifests.problems:
        raise InvalidInput(manifests.problems)
    return tuple(manifests.applications)


def read_manifests(text: str, file: str) -> Manifests:
    """What can be read, and the problems of the rest."""
    found = documents(text, file)
    manifests = Manifests(problems=found.problems, complete=not found.problems)
    for document in found.found:
        for each in _each(document):
            try:
                manifests.applications.append(_application(each))
                manifests.sources.append(each.source)
            except InvalidInput as error:
                manifests.problems.extend(error.problems)
                ids = list(_id(each.data))
                manifests.broken.update(ids)
                manifests.complete &= bool(ids)
    manifests.problems.sort(key=lambda problem: (problem.line is None, problem.line))
    return manifests


def _each(document: Document) -> Iterator[Document]:
    data, source = document.data, document.source
    if isinstance(data, list):
        yield from (Document(item, source.inside(row)) for row, item in enumerate(data))
    elif isinstance(data, dict) and data.get("kind") == "List" and isinstance(data.get("items"), list):
        yield from (Document(item, source.inside("items", row)) for row, item in enumerate(data["items"]))
    else:
        yield document


def _application(document: Document) -> Application:
    data, source = document.data, document.source
    if not isinstance(data, dict):
        raise InvalidInput([source.problem((), shown(data), "an Application with metadata and spec")])
    kind = data.get("kind", "Application")
    if kind != "Application":
        expected = f"'Application' or 'List'{did_you_mean(str(kind), ('Application', 'List'))}"
        raise InvalidInput([source.problem(("kind",), shown(kind), expected)])
    return parse(Application, data, source)


def _id(data: Any) -> Iterator[str]:
    metadata = data.get("metadata") if isinstance(data, dict) else None
    if isinstance(metadata, dict) and isinstance(metadata.get("name"), str):
        yield qualified(metadata["name"], str(metadata.get("namespace", "default")))


def written_applications(applications: Iterable[Application]) -> str:
    """YAML that reads back as the same applications; what is default is left out."""
    head = {"apiVersion": "bayplan.io/v1alpha1", "kind": "Application"}
    return dumped({**head, **each.model_dump(by_alias=True, exclude_defaults=True)} for each in applications)
