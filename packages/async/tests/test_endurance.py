"""What tasks live through in the long run: ordinary tests run a sample of each, `-m endurance` its whole length."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
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
def effect(index, seconds=0.02):
    task = current_task()
    note("begin", index, os.getpid(), os.getppid())
    time.sleep(seconds)
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

    def queue(self, count: int = 1, seconds: float = 0.02) -> None:
        """Queue tasks that take so long, each under a number of its own."""
        for _ in range(count):
            assert self.http.post("/call/effect", json=[self.queued, seconds]).status_code == 200
            self.queued += 1

    def try_to_queue(self) -> bool:
        """Queue one task; tell whether the broker took it. A number that was refused is not used again."""
        self.queued += 1
        return self.http.post("/call/effect", json=[self.queued - 1, 0.1]).status_code == 200

    @property
    def begun(self) -> list[Begun]:
        """Return all beginnings, in their order."""
        return [Begun(*map(int, line.split()[1:])) for line in self.shop.lines("begin")]

    def begins(self, index: int) -> int:
        """Return how often a number began."""
        return sum(one.index == index for one in self.begun)

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

    def complaints(self) -> list[str]:
        """Return what workers warned of."""
        lines = [line for log in self.shop.root.glob("worker-*.log") for line in log.read_text().splitlines()]
        return [line for line in lines if " WARNING " in line or " ERROR " in line]

    def wait(self, numbers: set[int], seconds: float) -> None:
        """Wait until these have ended; tell what is lost where they have not."""
        end = time.monotonic() + seconds
        while lost := numbers - self.done:
            assert time.monotonic() < end, f"lost: {sorted(lost)}"
            time.sleep(0.1)


def tell(words: str) -> None:
    """Show figures, where `-s` asks for them."""
    sys.stdout.write(f"{words}\n")


def pool_of(worker: Worker) -> list[int]:
    """Return the processes of a worker's pool."""
    children = Path(f"/proc/{worker.process.pid}/task/{worker.process.pid}/children")
    return [int(word) for word in children.read_text().split()]


def kill(worker: Worker, how: str) -> list[int]:
    """Kill a worker with all its processes, its main process, or one process of its pool; return what was killed."""
    pool = pool_of(worker)
    if how == "process":
        os.kill(pool[0], signal.SIGKILL)
        return pool[:1]
    if how == "main":
        os.kill(worker.process.pid, signal.SIGKILL)
        worker.process.wait(60)
    else:
        worker.kill()
    return pool


@SERVERS
def test_a_message_on_its_way_to_a_worker_that_dies_is_not_lost(shop: MakeShop, client: MakeClient) -> None:
    load = Load(shop(async_time_limit=1), client)
    with load.shop.worker() as worker:
        load.queue()
        load.wait({0}, 60)
        os.killpg(worker.process.pid, signal.SIGSTOP)
        load.queue(3)
        worker.kill()
    with load.shop.worker():
        load.wait({0, 1, 2, 3}, 60)
    assert load.effects() == dict.fromkeys(range(4), 1)


def unsettled(worker: Worker, lost: list[int]) -> list[int]:
    """Return the lost processes of a dead worker where it had not acknowledged all that it published again for them."""
    said = worker.said
    return lost if said.count("its process died") > said.count(" retry: ") else []


def repeated_without_cause(begun: list[Begun], deaths: Counter[int]) -> list[Begun]:
    """Return the beginnings of tasks that began more often than once and once more for each death that they were in.

    What a process began last was in flight when it was killed.
    """
    last = {one.process: one.index for one in begun}
    in_flight: Counter[int] = Counter()
    for process in deaths.keys() & last.keys():
        in_flight[last[process]] += deaths[process]
    begins = Counter(one.index for one in begun)
    return [one for one in begun if begins[one.index] > 1 + in_flight[one.index]]


@SERVERS
@scaled(sample=(60, 3), length=(1000, 21))
def test_nothing_is_lost_and_no_effect_doubled_while_workers_are_killed(
    shop: MakeShop, client: MakeClient, scale: tuple[int, int]
) -> None:
    count, kills = scale
    load = Load(shop(async_time_limit=1), client)
    load.queue(count)
    lost: defaultdict[Worker, list[int]] = defaultdict(list)
    deaths: Counter[int] = Counter()
    with ExitStack() as stack:
        workers = [stack.enter_context(load.shop.worker()) for _ in range(2)]
        for number in range(kills):
            wait_until(lambda number=number: len(load.done) >= (number + 1) * count // (kills + 2), 60)  # type: ignore[misc]
            how = ("all", "process", "main")[number % 3]
            # One that loses a process lives on for a while: what that ran is published again.
            worker = workers[0] if how == "process" else workers.pop(how == "main")
            dead = kill(worker, how)
            if how == "process":
                lost[worker] += dead
            else:
                dead += unsettled(worker, lost[worker])
                workers.append(stack.enter_context(load.shop.worker()))
            deaths.update(dead)
        load.wait(set(range(count)), 60)
    begun = load.begun
    lost_alone = sum("its process died" in line for line in load.complaints())
    repeats = f"{len(begun) - count} repeats, {lost_alone} of a process that died alone"
    tell(f"{count} tasks, {kills} kills, {len(deaths)} processes: {repeats}")
    assert load.effects() == dict.fromkeys(range(count), 1)
    assert repeated_without_cause(begun, deaths) == [], load.complaints()
    assert kills < 20 or lost_alone
    assert load.shop.pym("tasks", "failed") == ""


@pytest.fixture(params=["redis", "amqp"])
def keeping(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A broker of the test alone that has everything on disk."""
    folder = tmp_path / "broker"
    folder.mkdir()
    server: Server = Redis(folder, fsync=True) if request.param == "redis" else Rabbit(folder)
    server.start()
    yield server
    server.stop()
    if isinstance(server, Rabbit):
        server.stop_mapper()


class Feeder:
    """A thread that queues tasks all the time; `taken` are the numbers that the broker took."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self.taken: set[int] = set()

    def _run(self) -> None:
        while not self._stopping.wait(0.2 if self.ahead > 30 else 0.005):
            if self._load.try_to_queue():
                self.taken.add(self._load.queued - 1)

    @property
    def ahead(self) -> int:
        """How many tasks wait."""
        return len(self.taken - self._load.done)

    def __enter__(self) -> Feeder:
        self._thread.start()
        return self

    def stop(self) -> None:
        """Queue no more."""
        self._stopping.set()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.stop()


def accepting(port: int) -> float:
    """Wait until a port accepts; return when."""
    while True:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return time.monotonic()
        time.sleep(0.02)


def restarted(server: Server, number: int, load: Load) -> float:
    """End a broker and start it; return the seconds from when its port accepts to when a task ends."""
    server.stop(number)
    starting = threading.Thread(target=server.start)
    known = load.done
    starting.start()
    began = accepting(server.port)
    wait_until(lambda: load.done - known, 60)
    seconds = time.monotonic() - began
    starting.join()
    return seconds


@scaled(sample=1, length=10)
def test_work_goes_on_and_nothing_is_lost_when_the_broker_restarts(
    tmp_path: Path, keeping: Server, client: MakeClient, scale: int
) -> None:
    settings = {"name": "shop", "async_broker": keeping.url, "async_time_limit": 10}
    load = Load(Shop(tmp_path / "shop", settings), client)
    seconds = []
    with load.shop.worker(), Feeder(load) as feeder:
        wait_until(lambda: load.done)
        for number in [signal.SIGTERM, signal.SIGKILL] * scale:
            wait_until(lambda: feeder.ahead > 20, 60)
            seconds.append(restarted(keeping, number, load))
        feeder.stop()
        load.wait(feeder.taken, 60)
    assert set(load.effects().values()) == {1}
    tell(f"{len(seconds)} restarts: work after {max(seconds):.1f} s at most")
    assert max(seconds) < 5


@SERVERS
@scaled(sample=2, length=10)
def test_workers_that_are_told_to_stop_under_load_finish_or_give_back(
    shop: MakeShop, client: MakeClient, scale: int
) -> None:
    load = Load(shop(async_time_limit=15, graceful_timeout=2), client)
    seconds = []
    load.queue(1, 8)  # outlasts the grace, whenever a worker is told to stop
    for turn in range(scale):
        load.queue(20, 0.2)
        with load.shop.worker() as worker:
            count = len(load.begun)
            wait_until(lambda count=count: len(load.begun) > count + 4, 60)  # type: ignore[misc]
            wait_until(lambda turn=turn: load.begins(0) > turn, 60)  # type: ignore[misc]
            began = time.monotonic()
            worker.terminate()
            seconds.append(time.monotonic() - began)
    with load.shop.worker():
        load.wait(set(range(load.queued)), 60)
    tell(f"{scale} stops of {max(seconds):.1f} s at most, {load.queued} tasks")
    assert max(seconds) < 2 + 3
    assert load.effects() == dict.fromkeys(range(load.queued), 1)
    assert Counter(one.index for one in load.begun) == {**dict.fromkeys(range(load.queued), 1), 0: scale + 1}
    assert load.shop.pym("tasks", "failed") == ""


@SERVERS
@scaled(sample=1, length=10)
def test_poison_is_bounded_and_long_delays_run_once_among_other_work(
    shop: MakeShop, client: MakeClient, scale: int
) -> None:
    load = Load(shop(async_time_limit=1), client, delay=12 + 3 * scale)
    for index in range(scale):
        load.http.post("/call/far", json=[index])
        load.http.post("/call/poison", json=[])
        load.queue(20)
    with load.shop.worker() as worker:
        load.wait(set(range(10)), 60)
        worker.kill()
    with load.shop.worker():
        load.wait(set(range(load.queued)), 60)
        wait_until(lambda: len(load.shop.lines("far")) >= scale, 60)
        wait_until(lambda: load.shop.pym("tasks", "failed").count("WorkerLost in shop.poison") == scale, 150)
    assert sorted(load.shop.lines("far")) == sorted(f"far {index}" for index in range(scale))
    assert 2 * scale <= len(load.shop.lines("poison")) <= 3 * scale  # a worker that was killed counts as well
    assert load.effects() == dict.fromkeys(range(load.queued), 1)


@scaled(sample=1, length=10)
@pytest.mark.parametrize("how", ["hangs", "away"])
def test_a_publish_fails_in_two_seconds_in_one_sentence_warm_or_cold(
    tmp_path: Path, keeping: Server, client: MakeClient, scale: int, how: str
) -> None:
    load = Load(Shop(tmp_path / "shop", {"name": "shop", "async_broker": keeping.url}), client)
    load.queue()
    cold = [client(load.shop) for _ in range(scale)]
    slowest = 0.0
    with failing(keeping, how):
        for http in (load.http, *cold, load.http):
            began = time.monotonic()
            failed = http.post("/call/effect", json=[1])
            slowest = max(slowest, time.monotonic() - began)
            said = told(failed)
            assert (failed.status_code, said["error"]) == (503, "BROKER_UNREACHABLE")
            assert said["error_description"].startswith("the broker ")
            assert "\n" not in said["error_description"]
    tell(f"{scale + 2} publishes, {how}: {slowest:.2f} s at most")
    assert slowest < 2


@contextmanager
def failing(server: Server, how: str) -> Iterator[None]:
    """Have a broker hang, or be away, for a while."""
    if how == "hangs":
        server.send(signal.SIGSTOP)
        yield
        server.send(signal.SIGCONT)
    else:
        server.stop()
        yield
