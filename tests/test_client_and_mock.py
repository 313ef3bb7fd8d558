"""The client and the mock read one document alike: the whole parameter table, sent through a socket."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from parametercells import Cell, document_of, openapi3, swagger2
from pymacaron import Service
from pymacaron_testing.mock.served import ServedMock

THREE, TWO = list(openapi3()), list(swagger2())


@pytest.fixture(scope="module")
def pools(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Mock all cells, and give the pools of a service that calls them."""
    root = tmp_path_factory.mktemp("cells")
    documents = {"three": document_of(THREE, "openapi: 3.2.0"), "two": document_of(TWO, "swagger: '2.0'")}
    (root / "apis").mkdir()
    for name, text in documents.items():
        (root / "apis" / f"{name}.yaml").write_text(text)
    mock = ServedMock([str(root / "apis" / f"{name}.yaml") for name in documents], {})
    (root / "pym-config.yaml").write_text(
        f"name: caller\nclients: {{three: {{url: '{mock.url}'}}, two: {{url: '{mock.url}'}}}}\n"
    )
    with Service(root) as service:
        yield {pool.name: pool for pool in service.load_clients()}
        service.close()
    mock.close()


@pytest.mark.parametrize("cell", [*THREE, *TWO], ids=lambda cell: cell.name)
def test_the_mock_takes_what_the_client_sends(cell: Cell, pools: Any) -> None:
    pool = pools["two" if cell in TWO else "three"]
    answer = getattr(pool.client, cell.operation).full(p=cell.value)
    assert answer.status == 200, answer  # the document takes no other value
