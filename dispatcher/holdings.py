"""Holdings: what one cluster has of each application, by its id: looking at one costs nothing for the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dispatcher.kube import Object, key
from dispatcher.names import owner
from dispatcher.places import Pod

Key = tuple[str, str]
SHOWN = 5


class Holdings:
    def __init__(self) -> None:
        self._objects: dict[str, dict[tuple[str, str, str], Object]] = {}
        self._pods: dict[str, dict[str, dict[Key, Pod]]] = {}

    def objects(self, application: str) -> Iterable[Object]:
        """Of its packages; its pods, and what came with them, are others' objects."""
        return list(self._objects.get(application, {}).values())

    def pods(self, application: str, site: str) -> Mapping[Key, Pod]:
        return self._pods.get(application, {}).get(site, {})

    def any(self, application: str) -> bool:
        return application in self._objects or application in self._pods

    def left(self, application: str) -> str:
        """Some of it, for people."""
        names = [f"{kind} {name}" for kind, _, name in self._objects.get(application, {})]
        names += [f"Pod {name}" for pods in self._pods.get(application, {}).values() for _, name in pods]
        return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")

    def applications(self) -> set[str]:
        """Of which there are objects."""
        return set(self._objects)

    def object(self, old: Object | None, new: Object | None) -> str:
        """One of ours came, changed or went: the application that it is for, or nothing."""
        for content in (old, new):
            application = owner(content)[0] if content is not None else ""
            if not content or not application:
                continue
            rows = self._objects.setdefault(application, {})
            if content is new:
                rows[content["kind"], *key(content)] = content
            else:
                rows.pop((content["kind"], *key(content)), None)
            if not rows:
                del self._objects[application]
        return owner(new or old or {"metadata": {}})[0]

    def pod(self, old: Object | None, new: Object | None) -> set[str]:
        """A pod came, changed or went: the applications that this is of interest for."""
        touched = set()
        for content in (old, new):
            application, site = owner(content) if content is not None else ("", "")
            if not content or not application:
                continue
            touched.add(application)
            sites = self._pods.setdefault(application, {})
            if content is new:
                sites.setdefault(site, {})[key(content)] = Pod.of(content)
            else:
                sites.get(site, {}).pop(key(content), None)
                if not sites.get(site):
                    sites.pop(site, None)
            if not sites:
                del self._pods[application]
        return touched
