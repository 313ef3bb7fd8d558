"""Cross-origin requests: the `cors` setting of pym-config.yaml, by flask-cors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["pym_app_created"]

ASKED = (
    "REQUEST_METHOD",
    "HTTP_ORIGIN",
    "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
    "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
    "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK",
)


@hookimpl
def pym_app_created(app: Flask, service: Service) -> None:
    """Allow the origins that `cors` names: true for any, one or a list of origins, or flask-cors' own options."""
    wanted = service.config.get("cors")
    if not wanted:
        return
    try:
        from flask_cors import CORS
    except ImportError:
        from pymacaron.exceptions import ConfigError

        raise ConfigError("pym-config.yaml sets cors, which needs flask-cors: pip install 'flask-cors>=6'") from None
    from pymacaron.http.headers import AddsHeaders

    options = wanted if isinstance(wanted, dict) else {} if wanted is True else {"origins": wanted}
    CORS(app, **options)
    if "resources" not in options and "CORS_RESOURCES" not in app.config:
        functions = app.after_request_funcs[None]
        functions[-1] = AddsHeaders(functions[-1], ASKED)
