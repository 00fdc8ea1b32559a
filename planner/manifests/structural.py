"""Structural: the JSON schema of a pydantic model as Kubernetes wants it in a CustomResourceDefinition.

https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
Every field has one type. Where a manifest takes several (`8` or `500m`, one value or a list), the API server keeps what
is given, holds each type to its own limits, and leaves the rest to the model.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]
KEPT = (
    *("type", "description", "enum", "required", "format", "pattern", "minLength", "maxLength"),
    *("minimum", "maximum", "minItems", "maxItems"),
)
ANYTHING = {"x-kubernetes-preserve-unknown-fields": True}


def structural(model: type[BaseModel]) -> Schema:
    """Of one field and all below it: no references, no unions, no defaults (the model has them)."""
    schema = model.model_json_schema(by_alias=True)
    return _plain(schema, schema.get("$defs", {}))


def _plain(schema: Mapping[str, Any], known: Mapping[str, Schema]) -> Schema:
    schema = _followed(schema, known)
    if "anyOf" in schema:
        return _one_of(schema, known)
    plain = {key: schema[key] for key in KEPT if key in schema}
    if "const" in schema:
        plain |= {"enum": [schema["const"]]}
    for bound, key in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if bound in schema:  # a number in JSON Schema, a flag beside the number in OpenAPI 3.0
            plain |= {key: schema[bound], bound: True}
    if "properties" in schema:
        plain["properties"] = {name: _plain(each, known) for name, each in schema["properties"].items()}
        if schema.get("additionalProperties") not in (None, False):
            plain |= ANYTHING
    elif isinstance(schema.get("additionalProperties"), dict):
        plain["additionalProperties"] = _plain(schema["additionalProperties"], known)
    if "items" in schema:
        plain["items"] = _plain(schema["items"], known)
    if keys := schema.get("x-kubernetes-list-map-keys"):
        plain |= {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys}
    return plain


def _followed(schema: Mapping[str, Any], known: Mapping[str, Schema]) -> Schema:
    """The schema that a reference means, with what is said beside the reference; `X or nothing` is X."""
    here = dict(schema)
    while True:
        if reference := here.pop("$ref", None):
            here = {**known[reference.rpartition("/")[2]], **here}
            continue
        some = [each for each in here.get("anyOf", ()) if each.get("type") != "null"]
        if "anyOf" not in here or len(some) != 1:
            return here if "anyOf" not in here else {**here, "anyOf": some}
        del here["anyOf"]
        here = {**some[0], **here}


def _one_of(schema: Schema, known: Mapping[str, Schema]) -> Schema:
    """Several types: kept as they come. The API server applies a limit only to values of the type that it is for."""
    choices = [_plain(each, known) for each in schema["anyOf"]]
    told = {"description": schema["description"]} if "description" in schema else {}
    if all(each.get("type") in ("string", "integer", "number") for each in choices):
        limits = _limits(choices)
        return {**told, **ANYTHING, **limits}
    return {**told, **ANYTHING}


def _limits(choices: list[Schema]) -> Schema:
    """What every choice of its type agrees on."""
    found: Schema = {}
    texts = [each for each in choices if each["type"] == "string"]
    if len(texts) == 1 and "pattern" in texts[0]:
        found["pattern"] = texts[0]["pattern"]
    numbers = [each for each in choices if each["type"] != "string"]
    if numbers and all("minimum" in each for each in numbers):
        found["minimum"] = min(each["minimum"] for each in numbers)
    return found
