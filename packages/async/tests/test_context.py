"""What a task knows of who queued it, when schedules are due, and what plugins are told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import request

from brokerkit import Shop, wait_until
from pymacaron import create_app, current_service, resources
from pymacaron.http.security import current_identity
from pymacaron.plugins.records import Identity
from pymacaron_async import asynctask, current_task
from pymacaron_async.context import TaskContext, captured, restored
from pymacaron_async.cron import parsed


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Any]:
    """The app of a service."""
    app = create_app(Shop(tmp_path / "shop", {"name": "shop"}).root)
    yield app
    app.extensions["pymacaron"].close()


def test_the_context_of_a_request_comes_back_without_its_token(app: Any) -> None:
    other = Identity("ada", "key")
    known = Identity("u1", "token", frozenset({"read"}), {"sub": "u1", "groups": ["a", "b"]}, (other,))
    headers = {"Authorization": "Bearer s3cret", "X-Request-ID": "r1"}
    with app.test_request_context("/call/write?api_key=s3cret", method="POST", headers=headers) as context:
        context.request.environ["pymacaron.identity"] = known
        told = captured()
    assert "s3cret" not in repr(told)
    task = TaskContext("1", "shop.write", 2, "shop")
    with restored(app, told, task):
        assert current_identity() == known
        assert (request.method, request.url) == ("POST", "http://localhost/call/write")
        assert request.environ["pymacaron.request_id"] == "r1"
        assert current_task() is task
        assert current_service().name == "shop"
    assert current_task() is None


@pytest.mark.parametrize(
    ("cron", "moment", "due"),
    [
        ("* * * * *", (2026, 11, 21, 4, 5), True),
        ("*/15 * * * *", (2026, 11, 21, 4, 30), True),
        ("*/15 * * * *", (2026, 11, 21, 4, 31), False),
        ("0 6 * * 1-5", (2026, 11, 20, 6, 0), True),  # a Friday
        ("0 6 * * 1-5", (2026, 11, 21, 6, 0), False),
        ("0 6 * * 7", (2026, 11, 22, 6, 0), True),
        ("0 0 1 * 0", (2026, 11, 22, 0, 0), True),  # either day will do, as in cron
        ("0 0 1,15 2 *", (2026, 2, 15, 0, 0), True),
        ("5/20 * * * *", (2026, 2, 15, 0, 45), True),
    ],
)
def test_a_cron_is_due_as_cron_says(cron: str, moment: tuple[int, int, int, int, int], due: bool) -> None:
    assert parsed(cron).is_due(datetime(*moment, tzinfo=UTC)) is due


@pytest.mark.parametrize("cron", ["", "* * * *", "60 * * * *", "* 24 * * *", "a * * * *", "5-1 * * * *", "*/0 * * * *"])
def test_a_cron_that_is_none_is_refused_where_the_task_is_declared(cron: str) -> None:
    with pytest.raises(TypeError, match="cron"):
        asynctask(cron=cron)(print)


@pytest.mark.parametrize(
    "options", [{"max_retries": -1}, {"delay": -1}, {"every": 0}, {"every": 5, "cron": "* * * * *"}]
)
def test_options_that_make_no_sense_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        asynctask(**options)(print)


EVERY = """

@asynctask(every=1)
def tick():
    note("tick", current_task().key)
"""
TELLING = """
from pathlib import Path

from pymacaron import hookimpl


@hookimpl
def pym_task_finished(task):
    with Path(__file__).with_name("told").open("a") as told:
        told.write(f"{task.name} {task.state} {task.attempt} {task.queue} {task.request_id}\\n")
"""


@pytest.mark.parametrize("broker", ["files", "redis"], indirect=True)
def test_schedules_are_kept_by_the_clock_once_for_all_workers(shop: Callable[..., Shop]) -> None:
    made = shop()
    (made.root / "shop.py").write_text((made.root / "shop.py").read_text() + EVERY)
    with made.worker("--concurrency", "1"), made.worker("--concurrency", "1"):
        wait_until(lambda: len(made.lines("tick")) >= 3)
    keys = made.lines("tick")
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("broker", ["redis"], indirect=True)
def test_plugins_are_told_of_each_attempt(shop: Callable[..., Shop], client: Callable[..., Any]) -> None:
    made = shop(plugins={"local": ["telling"]})
    (made.root / "telling.py").write_text(TELLING)
    http = client(made)
    http.post("/call/recover", json=[], headers={"X-Request-ID": "r1"})
    told = made.root / "told"
    with made.worker():
        wait_until(lambda: told.exists() and "succeeded" in told.read_text())
    name = http.application.name
    states = ["retried 1", "retried 2", "succeeded 3"]
    assert told.read_text().splitlines() == [f"shop.recover {state} {name} r1" for state in states]


def test_resources_are_those_of_the_container(tmp_path: Path) -> None:
    (tmp_path / "cpu.max").write_text("100000 100000\n")
    (tmp_path / "memory.max").write_text(f"{512 * 2**20}\n")
    assert (resources.cpu_count(tmp_path), resources.memory_megabytes(tmp_path)) == (1, 512)
    assert resources.get_celery_worker_count(3) == 6
    assert resources.get_memory_limit(4, 1000) == 200
    assert resources.get_gunicorn_worker_count() >= 1
