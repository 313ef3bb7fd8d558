"""The pytest plugin: fixtures for the tests of any service or plugin."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pymacaron_testing.mock.served import ServedMock

__all__ = ["pym_mock"]


@pytest.fixture
def pym_mock() -> Iterator[Callable[..., ServedMock]]:
    """Mock OpenAPI documents: `pym_mock("apis/pets.yaml")` has `client`, Flask's test client, and `url`, a server's.

    Takes the documents and the options of `mock_app`.
    """
    from pymacaron_testing.mock.served import ServedMock

    made: list[ServedMock] = []

    def make(*documents: str, **options: object) -> ServedMock:
        made.append(ServedMock(documents, options))
        return made[-1]

    yield make
    for mock in made:
        mock.close()
