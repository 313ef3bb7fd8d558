"""What the tests of documents share: files in a folder of their own, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pymacaron.exceptions import SpecError
from pymacaron.spec import Document, load_document, read_document
from pymacaron.spec.reader import read_source


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The empty folder that the test runs in, so that messages hold short paths."""
    folder = (tmp_path / "apis").resolve()
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def write(here: Path) -> Callable[..., Path]:
    """Write a file and return its path."""

    def make(text: str | bytes, name: str = "shop.yaml") -> Path:
        path = here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return make


@pytest.fixture
def refused(write: Callable[..., Path]) -> Callable[..., list[str]]:
    """Return what is said of a file that cannot be read."""

    def read(text: str | bytes, name: str = "shop.yaml") -> list[str]:
        with pytest.raises(SpecError) as caught:
            read_source(write(text, name))
        return caught.value.problems

    return read


@pytest.fixture
def document(write: Callable[..., Path]) -> Callable[..., Document]:
    """Load a document from its text."""
    return lambda text, name="shop.yaml": load_document(write(text, name))


@pytest.fixture
def problems(write: Callable[..., Path]) -> Callable[..., list[str]]:
    """Return all that is said of a document, each warning marked as one."""

    def read(text: str, name: str = "shop.yaml") -> list[str]:
        _, found = read_document(write(text, name))
        return [f"{'warning: ' if problem.warning else ''}{problem}" for problem in found]

    return read
