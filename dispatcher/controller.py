"""The controller: promises are kept, and what is deleted gives its room back first, as kopf asks for it."""

from __future__ import annotations

from typing import Any

import kopf

from api.client import ServiceError
from dispatcher.dispatch import Dispatcher
from dispatcher.kube import ApiError, Unreachable
from dispatcher.names import GROUP, VERSION, identity
from dispatcher.promises import Promises
from dispatcher.settings import Settings

AGAIN = 5.0
"""Seconds after which kopf tries what failed again."""


def controller(dispatcher: Dispatcher, promises: Promises, settings: Settings) -> kopf.OperatorRegistry:
    """Handlers for applications and reservations. They get a finalizer: their room is given back before they go."""
    registry = kopf.OperatorRegistry()
    applications, reservations = (GROUP, VERSION, "applications"), (GROUP, VERSION, "reservations")

    @kopf.on.login(registry=registry)
    def login(**kwargs: Any) -> kopf.ConnectionInfo | None:
        if settings.kubeconfig is None:
            return kopf.login_with_service_account(**kwargs)
        return kopf.login_with_kubeconfig(**kwargs)

    @kopf.on.startup(registry=registry)
    def configure(settings: kopf.OperatorSettings, **_: Any) -> None:
        settings.persistence.finalizer = f"{GROUP}/release"
        settings.persistence.diffbase_storage = kopf.AnnotationsDiffBaseStorage(prefix=GROUP, key="handled")
        settings.persistence.progress_storage = kopf.AnnotationsProgressStorage(prefix=GROUP)
        settings.posting.enabled = False  # what is worth an event, the reporter tells
        settings.scanning.disabled = True
        settings.watching.server_timeout = 300
        settings.watching.client_timeout = 330
        settings.watching.reconnect_backoff = 1.0
        settings.networking.request_timeout = 10.0

    @kopf.on.delete(*applications, registry=registry)
    async def gone(body: kopf.Body, **_: Any) -> None:
        try:
            await dispatcher.forget(identity(body["metadata"]))
        except (ServiceError, ApiError, Unreachable) as error:
            raise kopf.TemporaryError(str(error), delay=AGAIN) from error

    @kopf.on.create(*reservations, registry=registry)
    @kopf.on.resume(*reservations, registry=registry)
    @kopf.on.update(*reservations, registry=registry, field="spec")
    async def promise(body: kopf.Body, **_: Any) -> None:
        try:
            again = await promises.keep(dict(body))
        except (ServiceError, ApiError, Unreachable) as error:
            raise kopf.TemporaryError(str(error), delay=AGAIN) from error
        if again:
            raise kopf.TemporaryError("there is no room for it yet", delay=settings.retry)

    @kopf.on.delete(*reservations, registry=registry)
    async def promised(body: kopf.Body, **_: Any) -> None:
        try:
            await promises.cancel(dict(body))
        except (ServiceError, ApiError, Unreachable) as error:
            raise kopf.TemporaryError(str(error), delay=AGAIN) from error

    return registry
