"""The Celery app of a service: its settings, which lose nothing, and its queues."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from celery import Celery
from celery.app.amqp import AMQP
from kombu import Connection, Exchange, Queue
from kombu.transport import TRANSPORT_ALIASES

from pymacaron_async.broker import Broker, broker_of
from pymacaron_async.settings import AsyncSettings
from pymacaron_async.task import TASKS, AsyncTask

if TYPE_CHECKING:
    from pymacaron.service import Service
    from pymacaron_async.running import CarefulTask

__all__ = ["app_of", "celery_of", "failed_queue", "queue_of", "registered"]

PATIENCE = 0.9
"""Seconds for one step of publishing, such as connecting: a publish takes less than two of them."""

WORKER_PATIENCE = 5.0
"""Seconds after which a worker gives a broker up that does not answer, and connects anew."""

RECONNECT = 0.5
"""Seconds between attempts of a worker to reach its broker."""

VISIBILITY_MARGIN = 10
"""Seconds by which the lease of a message is longer than the task may run."""

AT_ONCE = {"max_retries": 1, "interval_start": 0, "interval_step": 0, "interval_max": 0}
"""How a publisher connects: without waiting for a broker that is away."""

TRANSPORT_ALIASES["pymredis"] = "pymacaron_async.redistransport:Transport"
TRANSPORT_ALIASES["pymfiles"] = "pymacaron_async.filestransport:Transport"

_apps: WeakKeyDictionary[Service, Celery] = WeakKeyDictionary()
_lock = threading.RLock()


class PatientConnection(Connection):  # type: ignore[misc]
    """A connection that is tried again every half second, for as long as it takes."""

    def ensure_connection(self, *arguments: Any, **options: Any) -> Any:
        """Connect; never wait longer than that before the next attempt."""
        options |= {"interval_start": RECONNECT, "interval_step": 0, "interval_max": RECONNECT}
        return super().ensure_connection(*arguments, **options)


class PatientAMQP(AMQP):  # type: ignore[misc]
    """Celery's messaging by patient connections."""

    Connection = PatientConnection


def celery_of(service: Service, *, in_worker: bool = False) -> Celery:
    """Return the Celery app of a service, which is made when it is first needed; it knows all tasks of the process."""
    app = app_of(service, in_worker=in_worker)
    for task in list(TASKS.values()):
        registered(app, service, task)
    return app


def app_of(service: Service, *, in_worker: bool = False) -> Celery:
    """Return the Celery app of a service, with the tasks that it has come to know so far."""
    if (app := _apps.get(service)) is not None:
        return app
    with _lock:
        if service not in _apps:
            _apps[service] = made(service, in_worker=in_worker)
        return _apps[service]


def registered(app: Celery, service: Service, task: AsyncTask[Any, Any]) -> CarefulTask:
    """Return the Celery task of a task."""
    known: CarefulTask | None = app._tasks.get(task.name)  # noqa: SLF001 - app.tasks would evaluate what is lazy
    if known is not None and known.pym_task is task:
        return known
    from pymacaron_async.running import make_task

    with _lock:
        return make_task(app, service, task)


def queue_of(app: Celery, name: str | None) -> str:
    """Return the full name of one of the service's queues, which the app knows from now on; the default is None."""
    base: str = app.conf.task_default_queue
    full = f"{base}.{name}" if name else base
    if full not in app.amqp.queues:
        app.amqp.queues.add(_queue(app.conf.pym_broker, full))
    return full


def failed_queue(app: Celery) -> Queue:
    """Return the queue of what failed for good; the empty exchange leads to it by its name."""
    name = f"{app.conf.task_default_queue}.failed"
    arguments = {"x-queue-type": "quorum"} if app.conf.pym_broker.kind == "amqp" else None
    return Queue(name, routing_key=name, queue_arguments=arguments, durable=True)


def routing_key(name: str) -> str:
    """Return a queue's name as one word of a topic: the delays of RabbitMQ match words."""
    return name.replace("%", "%25").replace(".", "%2E")


def _queue(broker: Broker, name: str) -> Queue:
    """Return a queue: on RabbitMQ a quorum queue, which counts deliveries and survives a node."""
    if broker.kind != "amqp":
        return Queue(name, Exchange(name, type="direct"), routing_key=name)
    exchange = Exchange(name, type="topic")
    return Queue(name, exchange, routing_key=routing_key(name), queue_arguments={"x-queue-type": "quorum"})


def made(service: Service, *, in_worker: bool) -> Celery:
    """Make the Celery app of a service."""
    broker = broker_of(service.config)
    app = Celery(service.name, amqp=PatientAMQP, set_as_current=False, fixups=[])
    app.conf.update(settings(service, broker, in_worker=in_worker))
    app.conf.pym_broker = broker
    app.pym_delayed = set()
    if broker.kind == "files":
        make_folders(broker.folder)
    return app


def make_folders(folder: Path) -> None:
    """Make the folders of a broker of files; git sees none of them, as messages hold what callers sent."""
    for name in ("messages", "control", "results"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    ignored = folder / ".gitignore"
    if not ignored.exists():
        ignored.write_text("*\n", encoding="utf-8")


def settings(service: Service, broker: Broker, *, in_worker: bool) -> dict[str, Any]:
    """Return Celery's settings: at least once is the rule, and nothing is lost or repeated without end."""
    config = service.config
    chosen = config.section(AsyncSettings)
    patience = WORKER_PATIENCE if in_worker else PATIENCE
    return {
        "broker_url": _broker_url(broker),
        "broker_transport_options": {
            **_transport_options(broker, chosen.async_time_limit, patience),
            **({} if in_worker else AT_ONCE),
        },
        "broker_connection_timeout": patience,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_heartbeat": 10 if in_worker else 0,
        **({"broker_use_ssl": {"ssl_cert_reqs": "required"}} if broker.url.startswith("rediss") else {}),
        "result_backend": _results_url(broker.results),
        "result_expires": chosen.async_results_expire,
        "redis_socket_timeout": patience,
        "redis_socket_connect_timeout": patience,
        "redis_retry_on_timeout": False,
        "result_backend_transport_options": {"retry_policy": {"max_retries": 3 if in_worker else 0, "timeout": 2.0}},
        "task_ignore_result": True,
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "task_default_queue": service.name,
        "task_queues": [_queue(broker, service.name)],
        "task_acks_late": True,
        "task_acks_on_failure_or_timeout": True,
        "task_retry_on_worker_lost": True,
        "task_reject_on_worker_lost": True,
        "task_publish_retry": False,
        "task_time_limit": chosen.async_time_limit,
        "worker_lost_wait": 1.0,
        "worker_prefetch_multiplier": 1,
        "worker_deduplicate_successful_tasks": False,  # a task is lost where that cannot ask for its result
        "worker_enable_prefetch_count_reduction": False,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_enable_remote_control": broker.kind != "files",
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "enable_utc": True,
        "timezone": "UTC",
    }


def _broker_url(broker: Broker) -> str:
    scheme, _, rest = broker.url.partition("://")
    return f"pymredis://{rest}" if scheme in ("redis", "rediss") else broker.url


def _results_url(results: str | None) -> str | None:
    if results is not None and results.startswith("rediss://") and "ssl_cert_reqs" not in results:
        return f"{results}{'&' if '?' in results else '?'}ssl_cert_reqs=required"
    return results


def _transport_options(broker: Broker, time_limit: int, patience: float) -> dict[str, Any]:
    if broker.kind == "redis":
        return {
            "visibility_timeout": time_limit + VISIBILITY_MARGIN,
            "unacked_restore_interval": 5,
            "unacked_restore_throttle": 1,
            "socket_timeout": patience,
            "socket_connect_timeout": patience,
            "socket_keepalive": True,
        }
    if broker.kind == "amqp":
        return {
            "confirm_publish": True,
            "connect_timeout": patience,
            "read_timeout": patience,
            "write_timeout": patience,
        }
    folder = str(broker.folder / "messages")
    return {
        "data_folder_in": folder,
        "data_folder_out": folder,
        "control_folder": str(broker.folder / "control"),
    }
