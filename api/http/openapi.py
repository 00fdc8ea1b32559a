"""The OpenAPI document: schemas of bodies that are read by hand, and on every operation its problems and examples."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from api.http.answers import EXAMPLES, MODELS
from api.http.problems import MEDIA_TYPE, ProblemDetails

REFERENCE = "#/components/schemas/{model}"
PROBLEMS = {
    "400": "No JSON, or a parameter or page that there is not.",
    "401": "No key or token, or none that is known here.",
    "403": "The caller has not the scope, or is not for the tenant.",
    "404": "There is none, or none that the caller may see.",
    "405": "Not with this method.",
    "409": "Not now: it does not fit, others were faster, or its state forbids it.",
    "412": "It changed since it was looked at.",
    "413": "The body is over the limit.",
    "415": "The body is of another type.",
    "422": "Cannot be used: all that is wrong; or never fits.",
    "428": "If-Match is needed.",
    "429": "More requests than the caller may send.",
    "503": "Too many requests wait, or the service stops: ask again.",
}
PROBLEM = {
    "type": "urn:bayplan:problem:access.missing",
    "title": "Unauthorized",
    "status": 401,
    "detail": "found no key or token, expected the header 'Authorization: Bearer ...'",
    "code": "access.missing",
}
KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Stands for this request of this caller: a repeat is answered the same and books nothing twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "The ETag of what is changed, or `*`.",
    "schema": {"type": "string", "pattern": '^(\\*|"[0-9]{1,18}")$'},
}


def body(model: type[BaseModel], example: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is `model`."""
    schema = {"$ref": REFERENCE.format(model=model.__name__)}
    content = {"application/json": {"schema": schema, "example": example}}
    return {"requestBody": {"required": required, "content": content}}


def install(app: FastAPI, *bodies: type[BaseModel]) -> None:
    """Make `/openapi.json` know the schemas of `bodies`."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = get_openapi(
                title=app.title,
                version=app.version,
                summary=app.summary,
                description=app.description,
                routes=app.routes,
            )
            schemas = app.openapi_schema.setdefault("components", {}).setdefault("schemas", {})
            told = [model for each in MODELS.values() for model in each]
            models: tuple[type[BaseModel], ...] = (*bodies, *told, ProblemDetails)
            for model in models:
                schema = model.model_json_schema(ref_template=REFERENCE)
                schemas |= schema.pop("$defs", {})
                schemas[model.__name__] = schema
            for path, item in app.openapi_schema["paths"].items():
                for method, operation in item.items():
                    if operation.get("security"):
                        _complete(path, method, operation)
            for unused in ("HTTPValidationError", "ValidationError"):
                schemas.pop(unused, None)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """What every operation has: problems, an example of each answer, and the headers that it takes."""
    schema = {"$ref": REFERENCE.format(model="ProblemDetails")}
    responses = operation.setdefault("responses", {})
    for status, description in PROBLEMS.items():
        told = responses.get(status, {}).get("description", description)
        told = description if told == "Validation Error" else told
        content = {MEDIA_TYPE: {"schema": schema, "example": PROBLEM}}
        responses[status] = {"description": told, "content": content}
    identity = operation.get("operationId", "")
    answer: dict[str, Any] = next((each for status, each in responses.items() if status in ("200", "201")), {})
    if (content := answer.get("content", {}).get("application/json")) is not None:
        if identity in MODELS:
            references = [{"$ref": REFERENCE.format(model=each.__name__)} for each in MODELS[identity]]
            content["schema"] = references[0] if len(references) == 1 else {"anyOf": references}
        if identity in EXAMPLES:
            content["example"] = EXAMPLES[identity]
    if "text/event-stream" in answer.get("content", {}):
        answer["content"].pop("application/json", None)
    if "prefer" in operation.get("description", "").lower():
        search = {"schema": {"$ref": REFERENCE.format(model="SearchAnswer")}, "example": EXAMPLES["getExplanation"]}
        told = "It goes on; `Location` says where it is."
        responses["202"] = {"description": told, "content": {"application/json": search}}
    parameters = operation.setdefault("parameters", [])
    if method == "post" and path not in ("/v1/explain",):
        parameters.append(KEY)
    if method in ("put", "patch"):
        parameters.append(MATCH)
