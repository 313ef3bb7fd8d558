"""The broker of a service: which one it is, and what keeps a service from starting without one."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pymacaron.exceptions import ConfigError
from pymacaron_async.settings import AsyncSettings

if TYPE_CHECKING:
    from pymacaron.config import Config

__all__ = ["Broker", "broker_of", "in_container", "require_broker"]

FOLDER = ".pym-tasks"
FILE_RESULTS = "pymacaron_async.fileresults:Results"
CONTAINER_FILES = (Path("/.dockerenv"), Path("/run/.containerenv"))
FIRST_PROCESS = Path("/proc/1/cmdline")
CONTAINER_VARIABLES = ("KUBERNETES_SERVICE_HOST", "K_SERVICE", "container")


@dataclass(frozen=True, repr=False)
class Broker:
    """Where tasks wait; `url` and `results` may hold passwords. `folder` is that of a broker of files."""

    kind: Literal["redis", "amqp", "files"]
    url: str
    results: str | None
    folder: Path

    @property
    def place(self) -> str:
        """The broker without its password, for messages."""
        if self.kind == "files":
            return str(self.folder)
        from urllib.parse import urlsplit

        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname or 'localhost'}" + (f":{parts.port}" if parts.port else "")


def broker_of(config: Config) -> Broker:
    """Return the broker that a configuration names, or a folder below that of the service."""
    settings = config.section(AsyncSettings)
    url: str | None = config.get("async_broker")
    given = os.environ.get("PYM_TASKS_DIR")
    folder = Path(given, str(config.name)) if given else config.config_file.root / FOLDER
    if url is None:
        return Broker(
            "files", "pymfiles://localhost", settings.async_results or f"{FILE_RESULTS}+file://{folder}/results", folder
        )
    if url.startswith("redis"):
        return Broker("redis", url, settings.async_results or url, folder)
    return Broker("amqp", url, settings.async_results, folder)


def require_broker(config: Config) -> None:
    """Raise ConfigError where a service that is not on a developer's machine has no broker, or results no place."""
    told = config.get("async_broker") is not None or os.environ.get("PYM_TASKS_DIR")
    if not told and (where := _serious(config)):
        raise ConfigError(
            f"{config.config_file.place()}: async_broker is missing, and {where}: "
            "set it to the URL of a Redis or a RabbitMQ, or to develop, export PYM_TASKS_DIR=/a/folder, which the "
            "server and its workers have to share"
        )
    if config.get("async_tasks_api") and broker_of(config).results is None:
        place = config.config_file.place("async_tasks_api")
        raise ConfigError(f"{place}: async_tasks_api needs a place for results: set async_results to a Redis")


def in_container(first: Path = FIRST_PROCESS) -> bool:
    """Tell whether this process runs in a container that was started for it, and not in one that people work in.

    `first` holds the command line of the process that the container was started with.
    """
    if any(os.environ.get(name) for name in CONTAINER_VARIABLES):
        return True
    return any(file.exists() for file in CONTAINER_FILES) and _is_begun_by(first)


def _is_begun_by(first: Path) -> bool:
    script = next((argument for argument in sys.orig_argv[1:] if not argument.startswith("-")), "")
    try:
        return bool(script) and Path(script).name in first.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False


def _serious(config: Config) -> str | None:
    """Return why a folder will not do."""
    if config.config_file.env is not None:
        return f"the service runs with --env {config.config_file.env}"
    if os.environ.get("PYM_ENV"):
        return "PYM_ENV is set"
    return "the service runs in a container" if in_container() else None
