"""The driver: each request is sent when it is due, whether or not those before it were answered.

Latency counts from the time when a request was due (an open loop): a service that stalls is not asked less, and what
waited behind the stall shows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import httpx2

from pymacaron.client.connections import built
from pymacaron.client.options import Options
from pymacaron.client.outgoing import Outgoing

__all__ = ["Reply", "drive"]

MOST_CONNECTIONS = 500
NO_LIMIT = Options(connect_timeout=None, read_timeout=None)


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a request: seconds from the start until it was `due`, from then until it ended, and how late it
    was sent; `result` is a status, or the name of an error."""

    due: float
    latency: float
    late: float
    result: str


def drive(
    requests: Sequence[Outgoing],
    rate: float,
    seconds: float,
    *,
    timeout: float,
    verify_ssl: bool = True,
    told: Callable[[int, int], None] = lambda ended, count: None,
) -> list[Reply]:
    """Send the requests in turn, so many a second for so many seconds, and return what became of each.

    `told` is called with how many have ended, and how many there will be.
    """
    return asyncio.run(_driven(requests, rate, max(1, round(rate * seconds)), timeout, verify_ssl, told))


async def _driven(
    requests: Sequence[Outgoing],
    rate: float,
    count: int,
    timeout: float,
    verify_ssl: bool,
    told: Callable[[int, int], None],
) -> list[Reply]:
    replies: list[Reply] = []

    def ended(task: asyncio.Task[Reply]) -> None:
        replies.append(task.result())
        told(len(replies), count)

    limits = httpx2.Limits(max_connections=MOST_CONNECTIONS, max_keepalive_connections=MOST_CONNECTIONS)
    async with httpx2.AsyncClient(verify=verify_ssl, trust_env=False, limits=limits, timeout=None) as client:
        prepared = [built(client, each, NO_LIMIT, iter) for each in requests]
        for request in prepared:
            await request.aread()  # a form is written once
        sender = Sender(client, time.monotonic(), timeout)
        async with asyncio.TaskGroup() as tasks:
            for index in range(count):
                due = index / rate
                await asyncio.sleep(max(0.0, sender.start + due - time.monotonic()))
                task = tasks.create_task(sender.sent(prepared[index % len(prepared)], due))
                task.add_done_callback(ended)
    return sorted(replies, key=lambda reply: reply.due)


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends requests, and times them from `start`, which is a time of time.monotonic()."""

    client: httpx2.AsyncClient
    start: float
    timeout: float

    async def sent(self, request: httpx2.Request, due: float) -> Reply:
        """Send one, and read its whole reply."""
        late = time.monotonic() - self.start - due
        try:
            async with asyncio.timeout(max(0.0, self.timeout - late)):
                response = await self.client.send(request)
            result = str(response.status_code)
        except TimeoutError:
            result = "timeout"
        except httpx2.HTTPError as error:
            result = type(error).__name__
        return Reply(due, time.monotonic() - self.start - due, late, result)
