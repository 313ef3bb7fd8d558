"""Compare what it costs to queue and to run a task with plain Celery of the same settings: `tasks.py [--broker URL]`.

Both have one worker of one process, at one broker: a Redis that is started here, or that of the URL. In each round one
side queues tasks that do nothing and its worker runs them, then the other. Both are measured outside of requests, and
in requests, of which only the queueing is counted: our task then sees the URL, id and caller, for which plain Celery
has nothing. Told are the CPU time of the process that queues and of the worker with its pool, and the time of the
clock; the ratio is the median of those of the rounds, each to plain Celery in the same place.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from sockets import cpu_seconds, free_port  # type: ignore[import-not-found]

HERE = Path(__file__).parent
SHOP = HERE / "served" / "tasks"
WANTED = 1.10
PLAIN, OURS = "plain Celery", "ours"

REQUESTS: list[float] = []
"""CPU seconds of queueing in requests, without the requests themselves."""


class Cost(NamedTuple):
    """What a round cost, in seconds for each task."""

    queue: float
    run: float
    clock: float

    @property
    def both(self) -> float:
        """CPU time of queueing and running."""
        return self.queue + self.run


class Side(NamedTuple):
    """How one side queues its two tasks, and the process of its worker."""

    name: str
    nothing: Callable[[int], Any]
    mark: Callable[[str], Any]
    worker: int


def main() -> int:
    """Print the table; return 1 where ours costs more than is wanted."""
    options = parsed()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        os.environ["BENCH_BROKER"] = options.broker or stack.enter_context(redis(folder))
        measurable = stack.enter_context(sides(folder))
        rounds = []
        for number in range(options.rounds + 1):
            order = measurable[:: -1 if number % 2 else 1]
            rounds.append({side.name: measured(side, options.tasks, folder) for side in order})
    return told([side.name for side in measurable], rounds[1:])


def told(names: list[str], rounds: list[dict[str, Cost]]) -> int:
    """Print costs, and ratios to plain Celery's in the same place; tell whether what is wanted is reached."""
    print("| microseconds | queue | run | both | clock |\n|---|---|---|---|---|")
    reached = True
    for name in names:
        plain = name.replace(OURS, PLAIN)
        cells = [_cell(name, what, plain, rounds) for what in ("queue", "run", "both", "clock")]
        print(f"| {name} | {' | '.join(f'{cost:.0f} ({ratio:.2f})' for cost, ratio in cells)} |")
        reached = reached and cells[2][1] <= WANTED
    print(f"Wanted is a ratio of {WANTED} for both at most: {'reached' if reached else 'missed'}.")
    return 0 if reached else 1


def _cell(name: str, what: str, plain: str, rounds: list[dict[str, Cost]]) -> tuple[float, float]:
    costs = [(getattr(each[name], what), getattr(each[plain], what)) for each in rounds]
    return statistics.median(cost for cost, _ in costs) * 1e6, statistics.median(cost / least for cost, least in costs)


def parsed() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", help="URL of a broker; a Redis of the benchmark's own by default")
    parser.add_argument("--tasks", type=int, default=400, help="tasks of a round")
    parser.add_argument("--rounds", type=int, default=9, help="rounds of each side")
    return parser.parse_args()


def measured(side: Side, count: int, folder: Path) -> Cost:
    """Queue tasks, wait until the worker ran them, and return what one cost."""
    done = folder / f"done-{time.monotonic_ns()}"
    worker, here, began = cpu_seconds(side.worker), time.process_time(), time.monotonic()
    for number in range(count):
        side.nothing(number)
    side.mark(str(done))
    queued = sum(REQUESTS) if REQUESTS else time.process_time() - here
    REQUESTS.clear()
    while not done.exists():
        time.sleep(0.005)
        if time.monotonic() > began + 60:
            raise SystemExit("the worker does not run its tasks")
    clock = time.monotonic() - began
    return Cost(queued / count, (cpu_seconds(side.worker) - worker) / count, clock / count)


@contextmanager
def redis(folder: Path) -> Iterator[str]:
    """Run a Redis; give its URL."""
    server, port = shutil.which("redis-server"), free_port()
    if server is None:
        raise SystemExit("needs redis-server: apt-get install redis-server; or name a broker by --broker")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    with running([server, *options], folder / "redis.log", "Ready to accept connections"):
        yield f"redis://127.0.0.1:{port}/0"


@contextmanager
def sides(folder: Path) -> Iterator[list[Side]]:
    """Run the two workers; give what is measured, plain Celery first."""
    environment = {"BENCH_WORKER": "1"}
    ours = [sys.executable, "-m", "pymacaron", "--root", str(SHOP), "worker", "--concurrency", "1"]
    calm = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO"]
    plain = [sys.executable, "-m", "celery", "--workdir", str(HERE / "served"), "-A", "plain_celery", "worker"]
    plain += ["--concurrency", "1", "-n", "plain@%h", *calm]
    with (
        running(ours, folder / "ours.log", " ready.", **environment) as first,
        running(plain, folder / "plain.log", " ready.", **environment) as second,
    ):
        sys.path.insert(0, str(HERE / "served"))
        import plain_celery  # type: ignore[import-not-found]

        with plain_celery.service:
            from pymacaron_async.queueing import queue
            from pymacaron_async.task import TASKS

            by_name = {task.function.__name__: task for task in TASKS.values()}

            def queued(name: str) -> Callable[[Any], Any]:
                return lambda value: queue(by_name[name], (value,), {}, keeps_result=False)

            def in_request(call: Callable[[Any], Any]) -> Callable[[Any], None]:
                def requested(value: Any) -> None:
                    with plain_celery.flask_app.test_request_context("/nothing"):
                        before = time.process_time()
                        call(value)
                        REQUESTS.append(time.process_time() - before)

                return requested

            nothing, mark = plain_celery.nothing.delay, plain_celery.mark.delay
            outside, within = "outside of a request", "in a request"
            yield [
                Side(f"{PLAIN}, {outside}", nothing, mark, second),
                Side(f"{OURS}, {outside}", queued("nothing"), queued("mark"), first),
                Side(f"{PLAIN}, {within}", in_request(nothing), in_request(mark), second),
                Side(f"{OURS}, {within}", in_request(by_name["nothing"]), in_request(by_name["mark"]), first),
            ]


@contextmanager
def running(command: list[str], log: Path, ready: str, **environment: str) -> Iterator[int]:
    """Run a process until the block ends; give its number once its log says that it is ready."""
    with log.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **environment})
    try:
        while ready not in log.read_text():
            if process.poll() is not None:
                raise SystemExit(f"{command[0]} ended: {log.read_text()}")
            time.sleep(0.05)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


if __name__ == "__main__":
    sys.exit(main())
