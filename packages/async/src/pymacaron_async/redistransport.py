"""The Redis transport of kombu with what it lacks: a schedule, a count of deliveries, and leases that are renewed.

A message whose header `pym_due` lies ahead waits in a sorted set, where no visibility timeout counts; whoever works
moves what is due to its queue, in one step that cannot happen twice. A message that comes back to its queue counts, in
its own header, how often it was delivered. A worker that lives renews the lease of what it holds.
"""

from __future__ import annotations

import json
import time
from typing import Any, ClassVar

from kombu.transport import redis as kombu_redis
from redis.backoff import NoBackoff
from redis.retry import Retry

__all__ = ["COUNT", "DUE", "Transport", "move_due", "schedule_keys"]

DUE = "pym_due"
COUNT = "x-delivery-count"  # the name that RabbitMQ gives it for quorum queues
MOVE = """
local moved = 0
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', ARGV[1], 'LIMIT', 0, 100)) do
    local stored = redis.call('HGET', KEYS[2], member)
    redis.call('ZREM', KEYS[1], member)
    redis.call('HDEL', KEYS[2], member)
    if stored then
        local cut = string.find(stored, '\\n', 1, true)
        redis.call('LPUSH', string.sub(stored, 1, cut - 1), string.sub(stored, cut + 1))
        moved = moved + 1
    end
end
return moved
"""


def schedule_keys(queue: str) -> tuple[str, str]:
    """Return the keys of a queue's schedule: the sorted set of ids by their time, and the hash of their messages."""
    return f"pym.schedule.{queue}", f"pym.schedule.{queue}.messages"


def move_due(client: Any, queue: str) -> int:
    """Move what is due to its queue; return how many messages."""
    moved = 0
    while (count := int(client.eval(MOVE, 2, *schedule_keys(queue), time.time()))) > 0:
        moved += count
    return moved


class QoS(kombu_redis.QoS):  # type: ignore[misc]
    """Renews the leases of what its worker holds before it looks for those that ran out."""

    def restore_visible(self, *arguments: Any, **options: Any) -> None:
        """Renew our own leases, then take back what others held for too long."""
        with self.channel.conn_or_acquire() as client:
            if held := list(self._delivered):
                now = time.time()
                client.zadd(self.unacked_index_key, dict.fromkeys(held, now), xx=True)
        self.channel.pym_counts = True  # what a worker gives back when it stops is no failed delivery
        try:
            super().restore_visible(*arguments, **options)
        finally:
            self.channel.pym_counts = False


class Channel(kombu_redis.Channel):  # type: ignore[misc]
    """A channel that knows of the schedule and counts deliveries."""

    QoS = QoS
    pym_counts = False

    def _put(self, queue: str, message: dict[str, Any], **options: Any) -> None:
        due = message.get("headers", {}).pop(DUE, None)
        if not due:
            super()._put(queue, message, **options)
            return
        ids, messages = schedule_keys(queue)
        member = message["headers"].get("id") or message["properties"]["delivery_tag"]
        with self.conn_or_acquire() as client, client.pipeline() as pipe:
            pipe.hset(messages, member, f"{queue}\n{json.dumps(message)}")
            pipe.zadd(ids, {member: due})
            pipe.execute()

    def _do_restore_message(self, payload: dict[str, Any], *arguments: Any, **options: Any) -> None:
        if self.pym_counts:
            headers = payload["headers"]
            headers[COUNT] = headers.get(COUNT, 0) + 1
        super()._do_restore_message(payload, *arguments, **options)

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        """Return how to connect: without the repetitions of redis-py, which would multiply every time-out."""
        return {**super()._connparams(asynchronous), "retry": Retry(NoBackoff(), 0)}


class Transport(kombu_redis.Transport):  # type: ignore[misc]
    """The transport behind pymredis://."""

    Channel: ClassVar[type] = Channel
