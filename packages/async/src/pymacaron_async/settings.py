"""The settings of pymacaron-async: where tasks wait, who runs them, and how long they may take."""

from __future__ import annotations

from pymacaron.config.settings import Settings, setting

__all__ = ["AsyncSettings"]


class AsyncSettings(Settings):
    """The keys of pym-config.yaml that pymacaron-async reads, once, as a service starts."""

    with_async: bool = setting(
        False,
        description="Whether workers run beside `python server.py`, `pym run` and `pym serve`.",
        example=True,
    )
    async_broker: str | None = setting(
        None,
        description="URL of the broker: redis://, rediss:// or amqp://. Without one, tasks wait in a folder, which is "
        "for development alone.",
        example="SHOP_BROKER_URL",
        secret=True,
        pattern=r"^(rediss?|amqps?)://",
        expected="a URL that begins with redis://, rediss://, amqp:// or amqps://",
    )
    async_results: str | None = setting(
        None,
        description="URL of the Redis where states and results of tasks are kept; by default the broker, where it is "
        "a Redis.",
        example="SHOP_REDIS_URL",
        secret=True,
        pattern=r"^rediss?://",
        expected="a URL that begins with redis:// or rediss://",
    )
    async_results_expire: int = setting(
        86400, description="Seconds for which states and results of tasks are kept.", example=3600, ge=1
    )
    async_workers: int | None = setting(
        None, description="Processes of a worker; by default two for each processor.", example=4, ge=1
    )
    async_max_memory: int | None = setting(
        None,
        description="Megabytes at which a process of a worker is replaced; by default its share of the machine.",
        example=300,
        ge=16,
    )
    async_time_limit: int = setting(
        600, description="Seconds after which a running task is stopped and fails.", example=60, ge=1
    )
    async_tasks_api: bool = setting(
        False,
        description="Whether GET /tasks/{id} tells the state of a task to everybody who knows its id.",
        example=True,
    )
