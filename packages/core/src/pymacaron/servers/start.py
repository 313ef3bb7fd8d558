"""Serving as in production, by the server that was chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.servers import granian, gunicorn
from pymacaron.servers.address import refuse_taken_port
from pymacaron.servers.background import background_processes

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
    with background_processes(service):
        SERVERS[serving.server](app, service, serving)
