"""What the machine offers to this process, within the limits of its container: processors and memory."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cpu_count", "get_celery_worker_count", "get_gunicorn_worker_count", "get_memory_limit", "memory_megabytes"]

CGROUP = Path("/sys/fs/cgroup")
SHARE = 0.8
"""The part of the memory that workers may fill."""


def cpu_count(cgroup: Path = CGROUP) -> int:
    """Return how many processors the process may use: of the machine, its affinity, or the quota of cgroup v2."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _line(cgroup / "cpu.max").partition(" ")
    if quota.isdecimal() and period.isdecimal():
        count = min(count, max(1, int(quota) // int(period)))
    return count


def memory_megabytes(cgroup: Path = CGROUP) -> int:
    """Return the memory that the process may use: of the machine, or the limit of cgroup v2; in megabytes."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _line(cgroup / "memory.max")
    return (min(total, int(limit)) if limit.isdecimal() else total) // 2**20


def get_gunicorn_worker_count(cpus: int | None = None) -> int:
    """Return how many processes are to answer requests."""
    return cpus or cpu_count()


def get_celery_worker_count(cpus: int | None = None) -> int:
    """Return how many processes are to run background tasks, which wait more than they compute: two a processor."""
    return 2 * (cpus or cpu_count())


def get_memory_limit(workers: int | None = None, total: int | None = None) -> int:
    """Return the megabytes at which a worker of background tasks is replaced by a new one."""
    return max(64, int((total or memory_megabytes()) * SHARE / (workers or get_celery_worker_count())))


def _line(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError:
        return ""
