"""Data to manifests; what pydantic finds wrong is said in the user's terms."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from planner.manifests.documents import Source
from planner.manifests.errors import InputProblem, InvalidInput, Path, did_you_mean, one_of, shown

M = TypeVar("M", bound=BaseModel)
_NOTHING = object()


def parse(model: type[M], data: Any, source: Source) -> M:
    """Raises InvalidInput with every problem of the data."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidInput(explained(error.errors(include_url=False), model, data, source)) from error


def explained(
    errors: Iterable[Mapping[str, Any]], model: type[BaseModel], data: Any, source: Source
) -> list[InputProblem]:
    """Pydantic's errors about `data` as problems. Each `loc` counts from where `data` begins."""
    return [problem for error in errors for problem in _explained(error, model, data, source)]


def _explained(error: Mapping[str, Any], model: type[BaseModel], data: Any, source: Source) -> list[InputProblem]:
    path = tuple(step for step in error["loc"] if step != "[key]")
    if error["type"] == "wrong":
        told = error["ctx"]["findings"]
        return [source.problem(path + tuple(one["path"]), one["found"], one["expected"]) for one in told]
    value = _value(data, path)
    found = shown(error["input"] if value is _NOTHING else value)
    if error["type"] == "missing":
        found = "nothing"
    elif error["type"] == "extra_forbidden":
        found = "an unknown field"
    return [source.problem(path, found, _expected(error, model, path))]


def _expected(error: Mapping[str, Any], model: type[BaseModel], path: Path) -> str:
    limits = error.get("ctx", {})
    match error["type"]:
        case "extra_forbidden":
            known = _fields(_annotation(model, path[:-1]))
            near = did_you_mean(str(path[-1]), known)
            return f"a known field{near}" if near else one_of(known)
        case "greater_than_equal":
            return f"at least {_plain(limits['ge'])}"
        case "greater_than":
            return f"more than {_plain(limits['gt'])}"
        case "less_than_equal":
            return f"at most {_plain(limits['le'])}"
        case "less_than":
            return f"less than {_plain(limits['lt'])}"
        case "literal_error":
            annotation = _bare(_annotation(model, path))
            return one_of(get_args(annotation)) + did_you_mean(str(error["input"]), map(str, get_args(annotation)))
        case "too_short":
            return "at least one value"
        case "string_type":
            plain = isinstance(error["input"], bool | int | float)
            return "text (put it in quotes)" if plain else "text"
        case "value_error" | "assertion_error" | "json_invalid":
            return str(limits.get("error", error["msg"]))
        case _:
            return _wanted(_annotation(model, path)) or str(error["msg"])


def _plain(limit: float) -> str:
    return str(limit).removesuffix(".0")


def _wanted(annotation: Any) -> str:
    """What a field takes, in words; empty when there is nothing to say."""
    bare = _bare(annotation)
    if get_origin(bare) is Literal:
        return one_of(get_args(bare))
    if _fields(bare):
        needed = [field.alias or name for name, field in bare.model_fields.items() if field.is_required()]
        return f"a mapping with {', '.join(needed)}" if needed else "a mapping"
    kinds = {list: "a list", dict: "a mapping", str: "text", int: "a whole number", float: "a number"}
    return kinds.get(get_origin(bare) or bare, "")


def _bare(annotation: Any) -> Any:
    """Without `Annotated` and `| None`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return _bare(next(part for part in get_args(annotation) if part is not type(None)))
    return annotation


def _fields(annotation: Any) -> list[str]:
    bare = _bare(annotation)
    if isinstance(bare, type) and issubclass(bare, BaseModel):
        return [field.alias or name for name, field in bare.model_fields.items()]
    return []


def _annotation(model: type[BaseModel], path: Path) -> Any:
    """The type of the field at the path; None when the path leaves the model."""
    annotation: Any = model
    for step in path:
        bare = _bare(annotation)
        if _fields(bare):
            named = [each for name, each in bare.model_fields.items() if step in (each.alias, name)]
            annotation = named[0].annotation if named else None
        else:
            annotation = get_args(bare)[-1] if get_args(bare) else None
    return annotation


def _value(data: Any, path: Sequence[str | int]) -> Any:
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            return _NOTHING
    return data
