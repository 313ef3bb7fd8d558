"""Compare servers over real sockets: one worker pinned to one core, wrk on another: `sockets.py NAME=COMMAND ...`.

A command serves GET /hello on the port that stands for {port} in it. All servers run at once and are loaded in turns,
so that what else the machine does hits them alike. Told are requests per second of the server's CPU time, which other
work disturbs least, and per second of the clock; both as ratios to the first server.

    python benchmarks/sockets.py \\
        "litestar=PEERS/bin/uvicorn --app-dir benchmarks/served litestar_app:app --port {port} --no-access-log" \\
        "gunicorn=pym --root benchmarks/served/hello serve --workers 1 --port {port}" \\
        "granian=pym --root benchmarks/served/hello serve --workers 1 --port {port} --server granian"
"""

from __future__ import annotations

import argparse
import re
import shlex
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

CORES = ("0", "1")


@dataclass
class Server:
    """A server that runs, and what was measured: requests per second of its CPU time, and per second of the clock."""

    name: str
    process: subprocess.Popen[bytes]
    port: int
    by_cpu: list[float] = field(default_factory=list)
    by_clock: list[float] = field(default_factory=list)

    def load(self, connections: int, seconds: int) -> None:
        """Let wrk ask for a while, and keep what came of it; SystemExit where an answer was wrong."""
        before = cpu_seconds(self.process.pid)
        text = wrk(self.port, connections, seconds)
        spent = cpu_seconds(self.process.pid) - before
        if wrong := re.search(r"Non-2xx.*|Socket errors.*", text):
            raise SystemExit(f"{self.name}: {wrong[0]}")
        requests = re.search(r"(\d+) requests in", text)
        rate = re.search(r"Requests/sec: +([\d.]+)", text)
        if requests is None or rate is None:
            raise SystemExit(f"wrk said: {text}")
        self.by_cpu.append(int(requests[1]) / spent)
        self.by_clock.append(float(rate[1]))


def main(commands: list[str], rounds: int, seconds: int, connections: int) -> None:
    """Measure all servers in turns and print the table."""
    with running(commands) as servers:
        for server in servers:
            wrk(server.port, connections, 1)
        for _ in range(rounds):
            for server in servers:
                server.load(connections, seconds)
    lines = [f"{'server':24} {'per CPU second':>15} {'ratio':>6} {'per second':>12} {'ratio':>6}"]
    first = servers[0]
    for server in servers:
        cpu, clock = statistics.median(server.by_cpu), statistics.median(server.by_clock)
        ratios = cpu / statistics.median(first.by_cpu), clock / statistics.median(first.by_clock)
        lines.append(f"{server.name:24} {cpu:15,.0f} {ratios[0]:6.2f} {clock:12,.0f} {ratios[1]:6.2f}")
    sys.stdout.write("\n".join([*lines, ""]))


@contextmanager
def running(commands: list[str]) -> Iterator[list[Server]]:
    """Start every server on the first core, and stop them at the end."""
    servers: list[Server] = []
    with tempfile.TemporaryFile() as log:
        try:
            for each in commands:
                name, _, command = each.partition("=")
                port = free_port()
                arguments = ["taskset", "-c", CORES[0], *shlex.split(command.replace("{port}", str(port)))]
                process = subprocess.Popen(arguments, stdout=log, stderr=log)
                servers.append(Server(name, process, port))
            for server in servers:
                wait(server)
            yield servers
        finally:
            for server in servers:
                server.process.send_signal(signal.SIGTERM)
            for server in servers:
                server.process.wait(60)


def wait(server: Server) -> None:
    """Wait until a server answers; SystemExit where it does not."""
    for _ in range(200):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/hello", timeout=5) as reply:
                reply.read()
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"{server.name} does not answer")


def wrk(port: int, connections: int, seconds: int) -> str:
    """Run wrk on the second core and return what it prints."""
    load = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", f"http://127.0.0.1:{port}/hello"]
    return subprocess.run(["taskset", "-c", CORES[1], *load], capture_output=True, text=True, check=True).stdout


def cpu_seconds(parent: int) -> float:
    """Return the CPU time of a process and of all below it, by their threads that are there now."""
    return sum(_nanoseconds(parent)) / 1e9


def _nanoseconds(process: int) -> Iterator[int]:
    for task in Path(f"/proc/{process}/task").iterdir():
        yield int((task / "schedstat").read_text().split()[0])
        for child in (task / "children").read_text().split():
            yield from _nanoseconds(int(child))


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("servers", nargs="+", metavar="NAME=COMMAND")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    main(options.servers, options.rounds, options.seconds, options.connections)
