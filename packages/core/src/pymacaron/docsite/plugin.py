"""The plugin that publishes documents where `publish_apis` says so, in pym-config.yaml or server.py."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["pym_app_created"]


@hookimpl
def pym_app_created(app: Flask, service: Service) -> None:
    """Add the routes of the documentation to the app."""
    path = service.config.get("publish_apis")
    if service.publishing is None and not path:
        return
    from pymacaron.docsite.routes import publish

    if service.publishing is None:
        publish(app, service, path, None, service.config.config_file.place("publish_apis"))
    else:
        publish(app, service, *service.publishing)
