"""Services of pymacaron-auth's tests: made of settings, a document and handlers, with a clock that stands still."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from flask import Flask

from ports import free_port
from pymacaron import create_app
from tokenkit import HANDLERS, PROTECTED, SETTINGS, Shop


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Make the folder of a service from settings, a document and handlers."""

    def make(
        settings: Mapping[str, Any] | None = None,
        api: Mapping[str, Any] | None = None,
        handlers: str = HANDLERS,
        name: str = "service",
        **files: str,
    ) -> Path:
        root = tmp_path / name
        (root / "apis").mkdir(parents=True)
        (root / "pym-config.yaml").write_text(
            yaml.safe_dump(dict(SETTINGS if settings is None else settings), sort_keys=False)
        )
        (root / "apis" / "shop.yaml").write_text(
            yaml.safe_dump(dict(PROTECTED if api is None else api), sort_keys=False)
        )
        (root / "handlers.py").write_text(handlers)
        for file, text in files.items():
            (root / f"{file}.py").write_text(text)
        return root

    return make


@pytest.fixture
def shop(folder: Callable[..., Path]) -> Iterator[Callable[..., Shop]]:
    """Make a service whose clock stands at NOW; each is closed when the test ends."""
    made: list[Flask] = []

    def make(*arguments: Any, **options: Any) -> Shop:
        app = create_app(folder(*arguments, **options))
        made.append(app)
        return Shop(app)

    yield make
    for app in made:
        app.extensions["pymacaron"].close()


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a Redis of our own."""
    server = shutil.which("redis-server")
    if server is None:
        pytest.skip("needs redis-server: apt-get install redis-server")
    port, folder = free_port(), tmp_path_factory.mktemp("redis")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    process = subprocess.Popen([server, *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert any("Ready to accept connections" in line for line in process.stdout)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.communicate(timeout=10)
