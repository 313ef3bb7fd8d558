"""The Flask app of each service, as the plugin was told of it: tasks need one for the context of their request."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import ReferenceType, WeakKeyDictionary, ref

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["flask_app_of", "note_app"]

_apps: WeakKeyDictionary[Service, ReferenceType[Flask]] = WeakKeyDictionary()


def note_app(service: Service, app: Flask) -> None:
    """Keep which app a service has."""
    _apps[service] = ref(app)


def flask_app_of(service: Service) -> Flask | None:
    """Return the app of a service, None where there is none."""
    found = _apps.get(service)
    return found() if found is not None else None
