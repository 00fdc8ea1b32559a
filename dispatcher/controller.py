"""The controller: what happens to custom resources in the meta cluster, as kopf tells it."""

from __future__ import annotations

from typing import Any

import kopf

from api.client import ServiceError
from dispatcher.dispatch import Dispatcher
from dispatcher.kube import ApiError, Unreachable
from dispatcher.names import GROUP, VERSION, identity
from dispatcher.promises import Promises
from dispatcher.settings import Settings
from dispatcher.sites import SiteObjects

AGAIN = 5.0
"""Seconds after which kopf tries what failed again."""


def controller(
    dispatcher: Dispatcher, promises: Promises, sites: SiteObjects, settings: Settings
) -> kopf.OperatorRegistry:
    """Handlers for applications, reservations and sites. Applications and reservations get a finalizer: their room is
    given back before they go."""
    registry = kopf.OperatorRegistry()
    applications, reservations, places = (
        (GROUP, VERSION, "applications"),
        (GROUP, VERSION, "reservations"),
        (GROUP, VERSION, "sites"),
    )

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

    @kopf.on.event(*applications, registry=registry)
    async def application(body: kopf.Body, type: str | None, **_: Any) -> None:
        if type != "DELETED" and "deletionTimestamp" not in body["metadata"]:
            dispatcher.want(dict(body))

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

    @kopf.on.event(*places, registry=registry)
    async def site(body: kopf.Body, type: str | None, **_: Any) -> None:
        sites.told(dict(body), gone=type == "DELETED")

    return registry
