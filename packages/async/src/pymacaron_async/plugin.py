"""The hooks of pymacaron-async; what they need is imported when they are asked."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pymacaron import hookimpl
from pymacaron.plugins.records import ApiDocument, BackgroundProcess, Check, ConfigSection

if TYPE_CHECKING:
    import click
    from flask import Flask

    from pymacaron.config import Config
    from pymacaron.service import Service

__all__ = [
    "pym_apis",
    "pym_app_created",
    "pym_background_processes",
    "pym_checks",
    "pym_commands",
    "pym_config_sections",
]


@hookimpl
def pym_config_sections() -> list[ConfigSection]:
    """Declare `with_async` and the keys that begin with `async_`."""
    return [ConfigSection("async", "pymacaron_async.settings:AsyncSettings")]


@hookimpl
def pym_commands() -> list[click.Command]:
    """Bring `pym worker` and `pym tasks`."""
    from pymacaron_async.commands import tasks, worker

    return [worker, tasks]


@hookimpl
def pym_checks(service: Service) -> list[Check]:
    """Ask the broker whether it is there, where one is configured."""
    if not service.config.with_async and "async_broker" not in service.config.config_file.data:
        return []
    return [Check("broker of tasks", lambda: _complaint_with_secrets(service))]


@hookimpl
def pym_apis(config: Config) -> list[ApiDocument]:
    """Bring /tasks/{id} where it is wanted."""
    if not config.get("async_tasks_api"):
        return []
    return [ApiDocument("tasks", Path(__file__).with_name("tasks.yaml"))]


@hookimpl
def pym_app_created(app: Flask, service: Service) -> None:
    """Know the app, refuse settings that would lose tasks, and have /ready ask the broker."""
    from pymacaron_async.flaskapps import note_app

    note_app(service, app)
    if service.config.with_async or service.config.get("async_tasks_api"):
        from pymacaron_async.broker import require_broker

        require_broker(service.config)
    if "async_broker" in service.config.config_file.data:
        from pymacaron_async.health import complaint

        service.ready_checks.append(lambda: complaint(service))


@hookimpl
def pym_background_processes(config: Config) -> list[BackgroundProcess]:
    """Run a worker beside the server where `with_async` is on."""
    return [BackgroundProcess("worker", ("-m", "pymacaron", "worker"))] if config.with_async else []


def _complaint_with_secrets(service: Service) -> str | None:
    """Ask the broker by a service that may read its secrets."""
    from pymacaron.service import Service as WithSecrets
    from pymacaron_async.health import complaint

    whole = WithSecrets(service.root, env=service.env)
    try:
        return complaint(whole)
    finally:
        whole.close()
