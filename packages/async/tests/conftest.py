"""Brokers, services and workers of pymacaron-async's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from brokerkit import Rabbit, Redis, Shop
from pymacaron import create_app
from pymacaron_async.task import TASKS


def pytest_configure(config: pytest.Config) -> None:
    """Leave alone what redis-py tells Celery of its own commands."""
    config.addinivalue_line("filterwarnings", "ignore::DeprecationWarning:celery.backends.redis")


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis of the session."""
    server = Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of the test alone, which writes everything to disk."""
    (tmp_path / "redis").mkdir()
    server = Redis(tmp_path / "redis", fsync=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def rabbit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rabbit]:
    """A RabbitMQ of the session."""
    server = Rabbit(tmp_path_factory.mktemp("rabbit"))
    server.start()
    yield server
    server.stop()
    server.stop_mapper()


@pytest.fixture(params=["files", "redis", "amqp"])
def broker(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The settings of each kind of broker; states are kept in Redis where the broker is a RabbitMQ."""
    if request.param == "files":
        monkeypatch.setenv("PYM_TASKS_DIR", str(tmp_path / "tasks"))
        return {}
    redis: Redis = request.getfixturevalue("redis")
    flush(redis)
    if request.param == "redis":
        return {"async_broker": redis.url}
    rabbit: Rabbit = request.getfixturevalue("rabbit")
    return {"async_broker": rabbit.url, "async_results": redis.url}


def flush(redis: Redis) -> None:
    """Forget everything that a Redis holds."""
    from redis import Redis as Client

    with Client.from_url(redis.url) as client:
        client.flushall()


@pytest.fixture
def shop(tmp_path: Path, broker: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Callable[..., Shop]]:
    """Make the folder of a service with tasks at each kind of broker; its queues are those of the test alone."""
    made = 0

    def make(**settings: Any) -> Shop:
        nonlocal made
        made += 1
        name = f"shop-{abs(hash(request.node.nodeid)) % 10**8}-{made}"
        return Shop(tmp_path / f"shop{made}", {"name": name, "async_time_limit": 20, **broker, **settings})

    yield make
    TASKS.clear()


@pytest.fixture
def client() -> Iterator[Callable[[Shop], FlaskClient]]:
    """Make the test client of a service; each service is closed when the test ends."""
    apps: list[Flask] = []

    def make(shop: Shop) -> FlaskClient:
        app = create_app(shop.root)
        apps.append(app)
        return app.test_client()

    yield make
    for app in apps:
        app.extensions["pymacaron"].close()
