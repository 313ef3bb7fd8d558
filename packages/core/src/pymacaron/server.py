"""letsgo, which makes a server.py a program; and what an app learns of the command line that started it."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError, StartError
from pymacaron.servers.address import DEFAULT_PORT, default_port, port_of_environment
from pymacaron.text import where

if TYPE_CHECKING:
    from pymacaron.app import API

__all__ = ["chosen", "letsgo", "load_server_file", "serve_if_main"]


@dataclass(frozen=True)
class Chosen:
    """What the command line of server.py chose: `main` says that this process is to serve."""

    env: str | None = None
    main: bool = False


SERVER_FILE = "server"
_chosen = Chosen()
_served = False


def chosen() -> Chosen:
    """Return what the command line of server.py chose."""
    return _chosen


def letsgo(name: str, callback: Callable[..., Any] | None = None) -> None:
    """Start a service by its `callback(port, debug)`.

    In a server.py that is run by itself, the command line is read first: --port, --env, --debug or --no-debug. Where
    server.py is imported (`gunicorn server:app`), the callback makes the app complete and nothing is served.
    """
    if callback is None:
        raise TypeError("letsgo() wants a function: letsgo(__name__, callback=start)")
    if name == "__mp_main__":
        return
    if name == "__main__":
        from pymacaron.cli.server import run_server

        run_server(callback)
    else:
        callback(default_port(), False)


def load_server_file(root: Path, env: str | None) -> None:
    """Import the server.py of a folder, so that its app is complete and nothing is served."""
    global _chosen
    _chosen = Chosen(env)
    sys.path.insert(0, str(root.resolve()))
    importlib.import_module(SERVER_FILE)


def run_callback(callback: Callable[..., Any], port: int | None, env: str | None, debug: bool) -> None:
    """Call the callback of letsgo so that its `api.start()` serves."""
    from pymacaron.log import configure_logging

    global _chosen
    _chosen = Chosen(env, main=True)
    configure_logging()
    arguments = (port or port_of_environment() or _port_of_config(env) or DEFAULT_PORT, debug)
    refuse_misfit(callback, arguments)
    callback(*arguments)
    if not _served:
        raise StartError(f"{where(callback)}: the callback of letsgo() returned without calling api.start()")


def _port_of_config(env: str | None) -> int | None:
    """Return the `port` of the pym-config.yaml beside server.py; what is wrong there is told by API."""
    from pymacaron.config import read_config_file

    try:
        written = read_config_file(Path(sys.argv[0]).resolve().parent, env).data.get("port")
    except ConfigError:
        return None
    return written if type(written) is int else None


def refuse_misfit(callback: Callable[..., Any], arguments: tuple[object, ...]) -> None:
    """Raise StartError where a callback does not take port and debug."""
    try:
        inspect.signature(callback).bind(*arguments)
    except TypeError:
        raise StartError(f"{where(callback)}: letsgo() calls this function with port and debug: take both") from None


def serve_if_main(api: API) -> None:
    """Serve an API by the development server where server.py is the program."""
    if not chosen().main and api.app.import_name != "__main__":
        return
    from pymacaron.log import configure_logging
    from pymacaron.servers.development import serve

    global _served
    _served = True
    configure_logging(api.service.config.log_level, api.service.config.log_format)
    serve(api.app, api.service, api.host, int(api.port or default_port()), debug=api.debug, watch=api.debug)
