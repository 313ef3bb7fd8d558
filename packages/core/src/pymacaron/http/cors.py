"""Cross-origin requests: the `cors` setting of pym-config.yaml, by flask-cors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError
from pymacaron.plugins.markers import hookimpl
from pymacaron.text import did_you_mean

if TYPE_CHECKING:
    from flask import Flask

    from pymacaron.service import Service

__all__ = ["pym_app_created"]

OPTIONS = (
    "allow_headers",
    "allow_private_network",
    "always_send",
    "automatic_options",
    "expose_headers",
    "intercept_exceptions",
    "max_age",
    "methods",
    "origins",
    "resources",
    "send_wildcard",
    "supports_credentials",
    "vary_header",
)
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
    place = service.config.config_file.place("cors")
    try:
        from flask_cors import CORS
    except ImportError:
        raise ConfigError(f"{place}: cors needs flask-cors: pip install 'flask-cors>=6'") from None
    if isinstance(wanted, dict):
        refuse_unknown(wanted, place)
    options = wanted if isinstance(wanted, dict) else {} if wanted is True else {"origins": wanted}
    CORS(app, **options)
    if "resources" not in options and "CORS_RESOURCES" not in app.config:
        from pymacaron.http.headers import AddsHeaders

        functions = app.after_request_funcs[None]
        functions[-1] = AddsHeaders(functions[-1], ASKED)


def refuse_unknown(options: dict[str, Any], place: str) -> None:
    """Raise ConfigError for an option that flask-cors would ignore, and for none of an origin: it would allow any."""
    for option in options:
        if option not in OPTIONS:
            raise ConfigError(f"{place}: cors.{option} is no option of flask-cors{did_you_mean(option, OPTIONS)}")
    if not {"origins", "resources"} & options.keys():
        raise ConfigError(f"{place}: cors names no origins: write 'origins', with '*' if any may call")
