"""Acceptance: the tests of testaccept/ against a service, with every exchange held against its documents."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from flask import Flask

from pymacaron.documents import find_documents
from pymacaron.exceptions import StartError
from pymacaron.service import Service
from pymacaron_testing.contract.checker import Checker, Violation
from pymacaron_testing.contract.coverage import Coverage
from pymacaron_testing.contract.exchange import Exchange
from pymacaron_testing.contract.proxy import RecordingProxy
from pymacaron_testing.mock import mock_app, settings_of
from pymacaron_testing.runner import pytest_in

__all__ = ["Outcome", "Run", "accept", "documents_app", "want_tests"]

FAILED = 1
NO_TESTS = 5
"""Exit codes of pytest."""


@dataclass(frozen=True)
class Run:
    """What to run: the tests in `folder` of `root` against `url`; `arguments` go to pytest.

    `headers` are added to each request on its way, unseen by the tests. `tell` takes each line that pytest prints;
    without it they go to this terminal.
    """

    root: Path
    url: str
    folder: str = "testaccept"
    token: str | None = None
    verify_ssl: bool = True
    arguments: Sequence[str] = ()
    tell: Callable[[str], None] | None = None
    headers: Callable[[], Mapping[str, str]] = dict


@dataclass
class Outcome:
    """The exit code of the tests, the violations of the contract in the order they came, and the coverage."""

    code: int
    coverage: Coverage
    violations: list[Violation] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a test failed: not where none could run."""
        return self.code == FAILED


@contextmanager
def documents_app(service: Service) -> Iterator[Flask]:
    """Give the app that knows a service's documents, and nothing of its code."""
    documents = find_documents(service.root / service.config.apis, service.references)
    app = mock_app(list(documents.values()), settings=settings_of(service))
    try:
        yield app
    finally:
        app.extensions["pymacaron"].close()


def want_tests(root: Path, folder: str) -> None:
    """Raise StartError where there is no folder of tests."""
    if not (root / folder).is_dir():
        raise StartError(f"there is no folder {folder}: write an acceptance test to {folder}/test_hello.py")


def accept(run: Run, app: Flask) -> Outcome:
    """Run the tests through a recording proxy, and hold what was said against the documents of an app.

    Raises StartError where there are no tests.
    """
    want_tests(run.root, run.folder)
    exchanges: list[Exchange] = []
    with RecordingProxy(run.url, exchanges.append, verify_ssl=run.verify_ssl, headers=run.headers) as proxy:
        environment = {
            "PYM_SERVER_HOST": "127.0.0.1",
            "PYM_SERVER_PORT": str(proxy.port),
            **({"PYM_JWT_TOKEN": run.token} if run.token else {}),
        }
        code = pytest_in(run.root, run.folder, environment, [*_unwanted(run), *run.arguments], run.tell)
    if code == NO_TESTS:
        raise StartError(f"{run.folder} holds no test: write one to {run.folder}/test_hello.py")
    return _judged(code, exchanges, app)


def _unwanted(run: Run) -> list[str]:
    """Return the arguments that keep from loading what no test asks for: the plugin of schemathesis takes a second."""
    sources = [*run.root.glob("*.py"), *(run.root / run.folder).rglob("*.py")]
    return [] if any(b"schemathesis" in source.read_bytes() for source in sources) else ["-p", "no:schemathesis"]


def _judged(code: int, exchanges: Sequence[Exchange], app: Flask) -> Outcome:
    checker = Checker(app)
    outcome = Outcome(code, Coverage(checker.pools))
    violations: dict[Violation, None] = {}
    for exchange in exchanges:
        found = checker.found(exchange)
        if found is not None:
            outcome.coverage.add(exchange, found)
            violations.update(dict.fromkeys(checker.violations(exchange, found)))
    outcome.violations = list(violations)
    return outcome
