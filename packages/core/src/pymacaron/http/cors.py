"""Cross-origin requests: the `cors` setting of pym-config.yaml, by flask-cors."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pymacaron.plugins.markers import hookimpl

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["pym_app_created"]


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
    if isinstance(wanted, dict):
        CORS(app, **wanted)
    elif wanted is True:
        CORS(app)
    else:
        CORS(app, origins=wanted)
