"""Whether the broker of a service answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymacaron.exceptions import ConfigError
from pymacaron_async.errors import BrokerError

if TYPE_CHECKING:
    from celery import Celery

    from pymacaron.service import Service

__all__ = ["complaint"]


def complaint(service: Service) -> str | None:
    """Return one sentence where the broker of a service is missing or does not answer in 2 s."""
    from pymacaron_async.broker import require_broker
    from pymacaron_async.celeryapp import celery_of
    from pymacaron_async.queueing import ADVICE, publish

    try:
        require_broker(service.config)
        app = celery_of(service)
        if app.conf.pym_broker.kind == "files":
            return None
        publish(app, lambda producer: _ask(app, producer))
    except ConfigError as error:
        return str(error)
    except BrokerError:
        return f"the broker {app.conf.pym_broker.place} does not answer: {ADVICE}"
    return None


def _ask(app: Celery, producer: Any) -> None:
    """Declare a queue that is there already, which takes an answer of the broker."""
    from pymacaron_async.celeryapp import failed_queue

    failed_queue(app)(producer.channel).declare()
