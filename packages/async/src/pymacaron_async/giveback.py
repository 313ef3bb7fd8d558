"""What a worker does with the messages that it still holds when it stops."""

from __future__ import annotations

import logging
from typing import Any, ClassVar

from celery import bootsteps
from celery.worker.consumer.tasks import Tasks

from pymacaron_async.request import HELD

__all__ = ["GiveBack"]

log = logging.getLogger(__name__)


class GiveBack(bootsteps.StartStopStep):  # type: ignore[misc]
    """A step of Celery's consumer that gives back what was not done, after the processes have ended."""

    requires: ClassVar[tuple[type, ...]] = (Tasks,)

    def start(self, consumer: Any) -> None:
        """Forget what came over a connection that is gone: the broker delivers it again by itself."""
        HELD.clear()

    def shutdown(self, consumer: Any) -> None:
        """Give back what is held, while the connection is open; our transports do that by themselves, uncounted."""
        if consumer.app.conf.pym_broker.kind != "amqp":
            return
        for request in tuple(HELD):
            try:
                request.give_back()
            except Exception as error:  # the end of the connection gives it back as well
                log.warning("task %s %s goes back by itself (%s)", request.name, request.id, type(error).__name__)
