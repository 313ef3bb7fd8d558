"""The locks of unique tasks: one for each equal call, held from the publish to the end of the task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pymacaron.exceptions import ConfigError

if TYPE_CHECKING:
    from celery import Celery

__all__ = ["first", "holding", "release"]

LONGEST = 86_400
"""Seconds after which a lock is given up, beside the delay of its task."""


@contextmanager
def holding(app: Celery, digest: str, task_id: str, delay: float) -> Iterator[str]:
    """Give the id of the task that holds the lock: ours, or that of an equal one; free ours where the block raises."""
    from pymacaron_async.queueing import reach

    holder = reach(app, lambda: _take(app, digest, task_id, LONGEST + int(delay)))
    try:
        yield holder
    except BaseException:
        if holder == task_id:
            with suppress(Exception):
                release(app, digest, task_id)
        raise


def release(app: Celery, digest: str, task_id: str) -> None:
    """Free a lock, where the task holds it."""
    if app.conf.pym_broker.kind == "files":
        path = _file(app, digest)
        with suppress(FileNotFoundError):
            if path.read_text() == task_id:
                path.unlink()
        return
    client = _client(app)
    key = _key(app, digest)
    if (found := client.get(key)) is not None and found.decode() == task_id:
        client.delete(key)


def _take(app: Celery, digest: str, task_id: str, seconds: int) -> str:
    if app.conf.pym_broker.kind == "files":
        path = _file(app, digest)
        path.parent.mkdir(exist_ok=True)
        try:
            with path.open("x") as file:
                file.write(task_id)
        except FileExistsError:
            return path.read_text() or task_id
        return task_id
    client, key = _client(app), _key(app, digest)
    if client.set(key, task_id, nx=True, ex=seconds):
        return task_id
    found = client.get(key)
    return found.decode() if found is not None else task_id


def _file(app: Celery, digest: str) -> Path:
    folder: Path = app.conf.pym_broker.folder
    return folder / "locks" / digest


def _key(app: Celery, digest: str) -> str:
    return f"pym.unique.{app.conf.task_default_queue}.{digest}"


def _client(app: Celery) -> Any:
    if app.conf.pym_broker.results is None:
        raise ConfigError("unique tasks need a place for their locks beside RabbitMQ: set async_results to a Redis")
    return app.backend.client


def first(app: Celery, name: str) -> bool:
    """Tell whether nobody asked for this name before, within a day; without a Redis or a folder everybody is first."""
    if app.conf.pym_broker.results is None:
        return True
    mine = uuid4().hex
    return _take(app, f"first-{name}", mine, LONGEST) == mine
