"""The Redis transport of kombu with what it lacks: a schedule, a count of deliveries, leases renewed, nothing between.

kombu takes a message by BRPOP and writes down afterwards that it holds it: a worker that is killed between the two has
lost it. Here one script does both. What a worker without work waits for are the tokens of `pym.wake.<queue>`, which may
be lost: it looks again when the wait ends, after a second.

A message whose header `pym_due` lies ahead waits in a sorted set, where no visibility timeout counts; whoever works
moves what is due to its queue, in one step that cannot happen twice. A message that comes back to its queue counts, in
its own header, how often it was delivered. A worker that lives renews the lease of what it holds.
"""

from __future__ import annotations

import json
import time
from queue import Empty
from typing import Any, ClassVar

from kombu.transport import redis as kombu_redis
from kombu.transport import virtual
from kombu.utils.encoding import bytes_to_str
from kombu.utils.json import dumps, loads
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
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
PUT = """
redis.call('LPUSH', KEYS[1], ARGV[1])
redis.call('LPUSH', KEYS[2], '1')
redis.call('LTRIM', KEYS[2], 0, 0)
redis.call('EXPIRE', KEYS[2], 60)
"""
TAKE = """
for place = 3, #KEYS do
    local item = redis.call('RPOP', KEYS[place])
    if item then
        if ARGV[place - 1] == '1' then
            local properties = cjson.decode(item)['properties']
            local info, tag = properties['delivery_info'], properties['delivery_tag']
            local came = cjson.encode(info['exchange']) .. ',' .. cjson.encode(info['routing_key'])
            redis.call('HSET', KEYS[1], tag, '[' .. item .. ',' .. came .. ']')
            redis.call('ZADD', KEYS[2], ARGV[1], tag)
        end
        return {KEYS[place], item}
    end
end
return false
"""


def schedule_keys(queue: str) -> tuple[str, str]:
    """Return the keys of a queue's schedule: the sorted set of ids by their time, and the hash of their messages."""
    return f"pym.schedule.{queue}", f"pym.schedule.{queue}.messages"


def _wake_key(queue: str) -> str:
    return f"pym.wake.{queue}"


def move_due(client: Any, queue: str) -> int:
    """Move what is due to its queue; return how many messages."""
    moved = 0
    while (count := int(client.eval(MOVE, 2, *schedule_keys(queue), time.time()))) > 0:
        moved += count
    return moved


class QoS(kombu_redis.QoS):  # type: ignore[misc]
    """Renews the leases of what its worker holds before it looks for those that ran out."""

    def append(self, message: Any, delivery_tag: str) -> None:
        """Keep what is held; Redis knows of it already where it was taken by our script."""
        if delivery_tag == self.channel.pym_taken:
            virtual.QoS.append(self, message, delivery_tag)
        else:
            super().append(message, delivery_tag)

    def restore_unacked(self, client: Any = None) -> None:
        """Give back what is held; where Redis is away, its leases run out by themselves, and the worker lives on."""
        try:
            super().restore_unacked(client)
        except self.channel.connection_errors:
            self._delivered.clear()

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
    """A channel that knows of the schedule, counts deliveries, and holds what it takes from the first moment."""

    QoS = QoS
    pym_counts = False
    pym_taken: str | None = None
    pym_takes = False
    _brpop_sent_at: float | None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self.pym_unkept: set[str] = set()
        super().__init__(*arguments, **options)

    def basic_consume(self, queue: str, no_ack: bool, *arguments: Any, **options: Any) -> Any:
        """Consume; note whether what is taken has to be acknowledged."""
        (self.pym_unkept.add if no_ack else self.pym_unkept.discard)(queue)
        return super().basic_consume(queue, no_ack, *arguments, **options)

    def _brpop_start(self, timeout: float | None = None) -> None:
        """Ask for a message, in the place of BRPOP."""
        queues = self._queue_cycle.consume(len(self.active_queues))
        if not queues:
            return
        pairs = [(queue, self._q_for_pri(queue, priority)) for priority in self.priority_steps for queue in queues]
        keys = [self.unacked_key, self.unacked_index_key, *(key for _, key in pairs)]
        kept = [int(queue not in self.pym_unkept) for queue, _ in pairs]
        self.pym_takes = True
        self._send("EVAL", TAKE, len(keys), *keys, time.time(), *kept)

    def _brpop_read(self, **options: Any) -> bool:
        """Read the answer: deliver a message, or wait for a token where there was none; raise Empty then."""
        waits = False
        try:
            reply = self._read("EVAL" if self.pym_takes else "BRPOP", options)
            if self.pym_takes and reply:
                self._deliver_taken(*map(bytes_to_str, reply))
                return True
            if waits := self.pym_takes:
                self._wait()
            raise Empty
        finally:
            if not waits:
                self._in_poll = None
                self._flush_brpop_reauth()

    def _wait(self) -> None:
        self.pym_takes = False
        self._send("BRPOP", *(_wake_key(queue) for queue in self.active_queues), self.brpop_timeout)

    def _send(self, *command: Any) -> None:
        self._in_poll = self.client.connection
        self._brpop_sent_at = time.monotonic()
        self.client.connection.send_command(*command)

    def _read(self, command: str, options: dict[str, Any]) -> Any:
        try:
            return self.client.parse_response(self.client.connection, command, **options)
        except self.connection_errors:
            self.client.connection.disconnect()
            raise

    def _deliver_taken(self, key: str, item: str) -> None:
        queue, message = key.rsplit(self.sep, 1)[0], loads(item)
        self._queue_cycle.rotate(queue)
        self.pym_taken = message["properties"]["delivery_tag"]
        try:
            self.connection._deliver(message, queue)  # noqa: SLF001 - the seam between the parts of kombu
        finally:
            self.pym_taken = None

    def _put(self, queue: str, message: dict[str, Any], **options: Any) -> None:
        due = message.get("headers", {}).pop(DUE, None)
        if not due:
            self._put_now(queue, message, **options)
            return
        ids, messages = schedule_keys(queue)
        member = message["headers"].get("id") or message["properties"]["delivery_tag"]
        with self.conn_or_acquire() as client, client.pipeline() as pipe:
            pipe.hset(messages, member, f"{queue}\n{json.dumps(message)}")
            pipe.zadd(ids, {member: due})
            pipe.execute()

    def _put_now(self, queue: str, message: dict[str, Any], **options: Any) -> None:
        if "_publish_batch" in options or (self._expires and queue in self._expires):
            super()._put(queue, message, **options)
            return
        key = self._q_for_pri(queue, self._get_message_priority(message, reverse=False))
        with self.conn_or_acquire() as client:
            client.eval(PUT, 2, key, _wake_key(queue), dumps(message))

    def _do_restore_message(self, payload: dict[str, Any], *arguments: Any, **options: Any) -> None:
        if self.pym_counts:
            headers = payload["headers"]
            headers[COUNT] = headers.get(COUNT, 0) + 1
        super()._do_restore_message(payload, *arguments, **options)

    def _create_client(self, asynchronous: bool = False) -> Any:
        """Return a client; raises redis's ConnectionError where the channel is closed, which kombu does not expect."""
        if getattr(self.connection, "client", None) is None:
            raise RedisConnectionError("the channel is closed")
        return super()._create_client(asynchronous)

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        """Return how to connect: without the repetitions of redis-py, which would multiply every time-out."""
        return {**super()._connparams(asynchronous), "retry": Retry(NoBackoff(), 0)}


class Transport(kombu_redis.Transport):  # type: ignore[misc]
    """The transport behind pymredis://."""

    Channel: ClassVar[type] = Channel
