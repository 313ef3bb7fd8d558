"""`pym drain` has /ready answer 503, for one release and nobody else."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FILES = {
    "pym-config.yaml": "name: demo\n",
    "apis/hello.yaml": 'openapi: 3.1.0\ninfo: {title: Hello, version: "1"}\npaths: {}\n',
}


@pytest.mark.parametrize("server", ["gunicorn", "granian"])
def test_a_drained_release_answers_all_but_ready_until_the_draining_ends(
    server: str, folder: Callable[..., Path], start: Callable[..., Any], pym: Callable[..., Any], tmp_path: Path
) -> None:
    root, release = folder(FILES), {"PYM_RELEASE": "r1", "TMPDIR": str(tmp_path)}
    running = start("-m", "pymacaron", "serve", "--port", "{port}", "--server", server, cwd=root, **release)
    running.wait("/ready", "{}")
    assert pym("drain", cwd=root, **release).returncode == 0
    status, told = running.get("/ready")
    assert (status, json.loads(told)["error"]) == (503, "NOT_READY")
    assert running.get("/ping") == (200, "{}")
    assert pym("drain", "--end", cwd=root, **release).returncode == 0
    assert pym("drain", "--end", cwd=root, **release).returncode == 0
    assert running.get("/ready") == (200, "{}")


@pytest.mark.parametrize("other", [{"PYM_RELEASE": "r2"}, {"PYM_ENV": "demo-staging"}, {}])
def test_other_releases_and_environments_are_left_alone(
    other: dict[str, str],
    folder: Callable[..., Path],
    start: Callable[..., Any],
    pym: Callable[..., Any],
    tmp_path: Path,
) -> None:
    root, place = folder(FILES), {"TMPDIR": str(tmp_path)}
    running = start("-m", "pymacaron", "serve", "--port", "{port}", cwd=root, PYM_RELEASE="r1", **place)
    running.wait("/ready", "{}")
    assert pym("drain", "--wait", "0.1", cwd=root, **place, **other).returncode == 0
    assert running.get("/ready") == (200, "{}")


def test_the_mark_of_another_user_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tempfile

    from pymacaron import draining

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    draining.drain("demo")
    assert draining.draining("demo")
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert not draining.draining("demo")
