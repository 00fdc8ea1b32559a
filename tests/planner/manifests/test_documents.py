"""Texts become data that knows its lines; YAML's old surprises are gone."""

import pytest

from planner.manifests.dialect import dumped
from planner.manifests.documents import Source, documents


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("2024-01-02", "2024-01-02"),
        ("12:30", "12:30"),
        ("010", "010"),
        ("0x1f", "0x1f"),
        ("true", True),
        ("4", 4),
        ("-4", -4),
        ("0.5", 0.5),
        ("1e3", 1000.0),
        ("500m", "500m"),
        ("'4'", "4"),
        ("~", None),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert documents(f"a: {text}", "f").found[0].data == {"a": value}


@pytest.mark.parametrize(
    "text", ["no", "1e3", "010", "4", "true", "2024-01-02", "12:30", "~", "", "<<", "=", "a: b", "é"]
)
def test_text_stays_text_when_it_is_written(text: str) -> None:
    assert documents(dumped([{"label": text}]), "f").found[0].data == {"label": text}


def test_several_documents_keep_their_lines() -> None:
    found = documents("a: 1\n---\n\n---\nb:\n  c: [1,\n      2]\n", "f").found
    assert [each.data for each in found] == [{"a": 1}, {"b": {"c": [1, 2]}}]
    assert found[0].source.line(("a",)) == 1
    assert found[1].source.line(("b", "c", 0)) == 6
    assert found[1].source.line(("b", "c", 1)) == 7


def test_a_missing_field_has_the_line_of_what_is_around_it() -> None:
    (found,) = documents("a: 1\nb:\n  c: 1\n", "f").found
    assert found.source.line(("b", "d", "e")) == 2
    assert found.source.line(("x",)) == 1


def test_without_a_text_there_are_no_lines() -> None:
    problem = Source("request", ("applications", 2)).problem(("spec",), "nothing", "a mapping")
    assert (problem.line, problem.field) == (None, "applications[2].spec")
    assert str(problem) == "request: applications[2].spec: found nothing, expected a mapping"


def test_json_has_lines_too() -> None:
    (found,) = documents('[\n  {"a": 1},\n  {"a": "\\u00e9"}\n]', "f").found
    assert found.data == [{"a": 1}, {"a": "é"}]
    assert found.source.inside(1).line(("a",)) == 3


def test_json_may_be_indented_with_tabs() -> None:
    assert documents('{\n\t"a": [\n\t\t1\n\t]\n}', "f").found[0].data == {"a": [1]}


@pytest.mark.parametrize("text", ["a:\n  b: 1\n  b: 2\n", '{"a": {\n"b": 1,\n"b": 2}}'])
def test_a_field_stands_once(text: str) -> None:
    (problem,) = documents(text, "f").problems
    assert (problem.line, problem.field, problem.found) == (3, "a.b", "'b' for the second time")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [\n", 3),
        ("a: b: c", 1),
        ("a: 1\n\tb: 2", 2),
        ("a: &x [*y]", 1),
        ("a: !!python/object:os.system x", 1),
        ("a: '\x00'", None),
        ("[" * 5000, None),
    ],
)
def test_what_is_no_yaml_is_told(text: str, line: int | None) -> None:
    (problem,) = documents(text, "f").problems
    assert problem.found.startswith("text that is not YAML (")
    assert line is None or problem.line == line


def test_documents_before_the_fault_are_read() -> None:
    result = documents("a: 1\n---\nb: [", "f")
    assert [each.data for each in result.found] == [{"a": 1}]
    assert len(result.problems) == 1


def test_an_alias_that_points_back_up_does_no_harm() -> None:
    assert documents("a: &x\n  b: 1\n  b: *x\n", "f").problems
