"""The OpenAPI document, with the schema of bodies that are read by hand (in a thread, not in the event loop)."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

REFERENCE = "#/components/schemas/{model}"


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
            for model in bodies:
                schema = model.model_json_schema(ref_template=REFERENCE)
                schemas |= schema.pop("$defs", {})
                schemas[model.__name__] = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]
