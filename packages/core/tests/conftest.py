"""What core's tests share: folders made of {file: text}, apps of such folders, and the `pym` command."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

Files = Mapping[str, str]


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Make a folder of the given files, with a plain pym-config.yaml where none is given."""

    def make(files: Files, name: str = "service") -> Path:
        root = tmp_path / name
        for file, text in {"pym-config.yaml": "name: demo\n", **files}.items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text)
        return root

    return make


@pytest.fixture
def service(folder: Callable[..., Path]) -> Iterator[Callable[..., Flask]]:
    """Make the Flask app of a service from its files; each is closed when the test ends."""
    made: list[Flask] = []

    from pymacaron import create_app

    def make(files: Files, name: str = "service", **options: Any) -> Flask:
        app = create_app(folder(files, name), **options)
        made.append(app)
        return app

    yield make
    for app in made:
        app.extensions["pymacaron"].close()


@pytest.fixture
def client(service: Callable[..., Flask]) -> Callable[..., FlaskClient]:
    """Make a test client of a service from its files."""
    return lambda files, **options: service(files, **options).test_client()


@pytest.fixture
def pym(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `pym` in a folder, as a process of its own."""

    def run(*arguments: str, cwd: Path = tmp_path, **environment: str) -> subprocess.CompletedProcess[str]:
        inherited = {key: text for key, text in os.environ.items() if not key.startswith("PYM_") and key != "PORT"}
        return subprocess.run(
            [sys.executable, "-W", "error", "-m", "pymacaron", *arguments],
            cwd=cwd,
            env={**inherited, **environment},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that writes golden files anew."""
    parser.addoption("--golden", action="store_true", help="write the golden files of bad input anew")
