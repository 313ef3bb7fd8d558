"""From the call of a task to a message at the broker: now, later, once, or when the request succeeded."""

from __future__ import annotations

import hashlib
import math
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from pymacaron.service import current_service
from pymacaron_async.codec import encoded
from pymacaron_async.context import captured
from pymacaron_async.errors import BrokerError
from pymacaron_async.handle import Handle

if TYPE_CHECKING:
    from celery import Celery

    from pymacaron_async.task import AsyncTask

__all__ = ["ADVICE", "publish", "queue", "reach", "when"]

ADVICE = "start it, or correct async_broker"
"""For whoever only looks at what the broker has."""


def queue(
    task: AsyncTask[Any, Any],
    arguments: Sequence[Any],
    keywords: Mapping[str, Any],
    *,
    keeps_result: bool,
    task_id: str | None = None,
) -> Handle:
    """Queue a task of the current service."""
    from pymacaron_async.celeryapp import app_of, registered

    service = current_service()
    task.signature.bind(*arguments, **keywords)
    text = written(task, arguments, keywords)
    app = app_of(service)
    celery_task, options = registered(app, service, task), task.options
    context = {**captured(), "queue": celery_task.pym_queue}
    handle = Handle(task_id or str(uuid4()), service)
    if options.unique:
        context["lock"] = hashlib.sha256(f"{task.name}\n{text}".encode()).hexdigest()

    def send() -> None:
        celery_task.send(handle.id, (text, context), options.delay, ignore_result=not keeps_result)

    def lock_and_send() -> None:
        from pymacaron_async.unique import holding

        with holding(app, context["lock"], handle.id, options.delay) as holder:
            handle.id = holder
            if holder == celery_id:
                send()

    celery_id = handle.id
    act = lock_and_send if options.unique else send
    if keeps_result:
        handle.note_queued(app)
    if options.on_commit:
        _once_the_request_succeeded(act)
    else:
        act()
    return handle


def written(task: AsyncTask[Any, Any], arguments: Sequence[Any], keywords: Mapping[str, Any]) -> str:
    """Return the arguments of a call as text; raises UnsuitableArgument that names the one which does not fit."""
    names = [*task.signature.parameters]
    places = [f"argument {index + 1}" + (f" '{name}'" if name else "") for index, name in _positions(names, arguments)]
    positional = [encoded(value, f"{task.name}() {place}") for place, value in zip(places, arguments, strict=True)]
    named = [
        f"[{encoded(name)},{encoded(value, f'{task.name}() argument {name!r}')}]" for name, value in keywords.items()
    ]
    return f'[[{",".join(positional)}],{{"$":["dict",[{",".join(named)}]]}}]'


def _positions(names: Sequence[str], arguments: Sequence[Any]) -> list[tuple[int, str]]:
    return [(index, names[index] if index < len(names) else "") for index in range(len(arguments))]


def _once_the_request_succeeded(act: Callable[[], None]) -> None:
    """Act after the handler of the current request, unless it failed; at once outside of a request."""
    from flask import Response, after_this_request, has_request_context

    if not has_request_context():
        act()
        return

    def after(response: Response) -> Response:
        if response.status_code < 400:
            act()
        return response

    after_this_request(after)


def when(app: Celery, queue_name: str, countdown: float | None) -> dict[str, Any]:
    """Return the options of a publish that has a message arrive after so many seconds.

    RabbitMQ is told first, once in a process, where the message goes then: what leads nowhere it drops.
    """
    if not countdown or countdown <= 0:
        return {}
    if app.conf.pym_broker.kind != "amqp":
        from pymacaron_async.redistransport import DUE

        return {"headers": {DUE: time.time() + countdown}}
    from kombu import Exchange
    from kombu.transport.native_delayed_delivery import calculate_routing_key

    from pymacaron_async.celeryapp import routing_key

    longest = 2**28 - 1
    if countdown > longest:
        raise ValueError(f"RabbitMQ holds a task for {longest} seconds at most: queue it later")
    if queue_name not in app.pym_delayed:
        _bind_delays(app, queue_name)
    key = calculate_routing_key(math.ceil(countdown), routing_key(queue_name))
    return {"exchange": Exchange("celery_delayed_27", type="topic"), "routing_key": key}


def publish(app: Celery, send: Callable[[Any], Any]) -> Any:
    """Publish by a producer of Celery's; raises BrokerError where the broker does not answer in 2 s."""

    def by_producer() -> Any:
        with app.producer_or_acquire() as producer:
            try:
                return send(producer)
            except BaseException:
                _cut(producer.connection)
                raise

    return reach(app, by_producer)


def _cut(connection: Any) -> None:
    """End a connection to RabbitMQ without a farewell, which a broker that hangs would not answer."""
    made = connection._connection  # noqa: SLF001 - its property would connect anew, and wait
    sock = getattr(getattr(made, "transport", None), "sock", None)
    if sock is not None:
        with suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)


def reach(app: Celery, send: Callable[[], Any], *, advice: str = "the task was not queued") -> Any:
    """Ask the broker, or what keeps results; raises BrokerError, with this advice, where it does not answer in 2 s.

    A connection that went stale is made anew once; what runs out of time is not tried again.
    """
    began = time.monotonic()
    try:
        return send()
    except _errors(app) as error:
        forget_connections(app)
        if _is_timeout(error) or time.monotonic() - began > 0.5:
            raise _unreachable(app, error, advice) from error
    try:
        if _misses_delays(app):
            declare_delays(app)
        return send()
    except _errors(app) as error:
        forget_connections(app)
        raise _unreachable(app, error, advice) from error


def forget_connections(app: Celery) -> None:
    """Have the next publish connect anew."""
    app.amqp._producer_pool = None  # noqa: SLF001 - what Celery itself does after a fork
    app._pool = None  # noqa: SLF001
    app.pym_delayed.clear()


def declare_delays(app: Celery) -> None:
    """Make the queues of RabbitMQ in which messages wait for their time."""
    from kombu.transport.native_delayed_delivery import declare_native_delayed_delivery_exchanges_and_queues

    with app.connection_for_write() as connection:
        connection.default_channel  # noqa: B018 - connects at once; all other ways wait for 2 s where that fails
        declare_native_delayed_delivery_exchanges_and_queues(connection, "quorum")


def _bind_delays(app: Celery, queue_name: str) -> None:
    """Have a queue get what has waited for its time; raises a channel error where `declare_delays()` is to be done."""
    from kombu.transport.native_delayed_delivery import bind_queue_to_native_delayed_delivery_exchange

    with app.connection_for_write() as connection:
        queue = app.amqp.queues[queue_name]
        queue(connection.default_channel).declare()
        bind_queue_to_native_delayed_delivery_exchange(connection, queue)
    app.pym_delayed.add(queue_name)


def _misses_delays(app: Celery) -> bool:
    return bool(app.conf.pym_broker.kind == "amqp")


def _errors(app: Celery) -> tuple[type[BaseException], ...]:
    from kombu.exceptions import OperationalError

    with_transport = app.connection_for_write()
    return (
        OperationalError,
        OSError,
        TimeoutError,
        *with_transport.connection_errors,
        *with_transport.channel_errors,
        *with_transport.recoverable_connection_errors,  # a refusal of RabbitMQ's among them
    )


def _is_timeout(error: BaseException) -> bool:
    causes = (error, error.__cause__, error.__context__)
    return any("timeout" in type(cause).__name__.lower() for cause in causes)


def _unreachable(app: Celery, error: BaseException, advice: str) -> BrokerError:
    place, kind = app.conf.pym_broker.place, type(error).__name__
    did = "refuses the message" if kind == "MessageNacked" else "does not answer"
    return BrokerError(f"the broker {place} {did} ({kind}): {advice}")
