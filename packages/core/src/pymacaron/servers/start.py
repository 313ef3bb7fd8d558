"""Serving as in production, by the server that was chosen."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from pymacaron.servers import granian, gunicorn
from pymacaron.servers.address import refuse_taken_port

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.servers.serving import Serving
    from pymacaron.service import Service

__all__ = ["start"]

SERVERS = {"gunicorn": gunicorn.serve, "granian": granian.serve}


def start(app: Flask, service: Service, serving: Serving) -> None:
    """Serve an app until TERM or INT; raises StartError where the port is taken or no worker can start."""
    from pymacaron.http.routes import import_for_requests

    refuse_taken_port(serving.host, serving.port)
    import_for_requests()  # before workers are forked, so that they share it
    with metrics_shared(service):
        SERVERS[serving.server](app, service, serving)


def metrics_shared(service: Service) -> AbstractContextManager[None]:
    """Let workers add up their metrics, where `metrics` is on."""
    if not service.config.metrics:
        return nullcontext()
    from pymacaron.report.prometheus import shared_folder

    return shared_folder()
