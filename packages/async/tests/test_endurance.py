"""What tasks live through in the long run: each test has a sample among the ordinary ones, and its length in `-m endurance`."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from brokerkit import Rabbit, Redis, Shop, Worker, told, wait_until

MakeShop = Callable[..., Shop]
MakeClient = Callable[[Shop], FlaskClient]
Server = Redis | Rabbit

SERVERS = pytest.mark.parametrize("broker", ["redis", "amqp"], indirect=True)

TASKS = """
import sqlite3


@asynctask
def effect(index):
    task = current_task()
    note("begin", index, os.getpid(), os.getppid())
    time.sleep(0.02)
    with sqlite3.connect(LOG.with_name("effects.db"), timeout=30) as effects:
        effects.execute("INSERT OR IGNORE INTO effects VALUES (?, ?)", (task.key, index))
    note("end", index)


@asynctask(delay=DELAY)
def far(index):
    note("far", index)
"""


def scaled(sample: Any, length: Any) -> pytest.MarkDecorator:
    """Have a test run as a sample, and at its length."""
    at_length = pytest.param(length, id="length", marks=pytest.mark.endurance)
    return pytest.mark.parametrize("scale", [pytest.param(sample, id="sample"), at_length])


@dataclass
class Begun:
    """The beginning of a task: its number, the process of the pool and its worker."""

    index: int
    process: int
    worker: int


class Load:
    """A service with the tasks of the long runs, its client, and what they did."""

    def __init__(self, shop: Shop, client: MakeClient, delay: float = 1) -> None:
        with (shop.root / "shop.py").open("a") as code:
            code.write(TASKS.replace("DELAY", str(delay)))
        with sqlite3.connect(shop.root / "effects.db") as effects:
            effects.execute("CREATE TABLE effects (key TEXT PRIMARY KEY, number INTEGER)")
        effects.close()
        self.shop = shop
        self.http = client(shop)
        self.queued = 0

    def queue(self, count: int = 1) -> None:
        """Queue tasks, each under a number of its own."""
        for _ in range(count):
            assert self.http.post("/call/effect", json=[self.queued]).status_code == 200
            self.queued += 1

    @property
    def begun(self) -> list[Begun]:
        """Return all beginnings, in their order."""
        return [Begun(*map(int, line.split()[1:])) for line in self.shop.lines("begin")]

    @property
    def done(self) -> set[int]:
        """Return the numbers of what ended."""
        return {int(line.split()[1]) for line in self.shop.lines("end")}

    def effects(self) -> Counter[int]:
        """Return how many effects each number had."""
        effects = sqlite3.connect(self.shop.root / "effects.db")
        try:
            return Counter(number for (number,) in effects.execute("SELECT number FROM effects"))
        finally:
            effects.close()

    def wait(self, numbers: set[int], seconds: float) -> None:
        """Wait until these have ended; tell what is lost where they have not."""
        end = time.monotonic() + seconds
        while lost := numbers - self.done:
            assert time.monotonic() < end, f"lost: {sorted(lost)}"
            time.sleep(0.1)


def pool_of(worker: Worker) -> list[int]:
    """Return the processes of a worker's pool."""
    children = Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children")
    return [int(word) for word in children.read_text().split()]


def kill(worker: Worker, how: str) -> set[int]:
    """Kill a worker with all its processes, its main process, or one process of its pool; return what was killed."""
    pool = pool_of(worker)
    if how == "process":
        os.kill(pool[0], signal.SIGKILL)
        return {pool[0]}
    if how == "main":
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait(20)
    else:
        worker.kill()
    return set(pool)


@SERVERS
def test_a_message_on_its_way_to_a_worker_that_dies_is_not_lost(shop: MakeShop, client: MakeClient) -> None:
    load = Load(shop(async_time_limit=1), client)
    with load.shop.worker() as worker:
        load.queue()
        load.wait({0}, 10)
        os.killpg(worker.process.pid, signal.SIGSTOP)
        load.queue(3)
        worker.kill()
    with load.shop.worker():
        load.wait({0, 1, 2, 3}, 30)
    assert load.effects() == dict.fromkeys(range(4), 1)


def last_of_each(begun: list[Begun]) -> dict[int, int]:
    """Return what each process began last: no more than that was in flight when it died."""
    return {one.process: one.index for one in begun}


@SERVERS
@scaled(sample=(60, 3), length=(1000, 21))
def test_nothing_is_lost_and_no_effect_doubled_while_workers_are_killed(
    shop: MakeShop, client: MakeClient, scale: tuple[int, int]
) -> None:
    count, kills = scale
    load = Load(shop(async_time_limit=1), client)
    load.queue(count)
    killed: set[int] = set()
    with ExitStack() as stack:
        workers = [stack.enter_context(load.shop.worker()) for _ in range(2)]
        for number in range(kills):
            wait_until(lambda number=number: len(load.done) >= (number + 1) * count // (kills + 2), 60)  # type: ignore[misc]
            how = ("all", "process", "main")[number % 3]
            worker = workers[0] if how == "process" else workers.pop(0)
            killed |= kill(worker, how)
            if how != "process":
                workers.append(stack.enter_context(load.shop.worker()))
        load.wait(set(range(count)), 60)
    begun = load.begun
    in_flight = last_of_each(begun)
    final = {one.index: position for position, one in enumerate(begun)}
    repeated = [one for position, one in enumerate(begun) if position != final[one.index]]
    print(f"{count} tasks, {kills} kills, {len(killed)} processes: {len(repeated)} repeats")
    assert load.effects() == dict.fromkeys(range(count), 1)
    assert [one for one in repeated if one.process not in killed or in_flight[one.process] != one.index] == []
    assert load.shop.pym("tasks", "failed") == ""
